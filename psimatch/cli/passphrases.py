"""Where a passphrase comes from: a file or a terminal, never the command line, which other users can see."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages

_MAX_BYTES = 4_096


def source(file: Path | None) -> Callable[[], str] | None:
    """Return how to get the passphrase of an identity that is sealed; None where nobody can be asked."""
    if file is not None:
        return lambda: from_file(file)
    if sys.stdin.isatty():
        return lambda: str(click.prompt("passphrase", hide_input=True, err=True))
    return None


def from_file(file: Path) -> str:
    """Return the first line of a file, without its line break.

    Raises:
        PassphraseError: the file can't be read, is too large, or is not UTF-8.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise ValueError
        return data.decode("utf-8").partition("\n")[0].removesuffix("\r")
    except OSError as error:
        raise psimatch.PassphraseError(
            f"{file} can't be read: {error.strerror or error}", hint="check the name and your rights"
        ) from None
    except ValueError:
        raise psimatch.PassphraseError(
            f"{file} does not hold a passphrase", hint=f"it is one line of UTF-8 text, at most {_MAX_BYTES} bytes"
        ) from None


def choose(file: Path | None, *, without: bool) -> str | None:
    """Return the passphrase for a new identity, or None to leave it unsealed."""
    if without:
        return None
    if file is not None:
        return from_file(file)
    if not sys.stdin.isatty():
        messages.warning("there is no terminal to ask for a passphrase at, so the identity is not sealed")
        return None
    typed = str(click.prompt("passphrase (empty for none)", default="", show_default=False, hide_input=True, err=True))
    if typed and typed != str(
        click.prompt("the same again", default="", show_default=False, hide_input=True, err=True)
    ):
        raise psimatch.PassphraseError("the two passphrases differ", hint="nothing was written; try again")
    return typed or None
