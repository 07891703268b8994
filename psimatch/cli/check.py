"""`psimatch check`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.lists import (
    bad_row_lines,
    bad_rows_error,
    column_lines,
    kind_lines,
    list_fields,
    numbers,
    suppressed_text,
    warning_lines,
)
from psimatch.cli.options import (
    PATH,
    Kinds,
    example,
    hidden_option,
    json_option,
    profile_at,
    profile_of_suppression,
    profile_option,
    sheet_option,
    suppress_option,
    suppress_profile_option,
    suppress_rows_option,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The command line of one check."""

    path: Path
    kinds: tuple[str, ...] | None
    agreement_path: Path | None
    profile_path: Path | None
    sheet: str
    hidden: str | None
    suppress_path: Path | None
    suppress_profile_path: Path | None
    suppress_rows: bool
    show: bool
    as_json: bool


@click.command(
    "check",
    epilog=example(
        "psimatch check flags.csv --agreement pilot.agreement.toml",
        "psimatch check flags.csv --kinds nl-bsn,nl-address --suppress shelters.csv",
    ),
)
@click.argument("path", type=PATH, metavar="LIST")
@click.option("--kinds", type=Kinds(), help="Read only these kinds, such as nl-bsn,nl-address; by default all.")
@click.option(
    "--agreement",
    "agreement_path",
    type=PATH,
    metavar="FILE",
    help="Read it as a match under this agreement would.",
)
@profile_option
@sheet_option
@hidden_option
@suppress_option
@suppress_profile_option
@suppress_rows_option
@click.option("--show", is_flag=True, help="Print what each row becomes: on your own screen only, it names people.")
@json_option
def check(**given: object) -> None:
    """Read a list of flags, and tell what a match would use of it.

    Tells of each column whether it is read, carried along, or only looks like something that is read; of each kind how
    many identifiers there are; and names every bad cell and every bad row by its number, with what is wrong and what to
    do. The header is row 1. Never shows what stands in a cell, unless you ask with --show. Exits with 1 if a row can't
    be used, or if a suppression list is not understood.
    """
    options = CheckOptions(**given)  # type: ignore[arg-type]
    if options.show and options.as_json:
        raise click.UsageError("--show is for a screen, so it excludes --json")
    if options.kinds is not None and options.agreement_path is not None:
        raise click.UsageError("--kinds and --agreement exclude each other: the agreement names the kinds")
    if options.suppress_path is None and (options.suppress_profile_path or options.suppress_rows):
        raise click.UsageError("--suppress-profile and --suppress-rows go with --suppress")
    terms = None if options.agreement_path is None else psimatch.read_agreement_file(options.agreement_path).terms
    flags = _read(options, terms)
    failure: psimatch.SuppressionError | None = None
    suppressed: psimatch.Suppressed | None = None
    left = flags
    try:
        left, suppressed = _suppress(options, flags, terms)
    except psimatch.SuppressionError as error:
        failure = error
    if options.show:
        click.echo("\n".join(_shown(flags)))
    every_kind = terms is None and options.kinds is None
    if options.as_json:
        click.echo(json.dumps(_fields(flags, suppressed, failure), ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(flags, suppressed, every_kind=every_kind)))
    if failure is not None:
        for line in failure.problems:
            messages.note(line)
        raise failure
    _refuse(flags, left, terms, every_kind=every_kind)


def _kinds(options: CheckOptions, terms: psimatch.Terms | None) -> list[psimatch.Kind]:
    if terms is not None:
        return list(terms.kinds_known)
    labels = options.kinds or tuple(kind.label for kind in psimatch.KINDS.values())
    return [psimatch.kind_named(label) for label in labels]


def _read(options: CheckOptions, terms: psimatch.Terms | None) -> psimatch.FlagList:
    kinds = _kinds(options, terms)
    return psimatch.read_flags(
        options.path,
        kinds,
        contact_bytes=psimatch.LIMITS.contact_bytes if terms is None else terms.contact_size,
        profile=profile_at(options.profile_path),
        sheet=psimatch.Sheet(options.sheet, options.hidden or ""),
        also=[] if options.suppress_path is None else psimatch.every_kind_but(kinds),
    )


