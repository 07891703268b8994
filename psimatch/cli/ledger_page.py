"""A ledger as a page for the privacy officer: it stands alone, prints well, and holds no identifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

import psimatch
from psimatch.cli.figures import number, percent
from psimatch.cli.ledgers import entry_text, moment

_STYLE: Final = """
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .6rem .25rem 0;
border-bottom: 1px solid #d8dee6; vertical-align: top; } td.n { text-align: right; } td.n, td.s { white-space: nowrap; }
table + svg { margin-top: 1rem; }
.hash { font-family: ui-monospace, monospace; font-size: .8rem; word-break: break-all; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #1c2733; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Ledger of",
        "about": "What this organisation's program recorded of the matching of lists with other organisations. A ledger"
        " holds no child and no address; reasons and names of operators are as people wrote them. Times are in UTC.",
        "checked": "{count} entries, each signed and chained to the one before; checked when this page was made, and"
        " as they were written. Head:",
        "all": "All entries",
        "number": "No.",
        "when": "When",
        "what": "What",
        "by": "By",
        "with": "With",
        "with_is": "{peer}",
        "in_force": "In force",
        "in_force_is": "{valid_from} to {valid_until}{withdrawn}",
        "is_withdrawn": "; withdrawn",
        "budget": "Budget",
        "budget_is": "{max_evaluations} evaluations; {spent} charged to the other party in the term",
        "sessions": "Sessions",
        "sessions_is": "{charges} charged, {finished} of them with a receipt that both signed",
        "matched": "Matches",
        "matched_is": "{matches} learned by this organisation",
        "picture": "Evaluations charged: {total} of {budget} ({share})",
    },
    "nl": {
        "title": "Logboek van",
        "about": "Wat het programma van deze organisatie vastlegde van het vergelijken van lijsten met andere"
        " organisaties. Een logboek bevat geen kind en geen adres; redenen en namen van bedieners staan er"
        " zoals mensen ze schreven. Tijden zijn in UTC.",
        "checked": "{count} regels, elk ondertekend en aan de vorige geketend; nagegaan toen deze bladzijde gemaakt"
        " werd, en zoals zij geschreven zijn. Laatste schakel:",
        "all": "Alle regels",
        "number": "Nr.",
        "when": "Wanneer",
        "what": "Wat",
        "by": "Door",
        "with": "Met",
        "with_is": "{peer}",
        "in_force": "Van kracht",
        "in_force_is": "{valid_from} tot en met {valid_until}{withdrawn}",
        "is_withdrawn": "; ingetrokken",
        "budget": "Tegoed",
        "budget_is": "{max_evaluations} pogingen; {spent} door de andere partij verbruikt in de looptijd",
        "sessions": "Sessies",
        "sessions_is": "{charges} belast, waarvan {finished} met een bewijs dat beide ondertekenden",
        "matched": "Matches",
        "matched_is": "{matches} geleerd door deze organisatie",
        "picture": "Pogingen verbruikt: {total} van {budget} ({share})",
    },
}
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 200, 70, 30


def page(ledger: psimatch.LedgerView, verified: psimatch.Verified, lang: str) -> str:
    """Return the page as HTML, in Dutch or English."""
    entries, names, words = list(ledger.entries()), ledger.peers(), _WORDS[lang]
    owner = escape(ledger.owner.name)
    parts = [
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">',
        f"<title>{words['title']} {owner}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{words['title']} {owner}</h1><p>{words['about']}</p>",
        f'<p>{words["checked"].format(count=verified.entries)} <span class="hash">{verified.head.hex()}</span></p>',
    ]
    for agreement in [entry for entry in entries if entry.kind == "accepted"]:
        parts += _agreement(agreement, entries, names, lang)
    heads = "".join(f"<th>{words[name]}</th>" for name in ("number", "when", "what", "by"))
    parts += [f"<h2>{words['all']}</h2><table><tr>{heads}</tr>"]
    parts += [
        f'<tr><td class="n">{entry.number}</td><td class="s">{moment(entry.time)}</td>'
        f'<td>{escape(entry_text(entry, names, lang))}</td><td class="s">{escape(entry.operator)}</td></tr>'
        for entry in entries
    ]
    return "\n".join([*parts, "</table></body></html>", ""])


