"""Texts at the limits of each kind, and those that look like another (§13.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protocol_spec.reference import HOSTS, IBAN_FORMS, MONTHS, NO_ACCOUNT, NO_MAIL, PLATFORMS, SIDE_CODES
from protocol_spec.scenarios.kinds import REFUSED, SPELLINGS, Row, accounts, addresses, asked, check_group, column
from protocol_spec.scenarios.scenario import Scenario

OTHERS = "others"
BLANKS, DASHES = "\t\u00a0\u2007\u2009\u202f", "\u2010\u2011\u2012\u2013\u2014\u2212-"


def passes(digits: str) -> bool:
    """Say whether nine digits pass the eleven-test."""
    return sum(w * int(d) for w, d in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True)) % 11 == 0


def bsn_rows() -> dict[str, Sequence[Row]]:
    """Return texts of BSNs; some would be another one if a rule were left out."""
    seven = next(f"{n}" for n in range(1_234_567, 9_999_999) if passes(f"00{n}"))
    decimals = [next(f"{n}" for n in range(10**k + 99, 10 ** (k + 1)) if passes(f"{n}".ljust(9, "0"))) for k in (7, 6)]
    return {
        "with each space and hyphen": [
            {"bsn": text}
            for text in (*(f"{c}1234{c}56782{c}" for c in BLANKS), *(f"1234{c}56{c}782" for c in DASHES), "12345678.2")
        ],
        "numbers of a spreadsheet, and of other lengths": column(
            "bsn", f"{decimals[0]}.0", f"{decimals[1]}.00", f"{decimals[1]}.000", "123456782.0", "123456782.00",
            f" {decimals[0]}.0 ", seven, "0123456782", "00123456782", "+123456782", "123\u200b456782",
            "1234\u300056782", "٤٢٣٤٥٦٧٨٢"),
    }  # fmt: skip


def address_rows() -> dict[str, Sequence[Row]]:
    """Return texts of addresses."""
    blanks = [f"9711{c}AB|{c}12{c}A|{c}|" for c in BLANKS]
    months = [f"9711AB|12||{day}{month}{year}" for month in MONTHS.split() for day, year in (("1", ""), ("", "12"))]
    return {
        "with each space, hyphen and capital": addresses(
            *blanks, *(f"9711{c}AB|12{c}A||" for c in DASHES), "nl9711ab|12a||", "NL-9711 AB|00012 .A||",
            "NL 9711AB|12/A||", "9711AB|12|a|", "9711AB|12||-A-"),
        "opposite and near": addresses(
            "9711AB|t.o. 12||", "9711AB|T.O.12||", "9711AB|t/o12||", "9711AB|to 12||", "9711AB|TEGENOVER 12||",
            "9711AB|by 12||", "9711AB|Bij12||", "9711AB|by 12|A|2"),
        "numbers and suffixes at their limits": addresses(
            "1000AA|1||", "9999ZZ|99999||", "9711AB|99999|Z|", "9711AB|12||1234", "9711AB|12||A1B2", "9711AB|12||A1B2C",
            "9711AB|12|A|1B2C", "9711AB|12 III||", "9711AB|12||jano", "9711AB|12||nvtx", "9711AB|12||zwart",
            "9711AB|1||0", "9711AB|12||9ZZ9"),
        "postcodes that are none": addresses(
            "9711SA|12||", "9711SD|12||", "0999AB|12||", "971AB|12||", "97111AB|12||", "9711ABC|12||", "9711A1|12||",
            "BE9711AB|12||", "NLNL9711AB|12||", "9711\ufb01|12||", "９７１１AB|12||", "9711.AB|12||"),
        "numbers that are none": addresses(
            "9711AB|100000||", "9711AB|-12||", "9711AB|+12||", "9711AB|12.5||", "9711AB|12,5||", "9711AB|1.000||",
            "9711AB|2012-3-4||", "9711AB|2012-03-04||", "9711AB|naast 12||", "9711AB|to A12||", "9711AB|A12||",
            "9711AB|１２||"),
        "suffixes that are none": addresses(
            "9711AB|12||12345", "9711AB|12||1ABCD", "9711AB|12||ABCDEF", "9711AB|12|A|B2345", "9711AB|12|AB|",
            "9711AB|12|1|", "9711AB|12A|B|", "9711AB|12A||2", "9711AB|12 1 2||", "9711AB|12||1/2", "9711AB|12||1.2",
            "9711AB|12||1 2", "9711AB|12||1 - 2", "9711AB|12||é", "9711AB|12||#1", "9711AB|12||A_1", "9711AB|12||(A)",
            "9711AB|12||A,1", "9711AB|12é||", "9711AB|12|é|"),
        "words for no suffix, and months": addresses(
            "9711AB|12||NVT", "9711AB|12||n.v.t.", "9711AB|12||geen", "9711AB|12||null", "9711AB|12||None",
            "9711AB|12||nan", "9711AB|12 nvt||", *months, "9711AB|12||31-mei", "9711AB|12 jan||",
            "9711AB|12||JAN"),
    }  # fmt: skip


def number_rows() -> dict[str, dict[str, Sequence[Row]]]:
    """Return texts of objects in the BAG, of plates, and telephone numbers."""
    codes = [code.replace("X", "K").replace("9", "7") for code in SIDE_CODES]
    return {
        "nl-bag": {
            "without its zero, with each space": column(
                "bag_id", "363200000123456", *(f"{c}0363{c}200000123456" for c in BLANKS)),
            "of other lengths and types": column(
                "bag_id", "63200000123456", "00363200000123456", "0363-200000123456", "0363210000123456",
                "0363300000123456", "036320000012345６", "1032000001234567"),
        },
        "phone": {
            "with each character": column(
                "telefoon", "06.1234.5678", "06/12345678", "(06) 12345678", "(06)-1234.56/78", "0031 6 12345678",
                *(f"06{c}12345678{c}" for c in BLANKS), *(f"06{c}12345678" for c in DASHES)),
            "with characters that none has": column(
                "telefoon", "++31612345678", "0612345678+", "06 12345678 ext 5", "06 12345678x5", "06 12345678#5",
                "tel:0612345678", "0800-GRATIS", "０６１２３４５６７８", "06_12345678", "06,12345678", "06:12345678",
                "+31612345678;ext=5"),
        },
        "plate": {
            "of each side code": column("kenteken", *codes),
            "with each space, hyphen and dot": column(
                "kenteken", *(f"{c}AB{c}12{c}CD" for c in BLANKS), *(f"AB{c}12{c}CD" for c in DASHES), "ab.12.cd"),
            "of no side code": column(
                "kenteken", "A1B2C3", "1A2B3C", "A12BC3", "12ABC34", "A-1234-B", "1-ABCD-2", "ABC-DEF", "AB/12/CD",
                "\ufb00-12-CD", "AB-１２-CD", "12-AB-C", "AB-12-C\u00df"),
        },
    }  # fmt: skip


def email_rows() -> dict[str, Sequence[Row]]:
    """Return texts of addresses of electronic mail."""
    local, label = "a" * 64, "b" * 63
    longest = f"{label}.{label}.{'c' * 57}.org"
    return {
        "in each form": column(
            "email", "é@example.org", "E\u0301@example.org", "\u00c9@EXAMPLE.ORG", "mailto:é@example.org",
            "\u00a0é@example.org\n"),
        "at their limits": column(
            "email", f"{local}@example.org", f"{'é' * 64}@example.org", f"a@{label}.org",
            f"{local}@{longest}", "!#$%&'*+/=?^_`{|}~-@example.org", "a@example.1c", "a@1.example.org",
            "a@b-c.example", "a@BÜCHER.example", "a@straße.example", "İ@example.org",
            "a@xn--BCHER-KVA.example"),
        "longer than that": column(
            "email", f"{local}a@example.org", f"{'é' * 65}@example.org", f"a@{label}b.org", f"{local}@{longest[1:]}bb",
            f"{local}@b{longest}", f"{'é' * 60}@{longest}", f"{'a' * 300}@example.org"),
        "local parts that are none": column(
            "email", "ΝΙΚΟΣ@example.org", "n\u0430me@example.org", "na\uff4de@example.org",
            ".a@example.org", "a.@example.org", '"a"@example.org', '"a b"@example.org', "a,b@example.org",
            "a(b)@example.org", "a@b@example.org", "a:b@example.org", "MAILTO:a@example.org", "a\u200bb@example.org",
            "a\u00a0b@example.org", "a\u202eb@example.org", "\u0301a@example.org", "Jan <jan@example.org>",
            "a\\b@example.org", "mailto:mailto:a@example.org", "a\tb@example.org"),
        "domains that are none": column(
            "email", "a@\u0435xample.org", "a@παράδειγμα.example",
            "a@-b.example", "a@b-.example", "a@b..example", "a@.example", "a@example.org.", "a@b_c.example",
            "a@ab--cd.example", "a@xn--a.example", "a@example.c1", "a@example.1", "a@[192.0.2.1]", "a@192.0.2.1",
            "a@ex ample.org", "a@b\u200bc.example", "a@localhost", *(f"a@example.{name}" for name in NO_MAIL),
            "a@\u0301b.example", "a@example", "a@test"),
    }  # fmt: skip


def iban(country: str, rest: str) -> str:
    """Return an IBAN whose check digits are right."""
    number = int("".join(str(int(c, 36)) for c in f"{rest}{country}00"))
    return f"{country}{98 - number % 97:02}{rest}"


def of_form(form: str) -> str:
    """Return what has the form that ISO 13616 gives a country."""
    letters = {"a": "BQRSTUVWXYZ", "n": "1234567890", "c": "4B7C0D"}
    kinds = [(part[0], int(part[1:])) for part in form.replace("a", " a").replace("n", " n").replace("c", " c").split()]
    return "".join((letters[kind] * n)[:n] for kind, n in kinds)


def iban_rows() -> dict[str, Sequence[Row]]:
    """Return texts of accounts, one of each country, and those that the check digits alone would let pass."""
    listed = IBAN_FORMS.split()
    forms = dict(zip(listed[::2], listed[1::2], strict=True))
    right = {country: iban(country, of_form(form)) for country, form in forms.items()}
    return {
        "one of each country": column("iban", *right.values()),
        "with words and signs": column(
            "iban", "IBAN NL91ABNA0417164300", "iban:NL91 ABNA 0417 1643 00", "IBAN: NL91-ABNA-0417-1643-00",
            "NL91.ABNA.0417.1643.00", *(f"NL91{c}ABNA0417164300{c}" for c in BLANKS),
            *(f"NL91{c}ABNA0417164300" for c in DASHES)),
        "right check digits, wrong form": column(
            "iban", iban("NL", "ABN10417164300"), iban("NL", "ABNA041716430A"), iban("NL", "ABNA041716430"),
            iban("NL", "ABNA04171643000"), iban("DE", "37040044053201300A"), iban("XX", "ABNA0417164300"),
            iban("FR", "20041010050500013M026A6"), iban("US", "123456789"), *(f"{value}0" for value in right.values())),
        "wrong characters": column(
            "iban", right["FI"].replace("FI", "\ufb01"), "NL91ABNA0417164３00", "NL91/ABNA/0417164300",
            "NL91ABNA0417164300X", "IBANIBANNL91ABNA0417164300", "NL9IABNA0417164300", "NL19ABNA0417164300"),
    }  # fmt: skip


def handle_rows() -> dict[str, Sequence[Row]]:
    """Return texts of accounts of each platform, by each of its names and hosts."""
    names = [f"{name}|sanne" for written in PLATFORMS.values() for name in written.split()]
    links = [f"{platform}|{host}/sanne" for platform, hosts in HOSTS.items() for host in hosts.split()]
    return {
        "of each platform": accounts(*names, *(name.upper() for name in names), *links),
        "links in each form": accounts(*(f"instagram|{link}" for link in (
            "http://instagram.com/sanne", "https://instagram.com/sanne", "www.instagram.com/sanne",
            "m.instagram.com/sanne", "HTTPS://WWW.INSTAGRAM.COM/SANNE/", "instagram.com/@sanne",
            "instagram.com/u/sanne", "instagram.com/user/sanne", "instagram.com/add/sanne",
            "instagram.com/sanne?x=/y#z", "instagram.com/sanne/?", " @sanne ", f"instagram.com/sanne?{'x' * 200}"))),
        "at their limits": accounts(
            f"x|{'a' * 64}", "x|a", "discord|sanne#1234", "x|._-a", "x|0_9", f" X |@{'a' * 64}", "x|az09",
            "telegram|https://t.me/sanne"),
        "accounts that are none": accounts(
            f"x|{'a' * 65}", "discord|sanne#123", "discord|sanne#12345", "discord|sanne#12a4", "discord|#1234",
            "x|@@sanne", "x|@", "x|sanne!", "x|san/ne", "x|sann\u212a", "\u212aik|sanne", "x|zoé", "x|sanne,",
            "x|._-", "x|n.b.", "mastodon|sanne", "xx|sanne", "instagram|insta sanne"),
        "links that are none": accounts(
            *(f"instagram|instagram.com/{page}" for page in NO_ACCOUNT), "instagram|x.com/sanne",
            "x|instagram.com/sanne", "signal|signal.org/sanne", "instagram|example.com/sanne",
            "instagram|instagram.com/sanne/posts", "instagram|instagram.com/", "instagram|ftp://instagram.com/sanne",
            "instagram|instagram.nl/sanne", "x|https://x.com/sanne/status/1"),
    }  # fmt: skip


def text_rows() -> dict[str, Sequence[Row]]:
    """Return texts as they are."""
    return {
        "at their limits": column(
            "text", " a", "a ", "a\nb", "\t a", "\ue000a", "y" * 1022 + "é", "y" * 1022 + "e\u0301", "a\u200bb", "ﬁ",
            "a\u0308\u0323"),
        "that are none": column(
            "text", " ", "\t\n\u00a0\u3000", "a\0", "\0", "a\u0378", "\uffff", "\ue000", "\u200b", "y" * 1023 + "é",
            "é" * 513, "y" * 1023 + "e\u0301"),
    }  # fmt: skip


# Groups that must be read as one value, must all be refused, or must all have a value.
ONE_VALUE = ("with each space", "in each form", "with words and signs", "links in each form", "without its zero")
REFUSED_ALL = (
    "of other lengths", "numbers of a spreadsheet", "that are none", "postcodes", "numbers that", "suffixes that",
    "words for no", "with characters", "of no side", "longer", "local parts", "domains", "right check digits",
    "wrong characters", "accounts that", "links that",
)  # fmt: skip


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    kinds = {
        "nl-bsn": bsn_rows(), "nl-address": address_rows(), **number_rows(), "email": email_rows(), "iban": iban_rows(),
        "handle": handle_rows(), "text": text_rows(),
    }  # fmt: skip
    for name, groups in kinds.items():
        for group, rows in groups.items():
            given = asked(name, rows, region="NL" if name == "phone" else "")
            is_one = group.startswith(ONE_VALUE)
            check_group(name, SPELLINGS if is_one else REFUSED if group.startswith(REFUSED_ALL) else OTHERS, given)
            yield Scenario("kind", f"{name}, {group}", f"Texts of the kind {name}: {group}.", "§13.1, §13.2", given)
