"""What lies on a disk for years: ledgers, and audit files of another party."""

import contextlib
import json
import sqlite3
from dataclasses import replace

from bounds import refusals
from choices import Choices, assert_silent, edited
from material import AGREEMENT, CHUNK, CONTENTS, CONVERSATION, LEDGER, PARTIES, REQUESTS, ROWS, audited_pair, opening
from scratch import FOLDER, written
from sessions import AUDITOR, CARE, POLICE, Wire, chunks_of

from psimatch import audit, ledger_entries
from psimatch.audit import records
from psimatch.audit.rows import CannotOpenRowError, Row, share
from psimatch.errors import AuditFileError, LedgerError, RefusedError
from psimatch.ledger import Ledger
from psimatch.ledger_entries import ChainCheck, Entry
from psimatch.ledger_store import LedgerStore
from psimatch.ledger_view import LedgerView
from psimatch.parameters import Role
from psimatch.receipt_files import write_receipts

NOW = 1_800_000_000
ROLES = tuple(Role)


# Ledgers.


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
        ledger.open_session(AGREEMENT, POLICE.public)


def ledgers(data):
    """Entries, rows of both tables, and pages of a file."""
    choices = Choices(data)
    choices.one_of((entries, files, rows, pages))(choices)


# Audit files.


def whole_file(choices):
    """An audit file with edits, or anything."""
    role = choices.one_of(ROLES)
    data = edited(CONVERSATION.audits[role], choices) if choices.number(2) else choices.rest()
    with chunks_of(CHUNK), refusals(AuditFileError):
        contents = audit.AuditContents.decode(data)
        _assert_one_form(data)
        _check(contents)


def _assert_one_form(data):
    again = b"".join(map(records.encode, records.decode_all(data)))
    assert data.startswith(again), "a record was read that psimatch writes otherwise"


def signed_messages(choices):
    """An owner changes a message of its own, and signs it anew: what follows does not fit any more."""
    role, at = choices.one_of(ROLES), choices.number(len(CONTENTS[Role.CLIENT].messages))
    contents = CONTENTS[role]
    messages = list(contents.messages)
    message = messages[at % len(messages)]
    messages[at % len(messages)] = replace(
        message, message=edited(message.message, choices), received=choices.number(256)
    )
    with chunks_of(CHUNK), refusals(AuditFileError):
        _check(replace(contents, messages=tuple(messages)))


def hostile_rows(choices):
    """An owner commits to rows of any content, and opens them."""
    role, place, part = choices.one_of(ROLES), choices.number(3), choices.number(3)
    given = choices.rest()
    with chunks_of(CHUNK):
        pair = audited_pair()
        session = pair[0] if role is Role.CLIENT else pair[1]
        _change_row(session._trail, place, part, given)
        conversation = Wire(*pair).run()
        if role not in conversation.audits:
            return
        with refusals(AuditFileError):
            contents = audit.AuditContents.decode(conversation.audits[role])
            seed = conversation.owner_seeds[role]
            shares = {number: share(seed, number) for number in range(contents.header.set_size + 1)}
            _check(contents, audit.Opening(_auditor_seed(contents), shares))


def _change_row(trail, place, part, given):
    honest = trail._keep
    count = 0

    def keep(record):
        nonlocal count
        if isinstance(record, records.Rows):
            first, count = count, count + len(record.leaves) // 32
            if first <= place < count:
                record = _with_row(trail, record, place, place - first, part, given)
                trail._leaves[place] = record.leaves[32 * (place - first) :][:32]
        honest(record)

    trail._keep = keep


def _with_row(trail, record, place, number, part, given):
    from psimatch.audit.rows import open_row, seal_row

    size = trail._row_bytes + 16
    shares = trail._shares(place)
    row = Row.decode(open_row(record.sealed[size * number : size * (number + 1)], shares))
    match part:
        case 0:
            row = replace(row, identifier=given[: trail._row_bytes - 96])
        case 1:
            row = replace(row, blinding=given[:33])
        case _:
            row = replace(row, case_ref=given.decode("utf-8", "replace")[:20])
    packed = row.encode(trail._row_bytes)
    leaves = record.leaves[: 32 * number] + row.leaf + record.leaves[32 * (number + 1) :]
    sealed = record.sealed[: size * number] + seal_row(packed, shares) + record.sealed[size * (number + 1) :]
    return records.Rows(leaves, sealed)


def one_row(choices):
    """Any bytes as a row that was opened."""
    data = choices.rest()
    with contextlib.suppress(CannotOpenRowError):
        assert Row.decode(data).encode(len(data)) == data


def _auditor_seed(contents):
    from psimatch.audit.trail import seed_info

    header = contents.header
    return AUDITOR.sealing_key.open(header.sealed_seed, seed_info(header.role, header.agreement_id, header.session_id))


def _check(contents, given=None):
    """Check it with nothing open, then with all rows."""
    openings = [None, given] if given else [None, OPENINGS[contents.header.role]]
    for item in openings:
        report = audit.check_audit(contents, AGREEMENT.terms, PARTIES, item)
        assert_silent(*report.violations, repr(report))
        if report.opened:
            audit.write_opened_rows(FOLDER / "rows.csv", report, force=True)


def audits(data):
    """Audit files, the messages in them, and their rows."""
    choices = Choices(data)
    choices.one_of((whole_file, whole_file, signed_messages, hostile_rows, one_row))(choices)


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
OPENINGS = {role: opening(role, REQUESTS[role][0]) for role in Role}
