"""Read a party's list of flags: a CSV file as a case system or a spreadsheet exports it, a workbook, or Parquet.

What the header has that is not read is in the account of its columns; what rows have is read by `flag_rows`.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from psimatch.columns import find_columns
from psimatch.errors import FlagFileError
from psimatch.files import read_at_most
from psimatch.flag_rows import RowReader
from psimatch.flags import FlagList
from psimatch.identifiers import Kind
from psimatch.parameters import LIMITS
from psimatch.profiles import Profile
from psimatch.tables import SUFFIXES, Sheet, table_text

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
    profile: Profile | None = None,
    sheet: Sheet | None = None,
    also: Sequence[Kind] = (),
) -> FlagList:
    """Read the list of flags at `path` for the kinds of an agreement: CSV, or by its suffix a workbook or Parquet.

    A row gives an identifier of each kind whose required columns it fills, in the order of `kinds`. A row is in
    `invalid` where a bad cell leaves it without any identifier, where its contact can't be shown, or where its cells
    don't fit the header. With `contact_bytes` 0 the agreement has no contacts and the column is ignored. `profile`
    says what the header calls some fields (`read_profile`), `sheet` which sheet and what of its hidden rows. Of the
    kinds in `also` a row's identifiers are kept apart, in `Flag.not_compared`.

    Raises:
        FlagFileError: the file as a whole can't be read: missing, too large, not UTF-8, header, quotes.
    """
    text, mark, others = _text(path, sheet)
    try:
        columns = find_columns(text[: LIMITS.row_bytes], [*kinds, *also], profile)
        return RowReader(Path(path), columns, profile or Profile(), kinds, contact_bytes).read(
            _records(text, columns.delimiter), mark, others
        )
    except FlagFileError as error:
        raise FlagFileError(f"{path}: {error}", hint=error.hint) from None


def read_every_column(
    path: str | os.PathLike[str], kinds: Sequence[Kind], *, profile: Profile | None = None, sheet: Sheet | None = None
) -> FlagList:
    """Read a list that protects somebody: as `read_flags`, from each column that may have an identifier.

    The names of the profile count beside the usual ones. A row that fills a kind by halves is a bad cell too.

    Raises:
        FlagFileError: as `read_flags`.
    """
    text, mark, others = _text(path, sheet)
    try:
        columns = find_columns(text[: LIMITS.row_bytes], kinds, profile, every=True)
        reader = RowReader(Path(path), columns, profile or Profile(), kinds, 0, strict=True)
        return reader.read(_records(text, columns.delimiter), mark, others)
    except FlagFileError as error:
        raise FlagFileError(f"{path}: {error}", hint=error.hint) from None


def _text(path: str | os.PathLike[str], sheet: Sheet | None) -> tuple[str, bool, tuple[str, ...]]:
    """Return a list as text, whether it has a byte order mark, and the sheets of the workbook that are not read."""
    file = Path(path)
    try:
        if file.suffix.lower() in SUFFIXES:
            table = table_text(file, sheet or Sheet())
            return _checked(table.text), False, table.other_sheets
        if sheet is not None and sheet != Sheet():
            raise FlagFileError("is no workbook, so it has no sheets and nothing hidden", hint="leave that option out")
        data = _read(file)
        return _decode(data), data.startswith(_BYTE_ORDER_MARK), ()
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
    text, _, _ = _text(path, None)
    try:
        columns = find_columns(text[: LIMITS.row_bytes], kinds)
        place = len(columns.header) if columns.case_ref is None else columns.case_ref
        return [cells[place].strip() if place < len(cells) else "" for _, cells in _records(text, columns.delimiter)]
    except FlagFileError as error:
        raise FlagFileError(f"{path}: {error}", hint=error.hint) from None


def _read(file: Path) -> bytes:
    try:
        # /dev/zero has no end, and the longest list would fill the memory; a pipe may hold a list.
        if stat.S_ISCHR(file.stat().st_mode):
            raise FlagFileError("is a device, not a file", hint="name the file of the list")
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
