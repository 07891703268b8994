"""`python -m psimatch` is the command line."""

from psimatch.cli import main

main()
