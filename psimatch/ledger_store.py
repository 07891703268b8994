"""The file of a ledger: SQLite, append-only, every transaction on disk before it counts (psimatch-1 §11.4)."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from psimatch.digest import NO_DIGEST
from psimatch.errors import LedgerCorruptError, LedgerError
from psimatch.files import place_new, reason, temporary_file
from psimatch.identity import PublicIdentity
from psimatch.ledger_entries import Entry, check_signature, hash_of

# Columns that SQLite takes out of the body by itself: they can't say something else than the entry.
_COLUMNS: Final = ("kind", "time", "peer", "party", "agreement", "session", "hello", "receipt", "peer_name")
_ASKED_BY: Final = frozenset((*_COLUMNS, "number"))
_SCHEMA_VERSION: Final = 2
# The longest entry, which opens a ledger, has some 3,000 bytes; a damaged page may claim any length.
_LONGEST_ROW: Final = 1 << 20
# "psi1" as a number, so that `file` and this program know the file.
_APPLICATION_ID: Final = 0x70736931
# Another process appends within milliseconds, unless its disk hangs.
_BUSY_SECONDS: Final = 10.0
_MEMORY: Final = ":memory:"
# Rows that are read at once: between two pages others may write.
_PAGE: Final = 1_000
_SESSION: Final = re.compile(r"[0-9a-f]{64}")

_GENERATED: Final = ", ".join(
    f"{name} GENERATED ALWAYS AS (json_extract(body, '$.{name}')) VIRTUAL" for name in _COLUMNS
)
_SCHEMA: Final = (
    f"CREATE TABLE entries (number INTEGER PRIMARY KEY, body TEXT NOT NULL, signature BLOB NOT NULL, {_GENERATED})",
    "CREATE INDEX by_peer ON entries (kind, peer, number)",
    "CREATE INDEX by_party ON entries (kind, party, number)",
    "CREATE INDEX by_time ON entries (kind, party, time, number)",
    "CREATE INDEX by_agreement ON entries (kind, agreement, number)",
    *(
        f"CREATE INDEX by_{name} ON entries ({name}, number) WHERE {name} IS NOT NULL"
        for name in ("session", "hello", "receipt", "peer_name")
    ),
    *(
        f"CREATE TRIGGER no_{verb} BEFORE {verb} ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    # Files to remove when their time has come; not part of the chain, since their names are nobody else's business.
    "CREATE TABLE files (path TEXT PRIMARY KEY, session TEXT NOT NULL, due INTEGER NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_SCHEMA_VERSION}",
)

Row = tuple[int, str, bytes]

_VERIFY: Final = "see psimatch ledger verify"


class LedgerStore:
    """Keeps rows of number, body and signature. Several threads may use one object, and several programs one file.

    Every method raises LedgerError where the file can't be used, and LedgerCorruptError where it is damaged.
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, create: bool) -> None:
        """Open the file at `path`, or none at all, in memory.

        Raises:
            LedgerError: it is missing and not to be created, or is no ledger.
        """
        self.path = None if path is None else Path(path)
        self._lock = threading.RLock()
        self._keeper: PublicIdentity | None = None
        if self.path is not None and not self._exists():
            if not create:
                raise LedgerError(f"there is no ledger at {self.path}", hint="name it with --ledger")
            if self.path.is_symlink():
                # SQLite would make it there, and let others read it.
                raise LedgerError(f"{self.path} is a link that leads nowhere", hint="remove it, or name another ledger")
            with _ledger_errors(self._name):
                _create(self.path)
        with _ledger_errors(self._name):
            self._connection = sqlite3.connect(
                _MEMORY if self.path is None else _address(self.path, create=create),
                timeout=_BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                uri=self.path is not None,
            )
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_ROW)
        # Who drops a ledger without closing it, as one in memory often is, leaves no connection behind.
        weakref.finalize(self, self._connection.close)
        try:
            self._prepare(create=create)
        except BaseException:
            self._connection.close()
            raise

    @property
    def _name(self) -> str:
        return "in memory" if self.path is None else str(self.path)

    def _exists(self) -> bool:
        with _ledger_errors(self._name):
            return self.path is not None and self.path.exists()

    def _prepare(self, *, create: bool) -> None:
        with _ledger_errors(self._name):
            application = self._connection.execute("PRAGMA application_id").fetchone()[0]
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            empty = not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if empty and not create:
            raise LedgerError(f"{self._name} is empty", hint="name the right file with --ledger")
        if not empty and application != _APPLICATION_ID:
            raise LedgerError(f"{self._name} is no ledger of psimatch", hint="name the right file with --ledger")
        if not empty and version != _SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger {self._name} is of another version of psimatch", hint="use the version that made it"
            )
        with _ledger_errors(self._name):
            self._connection.execute("PRAGMA synchronous = FULL")
            if empty:
                _make_tables(self._connection)
        self._check_schema()

    def _check_schema(self) -> None:
        """Check that nothing was added to the tables or changed: a trigger could swallow charges.

        Raises:
            LedgerCorruptError: something was.
        """
        with self._lock, _ledger_errors(self._name):
            found = self._connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        expected = [statement for statement in _SCHEMA if statement.startswith("CREATE")]
        if sorted(sql for (sql,) in found) != sorted(expected):
            raise LedgerCorruptError(
                f"the tables of the ledger {self._name} were changed", hint="restore the ledger from a copy"
            )

    def close(self) -> None:
        """Close the file."""
        with _ledger_errors(self._name):
            self._connection.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Do what is done in here together or not at all, while no one else writes; on disk at the end."""
        with self._lock, _ledger_errors(self._name):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def append(self, entry: Entry, signature: bytes) -> None:
        """Append an entry, and see that it is there; only within `writing`."""
        row = entry.number, entry.body, signature
        self._connection.execute("INSERT INTO entries (number, body, signature) VALUES (?, ?, ?)", row)
        if self.last_row() != row:
            raise LedgerCorruptError(f"the ledger {self._name} does not keep what is appended", hint="see its triggers")

    def last_row(self) -> Row | None:
        """Return the last row."""
        rows = self._rows("SELECT number, body, signature FROM entries ORDER BY number DESC LIMIT 1", ())
        return rows[0] if rows else None

    def trust_only(self, keeper: PublicIdentity) -> None:
        """Check that the last entry follows the one before and is signed, as are those later asked for by their kind.

        So nobody who can write to the file, and has no key, changes what a session is allowed. What was removed shows
        in `verify` alone.

        Raises:
            LedgerCorruptError: the last entry is not as it was written.
        """
        self._keeper = keeper
        rows = self._rows("SELECT number, body, signature FROM entries ORDER BY number DESC LIMIT 2", ())
        for row in rows[:1]:
            last = self._trusted(row)
            if last.previous != (hash_of(rows[1][1]) if rows[1:] else NO_DIGEST):
                raise LedgerCorruptError(
                    f"entry {last.number:,} of the ledger does not follow the one before", hint=_VERIFY
                )

    def _trusted(self, row: Row) -> Entry:
        entry = entry_of(row)
        if self._keeper is not None:
            check_signature(self._keeper, entry, row[2])
        return entry

    def rows(self) -> Iterator[Row]:
        """Yield all rows, in order."""
        columns, order = "SELECT number, body, signature FROM entries", f"ORDER BY number LIMIT {_PAGE}"
        page = self._rows(f"{columns} {order}", ())
        while page:
            yield from page
            page = self._rows(f"{columns} WHERE number > ? {order}", (page[-1][0],))

    def entries(self, kind: str, **where: str | int | None) -> list[Entry]:
        """Return the entries of a kind whose columns have these values, in order; `__from` and `__before` compare."""
        return self._entries(kind, where, "ASC", -1)

    def last(self, kind: str, **where: str | int | None) -> Entry | None:
        """Return the last of such entries."""
        found = self._entries(kind, where, "DESC", 1)
        return found[0] if found else None

    def _entries(self, kind: str, where: Mapping[str, str | int | None], direction: str, limit: int) -> list[Entry]:
        # Time goes back only where a clock was accepted; who asks by time asks for entries between two such, where both
        # orders are one. Each has its index.
        by_time = f"time {direction}, " if any(name.startswith("time__") for name in where) else ""
        order = f"ORDER BY {by_time}number {direction} LIMIT {limit}"
        sql = f"SELECT number, body, signature FROM entries WHERE {_conditions(where)} {order}"  # noqa: S608
        return [self._trusted(row) for row in self._rows(sql, (kind, *where.values()))]

    def first(self, kind: str, **where: str | int | None) -> Entry | None:
        """Return the first of such entries."""
        found = self._entries(kind, where, "ASC", 1)
        return found[0] if found else None

    def count(self, kind: str, **where: str | int | None) -> int:
        """Return how many such entries there are."""
        sql = f"SELECT count(*), '', x'' FROM entries WHERE {_conditions(where)}"  # noqa: S608
        return self._rows(sql, (kind, *where.values()))[0][0]

    def check_file(self) -> None:
        """Let SQLite check its pages and indexes, and check that its tables are those of a ledger.

        Raises:
            LedgerCorruptError: they are damaged.
        """
        with self._lock, _ledger_errors(self._name):
            found = self._connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        self._check_schema()
        if found != "ok":
            raise LedgerCorruptError(f"the file {self._name} is damaged", hint="restore the ledger from a copy")

    def add_file(self, path: Path, session: str, due: int) -> None:
        """Remember a file that is to be removed at a time; only within `writing`."""
        self._connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (str(path), session, due))

    def files_due(self, now: int) -> list[tuple[Path, str]]:
        """Return the files whose time has come, and the session of each."""
        with self._lock, _ledger_errors(self._name):
            sql = "SELECT path, session FROM files WHERE due <= ? ORDER BY due, path"
            found = self._connection.execute(sql, (now,)).fetchall()
        if not all(_is_path(path) and _SESSION.fullmatch(str(session)) for path, session in found):
            raise LedgerCorruptError(f"the files in the ledger {self._name} were changed", hint="see that table")
        return [(Path(path), session) for path, session in found]

    def bring_forward(self, now: int, since: int, *, by: int) -> None:
        """Make files due so much sooner whose session bears a time after `now`; only within `writing`.

        `since` is the number of the last entry by which that was done before.
        """
        sessions = "SELECT session FROM entries WHERE kind = 'admitted' AND time > ? AND number > ?"
        update = f"UPDATE files SET due = due - ? WHERE session IN ({sessions})"  # noqa: S608
        self._connection.execute(update, (by, now, since))

    def folders(self) -> set[Path]:
        """Return the folders of all files that are remembered."""
        with self._lock, _ledger_errors(self._name):
            found = self._connection.execute("SELECT path FROM files").fetchall()
        return {Path(path).parent for (path,) in found if _is_path(path)}

    def forget_file(self, path: Path) -> None:
        """Forget a file; only within `writing`."""
        self._connection.execute("DELETE FROM files WHERE path = ?", (str(path),))

    def _rows(self, sql: str, values: tuple[str | int | None, ...]) -> list[Row]:
        with self._lock, _ledger_errors(self._name):
            found = self._connection.execute(sql, values).fetchall()
        # Of a damaged page SQLite gives what its own column would not take.
        for number, body, signature in found:
            if not isinstance(body, str) or not isinstance(signature, bytes):
                raise _no_entry(number)
        return found


def _address(path: Path, *, create: bool) -> str:
    """Return how SQLite is to open a ledger: one on a medium that nobody can write to, without its locks and its log.

    Raises:
        LedgerError: entries that such a ledger's log holds could not be seen.
    """
    address = f"file:{quote(os.path.abspath(path))}"
    if create or not os.statvfs(path).f_flag & os.ST_RDONLY:
        return address
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size:
        raise LedgerError(
            f"the ledger {path} was copied to a read-only medium while it was open",
            hint=f"copy it and {log.name} together into a folder that you may write to, and look at it there",
        )
    return f"{address}?immutable=1"


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _conditions(where: Mapping[str, str | int | None]) -> str:
    return " AND ".join(["kind = ?", *(_condition(name, value) for name, value in where.items())])


def _create(path: Path) -> None:
    """Make a ledger without entries whole, then give it its name, unless another program was faster.

    Nobody but its owner may read it, from the first moment on.
    """
    with temporary_file(path.parent) as (temporary, _):
        with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            _make_tables(connection)
        with contextlib.suppress(FileExistsError):
            place_new(temporary, path)


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute("COMMIT")


def _condition(name: str, value: str | int | None) -> str:
    column, _, relation = name.partition("__")
    if column not in _ASKED_BY:
        raise ValueError(f"there is no column {column}")
    equal = "IS" if value is None else "="
    return f"{column} {({'': equal, 'from': '>=', 'before': '<'})[relation]} ?"


def entry_of(row: Row) -> Entry:
    """Return the entry of a row.

    Raises:
        LedgerCorruptError: it is not in its one form, or belongs to another place.
    """
    try:
        entry = Entry.from_body(row[1])
    except (ValueError, TypeError, RecursionError):
        raise _no_entry(row[0]) from None
    if entry.number != row[0]:
        raise LedgerCorruptError(f"entry {row[0]} of the ledger bears another number", hint=_VERIFY)
    return entry


def _no_entry(number: int) -> LedgerCorruptError:
    return LedgerCorruptError(f"entry {number} of the ledger is not an entry in its one form", hint=_VERIFY)


_HINTS: Final = {
    "SQLITE_BUSY": "another program holds it: wait until it is done",
    "SQLITE_LOCKED": "another program holds it: wait until it is done",
    "SQLITE_FULL": "make room on that disk",
    "SQLITE_READONLY": "it must be writable, and so must its folder",
    "SQLITE_CANTOPEN": "it must be a file that you may read and write, in a folder that you may write to",
    "SQLITE_IOERR": "look at that disk: it may be full, or damaged",
}
_DAMAGED: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_TOOBIG")


@contextlib.contextmanager
def _ledger_errors(name: str) -> Iterator[None]:
    """Turn what SQLite and the system say into LedgerError, with a remedy."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith(_DAMAGED):
            raise LedgerCorruptError(
                f"the ledger {name} is damaged, or no ledger: {error}", hint="restore the ledger from a copy"
            ) from error
        hint = next((hint for known, hint in _HINTS.items() if code.startswith(known)), "look at that file")
        raise LedgerError(f"the ledger {name} can't be used: {error}", hint=hint) from error
    except (UnicodeDecodeError, MemoryError):
        # What SQLite says of a damaged schema repeats a piece of it, which need not be text; lengths may be any.
        raise LedgerCorruptError(f"the ledger {name} is damaged", hint="restore the ledger from a copy") from None
    except OSError as error:
        raise LedgerError(
            f"the ledger {name} can't be used: {reason(error)}", hint="name another place with --ledger"
        ) from error
