"""What each kind makes of text: a table of spellings that are one value, and of text that is none.

And the pairs that had to be decided: what looks alike, and is one thing or two.
"""

import pytest
from sessions import make_agreement

from psimatch.errors import AgreementFormatError, FieldError
from psimatch.identifiers import (
    KINDS,
    Identifier,
    email,
    handle,
    iban,
    nl_address,
    nl_bag,
    nl_bsn,
    phone,
    phone_kind,
    plate,
)

SAME = {
    "phone": [
        ("+31612345678", ["06-12345678", "06 1234 5678", "0031612345678", "+31 6 12345678", "+31(0)6-12345678",
                          "(06) 12345678", "06\u201112345678", "06.12.34.56.78", " 0612345678 "]),
        ("+31201234567", ["020-1234567", "+31 20 123 4567", "0031 (0)20 1234567"]),
        ("+4915112345678", ["+49 151 12345678", "004915112345678"]),
    ],
    "email": [
        ("sanne@example.org", ["Sanne@Example.ORG", " sanne@example.org ", "mailto:sanne@example.org"]),
        ("jan@xn--mnchen-3ya.de", ["jan@münchen.de", "JAN@MÜNCHEN.DE", "jan@mu\u0308nchen.de", "jan@xn--mnchen-3ya.de"]),
        ("a+b@example.org", ["A+B@example.org"]),
        ("\u01f0an@example.org", ["J\u030can@example.org"]),
    ],
    "iban": [
        ("NL91ABNA0417164300", ["NL91 ABNA 0417 1643 00", "nl91abna0417164300", "IBAN: NL91 ABNA 0417 1643 00",
                                "NL91\u00a0ABNA\u00a00417\u00a01643\u00a000", "NL91-ABNA-0417-1643-00"]),
        ("DE89370400440532013000", ["DE89 3704 0044 0532 0130 00"]),
        # The registry's own example, of a bank that is in no list of today's.
        ("BE68539007547034", ["BE68 5390 0754 7034"]),
        ("LC56HEMM00010001001200120002301S", []),
    ],
    "plate": [
        ("AB123C", ["AB-123-C", "ab 123 c", "AB.123.C", "ab\u2011123\u2011c", "AB123C"]),
        ("12ABCD", ["12-AB-CD"]),
        ("XX9999", ["XX-99-99"]),
    ],
}  # fmt: skip
MAKE = {"nl-bag": nl_bag, "phone": phone, "email": email, "iban": iban, "plate": plate}
NONE = {
    "phone": ["", "x", "112", "06-1234567", "061234567890", "06-12345678 tst 4", "06-12345678;ext=4", "+", "+999123456",
              "٠٦١٢٣٤٥٦٧٨", "0612345678 / 0687654321", "31612345678901234567", "06 tel"],
    "email": ["", "x", "a@b", "@a.example.org", "a@", "a b@example.org", "a@example..org", "a@example.org, b@example.org",
              "Sanne <sanne@example.org>", "a" * 65 + "@example.org", "a@" + "b" * 300 + ".org", "a\x00@example.org"],
    "iban": ["", "x", "NL91ABNA0417164301", "NL91ABNA041716430", "XX91ABNA0417164300", "ΝL91ABNA0417164300", "417164300",
             "LC56HEMM00010001001200120002301\u017f"],
    "nl-bag": ["", "x", "36320000012345", "0363010000123456", "03632000001234567", "٠363200000123456", "3.63E+14"],
    "plate": ["", "x", "AB-12-C", "ABCDEF", "123456", "A1-B2-C3", "AB-123-CD", "ÄB-123-C", "AB_123_C", "ß-99-99",
              "\u017fX-99-99"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "spellings"), [(k, v, s) for k, rows in SAME.items() for v, s in rows])
def test_spellings_of_one_value(kind, value, spellings):
    for spelling in [value, *spellings]:
        assert MAKE[kind](spelling) == Identifier(kind, 1, value.encode()), spelling
    assert KINDS[kind].has_form(value.encode())


@pytest.mark.parametrize(("kind", "raw"), [(kind, raw) for kind, rows in NONE.items() for raw in rows])
def test_what_is_none_is_refused_without_showing_it(kind, raw):
    with pytest.raises(FieldError) as caught:
        MAKE[kind](raw)
    assert caught.value.remedy
    assert len(raw) < 6 or raw not in str(caught.value) + caught.value.hint
    assert not KINDS[kind].has_form(raw.encode())


@pytest.mark.parametrize(
    ("platform", "account", "value"),
    [
        ("Instagram", "@Sanne.B", "instagram sanne.b"),
        ("ig", "https://www.instagram.com/sanne.b/?hl=nl", "instagram sanne.b"),
        ("insta", "instagram.com/sanne.b", "instagram sanne.b"),
        ("Snap", "sanne_b", "snapchat sanne_b"),
        ("snapchat", "https://www.snapchat.com/add/sanne_b", "snapchat sanne_b"),
        ("TikTok", "https://www.tiktok.com/@sanne", "tiktok sanne"),
        ("telegram", "t.me/sanne", "telegram sanne"),
        ("Twitter", "@sanne", "x sanne"),
        ("X", "sanne", "x sanne"),
        ("discord", "Sanne#1234", "discord sanne#1234"),
        ("x", "https://x.com/addison", "x addison"),
        ("x", "twitter.com/sanne", "x sanne"),
    ],
)
def test_accounts(platform, account, value):
    assert handle(platform, account) == Identifier("handle", 1, value.encode())
    assert KINDS["handle"].has_form(value.encode())


