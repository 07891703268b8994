"""A party's own ledger: what it grants, and what it appends (§7.4, §11)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation
from protocol_spec.answers.sessions import public_of, standing_of
from protocol_spec.reference import (
    Entry,
    Identity,
    OwnLedger,
    PublicIdentity,
    RefusedError,
    Standing,
    Terms,
    agreement_id,
    verify_ledger,
)

# The class in which a reason of the ledger is refused; what is not here is its own class.
CLASSES = {
    "agreement of an unknown party": "standing",
    "Hello admitted before": "replayed",
    "charged before, or not admitted": "ledger",
    "clock": "ledger",
    "own set size": "ledger",
}


def shown(standing: Standing) -> dict[str, Any]:
    """Return a standing by name."""
    return dict(zip(("sessions", "charged", "last_receipt"), standing, strict=True))


def compared(entry: Entry) -> Entry:
    """Return what of an entry is determined: a reason to refuse is in the program's own words, and so is the chain."""
    own_words = ("previous", "reason") if entry["kind"] == "refused" else ("previous",)
    return {name: value for name, value in entry.items() if name not in own_words}


def take(ledger: OwnLedger, step: dict[str, Any], terms: Terms, peer: PublicIdentity) -> dict[str, Any]:
    """Take one step with the ledger; return what it grants."""
    session = bytes.fromhex(step.get("session", ""))
    under = {"agreement": agreement_id(terms).hex(), "peer": peer.fingerprint.hex()}
    match step["do"]:
        case "open":
            return shown(ledger.open(terms, peer, step["set_size"]))
        case "admit":
            hello, opening = bytes.fromhex(step["hello"]), step["role"] == "server"
            sizes = step["evaluations"], step["set_size"]
            standing = ledger.admit(terms, peer, session, hello, standing_of(step["told"]), *sizes, opening)
            return shown(standing) if standing else {}
        case "charge":
            salt = bytes.fromhex(step["salt"])
            ledger.charge(terms, peer, session, step["evaluations"], lambda _: salt)
        case "receipt":
            body, own, theirs = (bytes.fromhex(step[name]) for name in ("body", "signature", "peer_signature"))
            ledger.record_receipt(terms, peer, session, body, own, theirs, step["matches"])
        case "abort":
            ledger.record_abort(terms, peer, session, step["reason"], 0)
        case "withdraw":
            ledger.append("withdrawn", **under, by=step["by"])
        case "accept clock":
            ledger.accept_clock(step["reason"])
        case "acknowledge":
            ledger.append("acknowledged", **under, reason=step["reason"])
    return {}


def own_ledger(given: dict[str, Any]) -> dict[str, Any]:
    """Take steps with a new ledger, and return what came of each, and the entries."""
    now = given["time"]
    ledger = OwnLedger(Identity(bytes.fromhex(given["seed"])), given["name"], None, given["operator"], lambda: now)
    peers = [public_of(peer) for peer in given["peers"]]
    answers: list[dict[str, Any]] = []
    for step in given["steps"]:
        now = step["time"]
        try:
            answers.append({"granted": take(ledger, step, given["agreements"][step["agreement"]], peers[step["peer"]])})
        except RefusedError as error:
            answers.append({"refused": CLASSES.get(error.reason, error.reason)})
    verify_ledger(ledger.rows)
    return {"answers": answers, "entries": [compared(entry) for entry in ledger.entries]}


OPERATIONS: dict[str, Operation] = {"own_ledger": own_ledger}
