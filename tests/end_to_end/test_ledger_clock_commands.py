"""The commands with a ledger whose clock was wrong, and with an agreement that allows a whole budget anew."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import psimatch

DAY = 86_400
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(pair: Any, finish: Callable[..., tuple[int, str, str]]) -> Ask:
    """Return what runs one command in the folder of the care institution."""
    return lambda *arguments: finish(pair.care.start(*arguments))


def test_the_way_out_after_a_clock_that_was_ahead(pair: Any, ask: Ask) -> None:
    own = ("--identity", "care.identity")
    correct = ("ledger", "correct", "K7QF-3M2X", "--reason", "another child", *own)
    ahead = time.time() + 300 * DAY
    psimatch.Ledger(pair.care.folder / "care.ledger", pair.identities["care"], clock=lambda: ahead).close()
    code, _, errors = ask(*correct)
    assert (code, "before the last entry" in errors, "psimatch ledger accept-clock" in errors) == (7, True, True)
    code, _, errors = ask(
        "match", "flags.csv", "--agreement", "pilot.toml", *own, "--connect", "127.0.0.1:1", "--output", "m.csv"
    )
    assert (code, "if the clock is wrong now, set it right; if it was wrong" in errors) == (7, True)
    assert ask("ledger", "accept-clock", *own)[0] == 2
    code, _, errors = ask("ledger", "accept-clock", "--reason", "the time server was wrong", "--operator", "Zoë", *own)
    assert (code, "time goes on from" in errors) == (0, True)
    assert ask(*correct)[0] == 0
    _, output, _ = ask("ledger", "show")
    assert "clock of this machine accepted, time goes on from here: the time server was wrong  [Zoë]" in output
    assert ask("ledger", "verify")[0] == 0
    assert ask("ledger", "export", "--output", "care.html")[0] == 0
    page = (pair.care.folder / "care.html").read_text("utf-8")
    assert "klok van deze computer aanvaard" in page
    code, _, errors = ask("ledger", "accept-clock", "--reason", "once more", *own)
    assert (code, "there is nothing to do" in errors) == (7, True)


def test_a_whole_budget_anew_is_told(pair: Any, ask: Ask) -> None:
    terms, peer = pair.terms, pair.identities["police"].public
    days = {"valid_from": terms.valid_from - timedelta(40), "valid_until": terms.valid_from - timedelta(20)}
    old = psimatch.Agreement(
        psimatch.Terms.from_fields({**terms.as_fields(), **{name: day.isoformat() for name, day in days.items()}})
    )
    needed = psimatch.AdmissionNeeded(bytes(32), bytes(32), 64, 64, psimatch.Standing(1, 0))
    past = time.time() - 30 * DAY
    with psimatch.Ledger(pair.care.folder / "care.ledger", pair.identities["care"], clock=lambda: past) as ledger:
        ledger.open_session(old, peer, 64)
        ledger.admit(old, peer, needed, psimatch.Role.CLIENT)
        ledger.charge(old, peer, psimatch.ChargeNeeded(bytes(32), peer.fingerprint, 64))
    code, output, errors = ask("budget", "pilot.toml")
    assert (code, f"--renews {old.terms.id_text}" in errors) == (0, True)
    assert "does not count 64 evaluations" in errors
    assert "enough for at least 1.000 sessions" in output.replace(",", ".")
    fields = json.loads(ask("budget", "pilot.toml", "--json")[1])
    assert (fields["not_counted"], fields["last_agreement"]) == (64, old.terms.id_text)
    assert fields["full_sessions_left"] == 1_000
    arguments = ("--agreement", "pilot.toml", "--identity", "care.identity", "--wait", "0")
    code, _, errors = ask("match", "flags.csv", *arguments, "--connect", "127.0.0.1:1", "--output", "m.csv")
    assert (code, "the peer has the whole budget anew" in errors) == (4, True)
    renewed = psimatch.Terms.from_fields({**terms.as_fields(), "predecessor": old.terms.id_text})
    pair.care.sign(pair.signed(renewed))
    _, output, errors = ask("budget", "pilot.toml")
    assert ("has spent 64 of" in output, "anew" in errors) == (True, False)
