"""The package and the reference read the same values from texts, and refuse the same ones (psimatch-1 §13)."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from second_implementation import ref

from psimatch.errors import FieldError
from psimatch.identifiers import RULES, is_word_for_nothing, kind_named, person
from psimatch.identifiers.nothing import NAMES_ALL_THE_SAME, WORDS_FOR_NOTHING
from psimatch.identifiers.phone import phone_kind

MANY = settings(max_examples=300)
SEPARATORS = " .-/\t\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2212\n,_:"
# Letters whose capitals or small ones are ASCII, digits that are not, and what else looks like something else.
ODD = "\u00df\u0131\u0130\u017f\u212a\ufb01\u0660\uff11\u00e9e\u0301\U0001f600\0\u200b\ud800"
DIGITS, SMALL, CAPITALS = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@st.composite
def near(draw, texts, alphabet):
    """Draw one of the texts with up to three characters inserted, replaced or removed."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from(["", *alphabet, *ODD[:2]]) | st.sampled_from([*SEPARATORS, *ODD]))
        text = text[:at] + put + text[at + draw(st.integers(0, 1)) :]
    return text


def texts(*known, alphabet):
    """Return texts of an alphabet, and texts near to known ones."""
    return near(st.sampled_from(known), alphabet) | st.text(alphabet + SEPARATORS + ODD, max_size=20)


def package(kind, row):
    try:
        return [(item.kind, item.version, item.value) for item in kind.parse(row)]
    except FieldError:
        return None


def reference(name, row, **terms):
    try:
        return ref.read_kind(name, row, {"phone_region": "NL", **terms})
    except ref.RefusedError:
        return None


def agree(name, row):
    found = package(kind_named(name), row)
    assert found == reference(name, row)
    if found is not None:
        # What the reference writes has the form that the package asks of a value.
        assert all(kind_named(name).has_form(value) for _, _, value in found)


@MANY
@given(texts("123456782", "111222333", "12345672", "1234.56.782", alphabet=DIGITS) | st.from_regex("[0-9]{8,9}"))
@example("12345678.0")
@example("000000000")
def test_bsn(text):
    agree("nl-bsn", {"bsn": text})


@MANY
@given(st.integers(0, 10**8 - 1))
def test_every_valid_bsn(number):
    valid = [n for n in range(10 * number, 10 * number + 10) if ref_eleven(n)]
    for n in valid:
        agree("nl-bsn", {"bsn": str(n)})
        assert reference("nl-bsn", {"bsn": f"{n:09}"}) == [("nl-bsn", 1, b"%09d" % n)]


def ref_eleven(n):
    digits = f"{n:09}"
    return n and (sum((9 - i) * int(d) for i, d in enumerate(digits[:8])) - int(digits[8])) % 11 == 0


@MANY
@given(texts("0363200000123456", "363200000123456", "0363010000123456", alphabet=DIGITS))
def test_bag(text):
    agree("nl-bag", {"bag_id": text})


ADDRESS = DIGITS + "ABab"
SUFFIXES = ("", "", "", "A", "bis", "-1", "A-1", "1-1", "n.v.t.", "geen", "jan", "HS", "IIIII", "ABCDE", "1ABCD", "12")


@MANY
@given(
    st.just("1234 AB") | texts("1234AB", "NL-1234 ab", "1234 SA", "0123 AB", alphabet=ADDRESS),
    texts("12", "012", "12-1", "12a", "t/o 12", "tegenover 3", "bij 7", "by12", "to 5 A", "2024-01-12", "12.0", "1,2",
          "12 jan", "123456", "12/3", alphabet=ADDRESS),
    st.sampled_from(SUFFIXES) | texts(*SUFFIXES, alphabet=ADDRESS),
    st.sampled_from(SUFFIXES) | texts(*SUFFIXES, alphabet=ADDRESS),
)  # fmt: skip
@example("1234 AB", "b\u0131j 7", "", "")
@example("1234 AB", "12", "\u017f", "")
def test_address(postcode, number, letter, addition):
    agree("nl-address", {"postcode": postcode, "huisnummer": number, "huisletter": letter, "toevoeging": addition})


@MANY
@given(
    texts("0612345678", "+31612345678", "0031 6 12345678", "020-1234567", "(020) 123 45 67", "+49 30 123456",
          "+44 20 7946 0958", "112", "0800-1234", "+31 (0)6 12345678", "+1 212 555 0123", alphabet=DIGITS + "+("),
    st.sampled_from(["NL", "BE", "DE", "GB", "US"]),
)  # fmt: skip
def test_phone(text, region):
    found = package(phone_kind(region), {"telefoon": text})
    assert found == reference("phone", {"telefoon": text}, phone_region=region)


