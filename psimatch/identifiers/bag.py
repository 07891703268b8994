"""Kind `nl-bag` version 1: a Dutch address by its number in the BAG, the register of addresses: 16 digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.separators import plain_separators

_NAME: Final = "nl-bag"
_VERSION: Final = 1
_FIELD: Final = "bag_id"
# Municipality (4), type of object (2), number (10). An address is a nummeraanduiding, type 20.
_FORM: Final = re.compile(r"[0-9]{4}20[0-9]{10}", re.ASCII)
_DIGITS: Final = 16
# As nl-address.
_ADDRESSES: Final = 10_000_000


def nl_bag(raw: str) -> Identifier:
    """Return the identifier of the nummeraanduiding with this number; a zero that a spreadsheet dropped comes back.

    Raises:
        FieldError: not 16 digits, or the number of something else than an address.
    """
    text = plain_separators(raw).replace(" ", "")
    if not (text.isascii() and text.isdigit() and len(text) in (_DIGITS - 1, _DIGITS)):
        raise FieldError(_FIELD, "is not a number of 16 digits", "format the column as text before you export it")
    if not _FORM.fullmatch(text.zfill(_DIGITS)):
        raise FieldError(_FIELD, "is the number of something else than an address", "take that of the nummeraanduiding")
    return Identifier(_NAME, _VERSION, text.zfill(_DIGITS).encode("ascii"))


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (nl_bag(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    return value.isascii() and _FORM.fullmatch(value.decode("ascii")) is not None


_ALIASES: Final = (
    *("nummeraanduiding", "nummeraanduiding id", "nummeraanduiding identificatie", "bag nummeraanduiding id"),
    *("identificatiecode nummeraanduiding", "identificatie nummeraanduiding", "bag nummeraanduiding"),
)
# The number of the dwelling is another one than that of its address.
_NEAR: Final = (
    *("bag", "bag nummer", "bag nr", "bag code", "verblijfsobject", "verblijfsobject id", "vbo id"),
    *("adresseerbaar object", "adresseerbaar object identificatie", "identificatiecode verblijfplaats"),
)
_FIELDS: Final = (Field(_FIELD, _ALIASES, near=_NEAR),)
NL_BAG: Final = Kind(_NAME, _VERSION, _ADDRESSES, _FIELDS, _parse, _has_form)
