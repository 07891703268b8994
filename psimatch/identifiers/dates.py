"""Dates of birth, in the orders that Dutch lists write them in (psimatch-1 §13.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.nothing import is_word_for_nothing
from psimatch.identifiers.separators import plain_separators

_YEARS: Final = range(1900, 2100)
# In which 29 February exists.
_LEAP_YEAR: Final = 2000
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb februari february",
            "mrt maart mar march",
            "apr april",
            "mei may",
            "jun juni june",
            "jul juli july",
            "aug augustus august",
            "sep sept september",
            "okt oktober oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
# A time of midnight, which databases append, in small letters.
_MIDNIGHT: Final = re.compile(r"(,? |t)(0?0:00(:00([.,]0+)?)?|12:00(:00)? ?am) ?(z|utc|[+-][0-9]{2}(:?[0-9]{2})?)?$")
# A part that nobody knows is written with x or ? alone, or as zeros.
_YEAR: Final = r"([0-9]{4}|[x?]{1,4})"
_TWO: Final = r"([0-9]{2}|[x?]{2})"
_SHORT: Final = r"([0-9]{1,2}|[x?]{1,2})"
_YEAR_FIRST: Final = re.compile(
    rf"{_YEAR}[-/. ]?{_TWO}[-/. ]?{_TWO}|{_YEAR}[-/. ]{_SHORT}[-/. ]{_SHORT}".replace("{1,4}", "{4}", 1)
)
_DAY_FIRST: Final = re.compile(rf"{_SHORT}[-/. ]{{1,2}}([0-9]{{1,2}}|[x?]{{1,2}}|[a-z]+\.?)[-/. ]{{1,2}}{_YEAR}")
_YEAR_ONLY: Final = re.compile(r"[0-9]{4}")
_WRITE: Final = "write it as 2009-04-25; a day or month that nobody knows as 00"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A date of birth; `year`, `month` and `day` are 0 where nobody knows them."""

    year: int
    month: int
    day: int

    @property
    def known(self) -> bool:
        """Whether all of it is known."""
        return bool(self.year and self.month and self.day)


def birth_date(raw: str, field: str) -> BirthDate:
    """Read a date of birth: year first, or day, month and year; the month as a number or a Dutch or English word.

    A word for nothing is a date of which nothing is known, and so are zeros alone.

    Raises:
        FieldError: it is no date, or could be read in two ways.
    """
    text = _MIDNIGHT.sub("", plain_separators(raw).strip().lower())
    if is_word_for_nothing(text):
        return BirthDate(0, 0, 0)
    if _YEAR_ONLY.fullmatch(text):
        year, month, day = int(text), 0, 0
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (_number(part) for part in found.groups() if part is not None)
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = _number(found[1]), _month(found[2], field), _number(found[3])
    else:
        raise FieldError(field, "is not a date", _WRITE)
    return _checked(BirthDate(year, month, day), field)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _month(text: str, field: str) -> int:
    if not text.strip("x?") or text.isdigit():
        return _number(text)
    month = _MONTHS.get(text.rstrip("."))
    if month is None:
        raise FieldError(field, "has a month that is none", _WRITE)
    return month


def _checked(found: BirthDate, field: str) -> BirthDate:
    if found.year and found.year not in _YEARS:
        raise FieldError(field, "has a year that nobody alive was born in", _WRITE)
    if found.month > 12 and 1 <= found.day <= 12:
        raise FieldError(field, "has a month above 12: day and month may stand the other way round", _WRITE)
    if found.day and not found.month:
        raise FieldError(field, "has a day without a month", _WRITE)
    try:
        date(found.year or _LEAP_YEAR, found.month or 1, found.day or 1)
    except ValueError:
        raise FieldError(field, "is a day that does not exist", _WRITE) from None
    return found
