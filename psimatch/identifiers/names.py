"""Names of persons in forms that spelling does not change: letters, prefixes, sound (psimatch-1 §13.3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from anyascii import anyascii

# Words in front of a family name that lists leave out, join or put behind it.
_PREFIXES: Final = frozenset(
    str.split(
        "A AAN AL AU AUF BEN BIJ BIN D DA DAL DALLA DE DEL DELLA DEN DER DES DI DO DOS DU E EL EN ES ET HET IBN IM IN"
        " L LA LAS LE LES LO LOS NI OP OU OUDE S T TE TEN TER TOT UIT VAN VANDE VANDEN VANDER VD VDEN VDER VER VO VOM"
        " VON VOOR ZU ZUM ZUR"
    )
)
# The same written onto the name, at its beginning: `Ivanova` has none.
_JOINED: Final = re.compile(r"^(VANDER|VANDEN|VANDE|VAN|VD)(?=[A-Z]{3})")
_SEPARATORS: Final = re.compile(r"[^A-Z]+")
# Spellings of one sound, of Dutch, its neighbours, and names that came from elsewhere; from top to bottom.
_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"T?S?CH(?=ENKO)", "S"),
        (r"SCH|SZ|SH|CZ|TSJ|SJ|CS", "S"),
        (r"PH", "F"),
        (r"DJ|DZH|ZH", "J"),
        # The Dutch ij, which is also written y, and y where no consonant is heard: Meijer and Meyer, Thijs and Thys.
        (r"IJ|(?<=[A-Z])Y|Y(?![AEIOU])", "I"),
        (r"Y", "J"),
        (r"J(?![AEIOU])", ""),
        (r"GH", "G"),
        (r"CK|KH|CH", "K"),
        (r"C(?=[EIJ])", "S"),
        (r"[CQ]", "K"),
        (r"X", "KS"),
        (r"TH|DT|D", "T"),
        (r"[VW]", "F"),
        (r"Z", "S"),
        (r"H", ""),
    )
)
_DOUBLED: Final = re.compile(r"(.)\1+")
_VOWELS: Final = re.compile(r"[AEIOU]+")
_ANY_VOWEL: Final = frozenset("AEIOU")
_CLASSES: Final = {"A": "A", "E": "E", "I": "E", "O": "O", "U": "O"}


def letters(raw: str) -> str:
    """Return words of capital ASCII letters with one space between: accents go, other alphabets are transliterated."""
    text = anyascii(unicodedata.normalize("NFKD", raw).translate(_APOSTROPHES)).upper()
    return " ".join(word for word in _SEPARATORS.split(text) if word)


_APOSTROPHES: Final = {ord(mark): None for mark in "'\u2019\u2018\u02bc`\u00b4\u0300\u0301\u0308\u0327\u0302\u030c"}


def one_spelling(name: str) -> str:
    """Return a name, in letters, without spaces and with the Dutch ij as y: how `exact` compares it."""
    return name.replace(" ", "").replace("IJ", "Y")


def own_family(words: Sequence[str]) -> str:
    """Return the last word of a family name that is no prefix, without one that is written onto it.

    Of a double name that is the person's own, behind a partner's or the mother's. One prefix alone is a name, as Le and
    Van are; several are what stands before a name that is not there.
    """
    if len(words) > 1 and _PREFIXES.issuperset(words):
        return ""
    own = [word for place, word in enumerate(words) if place == 0 or word not in _PREFIXES]
    return _JOINED.sub("", own[-1]) if own else ""


def sound(name: str) -> str:
    """Return what is left of a name when spellings of one sound fall together: its consonants, and how it begins."""
    for pattern, replacement in _SOUNDS:
        name = pattern.sub(replacement, name)
    name = _DOUBLED.sub(r"\1", name)
    consonants, vowels = _VOWELS.sub("", name), _VOWELS.findall(name)
    if name[:1] in _ANY_VOWEL:
        return "A" + consonants
    # Tim is not Tom: where little else is left, the first vowel counts.
    return consonants[:1] + _CLASSES[vowels[0][0]] + consonants[1:] if vowels and len(consonants) < 3 else consonants
