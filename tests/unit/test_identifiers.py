from __future__ import annotations

import pytest

import psimatch.identifiers as identifiers
from psimatch.errors import FieldError
from psimatch.headers import folded
from psimatch.identifiers import KINDS, Identifier, dummy, kind_named, nl_address, nl_bsn, text


@pytest.mark.parametrize(
    "raw",
    [
        "012345672",
        "12345672",
        "0123.45.672",
        "012 345 672",
        "012-345-672",
        " 012\u00a0345\u00a0672 ",
        "012\u2013345\u2013672",
    ],
)
def test_a_bsn_has_one_form(raw: str) -> None:
    assert nl_bsn(raw) == Identifier("nl-bsn", 1, b"012345672")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "not a number"),
        ("unknown", "not a number"),
        ("1.0E+09", "not a number"),
        ("+12345672", "not a number"),
        ("٩٩٩٩٩٠٠١٩", "not a number"),
        ("９９９９９００１９", "not a number"),
        ("99999001²", "not a number"),
        ("1234567", "7 digits"),
        ("0012345672", "10 digits"),
        ("00000000", "all zeros"),
        ("000000000", "all zeros"),
        ("123456789", "eleven-test"),
        ("12345673", "eleven-test"),
        ("12345672.0", "decimal"),
        ("123456782.00", "decimal"),
    ],
)
def test_what_is_no_bsn_is_refused_without_showing_it(raw: str, problem: str) -> None:
    with pytest.raises(FieldError, match=problem) as caught:
        nl_bsn(raw)
    assert caught.value.field == "bsn"
    assert caught.value.remedy
    assert len(raw) < 7 or raw not in str(caught.value) + caught.value.hint


def test_the_values_of_a_bsn_are_the_numbers_that_pass() -> None:
    remainders = [1] + [0] * 10
    for weight in (9, 8, 7, 6, 5, 4, 3, 2, -1):
        step = [0] * 11
        for remainder, count in enumerate(remainders):
            for digit in range(10):
                step[(remainder + weight * digit) % 11] += count
        remainders = step
    assert KINDS["nl-bsn"].values == remainders[0] - 1


@pytest.mark.parametrize(
    ("number", "letter", "addition"),
    [
        ("12-bis", "", ""),
        ("12 BIS", "", ""),
        ("12bis", "", ""),
        ("0012/Bis", "", ""),
        ("12.bis", "", ""),
        ("12\u2013bis", "", ""),
        ("12", "", "bis"),
        ("12", "", "-BIS"),
        ("12", "", "b.i.s."),
        ("12", "b", "is"),
        ("12-", "-", "bis"),
    ],
)
def test_a_suffix_has_one_form_wherever_it_stands(number: str, letter: str, addition: str) -> None:
    assert nl_address("1234 ab", number, letter, addition).value == b"1234AB 12 BIS"


@pytest.mark.parametrize("postcode", ["1234AB", "1234 AB", "1234ab", " 1234\u00a0ab ", "NL-1234 AB"])
def test_a_postcode_has_one_form(postcode: str) -> None:
    assert nl_address(postcode, "12").value == b"1234AB 12"


def test_number_and_suffix_do_not_run_together() -> None:
    assert nl_address("1234AB", "12-1") == nl_address("1234AB", "12 1") == nl_address("1234AB", "12", addition="1")
    values = {nl_address("1234AB", number).value for number in ("12-1", "121", "1-21", "12", "12-01", "12a", "12a1")}
    assert len(values) == 7


def test_letter_and_addition_run_together_by_decision() -> None:
    assert nl_address("1234AB", "12", "A", "1") == nl_address("1234AB", "12", "", "A1") == nl_address("1234AB", "12a-1")


