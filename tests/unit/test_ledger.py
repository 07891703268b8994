"""The ledger: charges before work, standing, withdrawal, and what a changed file shows."""

import os
import sqlite3
import threading
from datetime import UTC, datetime

import pytest
from sessions import CARE, POLICE, STRANGER, TODAY, make_agreement, make_client, make_server, make_terms, new_ledger

from psimatch import drive, oprf
from psimatch import server as server_module
from psimatch.agreement import Agreement
from psimatch.errors import (
    AbortCode,
    AgreementWithdrawnError,
    BudgetError,
    HelloReplayedError,
    LedgerCorruptError,
    LedgerError,
    PeerAbortedError,
    ReceiptsError,
    StandingError,
)
from psimatch.identifiers import text
from psimatch.identity import Identity
from psimatch.ledger import Ledger
from psimatch.ledger_view import LedgerView
from psimatch.messages import Standing
from psimatch.outputs import AdmissionNeeded, ChargeNeeded
from psimatch.parameters import Role
from psimatch.receipt_files import check_receipts, read_receipts, write_receipts
from psimatch.terms import Party, Reveal
from psimatch.transports import memory_pair

NOON = int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp())
WORDS = {"care": "abcd", "police": "cdef"}


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledgers(tmp_path, clock):
    """The two parties' ledgers, in files."""
    made = [
        Ledger(tmp_path / f"{name}.ledger", identity, operator="mw. J.", clock=clock)
        for name, identity in (("care", CARE), ("police", POLICE))
    ]
    yield made
    for ledger in made:
        ledger.close()


def items(words):
    return {text(word): "" for word in words}


def match(agreement, ledgers, care="abcd", police="cdef"):
    """Run a session between two threads; return what each side gave or raised."""
    client, server = make_client(agreement, items(care)), make_server(agreement, items(police))
    one, other = memory_pair()
    outcomes = {}

    def run(role, session, transport, ledger):
        try:
            with transport:
                outcomes[role] = drive.run_session(session, transport, ledger)
        except Exception as error:
            outcomes[role] = error

    thread = threading.Thread(target=run, args=(Role.SERVER, server, other, ledgers[1]))
    thread.start()
    run(Role.CLIENT, client, one, ledgers[0])
    thread.join()
    return outcomes[Role.CLIENT], outcomes[Role.SERVER]


def finish(agreement, ledgers, **words):
    """Run a session that must succeed."""
    client, server = match(agreement, ledgers, **words)
    for outcome in (client, server):
        if isinstance(outcome, Exception):
            raise outcome
    return client, server


def kinds(ledger):
    return [entry.kind for entry in ledger.entries()]


def test_a_session_leaves_its_entries_on_both_sides(ledgers):
    client, server = finish(make_agreement(), ledgers)
    shared = ["opened ledger", "accepted", "opened", "admitted", "charged"]
    assert kinds(ledgers[0]) == [*shared, "signed", "finished"]
    assert kinds(ledgers[1]) == [*shared, "finished"]
    for ledger, result, identity in zip(ledgers, (client, server), (CARE, POLICE), strict=True):
        assert ledger.verify().entries == len(kinds(ledger))
        assert ledger.owner.fingerprint == identity.public.fingerprint
        charged = ledger.charge_of(result.session_id)
        assert charged.fields["evaluations"] == charged.fields["charged"] == charged.fields["party_charged"] == 8
        assert charged.operator == "mw. J."
        (finished,) = ledger.finished_with((result.role is Role.CLIENT and POLICE.public.fingerprint) or b"") or (
            ledger.finished_with(CARE.public.fingerprint)
        )
        assert finished.fields["matches"] == 2
        assert finished.fields["receipt"] == result.receipt.digest.hex()


def pieces(packed, size):
    return [packed[start : start + size] for start in range(0, len(packed), size)]


