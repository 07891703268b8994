"""Agreements: what their id covers, what they refuse, and how copies merge."""

import tomllib
from datetime import date

import pytest
from sessions import CARE, POLICE, STRANGER, TODAY, make_agreement, make_terms

from psimatch import errors
from psimatch.agreement import Agreement
from psimatch.agreement_text import read_agreement, write_agreement
from psimatch.parameters import Role
from psimatch.terms import Reveal, kinds_from_names


def test_text_survives():
    agreement = make_agreement(title='With "quotes", \\ and é', kinds=("nl-address/1", "nl-bsn/1", "text/1"))
    text = write_agreement(agreement)
    assert read_agreement(text) == agreement
    read_agreement(text).verify(CARE.public, POLICE.public, TODAY)


def test_comments_and_order_are_not_part_of_the_id():
    text = write_agreement(make_agreement())
    before, _, after = text.partition("kinds =")
    moved = "# a remark\nkinds =" + after.split("\n")[0] + "\n" + before + "\n".join(after.split("\n")[1:])
    assert read_agreement(moved).terms.id == make_terms().id


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Another"},
        {"purpose": "Another"},
        {"legal_basis": "Another"},
        {"kinds": ("nl-bsn/1",)},
        {"max_items": 9},
        {"contact_size": 47},
        {"reveal": Reveal.CLIENT, "contact_size": 0},
        {"valid_from": date(2027, 1, 2)},
        {"valid_until": date(2027, 6, 29)},
        {"client": make_terms().server, "server": make_terms().client},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_term_is_part_of_the_id(changed):
    assert make_terms(**changed).id != make_terms().id
    altered = Agreement(make_terms(**changed), make_agreement().signatures)
    with pytest.raises(errors.AgreementChangedError, match="changed after"):
        altered.verify(CARE.public, POLICE.public, TODAY)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("max_items = 8", "max_items = 0", "max_items is not a number from 1"),
        ("max_items = 8", "max_items = true", "max_items"),
        ("max_items = 8", "max_items = 8.0", "max_items"),
        ("max_items = 8", "max_items = 16777217", "max_items"),
        ("max_items = 8", f"max_items = {'9' * 5_000}", "not TOML"),
        ("max_items = 8", "", "lacks the field max_items"),
        ("max_items = 8", "max_items = 8\nbudget = 4", "a field that does not exist: budget"),
        ("max_items = 8", "max_items = 8\nmax_items = 8", "not TOML"),
        ("contact_size = 48", "contact_size = 513", "contact_size"),
        ('reveal = "both"', 'reveal = "client"', "contact_size"),
        ('reveal = "both"', 'reveal = "all"', "reveal is neither"),
        ('["text/1"]', '["text/2"]', "does not know"),
        ('["text/1"]', '["dummy/1"]', "does not know"),
        ('["text/1"]', '["text/1", "text/1"]', "sorted, each once"),
        ('["text/1"]', '["text/1", "nl-bsn/1"]', "sorted, each once"),
        ('["text/1"]', "[]", "kinds"),
        ('["text/1"]', '"text/1"', "array of texts"),
        ('"2027-01-01"', "2027-01-01", "valid_from is not a day"),
        ('"2027-01-01"', '"2027-1-1"', "valid_from is not a day"),
        ('"2027-01-01"', '"2028-01-01"', "valid_until is before"),
        ('protocol = "psimatch/1"', 'protocol = "psimatch/2"', "is not psimatch/1"),
        ('title = "Pilot"', 'title = ""', "title"),
        ('title = "Pilot"', 'title = "a\\nb"', "title"),
        ('title = "Pilot"', f'title = "{"x" * 301}"', "title"),
        ('name = "Politie"', 'name = "Politie"\nphone = "112"', "server.phone"),
        (CARE.public.fingerprint_text, POLICE.public.fingerprint_text, "its own peer"),
        (CARE.public.fingerprint_text, CARE.public.fingerprint_text.lower(), "client.fingerprint"),
        (CARE.public.fingerprint_text, "", "client.fingerprint"),
        ('party = "client"', 'party = "referee"', "signature of the agreement is malformed"),
        ('party = "client"', 'party = "server"', "signed twice"),
        ('ed25519 = "', 'ed25519 = "zz', "signature of the agreement is malformed"),
        ("[[signature]]", "[signature]", "not TOML"),
        ("max_items = 8", "max_items = 8.0", "max_items is not a number"),
        ("max_items = 8", "max_items = true", "max_items is not a number"),
        ("max_items = 8", "max_items = nan", "max_items is not a number"),
    ],
)
def test_malformed_terms_are_refused(old, new, words):
    text = write_agreement(make_agreement())
    assert old in text
    with pytest.raises(errors.AgreementFormatError, match=words):
        read_agreement(text.replace(old, new, 1) if old != "[[signature]]" else text.replace(old, new))


