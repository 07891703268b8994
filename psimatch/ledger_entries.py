"""The entries of a ledger: their one form, hash and signature, and the check of a chain of them (psimatch-1 §11.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from psimatch import crockford
from psimatch.digest import NO_DIGEST, digest, length_prefixed
from psimatch.errors import IdentityError, LedgerCorruptError, LedgerError
from psimatch.identity import Identity, PublicIdentity, WrongSignatureError
from psimatch.parameters import Label
from psimatch.sealing import SEALING_KEY_BYTES

FORMAT: Final = 1
SALT_BYTES: Final = 32
OPENED_LEDGER: Final = "opened ledger"
CLOCK_ACCEPTED: Final = "clock accepted"

# JSON numbers are exact up to here (RFC 8785 §3.2.2.3).
_NUMBER: Final = range(1 << 53)
_TEXT: Final = re.compile(r".*", re.DOTALL)
_DAYS: Final = frozenset(("valid_from", "valid_until"))
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SOME_BYTES: Final = re.compile(r"([0-9a-f]{2})+")
REFERENCE: Final = re.compile(rf"[{crockford.DIGITS}]{{4}}(-[{crockford.DIGITS}]{{4}}){{1,2}}")


def _bytes(size: int, *, empty: bool = False) -> re.Pattern[str]:
    return re.compile(rf"([0-9a-f]{{{2 * size}}}){'?' if empty else ''}")


_UNDER: Final[Mapping[str, range | re.Pattern[str]]] = {"agreement": _bytes(32), "peer": _bytes(32)}
_WITH: Final = {**_UNDER, "party": _bytes(32)}
_SIGNED: Final = {**_UNDER, "session": _bytes(32), "receipt": _bytes(32), "body": _SOME_BYTES, "signature": _bytes(64)}

# What the fields of each kind hold: numbers of a range, or texts of a form.
# §11.2
FIELDS: Final[Mapping[str, Mapping[str, range | re.Pattern[str]]]] = MappingProxyType(
    {
        OPENED_LEDGER: {
            "format": range(FORMAT, FORMAT + 1),
            "name": _TEXT,
            "signing_key": _bytes(32),
            "sealing_key": _bytes(SEALING_KEY_BYTES),
        },
        "accepted": {
            **_WITH,
            **dict.fromkeys(("peer_name", "title"), _TEXT),
            "predecessor": _bytes(32, empty=True),
            **dict.fromkeys(_DAYS, _DAY),
            "max_evaluations": _NUMBER,
        },
        "opened": {**_WITH, "sessions": _NUMBER[1:]},
        "declared": {**_UNDER, "set_size": _NUMBER[1:]},
        "admitted": {
            **_WITH,
            **dict.fromkeys(("session", "hello", "peer_receipt"), _bytes(32)),
            **dict.fromkeys(("peer_sessions", "peer_charged"), _NUMBER),
        },
        "charged": {
            **_WITH,
            "session": _bytes(32),
            **dict.fromkeys(("evaluations", "charged", "party_charged"), _NUMBER),
            "salt": _bytes(SALT_BYTES),
        },
        "signed": _SIGNED,
        "finished": {**_SIGNED, "peer_signature": _bytes(64), "matches": range(-1, _NUMBER.stop)},
        "aborted": {**_UNDER, "session": _bytes(32, empty=True), "reason": _TEXT},
        "withdrawn": {**_UNDER, "by": re.compile("self|peer")},
        "refused": {**_UNDER, "reason": _TEXT},
        "acknowledged": {**_UNDER, "reason": _TEXT},
        CLOCK_ACCEPTED: {"reason": _TEXT},
        "corrected": {"reference": REFERENCE, "reason": _TEXT},
        "purged": {"session": _bytes(32), "files": _NUMBER},
        "key destroyed": {"session": _bytes(32)},
        "rows opened": {**_UNDER, "session": _bytes(32), "rows": _NUMBER},
    }
)
_COMMON: Final[Mapping[str, range | re.Pattern[str]]] = {
    "number": _NUMBER,
    "previous": _bytes(32),
    "time": _NUMBER,
    "operator": _TEXT,
    "kind": _TEXT,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its place, when it was made (seconds since 1970, UTC) and by whom, its kind and that kind's fields."""

    number: int
    previous: bytes
    time: int
    operator: str
    kind: str
    fields: Mapping[str, Any]

    @property
    def body(self) -> str:
        """The one way to write it: JSON as in RFC 8785, which for integers, texts and ASCII names is this."""
        # §11.2
        given = {"number": self.number, "previous": self.previous.hex(), "time": self.time}
        every = {**given, "operator": self.operator, "kind": self.kind, **self.fields}
        return json.dumps(every, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_body(cls, body: str) -> Entry:
        """Read what `body` gives.

        Raises:
            ValueError: it has another form, or lacks a field of its kind.
        """
        given = json.loads(body)
        if not isinstance(given, dict) or not isinstance(given.get("kind"), str):
            raise ValueError("not an entry")
        forms = {**_COMMON, **FIELDS.get(given["kind"], {})}
        if given["kind"] not in FIELDS or set(given) != set(forms):
            raise ValueError("a field is missing, or does not belong there")
        if not all(_has_form(value, forms[name]) for name, value in given.items()):
            raise ValueError("a field holds what it can't")
        for name in _DAYS & set(given):
            date.fromisoformat(given[name])
        fields = {name: given[name] for name in FIELDS[given["kind"]]}
        previous = bytes.fromhex(given["previous"])
        entry = cls(given["number"], previous, given["time"], given["operator"], given["kind"], fields)
        if entry.body != body:
            raise ValueError("not in its one form")
        return entry


def _has_form(value: object, form: range | re.Pattern[str]) -> bool:
    if isinstance(form, range):
        return type(value) is int and value in form
    return isinstance(value, str) and form.fullmatch(value) is not None


def hash_of(body: str) -> bytes:
    """Return the hash of an entry; 32 bytes."""
    return digest(Label.LEDGER_ENTRY, body.encode())


def sign(identity: Identity, body: str) -> bytes:
    """Return the signature of the party that keeps the ledger; 64 bytes."""
    return identity.sign(_signed(hash_of(body)))


def _signed(entry_hash: bytes) -> bytes:
    return length_prefixed(Label.LEDGER_ENTRY_SIGNATURE) + entry_hash


def opening_fields(owner: PublicIdentity) -> dict[str, Any]:
    """Return the fields of the first entry."""
    keys = {"signing_key": owner.signing_key.hex(), "sealing_key": owner.sealing_key.hex()}
    return {"format": FORMAT, "name": owner.name, **keys}


def owner_of(entry: Entry) -> PublicIdentity:
    """Return the party that keeps the ledger, from its first entry.

    Raises:
        LedgerCorruptError: that is no first entry.
    """
    fields = entry.fields
    try:
        if entry.kind != OPENED_LEDGER or fields["format"] != FORMAT:
            raise ValueError(entry.kind)
        keys = bytes.fromhex(fields["signing_key"]), bytes.fromhex(fields["sealing_key"])
        return PublicIdentity(fields["name"], *keys)
    except (ValueError, IdentityError):
        raise _corrupt(0, "does not open a ledger") from None


class ChainCheck:
    """Takes the entries of a ledger one by one, from the first, and finds the first that is not as it was written."""

    def __init__(self) -> None:
        self.head = NO_DIGEST
        self.count = 0
        self.owner: PublicIdentity | None = None
        self._time = 0
        self._charged: dict[tuple[str, str], int] = {}
        # By session: with whom and under what it was admitted; and what was charged.
        self._admitted: dict[str, tuple[str, str]] = {}
        self._charged_sessions: set[str] = set()

    def take(self, number: int, body: str, signature: bytes) -> Entry:
        """Check the next entry, stored under this number; return it.

        Raises:
            LedgerCorruptError: names the entry.
        """
        # §11.2
        if number != self.count:
            raise _corrupt(self.count, "is missing")
        try:
            entry = Entry.from_body(body)
        except (ValueError, TypeError, RecursionError):
            raise _corrupt(number, "is not an entry in its one form") from None
        if entry.number != number:
            raise _corrupt(number, "bears another number")
        if self.owner is None:
            self.owner = owner_of(entry)
        elif entry.kind == OPENED_LEDGER:
            raise _corrupt(number, "opens another ledger")
        if entry.previous != self.head:
            raise _corrupt(number, "does not follow the one before: one was changed, or others were removed")
        check_signature(self.owner, entry, signature)
        if entry.time < self._time and entry.kind != CLOCK_ACCEPTED:
            raise _corrupt(number, "was made before the one before it")
        self._check_session(entry)
        self._check_sums(entry)
        self.head, self.count, self._time = hash_of(body), number + 1, entry.time
        return entry

    def end(self) -> None:
        """Check that there was an entry at all.

        Raises:
            LedgerCorruptError: there was none.
        """
        if not self.count:
            raise _corrupt(0, "is missing")

    def _check_session(self, entry: Entry) -> None:
        # §11.2
        if entry.kind not in ("admitted", "charged"):
            return
        session, under = entry.fields["session"], (entry.fields["agreement"], entry.fields["peer"])
        if entry.kind == "admitted":
            self._admitted[session] = under
        elif self._admitted.get(session) != under:
            raise _corrupt(entry.number, "charges a session that was not admitted before")
        elif session in self._charged_sessions:
            raise _corrupt(entry.number, "charges a session that was charged before")
        else:
            self._charged_sessions.add(session)

    def _check_sums(self, entry: Entry) -> None:
        if entry.kind != "charged":
            return
        for who, total in (("peer", "charged"), ("party", "party_charged")):
            key = (who, entry.fields[who])
            self._charged[key] = self._charged.get(key, 0) + entry.fields["evaluations"]
            if entry.fields[total] != self._charged[key]:
                raise _corrupt(entry.number, "has a wrong sum of charges")


def check_signature(owner: PublicIdentity, entry: Entry, signature: bytes) -> None:
    """Check that the owner signed an entry.

    Raises:
        LedgerCorruptError: it did not.
    """
    try:
        owner.verify(_signed(hash_of(entry.body)), signature)
    except WrongSignatureError:
        raise _corrupt(entry.number, "is not signed by the party that keeps the ledger") from None


def _corrupt(number: int, problem: str) -> LedgerCorruptError:
    return LedgerCorruptError(
        f"entry {number:,} of the ledger {problem}",
        hint="keep this file as evidence, and restore the ledger from a copy; the peer will notice that",
    )


def check_line(name: str, text: str, limit: int, *, empty: bool = False) -> None:
    """Check a text that an operator gives for an entry: 1 to `limit` printable characters, or 0 where that is allowed.

    Raises:
        LedgerError: it is too long, has other characters, or is empty.
    """
    if len(text) > limit or not text.isprintable() or not (empty or text.strip()):
        least = "at most" if empty else "1 to"
        raise LedgerError(f"{name} has {least} {limit:,} printable characters on one line", hint="write it otherwise")
