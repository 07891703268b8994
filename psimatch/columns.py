"""The header of a list of flags: which separator it has, which column is what, and which is nothing that is known.

Each column has an account. It is read as a field of some kinds; or it is carried along, that is, it stands in the file
of matches as it is, and is not looked at; or it looks like a field that it was not read as, and is named, since a
misspelt header must not cost a match, or a protection, unseen.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from psimatch.contact import disarm
from psimatch.errors import FlagFileError
from psimatch.headers import CASE_REF, CONTACT, HARMLESS, RESULT_COLUMNS, folded, names_of, resembles
from psimatch.identifiers import PERSON, Field, Kind
from psimatch.profiles import Profile

_SEPARATORS: Final = {",": "commas", ";": "semicolons"}
_VALUE: Final = re.compile(r"\d{4}|@")
_UNSUPPORTED: Final = {"\t": "tabs", "|": "vertical bars"}


class ColumnUse(Enum):
    """What a column is to psimatch."""

    READ = "read"
    CARRIED = "carried along"
    RESEMBLES = "looks like"


@dataclass(frozen=True, slots=True)
class Column:
    """The account of one column: its number from 1, its name in the header, and what it is used for.

    `field` is the field that it is read as, or looks like, by its first name. `kinds` are the labels of the kinds that
    are read from it. `harmless` says that its name is one of those under which nobody is identified.
    """

    number: int
    name: str
    use: ColumnUse
    field: str = ""
    kinds: tuple[str, ...] = ()
    harmless: bool = False

    @property
    def quoted_name(self) -> str:
        """The name of the column as a profile has it: safe to show, and in quotes."""
        name = disarm(self.name).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{name}"'

    @property
    def profile_line(self) -> str:
        """The line for a profile that makes this column be read as what it looks like."""
        return f"{self.field} = {self.quoted_name}"

    @property
    def remedy(self) -> str:
        """What to do about a column that is not read."""
        if not disarm(self.name):
            return "give it a name in the header"
        ignore = f"ignore = [{self.quoted_name}]"
        if self.use is ColumnUse.RESEMBLES:
            own = f"put in a profile, under [columns]: {self.profile_line}"
            return f"if it is that of the person, {own}; if it is not, above [columns]: {ignore}"
        return f"if it names nobody, put in a profile, at its top: {ignore}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One kind and the columns that it is read from: where each field stands, by the field's name.

    `own` are the fields that belong to this kind alone: to fill one means this kind. `needed` are those that must be
    filled then.
    """

    kind: Kind
    positions: Mapping[str, int]
    own: tuple[str, ...]
    needed: tuple[str, ...]

    @classmethod
    def of(cls, kind: Kind, positions: Mapping[str, int]) -> Reading:
        """Return how a kind is read from columns at these places."""
        own = tuple(item.name for item in kind.fields if not item.shared and item.name in positions)
        needed = tuple(item.name for item in kind.fields if item.required and not item.may_be_empty)
        return cls(kind, positions, own, needed)


@dataclass(frozen=True, slots=True)
class Columns:
    """The header of one file.

    `readings` are in the order of the kinds; a kind that has several columns of its own has several readings.
    `missing` has, for each kind that can't be read, the fields whose columns lack, and `begun` those of them of which
    some column is there.
    """

    header: tuple[str, ...]
    delimiter: str
    readings: tuple[Reading, ...]
    case_ref: int | None
    contact: int | None
    account: tuple[Column, ...]
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()

    def name(self, position: int) -> str:
        """Return how the header names a column, without blanks around it, in small letters."""
        return self.header[position].strip().casefold()

    def resembling(self, found: Mapping[int, str]) -> Columns:
        """Return these columns with some that were carried along, by position, as looking like a field."""
        account = [
            replace(column, use=ColumnUse.RESEMBLES, field=found[column.number - 1])
            if column.number - 1 in found and column.use is ColumnUse.CARRIED
            else column
            for column in self.account
        ]
        return replace(self, account=tuple(account))


