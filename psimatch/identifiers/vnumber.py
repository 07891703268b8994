"""Kind `nl-vnumber` version 1: the number of a foreigner in the Netherlands, as ten ASCII digits.

The register of foreigners (Basisvoorziening Vreemdelingen) gives it to each foreigner since June 2003; it stands on
residence documents as V-NR. No public source gives a rule for its digits, such as a check digit. So the form alone is
looked at, and a mistyped number is read as another number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.separators import plain_separators

_NAME: Final = "nl-vnumber"
_VERSION: Final = 1
_FIELD: Final = "vnummer"
_IGNORED: Final = str.maketrans("", "", " .-")
_FORM: Final = re.compile(r"(?!0{10})[0-9]{10}", re.ASCII)
_PREFIX: Final = re.compile(r"V[ .-]?(NR|NUMMER)?[ .:]*(?=[0-9])", re.ASCII | re.IGNORECASE)


def nl_vnumber(raw: str) -> Identifier:
    """Return the identifier of a V-number written with or without spaces, dots, hyphens and a V before it.

    The value is ten ASCII digits. A shorter number is refused: with a zero put before it, it might be another's.

    Raises:
        FieldError: not ten ASCII digits, or all zeros.
    """
    digits = _PREFIX.sub("", plain_separators(raw), count=1).translate(_IGNORED)
    if not (digits.isascii() and digits.isdigit()):
        raise FieldError(_FIELD, "is not a number", "write ten digits; spaces, dots and hyphens do not matter")
    if not _FORM.fullmatch(digits):
        raise FieldError(_FIELD, "has not ten digits, or is all zeros", "write all ten, with the zeros in front")
    return Identifier(_NAME, _VERSION, digits.encode("ascii"))


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (nl_vnumber(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    return value.isascii() and _FORM.fullmatch(value.decode("ascii")) is not None


_ALIASES: Final = ("vnumber", "vreemdelingennummer", "vreemdelingnummer", "aliens number")
_NEAR: Final = ("vnr", "vreemdelingennr", "ind nummer", "bvv nummer")
NL_VNUMBER: Final = Kind(_NAME, _VERSION, None, (Field(_FIELD, _ALIASES, near=_NEAR),), _parse, _has_form)
