"""Make the example lists of flags: `python examples/make_lists.py` rewrites the files beside it, byte for byte.

Everything is derived from SHA-256 of fixed words, so no version of Python or of a library changes the lists.
Nothing in them is about anybody; README.md says how the numbers were chosen.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

_Item = TypeVar("_Item")

_SHARED_YOUTHS: Final = 7
_SHARED_ADDRESSES: Final = 4
# A number with one leading zero, since a spreadsheet drops it; the range for tests has none.
_LEADING_ZERO: Final = "012345672"

_FIRST_NAMES: Final = (
    "Amira",
    "Bo",
    "Daan",
    "Esra",
    "Fleur",
    "Gijs",
    "Hanna",
    "Iris",
    "Jip",
    "Kyra",
    "Luna",
    "Mees",
    "Noor",
    "Puk",
)
_LAST_NAMES: Final = ("Aardema", "Boskamp", "Cornelisz", "Duinhof", "Eikelaar", "Feenhuis", "Grasveld", "Hoogzand")
_STREETS: Final = ("Merelhof", "Lijsterpad", "Populierenlaan", "Stationsplein", "Veerweg", "Molenkade", "Havendwars")
_TOWNS: Final = (("Utrecht", 35), ("Amersfoort", 38), ("Arnhem", 68), ("Zwolle", 80), ("Rotterdam", 30))
# No SA, SD or SS, which are never issued.
_PAIRS: Final = ("AB", "BC", "CD", "DE", "EG", "GH", "HJ", "JK", "KL", "LM", "MN", "NP", "PR", "RT", "TV", "VW")
_CARE_HEADER: Final = "dossier;naam;geboortedatum;bsn;straat;huisnummer;huisletter;toevoeging;postcode;plaats;contact"
_POLICE_HEADER: Final = "case_ref,reported_on,source,bsn,postcode,house_number,house_letter,addition,contact"
_SUFFIXES: Final = ("", "", "", "A", "B", "C", "2", "3", "BIS", "H", "HS")


class Address(NamedTuple):
    """A house, in parts; `letter` and `addition` as the BAG would split them."""

    postcode: str
    number: int
    letter: str
    addition: str
    street: str
    town: str


@dataclass(frozen=True, slots=True)
class World:
    """The youths (as BSNs) and addresses of both lists; the shared ones come first."""

    care_youths: Sequence[str]
    care_addresses: Sequence[Address]
    police_youths: Sequence[str]
    police_addresses: Sequence[Address]


def draw(what: str, below: int) -> int:
    """Return a number in [0, below) that depends on `what` alone."""
    return int.from_bytes(hashlib.sha256(what.encode("utf-8")).digest()[:8], "big") % below


def pick(what: str, items: Sequence[_Item]) -> _Item:
    """Return one of the items, depending on `what` alone."""
    return items[draw(what, len(items))]


def shuffled(what: str, items: Iterable[_Item]) -> list[_Item]:
    """Return the items in an order that depends on `what` alone."""
    return [item for _, item in sorted(enumerate(items), key=lambda pair: draw(f"{what} {pair[0]}", 2**64))]


def bsns() -> Iterator[str]:
    """Yield the numbers of 99999xxxx that pass the eleven-test, shuffled."""
    numbers = (f"99999{tail:04}" for tail in range(10_000))
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    passing = (n for n in numbers if sum(w * int(d) for w, d in zip(weights, n, strict=True)) % 11 == 0)
    yield from shuffled("bsn", passing)


def addresses() -> Iterator[Address]:
    """Yield addresses without end: the four whose two spellings the lists show, then drawn ones, each postcode once."""
    yield Address("3511HJ", 12, "", "BIS", "Merelhof", "Utrecht")
    yield Address("3812KL", 104, "", "", "Veerweg", "Amersfoort")
    yield Address("6811EG", 27, "A", "", "Molenkade", "Arnhem")
    yield Address("8011RT", 8, "", "2", "Stationsplein", "Zwolle")
    used: set[str] = set()
    index = 0
    while True:
        index += 1
        town, area = pick(f"town {index}", _TOWNS)
        postcode = f"{area}{21 + draw(f'area {index}', 60)}{pick(f'pair {index}', _PAIRS)}"
        suffix = pick(f"suffix {index}", _SUFFIXES)
        letter, addition = (suffix, "") if suffix in {"A", "B", "C"} else ("", suffix)
        if postcode not in used:
            used.add(postcode)
            number = 1 + draw(f"number {index}", 180)
            yield Address(postcode, number, letter, addition, pick(f"street {index}", _STREETS), town)


def make_world() -> World:
    """Return 40 youths and 25 addresses for care, 60 and 30 for the police, 7 and 4 of them in common."""
    numbers, houses = bsns(), addresses()
    youths = [_LEADING_ZERO, *(next(numbers) for _ in range(39 + 53))]
    places = [next(houses) for _ in range(25 + 26)]
    return World(
        youths[:40],
        places[:25],
        youths[:_SHARED_YOUTHS] + youths[40:],
        places[:_SHARED_ADDRESSES] + places[25:],
    )


def care_list(world: World) -> bytes:
    """Return the care institution's list: Dutch, semicolons, a byte order mark and CRLF, as Excel in Dutch saves it."""
    rows: list[list[str]] = []
    for index, bsn in enumerate(world.care_youths):
        name = f"{pick(f'first {index}', _FIRST_NAMES)} {pick(f'last {index}', _LAST_NAMES)}"
        born = (
            f"{1 + draw(f'day {index}', 28):02}-{1 + draw(f'month {index}', 12):02}-{2007 + draw(f'year {index}', 5)}"
        )
        # The spreadsheet took the numbers for numbers, and people typed some by hand.
        spelled = [bsn.lstrip("0"), f"{bsn[:4]}.{bsn[4:6]}.{bsn[6:]}", bsn, f"{bsn[:3]} {bsn[3:6]} {bsn[6:]}"][
            index % 4
        ]
        rows.append(["", name, born, spelled, "", "", "", "", "", "", _care_contact(f"youth {index}")])
    for index, place in enumerate(world.care_addresses):
        rows.append(["", "", "", "", place.street, *_care_spelling(index, place), _care_contact(f"address {index}")])
    rows = shuffled("care", rows)
    for index, row in enumerate(rows):
        row[0] = f"LH-{2024 + index // 40}-{101 + 3 * index:04}"
    return b"\xef\xbb\xbf" + to_csv(_CARE_HEADER, rows, ";", "\r\n")


