"""Kind `nl-bsn` version 1: the Dutch citizen service number, as nine ASCII digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import mul
from typing import Final

from stdnum.nl import bsn as eleven_test

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.separators import plain_separators

_NAME: Final = "nl-bsn"
_VERSION: Final = 1
_FIELD: Final = "bsn"

_IGNORED: Final = str.maketrans("", "", " .-")
_DECIMAL: Final = re.compile(r"[0-9]+\.0+")
# A BSN has eight or nine digits, and a spreadsheet drops the zero that makes eight into nine. A shorter number was
# never issued: it is more likely a client number in the wrong column, and one in eleven of those passes the test.
_DIGITS: Final = (8, 9)

# Of the eleven-test, and what the ASCII digits as bytes, from 48 on, add to its sum.
_WEIGHTS: Final = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_FROM_ASCII: Final = ord("0") * sum(_WEIGHTS)
# Counting the remainders of 9a+8b+7c+6d+5e+4f+3g+2h-i modulo 11 digit by digit gives 90,909,091 of the 10^9
# numbers with remainder 0, less the one that is all zeros; its log2 is 26.44.
_VALID_NUMBERS: Final = 90_909_090


def nl_bsn(raw: str) -> Identifier:
    """Return the identifier of a BSN written with or without spaces, dots, hyphens and its leading zero.

    The value is nine ASCII digits.

    Raises:
        FieldError: not eight or nine ASCII digits, all zeros, or the eleven-test fails.
    """
    text = plain_separators(raw)
    # Dropping the dot of a decimal would turn an eight-digit number into another one of nine digits.
    if _DECIMAL.fullmatch(text):
        raise FieldError(_FIELD, "is a decimal number", "format the column as text before you export it")
    digits = text.translate(_IGNORED)
    if not (digits.isascii() and digits.isdigit()):
        raise FieldError(_FIELD, "is not a number", "write nine digits; spaces, dots and hyphens do not matter")
    if len(digits) not in _DIGITS:
        raise FieldError(_FIELD, f"has {len(digits)} digits", "write all nine digits")
    digits = digits.zfill(max(_DIGITS))
    if not digits.strip("0"):
        raise FieldError(_FIELD, "is all zeros", "leave the cell empty if there is no BSN")
    if not eleven_test.is_valid(digits):
        raise FieldError(_FIELD, "fails the eleven-test", "compare it with the source: a digit is wrong or swapped")
    return Identifier(_NAME, _VERSION, digits.encode("ascii"))


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (nl_bsn(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    if len(value) != max(_DIGITS) or not value.isdigit() or not value.strip(b"0"):
        return False
    # Many times faster than the library's test: a session asks it of each number of its list.
    total: int = sum(map(mul, _WEIGHTS, value))
    return (total - _FROM_ASCII) % 11 == 0


_ALIASES: Final = ("burgerservicenummer", "burgerservicenr", "bsn nummer", "bsn nr", "citizen service number")
_NEAR: Final = ("sofinummer", "sofinr", "sofi", "sofi nummer", "burgernummer", "social security number", "ssn")
_FIELDS: Final = (Field(_FIELD, _ALIASES, near=_NEAR),)
NL_BSN: Final = Kind(_NAME, _VERSION, _VALID_NUMBERS, _FIELDS, _parse, _has_form)
