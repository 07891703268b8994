"""The rows of a list of flags: cells -> identifiers, bad cells, and what may be a mistake.

A cell that can't be read costs its row the identifier of that kind, and nothing else; the row is named. A cell that
holds nothing but a word for nothing, such as `onbekend`, counts as empty, and is named too. In a list that protects
somebody (`strict`) whatever can't be read, and whatever is filled and gives nothing, is a bad cell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from psimatch.columns import Columns, ColumnUse, Reading
from psimatch.contact import check_contact
from psimatch.damaged_text import is_damaged, is_damaged_name, is_failed_formula
from psimatch.errors import FieldError
from psimatch.flags import BadCell, Flag, FlagList, InvalidRow, KindCount, Remark
from psimatch.headers import holds_mostly
from psimatch.identifiers import PERSON, Identifier, Kind, is_word_for_nothing, may_be_a_name
from psimatch.parameters import LIMITS
from psimatch.profiles import Profile
from psimatch.tables import NO_VALUE

# Of columns that nothing is read from, so many cells tell whether they hold identifiers all the same.
_SAMPLE: Final = 200
_DIGIT: Final = re.compile(r"\d")
_ODD: Final = re.compile(r"[#?]")
_ALLOW_THE_NAME: Final = 'if somebody is called so, allow it in the profile, above [columns]: names = ["..."]'
_EMPTY_THE_CELL: Final = "leave the cell empty if there is none"
_SEE_THE_SOURCE: Final = "compare it with the source, and export the list again as UTF-8"
_FORMULA_REMEDY: Final = "open the workbook in its program, and save it, or paste the values"


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one file, and keeps the account of them."""

    path: Path
    columns: Columns
    profile: Profile
    asked: Sequence[Kind]
    contact_bytes: int
    strict: bool = False
    rows: list[Flag] = field(repr=False, default_factory=list)
    invalid: list[InvalidRow] = field(repr=False, default_factory=list)
    empty: list[int] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    filled: Counter[str] = field(default_factory=Counter)
    without: dict[str, list[int]] = field(default_factory=dict)
    samples: dict[int, list[str]] = field(repr=False, default_factory=dict)

    def read(self, records: Iterable[tuple[int, list[str]]], mark: bool, other_sheets: tuple[str, ...]) -> FlagList:
        """Return the list."""
        columns = self.columns
        names = {kind.label for kind in self.asked}
        unread = [
            column
            for column in columns.account
            if column.use is ColumnUse.CARRIED and not self.profile.ignores(column.name)
        ]
        self.samples = {column.number - 1: [] for column in unread}
        for row, cells in records:
            self._take(row, cells, names)
        fields = [item for kind in self._all_kinds() for item in kind.fields if item.name in _own_fields(kind)]
        looks = {at: holds_mostly(cells, fields) for at, cells in self.samples.items() if cells}
        columns = columns.resembling({at: name for at, name in looks.items() if name})
        return FlagList(
            self.path,
            columns.header,
            columns.delimiter,
            mark,
            tuple(self.rows),
            tuple(self.invalid),
            tuple(self.empty),
            self.contact_bytes == 0 and columns.contact is not None and not self.strict,
            columns.account,
            tuple(self._count(kind) for kind in self.asked),
            tuple(self.remarks),
            tuple(dict.fromkeys(item.kind.label for item in columns.readings)),
            other_sheets,
        )

    def _all_kinds(self) -> list[Kind]:
        """Return the kinds that this list may have columns of, asked for or not."""
        return list(
            {kind.label: kind for kind in (*self.asked, *(item.kind for item in self.columns.readings))}.values()
        )

    def _count(self, kind: Kind) -> KindCount:
        missing = self.columns.missing.get(kind.label, ())
        if missing:
            return KindCount(kind.label, missing, kind.label in self.columns.begun)
        distinct = {item for flag in self.rows for item in flag.identifiers if item.kind == kind.name}
        without = tuple(self.without.get(kind.label, ()))
        return KindCount(kind.label, (), False, self.filled[kind.label], len(distinct), without)

    def _take(self, row: int, cells: list[str], names: set[str]) -> None:
        """Read one row."""
        shape = _shape_errors(self.columns, cells)
        if shape:
            self.invalid.append(InvalidRow(row, _plain(cells), tuple(shape)))
            return
        for at, texts in self.samples.items():
            if cells[at].strip() and (self.strict or len(texts) < _SAMPLE):
                texts.append(cells[at])
        remarks: list[Remark] = []
        unasked: list[Remark] = []
        compared: list[Identifier] = []
        others: list[Identifier] = []
        bad: list[BadCell] = []
        for reading in self.columns.readings:
            asked = reading.kind.label in names
            found = self._identifiers(row, cells, reading, bad, remarks if asked else unasked)
            (compared if asked else others).extend(found)
            if found and asked:
                self.filled[reading.kind.label] += 1
        contact, problem = self._contact(cells)
        if problem or (not compared and any(cell.kind in names for cell in bad)):
            errors = [cell.error for cell in bad] + ([problem] if problem else [])
            self.invalid.append(InvalidRow(row, _plain(cells), tuple(errors), (*compared, *others)))
            return
        self.remarks += remarks
        if not compared:
            self.empty.append(row)
            return
        damaged = tuple(dict.fromkeys(remark.kind for remark in (*remarks, *unasked) if remark.damaged))
        column = self.columns.case_ref
        case_ref = "" if column is None else cells[column].replace(NO_VALUE, "").strip()
        self.rows.append(
            Flag(
                row,
                _plain(cells),
                tuple(dict.fromkeys(compared)),
                case_ref,
                contact,
                tuple(bad),
                tuple(dict.fromkeys(others)),
                damaged,
            )
        )

    def _identifiers(
        self, row: int, cells: list[str], reading: Reading, bad: list[BadCell], remarks: list[Remark]
    ) -> tuple[Identifier, ...]:
        """Return what a row gives of a kind; add to `bad` what can't be read, to `remarks` what may be a mistake."""
        kind = reading.kind
        texts = {name: cells[at] for name, at in reading.positions.items()}
        if not any(texts[name].strip() for name in reading.own):
            return ()
        errors, emptied = self._look(row, reading, texts, remarks)
        own = not emptied or any(texts[name].strip() for name in reading.own)
        if not errors and not own:
            # Nothing but words for nothing, which are named.
            return ()
        if not errors:
            errors += self._lacking(reading, texts, emptied)
        if not errors:
            try:
                found = kind.parse(texts) if self._is_whole(reading, texts) else ()
            except FieldError as error:
                errors.append(self._in_words_of_the_file(reading, error))
                found = ()
            if not found and not errors:
                self._note_none(row, kind, bad)
        if errors:
            bad += [BadCell(kind.label, error) for error in errors]
            return ()
        return found

    def _note_none(self, row: int, kind: Kind, bad: list[BadCell]) -> None:
        self.without.setdefault(kind.label, []).append(row)
        if self.strict:
            error = FieldError(kind.name, "is filled, but gives nothing to compare", _WHOLE.get(kind.name, _FILL))
            bad.append(BadCell(kind.label, error))

    def _look(
        self, row: int, reading: Reading, texts: dict[str, str], remarks: list[Remark]
    ) -> tuple[list[FieldError], bool]:
        """Empty the cells that hold a word for nothing; return what no kind can read, and whether some were emptied."""
        errors, emptied = [], False
        for name, text in texts.items():
            if not text.strip():
                continue
            if text.isascii() and _DIGIT.search(text) and not _ODD.search(text):
                # Most cells: nothing is lost, and no word for nothing has a digit.
                continue
            column = self.columns.name(reading.positions[name])
            is_name = reading.kind.name == PERSON and name in _NAMES
            if NO_VALUE in text:
                errors.append(FieldError(column, "is a formula without a value", _FORMULA_REMEDY))
            elif is_failed_formula(text):
                errors.append(FieldError(column, "is a formula that failed", "correct it, or empty the cell"))
            elif is_damaged_name(text) if is_name else is_damaged(text):
                problem = "has damaged text, in which letters are lost"
                if self.strict:
                    errors.append(FieldError(column, problem, _SEE_THE_SOURCE))
                else:
                    remarks.append(Remark(row, column, problem, _SEE_THE_SOURCE, reading.kind.label, damaged=True))
            elif not _DIGIT.search(text) and is_word_for_nothing(text):
                if is_name and self.profile.has_name(text):
                    continue
                emptied, texts[name] = True, ""
                is_doubtful = is_name and may_be_a_name(text)
                problem = "has a word for nothing, and counts as empty"
                remedy = _ALLOW_THE_NAME if is_doubtful else _EMPTY_THE_CELL
                if self.strict and is_doubtful:
                    errors.append(FieldError(column, problem, _ALLOW_THE_NAME))
                else:
                    remarks.append(Remark(row, column, problem, remedy, reading.kind.label))
        return errors, emptied

    def _lacking(self, reading: Reading, texts: Mapping[str, str], emptied: bool) -> list[FieldError]:
        """Return an error for each cell that a row must fill, since it fills others of the kind."""
        if emptied and not self.strict:
            return []
        return [
            FieldError(
                self.columns.name(reading.positions[name]),
                f"is empty, but other columns of {reading.kind.name} are filled",
                "fill it, or empty the other columns",
            )
            for name in reading.needed
            if not texts[name].strip()
        ]

    def _is_whole(self, reading: Reading, texts: Mapping[str, str]) -> bool:
        return all(texts[name].strip() for name in reading.needed)

    def _in_words_of_the_file(self, reading: Reading, error: FieldError) -> FieldError:
        """Return the error with the name that the file's own header gives the field."""
        at = reading.positions.get(error.field)
        return error if at is None else FieldError(self.columns.name(at), error.problem, error.remedy)

    def _contact(self, cells: list[str]) -> tuple[str, FieldError | None]:
        at = self.columns.contact
        if self.contact_bytes == 0 or at is None:
            return "", None
        contact = cells[at].strip()
        if NO_VALUE in contact:
            return "", FieldError(self.columns.name(at), "is a formula without a value", _FORMULA_REMEDY)
        try:
            check_contact(contact, self.contact_bytes)
        except FieldError as error:
            return contact, error
        return contact, None


_FILL: Final = "fill all its columns, or empty them"
_WHOLE: Final = {PERSON: "write the whole date of birth, a family name and a given name, or empty the columns"}
_NAMES: Final = frozenset(("voornamen", "achternaam", "voorvoegsel", "voorletters"))


def _own_fields(kind: Kind) -> frozenset[str]:
    return frozenset(item.name for item in kind.fields if not item.shared)


def _plain(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the cells for a file that is written; a formula without a value is empty there."""
    return tuple(cell.replace(NO_VALUE, "") if NO_VALUE in cell else cell for cell in cells)


def _shape_errors(columns: Columns, cells: list[str]) -> list[FieldError]:
    expected = len(columns.header)
    if len(cells) != expected:
        return [
            FieldError(
                "row",
                f"has {len(cells)} cells, where the header has {expected}",
                "put a cell that holds the separator in quotes, and add or remove separators",
            )
        ]
    size = sum(len(cell.encode("utf-8")) for cell in cells)
    if size > LIMITS.row_bytes:
        return [FieldError("row", f"has more than {LIMITS.row_bytes} bytes", "leave out long texts")]
    return []