def _care_spelling(index: int, place: Address) -> list[str]:
    """Return number, letter, addition, postcode and town as this institution writes them."""
    postcode = f"{place.postcode[:4]} {place.postcode[4:]}"
    if index % 3 == 0 and place.addition and not place.addition.isdigit():
        return [f"{place.number}-{place.addition.lower()}", "", "", postcode, place.town]
    if index % 3 == 1:
        postcode = postcode.lower()
    return [str(place.number), place.letter.lower(), place.addition.lower(), postcode, place.town]


def _care_contact(what: str) -> str:
    team = pick(f"team {what}", ("De Beuk", "De Els", "De Wilg"))
    return f"De Lindehof, groep {team}, toestel {201 + draw(f'extension {what}', 40)}"


def police_list(world: World) -> bytes:
    """Return the police unit's list: English, commas, no byte order mark, other columns; one row is there twice."""
    rows: list[list[str]] = []
    for index, bsn in enumerate(world.police_youths):
        source = pick(f"source {index}", ("intake", "street team", "hotline", "desk research"))
        rows.append(["", _date(f"youth {index}"), source, bsn, "", "", "", "", _police_contact(f"youth {index}")])
    for index, place in enumerate(world.police_addresses):
        # This system has no use for the letter's column: the suffix is the addition, or stands behind the number.
        suffix = place.letter + place.addition
        behind = index % 4 == _SHARED_ADDRESSES - 1 and suffix
        number = f"{place.number} {suffix}" if behind else str(place.number)
        spelled = [place.postcode, number, "", "" if behind else suffix]
        rows.append(["", _date(f"address {index}"), "patrol", "", *spelled, _police_contact(f"address {index}")])
    rows = shuffled("police", rows)
    for index, row in enumerate(rows):
        row[0] = f"PL0900-{2025000117 + 211 * index}"
    rows.insert(70, list(rows[12]))
    return to_csv(_POLICE_HEADER, rows, ",", "\n")


