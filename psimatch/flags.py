"""A party's list of flags, as read from its file: the rows that count, those that don't, and the account of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from psimatch.columns import Column, ColumnUse
from psimatch.errors import FieldError, InvalidRowsError
from psimatch.identifiers import Identifier

# Cells, case references, contacts and identifiers stay out of every repr: a repr ends up in logs and tracebacks.


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that can't be read: it costs its row the identifier of that kind (`nl-address/1`), and nothing else."""

    kind: str
    error: FieldError


@dataclass(frozen=True, slots=True)
class Flag:
    """One usable row: its number as a spreadsheet shows it, and the identifiers that it gives.

    `not_compared` are its identifiers of kinds that the agreement does not name. They tell whom a suppression list
    names, and take no part in anything else. `damaged` are the kinds (`person/2`) of which a name lost letters.
    """

    row: int
    cells: tuple[str, ...] = field(repr=False)
    identifiers: tuple[Identifier, ...] = field(repr=False)
    case_ref: str = field(repr=False, default="")
    contact: str = field(repr=False, default="")
    bad_cells: tuple[BadCell, ...] = ()
    not_compared: tuple[Identifier, ...] = field(repr=False, default=())
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """One row that can't be used, with every error of it; an error never holds the text of a cell.

    `identifiers` are what it has all the same, of any kind: they tell what else names somebody who is suppressed.
    """

    row: int
    cells: tuple[str, ...] = field(repr=False)
    errors: tuple[FieldError, ...]
    identifiers: tuple[Identifier, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in a usable row that may be a mistake: where, what, and what to do. Never the text of a cell.

    `kind` is the label of the kind that it concerns; `damaged` says that letters are lost.
    """

    row: int
    field: str
    problem: str
    remedy: str
    kind: str
    damaged: bool = False

    def __str__(self) -> str:
        """Return it in one line."""
        return f"row {self.row}: {self.field} {self.problem}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class KindCount:
    """The account of one kind (`nl-bsn/1`) in a list.

    `missing` are the fields for which there is no column; then nothing is read, and all else is 0. `begun` says that
    some other column of the kind is there, so that the header is more likely misspelt. `rows` counts the rows that give
    an identifier, and `without` has the numbers of those that fill the kind and still give none.
    """

    label: str
    missing: tuple[str, ...] = ()
    begun: bool = False
    rows: int = 0
    identifiers: int = 0
    without: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What a list has more than once: repeats by kind (`nl-bsn/1`: 2), and the rows with an earlier identifier."""

    per_kind: Mapping[str, int]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FlagList:
    """A list of flags with its account, and with what it takes to write files that look like it.

    `columns` is the header as it stands in the file, and `account` says what each of them is. `kinds` has the account
    of each kind that was asked for, in that order. `remarks` name what may be a mistake in a usable row.
    `rows_without_identifier` are the numbers of the rows that fill no kind: no error, but the user should know.
    `contacts_ignored` says that there is a contact column, but the agreement allows no contacts. `readable` are the
    labels of all kinds that the file has the columns of, those that were not asked for included. `other_sheets` are
    the sheets of the workbook that were not read.
    """

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    byte_order_mark: bool
    rows: tuple[Flag, ...] = field(repr=False)
    invalid: tuple[InvalidRow, ...] = field(repr=False, default=())
    rows_without_identifier: tuple[int, ...] = ()
    contacts_ignored: bool = False
    account: tuple[Column, ...] = ()
    kinds: tuple[KindCount, ...] = ()
    remarks: tuple[Remark, ...] = ()
    readable: tuple[str, ...] = ()
    other_sheets: tuple[str, ...] = ()

    @property
    def resembling(self) -> tuple[Column, ...]:
        """The columns that look like something that they were not read as."""
        return tuple(column for column in self.account if column.use is ColumnUse.RESEMBLES)

    @property
    def bad_cells(self) -> Iterator[tuple[int, BadCell]]:
        """Each bad cell of a usable row, of the kinds that were asked for, with the row's number."""
        asked = {kind.label for kind in self.kinds}
        return ((flag.row, cell) for flag in self.rows for cell in flag.bad_cells if cell.kind in asked)

    def check_kinds(self) -> None:
        """Check that no kind is there by halves, such as postcodes without house numbers.

        Raises:
            InvalidRowsError: a column of a kind is there and another lacks: more likely misspelt than left out.
        """
        for kind in self.kinds:
            if kind.begun:
                lines = [f"{column.profile_line}" for column in self.resembling if column.field in kind.missing]
                hint = f"put in a profile, under [columns]: {', '.join(lines)}" if lines else "add or rename the column"
                raise InvalidRowsError(
                    f"{self.path}: the header has some columns of {kind.label}, but not {', '.join(kind.missing)}",
                    hint=f"{hint}; or let the profile ignore the columns that are there",
                )

    def items(self) -> dict[Identifier, str]:
        """Return each distinct identifier with the contact of the first row that has it, in order of rows."""
        items: dict[Identifier, str] = {}
        for flag in self.rows:
            for identifier in flag.identifiers:
                items.setdefault(identifier, flag.contact)
        return items

    def counts(self) -> dict[str, int]:
        """Return how many distinct identifiers there are, by label of the kind."""
        return dict(Counter(identifier.label for identifier in self.items()))

    @property
    def duplicates(self) -> Duplicates:
        """Return which identifiers and rows repeat earlier ones."""
        seen: set[Identifier] = set()
        per_kind: Counter[str] = Counter()
        rows: list[int] = []
        for flag in self.rows:
            repeated = [identifier for identifier in flag.identifiers if identifier in seen]
            per_kind.update(identifier.label for identifier in repeated)
            if repeated:
                rows.append(flag.row)
            seen.update(flag.identifiers)
        return Duplicates(dict(per_kind), tuple(rows))