def find_columns(head: str, kinds: Sequence[Kind], profile: Profile | None = None, *, every: bool = False) -> Columns:
    """Read the header from the first characters of a file, with the separator under which it has most known columns.

    Where the profile says what the header calls a field, no other name counts for that field. With `every`, as for a
    list that protects somebody, the names of the profile count beside the others, may lack, and each column that a name
    fits is read.

    Raises:
        FlagFileError: no header, no known column, one twice, a kind that can't be told apart, or a file of matches.
    """
    profile = profile or Profile()
    fields = [*(item for kind in kinds for item in kind.fields), CASE_REF, CONTACT]
    called = {item.name: _called(item, profile, every=every) for item in fields}
    delimiter = _delimiter(head, {name for names in called.values() for name in names}, fields)
    header = _header(head, delimiter)
    _refuse_no_header(header)
    positions = _positions(header, called, kinds, profile, every=every)
    if not every:
        _refuse_lacking(profile, called, positions)
    _refuse_results(header)
    readings, missing, begun = _readings(kinds, positions)
    account = _account(header, positions, readings, fields, profile)
    if not readings:
        _refuse_values(header)
        raise _nothing_to_read(kinds, account, missing)
    own = [positions.get(item.name, (None,))[0] for item in (CASE_REF, CONTACT)]
    return Columns(header, delimiter, readings, own[0], own[1], account, missing, begun)


def _delimiter(head: str, known: set[str], fields: Sequence[Field]) -> str:
    near = {folded(name) for item in fields for name in item.near}

    def fit(delimiter: str) -> tuple[int, int, int]:
        names = [folded(cell) for cell in _header(head, delimiter)]
        return sum(name in known for name in names), sum(name in near for name in names), len(names)

    delimiter = max(_SEPARATORS, key=fit)
    for other, name in _UNSUPPORTED.items():
        if fit(other) > fit(delimiter):
            raise FlagFileError(
                f"the columns are separated by {name}", hint="save the list as CSV with commas or semicolons"
            )
    return delimiter


def _header(head: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True), []))
    except csv.Error:
        # With the other separator the quotes may stand where they belong; if not, no column will be known.
        return ()


def _called(item: Field, profile: Profile, *, every: bool) -> tuple[str, ...]:
    """Return the names, folded, under which a field may stand in the header."""
    given = tuple(map(folded, profile.columns.get(item.name, ())))
    if given and not every:
        return given
    return (*given, *names_of(item))


def _positions(
    header: Sequence[str],
    called: Mapping[str, tuple[str, ...]],
    kinds: Sequence[Kind],
    profile: Profile,
    *,
    every: bool,
) -> dict[str, tuple[int, ...]]:
    """Return where each field stands, by its name; of one with several columns in the order of the profile."""
    alone = {kind.fields[0].name for kind in kinds if len(kind.fields) == 1}
    positions: dict[str, tuple[int, ...]] = {}
    for name, names in called.items():
        places: dict[str, list[int]] = {}
        for index, cell in enumerate(header):
            if folded(cell) in names and not profile.ignores(cell):
                places.setdefault(folded(cell), []).append(index)
        found = [index for indices in places.values() for index in indices]
        repeated = any(len(indices) > 1 for indices in places.values())
        listed = name in profile.columns and not every
        if len(found) > 1 and not (every and name in alone) and (repeated or not listed):
            columns = " and ".join(str(index + 1) for index in sorted(found))
            both = ", ".join(f'"{header[index].strip()}"' for index in sorted(found))
            raise FlagFileError(
                f"columns {columns} are both {name}",
                hint=f"rename or remove one of them; if a row has several, a profile says so: {name} = [{both}]",
            )
        if found and listed:
            positions[name] = tuple(places[given][0] for given in names if given in places)
        elif found:
            positions[name] = tuple(sorted(found))
    _refuse_double_use(positions)
    return positions


def _refuse_double_use(positions: Mapping[str, tuple[int, ...]]) -> None:
    for own in (CASE_REF.name, CONTACT.name):
        others = {index for name, indices in positions.items() if name != own for index in indices}
        if others & set(positions.get(own, ())):
            raise FlagFileError(
                f"one column is {own} and something else too, which would go where it must not",
                hint="name another column in the profile",
            )
        if len(positions.get(own, ())) > 1:
            raise FlagFileError(f"there are several columns for {own}", hint="name one of them in the profile")


def _refuse_lacking(
    profile: Profile, called: Mapping[str, tuple[str, ...]], positions: Mapping[str, tuple[int, ...]]
) -> None:
    lacking = [
        name for name, given in profile.columns.items() if name in called and len(positions.get(name, ())) < len(given)
    ]
    if lacking:
        raise FlagFileError(
            f"the header lacks a column that the profile names, for {', '.join(lacking)}", hint="correct the profile"
        )


def _refuse_no_header(header: Sequence[str]) -> None:
    names = "the first row names the columns"
    if not any(cell.strip() for cell in header):
        raise FlagFileError("row 1 is blank, or has a quote that is not closed", hint=names)
    # A line for one spreadsheet program, which that program hides.
    if header[0].strip().casefold().startswith("sep="):
        raise FlagFileError("line 1 only names the separator", hint=f"remove that line: {names}")


