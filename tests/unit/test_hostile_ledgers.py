"""Whoever can write to the file of a ledger, and has no key, does not change what a session is allowed."""

import contextlib
import json
import sqlite3
from dataclasses import replace

import pytest
from ledger_sessions import finish
from sessions import CARE, POLICE, STRANGER, make_agreement, make_terms

from psimatch.agreement import Agreement
from psimatch.errors import BudgetError, HelloReplayedError, LedgerCorruptError, ReceiptsError
from psimatch.ledger import Ledger
from psimatch.ledger_entries import Entry
from psimatch.messages import Standing
from psimatch.outputs import AdmissionNeeded
from psimatch.parameters import Role
from psimatch.receipt_files import SignedReceipt, check_receipts
from psimatch.terms import Party

AGREEMENT = make_agreement(max_evaluations=16)


def changed(path, sql, *values):
    """Change entries, with the triggers off and then on again: else the tables show it at once."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(sql, values).rowcount == 1
        for _, create in triggers:
            connection.execute(create)


@pytest.fixture
def spent(tmp_path, ledgers, clock):
    """The file of a ledger whose peer has used up the budget."""
    for _ in range(2):
        finish(AGREEMENT, ledgers)
    with pytest.raises(BudgetError):
        ledgers[0].check_open(AGREEMENT, POLICE.public)
    ledgers[0].close()
    return tmp_path / "care.ledger"


def test_an_early_charge_copied_to_the_end_forgets_nothing(spent, clock):
    """Its signature holds, and its sums are those of the first session."""
    changed(
        spent,
        "INSERT INTO entries (number, body, signature) SELECT (SELECT max(number) + 1 FROM entries), body, signature"
        " FROM entries WHERE kind = 'charged' ORDER BY number LIMIT 1",
    )
    with pytest.raises(LedgerCorruptError, match="bears another number"):
        Ledger(spent, CARE, clock=clock)


def test_an_entry_signed_for_its_number_in_another_history_does_not_follow(spent, clock, tmp_path):
    with Ledger(tmp_path / "other.ledger", CARE, clock=clock) as other:
        while len(list(other.entries())) <= 12:
            other.correct("K7QF-3M2X", "another person")
        row = other._store.last_row()
    with contextlib.closing(sqlite3.connect(spent)) as connection:
        assert connection.execute("SELECT max(number) FROM entries").fetchone()[0] == row[0]
    changed(spent, "UPDATE entries SET body = ?, signature = ? WHERE number = ?", row[1], row[2], row[0])
    with pytest.raises(LedgerCorruptError, match="does not follow"):
        Ledger(spent, CARE, clock=clock)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("charged", "party_charged", 0), ("accepted", "valid_from", "2027-01-16"), ("accepted", "party", "00" * 32)],
)
def test_no_decision_rests_on_an_entry_that_is_not_signed(spent, clock, kind, field, value):
    """`verify` reads all entries; a session only a few, and those it verifies."""
    with contextlib.closing(sqlite3.connect(spent)) as connection:
        sql = "SELECT number, body FROM entries WHERE kind = ? ORDER BY number DESC LIMIT 1"
        number, body = connection.execute(sql, (kind,)).fetchone()
    entry = json.dumps({**json.loads(body), field: value}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    changed(spent, "UPDATE entries SET body = ? WHERE number = ?", entry, number)
    with Ledger(spent, CARE, clock=clock) as ledger, pytest.raises(LedgerCorruptError, match="is not signed"):
        ledger.check_open(AGREEMENT, POLICE.public)


def signed_by(identity, receipt, role, peer_signature=b""):
    return SignedReceipt(receipt, receipt.signed_by(identity, role).signature, peer_signature)


def test_a_receipt_that_the_peer_made_up_does_not_pass_for_this_partys_word(ledgers):
    """A peer may show receipts that it alone has signed, and then can write what it likes."""
    _, server = finish(AGREEMENT, ledgers)
    true = server.receipt
    assert check_receipts(ledgers[1], CARE.public, [signed_by(CARE, true, Role.CLIENT)]).checked == 1
    made_up = replace(true, server_ledger_head=bytes(32))
    with pytest.raises(ReceiptsError, match="that the peer alone has signed, which proves nothing"):
        check_receipts(ledgers[1], CARE.public, [signed_by(CARE, made_up, Role.CLIENT)])
    with pytest.raises(ReceiptsError, match="that the peer alone has signed, which proves nothing"):
        check_receipts(ledgers[1], STRANGER.public, [signed_by(STRANGER, true, Role.CLIENT)])
    # The same signature does not serve in the other role, and none can be made of what this party did sign.
    for wrong in (
        replace(signed_by(CARE, true, Role.SERVER), peer_signature=server.signature),
        signed_by(CARE, made_up, Role.CLIENT, server.signature),
        signed_by(CARE, replace(true, agreement_id=bytes(32)), Role.CLIENT, server.signature),
    ):
        with pytest.raises(ReceiptsError, match="not signed by both"):
            check_receipts(ledgers[1], CARE.public, [wrong])


PURGED = (
    f'{{"files":1,"kind":"purged","number":3,"operator":"A","previous":"{"0" * 64}","session":"{"1" * 64}","time":9}}'
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"files":1', '"files":2,"files":1'),
        ('"files":1', '"files":1.0'),
        ('"files":1', '"files":1e0'),
        ('"files":1', '"files":-0'),
        ('"files":1', '"files":01'),
        ('"files":1', '"files":9007199254740992'),
        ('"files":1', '"files":true'),
        ('"files":1', '"files":NaN'),
        ('"files":1', '"files": 1'),
        ('"operator":"A"', '"operator":"\\u0041"'),
        ('"operator":"A"', '"operator":"\\ud800"'),
        ('"operator":"A"', '"operator":null'),
        ("11" * 32, "1A" * 32),
        ('"time":9}', '"time":9}\n'),
        ('"time":9}', '"time":9,"zero":0}'),
        ('"files":1', '"files":' + "9" * 5_000),
    ],
)
def test_an_entry_has_one_form(old, new):
    """Two ways to write an entry would be two hashes, and what one program reads another might not."""
    assert Entry.from_body(PURGED).number == 3
    with pytest.raises(ValueError):  # noqa: PT011
        Entry.from_body(PURGED.replace(old, new))


def test_a_hello_is_known_after_a_restart_too(tmp_path, clock):
    hello = AdmissionNeeded(bytes([1]) * 32, bytes([2]) * 32, 8, 8, Standing(1, 0))
    with Ledger(tmp_path / "police.ledger", POLICE, clock=clock) as ledger:
        ledger.admit(AGREEMENT, CARE.public, hello, Role.SERVER)
    again = replace(hello, session_id=bytes([3]) * 32, standing=Standing(2, 0))
    with Ledger(tmp_path / "police.ledger", POLICE, clock=clock) as ledger, pytest.raises(HelloReplayedError):
        ledger.admit(AGREEMENT, CARE.public, again, Role.SERVER)


@pytest.mark.parametrize("name", ["P\u043elitie", "Politie.", "Politie Noord"])
def test_a_name_that_looks_like_anothers_and_is_not_raises_no_question(ledgers, name):
    """Letters of other alphabets are not seen through: who signs must compare the fingerprint (threat model 3.1)."""
    finish(AGREEMENT, ledgers)
    terms = make_terms(server=Party(name, STRANGER.public.fingerprint))
    ledgers[0].open_session(Agreement(terms).sign(CARE).sign(STRANGER), STRANGER.public, 8)
    assert ledgers[0].spending(Agreement(terms), STRANGER.public, ledgers[0].now).evaluations == 0