def _agreement(
    accepted: psimatch.Entry, entries: Sequence[psimatch.Entry], names: Mapping[str, str], lang: str
) -> list[str]:
    fields, words = accepted.fields, _WORDS[lang]
    same = [entry for entry in entries if entry.fields.get("agreement") == fields["agreement"]]
    charges = [entry for entry in same if entry.kind == "charged"]
    # What counts against this agreement: all charges to the party within its term.
    counted = [
        entry
        for entry in entries
        if entry.kind == "charged"
        and entry.fields["party"] == fields["party"]
        and moment(entry.time)[:10] >= fields["valid_from"]
    ]
    finished = sum(entry.kind == "finished" for entry in same)
    spent = sum(entry.fields["evaluations"] for entry in counted)
    matches = sum(max(0, entry.fields["matches"]) for entry in same if entry.kind == "finished")
    withdrawn = any(entry.kind == "withdrawn" for entry in same)
    figures = {
        "max_evaluations": number(fields["max_evaluations"], lang),
        "peer": names.get(fields["peer"], ""),
        "withdrawn": words["is_withdrawn"] if withdrawn else "",
        "spent": number(spent, lang),
        "charges": number(len(charges), lang),
        "finished": number(finished, lang),
        "matches": number(matches, lang),
    }
    table = "".join(
        f"<tr><th>{words[name]}</th><td>{escape(words[name + '_is'].format(**{**fields, **figures}))}</td></tr>"
        for name in ("with", "in_force", "budget", "sessions", "matched")
    )
    picture = _picture(
        counted, int(fields["max_evaluations"]), fields["valid_from"], fields["valid_until"], entries[-1].time, lang
    )
    return [f"<h2>{escape(str(fields['title']))}</h2>", f"<table>{table}</table>", picture]


def _picture(charges: Sequence[psimatch.Entry], budget: int, first: str, last: str, now: int, lang: str) -> str:
    """Return the budget's use over the term up to now: a step up for each charge, a line where the budget ends."""
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() for day in (first, last))
    end = max(end, begin) + 86_400

    def place(time: float, total: int) -> str:
        x = _LEFT + (_WIDTH - _LEFT - 10) * (min(max(time, begin), end) - begin) / (end - begin)
        y = 20 + (_HEIGHT - 20 - _BOTTOM) * (1 - min(total / budget, 1))
        return f"{x:.1f},{y:.1f}"

    total, points = 0, [place(begin, 0)]
    # Where a clock was accepted, a later entry may bear an earlier time.
    for entry in sorted(charges, key=lambda charge: charge.time):
        now = max(now, entry.time)
        points.append(place(entry.time, total))
        total += entry.fields["evaluations"]
        points.append(place(entry.time, total))
    points.append(place(now, total))
    label = _WORDS[lang]["picture"].format(
        total=number(total, lang), budget=number(budget, lang), share=percent(total / budget, lang)
    )
    bottom = _HEIGHT - _BOTTOM
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}"><title>{label}</title>'
        f'<line x1="{_LEFT}" y1="20" x2="{_WIDTH - 10}" y2="20" stroke="#b3261e" stroke-dasharray="5 4"/>'
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - 10}" y2="{bottom}" stroke="#5b6876"/>'
        f'<polyline points="{" ".join(points)}" fill="none" stroke="#2a6fbb" stroke-width="2.5"/>'
        f'<text x="{_LEFT - 6}" y="24" text-anchor="end">{number(budget, lang)}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom + 4}" text-anchor="end">0</text>'
        f'<text x="{_LEFT}" y="12">{label}</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 8}">{first}</text>'
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 8}" text-anchor="end">{last}</text></svg>'
    )
