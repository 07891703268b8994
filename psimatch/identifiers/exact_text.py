"""Kind `text` version 1: any other text, compared character for character, as UTF-8 in NFC.

White space at either end goes, since nobody sees it; between words it stays, and counts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.nothing import is_word_for_nothing
from psimatch.parameters import LIMITS

_NAME: Final = "text"
_VERSION: Final = 1
_FIELD: Final = "text"
# The characters with Unicode's property White_Space, a zero width space, and the mark that begins a file.
STRIPPED: Final = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
)


def text(raw: str) -> Identifier:
    """Return the identifier of `raw` without white space at its ends.

    Spaces between words and capitals count; only the Unicode composition (NFC) does not.

    Raises:
        FieldError: empty, only white space or a word for nothing, a NUL, a lone surrogate, a code point that this
            Python's Unicode does not know, or more than 1,024 bytes of UTF-8.
    """
    raw = raw.strip(STRIPPED)
    # Two lists with a stray blank each must not match on it.
    if not raw:
        raise FieldError(_FIELD, "is empty or only white space", "write some text")
    if is_word_for_nothing(raw):
        raise FieldError(_FIELD, "is a word for nothing", "leave the cell empty if there is no text")
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
    try:
        return text(value.decode()).value == value
    except (UnicodeDecodeError, FieldError):
        return False


TEXT: Final = Kind(
    _NAME, _VERSION, None, (Field(_FIELD, near=("tekst", "vrije tekst", "free text")),), _parse, _has_form
)
