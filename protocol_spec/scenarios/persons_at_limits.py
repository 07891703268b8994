"""Records of persons that each rule of reading bears on (§13.3)."""

from __future__ import annotations

from collections.abc import Iterator

from protocol_spec.reference import MONTH_NAMES, NOTHING, PREFIXES
from protocol_spec.scenarios.kinds import Row, asked, person
from protocol_spec.scenarios.scenario import Scenario

BORN = "2009-04-25"
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015"
APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4\u0300\u0301\u0302\u0308\u030c\u0327"


def families(*names: str) -> list[Row]:
    """Return records of these family names."""
    return [person("Anne", name, BORN) for name in names]


def born(*dates: str) -> list[Row]:
    """Return records of these dates of birth."""
    return [person("Sanne", "Berg", date) for date in dates]


def name_groups() -> dict[str, list[Row]]:
    """Return records that differ in their names."""
    long = "Wolfeschlegelsteinhausenbergerdorff" * 4
    return {
        "each word before a family name": families(
            *(f"{prefix.title()} Berg" for prefix in sorted(PREFIXES)),
            *(f"Berg {prefix.lower()}" for prefix in ("VAN", "DE"))),
        "prefixes in their own column and behind a comma": [
            person("Anne", "Berg", BORN, prefix="van der"), person("Anne", "Berg", BORN, prefix="Van Der"),
            person("Anne", "Berg,van der", BORN), person("Anne", "Berg, v.d.", BORN), person("Anne", "Berg,", BORN),
            person("Anne", "Berg, der", BORN, prefix="van"), person("Anne", "Berg, van, der", BORN)],
        "names of prefixes alone, and joined ones": families(
            "van de", "de", "Van", "Vanderberg", "Vandenberg", "Vandeberg", "Vandberg", "Vanberg", "Vdberg", "Ivanova",
            "Vanderlo", "Vanda", "Vandal", "Vandaal", "Vdab", "Vanderver Vanberg", "van Vanderberg", "Devander",
            "Silvana"),
        "double names, by each hyphen": families(
            *(f"Jansen{hyphen}Berg" for hyphen in HYPHENS), "Jansen - de Berg", "Jansen-", "-Jansen", "Jansen-3",
            "Jansen/Berg", "Jansen\u2212Berg", "Jansen Berg"),
        "apostrophes and accents": families(
            *(f"D{mark}Ancona" for mark in APOSTROPHES), "Müller", "François", "Čapek", "Ñandú", "Şahin", "Đorđe",
            "Øster", "Groß", "Æsir", "Łukasz", "O\u2032Neill", "d\u201dAncona"),
        "sounds": families(
            "Schaap", "Szabo", "Shah", "Czerny", "Tsjechov", "Sjoerds", "Csaba", "Philips", "Djamal", "Dzhok", "Zhenko",
            "Yilmaz", "Meyer", "Mey", "Tobiyas", "Jakobi", "Bij", "Rijn", "Haak", "Khan", "Ghali", "Chang", "Becker",
            "Cent", "Cijfer", "Acjo", "Cohen", "Quint", "Xander", "Thomas", "Smidt", "Dirk", "Vos", "Wit", "Zwart",
            "Bakker", "Hoeve", "Mathhouw", "Bo", "Io", "Li", "Lu", "Oe", "Ali", "Ulrik", "Ode", "Bol", "Bil", "Bul",
            "Balk", "Brk", "Ss", "Hh", "Y", "Jj"),
        "given names and initials": [
            person("S", "Berg", BORN), person("S. Maria", "Berg", BORN), person("Sa", "Berg", BORN),
            person("Sanne-Maria Lot", "Berg", BORN), person("sanne  maria", "Berg", BORN), person("1", "Berg", BORN),
            {**person("", "Berg", BORN), "voorletters": "S.M."}, {**person("Tim", "Berg", BORN),
            "voorletters": "S."},
            {**person("T.", "Berg", BORN), "voorletters": "S."}, {**person("", "Berg", BORN),
            "voorletters": "3"}],
        "words for unknown names": [
            *(person(word.lower(), "Berg", BORN) for word in sorted(NOTHING)),
            *(person("Sanne", word, BORN) for word in sorted(NOTHING)), person("N.N.", "Berg", BORN),
            {**person("onbekend", "Berg", BORN), "voorletters": "S."}, person("Sanne", "de Onbekend", BORN),
            person("Onbekend Maria", "Berg", BORN), person("Sanne", "", BORN), person("", "", BORN)],
        "names that are longer than a part": [
            person(long, "Berg", BORN), person("Sanne", long, BORN), person(f"{'Ab ' * 40}", "Berg", BORN),
            person(f"{'a' * 98} bcd", "Berg", BORN), person(f"{'a' * 99} bcd", "Berg", BORN), person("Sanne",
            "bd" * 60, BORN),
            person("Bd" * 60, "bd" * 60, BORN)],
    }  # fmt: skip


def other_groups() -> dict[str, list[Row]]:
    """Return records that differ in dates and homes."""
    months = [name for names in MONTH_NAMES for name in names.split()]
    return {
        "dates in each form": born(
            "2009-04-25", "2009-4-25", "2009/04/25", "2009.04.25", "2009 04 25", "20090425", "25-4-2009",
            "25/04/2009", "25.04.2009", "25 4 2009", "25. april 2009", "25 apr. 2009", "25-apr-2009", "25 APRIL 2009",
            " 25-04-2009 ", "25\u201104\u20112009", "2009-04-25 00:00:00", "2009-04-25T00:00:00Z", "2009-04-25 0:00",
            "25-04-2009 00:00", "2009-04-25T00:00:00.000", "2009-04-25T00:00:00+02:00",
            "2009-04-25T00:00:00.000Z", "2009-04-25 00:00:00 +0100", "25-4-2009, 00:00:00", "2009-04-25 12:00:00 AM"),
        "dates that nobody knows, whole or in part": born(
            "00000000", "0000-00-00", "XX-XX-2009", "xx-xx-xxxx", "??-04-2009", "2009-XX-XX", "0-0-2009", "00-00-0000",
            "25-04-0000", "29-02-xxxx", "onbekend", "n.v.t.", "-", "XXX", "xx-xx-20??", "2x-04-2009", "25-xx-2009"),
        "months by each name": born(*(f"5 {month} 2009" for month in months)),
        "dates at their limits": born(
            "1900-01-01", "2099-12-31", "2008-02-29", "2000-02-29", "01-02-2009", "02-01-2009", "12-12-2009",
            "13-12-2009", "2009-01-01", "2009-07-01", "2009-01-07", "2009-07-07", "2009",
            "2009-00-00", "2009-04-00", "00-00-2009", "00-04-2009", ""),
        "dates that are none": born(
            "1899-12-31", "2100-01-01", "2009-02-29", "1900-02-29", "32-01-2009", "2009-13-01", "2009-00-05",
            "25-04-09", "200904", "2009-04", "april 2009", "25 vendemiaire 2009", "25 apri 2009", "1899", "2100",
            "2009-04-25 12:00:00", "2009-04-25 00:01", "25042009", "2009042", "２００９-04-25", "2009-04-25 x",
            "25-04-2009-1"),
    }  # fmt: skip


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    for group, rows in {**name_groups(), **other_groups()}.items():
        yield Scenario("kind", f"person, {group}", f"Persons: {group}.", "§13.3", asked("person", rows))
