"""Tables of workbooks and columnar files as the text of a list of flags.

What a person who looks at the file does not see must not take part unseen: hidden rows, columns and sheets are refused
until somebody says what is to become of them. A formula whose value was never computed is no empty cell: its text is
`NO_VALUE`, which the reader of the list refuses as a bad cell.
"""

from __future__ import annotations

import csv
import datetime
import io
import string
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from psimatch.errors import FlagFileError
from psimatch.parameters import LIMITS

SUFFIXES: Final = (".xlsx", ".parquet")
# A noncharacter, which no text has, stands for a formula without a value.
NO_VALUE: Final = "\ufdd0"
# A sheet has up to 1,048,576 rows: a kilobyte of XML each. The package that reads it needs several times that.
_MOST_UNPACKED: Final = 1 << 30
# XML of sheets packs ten- to thirtyfold; a file that packs much better was made to take time.
_MOST_RATIO: Final = 150
_ALWAYS_UNPACKED: Final = 1 << 22
# A million rows of forty columns; and of a small file no more than its bytes can honestly hold.
_MOST_CELLS: Final = 40_000_000
_CELLS_A_BYTE: Final = 64
_ALWAYS_CELLS: Final = 100_000
_INSTALL: Final = "install it with: pip install 'psimatch[tables]'; or save the list as CSV"
_LETTERS: Final = f"{string.ascii_letters}$"
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Which sheet of a workbook is read, the first where there is no name, and whether what is hidden takes part.

    `hidden` is `include`, `skip`, or empty where nobody has said it: then a workbook that hides something is refused.
    """

    name: str = ""
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as CSV with commas, and the names of the sheets beside it."""

    text: str = field(repr=False)
    other_sheets: tuple[str, ...] = ()


