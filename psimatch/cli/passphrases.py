"""Where a passphrase comes from: a file or a terminal, never the command line, which other users can see."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages


def source(file: Path | None) -> Callable[[], str] | None:
    """Return how to get the passphrase of an identity that is sealed; None where nobody can be asked."""
    if file is not None:
        return lambda: psimatch.read_passphrase(file)
    if sys.stdin.isatty():
        return lambda: str(click.prompt("passphrase", hide_input=True, err=True))
    return None


def choose(file: Path | None, *, without: bool) -> str | None:
    """Return the passphrase for a new identity, or None to leave it unsealed."""
    if without:
        return None
    if file is not None:
        return psimatch.read_passphrase(file)
    if not sys.stdin.isatty():
        messages.warning("there is no terminal to ask for a passphrase at, so the identity is not sealed")
        return None
    typed = str(click.prompt("passphrase (empty for none)", default="", show_default=False, hide_input=True, err=True))
    if typed and typed != str(
        click.prompt("the same again", default="", show_default=False, hide_input=True, err=True)
    ):
        raise psimatch.PassphraseError("the two passphrases differ", hint="nothing was written; try again")
    return typed or None
