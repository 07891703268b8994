"""Kind `iban` version 1: a bank account, as ISO 13616 writes it for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stdnum import iban as ibans
from stdnum.exceptions import ValidationError

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.separators import plain_separators

_NAME: Final = "iban"
_VERSION: Final = 1
_FIELD: Final = "iban"


def iban(raw: str) -> Identifier:
    """Return the identifier of an account: capitals and digits, without spaces.

    Raises:
        FieldError: the country, the length or the check digits are wrong.
    """
    text = plain_separators(raw).upper().removeprefix("IBAN").lstrip(" :")
    remedy = "compare it with the source: two letters, two check digits, then the account"
    if not text.isascii():
        raise FieldError(_FIELD, "has a character that no IBAN has", remedy)
    try:
        value: str = ibans.validate(text)
    except ValidationError:
        raise FieldError(_FIELD, "is not an IBAN, or a digit is wrong", remedy) from None
    return Identifier(_NAME, _VERSION, value.encode("ascii"))


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (iban(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    return (
        value.isalnum() and value.isascii() and value == value.upper() and bool(ibans.is_valid(value.decode("ascii")))
    )


IBAN: Final = Kind(_NAME, _VERSION, None, (Field(_FIELD, ("rekeningnummer",)),), _parse, _has_form)
