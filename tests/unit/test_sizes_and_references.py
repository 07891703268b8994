"""Buckets, slots, commitments, references and the telephone alphabet."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions import make_agreement, submission

from psimatch import crockford, errors, padding
from psimatch.client import commitments
from psimatch.identifiers import Identifier, text
from psimatch.matching import references
from psimatch.own_set import OwnSet
from psimatch.prf import encoded, input_prefix


@pytest.mark.parametrize(
    ("count", "max_items", "size"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (0, 128, 128),
        (128, 128, 128),
        (1024, 1024, 1024),
        (0, 1025, 1024),
        (1024, 1025, 1024),
        (1025, 1025, 1025),
        (1025, 1_000_000, 1088),
        (2047, 1_000_000, 2048),
        (2048, 1_000_000, 2048),
        (2049, 1_000_000, 2176),
        (65_537, 1_000_000, 67_584),
        (100_000, 1_000_000, 100_352),
        (600_000, 1_000_000, 606_208),
        (999_999, 1_000_000, 1_000_000),
    ],
)
def test_bucket(count, max_items, size):
    assert padding.bucket(count, max_items) == size
    padding.check_set_size(size, max_items)


@given(st.integers(1, 1_000_000), st.data())
def test_a_bucket_is_its_own_bucket_and_adds_little(max_items, data):
    count = data.draw(st.integers(0, max_items))
    size = padding.bucket(count, max_items)
    assert count <= size <= max_items
    assert size <= max(1_024, 1.12 * count) or max_items <= 1_024
    padding.check_set_size(size, max_items)
    assert count == max_items or padding.bucket(count + 1, max_items) >= size


def test_buckets_are_few():
    """What Padmé costs beside powers of two, of which there were 11: more sizes that a list can be told by."""
    most = 1 << 20
    sizes, count = [], 0
    while count < most:
        sizes.append(padding.bucket(count + 1, most))
        count = sizes[-1]
    assert len(sizes) == 225
    assert max((size - before) / before for before, size in pairwise(sizes)) < 0.063


@pytest.mark.parametrize(("size", "max_items"), [(7, 8), (1, 8), (1500, 4096), (2047, 4096), (512, 4096), (1023, 1025)])
def test_other_set_sizes_are_refused(size, max_items):
    with pytest.raises(errors.SetSizeError, match="not a bucket"):
        padding.check_set_size(size, max_items)


@pytest.mark.parametrize(
    ("claims", "smaller", "places"), [(0, 8, 8), (8, 8, 8), (0, 4096, 1024), (1025, 4096, 2048), (3000, 3500, 3500)]
)
def test_slots(claims, smaller, places):
    assert padding.slots(claims, smaller) == places


def test_chunks_cover_everything():
    assert padding.chunks(5_000) == [slice(0, 2048), slice(2048, 4096), slice(4096, 5000)]
    assert padding.chunks(1) == [slice(0, 1)]


def test_an_own_set_keeps_all_fills_up_and_shuffles():
    given_ones = [text(str(number)) for number in range(50)]
    own = OwnSet(submission(make_agreement(max_items=80), dict.fromkeys(given_ones, "")))
    own.fill()
    own.shuffle()
    filled = [own.identifier(place) for place in range(80)]
    assert len(set(filled)) == 80
    assert set(given_ones) <= set(filled)
    # 80! orders: that all stay in place by chance has probability under 2^-390.
    assert [item for item in filled if item in given_ones] != given_ones
    assert [item.kind == "dummy" for item in filled] == [own.is_dummy(place) for place in range(80)]
    assert sum(item.kind == "dummy" for item in filled) == 30
    assert own.inputs(b"session", slice(7, 9)) == [b"session" + encoded(item) for item in filled[7:9]]


def test_an_own_set_keeps_contacts_where_they_are_asked_for():
    items = {text("a"): "ring a", text("b"): "ring b"}
    own = OwnSet(submission(make_agreement(max_items=4), items))
    own.fill()
    own.shuffle()
    assert {own.identifier(place): own.contact(place) for place in range(4) if not own.is_dummy(place)} == items
    without = OwnSet(submission(make_agreement(max_items=2, contact_size=0), items))
    without.fill()
    without.shuffle()
    assert without.contact(0) == without.contact(1) == ""


def test_commitments_chain():
    rests = commitments([b"a", b"b", b"c"])
    assert len(set(rests)) == 3
    assert rests[2] == bytes(32)
    assert commitments([b"x", b"b", b"c"])[0] == rests[0]
    assert commitments([b"a", b"b", b"x"])[0] != rests[0]
    assert commitments([b"a", b"b", b"x"])[1] != rests[1]


@given(st.lists(st.binary(min_size=5, max_size=5)))
def test_crockford_writes_many_rows_as_it_writes_one(rows):
    assert crockford.encode_rows(b"".join(rows), 5) == [crockford.encode(row) for row in rows]


@given(st.binary(min_size=1, max_size=40))
def test_crockford_survives(data):
    written = crockford.encode(data)
    assert crockford.decode(written, len(data)) == data
    assert crockford.decode(written.lower().replace("-", " ").replace("0", "o").replace("1", "l"), len(data)) == data


@pytest.mark.parametrize("written", ["", "0", "000U", "00001", "0Z"])
def test_crockford_refuses(written):
    with pytest.raises(ValueError, match=r"digit|substring"):
        crockford.decode(written, 1)


def test_a_reference_that_two_matches_share_is_longer(monkeypatch):
    secrets = [bytes([number]) * 32 for number in range(3)]
    session = bytes(32)
    normal = references(secrets, session)
    assert all(len(reference) == 9 for reference in normal)
    assert len(set(normal)) == 3

    def digest(secret, *_arguments):
        # The first 40 bits are alike for the first two.
        return (bytes(5) if secret[0] < 2 else bytes([1] * 5)) + bytes([secret[0] * 16]) + bytes(58)

    monkeypatch.setattr("psimatch.matching.hmac.digest", digest)
    one, other, third = references(secrets, session)
    assert one != other
    assert len(one) == len(other) == 14
    assert len(third) == 9


def test_prf_inputs_differ_in_every_part():
    inputs = {
        input_prefix(agreement, session) + encoded(Identifier(kind, version, value))
        for kind in ("a", "ab")
        for version in (1, 2)
        for value in (b"c", b"bc")
        for agreement in (bytes(32), bytes([1]) * 32)
        for session in (bytes(32), bytes([1]) * 32)
    }
    assert len(inputs) == 32
