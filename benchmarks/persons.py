"""How well are youths like ours found by name and date of birth, and how often is one taken for another?

Nobody here exists. Two kinds of lists. The youths of `people.py`, as two organisations write them, with brothers,
sisters and twins. And youths with names from eight places: twins whose names are alike, group homes of 60 unrelated
youths, a third of them with the date 1 January, and the ways in which people write such names.
False pairs whose records are equal in all names and the date are counted apart.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from measuring import Figures, parser, write
from people import population, rows

from psimatch import RULES, Identifier, person, rule_of
from psimatch.errors import FieldError
from psimatch.identifiers.names import letters

SEED, YOUTHS, HOMES = 1, 20_000, 100
# Of the few names of eight places: more youths would have each name too often.
FEW = 2_000
HOME_SIZE = 60
GIVEN = {
    "Dutch": "Emma Lisa Laura Sem Daan Thijs Sanne Tim Tom Luuk Gijs Marit Marijke Anna Maria Jan Willem Fleur",
    "Turkish": "Elif Zeynep Mehmet Mustafa Emir Azra Yusuf Ayşe Şükrü Çağla Gül Ömer",
    "Moroccan": "Mohammed Youssef Ayoub Fatima Khadija Chaimae Hamza Imane Bilal Achraf Salma Rayan",
    "Polish": "Jakub Szymon Zuzanna Wiktoria Łucja Michał Oliwia Kacper Aleksandra Paweł",
    "Ukrainian": "Oleksandr Sofiia Dmytro Anastasiia Yuliia Maksym Kateryna Andrii Olha Vitalii",
    "Eritrean": "Filmon Yonas Samuel Selam Merhawi Natnael Rahel Tesfay Hanna Abel Robel",
    "Syrian": "Mohamad Ahmad Omar Yousef Ali Maryam Nour Hassan Abdullah Mahmoud Aya Rima",
    "Antillean": "Jayden Shanaya Jurensley Djaimy Tyrone Rishantely Quincy Mairelys Giovanni Zaira",
}
FAMILY = {
    "Dutch": "de Jong,van Dijk,Meijer,Jansen,de Vries,van den Berg,Kuijpers,Bakker,van der Heijden,Jansen-de Vries,Bos",
    "Turkish": "Yılmaz,Kaya,Demir,Çelik,Şahin,Öztürk,Aydın,Doğan,Yıldız",
    "Moroccan": "El Idrissi,Bouzid,Benali,Aït Brahim,El Khattabi,El Amrani,Bouchaib,Ouali",
    "Polish": "Kowalski,Nowak,Wiśniewski,Wójcik,Zieliński,Szymański,Woźniak",
    "Ukrainian": "Shevchenko,Kovalenko,Bondarenko,Tkachenko,Ivanova,Kravchuk,Lysenko",
    "Eritrean": "Tesfay,Gebremedhin,Haile,Tekle,Kidane,Berhane,Ghebreyesus,Habte",
    "Syrian": "Al-Ahmad,Hassan,Ibrahim,Khalil,Al Masri,Haddad,Darwish,Al-Hussein,Karimi",
    "Antillean": "Martina,Pinas,dos Santos,Maduro,Rosario Martis,Croes,Winklaar,Garcia Lopez",
}
RESPELLED = (
    ("ij", "y"), ("ou", "oe"), ("Y", "J"), ("Sh", "Sj"), ("ch", "g"), ("ii", "iy"), ("kh", "ch"), ("ł", "l"),
    ("ş", "s"), ("ı", "i"), ("ö", "oe"), ("ü", "u"), ("ph", "f"), ("mm", "m"), ("ah", "a"), ("-", " "), ("Al ", "Al-"),
    ("ks", "x"),
)  # fmt: skip


@dataclass(frozen=True)
class Youth:
    """A youth as the civil registry has it."""

    given: str
    family: str
    born: date

    @property
    def row(self) -> dict[str, str]:
        """The record, without slips."""
        return {"voornamen": self.given, "achternaam": self.family, "geboortedatum": self.born.isoformat()}


def drawn(draw: random.Random, defaults: float) -> Youth:
    """Return a youth from one of the places; a share of them has 1 January as date of birth."""
    place = draw.choice(sorted(GIVEN))
    given = draw.choice(GIVEN[place].split())
    if draw.random() < 0.2:
        given += " " + draw.choice(GIVEN[place].split())
    born = date(draw.randrange(2007, 2016), 1, 1)
    if draw.random() >= defaults:
        born += timedelta(draw.randrange(365))
    return Youth(given, draw.choice(FAMILY[place].split(",")), born)


def families(seed: int, count: int) -> list[Youth]:
    """Return youths with brothers, sisters, and twins, half of whom have a name that begins like the other's."""
    draw, youths = random.Random(seed), list[Youth]()  # noqa: S311
    names = [name for line in GIVEN.values() for name in line.split()]
    while len(youths) < count:
        youth = drawn(draw, 0.05)
        youths.append(youth)
        if draw.random() < 0.3:
            youths.append(
                replace(youth, given=draw.choice(names), born=youth.born + timedelta(draw.randrange(300, 900)))
            )
        if draw.random() < 0.03:
            alike = [name for name in names if name[0] == youth.given[0] and name != youth.given] or names
            youths.append(replace(youth, given=draw.choice(alike if draw.random() < 0.5 else names)))
    return youths[:count]


