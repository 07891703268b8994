"""psimatch as a program that answers the vectors: `python tests/support/vector_answers.py`, see protocol_spec/check.py.

Every answer comes from the code that a session runs; only what it draws is given to it.
"""

import json
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from pathlib import Path

from vector_audits import audit_file
from vector_ledgers import own_ledger
from vector_refusals import InputRefusedError, class_of, cut, h, hs, plain, public_of, standing_of
from vector_sessions import envelope, identifier_of, out_of_place, rows_of, session

from psimatch import (
    Agreement,
    Identifier,
    Identity,
    Role,
    Terms,
    canonical,
    errors,
    kernel,
    oprf,
    padding,
    wire,
)
from psimatch.agreement_files import read_agreement_file
from psimatch.audit.merkle import merkle_root
from psimatch.audit.rows import Row, open_row, seal_row, share
from psimatch.audit.trail import answer_info, seed_info
from psimatch.budget import DAY, Spending, Term, first_day_that_counts, start_of
from psimatch.client import commitments
from psimatch.contact import disarm
from psimatch.disclosure import open_contact, seal_contact
from psimatch.identifiers import KINDS
from psimatch.identifiers.phone import phone_kind
from psimatch.identity_files import read_public
from psimatch.ledger_entries import ChainCheck, hash_of, sign
from psimatch.matching import references
from psimatch.oprf.voprf import _blind_evaluate_with, blind_with
from psimatch.prf import CLAIM, MATCH_SECRET, TAG, encoded, input_prefix, server_key
from psimatch.receipt import Receipt
from psimatch.standing import check_standing
from psimatch.submission import Submission

ONE = (1).to_bytes(32, "little")
ACCEPTED = {"accepted": True}
# The keyed hash.


def element(given):
    oprf.check_public_key(h(given["encoding"]))
    return {"encoding": kernel.multiply(ONE, h(given["encoding"]))}


def base_multiple(given):
    return {"encodings": cut(kernel.multiply_base(hs(given["scalars"])))}


def prf(given):
    agreement, session = h(given["agreement_id"]), h(given["session_id"])
    data = input_prefix(agreement, session) + encoded(Identifier(given["kind"], given["version"], h(given["value"])))
    key = server_key(h(given["key_seed"]), agreement, session)
    blinding = blind_with([data], h(given["blind"]))
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"")
    output = oprf.finalize(key.public_key, [data], blinding, evaluation, context=b"")
    assert output == oprf.evaluate(key, [data])
    added = blind_with([data], h(given["blind"]), additive=True)
    answered = oprf.blind_evaluate(key, added.blinded_elements, context=b"")
    assert output == oprf.finalize(key.public_key, [data], added, answered, context=b"")
    return {
        "prf_input": data,
        "secret_key": key.secret,
        "public_key": key.public_key,
        "element": blind_with([data], ONE).blinded_elements,
        "blinded": blinding.blinded_elements,
        "evaluated": evaluation.elements,
        "output": output,
        "tag": output[TAG],
        "claim": output[CLAIM],
        "match_secret": output[MATCH_SECRET],
    }


def prove_chunk(given):
    secret = h(given["secret_key"])
    key = oprf.ServerKey(secret, kernel.multiply_base(secret))
    made = _blind_evaluate_with(key, hs(given["blinded"]), h(given["nonce"]), h(given["context"]))
    return {"public_key": key.public_key, "evaluated": cut(made.elements), "proof": made.proof}


def verify_chunk(given):
    # A blind of 1 for inputs that don't matter: finalize gets past them only if the proof passes.
    n = len(given["blinded"])
    blinding = oprf.Blinding(ONE * n, hs(given["blinded"]))
    evaluation = oprf.Evaluation(hs(given["evaluated"]), h(given["proof"]))
    oprf.finalize(h(given["public_key"]), [b""] * n, blinding, evaluation, context=h(given["context"]))
    return ACCEPTED


def commitment(given):
    return {"rests": commitments([h(chunk) for chunk in given["chunks"]])}


# Identities and agreements.


def identity(given):
    public = Identity.from_seed("Someone", h(given["seed"])).public
    return {
        "signing_key": public.signing_key,
        "sealing_key": public.sealing_key,
        "fingerprint": public.fingerprint,
        "fingerprint_text": public.fingerprint_text,
    }


def agreement(given):
    terms = Terms.from_fields(given["terms"])
    signed = Agreement(terms)
    for role in Role:
        signed = signed.sign(Identity.from_seed("Someone", h(given[f"{role.value}_seed"])))
    return {
        "canonical": canonical.encode(terms.as_fields()),
        "agreement_id": terms.id,
        "signatures": {role.value: signature for role, signature in signed.signatures.items()},
    }


