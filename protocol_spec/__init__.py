"""The specification of psimatch/1, its reference implementation and its vectors."""
