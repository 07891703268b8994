"""The rules by which persons are compared: what each joins, and how strong it is (psimatch-1 §13.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from types import MappingProxyType
from typing import Final

# From which columns each part comes. Two rules that share none are independent.
_GIVEN, _FAMILY, _DATE, _POSTCODE, _NUMBER, _STREET, _PLACE = "gfdpnsc"
SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("given_names", "given", "given_3", "initial"), _GIVEN),
        **dict.fromkeys(("whole_family", "family", "family_sound", "family_3"), _FAMILY),
        **dict.fromkeys(("sounds",), _GIVEN + _FAMILY),
        **dict.fromkeys(("date", "swapped_date", "year", "year_and_month", "month_and_day"), _DATE),
        "postcode": _POSTCODE,
        "number": _NUMBER,
        **dict.fromkeys(("street_4",), _STREET),
        **dict.fromkeys(("place_4", "place_sound"), _PLACE),
    }
)


class Policy(Enum):
    """When two records are one person, as an agreement says.

    By one strong rule; also by two weak ones that share no column, which takes twins with one initial for each other;
    or by any, which takes whole families for one person.
    """

    STRONG = "strong"
    TWO = "two"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Rule:
    """Two records agree under a rule if all of its parts are equal, and none is empty.

    A strong rule may stand alone: where two lists of 10,000 youths meet, less than one false match is expected of it.
    """

    name: str
    parts: tuple[str, ...]
    strong: bool

    @property
    def sources(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset("".join(SOURCES[part] for part in self.parts))


def _table(text: str, *, strong: bool) -> tuple[Rule, ...]:
    rows = (line.split(":") for line in text.strip().splitlines())
    return tuple(Rule(name.strip(), tuple(parts.split()), strong) for name, parts in rows)


# Version 1. Any change of a line is a new version of the kind. Benchmarks/README.md has what each finds and mistakes.
RULES: Final = (
    *_table(
        """
        exact: given_names whole_family date
        names-date: sounds swapped_date
        start-family-date: given_3 family_sound date
        names-day: given family month_and_day
        names-month-place: sounds year_and_month place_4
        start-year-home: given_3 year postcode number
        start-day-postcode: given_3 month_and_day postcode
        """,
        strong=True,
    ),
    *_table(
        """
        initial-family-date-place: initial family_sound swapped_date place_4
        initial-month-home: initial year_and_month postcode number
        initial-family-date: initial family_3 date
        start-home: given_3 postcode number
        names-street: sounds street_4
        names-place: sounds place_sound
        initial-street: initial street_4 place_4
        date-postcode: date postcode
        date-street: date street_4
        date-place: date place_sound
        family-postcode: family_3 postcode place_4
        family-home: family_sound postcode number
        street-home: number street_4 place_4
        """,
        strong=False,
    ),
)
RULES_BY_NAME: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in RULES})


def rules_under(policy: Policy) -> tuple[Rule, ...]:
    """Return the rules whose tokens take part under a policy: weak ones only where both parties have accepted them."""
    return tuple(rule for rule in RULES if rule.strong or policy is not Policy.STRONG)


def satisfies(policy: Policy, rules: Collection[Rule]) -> bool:
    """Say whether the rules under which two records agree make them one person."""
    if policy is Policy.ANY or any(rule.strong for rule in rules):
        return bool(rules)
    return policy is Policy.TWO and any(not one.sources & other.sources for one, other in combinations(rules, 2))
