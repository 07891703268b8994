"""A suppression list: whom and which addresses a match must never touch, such as a shelter and those who live there.

The list protects somebody, so it is read otherwise than a list of flags. It is read for every kind that psimatch knows,
whatever the agreement names, and so is the own list then: a row of the own list can be the suppressed child by its
telephone though telephones are not compared. Each row and each column of it must be understood; what is not refuses.

A suppressed **person** is a row with a number, a name and date, a telephone, an account and the like. Each own row that
has one of these takes no part, whole; and what that row says of the person is taken out of every other row.

A suppressed **address** is a postcode and a number, whatever the suffix, or a number in the BAG. It is never compared:
it is taken out of every row. The rows stay with their other identifiers, since an institution suppresses its own
address, and its children live there. With `rows` they are left out whole.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from psimatch.columns import ColumnUse
from psimatch.errors import FieldError, SuppressionError
from psimatch.flag_files import read_every_column
from psimatch.flags import Flag, FlagList, InvalidRow
from psimatch.headers import CASE_REF, CONTACT, holds
from psimatch.identifiers import KINDS, PERSON, PHONE, PHONE_REGION, Identifier, Kind, phone_kind
from psimatch.profiles import Profile
from psimatch.tables import Sheet

_ADDRESS: Final = "nl-address"
_BAG: Final = "nl-bag"
_PLACES: Final = (_ADDRESS, _BAG)
_DAMAGED: Final = FieldError("row", "has a damaged name", "compare it with the source, and export the list again")


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What a suppression list did to a list of flags; always told, though it be nothing.

    `identifiers` counts the distinct ones that take no part any more, `rows` the rows of which nothing takes part any
    more, and `rows_at_address` the rows at a suppressed address that take part by something else. `unrecognisable` has
    the numbers of the rows that take part and give nothing by which some row of the list names its person: had they
    that, they might be suppressed.
    """

    identifiers: int = 0
    rows: int = 0
    rows_at_address: int = 0
    unrecognisable: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppression:
    """A suppression list that was understood: each row with what it names."""

    path: Path
    rows: tuple[Flag, ...] = field(repr=False)

    def apply(
        self, flags: FlagList, *, whole_rows: bool = False, skip_doubtful: bool = False
    ) -> tuple[FlagList, Suppressed]:
        """Return a list without what is suppressed, and the account of that.

        The list must have been read for every kind: with `every_kind_but` as `also`.

        Args:
            flags: the own list.
            whole_rows: leave rows at a suppressed address out whole.
            skip_doubtful: leave out, as rows that can't be used, those of which a bad cell may hide that they are
                suppressed.

        Raises:
            SuppressionError: a row of the suppression list can't be honoured in this list, or a row of this list can't
                be told to be suppressed or not; names the rows.
        """
        self._check_honoured(flags)
        skipped = [row.identifiers for row in flags.invalid]
        every, flags = flags.rows, self._settle_doubtful(flags, skip=skip_doubtful)
        persons = {item for flag in self.rows for item in flag.identifiers if item.kind not in _PLACES}
        at = _Addresses(self.rows, every)
        # What a row that is skipped says of a suppressed person is in no other row either.
        gone = {flag.row for flag in every if not persons.isdisjoint(_all(flag)) or (whole_rows and at.includes(flag))}
        never = persons | {item for flag in every if flag.row in gone for item in _all(flag)}
        never.update(*(said for said in skipped if not persons.isdisjoint(said)))
        kept = [
            replace(flag, identifiers=_without(flag.identifiers, never, at))
            for flag in flags.rows
            if flag.row not in gone
        ]
        left = replace(flags, rows=tuple(flag for flag in kept if flag.identifiers))
        rows = {flag.row for flag in left.rows}
        otherwise = sum(at.includes(flag) for flag in flags.rows if flag.row in rows)
        taken = len(flags.items()) - len(left.items())
        return left, Suppressed(taken, len(flags.rows) - len(left.rows), otherwise, self._unrecognisable(left))

    def _unrecognisable(self, flags: FlagList) -> tuple[int, ...]:
        named = {frozenset(item.kind for item in flag.identifiers) - set(_PLACES) for flag in self.rows} - {frozenset()}
        given = ((flag.row, {item.kind for item in _all(flag)}) for flag in flags.rows)
        return tuple(row for row, kinds in given if any(kinds.isdisjoint(names) for names in named))

    def _check_honoured(self, flags: FlagList) -> None:
        """Check that each row of this list can be looked for in the own list."""
        readable = {label.partition("/")[0] for label in flags.readable}
        self._check_columns(flags)
        for flag in self.rows:
            kinds = {item.kind for item in flag.identifiers}
            persons, places = kinds - set(_PLACES), kinds & set(_PLACES)
            for what in (persons, places):
                if what and not what & readable:
                    raise SuppressionError(
                        f"row {flag.row} of {self.path} names somebody or something by {' or '.join(sorted(what))}"
                        f" alone, of which {flags.path} has no column: nobody can know which rows it means",
                        hint="add such a column to the list, or take that row out of the suppression list",
                    )
            self._check_addresses(flag, flags, places)

    def _check_columns(self, flags: FlagList) -> None:
        """Check that no own column looks like one by which this list names somebody, and is not read."""
        kinds = {item.kind for flag in self.rows for item in flag.identifiers}
        # An address of the own list may stand there in its other form.
        kinds |= set(_PLACES) if kinds & set(_PLACES) else set()
        fields = {item.name for kind in kinds for item in KINDS[kind].fields}
        columns = [column for column in flags.resembling if column.field in fields]
        if columns:
            told = ", ".join(f"column {column.number} looks like {column.field}" for column in columns)
            lines = ", ".join(column.profile_line for column in columns)
            names = ", ".join(column.quoted_name for column in columns)
            raise SuppressionError(
                f"{flags.path}: {told}; by that {self.path} names somebody, and it is not read",
                hint=f"put in a profile, under [columns]: {lines}; or of those that are not the person's own, above"
                f" [columns]: ignore = [{names}]",
            )

    def _check_addresses(self, flag: Flag, flags: FlagList, places: Collection[str]) -> None:
        """Check that no own row has an address in the other of its two forms alone, which can't be compared."""
        if len(places) != 1:
            return
        rows = [
            own.row
            for own in flags.rows
            if (kinds := {item.kind for item in _all(own)} & set(_PLACES)) and not kinds & set(places)
        ]
        if rows:
            other = _BAG if _ADDRESS in places else _ADDRESS
            raise SuppressionError(
                f"row {flag.row} of {self.path} names an address by {min(places)} alone, and"
                f" {_rows(rows)} of {flags.path} have one by {other} alone: nobody can know whether it is the same",
                hint=f"add {other} to that row of the suppression list, or {min(places)} to those rows",
            )

    def _settle_doubtful(self, flags: FlagList, *, skip: bool) -> FlagList:
        """Return the list without rows that a bad cell may keep from being recognised; refuse where it may not skip."""
        used = {item.label for flag in self.rows for item in flag.identifiers}
        if any(item.kind in _PLACES for flag in self.rows for item in flag.identifiers):
            used.update(KINDS[kind].label for kind in _PLACES)
        doubtful = {flag.row for flag in flags.rows if not used.isdisjoint(_uncertain(flag))}
        if doubtful and not skip:
            raise SuppressionError(
                f"{flags.path}: {_rows(sorted(doubtful))}: a bad cell, by whose kind {self.path} names somebody:"
                " nobody can know whether the row is suppressed",
                hint="correct the cells, or leave these rows out whole with --skip-invalid",
            )
        invalid = [
            InvalidRow(flag.row, flag.cells, tuple(cell.error for cell in flag.bad_cells) or (_DAMAGED,))
            for flag in flags.rows
            if flag.row in doubtful
        ]
        rows = tuple(flag for flag in flags.rows if flag.row not in doubtful)
        return replace(flags, rows=rows, invalid=tuple(sorted((*flags.invalid, *invalid), key=lambda row: row.row)))


