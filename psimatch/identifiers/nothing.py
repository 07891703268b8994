"""Words that people and programs write in a cell for which there is nothing to write (psimatch-1 §13.1).

Two lists that both have `onbekend` as the name of an account do not have an account in common. So a cell that holds
nothing but such a word counts as empty in every kind.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Capitals, without what parts letters: `n.v.t.`, `N V T` and `nvt` are one. In Dutch, then in English, then what
# programs write, then what registers write for a name that nobody knows (first, family, no name unknown).
_WORDS: Final = frozenset(
    str.split(
        "ONBEKEND ONB ONBK NB NVT NIETBEKEND NIETVANTOEPASSING NIETINGEVULD NIETBESCHIKBAAR GEEN GEENGEGEVENS GEHEIM"
        " ANONIEM VOLGT VOLGTNOG NOGONBEKEND NIHIL LEEG WEETNIET NTB NADERTEBEPALEN"
        " UNKNOWN NOTKNOWN NOTAPPLICABLE NOTAVAILABLE NA NONE NOTHING SECRET ANONYMOUS EMPTY TBD TBA TOFOLLOW MISSING"
        " NULL NIL NAN UNDEFINED"
        " FNU LNU NNU NN NNN XXX XXXX XXXXX"
    )
)
# Of these people are called too, in a cell for a name.
_NAMES_TOO: Final = frozenset(("NULL", "NAN", "GEEN", "NA", "NN", "ONB", "NIL", "NIHIL", "VOLGT"))


def _letters(raw: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", raw).upper()))


def is_word_for_nothing(raw: str) -> bool:
    """Say whether a cell that is not blank holds nothing but such a word, or only marks such as `-`, `.` and `?`."""
    letters = _letters(raw)
    if letters:
        return letters in _WORDS
    return bool(raw.strip()) and all(unicodedata.category(character)[0] in "PZC" for character in raw)


def may_be_a_name(raw: str) -> bool:
    """Say whether such a word is the name of people too, as Null, Nan and Geen are."""
    return _letters(raw) in _NAMES_TOO