def test_the_bounds_of_the_bag() -> None:
    assert nl_address("1000AA", "1", "A", "1234").value == b"1000AA 1 A1234"
    assert nl_address("9999XZ", "99999", "", "1234").value == b"9999XZ 99999 1234"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        (("", "12"), "postcode"),
        (("0999 AB", "12"), "postcode"),
        (("1234 A", "12"), "postcode"),
        (("1234 SA", "12"), "postcode"),
        (("1234 SD", "12"), "postcode"),
        (("1234 SS", "12"), "postcode"),
        (("1234 ＡＢ", "12"), "postcode"),
        (("1234 AB\n", ""), "huisnummer"),
        (("1234 AB", "0"), "huisnummer"),
        (("1234 AB", "100000"), "huisnummer"),
        (("1234 AB", "١٢"), "huisnummer"),
        (("1234 AB", "12.0"), "huisnummer"),
        (("1234 AB", "1.200"), "huisnummer"),
        (("1234 AB", "12,5"), "huisnummer"),
        (("1234 AB", "-12"), "huisnummer"),
        (("1234 AB", "12-jan"), "huisnummer"),
        (("1234 AB", "2024-01-12"), "huisnummer"),
        (("1234 AB", "12-1-2024"), "huisnummer"),
        (("1234 AB", "12-1-1"), "huisnummer"),
        (("1234 AB", "12 straße"), "huisnummer"),
        (("1234 AB", "12 b\nis"), "huisnummer"),
        (("1234 AB", "12+"), "huisnummer"),
        (("1234 AB", "12a", "A"), "huisnummer"),
        (("1234 AB", "12a", "", "1"), "huisnummer"),
        (("1234 AB", "12 achter"), "huisnummer"),
        (("1234 AB", "12", "bis"), "huisletter"),
        (("1234 AB", "12", "1"), "huisletter"),
        (("1234 AB", "12", "ß"), "huisletter"),
        (("1234 AB", "12", "", "1.0"), "toevoeging"),
        (("1234 AB", "12", "", "1-1"), "toevoeging"),
        (("1234 AB", "12", "", "1-feb"), "toevoeging"),
        (("1234 AB", "12", "", "ı"), "toevoeging"),
        (("1234 AB", "12", "", "12345"), "toevoeging"),
        (("1234 AB", "12", "A", "12345"), "toevoeging"),
        (("1234 AB", "12", "", "n.v.t."), "toevoeging"),
        (("1234 AB", "12", "", "geen"), "toevoeging"),
        (("1234 AB", "12", "", "'"), "toevoeging"),
    ],
)
def test_an_address_that_could_be_misread_is_refused(parts: tuple[str, ...], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        nl_address(*parts)
    assert caught.value.field == field
    assert caught.value.problem
    assert caught.value.remedy


def test_text_is_exact_but_for_its_composition() -> None:
    assert text("cafe\u0301") == text("caf\u00e9")
    assert len({text(raw).value for raw in ("a", "A", "a b", "a  b", "a\u00a0b", "ａ")}) == 6
    assert {text(raw).value for raw in (" a", "a ", "\u00a0a\n", "\u200ba\ufeff", "a\u3000")} == {b"a"}
    assert text("é" * 512).value == "é".encode() * 512


@pytest.mark.parametrize(
    "raw", ["", " \t", "\u3000", "\u200b", "onbekend", "N.v.t.", "-", "a\0b", "a\ud800b", "\uffff", "\u0378", "€" * 342]
)
def test_what_is_no_text_is_refused(raw: str) -> None:
    with pytest.raises(FieldError) as caught:
        text(raw)
    assert caught.value.field == "text"


def test_an_identifier_hides_its_value_and_checks_itself() -> None:
    assert "123456782" not in repr(nl_bsn("123456782"))
    assert sorted([text("b"), nl_bsn("123456782"), text("a")]) == [nl_bsn("123456782"), text("a"), text("b")]
    for kind, version, value in [("", 1, b"x"), ("é", 1, b"x"), ("k", 0, b"x"), ("k", 256, b"x"), ("k", 1, b"")]:
        with pytest.raises(FieldError):
            Identifier(kind, version, value)
    assert len(Identifier("k", 255, bytes(1024)).value) == 1024
    with pytest.raises(FieldError):
        Identifier("k", 1, bytes(1025))


def test_a_dummy_is_no_kind_of_an_agreement() -> None:
    assert dummy(bytes(32)) == Identifier("dummy", 1, bytes(32))
    for size in (0, 31, 33):
        with pytest.raises(FieldError):
            dummy(bytes(size))
    with pytest.raises(FieldError):
        kind_named("dummy")


def test_the_registry_knows_each_kind_by_name_and_label() -> None:
    assert set(KINDS) == {
        "email",
        "handle",
        "iban",
        "nl-bag",
        "nl-bsn",
        "nl-address",
        "nl-vnumber",
        "person",
        "phone",
        "plate",
        "text",
    }
    for name, kind in KINDS.items():
        assert kind_named(name) is kind_named(kind.label) is kind
        assert kind.label == f"{name}/{2 if name == 'person' else 1}"
    with pytest.raises(TypeError):
        KINDS["other"] = KINDS["text"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["", "bsn", "nl-bsn/2", "nl-bsn/", "nl-bsn/1/1", "NL-BSN", "\x1b[2J"])
def test_an_unknown_kind_is_refused_with_a_list_of_those_known(name: str) -> None:
    with pytest.raises(FieldError) as caught:
        kind_named(name)
    assert caught.value.field == "kinds"
    assert "nl-bsn/1" in caught.value.remedy
    assert "\x1b" not in str(caught.value)


def test_no_column_name_belongs_to_two_fields() -> None:
    names = [name for kind in KINDS.values() for field in kind.fields if not field.shared for name in field.names]
    folded_names = [folded(name) for name in names]
    assert len(folded_names) == len(set(folded_names))


def test_a_kind_parses_only_the_columns_that_exist() -> None:
    parsed = KINDS["nl-address"].parse({"postcode": "1234 AB", "huisnummer": "12-bis"})
    assert parsed == (nl_address("1234 AB", "12", addition="bis"),)
    assert KINDS["nl-bsn"].parse({"bsn": "123456782"}) == (nl_bsn("123456782"),)
    assert KINDS["text"].parse({"text": " x "}) == (text(" x "),)


def test_all_is_complete() -> None:
    public = {
        name for name, value in vars(identifiers).items() if getattr(value, "__module__", "").startswith("psimatch")
    }
    assert set(identifiers.__all__) == public | {"KINDS", "PERSON", "PHONE", "PHONE_REGION", "RULES", "STRIPPED"}
