"""Kind `plate` version 1: a Dutch licence plate, as six capital letters and digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.separators import plain_separators

_NAME: Final = "plate"
_VERSION: Final = 1
_FIELD: Final = "kenteken"

# Side codes 1 to 14 of the RDW: X is a letter, 9 a digit.
_SIDE_CODES: Final = (
    *("XX9999", "9999XX", "99XX99", "XX99XX", "XXXX99", "99XXXX", "99XXX9"),
    *("9XXX99", "XX999X", "X999XX", "XXX99X", "X99XXX", "9XX999", "999XX9"),
)
_FORM: Final = re.compile("|".join(code.replace("X", "[A-Z]").replace("9", "[0-9]") for code in _SIDE_CODES))
_IGNORED: Final = str.maketrans("", "", " .-")
# In the order of the vehicles that have one; the register of those is public.
_PLATES: Final = 10_000_000


def plate(raw: str) -> Identifier:
    """Return the identifier of a plate, with or without its hyphens.

    Raises:
        FieldError: letters and digits don't stand as on a Dutch plate.
    """
    text = plain_separators(raw).translate(_IGNORED)
    # Before the capitals: those of some foreign letters are ASCII.
    if not (text.isascii() and _FORM.fullmatch(text := text.upper())):
        raise FieldError(_FIELD, "is not a Dutch licence plate", "write e.g. AB-123-C; an O may be a 0")
    return Identifier(_NAME, _VERSION, text.encode("ascii"))


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (plate(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    return value.isascii() and _FORM.fullmatch(value.decode("ascii")) is not None


_ALIASES: Final = ("plate", "licence plate", "license plate", "kentekennummer")
_NEAR: Final = ("kentekenplaat", "nummerbord", "nummerplaat", "auto")
PLATE: Final = Kind(_NAME, _VERSION, _PLATES, (Field(_FIELD, _ALIASES, near=_NEAR),), _parse, _has_form)
