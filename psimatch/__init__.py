"""psimatch: private set intersection between two parties."""

__version__ = "0.1.0"
