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
    text = plain_separators(raw)
    remedy = "compare it with the source: two letters, two check digits, then the account"
    # Before the capitals: those of some foreign letters are ASCII.
    if not text.isascii():
        raise FieldError(_FIELD, "has a character that no IBAN has", remedy)
    text = text.upper().removeprefix("IBAN").lstrip(" :")
    try:
        # Without rules of single countries: one of them is a list of banks, which is never up to date.
        value: str = ibans.validate(text, check_country=False)
    except ValidationError:
        raise FieldError(_FIELD, "is not an IBAN, or a digit is wrong", remedy) from None
    return Identifier(_NAME, _VERSION, value.encode("ascii"))


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (iban(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    try:
        return iban(value.decode("ascii")).value == value
    except (FieldError, UnicodeDecodeError):
        return False


_ALIASES: Final = ("rekeningnummer", "bankrekeningnummer", "iban nummer", "iban number")
_NEAR: Final = ("rekening", "rekeningnr", "bankrekening", "bank account", "account number", "bank")
IBAN: Final = Kind(_NAME, _VERSION, None, (Field(_FIELD, _ALIASES, near=_NEAR),), _parse, _has_form)
