from __future__ import annotations

import contextlib
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from psimatch.contact import check_contact, disarm
from psimatch.errors import FieldError
from psimatch.identifiers import KINDS, Identifier, email, handle, iban, nl_address, nl_bsn, phone, plate, text

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
BSNS = (
    st.integers(1, 99_999_999)
    .map(lambda n: f"{n:08}")
    .map(lambda head: head + str(sum(w * int(d) for w, d in zip(WEIGHTS, head, strict=False)) % 11))
    .filter(lambda n: len(n) == 9)
)
POSTCODES = st.from_regex(r"[1-9][0-9]{3}[A-RT-Z][A-Z]", fullmatch=True)
NUMBERS = st.integers(1, 99_999).map(str)
SUFFIXES = st.from_regex(r"[A-Z0-9]{0,4}|[A-Z][A-Z0-9]{4}", fullmatch=True)
GAPS = st.sampled_from([" ", "-", "/", "  ", " - ", "\u00a0", "\u2013"])


def address_or_none(*parts: str) -> Identifier | None:
    with contextlib.suppress(FieldError):
        return nl_address(*parts)
    return None


@given(BSNS, st.lists(st.integers(0, 9), max_size=4), st.sampled_from(" .-\u00a0"))
def test_separators_in_a_bsn_never_matter(number: str, places: list[int], separator: str) -> None:
    spelled = number
    for place in places:
        spelled = spelled[:place] + separator + spelled[place:]
    # A point before nothing but zeros is a decimal number, which is refused.
    assume(not re.fullmatch(r"[0-9]+\.0+", spelled.strip()))
    assert nl_bsn(spelled).value == number.encode()


@given(BSNS)
def test_a_bsn_parses_to_itself(number: str) -> None:
    value = nl_bsn(number).value
    assert nl_bsn(value.decode()).value == value == number.encode()
    assert KINDS["nl-bsn"].has_form(value)


@given(BSNS, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_bsn_is_found(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with contextlib.suppress(FieldError):
        nl_bsn(wrong)
        raise AssertionError(wrong)


@given(POSTCODES, NUMBERS, SUFFIXES, GAPS)
def test_an_address_means_what_it_says(postcode: str, number: str, suffix: str, gap: str) -> None:
    found = address_or_none(postcode, number, "", suffix)
    if found is None:  # a month or a placeholder
        return
    assert found.value.decode() == f"{postcode} {number} {suffix}".strip()
    assert found == address_or_none(postcode.lower(), f"00{number}{gap}{suffix.lower()}")
    # The boundary is where the digits end, unless the suffix begins with one.
    if not suffix[:1].isdigit():
        assert found == address_or_none(postcode, number + suffix)


@given(POSTCODES, NUMBERS, SUFFIXES)
def test_an_address_parses_to_itself(postcode: str, number: str, suffix: str) -> None:
    found = address_or_none(postcode, number, "", suffix)
    if found is not None:
        head, _, rest = found.value.decode().partition(" ")
        assert nl_address(head, rest) == found
        assert KINDS["nl-address"].has_form(found.value)


@given(st.text("0123456789AB -/", max_size=9), st.text("0123456789AB -/", max_size=9))
def test_two_spellings_agree_only_on_the_same_number_and_letters(one: str, other: str) -> None:
    first, second = address_or_none("1234AB", one), address_or_none("1234AB", other)
    if first is not None and first == second:
        number, _, suffix = first.value.decode().removeprefix("1234AB ").partition(" ")
        for spelled in (one, other):
            plain = "".join(spelled.replace("-", " ").replace("/", " ").split()).lstrip("0")
            assert plain == number + suffix
            # 12 1 and 121 have the same characters: the first must have a separator there.
            if suffix[:1].isdigit():
                assert len(spelled.replace("-", " ").replace("/", " ").split()[0].lstrip("0")) == len(number)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=3), st.text(max_size=8))
def test_any_text_gives_an_address_or_a_field_error(postcode: str, number: str, letter: str, addition: str) -> None:
    found = address_or_none(postcode, number, letter, addition)
    assert found is None or found.value.decode().isascii()


@given(st.text(max_size=300))
def test_text_parses_to_itself(raw: str) -> None:
    with contextlib.suppress(FieldError):
        found = text(raw)
        assert text(found.value.decode()) == found
        assert KINDS["text"].has_form(found.value)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x1b[]\x07\x9b;,|=+-@\"' \n\u200b")), max_size=600))
def test_disarming_twice_changes_nothing_and_passes_the_check(hostile: str) -> None:
    safe = disarm(hostile)
    assert disarm(safe) == safe
    check_contact(safe)


ONE_FIELD = {"email": email, "iban": iban, "phone": phone, "plate": plate}
PHONES = st.integers(10_000_000, 49_999_999).map(lambda number: f"+316{number}")
PLATES = st.from_regex(r"[A-Z]{2}-[0-9]{3}-[A-Z]|[0-9]{2}-[A-Z]{3}-[0-9]", fullmatch=True)
EMAILS = st.from_regex(r"[a-z][a-z0-9]{0,9}([._+][a-z0-9]{1,5})?@[a-z]{2,9}[.](org|nl)", fullmatch=True)
MARKS = st.sampled_from([" ", "-", "\u00a0", "\u2011", ""])


@given(st.sampled_from(sorted(ONE_FIELD)), st.text(max_size=60))
def test_any_text_is_a_value_that_stays_or_the_typed_error(kind: str, raw: str) -> None:
    with contextlib.suppress(FieldError):
        found = ONE_FIELD[kind](raw)
        assert ONE_FIELD[kind](found.value.decode()) == found
        assert KINDS[kind].has_form(found.value)


@given(st.text(max_size=20), st.text(max_size=60))
def test_any_account_is_a_value_that_stays_or_the_typed_error(platform: str, account: str) -> None:
    for name in (platform, "instagram"):
        with contextlib.suppress(FieldError):
            known, _, rest = handle(name, account).value.decode().partition(" ")
            assert handle(known, rest) == handle(name, account)


@given(PHONES, st.lists(st.tuples(st.integers(3, 11), MARKS), max_size=4))
def test_separators_in_a_number_never_matter(number: str, marks: list[tuple[int, str]]) -> None:
    spelled = number
    for place, mark in marks:
        spelled = spelled[:place] + mark + spelled[place:]
    with contextlib.suppress(FieldError):
        assert phone(spelled).value.decode() == number
    assert phone("0" + number[3:]) == phone(number)


@given(PLATES, EMAILS)
def test_capitals_never_matter(number: str, address: str) -> None:
    assert plate(number) == plate(number.lower()) == plate(number.replace("-", " "))
    assert email(address) == email(address.upper()) == email(f" {address.title()} ")
