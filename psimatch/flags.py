"""A party's list of flags, as read from its file: the rows that count, and those that don't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from psimatch.errors import FieldError
from psimatch.identifiers import PERSON, Identifier

# Cells, case references, contacts and identifiers stay out of every repr: a repr ends up in logs and tracebacks.


@dataclass(frozen=True, slots=True)
class Flag:
    """One usable row: its number as a spreadsheet shows it, and one identifier of each kind that it fills."""

    row: int
    cells: tuple[str, ...] = field(repr=False)
    identifiers: tuple[Identifier, ...] = field(repr=False)
    case_ref: str = field(repr=False, default="")
    contact: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """One row that can't be used, with every error of it; an error never holds the text of a cell."""

    row: int
    cells: tuple[str, ...] = field(repr=False)
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What a list has more than once: repeats by kind (`nl-bsn/1`: 2), and the rows with an earlier identifier."""

    per_kind: Mapping[str, int]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FlagList:
    """A list of flags with what it takes to write files that look like it.

    `columns` is the header as it stands in the file. `rows_without_identifier` are the numbers of the rows that fill
    no kind: no error, but the user should know. `contacts_ignored` says that there is a contact column, but the
    agreement allows no contacts.
    """

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    byte_order_mark: bool
    rows: tuple[Flag, ...] = field(repr=False)
    invalid: tuple[InvalidRow, ...] = field(repr=False, default=())
    rows_without_identifier: tuple[int, ...] = ()
    contacts_ignored: bool = False

    def items(self) -> dict[Identifier, str]:
        """Return each distinct identifier with the contact of the first row that has it, in order of rows."""
        items: dict[Identifier, str] = {}
        for flag in self.rows:
            for identifier in flag.identifiers:
                items.setdefault(identifier, flag.contact)
        return items

    def without(self, never: Collection[Identifier]) -> FlagList:
        """Return the list without these identifiers, and without rows that have no other.

        Of a row that has one of them no token of a person is left either: by the others it would match all the same, or
        tell the address.
        """
        left_out = set(never)
        for flag in self.rows:
            if not left_out.isdisjoint(flag.identifiers):
                left_out.update(identifier for identifier in flag.identifiers if identifier.kind == PERSON)
        kept = (
            replace(flag, identifiers=tuple(each for each in flag.identifiers if each not in left_out))
            for flag in self.rows
        )
        return replace(self, rows=tuple(flag for flag in kept if flag.identifiers))

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
