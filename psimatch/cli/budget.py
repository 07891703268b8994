"""`psimatch budget`."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click

import psimatch
from psimatch.cli.figures import share_words
from psimatch.cli.ledgers import ledger_file_option, moment, open_ledger, warn_of_new_count
from psimatch.cli.options import PATH, example, json_option, peer_option
from psimatch.cli.session_count import sessions_words


@click.command("budget", epilog=example("psimatch budget pilot.agreement.toml --ledger care.ledger"))
@click.argument("agreement_path", type=PATH, metavar="AGREEMENT")
@ledger_file_option
@peer_option
@json_option
def budget(agreement_path: Path, ledger_path: Path | None, peer_path: Path | None, as_json: bool) -> None:
    """Show what the peer has spent of an agreement's budget, what is left, and from when it may spend more."""
    agreement = psimatch.read_agreement_file(agreement_path)
    with open_ledger(ledger_path, agreement_path.parent) as ledger:
        role = agreement.role_of(ledger.owner)
        peer = psimatch.find_public(agreement.terms.party(role.peer), agreement_path.parent, peer_path)
        now = int(time.time())
        state = _State(
            agreement.terms,
            agreement.terms.party(role.peer),
            ledger.spending(agreement, peer, now),
            now,
            ledger.peer_charged(peer),
            ledger.withdrawn(agreement) is not None,
            ledger.not_counted(agreement, peer),
        )
    click.echo(json.dumps(_fields(state), ensure_ascii=False) if as_json else "\n".join(_lines(state)))
    warn_of_new_count(state.not_counted)


@dataclass(frozen=True, slots=True)
class _State:
    """How a budget stands: what the peer has spent by now, and what it last said that it had charged this side for."""

    terms: psimatch.Terms
    peer: psimatch.Party
    spending: psimatch.Spending
    now: int
    charged_to_this_side: int
    withdrawn: bool
    not_counted: psimatch.NotCounted | None

    @property
    def first_day(self) -> date:
        """The first day on which what is left may be used."""
        return max(datetime.fromtimestamp(self.next_at, UTC).date(), self.terms.valid_from)

    @property
    def left(self) -> int:
        return self.spending.left(self.terms)

    @property
    def next_at(self) -> int:
        return self.spending.next_at(self.terms, self.now)


def _fields(state: _State) -> dict[str, object]:
    terms = state.terms
    return {
        "format": "psimatch-budget-1",
        "agreement_id": terms.id_text,
        "peer": state.peer.fingerprint_text,
        "max_evaluations": terms.max_evaluations,
        "spent": state.spending.evaluations,
        "left": state.left,
        "sessions_today": state.spending.sessions_today,
        "sessions_per_day": terms.sessions_per_day,
        "next_session_from": None if state.withdrawn or not state.left else state.next_at,
        "charged_to_this_side": state.charged_to_this_side,
        "full_sessions_left": state.left // terms.max_items,
        "not_counted": 0 if state.not_counted is None else state.not_counted.evaluations,
        "last_agreement": None if state.not_counted is None else state.not_counted.last,
        "withdrawn": state.withdrawn,
    }


def _lines(state: _State) -> list[str]:
    terms, name, spent = state.terms, state.peer.name, state.spending.evaluations
    lines = [
        f"{name} has spent {spent:,} of {terms.max_evaluations:,} evaluations; {state.left:,} are left",
        *(f"  spent  {share_words(kind, spent)}" for kind in terms.kinds_known if spent),
        *(f"  left   {share_words(kind, state.left)}" for kind in terms.kinds_known if state.left),
        f"  one session takes at most {terms.max_items:,}",
        f"  enough for {sessions_words(terms, state.left, state.first_day)}",
        f"  today  {state.spending.sessions_today:,} of {terms.sessions_per_day:,} sessions",
    ]
    if state.withdrawn:
        lines.append("  the agreement is withdrawn: no session may run")
    elif not state.left:
        lines.append("  nothing is left: no session may run")
    elif state.next_at > state.now:
        lines.append(f"  the next session may run from {moment(state.next_at)} UTC on")
    if state.charged_to_this_side:
        lines.append(f"  when it last said so, {name} had charged this side for {state.charged_to_this_side:,}")
    return lines
