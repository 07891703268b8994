"""`psimatch budget`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

import psimatch
from psimatch.cli.figures import share_text
from psimatch.cli.ledgers import ledger_file_option, moment, open_ledger
from psimatch.cli.options import PATH, example, json_option, peer_option


@click.command("budget", epilog=example("psimatch budget pilot.agreement.toml --ledger care.ledger"))
@click.argument("agreement_path", type=PATH, metavar="AGREEMENT")
@ledger_file_option
@peer_option
@json_option
def budget(agreement_path: Path, ledger_path: Path | None, peer_path: Path | None, as_json: bool) -> None:
    """Show what the peer has spent of an agreement's budget, what is left, and from when it may spend more."""
    agreement = psimatch.read_agreement_file(agreement_path)
    terms = agreement.terms
    with open_ledger(ledger_path, agreement_path.parent) as ledger:
        role = agreement.role_of(ledger.owner)
        peer = psimatch.find_public(terms.party(role.peer), agreement_path.parent, peer_path)
        now = int(time.time())
        spending = ledger.spending(agreement, peer, now)
        own, withdrawn = ledger.peer_charged(peer), ledger.withdrawn(agreement) is not None
    next_at, left = spending.next_at(terms, now), spending.left(terms)
    open_now = next_at <= now and left >= 1 and not withdrawn
    if as_json:
        fields = {
            "format": "psimatch-budget-1",
            "agreement_id": terms.id_text,
            "peer": peer.fingerprint_text,
            "max_evaluations": terms.max_evaluations,
            "spent": spending.evaluations,
            "left": left,
            "sessions_today": spending.sessions_today,
            "sessions_per_day": terms.sessions_per_day,
            "next_session_from": None if withdrawn or not left else next_at,
            "charged_to_this_side": own,
            "withdrawn": withdrawn,
        }
        click.echo(json.dumps(fields, ensure_ascii=False))
        return
    lines = [
        f"{peer.name} has spent {spending.evaluations:,} of {terms.max_evaluations:,} evaluations; {left:,} are left",
        *(f"  spent  {share_text(kind, spending.evaluations)}" for kind in terms.kinds_known if spending.evaluations),
        *(f"  left   {share_text(kind, left)}" for kind in terms.kinds_known if left),
        f"  one session takes at most {terms.max_items:,}",
        f"  today  {spending.sessions_today:,} of {terms.sessions_per_day:,} sessions",
    ]
    if withdrawn:
        lines.append("  the agreement is withdrawn: no session may run")
    elif not left:
        lines.append("  nothing is left: no session may run")
    elif not open_now:
        lines.append(f"  the next session may run from {moment(next_at)} UTC on")
    if own:
        lines.append(f"  when it last said so, {peer.name} had charged this side for {own:,}")
    click.echo("\n".join(lines))
