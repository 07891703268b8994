"""The package against the vectors that the reference wrote."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import rbcl
from sessions import STANDING, make_terms

from psimatch import Agreement, ServerSession, crockford, oprf, padding, randomness, wire
from psimatch.audit.merkle import merkle_root
from psimatch.audit.rows import CannotOpenRowError, Row, open_row, seal_row, share
from psimatch.audit.trail import answer_info, seed_info
from psimatch.budget import DAY, Spending, Term, first_day_that_counts, start_of
from psimatch.client import ClientSession
from psimatch.digest import digest
from psimatch.disclosure import open_contact, seal_contact
from psimatch.errors import (
    AgreementError,
    AgreementMismatchError,
    BudgetError,
    ContactError,
    CountError,
    EnvelopeCorruptedError,
    EnvelopeOutOfOrderError,
    EnvelopeReflectedError,
    EnvelopeTruncatedError,
    InvalidElementError,
    LedgerCorruptError,
    MessageFormatError,
    OtherSessionError,
    PeerIdentityError,
    ProofError,
    ProtocolError,
    RemoteProtocolError,
    RoleError,
    SetSizeError,
    StandingError,
    UnexpectedMessageError,
    VersionError,
)
from psimatch.identifiers import Identifier
from psimatch.identity import Identity, WrongSignatureError
from psimatch.ledger_entries import ChainCheck, hash_of, sign
from psimatch.matching import references
from psimatch.messages import Standing
from psimatch.oprf.voprf import _blind_evaluate_with, blind_with
from psimatch.outputs import Admission, Send
from psimatch.parameters import Role
from psimatch.prf import CLAIM, MATCH_SECRET, TAG, encoded, input_prefix
from psimatch.receipt import Receipt
from psimatch.sealing import SealingKey
from psimatch.standing import check_standing
from psimatch.states import State
from psimatch.terms import Terms

SPEC = Path(__file__).parents[2] / "protocol_spec"
ONE = (1).to_bytes(32, "little")
TODAY = date(2027, 1, 15)


def cases(name, **wanted):
    """The cases of a file with these values, as parameters named after them."""
    found = json.loads((SPEC / "vectors" / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return [
        pytest.param(case, id=f"{number}-{case['name']}")
        for number, case in enumerate(found)
        if all(case.get(key, True) == value for key, value in wanted.items())
    ]


def h(text):
    return bytes.fromhex(text)


def joined(items):
    return b"".join(map(h, items))


def test_files_are_what_the_reference_computes():
    done = subprocess.run(
        [sys.executable, SPEC / "reference.py", "vectors", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted((SPEC / "vectors").glob("[!r]*.json")), ids=lambda path: path.name)
def test_every_file_says_what_it_is_about(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["about"].endswith(".")
    assert content["spec"].startswith("§")
    assert all(case["name"] for case in content["cases"])


# The keyed hash.


@pytest.mark.parametrize("case", cases("prf"))
def test_prf(case):
    agreement, session = h(case["agreement_id"]), h(case["session_id"])
    identifier = Identifier(case["kind"], case["version"], h(case["value"]))
    data = input_prefix(agreement, session) + encoded(identifier)
    assert data == h(case["prf_input"])
    label = b"psimatch/1 server key"
    key = oprf.derive_key_pair(h(case["key_seed"]), len(label).to_bytes(4, "big") + label + agreement + session)
    assert (key.secret.hex(), key.public_key.hex()) == (case["secret_key"], case["public_key"])
    assert blind_with([data], ONE).blinded_elements.hex() == case["element"]
    blinding = blind_with([data], h(case["blind"]))
    assert blinding.blinded_elements.hex() == case["blinded"]
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"")
    assert evaluation.elements.hex() == case["evaluated"]
    output = oprf.finalize(key.public_key, [data], blinding, evaluation, context=b"")
    assert output == oprf.evaluate(key, [data]) == h(case["output"])
    assert [output[part].hex() for part in (TAG, CLAIM, MATCH_SECRET)] == [
        case["tag"],
        case["claim"],
        case["match_secret"],
    ]


def finalize_chunk(case):
    # A blind of 1 for inputs that don't matter: finalize gets past them only if the proof passes.
    n = len(case["blinded"])
    blinding = oprf.Blinding(ONE * n, joined(case["blinded"]))
    evaluation = oprf.Evaluation(joined(case["evaluated"]), h(case["proof"]))
    return oprf.finalize(h(case["public_key"]), [b""] * n, blinding, evaluation, context=h(case["context"]))


@pytest.mark.parametrize("case", cases("chunk_proof", valid=True))
def test_chunk_proof(case):
    key = oprf.ServerKey(h(case["secret_key"]), h(case["public_key"]))
    made = _blind_evaluate_with(key, joined(case["blinded"]), h(case["nonce"]), h(case["context"]))
    assert made.elements == joined(case["evaluated"])
    assert made.proof.hex() == case["proof"]
    assert len(finalize_chunk(case)) == 64 * len(case["blinded"])


@pytest.mark.parametrize("case", cases("chunk_proof", valid=False))
def test_chunk_proof_refused(case):
    error = InvalidElementError if case["reason"] == "identity" else ProofError
    with pytest.raises(error):
        finalize_chunk(case)


@pytest.mark.parametrize("case", cases("elements", valid=True))
def test_element(case):
    oprf.check_public_key(h(case["encoding"]))
    if "scalar" in case:
        assert rbcl.crypto_scalarmult_ristretto255_base(h(case["scalar"])).hex() == case["encoding"]
    else:
        assert rbcl.crypto_core_ristretto255_from_hash(h(case["uniform"])).hex() == case["encoding"]


@pytest.mark.parametrize("case", cases("elements", valid=False))
def test_element_refused(case):
    encoding = h(case["encoding"])
    with pytest.raises(InvalidElementError):
        oprf.check_public_key(encoding)
    key = oprf.generate_key_pair()
    error = CountError if case["reason"] == "length" else InvalidElementError
    with pytest.raises(error):
        oprf.blind_evaluate(key, encoding, context=b"")


# Identities and agreements.


@pytest.mark.parametrize("case", cases("identity"))
def test_identity(case):
    public = Identity.from_seed("Someone", h(case["seed"])).public
    assert public.signing_key.hex() == case["signing_public_key"]
    assert public.sealing_key.hex() == case["sealing_public_key"]
    assert public.fingerprint.hex() == case["fingerprint"]
    assert public.fingerprint_text == case["fingerprint_text"]
    assert crockford.decode(case["fingerprint_text"], 32) == public.fingerprint


@pytest.mark.parametrize("case", cases("agreement", valid=True))
def test_agreement(case):
    terms = Terms.from_fields(case["terms"])
    assert terms.id.hex() == case["agreement_id"]
    parties = [Identity.from_seed(role, h(case[f"{role}_seed"])) for role in ("client", "server")]
    signed = Agreement(terms)
    for party in parties:
        signed = signed.sign(party)
    assert {role.value: signature.hex() for role, signature in signed.signatures.items()} == case["signatures"]
    given = {Role(role): h(signature) for role, signature in case["signatures"].items()}
    Agreement(terms, given).verify(*(party.public for party in parties), TODAY)


@pytest.mark.parametrize("case", cases("agreement", valid=False))
def test_agreement_refused(case):
    if case["reason"] != "signature":
        with pytest.raises(AgreementError):
            Terms.from_fields(case["terms"])
        return
    [first] = cases("agreement")[0].values
    party = Identity.from_seed("Care institution", h(first[f"{case['role']}_seed"]))
    signatures = {Role(case["role"]): h(case["signature"])}
    with pytest.raises(AgreementError):
        Agreement(Terms.from_fields(case["terms"]), signatures).verify_signature(party.public)


# Messages and envelopes.


def plain(value):
    return value.hex() if isinstance(value, bytes) else value


@pytest.mark.parametrize("case", cases("messages", valid=True))
def test_message(case):
    data = h(case["bytes"])
    message = wire.decode(data)
    assert wire.encode(message) == data
    names = type(message).__dataclass_fields__
    assert [plain(getattr(message, name)) for name in names] == case["fields"][1:]


@pytest.mark.parametrize("case", cases("messages", valid=False, check=10))
def test_message_refused(case):
    with pytest.raises((MessageFormatError, CountError)):
        wire.decode(h(case["bytes"]))


REFUSED_BY = {
    1: EnvelopeTruncatedError,
    2: VersionError,
    3: (RoleError, EnvelopeReflectedError),
    4: EnvelopeOutOfOrderError,
    5: OtherSessionError,
    6: EnvelopeCorruptedError,
    # A length that no plaintext can have shows before the seal is opened, and whether a message may be filled after.
    7: (EnvelopeCorruptedError, EnvelopeTruncatedError, MessageFormatError),
    8: AgreementMismatchError,
    9: (PeerIdentityError, EnvelopeOutOfOrderError),
    10: MessageFormatError,
    11: UnexpectedMessageError,
    12: SetSizeError,
}
ENVELOPES = {param.values[0]["name"]: param.values[0] for param in cases("envelope")}
HELLO = ENVELOPES["a Hello"]


def parties():
    return [Identity.from_seed(role, h(HELLO[f"{role}_seed"])) for role in ("client", "server")]


def new_server():
    client, server = parties()
    agreement = Agreement(Terms.from_fields(HELLO["terms"])).sign(client).sign(server)
    session = ServerSession(agreement, server, client.public, {}, today=TODAY)
    assert list(session.start(STANDING)) == []
    return session


def envelope_of(case):
    if "envelope" in case:
        return h(case["envelope"])
    envelope = bytearray(h(ENVELOPES[case["of"]]["envelope"]))
    if "cut" in case:
        return bytes(envelope[: case["cut"]])
    envelope[case["at"]] ^= case["xor"]
    return bytes(envelope)


def test_hello_is_accepted():
    session = new_server()
    assert session.terms.id.hex() == HELLO["agreement_id"]
    (asked,) = session.receive(h(HELLO["envelope"]))
    sent = [output.envelope for output in session.grant(Admission(asked, STANDING)) if isinstance(output, Send)]
    assert len(sent) == 2
    assert session.state is State.AWAITING_BLINDED
    assert session._channel.received[0].hex() == HELLO["digest"]


@pytest.mark.parametrize("case", [case for case in ENVELOPES.values() if case["check"]], ids=lambda case: case["name"])
def test_envelope_refused(case):
    session, sent = new_server(), []
    with pytest.raises(REFUSED_BY[case["check"]]):
        sent.extend(session.receive(envelope_of(case)))
    assert session.state is State.ABORTED


def new_client():
    client, server = parties()
    agreement = Agreement(Terms.from_fields(HELLO["terms"])).sign(client).sign(server)
    return ClientSession(agreement, client, server.public, {}, today=TODAY)


def test_server_hello_is_accepted(monkeypatch):
    case = ENVELOPES["a ServerHello"]
    nonce = wire.decode(h(HELLO["message"])).nonce
    ephemeral = SealingKey.from_secret(h(HELLO["client_ephemeral_secret"]))
    with monkeypatch.context() as patched:
        # The client that sent the Hello of the vector draws what that one drew.
        patched.setattr(SealingKey, "generate", lambda: ephemeral)
        patched.setattr(randomness, "random_bytes", lambda size: nonce)
        session = new_client()
        list(session.start(STANDING))
    assert session._channel.sent[0].hex() == HELLO["digest"]
    list(session.receive(h(case["envelope"])))
    assert session.state is State.ADMITTING_SERVER
    assert session._channel.session_id.hex() == case["session_id"]
    assert session._channel.received[0].hex() == case["digest"]


def test_client_refuses_a_server_hello_that_answers_another_hello():
    session = new_client()
    list(session.start(STANDING))
    with pytest.raises(RemoteProtocolError):
        list(session.receive(h(ENVELOPES["a ServerHello"]["envelope"])))


@pytest.mark.parametrize("case", cases("commitment"))
def test_commitment(case):
    rests = [h(rest) for rest in case["rests"]]
    assert rests[-1] == bytes(32)
    for i in range(1, len(rests)):
        assert digest(b"psimatch/1 blinded commitment", h(case["chunks"][i]), rests[i]) == rests[i - 1]


# Sizes, matches, receipts.


@pytest.mark.parametrize("case", cases("buckets"))
def test_buckets(case):
    if case["name"] == "bucket":
        assert padding.bucket(case["n"], case["max_items"]) == case["bucket"]
    elif case["name"] == "slots":
        assert padding.slots(case["claims"], case["smaller"]) == case["slots"]
        assert [piece.stop - piece.start for piece in padding.chunks(case["slots"])] == case["chunks"]
    elif case["valid"]:
        padding.check_set_size(case["set_size"], case["max_items"])
    else:
        with pytest.raises(SetSizeError):
            padding.check_set_size(case["set_size"], case["max_items"])


@pytest.mark.parametrize("case", cases("references", valid=True))
def test_references(case):
    secret, session = h(case["match_secret"]), h(case["session_id"])
    assert references([secret], session) == [case["reference_40"]]
    assert references([secret, secret], session) == [case["reference_60"]] * 2
    for role in Role:
        sealed = h(case[f"sealed_contact_to_{role.value}"])
        assert seal_contact(case["contact"], case["contact_size"], secret, session, role) == sealed
        assert open_contact(sealed, secret, session, role) == case["contact"]
        with pytest.raises(ContactError):
            open_contact(sealed, secret, session, role.peer)


@pytest.mark.parametrize("case", cases("references", valid=False))
def test_no_control_character_of_a_contact_is_shown(case):
    secret, session = h(case["match_secret"]), h(case["session_id"])
    try:
        shown = open_contact(h(case["sealed_contact_to_server"]), secret, session, Role.SERVER)
    except ContactError:
        return
    assert shown.isprintable()


@pytest.mark.parametrize("case", cases("audit"))
def test_audit(case):
    seeds = h(case["auditor_seed"]), h(case["owner_seed"])
    leaves = []
    for place, each in enumerate(case["rows"]):
        identifier = encoded(Identifier(each["kind"], each["version"], h(each["value"])))
        row = Row(h(each["salt"]), identifier, h(each["blinding"]), each["case_ref"])
        shares = tuple(share(seed, place) for seed in seeds)
        assert [part.hex() for part in shares] == [each["auditor_share"], each["owner_share"]]
        assert seal_row(row.encode(case["row_bytes"]), shares).hex() == each["sealed"]
        assert Row.decode(open_row(h(each["sealed"]), shares)) == row
        with pytest.raises(CannotOpenRowError):
            open_row(h(each["sealed"]), (shares[0], share(seeds[1], place + 1)))
        assert row.leaf.hex() == each["leaf"]
        leaves.append(row.leaf)
    assert merkle_root(leaves).hex() == case["root"]
    about = Role(case["role"]), h(case["agreement_id"]), h(case["session_id"])
    assert seed_info(*about).hex() == case["seed_info"]
    assert answer_info(*about, case["places"]).hex() == case["answer_info"]
    assert answer_info(*about, None).hex() == case["answer_info_all"]


@pytest.mark.parametrize("case", cases("receipt"))
def test_receipt(case):
    digests = [h(case[name]) for name in ("session_id", "agreement_id", "client_digest", "server_digest")]
    heads = h(case["client_ledger_head"]), h(case["server_ledger_head"])
    receipt = Receipt(*digests, case["client_set_size"], case["server_set_size"], case["matches"], *heads)
    assert receipt.body.hex() == case["body"]
    assert receipt.digest.hex() == case["digest"]
    assert Receipt.from_body(receipt.body) == receipt
    for role in Role:
        party = Identity.from_seed("Someone", h(case[f"{role.value}_seed"]))
        message = receipt.signed_by(party, role)
        assert message.signature.hex() == case[f"{role.value}_signature"]
        receipt.check(message, party.public, role)
        with pytest.raises(ProtocolError):
            receipt.check(message, party.public, role.peer)


@pytest.mark.parametrize("case", cases("budget"))
def test_budget(case):
    limits = {name: case[name] for name in ("max_evaluations", "sessions_per_day", "minutes_between_sessions")}
    terms = make_terms(kinds=("text/1",), max_items=1, **limits)
    now, charges = case["time"], [(charge["time"], charge["evaluations"]) for charge in case["charges"]]
    counted = [number for time, number in charges if time >= start_of(date.fromisoformat(case["first_day"]))]
    today = [time for time, _ in charges if now - now % DAY <= time]
    spending = Spending(sum(counted), len(today), max((time for time, _ in charges), default=None))
    if case["valid"]:
        spending.check(terms, case["evaluations"], now)
    else:
        with pytest.raises(BudgetError):
            spending.check(terms, case["evaluations"], now)


@pytest.mark.parametrize("case", cases("terms"))
def test_first_day_that_counts(case):
    own, *others = [
        Term(date.fromisoformat(each["valid_from"]), date.fromisoformat(each["valid_until"]), each["predecessor"])
        for each in (case["agreement"], *case["others"])
    ]
    known = dict(zip((each["id"] for each in case["others"]), others, strict=True))
    assert first_day_that_counts(own, known).isoformat() == case["first_day"]


@pytest.mark.parametrize("case", cases("standing"))
def test_standing(case):
    told, seen = (
        given and Standing(given["sessions"], given["charged"], h(given["last_receipt"]))
        for given in (case["told"], case["seen"])
    )
    places = {h(receipt): place for place, receipt in enumerate(case["receipts"])}
    if case["valid"]:
        check_standing(told, seen, case["paid"], places.get)
    else:
        with pytest.raises(StandingError):
            check_standing(told, seen, case["paid"], places.get)


LEDGERS = json.loads((SPEC / "vectors" / "ledger.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", LEDGERS, ids=lambda case: case["name"])
def test_ledger(case):
    whole = LEDGERS[0]["entries"]
    entries = [whole[entry] if isinstance(entry, int) else entry for entry in case["entries"]]
    chain = ChainCheck()
    last = len(entries) if case["valid"] else case["refused"]
    for number, entry in enumerate(entries[:last]):
        chain.take(number, entry["entry"], h(entry["signature"]))
    if case["valid"]:
        assert chain.head.hex() == case["head"]
        return
    with pytest.raises(LedgerCorruptError, match=rf"entry {last} "):
        chain.take(last, entries[last]["entry"], h(entries[last]["signature"])) if entries else chain.end()


def test_an_entry_is_hashed_and_signed_as_in_the_vectors():
    identity = Identity.from_seed("Someone", h(LEDGERS[0]["seed"]))
    for entry in LEDGERS[0]["entries"]:
        assert hash_of(entry["entry"]).hex() == entry["hash"]
        assert sign(identity, entry["entry"]).hex() == entry["signature"]


def test_wrong_signature_is_told_apart():
    client, server = parties()
    with pytest.raises(WrongSignatureError):
        server.public.verify(b"message", client.sign(b"message"))