class _Addresses:
    """The suppressed addresses, in both forms: a row that has both forms says that they are one place."""

    def __init__(self, suppressed: Sequence[Flag], own: Sequence[Flag]) -> None:
        self._known = {_place(item) for flag in suppressed for item in flag.identifiers if item.kind in _PLACES}
        pairs = [{_place(item) for item in _all(flag) if item.kind in _PLACES} for flag in (*suppressed, *own)]
        pairs = [pair for pair in pairs if len(pair) > 1]
        beside: dict[bytes, set[bytes]] = {}
        for pair in pairs:
            for place in pair:
                beside.setdefault(place, set()).update(pair)
        left = list(self._known)
        while left:
            found = beside.get(left.pop(), set()) - self._known
            self._known |= found
            left += found

    def has(self, item: Identifier) -> bool:
        """Say whether an identifier is a suppressed address."""
        return item.kind in _PLACES and _place(item) in self._known

    def includes(self, flag: Flag) -> bool:
        """Say whether a row lies at a suppressed address."""
        return any(map(self.has, _all(flag)))


def _place(item: Identifier) -> bytes:
    """Return what stands for an address: postcode and number without suffix, or the number in the BAG."""
    if item.kind == _BAG:
        return item.value
    postcode, *rest = item.value.split(b" ")
    number = rest[1] if rest[0] in (b"TO", b"BY") else rest[0]
    return postcode + b" " + number


