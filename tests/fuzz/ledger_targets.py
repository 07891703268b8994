"""Ledgers: entries, rows, the table of files, and the file of a ledger itself."""

import contextlib
import json
import sqlite3

from bounds import refusals
from choices import Choices, edited
from material import AGREEMENT, LEDGER, ROWS
from scratch import FOLDER, written
from sessions import CARE, POLICE

from psimatch import ledger_entries
from psimatch.errors import LedgerError, RefusedError
from psimatch.ledger import Ledger
from psimatch.ledger_entries import ChainCheck, Entry
from psimatch.ledger_store import LedgerStore
from psimatch.ledger_view import LedgerView
from psimatch.receipt_files import write_receipts

NOW = 1_800_000_000


def entries(choices):
    """Entries of any form, hashed and signed as they should be: a party may write what it likes into its own ledger."""
    kept = choices.number(len(ROWS))
    chain = ChainCheck()
    for number, body, signature in ROWS[:kept]:
        chain.take(number, body, signature)
    body = _body(ROWS[kept][1], choices)
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        # What is signed here says the right place, or else the check ends there.
        given = json.loads(body)
        if isinstance(given, dict) and choices.number(2):
            given |= {"number": kept, "previous": chain.head.hex()}
            body = json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        assert Entry.from_body(body).body == body
    with contextlib.suppress(UnicodeEncodeError), refusals(LedgerError):
        chain.take(kept, body, ledger_entries.sign(CARE, body))


def _body(genuine, choices):
    """An entry with edits, with another value in one field, or anything else."""
    match choices.number(3):
        case 0:
            return choices.rest().decode("utf-8", "surrogateescape")
        case 1:
            return edited(genuine.encode(), choices).decode("utf-8", "replace")
        case _:
            given = json.loads(genuine)
            name = choices.one_of(sorted(given))
            given[name] = _value(choices)
            return json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _value(choices):
    match choices.number(4):
        case 0:
            return int.from_bytes(choices.take(8), "big", signed=True)
        case 1:
            return choices.rest().decode("utf-8", "replace")
        case 2:
            return choices.rest().hex()
        case _:
            with contextlib.suppress(ValueError, RecursionError):
                return json.loads(choices.rest())
            return None


def rows(choices):
    """A file whose tables are right and whose rows are anything that SQLite keeps, signed or not."""
    path = _new_file("rows.ledger", EMPTY)
    at = choices.number(len(ROWS))
    number, body, signature = ROWS[at]
    changed = _body(body, choices)
    sign = choices.number(4)
    unkept = contextlib.suppress(sqlite3.Error, UnicodeEncodeError)
    with unkept, contextlib.closing(sqlite3.connect(path)) as connection, connection:
        others = [row for row in ROWS if row[0] != at]
        mine = (
            ledger_entries.sign(CARE, changed)
            if sign == 0
            else (signature, signature.hex(), choices.take(64))[sign - 1]
        )
        connection.executemany("INSERT INTO entries (number, body, signature) VALUES (?, ?, ?)", others)
        connection.execute("INSERT INTO entries (number, body, signature) VALUES (?, ?, ?)", (number, changed, mine))
    _read_ledger(path)


def files(choices):
    """A file whose table of files to remove later holds anything. None is removed here."""
    path = _new_file("files.ledger", EMPTY)
    values = [choices.one_of((str, bytes, int, type(None))) for _ in range(3)]
    row = [_cell(kind, choices) for kind in values]
    unkept = contextlib.suppress(sqlite3.Error, UnicodeEncodeError, OverflowError)
    with unkept, contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO files VALUES (?, ?, ?)", row)
    with refusals(LedgerError), contextlib.closing(LedgerStore(path, create=False)) as store:
        for file, session in store.files_due(2**62):
            assert str(file)
            assert len(bytes.fromhex(session)) == 32
            file.with_name("beside")


def _cell(kind, choices):
    piece = choices.piece()
    if kind is str:
        return piece.decode("utf-8", "replace") if choices.number(2) else piece.hex()
    return int.from_bytes(piece[:8], "big") if kind is int else piece if kind is bytes else None


def pages(choices):
    """A file with edits, as a failing disk or a hostile hand leaves it."""
    _read_ledger(_new_file("pages.ledger", edited(GENUINE, choices)))


def _new_file(name, data):
    for suffix in ("-wal", "-shm", "-journal"):
        (FOLDER / (name + suffix)).unlink(missing_ok=True)
    return written(name, data)


def _read_ledger(path):
    with refusals(LedgerError), LedgerView(path) as view:
        for step in (
            view.verify,
            lambda: list(view.entries()),
            lambda: view.owner,
            lambda: view.head,
            lambda: view.standing(POLICE.public),
            lambda: view.peer_charged(POLICE.public),
            view.peers,
            lambda: view.spending(AGREEMENT, POLICE.public, NOW),
            lambda: view.party_under(AGREEMENT, POLICE.public),
            lambda: view.refused(POLICE.public),
            lambda: view.receipts_with(POLICE.public.fingerprint),
            lambda: write_receipts(FOLDER / "again.receipts", view, POLICE.public.fingerprint, force=True),
        ):
            with refusals(LedgerError):
                step()
    with refusals(LedgerError, RefusedError), Ledger(path, CARE, clock=lambda: NOW) as ledger:
        ledger.check_open(AGREEMENT, POLICE.public)
        ledger.open_session(AGREEMENT, POLICE.public, 8)


def ledgers(data):
    """Entries, rows of both tables, and pages of a file."""
    choices = Choices(data)
    choices.one_of((entries, files, rows, pages))(choices)


def _copy(path):
    """Return the bytes of a ledger, all of it in one file."""
    with contextlib.closing(sqlite3.connect(LEDGER._store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def _empty():
    path = FOLDER / "empty.ledger"
    LedgerStore(path, create=True).close()
    return path.read_bytes()


GENUINE = _copy(LEDGER._store.path)
EMPTY = _empty()
