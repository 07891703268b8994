"""Kind `phone` version 1: a telephone number in the form of E.164, such as `+31612345678`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.separators import plain_separators

NAME: Final = "phone"
_VERSION: Final = 1
_FIELD: Final = "telefoon"
PHONE_REGION: Final = "NL"

# Dutch mobile numbers are 06 and eight digits (26.6 bits); who guesses begins with them.
_NUMBERS: Final = 100_000_000
_CHARACTERS: Final = re.compile(r"\+?[0-9 ()./-]+", re.ASCII)
_FORM: Final = re.compile(rb"\+[1-9][0-9]{4,14}")
_REMEDY: Final = "write it with its country's code, e.g. +31 6 12345678"


def regions() -> list[str]:
    """Return whose numbers may stand without their country's code, as ISO 3166 has it."""
    import phonenumbers

    return sorted(phonenumbers.SUPPORTED_REGIONS)


def phone(raw: str, region: str = PHONE_REGION) -> Identifier:
    """Return the identifier of a telephone number; one without a country's code is of that region.

    Raises:
        FieldError: not a number that can be in use, or with an extension.
    """
    # Loaded where it is used: most agreements have no telephone numbers.
    import phonenumbers

    text = plain_separators(raw).strip()
    if not _CHARACTERS.fullmatch(text):
        raise FieldError(_FIELD, "is not a telephone number", _REMEDY)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise FieldError(_FIELD, "is not a telephone number", _REMEDY) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise FieldError(_FIELD, "is not a number that can be in use", _REMEDY)
    return Identifier(NAME, _VERSION, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).encode())


def _parse(region: str, fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (phone(fields.get(_FIELD, ""), region),)


def _has_form(value: bytes) -> bool:
    try:
        return _FORM.fullmatch(value) is not None and phone(value.decode()).value == value
    except FieldError:
        return False


def phone_kind(region: str) -> Kind:
    """Return the kind for lists whose numbers are of that region where they don't say."""
    aliases = ("telefoonnummer", "telefoonnr", "phone", "phone number", "telephone", "telephone number")
    # Short forms are as often the number of a case worker or a parent.
    near = (
        *("tel", "tel nr", "tel nummer", "gsm", "gsm nummer", "mobiel", "mobiel nummer", "mobiele nummer"),
        *("mobile", "mobile number", "cell", "06 nummer", "06"),
    )
    field = Field(_FIELD, aliases, near=near)
    return Kind(NAME, _VERSION, _NUMBERS, (field,), partial(_parse, region), _has_form)
