"""Options and arguments that several commands share, and the types of their values."""

from __future__ import annotations

import getpass
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

import psimatch

# A path that is not looked at here: the library says better what is wrong with a file.
PATH = click.Path(path_type=Path, readable=False)


def login_name() -> str:
    """Return the name that this machine knows the user by, or nothing."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


passphrase_file_option = click.option(
    "--passphrase-file",
    type=PATH,
    metavar="FILE",
    help="Take the passphrase of the identity from the first line of this file instead of asking.",
)
identity_option = click.option(
    "--identity", "identity_path", type=PATH, required=True, metavar="FILE", help="Your own secret identity."
)
peer_option = click.option(
    "--peer",
    "peer_path",
    type=PATH,
    metavar="FILE",
    help="The peer's public identity; by default it is looked for beside the agreement.",
)
ledger_option = click.option(
    "--ledger",
    "ledger_path",
    type=PATH,
    metavar="FILE",
    help="The ledger; by default it lies beside the identity, as in care.ledger for care.identity.",
)
operator_option = click.option(
    "--operator",
    default=login_name,
    show_default="your login name",
    help="Who does this, for the ledger.",
)
profile_option = click.option(
    "--profile",
    "profile_path",
    type=PATH,
    metavar="FILE",
    help='What the columns of the list are called, as TOML: a table [columns] with lines such as bsn = "Nr. overheid".',
)
sheet_option = click.option(
    "--sheet", default="", metavar="NAME", help="Which sheet of a workbook is the list; by default the first."
)
hidden_option = click.option(
    "--hidden",
    type=click.Choice(["include", "skip"]),
    help="Whether hidden rows, columns and sheets of a workbook take part; without it, they are refused.",
)
suppress_option = click.option(
    "--suppress",
    "suppress_path",
    type=PATH,
    metavar="FILE",
    help="A list of persons and addresses that never take part, such as shelters: counted, never named.",
)
suppress_profile_option = click.option(
    "--suppress-profile",
    "suppress_profile_path",
    type=PATH,
    metavar="FILE",
    help="What the columns of that list are called, beside their usual names; by default as --profile says, but"
    " for what that ignores.",
)
suppress_rows_option = click.option(
    "--suppress-rows",
    is_flag=True,
    help="Leave rows at a suppressed address out whole; without it they take part by what else they have.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
force_option = click.option("--force", is_flag=True, help="Replace files that exist.")


def profile_at(path: Path | None) -> psimatch.Profile | None:
    """Return the profile in a file, if there is one."""
    return None if path is None else psimatch.read_profile(path)


def profile_of_suppression(path: Path | None, own: Path | None) -> psimatch.Profile | None:
    """Return the profile of a suppression list: its own, or what that of the own list calls the columns.

    What is to be ignored in the own list, such as the telephone of the case worker, may be the child's in the other.
    """
    if path is not None or own is None:
        return profile_at(path)
    return replace(psimatch.read_profile(own), ignore=())


def beside(identity_path: Path) -> Path:
    """Return where the ledger of an identity lies by default."""
    return identity_path.with_suffix(".ledger")


def example(*lines: str) -> str:
    """Return an example for the end of a help; the first character keeps click from wrapping it."""
    return "\n".join(["\b", "Example:", *(f"  {line}" for line in lines)])


class Day(click.ParamType):  # type: ignore[type-arg]
    """A day, as `YYYY-MM-DD`."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day, or fail as a wrong command line."""
        if isinstance(value, date):
            return value
        try:
            return psimatch.read_day("day", value)
        except psimatch.AgreementFormatError:
            self.fail("is not a day written as YYYY-MM-DD", param, ctx)


class Kinds(click.ParamType):  # type: ignore[type-arg]
    """Names of kinds, separated by commas; the value is their labels, sorted."""

    name = "KIND,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the labels, or fail as a wrong command line."""
        if isinstance(value, tuple):
            return value
        try:
            return psimatch.kinds_from_names(value.split(","))
        except psimatch.FieldError as error:
            self.fail(f"{error.problem}; {error.remedy}", param, ctx)


class AgreementId(click.ParamType):  # type: ignore[type-arg]
    """An agreement, by its file or by its id; the value is the id in groups."""

    name = "FILE|ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id; what is no file is taken for one, and the terms check it."""
        try:
            return psimatch.read_agreement_file(value).terms.id_text if value and os.path.exists(value) else str(value)
        except psimatch.AgreementFormatError as error:
            self.fail(f"{error}; {error.hint}" if error.hint else str(error), param, ctx)


class Seconds(click.FloatRange):
    """A time in seconds, at most a week."""

    name = "SECONDS"

    def __init__(self, *, zero: bool = False) -> None:
        super().__init__(min=0, max=7 * 86_400, min_open=not zero)

    def _describe_range(self) -> str:
        # The week is there to catch slips; the help need not show it.
        return "0 or more" if self.min_open is False else "more than 0"


def today() -> date:
    """Return the day that it is in UTC, the one by which agreements go."""
    return datetime.now(UTC).date()
