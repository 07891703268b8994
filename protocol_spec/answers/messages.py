"""Messages, sizes and receipts (§5, §8.1, §8.2)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation, refusing
from protocol_spec.reference import (
    Identity,
    bucket,
    chunks,
    decode_message,
    i2osp,
    is_bucket,
    pack,
    receipt_digest,
    receipt_signed,
    slots,
)

# The names of the fields of each type (§5.2).
STANDING = ("sessions", "charged", "last_receipt")
FIELDS = {
    1: ("Hello", "nonce", "ephemeral_key", "set_size", *STANDING),
    2: ("ServerHello", "nonce", "ephemeral_key", "public_key", "set_size", *STANDING, "root"),
    3: ("Tags", "last", "tags"),
    4: ("Blinded", "rest", "elements", "root"),
    5: ("Evaluated", "elements", "proof"),
    6: ("Claims", "last", "claims", "contacts"),
    7: ("Contacts", "count", "contacts"),
    8: ("Receipt", "body", "signature"),
    9: ("Abort", "code"),
    10: ("LedgerHead", "head"),
}


def message(given: dict[str, Any]) -> dict[str, Any]:
    """Decode a message."""
    with refusing():
        kind, fields = decode_message(bytes.fromhex(given["bytes"]))
    name, *names = FIELDS[kind]
    return {"type": name, "fields": dict(zip(names, fields, strict=True))}


def buckets(given: dict[str, Any]) -> dict[str, Any]:
    """Find the bucket of each set size."""
    return {"buckets": [bucket(n, given["max_items"]) for n in given["sizes"]]}


def set_sizes(given: dict[str, Any]) -> dict[str, Any]:
    """Say of each declared set size whether it is a bucket."""
    return {"accepted": [is_bucket(size, given["max_items"]) for size in given["set_sizes"]]}


def slots_of_claims(given: dict[str, Any]) -> dict[str, Any]:
    """Find the slots for each number of claims, and how they are cut."""
    found = [slots(claims, given["smaller_set_size"]) for claims in given["claims"]]
    return {"slots": found, "chunks": [[len(part) for part in chunks(n)] for n in found]}


def receipt(given: dict[str, Any]) -> dict[str, Any]:
    """Encode and sign a receipt."""
    digests = [bytes.fromhex(given[name]) for name in ("session_id", "agreement_id", "client_digest", "server_digest")]
    heads = [bytes.fromhex(given[f"{role}_ledger_head"]) for role in ("client", "server")]
    count = None if given["matches"] is None else i2osp(given["matches"], 4)
    body = pack([*digests, given["client_set_size"], given["server_set_size"], count, *heads])
    signatures = {
        f"{role}_signature": Identity(bytes.fromhex(given[f"{role}_seed"])).sign(receipt_signed(role, body))
        for role in ("client", "server")
    }
    return {"body": body, "digest": receipt_digest(body), **signatures}


OPERATIONS: dict[str, Operation] = {
    "message": message,
    "bucket": buckets,
    "set_size": set_sizes,
    "slots": slots_of_claims,
    "receipt": receipt,
}
