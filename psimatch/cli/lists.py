"""What there is to say about a list of flags: its account, and the rows that can't be used. No cell of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psimatch

# In these columns a party writes for itself, or for the peer.
_OWN_FIELDS = {
    "dossier": "your own reference, which the peer never sees",
    "contact": "what the peer sees of a match",
}


def bad_row_lines(flags: psimatch.FlagList) -> Iterator[str]:
    """Yield a line for each error of each row: the row's number, the field, the problem and the remedy."""
    for invalid in flags.invalid:
        for error in invalid.errors:
            yield f"row {invalid.row}: {error}; {error.remedy}"


def bad_rows_error(flags: psimatch.FlagList, hint: str) -> psimatch.InvalidRowsError:
    """Return the error that says how many rows can't be used."""
    count = len(flags.invalid)
    return psimatch.InvalidRowsError(
        f"{flags.path}: {count:,} {'row' if count == 1 else 'rows'} can't be used", hint=hint
    )


def column_lines(flags: psimatch.FlagList) -> Iterator[str]:
    """Yield a line for each column: what it is read as, that it is carried along, or what it looks like."""
    for column in flags.account:
        yield f"  {column.number:>3}  {_name(column):<24}{_use(column, flags)}"


def _name(column: psimatch.Column) -> str:
    return psimatch.disarm(column.name) or "(no name)"


def _use(column: psimatch.Column, flags: psimatch.FlagList) -> str:
    if column.use is psimatch.ColumnUse.RESEMBLES:
        return f"looks like {column.field}, and is not read"
    if column.use is psimatch.ColumnUse.CARRIED:
        return "carried along, not looked at"
    if column.field in _OWN_FIELDS:
        return f"read as {column.field}: {_OWN_FIELDS[column.field]}"
    asked = {kind.label for kind in flags.kinds}
    compared, others = [label for label in column.kinds if label in asked], set(column.kinds) - asked
    if compared:
        return f"read as {column.field}, for {', '.join(compared)}"
    if others:
        return f"read as {column.field}, to see who is suppressed; not compared"
    return f"is {column.field}, but is not read, since other columns of its kind lack"


def account_lines(flags: psimatch.FlagList) -> Iterator[str]:
    """Yield in a line each what the columns of a list are: read, carried along, or like something that is read."""
    names: dict[str, list[str]] = {}
    for column in flags.account:
        names.setdefault(column.use.value, []).append(_name(column))
    for use, title in (("read", "read"), ("carried along", "carried"), ("looks like", "not read")):
        if use in names:
            yield f"{title:<13}{', '.join(names[use])}"


def kind_lines(flags: psimatch.FlagList) -> Iterator[str]:
    """Yield a line for each kind that was asked for: how many identifiers, or which column it lacks."""
    merged = flags.duplicates.per_kind
    for kind in flags.kinds:
        if kind.missing:
            yield f"  {kind.label:<14}no column {' and '.join(kind.missing)}"
            continue
        line = f"  {kind.label:<14}{kind.identifiers:>9,} distinct identifiers,"
        line += f" {merged.get(kind.label, 0):,} duplicates merged; in {kind.rows:,} rows"
        if kind.without:
            line += f"; {len(kind.without):,} filled rows give none: {numbers(kind.without)}"
        yield line


def warning_lines(flags: psimatch.FlagList, *, every_kind: bool = False) -> Iterator[str]:
    """Yield a line for each thing that may be a mistake, and that a match goes on with.

    With `every_kind` nobody has asked for these kinds, so one without columns is no mistake.
    """
    for column in flags.resembling:
        yield f"column {column.number}, {_name(column)!a}, looks like {column.field}, and is not read; {column.remedy}"
    for kind in flags.kinds:
        if kind.missing and every_kind and not kind.begun:
            continue
        if kind.missing:
            yield f"{kind.label}: the list has no column {' and '.join(kind.missing)}, so nothing of it is compared"
        elif kind.without:
            rows = numbers(kind.without)
            yield f"{kind.label}: {len(kind.without):,} rows fill it and give nothing to compare: {rows}"
    for row, cell in flags.bad_cells:
        yield f"row {row}: {cell.error}; {cell.error.remedy}; the row takes part without its {cell.kind}"
    yield from map(str, flags.remarks)
    if flags.rows_without_identifier:
        yield f"rows without any identifier: {numbers(flags.rows_without_identifier)}"
    if flags.other_sheets:
        yield f"other sheets of the workbook are not read: {', '.join(map(psimatch.disarm, flags.other_sheets))}"


def counts_text(counts: dict[str, int]) -> str:
    """Return counts by kind in one line."""
    return ", ".join(f"{label} {count:,}" for label, count in sorted(counts.items())) or "none"


def list_fields(flags: psimatch.FlagList) -> dict[str, Any]:
    """Return the account of a list for JSON."""
    duplicates = flags.duplicates
    return {
        "usable_rows": len(flags.rows),
        "bad_rows": len(flags.invalid),
        "rows_without_identifier": len(flags.rows_without_identifier),
        "rows_without": list(flags.rows_without_identifier),
        "identifiers": flags.counts(),
        "duplicates_merged": dict(duplicates.per_kind),
        "columns": [_column_fields(column) for column in flags.account],
        "kinds": {
            kind.label: {
                "identifiers": kind.identifiers,
                "rows": kind.rows,
                "missing_columns": list(kind.missing),
                "rows_that_give_none": list(kind.without),
            }
            for kind in flags.kinds
        },
        "bad_cells": [{"row": row, "kind": cell.kind, **_error_fields(cell.error)} for row, cell in flags.bad_cells],
        "remarks": [
            {"row": remark.row, "field": remark.field, "problem": remark.problem, "remedy": remark.remedy}
            for remark in flags.remarks
        ],
        "other_sheets": list(flags.other_sheets),
    }


def _column_fields(column: psimatch.Column) -> dict[str, Any]:
    fields = {"number": column.number, "name": column.name, "use": column.use.value, "kinds": list(column.kinds)}
    fields["field"] = column.field or None
    looks = column.use is psimatch.ColumnUse.RESEMBLES
    return {**fields, "profile_line": column.profile_line if looks else None}


def _error_fields(error: psimatch.FieldError) -> dict[str, str]:
    return {"field": error.field, "problem": error.problem, "remedy": error.remedy}


def suppressed_text(suppressed: psimatch.Suppressed) -> str:
    """Return in one line what a suppression list took out."""
    rows = suppressed.unrecognisable
    return (
        f"identifiers taken out: {suppressed.identifiers:,}, rows taken out: {suppressed.rows:,};"
        f" rows at a suppressed address that take part otherwise: {suppressed.rows_at_address:,};"
        f" rows that say nothing by which the list names somebody: {len(rows):,}{f' ({numbers(rows)})' if rows else ''}"
    )


def numbers(rows: Sequence[int], most: int = 20) -> str:
    """Return the numbers of rows, at most so many of them."""
    shown = ", ".join(str(row) for row in rows[:most])
    return f"{shown} and {len(rows) - most:,} more" if len(rows) > most else shown