def _without(
    identifiers: tuple[Identifier, ...], never: Collection[Identifier], at: _Addresses
) -> tuple[Identifier, ...]:
    """Return what may take part. Where one token of a person may not, none may: another would match all the same."""
    hit = any(item.kind == PERSON and item in never for item in identifiers)
    return tuple(
        item for item in identifiers if item not in never and not at.has(item) and not (hit and item.kind == PERSON)
    )


def _all(flag: Flag) -> tuple[Identifier, ...]:
    return (*flag.identifiers, *flag.not_compared)


def _uncertain(flag: Flag) -> tuple[str, ...]:
    """Return the kinds of which a row may have another value than it was read with, or one that can't be read."""
    return (*(cell.kind for cell in flag.bad_cells), *flag.damaged)


def _rows(numbers: Sequence[int], most: int = 20) -> str:
    shown = ", ".join(map(str, numbers[:most]))
    more = f" and {len(numbers) - most:,} more" if len(numbers) > most else ""
    return f"{'row' if len(numbers) == 1 else 'rows'} {shown}{more}"


def every_kind_but(kinds: Sequence[Kind]) -> list[Kind]:
    """Return the kinds that psimatch knows beside those of an agreement."""
    named = {kind.name for kind in kinds}
    return [kind for kind in KINDS.values() if kind.name not in named]


def read_suppression(
    path: str | os.PathLike[str],
    *,
    region: str = PHONE_REGION,
    profile: Profile | None = None,
    sheet: Sheet | None = None,
) -> Suppression:
    """Read a suppression list, for every kind.

    Args:
        path: the list, in any form in which a list of flags may be.
        region: whose telephone numbers may stand without their country's code.
        profile: what some columns are called, beside their usual names.
        sheet: which sheet of a workbook, and what is to become of hidden rows.

    Raises:
        FlagFileError: the list as a whole can't be read.
        SuppressionError: a column or a row of it is not understood; `problems` names each.
    """
    kinds = [phone_kind(region) if kind.name == PHONE else kind for kind in KINDS.values()]
    flags = read_every_column(path, kinds, profile=profile, sheet=sheet)
    problems = [*_sheet_problems(flags, sheet), *_column_problems(flags), *_row_problems(flags)]
    if problems:
        count = len(problems)
        raise SuppressionError(
            f"{flags.path}: {count:,} {'thing is' if count == 1 else 'things are'} not understood in this"
            " suppression list",
            hint="correct them: somebody whom the list should protect could match; a profile for this list goes"
            " with --suppress-profile",
            problems=tuple(problems),
        )
    return Suppression(flags.path, flags.rows)


def _sheet_problems(flags: FlagList, sheet: Sheet | None) -> Iterator[str]:
    if flags.other_sheets and not (sheet and sheet.name):
        count = len(flags.other_sheets)
        yield f"{count:,} other {'sheet is' if count == 1 else 'sheets are'} not read; save a workbook of one sheet"


def _column_problems(flags: FlagList) -> Iterator[str]:
    rows = [*(flag.cells for flag in flags.rows), *(row.cells for row in flags.invalid)]
    used = {at for cells in rows for at, cell in enumerate(cells) if cell.strip()}
    for column in flags.account:
        if column.number - 1 not in used:
            continue
        if column.use is ColumnUse.CARRIED and column.harmless:
            cells = (cells[column.number - 1] for cells in rows if column.number <= len(cells))
            if any(holds(name, cell) for cell in cells for name in ("bsn", "telefoon", "email", "iban")):
                yield f"column {column.number} is not read, and a cell of it looks like a number of somebody"
            continue
        if column.use is ColumnUse.READ:
            if not column.kinds and column.field not in (CASE_REF.name, CONTACT.name):
                yield f"column {column.number} is {column.field}, but other columns lack without which it names nobody"
            continue
        looks = f"looks like {column.field} and is not read" if column.field else "is not known"
        yield f"column {column.number} {looks}; {column.remedy}"


def _row_problems(flags: FlagList) -> Iterator[str]:
    told: list[tuple[int, str]] = []
    told += [(row.row, f"{error}; {error.remedy}") for row in flags.invalid for error in row.errors]
    told += [(row, f"{cell.error}; {cell.error.remedy}") for row, cell in flags.bad_cells]
    told += [(row, "has no identifier; add one, or take the row out") for row in flags.rows_without_identifier]
    yield from (f"row {row}: {text}" for row, text in sorted(told, key=lambda pair: pair[0]))
