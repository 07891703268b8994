"""Made-up youths of the Netherlands, and how two organisations write them down.

Nobody here exists. How common a name is follows the order of published lists (family names: the count of 2007 of the
Nederlandse Familienamenbank, for the most common ones; given names: the shape of the yearly lists of the SVB); the long
tail is put together from syllables. Brothers and sisters share a family name and a house, twins a date of birth too:
they are what a rule without a given name gets wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

# Per 10,000 people: prefix, name.
FAMILY_NAMES = """
53 de|Jong;46 |Jansen;45 de|Vries;37 van den|Berg;36 van|Dijk;35 |Bakker;33 |Janssen;31 |Visser;27 |Smit;26 |Meijer;25 de|Boer;24 |Mulder;23 de|Groot;22 |Bos
19 |Vos;18 |Peters;18 |Hendriks;17 van|Leeuwen;17 |Dekker;17 |Brouwer;15 de|Wit;15 |Dijkstra;15 |Smits;15 de|Graaf;13 van der|Meer;13 van der|Linden;12 |Kok;12 |Jacobs
12 de|Haan;12 |Vermeulen;12 van den|Heuvel;11 van der|Veen;11 van den|Broek;11 de|Bruijn;11 de|Bruin;10 van der|Heijden;10 |Schouten;10 van|Beek;10 |Willems;9 van|Vliet
9 van de|Ven;9 |Hoekstra;9 |Maas;9 |Verhoeven;9 |Koster;9 van|Dam;9 van der|Wal;9 |Prins;8 |Blom;8 |Huisman;8 |Peeters;8 de|Jonge;8 |Kuipers;8 van|Veen;8 |Kuiper;8 |Post
8 |Postma;8 van|Dongen;8 |Hermans;8 |Gerritsen;8 |Veenstra;8 |Kramer;8 van den|Brink;7 |Scholten;7 van|Wijk;7 |Martens;7 |Kroon;7 van der|Laan;7 de|Lange;7 |Willemsen
14 |Yılmaz;9 |Kaya;9 |Yıldız;8 |Demir;7 |Çelik;6 |Şahin;6 |Öztürk;5 |Aydın;5 |Doğan;10 |Mohamed;8 |Ali;7 |Ahmed;6 |Hassan;5 |Ibrahim;4 |Hussein;6 |El Idrissi;5 |El Amrani
5 |Bouzid;4 |Benali;4 |Aït Brahim;4 |El Khattabi;6 |Kowalski;5 |Nowak;4 |Wiśniewski;4 |Wójcik;3 |Shevchenko;3 |Kovalenko;3 |Bondarenko;6 |Nguyen;5 |Singh;4 |dos Santos;5 |Pinas
"""
GIVEN_NAMES = """
Emma Noah Julia Lucas Mila Sem Sophie Levi Tess Finn Sara Daan Zoë Milan Evi Bram Anna Liam Nora Luuk Lotte Mees Fenna James Saar Benjamin Yara Noud Eva Thomas Lynn Adam Noor Jesse
Isa Max Lieke Luca Roos Sam Fleur Jayden Maud Thijs Lisa Tim Sanne Lars Femke Ruben Iris Stijn Anne Jurre Elin Gijs Sofie Hugo Nina Ties Esmee Julian Amy Teun Bo Jens Naomi Floris Jasmijn
Mats Rosa David Sarah Niels Eline Tijn Veerle Siem Elena Guus Laura Olivier Norah Boaz Ella Joep Vera Rens Lina Pim Suze Cas Jill Dex Indy Morris Kiki Koen Puck Kyan Romy Vince Ivy Senn
Mohammed Yusuf Fatima Ibrahim Amir Maryam Ali Ayoub Amina Hamza Zeynep Mehmet Elif Emir Azra Omar Khadija Ahmed Aya Imran Safiya Bilal Layla Youssra Zakaria Mustafa Yasmin Ismail
Aleksander Zuzanna Jakub Oliwia Szymon Wiktoria Oleksandr Sofiia Dmytro Anastasiia Maksym Daria Thi Minh Arjun Priya João Beatriz Gabriel Shanaya Jaydén Djaimy Rayen Chaimae
"""
# How one name gets written by people who heard it.
VARIANTS = [
    "Mohammed Mohamed Muhammad Mohammad Mohamad",
    "Yusuf Youssef Joesoef Yousef",
    "Ahmed Achmed Ahmet Ahmad",
    "Fatima Fatma Fatimah",
    "Khadija Khadidja Chadija",
    "Ibrahim Ebrahim Ibraheem",
    "Maryam Mariam Meryem",
    "Amina Aminah",
    "Zeynep Zeineb Zeynab",
    "Mehmet Mehmed",
    "Yasmin Yasmine Jasmin",
    "Layla Leyla Laila",
    "Omar Omer Umar",
    "Aleksander Alexander Oleksandr",
    "Sofiia Sofia Sophia Sofiya",
    "Sophie Sofie",
    "Daria Darya Dariia",
    "Maksym Maxim Maksim",
    "Anastasiia Anastasia Anastasiya",
    "Zoë Zoe",
    "Luuk Luc Luuc",
    "Thijs Tijs",
    "Esmee Esmée",
    "Lucas Lukas",
    "Jayden Jaydén Jaiden",
    "Noor Noortje",
    "Hussein Hoessein Husseyn",
    "Sara Sarah",
    "Nora Norah",
    "de Bruijn de Bruyn",
    "Meijer Meyer Meier",
    "Dijkstra Dykstra",
    "Jansen Janssen",
    "Kuijpers Kuypers Kuipers",
    "Yılmaz Yilmaz",
    "Şahin Sahin Shahin",
    "Öztürk Ozturk Oeztuerk",
    "Wiśniewski Wisniewski Wisnievski",
    "Shevchenko Sjevtsjenko Szewczenko Шевченко",
    "Kovalenko Kowalenko Коваленко",
]
SYLLABLES = [
    "aal",
    "bak",
    "ber",
    "bo",
    "bruin",
    "daal",
    "doe",
    "eik",
    "gaar",
    "ha",
    "hek",
    "hol",
    "kerk",
    "ko",
    "kuip",
    "la",
    "leem",
    "lo",
    "maar",
    "mei",
    "moer",
    "nij",
    "oost",
    "pol",
    "rijn",
    "roo",
    "schil",
    "slo",
    "ter",
    "veer",
    "vel",
    "wat",
    "wes",
    "wie",
    "zand",
    "zee",
    "zui",
]
ENDINGS = [
    "sma",
    "stra",
    "inga",
    "mans",
    "sen",
    "ink",
    "huis",
    "veld",
    "man",
    "horst",
    "kamp",
    "dijk",
    "laar",
    "meer",
    "berg",
    "broek",
    "donk",
    "hout",
    "vliet",
    "ers",
    "aars",
    "ema",
]
STREETS = [
    "Dorpsstraat",
    "Kerkstraat",
    "Stationsweg",
    "Molenweg",
    "Schoolstraat",
    "Julianalaan",
    "Beukenlaan",
    "Lindelaan",
    "Parallelweg",
    "Wilhelminastraat",
    "Eikenlaan",
    "Hoofdstraat",
    "Markt",
    "Nieuwstraat",
    "Oranjestraat",
]
PLACES = [
    "Amsterdam",
    "Rotterdam",
    "Den~Haag",
    "Utrecht",
    "Eindhoven",
    "Groningen",
    "Tilburg",
    "Almere",
    "Breda",
    "Nijmegen",
    "Apeldoorn",
    "Haarlem",
    "Arnhem",
    "Enschede",
    "Amersfoort",
    "Zaandam",
    "Den~Bosch",
    "Zwolle",
    "Leiden",
    "Leeuwarden",
]
LETTERS = "ABCDEGHJKLMNPRSTVWXZ"


@dataclass(frozen=True)
class Person:
    """A youth as the civil registry has it."""

    number: int
    given: str
    prefix: str
    family: str
    born: date
    postcode: str
    house: int
    street: str
    place: str


class Names:
    """Draws family and given names."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        entries = [entry for line in FAMILY_NAMES.split("\n") for entry in line.split(";") if entry]
        split = [entry.split(" ", 1) for entry in entries]
        self._common = [name.split("|") for _, name in split]
        self._counts = [int(count) for count, _ in split]
        self._share = sum(self._counts) / 10_000
        self._given = GIVEN_NAMES.split()
        # The first of the list are some five times as common as the last; one child in five has a rare name.
        self._weights = [1 / (rank + 15) for rank in range(len(self._given))]

    def family(self) -> tuple[str, str]:
        """Return prefix and name."""
        draw = self._draw
        if draw.random() < self._share:
            prefix, name = draw.choices(self._common, weights=self._counts)[0]
            return prefix, name
        stem = "".join(draw.choices(SYLLABLES, k=draw.choice((1, 1, 2))))
        prefix = draw.choice(("van", "van de", "van der", "de", "ten")) if draw.random() < 0.3 else ""
        return prefix, (stem + draw.choice(ENDINGS)).capitalize()

    def given(self) -> str:
        """Return a given name."""
        draw = self._draw
        if draw.random() < 0.2:
            return "".join(draw.choices(SYLLABLES, k=2)).capitalize() + draw.choice(("a", "e", "o", "y", "n", ""))
        return draw.choices(self._given, weights=self._weights)[0]


