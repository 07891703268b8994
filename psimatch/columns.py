"""The header of a list of flags: which separator it has, and which column is what."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psimatch.errors import FlagFileError
from psimatch.identifiers import Field, Kind

CASE_REF: Final = Field("dossier", ("case_ref",), required=False)
CONTACT: Final = Field("contact", (), required=False)
# What a file of matches adds: in a list of flags it means that somebody picked the wrong file.
RESULT_COLUMNS: Final = ("match_reference", "matched_kind", "matched_rule", "peer_contact")

_SEPARATORS: Final = {",": "commas", ";": "semicolons"}
_UNSUPPORTED: Final = {"\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The header of one file: `positions` gives the index of each field of `kinds`, the case reference and contact.

    `kinds` are those that the file has the required columns of.
    """

    header: tuple[str, ...]
    delimiter: str
    kinds: tuple[Kind, ...]
    positions: dict[Field, int]

    def name(self, field: Field) -> str:
        """Return the name that this file gives a field, or its first name if the file doesn't have it."""
        position = self.positions.get(field)
        return field.name if position is None else folded(self.header[position])

    def cell(self, cells: Sequence[str], field: Field) -> str:
        """Return the cell of a field; it is empty if the file has no such column."""
        position = self.positions.get(field)
        return "" if position is None else cells[position]


def find_columns(head: str, kinds: Sequence[Kind], profile: Mapping[str, str] | None = None) -> Columns:
    """Read the header from the first characters of a file, with the separator under which it has most known columns.

    `profile` has for some fields, by their first name, what the header calls them; then no other name counts for them.

    Raises:
        FlagFileError: no header, no known column, one twice, a kind by halves, or a column of a file of matches.
    """
    fields = [*(field for kind in kinds for field in kind.fields), CASE_REF, CONTACT]
    called = {field: _called(field, profile or {}) for field in fields}
    known = {name for names in called.values() for name in names}

    def fit(delimiter: str) -> tuple[int, int]:
        header = _header(head, delimiter)
        return sum(folded(cell) in known for cell in header), len(header)

    delimiter = max(_SEPARATORS, key=fit)
    for other, name in _UNSUPPORTED.items():
        if fit(other) > fit(delimiter):
            raise FlagFileError(
                f"the columns are separated by {name}", hint="save the list as CSV with commas or semicolons"
            )
    header = _header(head, delimiter)
    _refuse_no_header(header)
    positions = _positions(header, called)
    missing = [name for name in profile or {} if name in _names(fields) and name not in _names(positions)]
    if missing:
        raise FlagFileError(
            f"the header lacks a column that the profile names, for {', '.join(missing)}", hint="correct the profile"
        )
    _refuse_results(header)
    return Columns(header, delimiter, _filled_kinds(kinds, positions), positions)


def _header(head: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True), []))
    except csv.Error:
        # With the other separator the quotes may stand where they belong; if not, no column will be known.
        return ()


def folded(name: str) -> str:
    """Return the name of a column without regard to case and blanks around it."""
    return name.strip().casefold()


def _called(field: Field, profile: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names under which a field may stand in the header."""
    return (folded(profile[field.name]),) if field.name in profile else field.names


def _names(fields: Iterable[Field]) -> set[str]:
    return {field.name for field in fields}


def _positions(header: Sequence[str], called: Mapping[Field, tuple[str, ...]]) -> dict[Field, int]:
    positions: dict[Field, int] = {}
    for field, names in called.items():
        found = [index for index, cell in enumerate(header) if folded(cell) in names]
        if len(found) > 1:
            numbers = " and ".join(str(index + 1) for index in found)
            raise FlagFileError(f"columns {numbers} are both {' / '.join(names)}", hint="rename or remove one of them")
        positions.update((field, index) for index in found)
    for own in (CASE_REF, CONTACT):
        if any(index == positions.get(own) for field, index in positions.items() if field is not own):
            raise FlagFileError(
                f"one column is {own.name} and something else too, which would go where it must not",
                hint="name another column in the profile",
            )
    return positions


def _refuse_no_header(header: Sequence[str]) -> None:
    names = "the first row names the columns"
    if not any(cell.strip() for cell in header):
        raise FlagFileError("row 1 is blank, or has a quote that is not closed", hint=names)
    # A line for one spreadsheet program, which that program hides.
    if folded(header[0]).startswith("sep="):
        raise FlagFileError("line 1 only names the separator", hint=f"remove that line: {names}")


def _refuse_results(header: Sequence[str]) -> None:
    results = sorted({folded(cell) for cell in header} & set(RESULT_COLUMNS))
    if results:
        raise FlagFileError(
            f"the header has {', '.join(results)}: this looks like a file of matches",
            hint="give the list of flags, or rename the column",
        )


def _filled_kinds(kinds: Sequence[Kind], positions: dict[Field, int]) -> tuple[Kind, ...]:
    """Return the kinds whose required columns are there; half of them is a misspelt header, not a choice."""
    filled = []
    for kind in kinds:
        required = [field for field in kind.fields if field.required]
        missing = [" / ".join(field.names) for field in required if field not in positions]
        if not missing:
            filled.append(kind)
        elif len(missing) < len(required):
            raise FlagFileError(
                f"the header has some columns of {kind.name}, but not {', '.join(missing)}",
                hint="add the column, or rename the one that holds it",
            )
    if not filled:
        wanted = "; ".join(
            f"{kind.name}: " + ", ".join(" / ".join(field.names) for field in kind.fields) for kind in kinds
        )
        raise FlagFileError(
            "row 1 has no column with an identifier", hint=f"name the columns in the first row ({wanted})"
        )
    return tuple(filled)
