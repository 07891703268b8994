"""The spaces and hyphens that exports and word processors write where a keyboard has one of each."""

from __future__ import annotations

from typing import Final

# No-break, figure, thin and narrow no-break space, and the tab that a paste from a table leaves.
_SPACES: Final = "\t\u00a0\u2007\u2009\u202f"
# Hyphen, no-break hyphen, figure dash, en dash, em dash and minus: what "autocorrect" makes of a hyphen.
_HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2014\u2212"
_PLAIN: Final = str.maketrans(dict.fromkeys(_SPACES, " ") | dict.fromkeys(_HYPHENS, "-"))


def plain_separators(raw: str) -> str:
    """Return `raw` with each kind of space and hyphen as the ASCII one, and without white space at either end.

    Nothing else changes, so an unexpected character is still there for the kind to refuse. Raises nothing.
    """
    return raw.translate(_PLAIN).strip()