def _refuse_values(header: Sequence[str]) -> None:
    """Refuse a first row that is no header: an error that names its columns would show somebody's data."""
    if any(_VALUE.search(cell) for cell in header):
        raise FlagFileError(
            "row 1 has no column with an identifier, and holds something that looks like a number or an e-mail address",
            hint="the first row names the columns: put one above it",
        )


def _refuse_results(header: Sequence[str]) -> None:
    results = sorted({cell.strip().casefold() for cell in header} & set(RESULT_COLUMNS))
    if results:
        raise FlagFileError(
            f"the header has {', '.join(results)}: this looks like a file of matches",
            hint="give the list of flags, or rename the column",
        )


def _readings(
    kinds: Sequence[Kind], positions: Mapping[str, tuple[int, ...]]
) -> tuple[tuple[Reading, ...], dict[str, tuple[str, ...]], frozenset[str]]:
    """Return how each kind is read, the fields that each other kind lacks, and of which of these some are there."""
    readings: list[Reading] = []
    missing: dict[str, tuple[str, ...]] = {}
    begun: set[str] = set()
    for kind in kinds:
        lacks = tuple(item.name for item in kind.fields if item.required and item.name not in positions)
        if not lacks:
            readings += [Reading.of(kind, places) for places in _sets(kind, positions)]
            continue
        missing[kind.label] = lacks
        if any(item.name in positions for item in kind.fields if not item.shared):
            begun.add(kind.label)
    return tuple(readings), missing, frozenset(begun)


def _sets(kind: Kind, positions: Mapping[str, tuple[int, ...]]) -> list[dict[str, int]]:
    """Return the columns of each value that a row has of a kind: the first of each field, the second, and so on."""
    places = {item: positions[item.name] for item in kind.fields if item.name in positions}
    most = max(map(len, places.values()))
    if most > 1 and kind.name == PERSON:
        raise FlagFileError(
            "the profile names several columns for one part of a person's name",
            hint="write another name of the same person in a row of its own",
        )
    sets: list[dict[str, int]] = [{} for _ in range(most)]
    for item, indices in places.items():
        if len(indices) == 1 and item.required:
            # Two accounts on one platform.
            indices = indices * most
        if len(indices) != most:
            raise FlagFileError(
                f"{kind.name} has {most} columns for one field, and {len(indices)} for {item.name}",
                hint="name as many in the profile for each field of it, in the same order",
            )
        for number, index in enumerate(indices):
            sets[number][item.name] = index
    return sets


def _account(
    header: Sequence[str],
    positions: Mapping[str, tuple[int, ...]],
    readings: Iterable[Reading],
    fields: Sequence[Field],
    profile: Profile,
) -> tuple[Column, ...]:
    known = {index: name for name, indices in positions.items() for index in indices}
    kinds: dict[int, list[str]] = {}
    for reading in readings:
        for index in reading.positions.values():
            if reading.kind.label not in kinds.setdefault(index, []):
                kinds[index].append(reading.kind.label)
    account = []
    for index, name in enumerate(header):
        number = index + 1
        if index in known:
            account.append(Column(number, name, ColumnUse.READ, known[index], tuple(kinds.get(index, ()))))
            continue
        ignored = not name.strip() or profile.ignores(name)
        alike = "" if ignored else resembles(name, (item for item in fields if item not in (CASE_REF, CONTACT)))
        harmless = profile.ignores(name) or folded(name) in HARMLESS
        if alike and not harmless:
            account.append(Column(number, name, ColumnUse.RESEMBLES, alike))
        else:
            account.append(Column(number, name, ColumnUse.CARRIED, harmless=harmless))
    return tuple(account)


def _nothing_to_read(
    kinds: Sequence[Kind], account: Iterable[Column], missing: Mapping[str, tuple[str, ...]]
) -> FlagFileError:
    alike = [column for column in account if column.use is ColumnUse.RESEMBLES]
    begun = [f"{label} lacks {' and '.join(lacks)}" for label, lacks in missing.items()]
    if alike:
        lines = ", ".join(column.profile_line for column in alike)
        return FlagFileError(
            "row 1 has no column with an identifier, but some that look like one:"
            f" {', '.join(f'{column.name.strip()!a} like {column.field}' for column in alike)}",
            hint=f"if they are, put these lines in a profile, under [columns]: {lines}",
        )
    wanted = "; ".join(f"{kind.name}: " + ", ".join(item.name for item in kind.fields) for kind in kinds)
    return FlagFileError(
        f"row 1 has no column with an identifier ({'; '.join(begun)})",
        hint=f"name the columns in the first row ({wanted}), or say in a profile what they are called",
    )
