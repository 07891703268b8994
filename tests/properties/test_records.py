"""Sorting and searching packed rows: the C code and the Python one agree with plain Python."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psimatch.kernel import records

WIDTH, COLUMN = 20, slice(3, 12)
# Few different bytes, so that values are often equal in their first eight bytes.
ROWS = st.lists(
    st.binary(min_size=WIDTH, max_size=WIDTH) | st.text("ab", min_size=WIDTH, max_size=WIDTH).map(str.encode)
)


@pytest.fixture(params=["C", "Python"], autouse=True, scope="module")
def _implementation(request):
    compiled = records.compiled
    if request.param == "C" and compiled is None:
        pytest.skip("the C code was not built")
    records.compiled = compiled if request.param == "C" else None
    yield
    records.compiled = compiled


@given(ROWS)
def test_order_and_take(rows):
    chosen = records.order(b"".join(rows), WIDTH, COLUMN)
    assert sorted(chosen) == list(range(len(rows)))
    values = [row[COLUMN] for row in rows]
    assert records.split(records.take(b"".join(rows), WIDTH, COLUMN, chosen), 9, slice(0, 9)) == sorted(values)
    # Equal values stay in their order.
    assert list(chosen) == sorted(range(len(rows)), key=values.__getitem__)


@given(ROWS, ROWS)
def test_find(known, rows):
    values = sorted({row[COLUMN] for row in known})
    wanted = rows + known
    places = records.find(b"".join(values), b"".join(wanted), WIDTH, COLUMN)
    expected = [values.index(row[COLUMN]) if row[COLUMN] in values else -1 for row in wanted]
    assert list(places) == expected


@given(st.lists(st.text("ab", min_size=9, max_size=9).map(str.encode)), st.booleans())
def test_ascends(values, tidy):
    values = sorted(set(values)) if tidy else values
    assert records.ascends(b"".join(values), 9) == all(a < b for a, b in pairwise(values))


def test_bad_arguments_are_refused():
    rows = bytes(3 * WIDTH)
    with pytest.raises(IndexError):
        records.take(rows, WIDTH, COLUMN, records.order(bytes(4 * WIDTH), WIDTH, COLUMN))
    if records.compiled is None:
        return
    for width, column in ((WIDTH + 1, COLUMN), (WIDTH, slice(12, 21)), (WIDTH, slice(0, 7)), (0, COLUMN), (-1, COLUMN)):
        with pytest.raises(ValueError, match="column"):
            records.order(rows, width, column)
    with pytest.raises(MemoryError):
        records.compiled.take(b"", 2**62, 0, 2**62, bytes(4 * 2))
    with pytest.raises(ValueError, match="32 bits"):
        records.compiled.take(rows, WIDTH, 0, 8, b"abc")
