"""`psimatch explain`: an agreement in plain words, in Dutch or English."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Final

import click

import psimatch
from psimatch.cli.explain_texts import TEXTS
from psimatch.cli.figures import KIND_NAMES, number, share_words
from psimatch.cli.options import PATH, example

_WIDTH: Final = 100
_LANGUAGES: Final = tuple(TEXTS)


@click.command("explain", epilog=example("psimatch explain pilot.agreement.toml --lang nl"))
@click.argument("path", type=PATH, metavar="AGREEMENT")
@click.option("--lang", type=click.Choice(_LANGUAGES), default="nl", show_default=True, help="Dutch or English.")
def explain(path: Path, lang: str) -> None:
    """Say in plain words what an agreement means: who learns what, what nobody learns, and how much could be tested.

    For whoever signs it, and for the privacy officer. It says what the program does with these terms, no more.
    """
    terms = psimatch.read_agreement_file(path).terms
    for line in explained(terms, lang):
        click.echo(textwrap.fill(line, _WIDTH, subsequent_indent="    " if line.startswith("  -") else ""))


def explained(terms: psimatch.Terms, lang: str) -> list[str]:
    """Return the lines of the explanation."""
    texts = TEXTS[lang]
    both = terms.reveal is psimatch.Reveal.BOTH
    kinds = texts["and"].join(KIND_NAMES[lang].get(kind.name, kind.name) for kind in terms.kinds_known)
    words = {
        "client": terms.client.name,
        "server": terms.server.name,
        "kinds": kinds,
        "items": number(terms.max_items, lang),
        "evaluations": number(terms.max_evaluations, lang),
        "from": terms.valid_from.isoformat(),
        "until": terms.valid_until.isoformat(),
        "days": number(terms.retention_days, lang),
        "per_day": number(terms.sessions_per_day, lang),
        "minutes": number(terms.minutes_between_sessions, lang),
        "contact": terms.contact_size,
        "purpose": terms.purpose,
        "legal_basis": terms.legal_basis,
        "reason": terms.large_budget_reason,
        "auditor": terms.auditor,
    }
    names = ["what", "why", "learn_both" if both else "learn_client"]
    names += ["person"] if psimatch.PERSON_KIND.label in terms.kinds else []
    names += ["contacts"] if terms.contact_size else []
    names += ["nobody", "size", "limits"]
    names += ["apart"] if terms.minutes_between_sessions else []
    lines = [f"# {terms.title}", ""]
    for name in names:
        lines += [texts[name].format(**words), ""]
    lines += [texts["could_session"].format(**words), *_shares(terms, terms.max_items, lang), ""]
    lines += [texts["could_all"].format(**words), *_shares(terms, terms.max_evaluations, lang), ""]
    rest = [*(["large"] if terms.large_budget_reason else []), *(["renews"] if terms.predecessor else [])]
    audit = ["audit"] if terms.auditor else []
    for name in [*rest, "term", "kept", *audit, "guess", "false", "fair"]:
        lines += [texts[name].format(**words), ""]
    return [psimatch.visible(line) for line in lines[:-1]]


def _shares(terms: psimatch.Terms, evaluations: int, lang: str) -> list[str]:
    return [f"  - {share_words(kind, evaluations, lang)}" for kind in terms.kinds_known]
