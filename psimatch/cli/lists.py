"""What there is to say about a list of flags: counts, duplicates, and the rows that can't be used. No cell of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psimatch


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


def counts_text(counts: dict[str, int]) -> str:
    """Return counts by kind in one line."""
    return ", ".join(f"{label} {count:,}" for label, count in sorted(counts.items())) or "none"


def list_fields(flags: psimatch.FlagList) -> dict[str, Any]:
    """Return the counts of a list for JSON."""
    duplicates = flags.duplicates
    return {
        "usable_rows": len(flags.rows),
        "bad_rows": len(flags.invalid),
        "rows_without_identifier": len(flags.rows_without_identifier),
        "identifiers": flags.counts(),
        "duplicates_merged": dict(duplicates.per_kind),
    }


def numbers(rows: tuple[int, ...], most: int = 20) -> str:
    """Return the numbers of rows, at most so many of them."""
    shown = ", ".join(str(row) for row in rows[:most])
    return f"{shown} and {len(rows) - most:,} more" if len(rows) > most else shown
