"""Kind `email` version 1: an address of electronic mail in small letters, its domain in the form of DNS."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind

_NAME: Final = "email"
_VERSION: Final = 1
_FIELD: Final = "email"
# RFC 5321 §4.5.3.1.
_LONGEST, _LONGEST_LOCAL = 254, 64


def email(raw: str) -> Identifier:
    """Return the identifier of an address. Letters count as small ones; dots and what follows a plus stay.

    RFC 5321 lets a host tell capitals apart before the @; none that people use does.

    Raises:
        FieldError: not an address, or one with letters of another alphabet.
    """
    # Loaded where it is used: most agreements have no such addresses.
    from email_validator import EmailNotValidError, validate_email

    text = raw.strip().removeprefix("mailto:")
    remedy = "write one address, e.g. name@example.org"
    if not _is_latin(text):
        # A letter that only looks like one of these makes an address that is nobody's, and matches nothing.
        raise FieldError(_FIELD, "has a letter of another alphabet than the Latin one", remedy)
    try:
        # Domains for tests and documentation are addresses too.
        found = validate_email(text[: _LONGEST + 1], check_deliverability=False, test_environment=True)
        domain = (found.ascii_domain or found.domain).lower()
        # The library takes `test` alone for one.
        if "." not in domain:
            raise ValueError
    except (EmailNotValidError, ValueError):
        raise FieldError(_FIELD, "is not an e-mail address", remedy) from None
    local = unicodedata.normalize("NFC", found.local_part.lower())
    if len(local) > _LONGEST_LOCAL:
        raise FieldError(_FIELD, "has more than 64 characters before the @", remedy)
    return Identifier(_NAME, _VERSION, f"{local}@{domain}".encode())


def _is_latin(text: str) -> bool:
    """Say whether each letter is one of the Latin alphabet, with or without an accent."""
    letters = () if text.isascii() else filter(str.isalpha, unicodedata.normalize("NFC", text))
    return all(unicodedata.name(letter, "").startswith("LATIN ") for letter in letters)


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (email(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    try:
        return email(value.decode()).value == value
    except (FieldError, UnicodeDecodeError):
        return False


_ALIASES: Final = ("emailadres", "email address")
_NEAR: Final = ("mail", "mailadres", "mail address")
EMAIL: Final = Kind(_NAME, _VERSION, None, (Field(_FIELD, _ALIASES, near=_NEAR),), _parse, _has_form)
