"""Text that is safe to show in a terminal, in a form and in a spreadsheet: contacts, and what somebody is to sign."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from psimatch.errors import FieldError
from psimatch.parameters import LIMITS

# Control (C0, DEL, C1), format (bidirectional controls, zero-width, tags, soft hyphen), lone surrogate, private use,
# unassigned, line and paragraph separator: what can move, hide or reorder text, or shows differently elsewhere.
# Emoji joiners go too; a contact can do without.
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and symbols by category, but they show as nothing: fillers, a blank Braille cell, a grapheme joiner.
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159\u180b\u180c\u180d\u180f")
_VARIATION_SELECTORS: Final = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_LINE_BREAKS: Final = re.compile("[\t\n\v\f\r\u0085\u2028\u2029]+")

# ECMA-48: strings (DCS, SOS, OSC, PM, APC) up to their terminator, or to the end as a terminal would; CSI with its
# parameters; any other escape. Each has a form with ESC and one with a C1 control.
_TERMINAL_SEQUENCE: Final = re.compile(
    "(?:\x1b[PX\\]^_]|[\x90\x98\x9d\x9e\x9f])(?s:.*?)(?:\x07|\x1b\\\\|\x9c|\\Z)"
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|\x1b[ -/]*[0-~]?"
)

# The characters that begin a formula in a spreadsheet: ASCII, full width and small forms, and the minus sign.
_FORMULA_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
# A spreadsheet that expects another separator than the file has splits a cell in two, so a formula may hide there.
_FORMULA: Final = re.compile(rf"(\A|[;,|])(?=[\s\"]*[{_FORMULA_SIGNS}])")


def check_contact(text: str, limit: int = LIMITS.contact_bytes) -> None:
    """Check this party's own contact: at most `limit` bytes of UTF-8, and nothing that `disarm` would remove.

    Raises:
        FieldError: it is too long or has a character that is unsafe to show.
    """
    # Printable ASCII, which most contacts are, needs no look at each character.
    if not (text.isascii() and text.isprintable()) and any(_is_unsafe(character) for character in text):
        raise FieldError("contact", "has a control or invisible character", "write it on one line, as plain text")
    size = len(text.encode("utf-8"))
    if size > limit:
        raise FieldError("contact", f"has {size} bytes, where {limit} are allowed", "shorten it")


def disarm(text: str) -> str:
    """Return the peer's contact made safe: one line, at most 512 bytes of UTF-8, no formula.

    Terminal sequences go as a whole, as do control, format, private-use, unassigned and invisible characters and lone
    surrogates; line breaks and tabs become a space. What would begin a formula in a spreadsheet gets an apostrophe
    before it, a telephone number with a plus too. Doing it twice changes nothing more. Raises nothing.
    """
    # A character has at least one byte, so an honest contact loses nothing here, and what follows stays cheap.
    text = text[: LIMITS.contact_bytes]
    # What is invisible goes first, lest it stands inside a sequence and breaks it up.
    text = "".join(character for character in text if _is_control(character) or not _is_unsafe(character))
    text = _TERMINAL_SEQUENCE.sub("", text)
    text = _LINE_BREAKS.sub(" ", text)
    text = "".join(character for character in text if not _is_control(character)).strip()
    text = _FORMULA.sub(r"\1'", text)
    return text.encode("utf-8")[: LIMITS.contact_bytes].decode("utf-8", errors="ignore").rstrip()


def without_blanks(text: str, replacement: Callable[[str], str] = lambda _: "") -> str:
    """Return text without the characters that show as nothing though they are letters, marks or symbols."""
    return "".join(replacement(character) if _is_blank(character) else character for character in text)


def visible(text: str) -> str:
    """Return text in which each character that shows as nothing is written as its code point, such as `<U+034F>`.

    For names and terms that somebody is about to sign: two that look the same are the same. Letters of other alphabets
    that look like these stay as they are.
    """
    return without_blanks(text, lambda character: f"<U+{ord(character):04X}>")


def visible_spaces(text: str, *, every: bool = False) -> str:
    """Return text in which each space but a single plain one, and each invisible character, is its code point.

    With `every`, single plain spaces too.
    """
    shown = []
    for place, character in enumerate(text):
        plain = character == " " and not every and text[place - 1 : place] != " " and text[place + 1 : place + 2] != " "
        odd = character.isspace() or _is_unsafe(character)
        shown.append(f"<U+{ord(character):04X}>" if odd and not plain else character)
    return "".join(shown)


def _is_blank(character: str) -> bool:
    return character in _BLANKS or character in _VARIATION_SELECTORS


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE_CATEGORIES or _is_blank(character)


def _is_control(character: str) -> bool:
    """Return whether `disarm` still needs the character to see sequences and lines; later it removes it."""
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}
