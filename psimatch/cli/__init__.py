"""The command line: parse -> public API -> render; one file per command."""

from psimatch.cli.app import main

__all__ = ["main"]
