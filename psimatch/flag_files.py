"""Read a party's list of flags: a CSV file as a case system or a spreadsheet exports it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from psimatch.bounded_file import read_at_most
from psimatch.columns import CASE_REF, CONTACT, Columns, find_columns
from psimatch.contact import check_contact
from psimatch.errors import FieldError, FlagFileError
from psimatch.flags import Flag, FlagList, InvalidRow
from psimatch.identifiers import Identifier, Kind
from psimatch.parameters import LIMITS
from psimatch.tables import SUFFIXES, table_text

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
# Twice what a session can take: a list may repeat itself, but no list is longer by accident of spelling.
_MAX_ROWS: Final = 2 * LIMITS.max_items
_MAX_FILE_BYTES: Final = LIMITS.list_bytes
_PAIR: Final = 2
_SAVE_AS_UTF_8: Final = "save the list as UTF-8, in a spreadsheet: 'CSV UTF-8'"


def read_flags(
    path: str | os.PathLike[str],
    kinds: Sequence[Kind],
    *,
    contact_bytes: int = LIMITS.contact_bytes,
    profile: Mapping[str, str] | None = None,
) -> FlagList:
    """Read the list of flags at `path` for the kinds of an agreement: CSV, or by its suffix a workbook or Parquet.

    A row gives one identifier of each kind whose required columns it fills, in the order of `kinds`. A row
    with any error is in `invalid` with all its errors, and gives none. With `contact_bytes` 0 the agreement has no
    contacts and the column is ignored. `profile` says what the header calls some fields (`read_profile`).

    Raises:
        FlagFileError: the file as a whole can't be read: missing, too large, not UTF-8, header, quotes.
    """
    file = Path(path)
    try:
        if file.suffix.lower() in SUFFIXES:
            mark, text = False, _checked(table_text(file))
        else:
            data = _read(file)
            mark, text = data.startswith(_BYTE_ORDER_MARK), _decode(data)
        columns = find_columns(text[: LIMITS.row_bytes], kinds, profile)
        return _collect(file, mark, columns, text, contact_bytes)
    except FlagFileError as error:
        raise FlagFileError(f"{file}: {error}", hint=error.hint) from None


def read_pairs(path: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """Read pairs of case references: a header, then two columns.

    Raises:
        FlagFileError: the file can't be read, or has another form.
    """
    file = Path(path)
    try:
        text = _decode(_read(file))
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        lines = [cells for _, cells in _records(text, delimiter)]
    except FlagFileError as error:
        raise FlagFileError(f"{file}: {error}", hint=error.hint) from None
    pairs = [(cells[0].strip(), cells[1].strip()) for cells in lines if len(cells) == _PAIR]
    if len(pairs) != len(lines):
        raise FlagFileError(f"{file}: a row has not two cells", hint="write one pair of case references in each row")
    return pairs


def read_case_refs(path: str | os.PathLike[str], kinds: Sequence[Kind]) -> list[str]:
    """Return the case reference of every row of the list of flags at `path`, also of rows that can't be used.

    Raises:
        FlagFileError: as `read_flags`.
    """
    file = Path(path)
    try:
        text = _checked(table_text(file)) if file.suffix.lower() in SUFFIXES else _decode(_read(file))
        columns = find_columns(text[: LIMITS.row_bytes], kinds)
        place = columns.positions.get(CASE_REF, len(columns.header))
        return [cells[place].strip() if place < len(cells) else "" for _, cells in _records(text, columns.delimiter)]
    except FlagFileError as error:
        raise FlagFileError(f"{file}: {error}", hint=error.hint) from None


def _read(file: Path) -> bytes:
    try:
        data = read_at_most(file, _MAX_FILE_BYTES + 1)
    except OSError as error:
        raise FlagFileError(
            f"can't be read: {error.strerror or error}", hint="check the name and your rights"
        ) from None
    if len(data) > _MAX_FILE_BYTES:
        raise FlagFileError(f"is larger than {_MAX_FILE_BYTES} bytes", hint="leave out columns or rows")
    return data


def _decode(data: bytes) -> str:
    if data.startswith(_UTF_16_MARKS):
        raise FlagFileError("is UTF-16, not UTF-8", hint=_SAVE_AS_UTF_8)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from behind the byte order mark.
        start = error.start + (len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0)
        line = data.count(b"\n", 0, start) + 1
        raise FlagFileError(f"is not UTF-8 at byte {start}, in line {line}", hint=_SAVE_AS_UTF_8) from None
    return _checked(text)


def _checked(text: str) -> str:
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        raise FlagFileError(f"has a NUL character in line {line}", hint=_SAVE_AS_UTF_8)
    if not text.strip():
        raise FlagFileError("is empty", hint="the first row names the columns, each further row is a flag")
    return text


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header with their numbers in a spreadsheet, where the header is row 1.

    Raises:
        FlagFileError: quotes that don't close, a huge field, or too many rows.
    """
    # newline="" keeps line breaks inside quotes as they are.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A quote that isn't closed swallows the rows below it, up to the limit of a field.
            raise FlagFileError(
                f"row {row} has a quote that is not closed, text behind a closing quote, or a field that is too long",
                hint="double each quote inside a quoted field, and shorten long texts",
            ) from None
        if row > _MAX_ROWS:
            raise FlagFileError(f"has more than {_MAX_ROWS} rows", hint="split the list")
        if row > 1 and any(cell and not cell.isspace() for cell in cells):
            yield row, cells


