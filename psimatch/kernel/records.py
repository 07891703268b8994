"""Sort and search packed rows by a column of bytes, in C where it was built; variable time.

Packed: n rows are one `bytes` of n times `width`. A column is a slice of eight or more bytes of each row. Rows, and
places in a packed column, are given as arrays of 32-bit numbers.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import pairwise

try:
    from psimatch.kernel import _c as compiled
except ImportError:
    compiled = None  # type: ignore[assignment]

Buffer = bytes | bytearray | memoryview


def order(rows: Buffer, width: int, column: slice) -> array[int]:
    """Return the numbers of the rows in ascending order of their column; fast where its values are random."""
    if compiled is not None:
        return array("I", compiled.order(rows, width, column.start, column.stop - column.start))
    values = split(rows, width, column)
    return array("I", sorted(range(len(values)), key=values.__getitem__))


def take(rows: Buffer, width: int, column: slice, chosen: array[int]) -> bytes:
    """Return the column of the rows with these numbers, packed.

    Raises:
        IndexError: there is no such row.
    """
    if compiled is not None:
        return compiled.take(rows, width, column.start, column.stop - column.start, chosen)
    values = split(rows, width, column)
    return b"".join(values[row] for row in chosen)


def find(ascending: Buffer, rows: Buffer, width: int, column: slice) -> array[int]:
    """Return for each row the place of its column's value among packed ascending values, or -1."""
    size = column.stop - column.start
    if compiled is not None:
        return array("i", compiled.find(ascending, rows, width, column.start, size))
    known = memoryview(ascending)
    count = len(known) // size
    value_at = lambda place: bytes(known[size * place : size * (place + 1)])  # noqa: E731
    places = array("i")
    for value in split(rows, width, column):
        place = bisect_left(range(count), value, key=value_at)
        places.append(place if place < count and value_at(place) == value else -1)
    return places


def ascends(values: Buffer, size: int) -> bool:
    """Return whether each of the packed values is greater than the one before it."""
    if compiled is not None:
        return compiled.ascends(values, size)
    return all(one < other for one, other in pairwise(split(values, size, slice(0, size))))


def split(rows: Buffer, width: int, column: slice) -> list[bytes]:
    """Return the column of each row."""
    return [bytes(rows[start + column.start : start + column.stop]) for start in range(0, len(rows), width)]