def public_identity(given):
    with written(given["file"]) as path:
        public = read_public(path)
    return {"name": public.name, "signing_key": public.signing_key, "sealing_key": public.sealing_key}


def agreement_file(given):
    with written(given["file"]) as path:
        read = read_agreement_file(path)
    signatures = {role.value: signature for role, signature in read.signatures.items()}
    return {"agreement_id": read.terms.id, "signatures": signatures}


@contextmanager
def written(data):
    """A file of these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given"
        path.write_bytes(h(data))
        yield path


def agreement_signature(given):
    terms = Terms.from_fields(given["terms"])
    try:
        Agreement(terms, {Role(given["role"]): h(given["signature"])}).verify_signature(public_of(given))
    except errors.AgreementError:
        raise InputRefusedError("signature") from None
    return ACCEPTED


# Messages, sizes, receipts.


def message(given):
    decoded = wire.decode(h(given["bytes"]))
    assert wire.encode(decoded) == h(given["bytes"])
    return {
        "type": type(decoded).__name__,
        "fields": {item.name: getattr(decoded, item.name) for item in fields(decoded)},
    }


def bucket(given):
    return {"buckets": [padding.bucket(n, given["max_items"]) for n in given["sizes"]]}


def set_size(given):
    def is_bucket(size):
        try:
            padding.check_set_size(size, given["max_items"])
        except errors.SetSizeError:
            return False
        return True

    return {"accepted": [is_bucket(size) for size in given["set_sizes"]]}


def slots(given):
    found = [padding.slots(claims, given["smaller_set_size"]) for claims in given["claims"]]
    return {"slots": found, "chunks": [[piece.stop - piece.start for piece in padding.chunks(n)] for n in found]}


def receipt(given):
    digests = [h(given[name]) for name in ("session_id", "agreement_id", "client_digest", "server_digest")]
    heads = [h(given[f"{role.value}_ledger_head"]) for role in Role]
    made = Receipt(*digests, given["client_set_size"], given["server_set_size"], given["matches"], *heads)
    assert Receipt.from_body(made.body) == made
    signatures = {}
    for role in Role:
        party = Identity.from_seed("Someone", h(given[f"{role.value}_seed"]))
        signed = made.signed_by(party, role)
        made.check(signed, party.public, role)
        signatures[f"{role.value}_signature"] = signed.signature
    return {"body": made.body, "digest": made.digest, **signatures}


# Matches and audits.


def seal(given):
    about = h(given["match_secret"]), h(given["session_id"]), Role(given["to"])
    return {"sealed": seal_contact(given["contact"], given["contact_size"], *about)}


def opened_contact(given):
    about = h(given["match_secret"]), h(given["session_id"]), Role(given["to"])
    return {"contact": open_contact(h(given["sealed"]), *about)}


def hostile_contact(given):
    try:
        shown = opened_contact(given)["contact"]
    except errors.ContactError:
        return {"harmless": True}
    return {"harmless": shown.isprintable() and shown == disarm(shown)}


def name_matches(given):
    return {"references": references([h(secret) for secret in given["match_secrets"]], h(given["session_id"]))}


def audit_rows(given):
    seeds, rows, leaves = (h(given["auditor_seed"]), h(given["owner_seed"])), [], []
    for place, each in enumerate(given["rows"]):
        identifier = encoded(Identifier(each["kind"], each["version"], h(each["value"])))
        row = Row(h(each["salt"]), identifier, h(each["blinding"]), tuple(each["persons"]), each["case_ref"])
        shares = tuple(share(seed, place) for seed in seeds)
        sealed = seal_row(row.encode(given["row_bytes"]), shares)
        assert Row.decode(open_row(sealed, shares)) == row
        leaves.append(row.leaf)
        rows.append({"leaf": row.leaf, "auditor_share": shares[0], "owner_share": shares[1], "sealed": sealed})
    about = Role(given["role"]), h(given["agreement_id"]), h(given["session_id"])
    return {
        "rows": rows,
        "root": merkle_root(leaves),
        "seed_info": seed_info(*about),
        "answer_info_all": answer_info(*about, None),
        "answer_info": answer_info(*about, given["places"]),
    }


# Ledgers and budgets.


def write_entries(given):
    keeper = Identity.from_seed("Someone", h(given["seed"]))
    return {
        "hashes": [hash_of(entry) for entry in given["entries"]],
        "signatures": [sign(keeper, entry) for entry in given["entries"]],
    }


def ledger(given):
    chain = ChainCheck()
    try:
        for number, each in enumerate(given["entries"]):
            chain.take(number, each["entry"], h(each["signature"]))
        chain.end()
    except errors.LedgerCorruptError:
        raise InputRefusedError("ledger", entry=chain.count) from None
    return {"fingerprint": chain.owner.fingerprint, "head": chain.head}


def standing(given):
    places = {h(receipt): place for place, receipt in enumerate(given["receipts"])}
    seen = given["seen"] and standing_of(given["seen"])
    check_standing(standing_of(given["told"]), seen, given["paid"], places.get)
    return ACCEPTED


def first_day(given):
    own, *others = [
        Term(date.fromisoformat(each["valid_from"]), date.fromisoformat(each["valid_until"]), each["predecessor"])
        for each in (given["agreement"], *given["others"])
    ]
    known = dict(zip((each["id"] for each in given["others"]), others, strict=True))
    return {"first_day": first_day_that_counts(own, known).isoformat()}


def budget(given):
    party = [{"name": name, "fingerprint": "-".join(["0000"] * 12 + [f"{name[0].upper()}000"])} for name in "CS"]
    limits = {name: given[name] for name in ("max_evaluations", "sessions_per_day", "minutes_between_sessions")}
    terms = Terms.from_fields({
        "protocol": "psimatch/1", "title": "t", "purpose": "p", "legal_basis": "l", "client": party[0],
        "server": party[1], "kinds": ["text/1"], "reveal": "both", "max_items": 1, **limits,
        "large_budget_reason": "", "contact_size": 0, "valid_from": "2020-01-01", "valid_until": "2099-12-31",
        "predecessor": "", "phone_region": "", "auditor": "", "retention_days": 30,
    })  # fmt: skip
    now, charges = given["time"], [(charge["time"], charge["evaluations"]) for charge in given["charges"]]
    counted = [number for time, number in charges if time >= start_of(date.fromisoformat(given["first_day"]))]
    today = [time for time, _ in charges if time // DAY == now // DAY]
    spending = Spending(sum(counted), len(today), charges[-1][0] if charges else None)
    spending.check(terms, given["evaluations"], now)
    return ACCEPTED


# Kinds.


def kind(given):
    kinds = {**KINDS, "phone": phone_kind(given["phone_region"] or "NL")}

    def read(row):
        try:
            found = kinds[given["kind"]].parse(row)
        except errors.FieldError:
            return None
        assert all(kinds[given["kind"]].has_form(identifier.value) for identifier in found)
        return [identifier.value.decode() for identifier in found]

    return {"values": [read(row) for row in given["rows"]]}


def claims(given):
    submission = Submission(rows_of(given), Terms.from_fields(given["terms"]))
    numbers = {submission.identifier(item): item for item in range(submission.count)}
    claimed = submission.claims([numbers[identifier_of(item)] for item in given["matched"]])
    told = sorted(
        ((identifier := submission.identifier(item)).kind, identifier.version, identifier.value, contact)
        for item, contact in claimed.items()
    )
    return {
        "places": submission.places,
        "claims": [dict(zip(("kind", "version", "value", "contact"), each, strict=True)) for each in told],
    }


OPERATIONS = {
    "element": element,
    "base_multiple": base_multiple,
    "prf": prf,
    "prove_chunk": prove_chunk,
    "verify_chunk": verify_chunk,
    "commitment": commitment,
    "identity": identity,
    "agreement": agreement,
    "agreement_signature": agreement_signature,
    "public_identity": public_identity,
    "agreement_file": agreement_file,
    "message": message,
    "bucket": bucket,
    "set_size": set_size,
    "slots": slots,
    "receipt": receipt,
    "seal_contact": seal,
    "open_contact": opened_contact,
    "hostile_contact": hostile_contact,
    "references": name_matches,
    "audit_rows": audit_rows,
    "audit_file": audit_file,
    "write_entries": write_entries,
    "ledger": ledger,
    "standing": standing,
    "first_day": first_day,
    "budget": budget,
    "own_ledger": own_ledger,
    "envelope": envelope,
    "session": session,
    "out_of_place": out_of_place,
    "kind": kind,
    "claims": claims,
}


def answer(operation, given):
    """What psimatch makes of an input."""
    if operation not in OPERATIONS:
        return {"unsupported": True}
    try:
        return {"output": plain(OPERATIONS[operation](given))}
    except InputRefusedError as refused:
        return refused.answer
    except errors.PsimatchError as error:
        return {"refused": class_of(error)}


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(answer(asked["operation"], asked["input"])), flush=True)


if __name__ == "__main__":
    main()
