"""Ledgers, standings and budgets (§11)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation, RefusalError, accept, unhex
from protocol_spec.reference import (
    EntryError,
    Identity,
    Standing,
    budget_allows,
    entry_hash,
    entry_signed,
    first_day,
    standing_point,
    verify_ledger,
)


def write_entries(given: dict[str, Any]) -> dict[str, Any]:
    """Hash and sign entries."""
    identity, entries = Identity(bytes.fromhex(given["seed"])), [entry.encode() for entry in given["entries"]]
    return {
        "hashes": [entry_hash(entry) for entry in entries],
        "signatures": [identity.sign(entry_signed(entry)) for entry in entries],
    }


def ledger(given: dict[str, Any]) -> dict[str, Any]:
    """Verify a ledger from its first entry."""
    entries = [(each["entry"].encode(), bytes.fromhex(each["signature"])) for each in given["entries"]]
    try:
        fingerprint, head = verify_ledger(entries)
    except EntryError as error:
        raise RefusalError("ledger", entry=error.number) from None
    return {"fingerprint": fingerprint, "head": head}


def standing(given: dict[str, Any]) -> dict[str, Any]:
    """Check what a peer tells of its ledger."""

    def read(told: dict[str, Any]) -> Standing:
        return told["sessions"], told["charged"], bytes.fromhex(told["last_receipt"])

    seen = read(given["seen"]) if given["seen"] else None
    point = standing_point(read(given["told"]), seen, given["paid"], unhex(given["receipts"]))
    return accept(not point, "standing")


def first_day_that_counts(given: dict[str, Any]) -> dict[str, Any]:
    """Find the day from which charges count."""
    return {"first_day": first_day(given["agreement"], given["others"])}


def budget(given: dict[str, Any]) -> dict[str, Any]:
    """Ask for a charge."""
    charges = [(charge["time"], charge["evaluations"]) for charge in given["charges"]]
    allowed = budget_allows(given, given["first_day"], charges, given["time"], given["evaluations"])
    return accept(allowed, "budget")


OPERATIONS: dict[str, Operation] = {
    "write_entries": write_entries,
    "ledger": ledger,
    "standing": standing,
    "first_day": first_day_that_counts,
    "budget": budget,
}