def _collect(file: Path, mark: bool, columns: Columns, text: str, contact_bytes: int) -> FlagList:
    rows: list[Flag] = []
    invalid: list[InvalidRow] = []
    without: list[int] = []
    for row, cells in _records(text, columns.delimiter):
        errors = _shape_errors(columns, cells)
        identifiers: list[Identifier] = []
        contact = ""
        if not errors:
            identifiers = _identifiers(columns, cells, errors)
            contact = _contact(columns, cells, contact_bytes, errors)
        if errors:
            invalid.append(InvalidRow(row, tuple(cells), tuple(errors)))
        elif identifiers:
            case_ref = columns.cell(cells, CASE_REF).strip()
            rows.append(Flag(row, tuple(cells), tuple(identifiers), case_ref, contact))
        else:
            without.append(row)
    ignored = contact_bytes == 0 and CONTACT in columns.positions
    found = tuple(rows), tuple(invalid), tuple(without)
    return FlagList(file, columns.header, columns.delimiter, mark, *found, ignored, _reserved(rows, columns.kinds))


def _reserved(rows: Sequence[Flag], kinds: Sequence[Kind]) -> int:
    """Return how many identifiers the rows have less than they could have."""
    unused = 0
    for kind in kinds:
        if kind.most_identifiers > 1:
            counts = [sum(identifier.kind == kind.name for identifier in flag.identifiers) for flag in rows]
            unused += sum(kind.most_identifiers - count for count in counts if count)
    return unused


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


def _identifiers(columns: Columns, cells: list[str], errors: list[FieldError]) -> list[Identifier]:
    """Return an identifier of each kind that the row fills; add to `errors` what can't be read or is missing."""
    identifiers: list[Identifier] = []
    for kind in columns.kinds:
        texts = {field.name: columns.cell(cells, field) for field in kind.fields if field in columns.positions}
        filled = {name for name, text in texts.items() if text.strip()}
        own = {field.name for field in kind.fields if not field.shared}
        if not filled & own:
            continue
        needed = [field for field in kind.fields if field.required and not field.may_be_empty]
        missing = [field for field in needed if field.name not in filled]
        errors.extend(
            FieldError(
                columns.name(field),
                f"is empty, but other columns of {kind.name} are filled",
                "fill it, or empty the other columns",
            )
            for field in missing
        )
        if missing:
            continue
        try:
            identifiers += kind.parse(texts)
        except FieldError as error:
            errors.append(_in_words_of_the_file(columns, kind, error))
    return identifiers


def _in_words_of_the_file(columns: Columns, kind: Kind, error: FieldError) -> FieldError:
    """Return the error with the name that the file's own header gives the field."""
    for field in kind.fields:
        if field.name == error.field:
            return FieldError(columns.name(field), error.problem, error.remedy)
    return error


def _contact(columns: Columns, cells: list[str], limit: int, errors: list[FieldError]) -> str:
    if limit == 0:
        return ""
    contact = columns.cell(cells, CONTACT).strip()
    try:
        check_contact(contact, limit)
    except FieldError as error:
        errors.append(error)
    return contact