def _suppress(
    options: CheckOptions, flags: psimatch.FlagList, terms: psimatch.Terms | None
) -> tuple[psimatch.FlagList, psimatch.Suppressed | None]:
    if options.suppress_path is None:
        return flags, None
    region = (terms.phone_region if terms is not None else "") or psimatch.PHONE_REGION
    profile = profile_of_suppression(options.suppress_profile_path, options.profile_path)
    suppression = psimatch.read_suppression(options.suppress_path, region=region, profile=profile)
    return suppression.apply(flags, whole_rows=options.suppress_rows)


def _shown(flags: psimatch.FlagList) -> Iterator[str]:
    """Yield what each row becomes, one identifier a line, with what was stripped of a text, and its white space."""
    for flag in flags.rows:
        for identifier in flag.identifiers:
            yield f"row {flag.row}  {identifier.kind:<12}{_visible(identifier, flag)}"


def _visible(identifier: psimatch.Identifier, flag: psimatch.Flag) -> str:
    """Return a value as the screen shows it; of a text with its white space, and what was stripped from its cell."""
    value = identifier.value.decode()
    if identifier.kind != "text":
        return psimatch.disarm(value)
    shown = psimatch.visible_spaces(value)
    cells = [cell for cell in flag.cells if value in cell and cell.strip(psimatch.STRIPPED) == value]
    if not cells or value in cells:
        return shown
    before, after = (psimatch.visible_spaces(part, every=True) for part in cells[0].split(value, 1))
    stripped = [f"{part} {where}" for part, where in ((before, "before it"), (after, "behind it")) if part]
    return f"{shown}  (stripped: {', '.join(stripped)})"


def _refuse(
    flags: psimatch.FlagList, left: psimatch.FlagList, terms: psimatch.Terms | None, *, every_kind: bool
) -> None:
    if flags.invalid:
        raise bad_rows_error(flags, "correct the rows above, or match without them with --skip-invalid")
    if not every_kind:
        flags.check_kinds()
    if terms is not None:
        # It knows how many places the rows take, of which a person has several.
        psimatch.Submission(left.rows, terms)


def _fields(
    flags: psimatch.FlagList, suppressed: psimatch.Suppressed | None, failure: psimatch.SuppressionError | None
) -> dict[str, Any]:
    return {
        "format": "psimatch-check-1",
        **list_fields(flags),
        "duplicate_rows": list(flags.duplicates.rows),
        "errors": [
            {"row": invalid.row, "field": error.field, "problem": error.problem, "remedy": error.remedy}
            for invalid in flags.invalid
            for error in invalid.errors
        ],
        "suppressed": None if suppressed is None else suppressed.identifiers,
        "suppressed_rows": None if suppressed is None else suppressed.rows,
        "rows_at_suppressed_address": None if suppressed is None else suppressed.rows_at_address,
        "rows_unrecognisable": None if suppressed is None else list(suppressed.unrecognisable),
        "suppression_problems": None if failure is None else [str(failure), *failure.problems],
    }


def _lines(flags: psimatch.FlagList, suppressed: psimatch.Suppressed | None, *, every_kind: bool) -> list[str]:
    duplicates = flags.duplicates
    lines = [f"{flags.path}: {len(flags.rows):,} usable rows, {len(flags.invalid):,} bad rows"]
    lines += ["columns", *column_lines(flags), "kinds", *kind_lines(flags)]
    if duplicates.rows:
        lines.append(f"  rows that repeat an identifier of an earlier row: {numbers(duplicates.rows)}")
    if suppressed is not None:
        lines.append(f"suppressed: {suppressed_text(suppressed)}")
    if flags.contacts_ignored:
        lines.append("  the contacts are ignored, since the agreement has none")
    warnings = list(warning_lines(flags, every_kind=every_kind))
    if warnings:
        lines += ["to look at", *(f"  {line}" for line in warnings)]
    bad = list(bad_row_lines(flags))
    if bad:
        lines += ["rows that can't be used", *(f"  {line}" for line in bad)]
    return lines
