"""The file of a ledger: what shows where it was changed, damaged, full, or another one; and what is kept beside it."""

import contextlib
import os
import sqlite3
import threading
import tracemalloc

import pytest
from ledger_sessions import NOON, finish, kinds, match
from sessions import CARE, POLICE, make_agreement, new_ledger

from psimatch.errors import (
    LedgerCorruptError,
    LedgerError,
    PeerAbortedError,
)
from psimatch.ledger import Ledger
from psimatch.ledger_entries import Entry
from psimatch.ledger_view import LedgerView
from psimatch.messages import Standing
from psimatch.outputs import AdmissionNeeded, ChargeNeeded
from psimatch.parameters import Role
from psimatch.retention import Purged


@contextlib.contextmanager
def opened(path):
    """A connection that is closed at the end, whose changes stay."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def rows(path):
    with opened(path) as connection:
        return connection.execute("SELECT number, body, signature FROM entries ORDER BY number").fetchall()


@pytest.fixture
def filled(tmp_path, ledgers):
    finish(make_agreement(), ledgers)
    ledgers[0].correct("K7QF-3M2X", "another child")
    ledgers[0].close()
    return tmp_path / "care.ledger"


def tampered(path, *statements):
    """Change entries behind the back of the triggers, which are put back: else the tables show it at once."""
    with opened(path) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for sql, values in statements:
            connection.execute(sql, values)
        for _, sql in triggers:
            connection.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER swallow BEFORE INSERT ON entries WHEN json_extract(new.body, '$.kind') = 'charged'"
        " BEGIN SELECT RAISE(IGNORE); END",
        "DROP TRIGGER no_DELETE",
        "CREATE TABLE more (a)",
        "DROP INDEX by_time",
    ],
)
def test_tables_that_were_changed_are_found(filled, clock, sql):
    with opened(filled) as connection:
        connection.execute(sql)
    with pytest.raises(LedgerCorruptError, match="tables of the ledger"):
        Ledger(filled, CARE, clock=clock)
    with pytest.raises(LedgerCorruptError, match="tables of the ledger"):
        LedgerView(filled)


def test_a_swallowed_entry_is_noticed_at_once(tmp_path, clock):
    agreement = make_agreement()
    with Ledger(tmp_path / "care.ledger", CARE, clock=clock) as ledger:
        needed = AdmissionNeeded(bytes(32), bytes(32), 8, 8, Standing(1, 0))
        ledger.admit(agreement, POLICE.public, needed, Role.CLIENT)
        with opened(tmp_path / "care.ledger") as other:
            other.execute("CREATE TRIGGER swallow BEFORE INSERT ON entries BEGIN SELECT RAISE(IGNORE); END")
        with pytest.raises(LedgerCorruptError, match="does not keep"):
            ledger.charge(agreement, POLICE.public, ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8))


def test_a_file_that_was_put_into_the_table_is_not_purged(filled, clock, tmp_path):
    (tmp_path / "victim").write_text("mine")
    with opened(filled) as connection:
        connection.execute("INSERT INTO files VALUES (?, 'x', 0)", (str(tmp_path / "victim"),))
    with Ledger(filled, CARE, clock=clock) as ledger:
        with pytest.raises(LedgerCorruptError):
            ledger.purge()
        assert (tmp_path / "victim").read_text() == "mine"
        assert ledger.verify().entries


@pytest.mark.parametrize("path", [None, "", b"/victim", "a\0b"])
def test_what_is_no_path_in_the_table_is_not_purged(filled, clock, path):
    with opened(filled) as connection:
        connection.execute("INSERT INTO files VALUES (?, ?, 0)", (path, "00" * 32))
    with Ledger(filled, CARE, clock=clock) as ledger, pytest.raises(LedgerCorruptError, match="files in the ledger"):
        ledger.purge()


def test_bodies_of_other_types_are_refused(filled, clock):
    for body in ("[" * 100_000, 5, None, b"\xff"):
        copy = filled.with_name("copy.ledger")
        copy.unlink(missing_ok=True)
        with opened(filled) as source, opened(copy) as target:
            source.backup(target)
        try:
            tampered(copy, ("UPDATE entries SET body = ? WHERE number = 7", (body,)))
        except sqlite3.Error:
            continue
        with pytest.raises(LedgerError):
            LedgerView(copy).verify()


def without_not_null(path, old, new):
    """Change the text of the table, as only a hand or a failing disk does."""
    with opened(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'entries'", (old, new))


@pytest.mark.parametrize("column", ["body TEXT", "signature BLOB"])
@pytest.mark.parametrize("ask", [lambda ledger: ledger.head, lambda ledger: ledger.verify()])
def test_what_a_damaged_page_lacks_is_no_entry(filled, clock, column, ask):
    without_not_null(filled, f"{column} NOT NULL", column)
    last = rows(filled)[-1][0]
    tampered(filled, (f"UPDATE entries SET {column.split()[0]} = NULL WHERE number = ?", (last,)))
    without_not_null(filled, column, f"{column} NOT NULL")
    with LedgerView(filled) as ledger, pytest.raises(LedgerCorruptError):
        ask(ledger)
    with pytest.raises(LedgerCorruptError):
        Ledger(filled, CARE, clock=clock)


def test_programs_that_begin_a_ledger_together(tmp_path, clock):
    for number in range(8):
        path, failed, barrier = tmp_path / f"{number}.ledger", [], threading.Barrier(4)

        def begin(path=path, failed=failed, barrier=barrier):
            barrier.wait()
            try:
                Ledger(path, CARE, clock=clock).close()
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=begin) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        with LedgerView(path) as view:
            assert view.verify().entries == 1


def test_sqlite_itself_refuses_to_change_or_remove(filled):
    with opened(filled) as connection:
        for sql in ("UPDATE entries SET body = '{}'", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(sql)
    assert os.stat(filled).st_mode & 0o777 == 0o600


def test_a_bit_flipped_in_each_entry_is_found_there(filled, tmp_path):
    whole = rows(filled)
    assert len(whole) == 9
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
    with opened(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE something (x)")
    with pytest.raises(LedgerError, match="no ledger of psimatch"):
        Ledger(tmp_path / "other.db", CARE, clock=clock)
    with pytest.raises(LedgerError, match="there is no ledger"):
        LedgerView(tmp_path / "missing.ledger")
    with pytest.raises(LedgerError, match="can't be used"):
        Ledger(tmp_path / "no folder" / "care.ledger", CARE, clock=clock)


def test_a_damaged_schema_that_is_no_text_is_a_damaged_ledger(filled):
    data = filled.read_bytes()
    assert b"CREATE INDEX by_peer ON" in data
    filled.write_bytes(data.replace(b"CREATE INDEX by_peer ON", b"CREATE INDEX by_peer \xef\xff"))
    with pytest.raises(LedgerCorruptError, match="damaged"):
        LedgerView(filled)


def test_a_row_of_any_length_takes_no_memory(filled):
    last = rows(filled)[-1][0]
    tampered(filled, ("UPDATE entries SET signature = zeroblob(3000000) WHERE number = ?", (last,)))
    tracemalloc.start()
    try:
        with LedgerView(filled) as ledger, pytest.raises(LedgerCorruptError, match="damaged"):
            ledger.verify()
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_ledger_of_another_version_says_so(filled):
    with opened(filled) as connection:
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(LedgerError, match="another version"):
        LedgerView(filled)


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
    tampered(filled, ("UPDATE entries SET signature = ? WHERE number = 8", (bytes(64),)))
    with pytest.raises(LedgerCorruptError, match="entry 8 "):
        Ledger(filled, CARE, clock=clock)


def test_a_clock_moved_back(filled, clock):
    clock.now -= 3_600
    with Ledger(filled, CARE, clock=clock) as ledger, pytest.raises(LedgerError, match="clock"):
        ledger.open_session(make_agreement(), POLICE.public, 8)
    clock.now += 3_500
    with Ledger(filled, CARE, clock=clock) as ledger:
        ledger.open_session(make_agreement(), POLICE.public, 8)
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
    assert ledgers[0].purge() == Purged()
    clock.now += 2 * 86_400
    assert ledgers[0].purge() == Purged(removed=[kept], missing=[gone])
    assert not kept.exists()
    purged = [entry.fields["files"] for entry in ledgers[0].entries() if entry.kind == "purged"]
    assert sorted(purged) == [0, 1]
    assert ledgers[0].purge() == Purged()


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


@pytest.mark.parametrize("day", ["2027-13-01", "2027-02-30", "0000-01-01"])
def test_a_day_that_does_not_exist_is_no_entry(filled, day):
    accepted = next(body for _, body, _ in rows(filled) if '"accepted"' in body)
    assert Entry.from_body(accepted).fields["valid_until"] == "2027-06-30"
    with pytest.raises(ValueError, match=r"day|month|year"):
        Entry.from_body(accepted.replace("2027-06-30", day))
    tampered(filled, ("UPDATE entries SET body = replace(body, '2027-06-30', ?)", (day,)))
    with LedgerView(filled) as ledger, pytest.raises(LedgerCorruptError, match="not an entry in its one form"):
        ledger.spending(make_agreement(), POLICE.public, NOON)
