"""Two groups of a fingerprint that a person types."""

import pytest

from psimatch import FingerprintCheck, FingerprintError, randomness
from psimatch.crockford import encode

FINGERPRINT = bytes(range(100, 132))
GROUPS = encode(FINGERPRINT).split("-")


def test_the_two_groups_are_asked_for_and_not_shown():
    check = FingerprintCheck.of(FINGERPRINT)
    one, other = check.places
    assert 1 <= one < other <= 13
    shown = check.shown.split("-")
    assert [place for place, group in enumerate(shown, 1) if group == "????"] == [one, other]
    assert all(group in ("????", GROUPS[place]) for place, group in enumerate(shown))
    assert not any(group in repr(check) for group in GROUPS)
    check.verify(GROUPS[one - 1], GROUPS[other - 1])


def test_as_people_write_it():
    check = FingerprintCheck((1, 2), ("0100", "AB1C", *GROUPS[2:]))
    check.verify(" oloo", "a-b l c ")


@pytest.mark.parametrize("typed", [("", ""), ("????", "????"), ("0000", "0000"), ("x" * 100, "\u0660" * 4)])
def test_others_are_refused(typed):
    check = FingerprintCheck.of(FINGERPRINT)
    with pytest.raises(FingerprintError, match="are not those of the fingerprint") as found:
        check.verify(*typed)
    assert not any(group in f"{found.value}{found.value.hint}" for group in GROUPS)


def test_one_of_two_or_both_in_another_order_is_not_enough():
    check = FingerprintCheck.of(FINGERPRINT)
    one, other = (GROUPS[place - 1] for place in check.places)
    for typed in ((one, one), (other, other), (other, one)):
        with pytest.raises(FingerprintError):
            check.verify(*typed)


def test_every_pair_is_as_likely(monkeypatch):
    """All bytes that the source can give lead to each pair equally often."""
    counts = {}
    for first in range(256):
        for second in range(256):
            drawn = iter([first, second, 0, 0])
            monkeypatch.setattr(randomness, "random_bytes", lambda _, drawn=drawn: bytes([next(drawn)]))
            if first < 256 - 256 % 13 and second < 256 - 256 % 12:
                places = FingerprintCheck.of(FINGERPRINT).places
                counts[places] = counts.get(places, 0) + 1
    assert len(counts) == 78
    assert len(set(counts.values())) == 1