def test_the_ledger_holds_no_secret_and_no_identifier(tmp_path, ledgers, monkeypatch):
    # All that must never be written, as the session makes it: key, blinds, elements, tags, claims and match secrets.
    never = []

    def seen(module, name, parts):
        original = getattr(module, name)

        def call(*arguments, **options):
            made = original(*arguments, **options)
            never.extend(parts(made))
            return made

        monkeypatch.setattr(module, name, call)

    seen(server_module, "new_server_key", lambda key: [key.secret])
    seen(oprf, "blind", lambda made: pieces(made.blinds, 32) + pieces(made.blinded_elements, 32))
    seen(oprf, "blind_evaluate", lambda made: pieces(made.elements, 32))
    seen(oprf, "evaluate", lambda outputs: pieces(outputs, 16))
    secret = "a child that is named only here"  # noqa: S105
    agreement = make_agreement()
    client, server = (
        make_client(agreement, {text(secret): "ring me"}),
        make_server(agreement, {text(secret): "ring us"}),
    )
    one, other = memory_pair()
    thread = threading.Thread(target=drive.run_session, args=(server, other, ledgers[1]))
    thread.start()
    result = drive.run_session(client, one, ledgers[0])
    thread.join()
    (found,) = result.matches
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        for word in (secret, "ring", found.reference):
            assert word.encode() not in data
        assert len(never) == 1 + 8 + 8 + 8 + 8 * 4
        for key in (*never, CARE.seed, POLICE.seed):
            assert key not in data
            assert key.hex().encode() not in data


def test_reveal_to_the_client_alone(ledgers):
    agreement = make_agreement(reveal=Reveal.CLIENT)
    finish(agreement, ledgers)
    own, peers = (list(ledger.entries())[-1].fields["matches"] for ledger in ledgers)
    assert (own, peers) == (2, -1)


# Budget.


def test_the_whole_budget_and_no_more(ledgers):
    agreement = make_agreement(max_evaluations=24)
    for _ in range(3):
        finish(agreement, ledgers)
    client, server = match(agreement, ledgers)
    assert {type(client), type(server)} <= {BudgetError, PeerAbortedError}
    assert any(isinstance(outcome, BudgetError) for outcome in (client, server))
    assert "24" in str(next(outcome for outcome in (client, server) if isinstance(outcome, BudgetError)))
    for outcome in (client, server):
        if isinstance(outcome, PeerAbortedError):
            assert outcome.reason is AbortCode.BUDGET
    for ledger, peer in zip(ledgers, (POLICE, CARE), strict=True):
        assert ledger.spending(agreement, peer.public, NOON).left(agreement.terms) == 0
        assert list(ledger.entries())[-1].kind == "aborted"


def test_sessions_a_day_and_their_spacing(ledgers, clock):
    agreement = make_agreement(sessions_per_day=2, minutes_between_sessions=60)
    finish(agreement, ledgers)
    clock.now += 3_599
    assert any(isinstance(outcome, BudgetError) for outcome in match(agreement, ledgers))
    clock.now += 1
    finish(agreement, ledgers)
    clock.now += 7_200
    refused = next(outcome for outcome in match(agreement, ledgers) if isinstance(outcome, BudgetError))
    assert "2 a day" in str(refused)
    assert "2027-01-16 00:00:00 UTC" in refused.hint
    clock.now = NOON + 86_400
    finish(agreement, ledgers)


def test_agreements_that_overlap_share_a_budget(ledgers):
    first = make_agreement(max_evaluations=16)
    second = make_agreement(max_evaluations=16, title="Another")
    finish(first, ledgers)
    finish(second, ledgers)
    for agreement in (first, second):
        assert any(isinstance(outcome, BudgetError) for outcome in match(agreement, ledgers))


def test_a_new_agreement_in_the_term_of_a_spent_one_gives_nothing(ledgers, clock):
    first = make_agreement(max_evaluations=8)
    finish(first, ledgers)
    clock.now += 86_400
    second = make_agreement(max_evaluations=8, valid_from=TODAY.replace(day=16), title="Anew")
    assert ledgers[0].spending(second, POLICE.public, clock.now).evaluations == 8
    needed = ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8)
    ledgers[0].open_session(second, POLICE.public)
    with pytest.raises(BudgetError):
        ledgers[0].charge(second, POLICE.public, needed)


def test_a_renewal_counts_on_even_under_new_keys(ledgers, clock):
    first = make_agreement(max_evaluations=16)
    finish(first, ledgers)
    # The police lost its keys and has new ones.
    new_police = Identity.from_seed("Politie", bytes([9]) * 32)

    def agreement_with(**changed):
        return Agreement(make_terms(server=Party.of(new_police.public), **changed)).sign(CARE).sign(new_police)

    needed = ChargeNeeded(bytes(32), new_police.public.fingerprint, 8)
    with pytest.raises(StandingError, match="of this name with other keys"):
        ledgers[0].open_session(agreement_with(max_evaluations=16), new_police.public)
    renewal = agreement_with(max_evaluations=16, predecessor=first.terms.id_text)
    assert ledgers[0].open_session(renewal, new_police.public) == Standing(1, 0)
    ledgers[0].charge(renewal, new_police.public, needed)
    with pytest.raises(BudgetError):
        ledgers[0].charge(renewal, new_police.public, needed)
    assert list(ledgers[0].entries())[-1].fields["party_charged"] == 16