@pytest.mark.parametrize(
    ("platform", "account", "field"),
    [("", "x", "platform"), ("hyves", "x", "platform"), ("\u017fteam", "x", "platform"), ("kik", "\u212aim", "account"), ("x", "", "account"), ("x", "a b", "account"),
     ("facebook", "https://facebook.com/profile.php?id=1", "account"), ("youtube", "youtube.com/watch?v=a", "account"),
     ("instagram", "instagram.com/p/abc", "account"), ("snapchat", "https://tiktok.com/@jan", "account"),
     ("kik", "https://evil.org/jan", "account"), ("x", "a" * 60_000, "account"),
     ("x", "sänne", "account"), ("x", "a" * 65, "account"), ("x", "@", "account"), ("x", "a/b", "account")],
)  # fmt: skip
def test_what_is_no_account_is_refused(platform, account, field):
    with pytest.raises(FieldError) as caught:
        handle(platform, account)
    assert caught.value.field == field
    assert not KINDS["handle"].has_form(f"{platform} {account}".encode())


# Decided.


@pytest.mark.parametrize(
    ("one", "other", "same", "why"),
    [
        (nl_address("1234AB", "12", "A"), nl_address("1234AB", "12", "", "A"), True, "lists mix letter and addition"),
        (
            nl_address("1234AB", "12", "A", "A"),
            nl_address("1234AB", "12", "A"),
            False,
            "12 A-A is another door than 12 A",
        ),
        (nl_address("1234AB", "12", "", "2"), nl_address("1234AB", "12", "", "II"), False, "II may be letters"),
        (nl_address("1234AB", "12", "", "bis"), nl_address("1234AB", "12", "", "BIS"), True, "capitals say nothing"),
        (nl_address("1234AB", "12", "", "1e"), nl_address("1234AB", "12", "", "I"), False, "a floor and a letter"),
        (nl_address("1234AB", "12-1"), nl_address("1234AB", "121"), False, "the boundary behind the number is kept"),
        (nl_address("1234AB", "12 hs"), nl_address("1234AB", "12"), False, "the ground floor is a dwelling of its own"),
        (
            nl_address("1234AB", "12A2"),
            nl_address("1234AB", "12", "A", "2"),
            True,
            "one door, in one column or in three",
        ),
        (nl_address("1234AB", "12 bis II"), nl_address("1234AB", "12-bis-II"), True, "separators say nothing"),
        (nl_address("1234AB", "t/o 12"), nl_address("1234AB", "12"), False, "a houseboat opposite is not the house"),
        (nl_address("1234AB", "t/o 12"), nl_address("1234AB", "Tegenover 12"), True, "one word, written out"),
        (nl_address("1234AB", "TO12"), nl_address("1234AB", "t.o. 12"), True, "separators say nothing"),
        (nl_address("1234AB", "bij 12"), nl_address("1234AB", "by 12"), True, "the BRP writes by"),
        (nl_address("1234AB", "bij 12"), nl_address("1234AB", "t/o 12"), False, "near is not opposite"),
        (nl_bag("363200000123456"), nl_bag("0363 2000 0012 3456"), True, "a spreadsheet dropped the zero"),
        (nl_bsn("12345672"), nl_bsn("012345672"), True, "a spreadsheet dropped the zero"),
        (phone("0612345678"), phone("+32 470 12 34 56"), False, "another country"),
        (phone("0470 12 34 56", "BE"), phone("+32470123456"), True, "the region that the agreement names"),
        (email("jan+school@example.org"), email("jan@example.org"), False, "may be another mailbox"),
        (email("j.an@example.org"), email("jan@example.org"), False, "one mailbox at one host, two at others"),
        (handle("x", "sanne"), handle("instagram", "sanne"), False, "another platform"),
        (handle("discord", "sanne#1234"), handle("discord", "sanne"), False, "another account"),
        (plate("AB-123-C"), plate("ab123c"), True, "hyphens say nothing"),
    ],
)
def test_pairs_that_had_to_be_decided(one, other, same, why):
    assert (one == other) == same, why


def test_an_agreement_names_the_region_of_its_telephone_numbers():
    terms = make_agreement(kinds=("phone/1",), phone_region="BE").terms
    (kind,) = terms.kinds_known
    assert kind.parse({"telefoon": "0470 12 34 56"}) == (phone("+32470123456"),)
    assert phone_kind("NL").parse({"telefoon": "0612345678"}) == (phone("+31612345678"),)
    for kinds, region in ((("phone/1",), ""), (("phone/1",), "XX"), (("text/1",), "NL")):
        with pytest.raises(AgreementFormatError, match="phone_region"):
            make_agreement(kinds=kinds, phone_region=region)
