"""The entries of a ledger: their one form, hash and signature, and the check of a chain of them (psimatch-1 §11.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from psimatch.digest import NO_DIGEST, digest, length_prefixed
from psimatch.errors import IdentityError, LedgerCorruptError
from psimatch.identity import Identity, PublicIdentity, WrongSignatureError
from psimatch.parameters import Label

FORMAT: Final = 1
OPENED_LEDGER: Final = "opened ledger"

_SESSION: Final = {"agreement": str, "peer": str, "session": str}
_WITH_PARTY: Final = {"agreement": str, "peer": str, "party": str}
_SIGNED: Final = {**_SESSION, "receipt": str, "body": str, "signature": str}

# §11.2
FIELDS: Final[Mapping[str, Mapping[str, type]]] = MappingProxyType(
    {
        OPENED_LEDGER: {"format": int, "name": str, "signing_key": str, "sealing_key": str},
        "accepted": {
            **_WITH_PARTY,
            **dict.fromkeys(("peer_name", "title", "predecessor", "valid_from", "valid_until"), str),
            "max_evaluations": int,
        },
        "opened": {**_WITH_PARTY, "sessions": int},
        "admitted": {
            **_WITH_PARTY,
            **dict.fromkeys(("session", "hello", "peer_receipt"), str),
            **dict.fromkeys(("peer_sessions", "peer_charged"), int),
        },
        "charged": {
            **_WITH_PARTY,
            "session": str,
            **dict.fromkeys(("evaluations", "charged", "party_charged"), int),
        },
        "signed": _SIGNED,
        "finished": {**_SIGNED, "peer_signature": str, "matches": int},
        "aborted": {**_SESSION, "reason": str},
        "withdrawn": {"agreement": str, "peer": str, "by": str},
        "acknowledged": {"agreement": str, "peer": str, "reason": str},
        "corrected": {"reference": str, "reason": str},
        "purged": {"session": str, "files": int},
    }
)
_COMMON: Final = {"number": int, "previous": str, "time": int, "operator": str, "kind": str}


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
        types = {**_COMMON, **FIELDS.get(given["kind"], {})}
        if given["kind"] not in FIELDS or set(given) != set(types):
            raise ValueError("a field is missing, or does not belong there")
        if any(type(value) is not types[name] for name, value in given.items()):
            raise ValueError("a field has the wrong type")
        fields = {name: given[name] for name in FIELDS[given["kind"]]}
        previous = bytes.fromhex(given["previous"])
        entry = cls(given["number"], previous, given["time"], given["operator"], given["kind"], fields)
        if entry.body != body:
            raise ValueError("not in its one form")
        return entry


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
        except (ValueError, RecursionError):
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
        if entry.time < self._time:
            raise _corrupt(number, "was made before the one before it")
        self._check_sums(entry)
        self.head, self.count, self._time = hash_of(body), number + 1, entry.time
        return entry

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