@pytest.mark.parametrize("written", ["AB" * 64, "ab " * 64, "ab" * 63, "ab" * 65, " " + "ab" * 64])
def test_signatures_have_one_form(written):
    text = write_agreement(Agreement(make_terms(), {Role.CLIENT: bytes.fromhex("ab" * 64)}))
    assert read_agreement(text).signatures == {Role.CLIENT: bytes.fromhex("ab" * 64)}
    with pytest.raises(errors.AgreementFormatError, match="malformed"):
        read_agreement(text.replace("ab" * 64, written))


def test_signatures():
    terms = make_terms()
    with pytest.raises(errors.NotAPartyError):
        Agreement(terms).sign(STRANGER)
    with pytest.raises(errors.AgreementUnsignedError, match="client"):
        Agreement(terms).verify(CARE.public, POLICE.public, TODAY)
    signed = make_agreement()
    swapped = {Role.CLIENT: signed.signatures[Role.SERVER], Role.SERVER: signed.signatures[Role.CLIENT]}
    with pytest.raises(errors.AgreementChangedError):
        Agreement(terms, swapped).verify(CARE.public, POLICE.public, TODAY)


def test_two_half_signed_copies_merge():
    terms = make_terms()
    one, other = Agreement(terms).sign(CARE), Agreement(terms).sign(POLICE)
    one.merged(other).verify(CARE.public, POLICE.public, TODAY)
    with pytest.raises(errors.AgreementChangedError, match="different terms"):
        one.merged(Agreement(make_terms(title="Another")).sign(POLICE))


def test_a_merge_never_replaces_a_signature():
    signed = make_agreement()
    broken = Agreement(make_terms(), dict.fromkeys(Role, bytes(64)))
    signed.merged(broken).verify(CARE.public, POLICE.public, TODAY)


def test_kinds_from_names():
    assert kinds_from_names(["text", "nl-bsn/1", "text/1"]) == ("nl-bsn/1", "text/1")
    for names in (["shoe size"], ["text/2"], ["dummy"], [""]):
        with pytest.raises(errors.FieldError, match="kinds"):
            kinds_from_names(names)


@pytest.mark.parametrize(
    "before",
    ["", "a = '''x''''\n", 'a = """x"""""\n', 'a = """\\"""x"""\n', 'b = "\\""\n', "b = '\\'\n", '# "\n', 'c = ""\n'],
)
@pytest.mark.parametrize(
    "dotted", [".".join("k" * 100) + " = 1", "[" + ".".join("k" * 100) + "]", '"k" . ' * 100 + "k = 1"]
)
def test_keys_of_many_parts_are_refused_before_they_are_read(before, dotted):
    # The text is TOML, whose reading takes a time that grows with the square of the parts.
    assert tomllib.loads(before + dotted)
    with pytest.raises(errors.AgreementFormatError, match="too many parts"):
        read_agreement(before + dotted)


def test_dots_in_texts_and_comments_are_no_parts_of_a_key():
    agreement = make_agreement(title="." * 300, purpose="'''a.b.c'''" * 27, legal_basis='".\\"' * 75)
    text = "# " + "art. 4, " * 500 + "\n" + write_agreement(agreement)
    assert read_agreement(text) == agreement
