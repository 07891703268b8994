"""Kind `text` version 1: any other text, compared character for character, as UTF-8 in NFC."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.parameters import LIMITS

_NAME: Final = "text"
_VERSION: Final = 1
_FIELD: Final = "text"


def text(raw: str) -> Identifier:
    """Return the identifier of `raw`: spaces and capitals count, only the Unicode composition (NFC) does not.

    Raises:
        FieldError: empty or only white space, a NUL, a lone surrogate, a code point that this Python's Unicode
            does not know, or more than 1,024 bytes of UTF-8.
    """
    # Two lists with a stray blank each must not match on it.
    if not raw.strip():
        raise FieldError(_FIELD, "is empty or only white space", "write some text")
    if "\0" in raw:
        raise FieldError(_FIELD, "has a NUL character", "remove it")
    if not raw.isascii():
        # Only of assigned characters is the NFC the same in every version of Unicode, and so in the peer's Python.
        if any(unicodedata.category(character) in {"Cs", "Cn"} for character in raw):
            raise FieldError(_FIELD, "has a code point that is no character", "remove it")
        raw = unicodedata.normalize("NFC", raw)
    value = raw.encode("utf-8")
    if len(value) > LIMITS.identifier_bytes:
        raise FieldError(_FIELD, f"has more than {LIMITS.identifier_bytes} bytes of UTF-8", "shorten it")
    return Identifier(_NAME, _VERSION, value)


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (text(fields.get(_FIELD, "")),)


def _has_form(value: bytes) -> bool:
    if value.isascii():
        # Most are, and a session asks it of each text of its list.
        return b"\0" not in value and not value.decode().isspace()
    try:
        return text(value.decode()).value == value
    except (UnicodeDecodeError, FieldError):
        return False


TEXT: Final = Kind(_NAME, _VERSION, None, (Field(_FIELD),), _parse, _has_form)