# Youths of whom the police have no BSN: case reference, then as each side writes them. One number is one youth.
_PERSONS_HEADER: Final = (
    "case_ref,voornamen,voorvoegsel,achternaam,geboortedatum,postcode,huisnummer,woonplaats,contact"
)
_CARE_PERSONS: Final = (
    ("J-01", "Sanne", "van der", "Duinhof", "2009-04-25", "3512 AB", "12", "Utrecht"),
    ("J-02", "Mohammed", "", "El Grasveld", "2008-11-02", "", "", ""),
    ("J-03", "Zoë", "de", "Hoogzand", "2010-06-30", "6811 CD", "7", "Arnhem"),
    ("J-04", "Tim", "", "Boskamp", "2011-02-14", "8011 EG", "31", "Zwolle"),
    ("J-05", "Oleksandr", "", "Feenhuis", "2009-09-09", "3011 GH", "4-B", "Rotterdam"),
    ("J-06", "Esra", "", "Eikelaar", "2010-01-17", "", "", ""),
)
_POLICE_PERSONS: Final = (
    ("P-01", "SANNE", "", "DUINHOF, VAN DER", "25-04-2009", "", "", ""),
    ("P-02", "Muhammad", "", "el-Grasveld", "02-11-2008", "3512 JK", "88", "Utrecht"),
    ("P-03", "Hoogzand", "", "Zoe", "30-06-2010", "", "", ""),
    # The twin brother of J-04: he is not on the list of care.
    ("P-14", "Tom", "", "Boskamp", "14-02-2011", "8011 EG", "31", "Zwolle"),
    ("P-05", "Aleksander", "", "Feenhuis", "09-09-2009", "3011 GH", "4 b", "Rotterdam"),
    ("P-17", "Luna", "", "Aardema", "03-03-2012", "", "", ""),
)


def persons_list(rows: Sequence[Sequence[str]], contact: str) -> bytes:
    """Return a list of persons without numbers."""
    return to_csv(_PERSONS_HEADER, [(*row, contact) for row in rows], ",", "\n")


def _date(what: str) -> str:
    return f"2025-{1 + draw(f'reported month {what}', 9):02}-{1 + draw(f'reported day {what}', 28):02}"


def _police_contact(what: str) -> str:
    return f"Team mensenhandel, desk {1 + draw(f'desk {what}', 4)}, ext. {510 + draw(f'ext {what}', 30)}"


def to_csv(header: str, rows: Iterable[Sequence[str]], delimiter: str, line_end: str) -> bytes:
    """Return the header line and the rows as UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return (header + line_end + text.getvalue()).encode("utf-8")


def make_lists(folder: Path) -> None:
    """Write `flags.csv` and `persons.csv` into `care` and `police` below the folder.

    Raises:
        OSError: the folder can't be written.
    """
    world = make_world()
    for name, data in (("care", care_list(world)), ("police", police_list(world))):
        target = folder / name / "flags.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    for name, rows, contact in (("care", _CARE_PERSONS, "mw. Vos"), ("police", _POLICE_PERSONS, "desk 2, ext. 517")):
        (folder / name / "persons.csv").write_bytes(persons_list(rows, contact))


if __name__ == "__main__":
    make_lists(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