def written(youth: Youth, draw: random.Random) -> dict[str, str]:
    """Return a row as somebody wrote it down who may have heard the name."""
    row = youth.row
    for name in ("voornamen", "achternaam"):
        if draw.random() < 0.3:
            row[name] = row[name].replace(*draw.choice(RESPELLED))
        if draw.random() < 0.03 and len(row[name]) > 3:
            at = draw.randrange(1, len(row[name]) - 1)
            row[name] = row[name][:at] + row[name][at + 1 :]
    chance, (first, *others) = draw.random(), row["voornamen"].split()
    if others and chance < 0.5:
        row["voornamen"] = draw.choice((first, "".join((first, *others)).title(), "-".join((first, *others))))
    prefix, space, last = row["achternaam"].rpartition(" ")
    if space and draw.random() < 0.4:
        row["achternaam"] = draw.choice((f"{last}, {prefix}", last, row["achternaam"].upper(), prefix + last.lower()))
    if "-" in row["achternaam"] and draw.random() < 0.4:
        row["achternaam"] = row["achternaam"].partition("-")[2]
    row |= {"voornamen": ""} if chance > 0.98 else {"voornamen": first[0] + "."} if chance > 0.95 else {}
    if draw.random() < 0.02 and youth.born.day <= 12:
        row["geboortedatum"] = f"{youth.born.month:02}-{youth.born.day:02}-{youth.born.year}"
    return row


def tokens_of(row: dict[str, str]) -> tuple[Identifier, ...]:
    """Return the tokens of a record; none, if its date is none."""
    try:
        return person(row)
    except FieldError:
        return ()


def agreeing(one: Sequence[dict[str, str]], other: Sequence[dict[str, str]]) -> dict[str, set[tuple[int, int]]]:
    """Return the pairs of places that agree, by each rule and by any."""
    places: dict[Identifier, list[int]] = {}
    for place, row in enumerate(one):
        for token in tokens_of(row):
            places.setdefault(token, []).append(place)
    found: dict[str, set[tuple[int, int]]] = {rule.name: set() for rule in RULES}
    for place, row in enumerate(other):
        for token in tokens_of(row):
            found[rule_of(token).name].update((match, place) for match in places.get(token, ()))
    return {**found, "all": set().union(*found.values())}


def measured(
    name: str,
    lists: Sequence[Sequence[dict[str, str]]],
    keys: Sequence[Sequence[object]],
    true: Collection[tuple[int, int]],
) -> Figures:
    """Return the figures of a pair of lists; `keys` tells which youths are equal in all names and the date."""
    lines = []
    for rule, pairs in agreeing(*lists).items():
        wrong = pairs - set(true)
        equal = sum(keys[0][one] == keys[1][other] for one, other in wrong)
        right = len(pairs) - len(wrong)
        recall = right / len(true) if true else 0.0
        lines.append({"name": rule, "recall": recall, "false": len(wrong) - equal, "equal": equal})
    return {"name": name, "sizes": [len(each) for each in lists], "total": len(true), "rules": lines}


def plain(youths: Iterable[Youth]) -> list[object]:
    """Return the names and the date of youths as `exact` would compare them."""
    return [(letters(youth.given), letters(youth.family), youth.born) for youth in youths]


def group_homes(seed: int, count: int) -> Figures:
    """Return the figures of so many pairs of lists of unrelated youths, added up."""
    total: list[Figures] = []
    for number in range(count):
        draw = random.Random(f"{seed} home {number}")  # noqa: S311
        lists = [[drawn(draw, 1 / 3) for _ in range(HOME_SIZE)] for _ in range(2)]
        found = measured("", [[youth.row for youth in each] for each in lists], [plain(each) for each in lists], ())
        total.append(found)
    rules = [
        {"name": same[0]["name"], "recall": 0.0, **{key: sum(each[key] for each in same) for key in ("false", "equal")}}
        for same in zip(*(each["rules"] for each in total), strict=True)
    ]
    return {"name": f"{count} pairs of group homes", "sizes": [HOME_SIZE, HOME_SIZE], "total": 0, "rules": rules}


def main() -> None:
    """Measure, print and write the figures."""
    options = parser(__doc__, "persons")
    options.add_argument("--youths", type=int, default=YOUTHS, help=f"youths on each list ({YOUTHS})")
    options.add_argument("--homes", type=int, default=HOMES, help=f"pairs of group homes ({HOMES})")
    given = options.parse_args()
    true = {(place, place) for place in range(given.youths)}
    people = population(SEED, given.youths)
    lists = [[row for _, row in rows(people, SEED, style)] for style in ("care", "police")]
    same: list[object] = [(each.given, each.family, each.born) for each in people]
    youths = families(SEED, min(FEW, given.youths))
    draws = [random.Random(f"{SEED} {style}") for style in ("care", "police")]  # noqa: S311
    heard = [[written(youth, draw) for youth in youths] for draw in draws]
    same_youths = {(place, place) for place in range(len(youths))}
    figures = [
        measured("made-up youths", lists, [same, same], true),
        measured(
            "names from eight places, with families and twins",
            heard,
            [plain(youths)] * 2,
            same_youths,
        ),
        group_homes(SEED, given.homes),
    ]
    for each in figures:
        print(each["name"], each["rules"])
    write(given.output, "persons", {"lists": figures})


if __name__ == "__main__":
    main()