@MANY
@given(
    texts("name@example.org", "Jan.de.Vries+x@Example.NL", "mailto:a@b.nl", "a@b", "a@test", "a@x.test", "a@b.local",
          "a..b@c.nl", ".a@c.nl", '"a b"@c.nl', "a@[192.0.2.1]", "A <a@c.nl>", "a@-c.nl", "a@c.123", "a@ab--c.nl",
          "jos\u00e9@c.nl", "jose\u0301@c.nl", f"{'a' * 64}@c.nl", f"{'a' * 65}@c.nl", f"a@{'b' * 63}.nl",
          f"a@{'b' * 64}.nl", f"a@{'b.' * 124}nl", "a@c.nl.", "POSTMASTER@c.nl", "a@xn--bcher-kva.nl", "a@onion.nl",
          alphabet=SMALL + CAPITALS + DIGITS + "@.+'!#%=<>"),
)  # fmt: skip
def test_email(text):
    # Of a domain with other letters than ASCII's the two use one library; see the test below.
    if text.rpartition("@")[2].isascii():
        agree("email", {"email": text})


@pytest.mark.parametrize("domain", ["b\u00fccher.nl", "B\u00dcCHER.NL", "stra\u00dfe.de", "\u0645\u062b\u0627\u0644.nl",
                                    "bu\u0308cher.nl", "\uff41.nl", "\u4f8b\u3002nl", "a\u0301-.nl", "\u2488.nl"])  # fmt: skip
def test_email_domains_in_other_letters(domain):
    agree("email", {"email": f"a@{domain}"})


IBANS = ("NL91 ABNA 0417 1643 00", "IBAN: NL91ABNA0417164300", "nl91abna0417164300", "BE68 5390 0754 7034",
         "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19", "FR14 2004 1010 0505 0001 3M02 606",
         "ES91 2100 0418 4502 0005 1332", "NO93 8601 1117 947", "MT84 MALT 0110 0001 2345 MTLC AST0 01S")  # fmt: skip


@MANY
@given(texts(*IBANS, alphabet=CAPITALS + DIGITS))
@example("LC56HEMM00010001001200120002301\u017f")
def test_iban(text):
    agree("iban", {"iban": text})


FORMS = dict(zip(ref.IBAN_FORMS.split()[::2], ref.IBAN_FORMS.split()[1::2], strict=True))


@settings(max_examples=400)
@given(st.sampled_from([*FORMS, "XX", "US"]), st.integers(-1, 1), st.randoms(use_true_random=False))
def test_ibans_of_all_countries_with_right_check_digits(country, change, random):
    # By the country's form, and one character longer or shorter.
    runs = [(run[0], int(run[1:])) for run in ref.re.findall("[anc][0-9]+", FORMS.get(country, "n14"))]
    kinds = {"a": CAPITALS, "n": DIGITS, "c": CAPITALS + DIGITS}
    account = "".join(random.choice(kinds[kind]) for kind, count in runs for _ in range(count))
    account = account[:change] if change < 0 else account + "0" * change
    rest = int("".join(str(int(c, 36)) for c in f"{account}{country}00")) % 97
    agree("iban", {"iban": f"{country}{98 - rest:02}{account}"})


@MANY
@given(
    st.sampled_from(["instagram", "Insta", " TG ", "x", "twitter", "kik", "youtube", "myspace", "sc", "\u017fteam"]),
    texts("sanne.b", "@Sanne", "https://www.instagram.com/sanne.b/?hl=nl", "instagram.com/p/abc", "t.me/joinchat/abc",
          "https://x.com/sanne", "twitter.com/sanne", "sanne#1234", "https://t.me/sanne", "m.youtube.com/@sanne",
          "reddit.com/u/sanne", "snapchat.com/add/sanne", "a" * 64, "a" * 65, alphabet=SMALL + CAPITALS + DIGITS + "@#/?"),
)  # fmt: skip
@example("\u212aik", "sanne")
@example("kik", "\u212aim")
def test_handle(platform, account):
    agree("handle", {"platform": platform, "account": account})


@MANY
@given(
    texts("AB-12-CD", "12-AB-CD", "AB-123-C", "1-ABC-23", "ab12cd", "ABC-12-D", alphabet=CAPITALS + DIGITS)
    | st.from_regex("[A-Z0-9]{6}")
)
@example("\u00df-99-99")
def test_plate(text):
    agree("plate", {"kenteken": text})


