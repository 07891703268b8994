"""Kind `person` version 1: a person without a number, as a few tokens, each of which joins parts of the record.

A token's value is the name of its rule and its parts, in ASCII, joined by `|`: `names-date|BRG SN|20090425`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from psimatch.identifiers.dates import birth_date
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.names import letters, sound, without_prefix
from psimatch.identifiers.person_rules import RULES, RULES_BY_NAME, Policy, Rule, rules_under

NAME: Final = "person"
_VERSION: Final = 1
_GIVEN, _INITIALS, _PREFIX, _FAMILY = "voornamen", "voorletters", "voorvoegsel", "achternaam"
_DATE, _POSTCODE, _NUMBER, _STREET, _PLACE = "geboortedatum", "postcode", "huisnummer", "straat", "woonplaats"
_HYPHENS: Final = re.compile("[-\u2010-\u2015]")
_DIGITS: Final = re.compile("[0-9]+", re.ASCII)
# A part is short: names in full have at most so many letters in a token.
_LONGEST: Final = 100
_POSTCODE_DIGITS: Final = 4
# What lists write for a name that nobody knows: two such are not one person.
_UNKNOWN: Final = frozenset(("ONBEKEND", "ONB", "NN", "UNKNOWN", "GEEN", "NVT", "NB", "NULL", "NONE"))
_FORM: Final = re.compile(rb"[A-Z0-9]+( [A-Z0-9]+)*(\|[A-Z0-9]+( [A-Z0-9]+)*)*")

# Of the weakest rule of each policy: what who can ask for all tokens would have to try.
_VALUES: Final = {Policy.STRONG: 1 << 27, Policy.TWO: 1 << 18, Policy.ANY: 1 << 18}


def parts_of(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the parts that rules join, by name; what is not known is empty or not there.

    Raises:
        FieldError: the date of birth is no date.
    """
    return {**_names(fields), **_date(fields.get(_DATE, "")), **_home(fields)}


def _names(fields: Mapping[str, str]) -> dict[str, str]:
    family_cell, _, behind = fields.get(_FAMILY, "").partition(",")
    whole = letters(f"{fields.get(_PREFIX, '')} {behind} {family_cell}")
    # Of a double name the last is the person's own, after a partner's.
    own = next((name for name in map(letters, reversed(_HYPHENS.split(family_cell))) if name), "")
    family = without_prefix(own)
    given_names = letters(fields.get(_GIVEN, ""))
    if given_names.replace(" ", "") in _UNKNOWN:
        given_names = ""
    if family in _UNKNOWN:
        family = whole = ""
    given = given_names.partition(" ")[0]
    initial = (given or letters(fields.get(_INITIALS, "")))[:1]
    if len(given) < 2:
        given = given_names = ""
    sounds = sorted((sound(given), sound(family)))
    return {
        "given_names": given_names[:_LONGEST].strip(),
        "given": given[:_LONGEST],
        "given_3": given[:3],
        "initial": initial,
        "whole_family": whole.replace(" ", "")[:_LONGEST],
        "family": family[:_LONGEST],
        "family_sound": sound(family)[:_LONGEST],
        "family_3": family[:3],
        "sounds": " ".join(name[:_LONGEST] for name in sounds) if all(sounds) else "",
    }


def _date(raw: str) -> dict[str, str]:
    if not raw.strip():
        return {}
    born = birth_date(raw, _DATE)
    if not born.known:
        return {}
    low, high = sorted((born.month, born.day))
    return {
        "date": f"{born.year:04}{born.month:02}{born.day:02}",
        # Day and month in either order, since they get swapped.
        "swapped_date": f"{born.year:04}{low:02}{high:02}",
        "year": f"{born.year:04}",
        "year_and_month": f"{born.year:04}{born.month:02}",
        "month_and_day": f"{born.month:02}{born.day:02}",
    }


def _home(fields: Mapping[str, str]) -> dict[str, str]:
    digits = _DIGITS.search(fields.get(_NUMBER, ""))
    street, place = (letters(fields.get(name, "")).replace(" ", "") for name in (_STREET, _PLACE))
    postcode = "".join(letter for letter in fields.get(_POSTCODE, "").upper() if letter.isascii() and letter.isalnum())
    return {
        # A word for an unknown one has no digit, and would make neighbours of strangers.
        "postcode": postcode[:_LONGEST] if sum(map(str.isdigit, postcode)) >= _POSTCODE_DIGITS else "",
        "number": digits[0].lstrip("0")[:_LONGEST] if digits else "",
        "street_4": street[:4],
        "place_4": place[:4],
        "place_sound": sound(place)[:_LONGEST],
    }


def person(fields: Mapping[str, str], policy: Policy = Policy.STRONG) -> tuple[Identifier, ...]:
    """Return the tokens of a record, one for each rule of the policy whose parts are all known; perhaps none.

    `fields` are texts by the Dutch names of columns: voornamen, voorletters, voorvoegsel, achternaam, geboortedatum,
    postcode, huisnummer, straat, woonplaats.

    Raises:
        FieldError: the date of birth is no date.
    """
    parts = parts_of(fields)
    values = []
    for rule in rules_under(policy):
        joined = [parts.get(name, "") for name in rule.parts]
        if all(joined):
            values.append("|".join((rule.name, *joined)))
    return tuple(Identifier(NAME, _VERSION, value.encode("ascii")) for value in values)


def rule_of(token: Identifier) -> Rule:
    """Return the rule that a token of this kind was made by."""
    return RULES_BY_NAME[token.value.partition(b"|")[0].decode("ascii")]


def rank_of(token: Identifier) -> int:
    """Return how strong the rule of a token is: 0 is the strongest."""
    return RULES.index(rule_of(token))


def _has_form(parts: Mapping[bytes, int], value: bytes) -> bool:
    """Say whether a value is a token; `parts` has how many a rule joins, by the rule's name."""
    name, _, rest = value.partition(b"|")
    return parts.get(name) == rest.count(b"|") + 1 and _FORM.fullmatch(rest) is not None


def person_kind(policy: Policy) -> Kind:
    """Return the kind with the rules that a policy uses."""
    rules = rules_under(policy)
    return Kind(
        NAME,
        _VERSION,
        _VALUES[policy],
        (
            Field(_FAMILY, ("family_name", "surname"), may_be_empty=True),
            Field(_DATE, ("date_of_birth", "birth_date"), may_be_empty=True),
            Field(_GIVEN, ("voornaam", "given_names", "given_name"), required=False),
            Field(_INITIALS, ("initials",), required=False),
            Field(_PREFIX, ("tussenvoegsel", "prefix"), required=False),
            Field(_POSTCODE, (), required=False, shared=True),
            Field(_NUMBER, ("house_number",), required=False, shared=True),
            Field(_STREET, ("street",), required=False),
            Field(_PLACE, ("place", "city"), required=False),
        ),
        partial(person, policy=policy),
        partial(_has_form, {rule.name.encode(): len(rule.parts) for rule in rules}),
        len(rules),
    )
