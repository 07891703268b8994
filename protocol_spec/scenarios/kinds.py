"""Texts and what each kind makes of them (§13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from protocol_spec.answers.kinds import kind
from protocol_spec.scenarios.scenario import Scenario

Row = Mapping[str, str]
SPELLINGS, REFUSED = "spellings of one value", "what is refused"


def column(name: str, *texts: str) -> list[Row]:
    """Return rows of one column."""
    return [{name: text} for text in texts]


def addresses(*texts: str) -> list[Row]:
    """Return rows of postcode, house number, letter and addition, with `|` between."""
    names = ("postcode", "huisnummer", "huisletter", "toevoeging")
    return [dict(zip(names, text.split("|"), strict=True)) for text in texts]


def accounts(*texts: str) -> list[Row]:
    """Return rows of platform and account, with `|` between."""
    return [dict(zip(("platform", "account"), text.split("|", 1), strict=True)) for text in texts]


ROWS: dict[str, dict[str, Sequence[Row]]] = {
    "nl-bsn": {
        SPELLINGS: column("bsn", "123456782", "1234.56.782", " 123456782 ", "1234 56 782", "1234\u00a0567-82"),
        "others": column("bsn", "111222333", "999990019", "10000008", "010000008"),
        REFUSED: column(
            "bsn", "", "123456783", "12345678", "000000000", "1234567820", "12345678a", "１２３４５６７８２"),
    },
    "nl-address": {
        SPELLINGS: addresses("9711AB|12|A|", "9711 ab|12|a|", "9711AB|12||A", "9711AB|012|A|", "9711AB|12A||"),
        "others": addresses(
            "9711AB|12||", "9711AB|12|A|2", "9711AB|12||bis", "9711AB|t/o 12||", "9711AB|bij 12||",
            "9711AB|tegenover 12|A|", "9711AB|12-3||"),
        "opposite a number, in each place": addresses(
            "9711AB|t/o 12||", "9711AB|12||TO", "9711AB|12|T|O", "9711AB|12 t.o.||", "9711AB|12||tegenover",
            "9711AB|t/o 12||to"),
        # 1-2 is what a spreadsheet makes of a day, and perhaps was one.
        REFUSED: addresses(
            "9711A|12||", "0711AB|12||", "9711SS|12||", "9711AB|||", "9711AB|0||", "9711AB|huis||", "|12||",
            "9711AB|12||1-2", "9711AB|t/o 12||by", "9711AB|to||"),
    },
    "nl-bag": {
        SPELLINGS: column("bag_id", "0363200000123456", " 0363200000123456 ", "0363 2000 0012 3456"),
        REFUSED: column("bag_id", "", "036320000012345", "0363010000123456", "03632000001234567", "036320000012345a"),
    },
    "nl-vnumber": {
        SPELLINGS: column(
            "vnummer", "2801234567", "280.123.4567", " 280 123 45 67", "V-nr. 2801234567", "V2801234567",
            "v nummer: 2801234567", "280-1234567"),
        "others": column("vnummer", "0000000001", "9999999999"),
        REFUSED: column(
            "vnummer", "", "280123456", "28012345678", "0000000000", "280123456a", "V", "VV2801234567",
            "\uff12801234567"),
    },
    "phone": {
        SPELLINGS: column(
            "telefoon", "0612345678", "06-12345678", "+31 6 12345678", "0031612345678", "+31 (0)6 1234 5678"),
        "others": column("telefoon", "020-1234567", "(050) 123 45 67", "+49 30 123456", "+44 20 7946 0958"),
        REFUSED: column("telefoon", "", "12345", "112", "0612345", "061234567890", "geen", "+999 1234567"),
    },
    "email": {
        SPELLINGS: column("email", "name@example.org", "Name@Example.ORG", " name@example.org "),
        "others": column("email", "jan.de.vries+x@example.nl", "a@bücher.nl", "a@xn--bcher-kva.nl"),
        REFUSED: column("email", "", "name", "name@", "@example.org", "a b@example.org", "a..b@example.org", "a@b"),
    },
    "iban": {
        SPELLINGS: column("iban", "NL91ABNA0417164300", "NL91 ABNA 0417 1643 00", "nl91abna0417164300"),
        "others": column("iban", "BE68 5390 0754 7034", "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19"),
        REFUSED: column("iban", "", "NL92ABNA0417164300", "NL91ABNA041716430", "XX91ABNA0417164300", "NL91"),
    },
    "handle": {
        SPELLINGS: accounts(
            "instagram|sanne.b", "Insta|@Sanne.B", "instagram|https://www.instagram.com/sanne.b/?hl=nl", "IG|sanne.b"),
        "others": accounts("telegram|t.me/sanne_b", "x|@sanne", "snapchat|sanne-b"),
        REFUSED: accounts(
            "instagram|onbekend", "snapchat|N.V.T.", "x|null", "|sanne", "instagram|", "instagram|sanne b",
            "instagram|zoë", f"instagram|{'a' * 65}"),
    },
    "plate": {
        SPELLINGS: column("kenteken", "AB-12-CD", "ab12cd", "AB 12 CD"),
        "others": column("kenteken", "12-AB-CD", "1-ABC-23", "AB-123-C", "ABC-12-D"),
        REFUSED: column("kenteken", "", "AB-12-C", "ABCDEF", "123456", "AB-12-CDE", "ÄB-12-CD"),
    },
    "text": {
        SPELLINGS: column("text", "Zoë", "Zoe\u0308", " Zoë", "Zoë\u00a0", "\ufeffZoë\u200b", "\u3000Zoë\n"),
        "others": column("text", "zoë", "a  b", "a\u00a0b", "y" * 1024, "onbekenden", "-x-"),
        REFUSED: column(
            "text", "", "y" * 1025, " \u200b", "onbekend", "N.v.t.", "-", "...", "XXX", "n/a", "Weet niet"),
    },
}  # fmt: skip


def person(given: str, family: str, born: str, prefix: str = "") -> Row:
    """Return a record of a person."""
    return {"voornamen": given, "achternaam": family, "geboortedatum": born, "voorvoegsel": prefix}


PERSONS: dict[str, list[Row]] = {
    "spellings of one name": [
        person("Sanne", "Berg, van der", "25-04-2009"),
        person("SANNE", "Berg", "2009-04-25", prefix="van der"),
        person("Sanne", "van der Berg", "25 april 2009"),
        person("Sánne", "Vanderberg", "20090425"),
    ],
    "all that is known": [person("Sanne Maria", "van der Berg", "2009-04-25")],
    "initials alone": [
        {"voorletters": "S.M.", "achternaam": "Berg", "geboortedatum": "2009-04-25"},
    ],
    "names in other alphabets": [
        person("Ольга", "Иванова", "2009-04-25"),
        person("محمد", "El Khattabi", "2010-01-31"),
        person("Zoë", "Yıldız", "2011-12-01"),
    ],
    "names that sound alike": [
        person("Mohammed", "Achternaam", "2009-04-25"),
        person("Muhammad", "Agternaam", "2009-04-25"),
        person("Tjitske", "Schmidt", "2009-04-25"),
        person("Anne-Marie", "Jansen-de Boer", "2009-04-25"),
    ],
    "day and month unknown or swapped": [
        person("Sanne", "Berg", "2009"),
        person("Sanne", "Berg", "2009-04-00"),
        person("Sanne", "Berg", "2009-05-04"),
        person("Sanne", "Berg", "2009-04-05"),
    ],
    "spellings of ij, and names in other splits": [
        person("Thijs", "Meijer", "2009-05-06"),
        person("Thys", "Meyer", "2009-05-06"),
        person("Anna Maria", "Jansen-de Vries", "2009-05-06"),
        person("Annamaria", "Jansen de Vries", "2009-05-06"),
        person("Anna-Maria", "de Vries", "2009-05-06"),
    ],
    "default dates": [
        person("Filmon", "Tesfay", "2009-01-01"),
        person("Filmon", "Tesfay", "2009-07-01"),
        person("Filmon", "Tesfay", "2009-01-07"),
        person("Filmon", "Tesfay", "2009-01-02"),
    ],
    "dates that nobody knows": [
        person("Sanne", "Berg", "00000000"),
        person("Sanne", "Berg", "XX-XX-2009"),
        person("Sanne", "Berg", "00-00-2009"),
        person("Sanne", "Berg", "onbekend"),
        person("Sanne", "Berg", ""),
    ],
    "unknown names": [person("onbekend", "Berg", "2009-04-25"), person("NN", "Berg", "2009-04-25")],
    "what is refused": [
        person("Sanne", "Berg", "2009-02-30"),
        person("Sanne", "Berg", "31 juni 2009"),
        person("Sanne", "Berg", "gisteren"),
    ],
}  # fmt: skip


def asked(name: str, rows: Sequence[Row], region: str = "") -> dict[str, object]:
    """Return the input of a scenario."""
    return {"kind": name, "phone_region": region, "rows": [dict(row) for row in rows]}


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    for name, groups in ROWS.items():
        for group, rows in groups.items():
            given = asked(name, rows, region="NL" if name == "phone" else "")
            check_group(name, group, given)
            yield Scenario("kind", f"{name}, {group}", f"Texts of the kind {name}: {group}.", "§13.1, §13.2", given)
    given = asked("phone", column("telefoon", "030 123456", "0151 23456789", "+31 6 12345678"), region="DE")
    yield Scenario("kind", "phone, another region", "Telephone numbers in a German agreement.", "§13.2", given)
    for group, rows in PERSONS.items():
        yield Scenario("kind", f"person, {group}", f"Persons: {group}.", "§13.3", asked("person", rows))


def check_group(name: str, group: str, given: dict[str, object]) -> None:
    """Check that the group is what it is called."""
    values = kind(given)["values"]
    right = {
        SPELLINGS: None not in values and all(value == values[0] for value in values),
        REFUSED: all(value is None for value in values),
        "others": None not in values,
        "opposite a number, in each place": None not in values and all(value == values[0] for value in values),
    }
    if not right[group]:
        raise SystemExit(f"{name}, {group}: {values}")
