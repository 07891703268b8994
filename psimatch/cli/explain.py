"""`psimatch explain`: an agreement in plain words, in Dutch or English."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

import psimatch
from psimatch.cli.explain_texts import TEXTS
from psimatch.cli.figures import KIND_NAMES, number, share_words
from psimatch.cli.free_text import marked, quoted, screen_width
from psimatch.cli.options import PATH, example
from psimatch.cli.session_count import sessions_words

_LANGUAGES: Final = tuple(TEXTS)


@click.command("explain", epilog=example("psimatch explain pilot.agreement.toml --lang nl"))
@click.argument("path", type=PATH, metavar="AGREEMENT")
@click.option("--lang", type=click.Choice(_LANGUAGES), default="nl", show_default=True, help="Dutch or English.")
def explain(path: Path, lang: str) -> None:
    """Say in plain words what an agreement means: who learns what, what nobody learns, and how much could be tested.

    For whoever signs it, and for the privacy officer. It says what the program does with these terms, no more.
    """
    terms = psimatch.read_agreement_file(path).terms
    click.echo("\n".join(explained(terms, lang)))


def explained(terms: psimatch.Terms, lang: str) -> list[str]:
    """Return the lines of the explanation: first what people wrote, marked, then what this program says of it."""
    texts = TEXTS[lang]
    both = terms.reveal is psimatch.Reveal.BOTH
    kinds = texts["and"].join(KIND_NAMES[lang].get(kind.name, kind.name) for kind in terms.kinds_known)
    words = {
        "client": quoted(terms.client.name),
        "server": quoted(terms.server.name),
        "kinds": kinds,
        "items": number(terms.max_items, lang),
        "evaluations": number(terms.max_evaluations, lang),
        "from": terms.valid_from.isoformat(),
        "until": terms.valid_until.isoformat(),
        "days": number(terms.retention_days, lang),
        "per_day": number(terms.sessions_per_day, lang),
        "minutes": number(terms.minutes_between_sessions, lang),
        "contact": terms.contact_size,
        "sessions": sessions_words(terms, terms.max_evaluations, terms.valid_from, lang),
        "auditor": terms.auditor,
    }
    names = ["what", "learn_both" if both else "learn_client"]
    names += ["person"] if psimatch.PERSON_KIND.label in terms.kinds else []
    names += ["contacts"] if terms.contact_size else []
    names += ["nobody", "size", "limits", "count"]
    names += ["apart"] if terms.minutes_between_sessions else []
    lines = []
    for name in names:
        lines += [texts[name].format(**words), ""]
    lines += [texts["could_session"].format(**words), *_shares(terms, terms.max_items, lang), ""]
    lines += [texts["could_all"].format(**words), *_shares(terms, terms.max_evaluations, lang), ""]
    rest = ["renews"] if terms.predecessor else []
    audit = ["audit"] if terms.auditor else []
    for name in [*rest, "term", "kept", *audit, "guess", "false", "fair"]:
        lines += [texts[name].format(**words), ""]
    return [*_written(terms, texts), "", *(part for line in lines[:-1] for part in _filled(line))]


def _written(terms: psimatch.Terms, texts: Mapping[str, str]) -> list[str]:
    """Return what people wrote in the terms, each line marked with its field."""
    given = {
        "title": terms.title,
        "purpose": terms.purpose,
        "legal_basis": terms.legal_basis,
        "large_budget_reason": terms.large_budget_reason,
        "client": terms.client.name,
        "server": terms.server.name,
    }
    width = screen_width()
    lines = [line for name, text in given.items() if text for line in marked(texts[name], text, width)]
    return [texts["written"], *lines]


def _filled(line: str) -> list[str]:
    return textwrap.wrap(line, screen_width() - 1, subsequent_indent="    " if line.startswith("  -") else "") or [""]


def _shares(terms: psimatch.Terms, evaluations: int, lang: str) -> list[str]:
    return [f"  - {share_words(kind, evaluations, lang)}" for kind in terms.kinds_known]
