"""Tables of spreadsheets and columnar files as the text of a list of flags."""

from __future__ import annotations

import csv
import datetime
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from psimatch.errors import FlagFileError
from psimatch.parameters import LIMITS

SUFFIXES: Final = (".xlsx", ".parquet")
# A sheet has up to 1,048,576 rows: a kilobyte of XML each. The package that reads it needs several times that.
_MOST_UNPACKED: Final = 1 << 30
_INSTALL: Final = "install it with: pip install 'psimatch[tables]'; or save the list as CSV"


def table_text(file: Path) -> str:
    """Return a table as CSV with commas: of a workbook the first sheet. Row numbers stay those of the file.

    Raises:
        FlagFileError: it can't be read, or the package that reads it is not installed.
    """
    rows = _workbook(file) if file.suffix.lower() == ".xlsx" else _parquet(file)
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
    except (Exception, MemoryError):
        # Whatever the package says may hold what stands in a cell.
        raise FlagFileError("is damaged, or no such table", hint="open it in its program and save it") from None
    return text.getvalue()


def _workbook(file: Path) -> Iterator[Iterable[Any]]:
    try:
        import openpyxl
    except ImportError:
        raise FlagFileError("is a workbook, which needs the package openpyxl", hint=_INSTALL) from None
    # Opened here, since the package leaves a file that it can't read open.
    with file.open("rb") as stream:
        # What an archive says of its own sizes holds: no more than that is unpacked of a part.
        if sum(part.file_size for part in zipfile.ZipFile(stream).infolist()) > _MOST_UNPACKED:
            raise FlagFileError("is too large once it is unpacked", hint="leave out columns, rows or sheets")
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            # What a file says of its own size may be old, and would cut rows and columns off unseen.
            sheet.reset_dimensions()
            width = 0
            for row in sheet.iter_rows(values_only=True):
                cells = list(row)
                width = width or len(cells)
                # Empty cells at the end may be there or not.
                while len(cells) > width and cells[-1] is None:
                    cells.pop()
                yield cells + [None] * (width - len(cells))
        finally:
            book.close()


def _parquet(file: Path) -> Iterator[Iterable[Any]]:
    try:
        import pyarrow.parquet
    except ImportError:
        raise FlagFileError("is a Parquet file, which needs the package pyarrow", hint=_INSTALL) from None
    with pyarrow.parquet.ParquetFile(file) as table:
        yield table.schema_arrow.names
        for batch in table.iter_batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


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
