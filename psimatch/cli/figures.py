"""Evaluations in figures that people understand, in Dutch and English (psimatch-1 §11.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import psimatch
from psimatch.cli import messages

# A class and a street as anybody pictures them; the share beside them is exact. Their sizes stand in the words too.
_CLASS: Final = 25
_STREET: Final = 50
_WARN_FROM: Final = 0.001

KIND_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "nl-bsn": "burgerservicenummers",
        "nl-address": "adressen",
        "nl-bag": "adressen (BAG)",
        "email": "e-mailadressen",
        "handle": "accounts",
        "iban": "bankrekeningen",
        "phone": "telefoonnummers",
        "plate": "kentekens",
        "person": "personen zonder nummer",
        "text": "teksten, letter voor letter",
    },
    "en": {
        "nl-bsn": "citizen service numbers (BSN)",
        "nl-address": "addresses",
        "nl-bag": "addresses (BAG)",
        "email": "e-mail addresses",
        "handle": "accounts",
        "iban": "bank accounts",
        "phone": "telephone numbers",
        "plate": "licence plates",
        "person": "persons without a number",
        "text": "texts, letter by letter",
    },
}
_SHARES: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "nl-bsn": "{share} van alle geldige BSN's, of elk kind van {count} schoolklassen van 25",
        "nl-address": "{share} van alle adressen in Nederland, of alle adressen van {count} straten van 50",
        "person": "{tries} kinderen van wie naam en geboortedatum bekend zijn, {share} van alle minderjarigen;"
        " of {tries} pogingen om een verjaardag te raden: ongeveer 300 vinden die van een kind van wie naam en"
        " geboortejaar bekend zijn",
        "few": "{share} van alle {kind}: {tries} pogingen",
        "unknown": "{tries} waarden van {kind}",
    },
    "en": {
        "nl-bsn": "{share} of all valid BSNs, or every child of {count} school classes of 25",
        "nl-address": "{share} of all Dutch addresses, or every address of {count} streets of 50",
        "person": "{tries} children of whom the name and birthday are known, {share} of all minors; or {tries} attempts"
        " at a birthday: about 300 tries find that of a child of known name and year",
        "few": "{share} of all {kind}: {tries} tries",
        "unknown": "{tries} values of {kind}",
    },
}


def share_words(kind: psimatch.Kind, evaluations: int, lang: str = "en") -> str:
    """Return how much of a kind so many evaluations can test, in Dutch or English, as if all went to that kind."""
    share, size = kind.share(evaluations), {"nl-bsn": _CLASS, "nl-address": _STREET}.get(kind.name, 0)
    count = evaluations // size if size else 0
    name = "unknown" if share is None else kind.name if count > 1 or kind.name == psimatch.PERSON else "few"
    words = {"kind": KIND_NAMES[lang].get(kind.name, kind.label), "tries": number(evaluations, lang)}
    shown = "" if share is None else percent(share, lang)
    return _SHARES[lang][name].format(share=shown, count=number(count, lang), **words)


def number(value: int, lang: str) -> str:
    """Return a number as the language groups its digits."""
    text = f"{value:,}"
    return text.replace(",", ".") if lang == "nl" else text


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
                f"this agreement lets a party test {share_words(kind, terms.max_evaluations)};"
                " a smaller --max-evaluations protects the children who are in neither list"
            )