def test_a_renewal_of_an_agreement_that_is_not_known(ledgers):
    agreement = make_agreement(predecessor=make_agreement(title="Lost").terms.id_text)
    with pytest.raises(StandingError, match="does not know the agreement"):
        ledgers[0].open_session(agreement, POLICE.public)
    ledgers[0].acknowledge(agreement, "our ledger began after it")
    ledgers[0].open_session(agreement, POLICE.public)


def test_what_was_charged_before_the_first_day_does_not_count(ledgers, clock):
    first = make_agreement(max_evaluations=8, valid_until=TODAY)
    finish(first, ledgers)
    clock.now += 86_400
    later = make_agreement(max_evaluations=8, valid_from=TODAY.replace(day=16), title="Later")
    assert ledgers[0].spending(later, POLICE.public, clock.now).evaluations == 0
    assert ledgers[0].spending(first, POLICE.public, clock.now).evaluations == 8


def test_two_programs_race_for_the_last_charge(tmp_path, clock):
    agreement, winners, losers = make_agreement(max_evaluations=8), [], []
    needed = ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8)

    def charge(ledger):
        try:
            winners.append(ledger.charge(agreement, POLICE.public, needed))
        except BudgetError as error:
            losers.append(error)

    both = [Ledger(tmp_path / "care.ledger", CARE, clock=clock) for _ in range(2)]
    threads = [threading.Thread(target=charge, args=(ledger,)) for ledger in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(winners), len(losers)) == (1, 1)
    assert both[0].verify().entries == 2


# Hello, standing, withdrawal.


def admission(hello=bytes(32), sessions=1, charged=0, receipt=bytes(32), session=bytes(32)):
    return AdmissionNeeded(session, hello, 8, Standing(sessions, charged, receipt))


def test_a_replayed_hello_costs_nothing(ledgers):
    agreement, server = make_agreement(), ledgers[1]
    server.admit(agreement, CARE.public, admission(), Role.SERVER)
    before = kinds(server)
    with pytest.raises(HelloReplayedError):
        server.admit(agreement, CARE.public, admission(sessions=2), Role.SERVER)
    assert kinds(server) == before


def test_a_ledger_put_back_is_noticed_and_can_be_acknowledged(tmp_path, ledgers, clock):
    agreement = make_agreement()
    finish(agreement, ledgers)
    # As a backup does it: the file as it is, closed.
    ledgers[0].close()
    backup = (tmp_path / "care.ledger").read_bytes()
    care = Ledger(tmp_path / "care.ledger", CARE, clock=clock)
    finish(agreement, [care, ledgers[1]])
    finish(agreement, [care, ledgers[1]])
    care.close()
    (tmp_path / "care.ledger").write_bytes(backup)
    care = Ledger(tmp_path / "care.ledger", CARE, clock=clock)
    care.verify()
    for _ in range(4):
        client, server = match(agreement, [care, ledgers[1]])
        assert isinstance(server, StandingError)
        assert server.hint
        assert isinstance(client, PeerAbortedError)
        assert client.reason is AbortCode.STANDING
    ledgers[1].acknowledge(agreement, "care put back a copy of Monday")
    client, server = match(agreement, [care, ledgers[1]])
    # Now the client sees that the server holds a receipt that it does not know.
    assert isinstance(client, StandingError)
    care.acknowledge(agreement, "the disk broke")
    ledgers[1].acknowledge(agreement, "care put back a copy of Monday, once more")
    finish(agreement, [care, ledgers[1]])
    finish(agreement, [care, ledgers[1]])
    assert [ledger.verify().entries > 20 for ledger in (care, ledgers[1])] == [True, True]
    care.close()


def test_the_peers_receipts_show_entries_that_were_cut_off(tmp_path, ledgers):
    agreement = make_agreement()
    for _ in range(2):
        finish(agreement, ledgers)
    write_receipts(tmp_path / "police.receipts", ledgers[1], CARE.public.fingerprint)
    peer, receipts = read_receipts(tmp_path / "police.receipts")
    assert peer == POLICE.public
    checked = check_receipts(ledgers[0], peer, receipts)
    assert (checked.checked, checked.newer) == (2, 0)
    finish(agreement, ledgers)
    assert check_receipts(ledgers[0], peer, receipts).newer == 1
    with pytest.raises(ReceiptsError, match="does not show"):
        check_receipts(ledgers[0], peer, receipts[1:])
    short = new_ledger(CARE)
    with pytest.raises(ReceiptsError, match="cut off"):
        check_receipts(short, peer, receipts)
    with pytest.raises(ReceiptsError, match="not signed by both"):
        check_receipts(ledgers[0], STRANGER.public, receipts)


