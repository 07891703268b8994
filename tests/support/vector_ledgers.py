"""The own ledger of psimatch for the vectors: its clock and its salts are given."""

import json

from vector_refusals import class_of, h, public_of, standing_of

from psimatch import Agreement, Identity, Ledger, Role, Terms, errors, randomness
from psimatch.outputs import AdmissionNeeded, ChargeNeeded, ReceiptSigned
from psimatch.receipt import Receipt


def shown(standing):
    return {"sessions": standing.sessions, "charged": standing.charged, "last_receipt": standing.last_receipt}


def compared(entry):
    """What of an entry is determined: a reason to refuse is in the program's own words, and so is the chain."""
    own_words = ("previous", "reason") if entry["kind"] == "refused" else ("previous",)
    return {name: value for name, value in entry.items() if name not in own_words}


def take(ledger, step, agreement, peer):
    """Take one step with the ledger; return what it grants."""
    session = h(step.get("session", ""))
    match step["do"]:
        case "open":
            return shown(ledger.open_session(agreement, peer, step["set_size"]))
        case "admit":
            role = Role(step["role"])
            sizes = step["evaluations"], step["set_size"]
            needed = AdmissionNeeded(session, h(step["hello"]), *sizes, standing_of(step["told"]))
            admission = ledger.admit(agreement, peer, needed, role)
            return shown(admission.standing) if role is Role.SERVER else {}
        case "charge":
            needed = ChargeNeeded(session, peer.fingerprint, step["evaluations"])
            before = randomness.random_bytes
            randomness.random_bytes = lambda length: h(step["salt"])[:length]
            try:
                ledger.charge(agreement, peer, needed)
            finally:
                randomness.random_bytes = before
        case "receipt":
            theirs = h(step["peer_signature"]) or None
            matches = None if step["matches"] < 0 else step["matches"]
            signed = ReceiptSigned(Receipt.from_body(h(step["body"])), matches, h(step["signature"]), theirs)
            ledger.record_receipt(agreement, peer, signed)
        case "abort":
            ledger.record_abort(agreement, peer, session, step["reason"])
        case "withdraw":
            ledger.withdraw(agreement, by_peer=step["by"] == "peer")
        case "accept clock":
            ledger.accept_clock(step["reason"])
        case "acknowledge":
            ledger.acknowledge(agreement, step["reason"])
    return {}


def own_ledger(given):
    now = given["time"]
    keeper = Identity.from_seed(given["name"], h(given["seed"]))
    agreements = [Agreement(Terms.from_fields(terms)) for terms in given["agreements"]]
    peers = [public_of(peer) for peer in given["peers"]]
    answers = []
    with Ledger(None, keeper, operator=given["operator"], clock=lambda: now) as ledger:
        for step in given["steps"]:
            now = step["time"]
            try:
                answers.append({"granted": take(ledger, step, agreements[step["agreement"]], peers[step["peer"]])})
            except errors.PsimatchError as error:
                answers.append({"refused": class_of(error)})
        ledger.verify()
        return {"answers": answers, "entries": [compared(json.loads(entry.body)) for entry in ledger.entries()]}
