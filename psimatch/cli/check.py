"""`psimatch check`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

import psimatch
from psimatch.cli.lists import bad_row_lines, bad_rows_error, list_fields, numbers
from psimatch.cli.options import PATH, Kinds, example, json_option, profile_at, profile_option


@click.command(
    "check",
    epilog=example(
        "psimatch check flags.csv --agreement pilot.agreement.toml",
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
@click.option("--show", is_flag=True, help="Print what each row becomes: on your own screen only, it names people.")
@json_option
def check(
    path: Path,
    kinds: tuple[str, ...] | None,
    agreement_path: Path | None,
    profile_path: Path | None,
    show: bool,
    as_json: bool,
) -> None:
    """Read a list of flags, and tell what a match would use of it.

    Names every bad row by its number, with what is wrong and what to do; the header is row 1. Never shows what stands
    in a cell, unless you ask with --show. Exits with 1 if a row is bad.
    """
    if show and as_json:
        raise click.UsageError("--show is for a screen, so it excludes --json")
    if kinds is not None and agreement_path is not None:
        raise click.UsageError("--kinds and --agreement exclude each other: the agreement names the kinds")
    profile = profile_at(profile_path)
    terms = None if agreement_path is None else psimatch.read_agreement_file(agreement_path).terms
    if terms is not None:
        flags = psimatch.read_flags(path, terms.kinds_known, contact_bytes=terms.contact_size, profile=profile)
    else:
        labels = kinds or tuple(kind.label for kind in psimatch.KINDS.values())
        flags = psimatch.read_flags(path, [psimatch.kind_named(label) for label in labels], profile=profile)
    if show:
        click.echo("\n".join(_shown(flags)))
    click.echo(json.dumps(_fields(flags), ensure_ascii=False) if as_json else "\n".join(_lines(flags)))
    _refuse(flags, terms)


def _shown(flags: psimatch.FlagList) -> Iterator[str]:
    """Yield what each row becomes, one identifier a line."""
    for flag in flags.rows:
        for identifier in flag.identifiers:
            yield f"row {flag.row}  {identifier.kind:<12}{psimatch.disarm(identifier.value.decode())}"


def _refuse(flags: psimatch.FlagList, terms: psimatch.Terms | None) -> None:
    if flags.invalid:
        raise bad_rows_error(flags, "correct the rows above, or match without them with --skip-invalid")
    count = len(flags.items())
    if terms is not None and count > terms.max_items:
        raise psimatch.TooManyItemsError(
            f"{flags.path} has {count:,} distinct identifiers; the agreement allows {terms.max_items:,}",
            hint="shorten the list, or sign an agreement with a larger max_items",
        )


def _fields(flags: psimatch.FlagList) -> dict[str, object]:
    return {
        "format": "psimatch-check-1",
        **list_fields(flags),
        "duplicate_rows": list(flags.duplicates.rows),
        "errors": [
            {"row": invalid.row, "field": error.field, "problem": error.problem, "remedy": error.remedy}
            for invalid in flags.invalid
            for error in invalid.errors
        ],
    }


def _lines(flags: psimatch.FlagList) -> list[str]:
    duplicates = flags.duplicates
    lines = list(bad_row_lines(flags))
    lines.append(f"{flags.path}: {len(flags.rows):,} usable rows, {len(flags.invalid):,} bad rows")
    for label, count in sorted(flags.counts().items()):
        merged = duplicates.per_kind.get(label, 0)
        lines.append(f"  {label:<14}{count:>9,} distinct identifiers, {merged:,} duplicates merged")
    if duplicates.rows:
        lines.append(f"  rows that repeat an identifier of an earlier row: {numbers(duplicates.rows)}")
    if flags.rows_without_identifier:
        lines.append(f"  rows without any identifier: {numbers(flags.rows_without_identifier)}")
    if flags.contacts_ignored:
        lines.append("  the contacts are ignored, since the agreement has none")
    return lines