def test_a_withdrawn_agreement_is_refused_by_both(ledgers):
    agreement = make_agreement()
    finish(agreement, ledgers)
    ledgers[1].withdraw(agreement)
    ledgers[1].withdraw(agreement)
    client, server = match(agreement, ledgers)
    assert isinstance(server, AgreementWithdrawnError)
    assert isinstance(client, PeerAbortedError)
    assert client.reason is AbortCode.WITHDRAWN
    with pytest.raises(AgreementWithdrawnError, match="the peer"):
        ledgers[0].open_session(agreement, POLICE.public)
    assert [kinds(ledger).count("withdrawn") for ledger in ledgers] == [1, 1]


def test_a_client_that_has_withdrawn_tells_the_server_before_any_hello(ledgers):
    agreement = make_agreement()
    ledgers[0].withdraw(agreement)
    client, server = match(agreement, ledgers)
    assert isinstance(client, AgreementWithdrawnError)
    assert isinstance(server, PeerAbortedError)
    assert kinds(ledgers[0]) == ["opened ledger", "withdrawn", "aborted"]
    assert kinds(ledgers[1]) == ["opened ledger", "withdrawn"]
    with pytest.raises(AgreementWithdrawnError, match="the peer"):
        ledgers[1].check_open(agreement, CARE.public)


def test_no_question_to_a_ledger_sorts_or_scans_it(ledgers):
    agreement, asked = make_agreement(), []
    finish(agreement, ledgers)
    connection = ledgers[0]._store._connection
    connection.set_trace_callback(asked.append)
    finish(agreement, ledgers)
    connection.set_trace_callback(None)
    questions = {sql for sql in asked if sql.startswith("SELECT") and "WHERE" in sql}
    assert len(questions) > 8
    for sql in questions:
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
        assert "USING INDEX" in plan or "COVERING INDEX" in plan, sql
        assert "TEMP B-TREE" not in plan, sql


# The file.


