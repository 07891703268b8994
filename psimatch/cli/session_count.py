"""A budget told in sessions and as a day, in Dutch and English: what whoever plans them asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import psimatch
from psimatch.cli.figures import number

_MINUTES_A_DAY: Final = 1_440
_MONTHS: Final[Mapping[str, str]] = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "none": "niet één sessie met een volle lijst",
        "one": "minstens 1 sessie met een volle lijst",
        "some": "minstens {count} sessies met volle lijsten",
        "night": "met één per nacht",
        "days": "met één per {days} dagen",
        "until": "{which}, {pace} tot ongeveer {day}",
        "enough": "{which}, {pace} genoeg tot de laatste dag",
    },
    "en": {
        "none": "not one session of a full list",
        "one": "at least 1 session of a full list",
        "some": "at least {count} sessions of full lists",
        "night": "with one a night",
        "days": "with one every {days} days",
        "until": "{which}, {pace} until about {day}",
        "enough": "{which}, {pace} enough until the last day",
    },
}


def sessions_words(terms: psimatch.Terms, evaluations: int, first: date, lang: str = "en") -> str:
    """Return how many sessions so many evaluations allow, and until when, with one a night from `first` on.

    A session is charged for the padded size of a list, which is at most `max_items`: shorter lists may give more.
    """
    words, count = _WORDS[lang], evaluations // terms.max_items
    if count == 0:
        return words["none"]
    which = words["one"] if count == 1 else words["some"].format(count=number(count, lang))
    apart = max(1, -(-terms.minutes_between_sessions // _MINUTES_A_DAY))
    pace = words["night"] if apart == 1 else words["days"].format(days=apart)
    if (count - 1) * apart >= (terms.valid_until - first).days:
        return words["enough"].format(which=which, pace=pace)
    return words["until"].format(which=which, pace=pace, day=_written(first + timedelta((count - 1) * apart), lang))


def _written(day: date, lang: str) -> str:
    return f"{day.day} {_MONTHS[lang].split()[day.month - 1]} {day.year}"
