"""Words that people and programs write in a cell for which there is nothing to write (psimatch-1 §13.1).

Two lists that both have `onbekend` as the name of an account do not have an account in common. So such a word is no
value of any kind, and a cell that holds nothing else counts as empty.
"""

from __future__ import annotations

from typing import Final

# Capitals, without what parts letters: `n.v.t.`, `N V T` and `nvt` are one. In Dutch, in English, and what programs
# write; then what registers write for a name that nobody knows.
WORDS_FOR_NOTHING: Final = frozenset(
    str.split(
        "ANONIEM GEEN GEENGEGEVENS GEENIDEE GEENNAAM GEHEIM LEEG NAAMONBEKEND NADERTEBEPALEN NB NIET NIETBEKEND"
        " NIETBESCHIKBAAR NIETINGEVULD NIETVANTOEPASSING NIHIL NNB NOGNIETBEKEND NOGONBEKEND NTB NVT ONB ONBEK ONBEKEND"
        " ONBEKENDE ONBK ONGELDIG VERTROUWELIJK VOLGT VOLGTNOG WEETNIET ZONDERNAAM"
        " BABY DOCHTER JONGEN MEISJE ONGEBOREN ZOON"
        " ANONYMOUS EMPTY MISSING NA NONAME NONE NOTAPPLICABLE NOTAVAILABLE NOTHING NOTKNOWN SECRET TBA TBD TOFOLLOW"
        " UNK UNKNOWN NAN NIL NULL UNDEFINED"
        " FNU LNU NN NNN NNU"
    )
)
# Those that are also names of people.
NAMES_ALL_THE_SAME: Final = frozenset(("GEEN", "NA", "NAN", "NIL", "NULL"))
_FEWEST_X: Final = 2


def _letters(raw: str) -> str:
    return "".join(filter(str.isalnum, raw.upper()))


def is_word_for_nothing(raw: str) -> bool:
    """Say whether a text says that nothing is known; case, spaces, dots, hyphens and other signs don't matter.

    True for `onbekend`, `N.V.T.`, `xxx`, and for a text without a letter or digit, such as `-` or an empty one.
    """
    letters = _letters(raw)
    return not letters or letters in WORDS_FOR_NOTHING or (len(letters) >= _FEWEST_X and set(letters) == {"X"})


def may_be_a_name(raw: str) -> bool:
    """Say whether such a word is the name of people too, as Null, Nan and Geen are."""
    return _letters(raw) in NAMES_ALL_THE_SAME
