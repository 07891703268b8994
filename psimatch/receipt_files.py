"""Receipts in a file, and the check of the own ledger against those of a peer (psimatch-1 §11.5)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Final

from psimatch.errors import IdentityError, ReceiptError, ReceiptsError
from psimatch.files import read_file, write_private
from psimatch.identity import PublicIdentity, WrongSignatureError
from psimatch.ledger_entries import Entry, hash_of
from psimatch.ledger_view import LedgerView
from psimatch.parameters import Role
from psimatch.receipt import Receipt

FORMAT: Final = "psimatch-receipts-1"
# 100,000 sessions: more than a thousand a day for a season.
_MAX_FILE_BYTES: Final = 128 << 20
_ASK: Final = "ask the peer to export its receipts again"
_COMPARE: Final = "keep both files; one of the two ledgers was changed after the session"


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt with the signatures of the party that holds it and of its peer.

    The latter is empty where the peer's counter-signature never came: a client signs first.
    """

    receipt: Receipt
    signature: bytes
    peer_signature: bytes


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What a peer's receipts show about the own ledger: `checked` agree, `newer` are in the own ledger alone."""

    peer: PublicIdentity
    checked: int
    newer: int


def write_receipts(
    path: str | os.PathLike[str], ledger: LedgerView, peer_fingerprint: bytes, *, force: bool = False
) -> int:
    """Write all receipts that a ledger holds from one peer, and those that it has signed itself; return how many.

    Raises:
        OutputError: the file exists and not `force`, or can't be written.
    """
    receipts = [
        {name: entry.fields.get(name, "") for name in ("body", "signature", "peer_signature")}
        for entry in ledger.receipts_with(peer_fingerprint)
    ]
    owner = ledger.owner
    keys = {"signing_key": owner.signing_key.hex(), "sealing_key": owner.sealing_key.hex()}
    document = {"format": FORMAT, "name": owner.name, **keys, "peer": peer_fingerprint.hex(), "receipts": receipts}
    write_private(path, json.dumps(document, indent=1).encode() + b"\n", force=force)
    return len(receipts)


def read_receipts(path: str | os.PathLike[str]) -> tuple[PublicIdentity, list[SignedReceipt]]:
    """Read a file of receipts: who holds them, and the receipts; their signatures are not verified yet.

    Raises:
        ReceiptsError: it can't be read, is too large, or is no such file.
    """
    data = read_file(path, _MAX_FILE_BYTES, ReceiptsError, remedy=_ASK)
    try:
        return _parse(json.loads(data))
    except (ValueError, KeyError, TypeError, RecursionError, IdentityError, ReceiptError):
        raise ReceiptsError(f"{path} is not a file of receipts", hint=_ASK) from None


def _parse(document: Any) -> tuple[PublicIdentity, list[SignedReceipt]]:
    if document["format"] != FORMAT or not isinstance(document["name"], str):
        raise ValueError(FORMAT)
    keys = bytes.fromhex(document["signing_key"]), bytes.fromhex(document["sealing_key"])
    receipts = [
        SignedReceipt(
            Receipt.from_body(bytes.fromhex(item["body"])),
            bytes.fromhex(item["signature"]),
            bytes.fromhex(item["peer_signature"]),
        )
        for item in document["receipts"]
    ]
    return PublicIdentity(document["name"], *keys), receipts


def check_receipts(ledger: LedgerView, peer: PublicIdentity, receipts: list[SignedReceipt]) -> CrossCheck:
    """Check the own ledger against the receipts that a peer holds.

    They find what a ledger can't show of itself: entries cut off at its end, or a history written anew.

    Raises:
        ReceiptsError: names the first session on which the two contradict each other.
    """
    # §11.5
    shown: set[str] = set()
    for item in receipts:
        # Who has not signed it can't be held to it.
        if item.peer_signature or ledger.charge_of(item.receipt.session_id) is not None:
            _check_one(ledger, peer, item)
            shown.add(item.receipt.session_id.hex())
    own = [entry.fields["session"] for entry in ledger.finished_with(peer.fingerprint)]
    last = max((place for place, session in enumerate(own) if session in shown), default=-1)
    missing = [session for session in own[: last + 1] if session not in shown]
    if missing:
        raise ReceiptsError(
            f"the peer does not show the receipt of session {missing[0][:16]}, which this ledger holds", hint=_COMPARE
        )
    return CrossCheck(peer, len(receipts), len(own) - last - 1)


def _check_one(ledger: LedgerView, peer: PublicIdentity, item: SignedReceipt) -> None:
    receipt, name = item.receipt, item.receipt.session_id.hex()[:16]
    role = _role_of(peer, item)
    signed = item.peer_signature
    if role is None or (signed and not _holds(ledger.owner, receipt, role.peer, signed)):
        raise ReceiptsError(f"the receipt of session {name} is not signed by both parties", hint=_ASK)
    charged = ledger.charge_of(receipt.session_id)
    if charged is None:
        raise ReceiptsError(
            f"session {name} is missing in this ledger, though this party signed its receipt: entries were cut off",
            hint=_COMPARE,
        )
    if not _agrees(charged, receipt, role, peer):
        # What the peer alone has signed it can have made up.
        whose = "that this party signed" if signed else "that the peer alone has signed, which proves nothing by itself"
        raise ReceiptsError(f"this ledger tells session {name} otherwise than the receipt {whose}", hint=_COMPARE)


def _agrees(charged: Entry, receipt: Receipt, peer_role: Role, peer: PublicIdentity) -> bool:
    return (
        hash_of(charged.body) == receipt.ledger_head(peer_role.peer)
        and charged.fields["evaluations"] == receipt.set_size(peer_role)
        and charged.fields["agreement"] == receipt.agreement_id.hex()
        and charged.fields["peer"] == peer.fingerprint.hex()
    )


def _role_of(party: PublicIdentity, item: SignedReceipt) -> Role | None:
    """Return the role in which a party signed, since it signs that too."""
    return next((role for role in Role if _holds(party, item.receipt, role, item.signature)), None)


def _holds(party: PublicIdentity, receipt: Receipt, role: Role, signature: bytes) -> bool:
    try:
        party.verify(receipt.signed_bytes(role), signature)
    except WrongSignatureError:
        return False
    return True