@MANY
@given(st.text(max_size=12) | texts("a", " ", "e\u0301", "x" * 1024, "x" * 1023 + "\u00e9", alphabet=SMALL))
def test_text(text):
    agree("text", {"text": text})


DATES = ("2009-04-25", "20090425", "25-4-2009", "25 april 2009", "25 apr. 2009", "2009", "2009-00-00", "2009-04-00",
         "2009-00-25", "25/04/2009", "2009-13-01", "2009-02-30", "1899-01-01", "2009-04-25 00:00:00", "4/25/2009", "",
         "00000000", "XX-XX-2009", "??-04-2009", "2009-04-25T00:00:00.000+02:00", "01-01-2009", "7-1-2009", "nvt")  # fmt: skip
NAMES = ("Jan Willem", "Jan", "J", "J.W.", "onbekend", "NN", "Th\u00e9r\u00e8se", "\u041e\u043b\u044c\u0433\u0430",
         "\u0645\u062d\u0645\u062f", "Youssef", "Dj\u00e9", "Anne-Marie", "",
         "Onbekend Maria", "Thijs", "Thys", "Olena \u041e\u043b\u0435\u043d\u0430", "Nan", "Null", "\u1218\u12d3\u12db",
         "\u0627\u062d\u0645\u062f", "\u0141ucja", "\u015e\u00fckr\u00fc", "Fran\u00e7ois")  # fmt: skip
FAMILIES = ("de Vries", "Berg, van der", "Vanderberg", "Jansen-de Boer", "Boer - Jansen", "van", "'t Hart", "Schmidt",
            "Szab\u00f3", "Y\u0131ld\u0131z", "El Khattabi", "Oude", "onbekend", "Ng", "IJzer", "",
            "\u0132zerman", "Me\u00ffer", "Ivanova", "Jansen de Vries", "\u0428\u0435\u0432\u0447\u0435\u043d\u043a\u043e", "Sjevtsjenko",
            "\u0412\u0430\u043d\u044f", "de Onbekend", "Geen", "\u0627\u0644\u062e\u0637\u0627\u0628\u064a", "\u1270\u1235\u134b\u12ed", "Wi\u015bniewska")  # fmt: skip
COLUMNS = {"voornamen": NAMES, "voorletters": NAMES, "voorvoegsel": ("van der", "de", ""), "achternaam": FAMILIES,
           "geboortedatum": DATES}  # fmt: skip
PERSONS = st.fixed_dictionaries(
    {name: st.sampled_from(known) | texts(*known, alphabet=SMALL + CAPITALS) for name, known in COLUMNS.items()}
)


@settings(max_examples=500)
@given(PERSONS)
def test_person(row):
    try:
        found = [item.value for item in person(row)]
    except FieldError:
        found = None
    others = reference("person", row)
    assert found == (None if others is None else [value for _, _, value in others])


@MANY
@given(
    st.text(SMALL + CAPITALS + "\u00e9\u00ff'- ", max_size=14),
    st.sampled_from(["voornamen", "achternaam"]),
)
def test_sounds_of_any_name(text, column):
    row = {"voornamen": "Jan", "achternaam": "Smit", "geboortedatum": "2009-04-25", column: text}
    assert [item.value for item in person(row)] == [value for _, _, value in reference("person", row)]


@MANY
@given(st.sampled_from([*DATES, "25.4.2009"]).flatmap(lambda text: near(st.just(text), DIGITS + "apr")))
def test_dates(text):
    row = {"achternaam": "Smit", "voornamen": "Jan", "geboortedatum": text}
    try:
        found = [item.value for item in person(row)]
    except FieldError:
        found = None
    others = reference("person", row)
    assert found == (None if others is None else [value for _, _, value in others])


def test_rules_are_the_same():
    assert {rule.name: " ".join(rule.parts) for rule in RULES} == ref.RULES
    assert [rule.name for rule in RULES] == list(ref.RULES)


def test_words_for_nothing_are_the_same():
    assert WORDS_FOR_NOTHING == ref.NOTHING
    assert NAMES_ALL_THE_SAME == ref.MAYBE


@MANY
@given(texts("onbekend", "n.v.t.", "XXX", "x", "-", "null", "\u0660", alphabet=SMALL + CAPITALS) | st.text(max_size=6))
def test_words_for_nothing(text):
    assert is_word_for_nothing(text) is ref.is_nothing(text)
