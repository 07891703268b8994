"""Dates of birth, in the orders that Dutch lists write them in (psimatch-1 §13.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.separators import plain_separators

_YEARS: Final = range(1900, 2100)
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
# A time of midnight, which databases append.
_MIDNIGHT: Final = re.compile(r"[ T]0?0:00(:00(\.0+)?)?Z?$")
_YEAR_FIRST: Final = re.compile(
    r"([0-9]{4})[-/. ]?([0-9]{2})[-/. ]?([0-9]{2})|([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})"
)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2}|[a-z]+\.?)[-/. ]{1,2}([0-9]{4})")
_YEAR_ONLY: Final = re.compile(r"[0-9]{4}")
_WRITE: Final = "write it as 2009-04-25; a day or month that nobody knows as 00"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A date of birth; `month` and `day` are 0 where nobody knows them."""

    year: int
    month: int
    day: int

    @property
    def known(self) -> bool:
        """Whether all of it is known."""
        return bool(self.month and self.day)


def birth_date(raw: str, field: str) -> BirthDate:
    """Read a date of birth: year first, or day, month and year; the month as a number or a Dutch or English word.

    Raises:
        FieldError: it is no date, or could be read in two ways.
    """
    text = _MIDNIGHT.sub("", plain_separators(raw).strip()).lower()
    if _YEAR_ONLY.fullmatch(text):
        year, month, day = int(text), 0, 0
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in found.groups() if part is not None)
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = int(found[1]), _month(found[2], field), int(found[3])
    else:
        raise FieldError(field, "is not a date", _WRITE)
    return _checked(BirthDate(year, month, day), field)


def _month(text: str, field: str) -> int:
    if text.isdigit():
        return int(text)
    month = _MONTHS.get(text.rstrip("."))
    if month is None:
        raise FieldError(field, "has a month that is none", _WRITE)
    return month


def _checked(found: BirthDate, field: str) -> BirthDate:
    if found.year not in _YEARS:
        raise FieldError(field, "has a year that nobody alive was born in", _WRITE)
    if found.month > 12 and 1 <= found.day <= 12:
        raise FieldError(field, "has a month above 12: day and month may stand the other way round", _WRITE)
    if found.day and not found.month:
        raise FieldError(field, "has a day without a month", _WRITE)
    try:
        date(found.year, found.month or 1, found.day or 1)
    except ValueError:
        raise FieldError(field, "is a day that does not exist", _WRITE) from None
    return found
