"""Text that lost letters on its way from one program to another, so that it can no longer match what was meant.

A letter with an accent is lost in three ways: a program writes `?` for it (`Br?ckner`), a program writes U+FFFD for
it, or a program reads UTF-8 as if it were an older encoding, so that `Zoë` becomes `ZoÃ«`.
"""

from __future__ import annotations

import re
from typing import Final

_OLDER_ENCODINGS: Final = ("cp1252", "latin-1", "cp850")
_REPLACEMENT: Final = "\ufffd"
_QUESTION: Final = re.compile(r"(?<=\w)\?|\?(?=\w)")
# What a spreadsheet shows where a formula failed, in English and in Dutch.
_FAILED: Final = re.compile(
    r"\s*#(N/A|N/B|NB|REF!|VERW!|VALUE!|WAARDE!|NAME\?|NAAM\?|DIV/0!|DEEL/0!|NUM!|GETAL!|NULL!|LEEG!|SPILL!|CALC!|#+)\s*",
    re.IGNORECASE,
)


def is_damaged(text: str) -> bool:
    """Say whether text has U+FFFD in it, or is UTF-8 that was read as an older encoding."""
    if text.isascii():
        return False
    return _REPLACEMENT in text or any(_was_utf_8(text, encoding) for encoding in _OLDER_ENCODINGS)


def is_damaged_name(text: str) -> bool:
    """Say whether the name of a person is damaged: as `is_damaged`, or with a question mark where a letter was."""
    return _QUESTION.search(text) is not None or is_damaged(text)


def is_failed_formula(text: str) -> bool:
    """Say whether a cell holds what a spreadsheet writes where a formula failed, such as `#N/A`."""
    return text.lstrip()[:1] == "#" and _FAILED.fullmatch(text) is not None


def _was_utf_8(text: str, encoding: str) -> bool:
    try:
        return len(text.encode(encoding).decode("utf-8")) < len(text)
    except UnicodeError:
        return False
