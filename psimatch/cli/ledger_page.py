"""A ledger as a page for the privacy officer: it stands alone, prints well, and names nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

import psimatch
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
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 200, 70, 30


def page(ledger: psimatch.LedgerView, verified: psimatch.Verified) -> str:
    """Return the page as HTML."""
    entries, names = list(ledger.entries()), ledger.peers()
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>Ledger of {escape(ledger.owner.name)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Ledger of {escape(ledger.owner.name)}</h1>",
        "<p>What this organisation's program recorded of the matching of lists with other organisations. "
        "It names no child and no address: a ledger holds none. Times are in UTC.</p>",
        f"<p>{verified.entries:,} entries, each signed and chained to the one before; checked when this page was made, "
        f'and as they were written. Head: <span class="hash">{verified.head.hex()}</span></p>',
    ]
    for agreement in [entry for entry in entries if entry.kind == "accepted"]:
        parts += _agreement(agreement, entries, names)
    parts += ["<h2>All entries</h2><table><tr><th>No.</th><th>When</th><th>What</th><th>By</th></tr>"]
    parts += [
        f'<tr><td class="n">{entry.number}</td><td class="s">{moment(entry.time)}</td>'
        f'<td>{escape(entry_text(entry, names))}</td><td class="s">{escape(entry.operator)}</td></tr>'
        for entry in entries
    ]
    return "\n".join([*parts, "</table></body></html>", ""])


def _agreement(accepted: psimatch.Entry, entries: Sequence[psimatch.Entry], names: dict[str, str]) -> list[str]:
    fields = accepted.fields
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
    rows = [
        ("With", names.get(fields["peer"], "")),
        ("In force", f"{fields['valid_from']} to {fields['valid_until']}" + ("; withdrawn" if withdrawn else "")),
        ("Budget", f"{fields['max_evaluations']:,} evaluations; {spent:,} charged to the other party in the term"),
        ("Sessions", f"{len(charges):,} charged, {finished:,} of them with a receipt that both signed"),
        ("Matches", f"{matches:,} learned by this organisation"),
    ]
    table = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    picture = _picture(
        counted, int(fields["max_evaluations"]), fields["valid_from"], fields["valid_until"], entries[-1].time
    )
    return [f"<h2>{escape(str(fields['title']))}</h2>", f"<table>{table}</table>", picture]


def _picture(charges: Sequence[psimatch.Entry], budget: int, first: str, last: str, now: int) -> str:
    """Return the budget's use over the term up to now: a step up for each charge, a line where the budget ends."""
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() for day in (first, last))
    end = max(end, begin) + 86_400

    def place(time: float, total: int) -> str:
        x = _LEFT + (_WIDTH - _LEFT - 10) * (min(max(time, begin), end) - begin) / (end - begin)
        y = 20 + (_HEIGHT - 20 - _BOTTOM) * (1 - min(total / budget, 1))
        return f"{x:.1f},{y:.1f}"

    total, points = 0, [place(begin, 0)]
    for entry in charges:
        points.append(place(entry.time, total))
        total += entry.fields["evaluations"]
        points.append(place(entry.time, total))
    points.append(place(now, total))
    label = f"Evaluations charged: {total:,} of {budget:,} ({100 * total / budget:.1f}%)"
    bottom = _HEIGHT - _BOTTOM
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}"><title>{label}</title>'
        f'<line x1="{_LEFT}" y1="20" x2="{_WIDTH - 10}" y2="20" stroke="#b3261e" stroke-dasharray="5 4"/>'
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - 10}" y2="{bottom}" stroke="#5b6876"/>'
        f'<polyline points="{" ".join(points)}" fill="none" stroke="#2a6fbb" stroke-width="2.5"/>'
        f'<text x="{_LEFT - 6}" y="24" text-anchor="end">{budget:,}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom + 4}" text-anchor="end">0</text>'
        f'<text x="{_LEFT}" y="12">{label}</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 8}">{first}</text>'
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 8}" text-anchor="end">{last}</text></svg>'
    )
