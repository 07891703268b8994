"""What goes to stderr, line by line: notes, errors and hints. Results go to stdout, by `click.echo` alone."""

from __future__ import annotations

import click


class CancelledError(Exception):
    """A person ended the command; the text says how things stand now."""


def note(text: str) -> None:
    """Tell the person something that is no result."""
    click.echo(f"psimatch: {text}", err=True)


def warning(text: str) -> None:
    """Tell the person something that may be a mistake."""
    note(f"warning: {text}")


def error(text: str, hint: str = "") -> None:
    """Tell what went wrong, and what to do about it."""
    note(f"error: {text}")
    if hint:
        note(f"hint: {hint}")