def population(seed: int, count: int) -> list[Person]:
    """Return so many youths of 10 to 19 years, in families."""
    draw = random.Random(seed)  # noqa: S311
    names = Names(draw)
    people: list[Person] = []
    first = date(2007, 1, 1)
    while len(people) < count:
        prefix, family = names.family()
        postcode = f"{draw.randrange(1000, 9999)}{draw.choice(LETTERS)}{draw.choice(LETTERS)}"
        home = (postcode, draw.randrange(1, 180), draw.choice(STREETS), draw.choice(PLACES).replace("~", " "))
        born = first + timedelta(draw.randrange(3_650))
        for child in range(draw.choices((1, 2, 3, 4), weights=(45, 38, 13, 4))[0]):
            # Of 1,000 births some 15 are of twins.
            if child and draw.random() > 0.04:
                born = (
                    born + timedelta(draw.randrange(300, 1_500))
                    if draw.random() < 0.5
                    else born - timedelta(draw.randrange(300, 1_500))
                )
            people.append(Person(len(people), names.given(), prefix, family, born, *home))
    return people[:count]


class Clerk:
    """Writes people down as one organisation does, with the slips that are made there."""

    def __init__(self, seed: int, style: str) -> None:
        self._draw = random.Random(f"{seed} {style}")  # noqa: S311
        self._style = style
        self._variants = {
            name: line.split(" ") for line in VARIANTS if not line.startswith("de ") for name in line.split(" ")
        }

    def record(self, person: Person) -> dict[str, str]:
        """Return a row; about half of the rows are as the registry has them."""
        draw = self._draw
        given, family, prefix = self._heard(person.given), self._heard(person.family), person.prefix
        if draw.random() < 0.04:
            given = self._slip(given)
        if draw.random() < 0.03:
            family = self._slip(family)
        row = {
            "voornamen": given,
            "voorvoegsel": prefix,
            "achternaam": family,
            "geboortedatum": self._date(person.born),
        }
        if draw.random() < 0.05:
            row["voornamen"] = given[:1] + "."
        if draw.random() < 0.01:
            row["voornamen"], row["achternaam"] = family, given
        if self._style == "police" or draw.random() < 0.2:
            row["achternaam"] = (
                draw.choice((f"{prefix} {row['achternaam']}", f"{row['achternaam']}, {prefix}", row["achternaam"]))
                if prefix
                else row["achternaam"]
            )
            row["voorvoegsel"] = ""
            if draw.random() < 0.3:
                row["achternaam"] = row["achternaam"].upper()
        home = person
        if draw.random() < 0.1:
            home = replace(
                person,
                postcode=f"{draw.randrange(1000, 9999)}{draw.choice(LETTERS)}{draw.choice(LETTERS)}",
                house=draw.randrange(1, 180),
            )
        if draw.random() < 0.85:
            row |= {
                "postcode": home.postcode,
                "huisnummer": str(home.house),
                "straat": home.street,
                "woonplaats": home.place,
            }
        return row

    def _heard(self, name: str) -> str:
        if self._draw.random() < 0.25 and name in self._variants:
            return self._draw.choice(self._variants[name])
        return name

    def _slip(self, name: str) -> str:
        draw = self._draw
        at = draw.randrange(1, len(name)) if len(name) > 1 else 0
        way = draw.randrange(3)
        if way == 0:
            return name[:at] + name[at + 1 :]
        if way == 1 and at + 1 < len(name):
            return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        return name[:at] + draw.choice("abdeiklmnorst") + name[at + 1 :]

    def _date(self, born: date) -> str:
        draw, chance = self._draw, self._draw.random()
        if chance < 0.01:
            return ""
        if chance < 0.02 and born.day <= 12:
            born = born.replace(month=born.day, day=born.month)
        elif chance < 0.04:
            slips = (
                born + timedelta(draw.choice((1, -1, 10, -10))),
                born.replace(year=born.year + draw.choice((1, -1)), day=min(born.day, 28)),
            )
            born = draw.choice(slips)
        return born.isoformat() if self._style == "care" else born.strftime("%d-%m-%Y")


def rows(people: list[Person], seed: int, style: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield number and row of each person."""
    clerk = Clerk(seed, style)
    for person in people:
        yield person.number, clerk.record(person)
