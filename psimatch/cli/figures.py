"""Evaluations in figures that people understand (psimatch-1 §11.1)."""

from __future__ import annotations

from typing import Final

import psimatch
from psimatch.cli import messages

# A class and a street as anybody pictures them; the share beside them is exact.
CLASS: Final = 25
STREET: Final = 50
_WARN_FROM: Final = 0.001


def share_text(kind: psimatch.Kind, evaluations: int) -> str:
    """Return how much of a kind so many evaluations can test, as if all went to that kind."""
    share = kind.share(evaluations)
    if share is None:
        return f"{evaluations:,} values of {kind.label}"
    return f"{percent(share)} of all {_NAMES.get(kind.name, kind.label)}, or {_in_words(kind, evaluations)}"


_NAMES: Final = {"nl-bsn": "valid BSNs", "nl-address": "Dutch addresses"}


def _in_words(kind: psimatch.Kind, evaluations: int) -> str:
    if kind.name == "nl-address":
        return _counted(evaluations, STREET, "every address of", "street of 50 addresses", "streets of 50 addresses")
    return _counted(evaluations, CLASS, "every child of", "school class of 25", "school classes of 25")


def _counted(evaluations: int, size: int, every: str, one: str, more: str) -> str:
    count = evaluations // size
    if not count:
        return f"{evaluations:,} guesses"
    return f"{every} {count:,} {one if count == 1 else more}"


def percent(share: float, lang: str = "en") -> str:
    """Return a share in percent with two significant digits, and never as 0% where it is not."""
    if share > 1:
        return {"en": "more than 100%", "nl": "meer dan 100%"}[lang]
    text = f"{float(f'{100 * share:.2g}'):.12f}".rstrip("0").rstrip(".") + "%"
    return text.replace(".", ",") if lang == "nl" else text


def warn_of_budget(terms: psimatch.Terms) -> None:
    """Warn where an agreement would let a party test more than a thousandth of a kind's values."""
    for kind in terms.kinds_known:
        share = kind.share(terms.max_evaluations)
        if share is not None and share > _WARN_FROM:
            messages.warning(
                f"this agreement lets a party test {share_text(kind, terms.max_evaluations)};"
                " a smaller --max-evaluations protects the children who are in neither list"
            )
