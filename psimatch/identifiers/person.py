"""Kind `person` version 2: a person without a number, as a few tokens, each of which joins names and date of birth.

A token's value is the name of its rule and its parts, in ASCII, joined by `|`: `sounds|BRG SN|20090425`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psimatch.identifiers.dates import birth_date
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.names import letters, one_spelling, own_family, sound
from psimatch.identifiers.nothing import NAMES_ALL_THE_SAME, is_word_for_nothing
from psimatch.identifiers.person_rules import RULES, RULES_BY_NAME, Rule

NAME: Final = "person"
_VERSION: Final = 2
_GIVEN, _INITIALS, _PREFIX, _FAMILY, _DATE = "voornamen", "voorletters", "voorvoegsel", "achternaam", "geboortedatum"
# A part is short: names in full have at most so many letters in a token.
_LONGEST: Final = 100
_START: Final = 3
_ENDS: Final = 2
_FEWEST: Final = 2
_VOWELS: Final = frozenset("AEIOUY")
# Month and day, the lower first, where nobody knew the day: 1 January, and 1 July or, swapped, 7 January.
_DEFAULT_DATES: Final = ((1, 1), (1, 7))
_FORM: Final = re.compile(rb"[A-Z0-9]+( [A-Z0-9]+)*(\|[A-Z0-9]+( [A-Z0-9]+)*)*")

# Minors in the Netherlands: one try tests one child whose name and date of birth are known. Statistics Netherlands
# (CBS), Landelijke Jeugdmonitor 2021, "Jongeren in Nederland": 3.3 million from 0 to 18 years on 1 January 2021.
_MINORS: Final = 3_300_000


def person(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    """Return the tokens of a record, the strongest first; none unless both names and the whole date are known.

    `fields` are texts by the Dutch names of columns: voornamen, voorletters, voorvoegsel, achternaam, geboortedatum.

    Raises:
        FieldError: the date of birth is no date.
    """
    born = birth_date(fields.get(_DATE, ""), _DATE)
    names = _names(fields)
    if not (born.known and names):
        return ()
    low, high = sorted((born.month, born.day))
    dates = {
        "date": f"{born.year:04}{born.month:02}{born.day:02}",
        # Day and month in either order, since they get swapped.
        "swapped_date": f"{born.year:04}{low:02}{high:02}",
    }
    parts = names | dates
    rules = [rule for rule in RULES if rule.on_default_dates or (low, high) not in _DEFAULT_DATES]
    joined = [(rule.name, *(parts[part] for part in rule.parts)) for rule in rules]
    return tuple(Identifier(NAME, _VERSION, "|".join(texts).encode("ascii")) for texts in joined if all(texts))


def rule_of(token: Identifier) -> Rule:
    """Return the rule that a token of this kind was made by."""
    return RULES_BY_NAME[token.value.partition(b"|")[0].decode("ascii")]


def rank_of(token: Identifier) -> int:
    """Return the place of a token's rule among the rules: 0 is the strongest."""
    return RULES.index(rule_of(token))


def _names(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the parts that come from names, or none unless a given name and a family name are known."""
    cell, _, behind = fields.get(_FAMILY, "").partition(",")
    given_names = _known_words(letters(fields.get(_GIVEN, "")))
    given, family = (given_names or [""])[0], own_family(letters(cell).split())
    # One letter, or letters that nobody can say, are initials.
    if min(len(given), len(family)) < _FEWEST or _VOWELS.isdisjoint(given) or _has_unknown(letters(cell)):
        return {}
    sounds = sorted((sound(given), sound(family)))
    spelled = one_spelling(family)
    whole = letters(f"{fields.get(_PREFIX, '')} {behind} {cell}")
    return {
        "given_names": one_spelling(" ".join(given_names))[:_LONGEST],
        "whole_family": one_spelling(whole)[:_LONGEST],
        "given_start": one_spelling(given)[:_START],
        "family_ends": spelled[:_ENDS] + spelled[-_ENDS:],
        "sounds": " ".join(name[:_LONGEST] for name in sounds) if all(sounds) else "",
    }


def _is_unknown(text: str) -> bool:
    return is_word_for_nothing(text) and text not in NAMES_ALL_THE_SAME


def _has_unknown(name: str) -> bool:
    return _is_unknown(name) or any(map(_is_unknown, name.split()))


def _known_words(name: str) -> list[str]:
    """Return the words of a name without those for an unknown one: `Onbekend Maria` is Maria; `N N` is nobody."""
    return [] if _is_unknown(name) else [word for word in name.split() if not _is_unknown(word)]


def _has_form(value: bytes) -> bool:
    """Say whether a value is a token."""
    name, _, rest = value.partition(b"|")
    rule = RULES_BY_NAME.get(name.decode("ascii", "replace"))
    return rule is not None and len(rule.parts) == rest.count(b"|") + 1 and _FORM.fullmatch(rest) is not None


PERSON_KIND: Final = Kind(
    NAME,
    _VERSION,
    _MINORS,
    (
        Field(
            _FAMILY,
            ("family name", "surname", "last name", "geslachtsnaam", "familienaam"),
            may_be_empty=True,
            near=("naam", "name", "full name", "volledige naam", "naam kind", "naam client", "naam jeugdige"),
        ),
        Field(
            _DATE,
            ("date of birth", "birth date"),
            may_be_empty=True,
            near=("geb datum", "geb dat", "geb", "geboren", "geboortedag", "dob", "born", "birthday"),
        ),
        Field(
            _GIVEN,
            ("voornaam", "given names", "given name", "first names", "first name", "forenames", "forename"),
            required=False,
            near=("roepnaam",),
        ),
        Field(_INITIALS, ("initials", "voorletter", "initialen"), required=False),
        Field(
            _PREFIX,
            ("tussenvoegsel", "tussenvoegsels", "voorvoegsels", "voorvoegsel geslachtsnaam", "prefix"),
            required=False,
            near=("tv", "tussenv", "voorv"),
        ),
    ),
    person,
    _has_form,
    len(RULES),
)
