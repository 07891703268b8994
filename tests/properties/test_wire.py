"""One encoding for each value: what is accepted encodes back to the same bytes, and nothing else is accepted."""

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psimatch import canonical, wire
from psimatch.audit.rows import CannotOpenRowError, Row
from psimatch.errors import AbortCode, RemoteProtocolError
from psimatch.messages import Abort, Blinded, Claims, Contacts, Evaluated, Hello, LedgerHead, Receipt, ServerHello, Tags
from psimatch.receipt import Receipt as ReceiptBody


def exactly(size):
    return st.binary(min_size=size, max_size=size)


def packed(size):
    return st.integers(0, 9).flatmap(lambda count: exactly(size * count))


SIZES = st.integers(1, 2**32 - 1)
COUNTS = st.integers(1, 2**53 - 1).map(lambda count: count.to_bytes(8, "big"))
STANDING = (COUNTS, COUNTS, exactly(32))
MESSAGES = st.one_of(
    st.builds(Hello, exactly(32), exactly(1216), SIZES, *STANDING),
    st.builds(ServerHello, exactly(32), exactly(1216), exactly(32), SIZES, *STANDING),
    st.builds(LedgerHead, exactly(32)),
    st.builds(Tags, st.booleans(), packed(16)),
    st.builds(Blinded, exactly(32), packed(32)),
    st.builds(Evaluated, packed(32), st.binary(max_size=64)),
    st.builds(Claims, st.booleans(), packed(16), st.binary(max_size=200)),
    st.builds(Contacts, st.integers(0, 2048), st.binary(max_size=200)),
    st.builds(Receipt, st.binary(max_size=200), exactly(64)),
    st.builds(Abort, st.sampled_from(AbortCode)),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(MESSAGES)
def test_messages_survive(message):
    assert wire.decode(wire.encode(message)) == message


@given(VALUES)
def test_values_survive(value):
    assert canonical.decode(canonical.encode(value)) == value


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_canonical(data):
    with contextlib.suppress(RemoteProtocolError):
        assert wire.encode(wire.decode(data)) == data
    with contextlib.suppress(RemoteProtocolError):
        assert canonical.encode(canonical.decode(data)) == data


@given(MESSAGES, st.data())
def test_a_changed_message_is_refused_or_canonical(message, data):
    encoded = bytearray(wire.encode(message))
    place = data.draw(st.integers(0, min(len(encoded) - 1, 60)))
    encoded[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RemoteProtocolError):
        assert wire.encode(wire.decode(bytes(encoded))) == bytes(encoded)


@given(VALUES)
def test_any_value_that_is_no_message_is_refused(value):
    data = canonical.encode(value)
    with contextlib.suppress(RemoteProtocolError):
        assert wire.encode(wire.decode(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x91" * 5_000,
        b"\xdf\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\xc7\x00\x01",
        b"\xd4\x05\x00",
        b"\xd6\xff" + bytes(4),
        b"\xcb" + bytes(8),
        b"\x81\x01\x02",
        b"\x81\xc4\x01a\x02",
        b"\x81\x90\x02",
        b"\xa1\xff",
    ],
)
def test_malformed(data):
    with pytest.raises(RemoteProtocolError):
        canonical.decode(data)


def test_an_array_that_announces_more_than_any_message_has_is_not_read():
    with pytest.raises(RemoteProtocolError, match="is not msgpack"):
        wire.decode(canonical.encode([9] * 10))
    with pytest.raises(RemoteProtocolError, match="too few or too many fields"):
        wire.decode(canonical.encode([9] * 9))


def test_maps_are_sorted_by_bytes():
    assert canonical.encode({"b": 1, "a": 2}) == canonical.encode({"a": 2, "b": 1})
    with pytest.raises(RemoteProtocolError, match="canonical"):
        canonical.decode(b"\x82\xa1b\x01\xa1a\x02")
    assert canonical.encode({"c": [{"b": 1, "a": 2}]}).hex() == "81a16391" + "82a16102a16201"
    assert list(canonical.decode(canonical.encode({"\U00010000": 0, "\uffff": 0}))) == ["\uffff", "\U00010000"]


@pytest.mark.parametrize("value", [{1: 2}, {b"a": 2}, 0.5, {"a": 0.5}, [object()]])
def test_what_has_no_canonical_encoding(value):
    with pytest.raises(TypeError):
        canonical.encode(value)


@pytest.mark.parametrize("claimed", [b"\xdd\x00\x00\x13\x88", b"\xdc\x13\x88", b"\xdf\x00\x00\x09\xc4", b"\x99"])
@pytest.mark.parametrize("read", [wire.decode, ReceiptBody.from_body, Row.decode])
def test_arrays_that_claim_much_take_no_memory(claimed, read):
    nested = claimed * (5_000 // len(claimed))
    data = len(nested).to_bytes(4, "big") + nested if read == Row.decode else nested
    tracemalloc.start()
    try:
        with pytest.raises((RemoteProtocolError, CannotOpenRowError)):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