def rows(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT number, body, signature FROM entries ORDER BY number").fetchall()


@pytest.fixture
def filled(tmp_path, ledgers):
    finish(make_agreement(), ledgers)
    ledgers[0].correct("K7QF-3M2X", "another child")
    ledgers[0].close()
    return tmp_path / "care.ledger"


def tampered(path, *statements):
    connection = sqlite3.connect(path)
    for name in ("no_UPDATE", "no_DELETE"):
        connection.execute(f"DROP TRIGGER {name}")
    for sql, values in statements:
        connection.execute(sql, values)
    connection.commit()
    connection.close()


def test_sqlite_itself_refuses_to_change_or_remove(filled):
    with sqlite3.connect(filled) as connection:
        for sql in ("UPDATE entries SET body = '{}'", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(sql)
    assert os.stat(filled).st_mode & 0o777 == 0o600


def test_a_bit_flipped_in_each_entry_is_found_there(filled, tmp_path):
    whole = rows(filled)
    assert len(whole) == 8
    for number, body, signature in whole:
        data = bytearray(filled.read_bytes())
        data[data.index(body[:60].encode()) + 50] ^= 1
        copy = tmp_path / f"{number}.ledger"
        copy.write_bytes(data)
        with LedgerView(copy) as view, pytest.raises(LedgerCorruptError):
            view.verify()
        other = tmp_path / f"{number}.signature.ledger"
        other.write_bytes(filled.read_bytes())
        flipped = bytes([signature[0] ^ 1]) + signature[1:]
        tampered(other, ("UPDATE entries SET signature = ? WHERE number = ?", (flipped, number)))
        with LedgerView(other) as view, pytest.raises(LedgerCorruptError, match=f"entry {number} "):
            view.verify()


@pytest.mark.parametrize("number", range(7))
def test_an_entry_removed_is_found(filled, number):
    tampered(filled, ("DELETE FROM entries WHERE number = ?", (number,)))
    with LedgerView(filled) as view, pytest.raises(LedgerCorruptError, match=f"entry {number} .* missing"):
        view.verify()


def test_another_partys_ledger_and_other_files(filled, tmp_path, clock):
    with pytest.raises(LedgerError, match="another identity"):
        Ledger(filled, POLICE, clock=clock)
    (tmp_path / "text.ledger").write_text("This is no ledger." * 100)
    with pytest.raises(LedgerCorruptError, match="no ledger"):
        Ledger(tmp_path / "text.ledger", CARE, clock=clock)
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE something (x)")
    with pytest.raises(LedgerError, match="no ledger of psimatch"):
        Ledger(tmp_path / "other.db", CARE, clock=clock)
    with pytest.raises(LedgerError, match="there is no ledger"):
        LedgerView(tmp_path / "missing.ledger")
    with pytest.raises(LedgerError, match="can't be used"):
        Ledger(tmp_path / "no folder" / "care.ledger", CARE, clock=clock)


def test_an_empty_file_is_no_ledger_to_read(tmp_path):
    (tmp_path / "care.ledger").touch()
    with pytest.raises(LedgerError, match="is empty"):
        LedgerView(tmp_path / "care.ledger")
    assert (tmp_path / "care.ledger").stat().st_size == 0


@pytest.mark.parametrize("words", ["", " ", "two\nlines", "\ud800", "x" * 2_001, "\x1b[31m"])
def test_what_people_write_is_a_line_that_can_be_shown(words):
    ledger = new_ledger(CARE)
    with pytest.raises(LedgerError, match="printable"):
        ledger.acknowledge(make_agreement(), words)
    with pytest.raises(LedgerError, match="printable"):
        ledger.correct("K7QF-3M2X", words)
    assert kinds(ledger) == ["opened ledger"]


@pytest.mark.parametrize(
    "reference", ["", "K7QF", "K7QF3M2X", "K7QF-3M2U", "k7qf-3m2x", "K7QF-3M2X-0A1B-0000", "a child"]
)
def test_a_correction_names_a_reference(reference):
    ledger = new_ledger(CARE)
    with pytest.raises(LedgerError, match="no match reference"):
        ledger.correct(reference, "another person")
    ledger.correct("K7QF-3M2X-0A1B", "another person")


def test_a_damaged_last_entry_stops_the_next_session(filled, clock):
    tampered(filled, ("UPDATE entries SET signature = ? WHERE number = 7", (bytes(64),)))
    with pytest.raises(LedgerCorruptError, match="entry 7 "):
        Ledger(filled, CARE, clock=clock)


def test_a_clock_moved_back(filled, clock):
    clock.now -= 3_600
    with Ledger(filled, CARE, clock=clock) as ledger, pytest.raises(LedgerError, match="clock"):
        ledger.open_session(make_agreement(), POLICE.public)
    clock.now += 3_500
    with Ledger(filled, CARE, clock=clock) as ledger:
        ledger.open_session(make_agreement(), POLICE.public)
        assert ledger.verify().last == NOON


def test_a_full_disk_stops_the_session_before_anything_is_evaluated(ledgers):
    agreement = make_agreement()
    pages = ledgers[1]._store._connection.execute("PRAGMA page_count").fetchone()[0]
    ledgers[1]._store._connection.execute(f"PRAGMA max_page_count = {pages}")
    server = None
    for _ in range(40):
        client, server = match(agreement, ledgers)
        if isinstance(server, LedgerError):
            break
    assert isinstance(server, LedgerError)
    assert "make room" in server.hint
    assert isinstance(client, PeerAbortedError)
    ledgers[1]._store._connection.execute(f"PRAGMA max_page_count = {10 * pages}")
    ledgers[0].acknowledge(agreement, "their disk was full")
    ledgers[1].acknowledge(agreement, "our disk was full")
    finish(agreement, ledgers)
    for ledger in ledgers:
        ledger.verify()


def test_files_are_removed_when_their_time_has_come(ledgers, tmp_path, clock):
    agreement = make_agreement(retention_days=2)
    client, _ = finish(agreement, ledgers)
    kept, gone = tmp_path / "matches.csv", tmp_path / "gone.csv"
    for path in (kept, gone):
        path.write_text("rows")
        ledgers[0].keep_until(path, client.session_id, agreement.terms)
    gone.unlink()
    assert ledgers[0].purge() == ([], [])
    clock.now += 2 * 86_400
    assert ledgers[0].purge() == ([kept], [gone])
    assert not kept.exists()
    purged = [entry.fields["files"] for entry in ledgers[0].entries() if entry.kind == "purged"]
    assert sorted(purged) == [0, 1]
    assert ledgers[0].purge() == ([], [])
