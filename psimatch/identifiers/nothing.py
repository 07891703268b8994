"""Words that lists hold where they know nothing, in Dutch and English (psimatch-1 §13.1).

Two rows with such a word have nothing in common, so it is no value of any kind.
"""

from __future__ import annotations

from typing import Final

# Without spaces, dots and hyphens, in capitals.
WORDS_FOR_NOTHING: Final = frozenset(
    str.split(
        "ANONIEM ANONYMOUS EMPTY FNU GEEN GEENIDEE GEENNAAM GEHEIM LEEG LNU NA NAAMONBEKEND NAN NB NIET"
        " NIETBEKEND NIETINGEVULD NIETVANTOEPASSING NIL NNB NN NNU NOGNIETBEKEND NONAME NONE NOTAPPLICABLE NOTAVAILABLE"
        " NOTKNOWN NULL NVT ONB ONBEK ONBEKEND ONGELDIG TBA TBD UNDEFINED UNK UNKNOWN VERTROUWELIJK VOLGT"
        " VOLGTNOG ZONDERNAAM"
    )
)
# Those that are also names of people.
NAMES_ALL_THE_SAME: Final = frozenset(("GEEN", "NA", "NAN", "NIL", "NULL"))
_FEWEST_X: Final = 2


def is_word_for_nothing(text: str) -> bool:
    """Say whether a cell's text says that nothing is known; case, spaces, dots, hyphens and other signs don't matter.

    True for `onbekend`, `N.V.T.`, `xxx`, and for a text without a letter or digit, such as `-` or an empty one.
    """
    plain = "".join(character for character in text.upper() if character.isalnum())
    return not plain or plain in WORDS_FOR_NOTHING or (len(plain) >= _FEWEST_X and set(plain) == {"X"})