def table_text(file: Path, sheet: Sheet) -> Table:
    """Return a table as CSV with commas. Row numbers stay those of the file, unless hidden rows are skipped.

    Raises:
        FlagFileError: it can't be read, hides something, or the package that reads it is not installed.
    """
    others: list[str] = []
    rows = _workbook(file, sheet, others) if file.suffix.lower() == ".xlsx" else _parquet(file)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    try:
        # A package that warns of a cell repeats what stands in it.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for row in rows:
                writer.writerow([_cell(value) for value in row])
                if text.tell() > LIMITS.list_bytes:
                    raise FlagFileError("is too large", hint="leave out columns or rows")
    except FlagFileError:
        raise
    except _NotACellError:
        raise FlagFileError(
            "has a cell that is neither text nor number nor day", hint="write that column as text, or leave it out"
        ) from None
    except (Exception, MemoryError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            problem = f"can't be read: {error.strerror}"
            raise FlagFileError(problem, hint="check the name and your rights") from None
        # Whatever the package says may hold what stands in a cell.
        raise FlagFileError("is damaged, or no such table", hint="open it in its program and save it") from None
    return Table(text.getvalue(), tuple(others))


# Workbooks.


def _workbook(file: Path, wanted: Sheet, others: list[str]) -> Iterator[Iterable[Any]]:
    try:
        import openpyxl
    except ImportError:
        raise FlagFileError("is a workbook, which needs the package openpyxl", hint=_INSTALL) from None
    # Opened here, since the package leaves a file that it can't read open.
    with file.open("rb") as stream:
        _check_archive(stream)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        try:
            sheet = _choose(book, wanted)
            others += [f"{other.title} (hidden)" if _is_hidden(other) else other.title for other in book.worksheets]
            others.remove(f"{sheet.title} (hidden)" if _is_hidden(sheet) else sheet.title)
            # What a file says of its own size may be old, and would cut rows and columns off unseen.
            sheet.reset_dimensions()
            marks = _marks(stream, sheet._worksheet_path)
            yield from _rows(sheet, wanted, marks)
        finally:
            book.close()


def _check_archive(stream: Any) -> None:
    """Check what an archive says of its own sizes, which holds: no more than that is unpacked of a part."""
    parts = zipfile.ZipFile(stream).infolist()
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > min(_MOST_UNPACKED, max(_ALWAYS_UNPACKED, _MOST_RATIO * packed)):
        raise FlagFileError("is too large once it is unpacked", hint="leave out columns, rows or sheets")


def _is_hidden(sheet: Any) -> bool:
    return str(sheet.sheet_state) != "visible"


def _choose(book: Any, wanted: Sheet) -> Any:
    sheets = book.worksheets
    if wanted.name:
        named = [sheet for sheet in sheets if sheet.title.casefold() == wanted.name.casefold()]
        if not named:
            titles = ", ".join(sheet.title for sheet in sheets)
            raise FlagFileError("has no sheet of that name", hint=f"name one of {titles}")
        return named[0]
    hidden = [sheet.title for sheet in sheets if _is_hidden(sheet)]
    if hidden and not wanted.hidden:
        raise FlagFileError(
            f"has hidden sheets: {', '.join(hidden)}",
            hint="say which sheet is the list with --sheet NAME, or leave hidden ones out with --hidden skip",
        )
    visible = sheets if wanted.hidden == "include" else [sheet for sheet in sheets if not _is_hidden(sheet)]
    if not visible:
        raise FlagFileError("has no sheet that is not hidden", hint="name the sheet with --sheet NAME")
    return visible[0]


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the values of a sheet don't show: hidden rows and columns, by number, and formulas without a value."""

    rows: frozenset[int]
    columns: frozenset[int]
    formulas: frozenset[tuple[int, int]]


def _marks(stream: Any, path: str) -> _Marks:
    """Read from the XML of a sheet (ECMA-376 part 1, §18.3.1) what is hidden, and which formulas have no value."""
    from xml.etree.ElementTree import iterparse

    from openpyxl.utils.cell import coordinate_to_tuple

    rows: set[int] = set()
    columns: set[int] = set()
    formulas: set[tuple[int, int]] = set()
    row, column, cells = 0, 0, 0
    with zipfile.ZipFile(stream) as archive, archive.open(path) as sheet:
        # Expat bounds what entities expand to, and the package parses the same parts.
        for event, element in iterparse(sheet, events=("start", "end")):  # noqa: S314
            tag = element.tag.removeprefix(_MAIN)
            if tag == "col" and event == "end" and element.get("hidden") in {"1", "true"}:
                columns.update(range(int(element.get("min", 0)), min(int(element.get("max", 0)), 1 << 14) + 1))
            elif tag == "mergeCell" and event == "end":
                _refuse_merged(element.get("ref", ""))
            elif tag == "row" and event == "start":
                row, column = int(element.get("r", row + 1)), 0
                if element.get("hidden") in {"1", "true"}:
                    rows.add(row)
            elif tag == "row":
                element.clear()
            elif tag == "c" and event == "end":
                cells += 1
                if cells > _MOST_CELLS:
                    raise FlagFileError("has too many cells", hint="leave out columns or rows")
                place = element.get("r")
                column = coordinate_to_tuple(place)[1] if place else column + 1
                value = element.find(f"{_MAIN}v")
                if element.find(f"{_MAIN}f") is not None and (value is None or not value.text):
                    formulas.add((row, column))
    return _Marks(frozenset(rows), frozenset(columns), frozenset(formulas))


def _refuse_merged(cells: str) -> None:
    """Refuse cells of several rows in one: all of these rows seem to have its value, and only the first has it."""
    first, _, last = cells.partition(":")
    if last and first.lstrip(_LETTERS) != last.lstrip(_LETTERS):
        raise FlagFileError(
            f"has merged cells, {cells[:40]!a}: rows below the first would lose their value",
            hint="split them in its program, and write the value in each row",
        )


def _rows(sheet: Any, wanted: Sheet, marks: _Marks) -> Iterator[list[Any]]:
    width, made = 0, 0
    skipped = marks.columns if wanted.hidden == "skip" else frozenset()
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = list(row)
        made += len(cells)
        if made > _MOST_CELLS:
            raise FlagFileError("has too many cells", hint="leave out columns or rows")
        for at in range(len(cells)):
            if (number, at + 1) in marks.formulas:
                cells[at] = NO_VALUE
        if any(value is not None for value in cells):
            _refuse_hidden(number, cells, wanted, marks)
        cells = [value for at, value in enumerate(cells, start=1) if at not in skipped]
        width = width or len(cells)
        # Empty cells at the end may be there or not.
        while len(cells) > width and cells[-1] is None:
            cells.pop()
        if number in marks.rows and wanted.hidden == "skip":
            # A blank row keeps the numbers of those below.
            cells = []
        yield cells + [None] * (width - len(cells))


def _refuse_hidden(number: int, cells: list[Any], wanted: Sheet, marks: _Marks) -> None:
    if wanted.hidden:
        return
    columns = [at for at in sorted(marks.columns) if at <= len(cells) and cells[at - 1] is not None]
    if number in marks.rows or columns:
        rows = ", ".join(map(str, sorted(marks.rows)[:20]))
        what = f"hidden rows: {rows}" if marks.rows else f"hidden columns, such as number {columns[0]}"
        raise FlagFileError(
            f"has {what}",
            hint="say whether what is hidden takes part: --hidden include or --hidden skip",
        )


# Columnar files.


def _parquet(file: Path) -> Iterator[Iterable[Any]]:
    try:
        import pyarrow.parquet
        import pyarrow.types as types
    except ImportError:
        raise FlagFileError("is a Parquet file, which needs the package pyarrow", hint=_INSTALL) from None
    with pyarrow.parquet.ParquetFile(file) as table:
        # Before a value is made: a few bytes can stand for any number of them.
        width = len(table.schema_arrow.names)
        cells = table.metadata.num_rows * width
        if cells > min(_MOST_CELLS, max(_ALWAYS_CELLS, _CELLS_A_BYTE * file.stat().st_size)):
            raise FlagFileError("has more cells than a list of its size", hint="leave out columns or rows")
        if any(types.is_nested(column) for column in table.schema_arrow.types):
            raise _NotACellError
        made = 0
        yield table.schema_arrow.names
        for batch in table.iter_batches(batch_size=_BATCH):
            # A long text that repeats stands in the file once.
            made += batch.nbytes
            if made > 2 * LIMITS.list_bytes:
                raise FlagFileError("is too large", hint="leave out columns or rows")
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


_BATCH: Final = 4_096


# Cells.


class _NotACellError(Exception):
    """A value that no list has in a cell, such as bytes or an array, which would become some text that matches none."""


def _cell(value: Any) -> str:
    """Return a cell as a list would have it: a whole number without a point, a day without its midnight."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float | Decimal | datetime.date | datetime.time | datetime.timedelta):
        raise _NotACellError
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
