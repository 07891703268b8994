"""Sessions of psimatch for the vectors: what they draw is given, and what they seal is opened."""

from contextlib import contextmanager
from datetime import date

from vector_refusals import InputRefusedError, class_of, h, hs, plain, public_of, standing_of

from psimatch import (
    Admission,
    AdmissionNeeded,
    Agreement,
    Charge,
    ChargeNeeded,
    ClientSession,
    Finished,
    Identifier,
    Identity,
    ReceiptSigned,
    Role,
    Send,
    ServerSession,
    Submission,
    SubmittedRow,
    Terms,
    errors,
    kernel,
    padding,
    randomness,
    wire,
)
from psimatch.digest import length_prefixed
from psimatch.parameters import Label
from psimatch.sealing import SealingKey

NO_SESSION = bytes(32)


@contextmanager
def drawing(draws):
    """Let the package draw these bytes, in its order; blinds multiply, since they are given for that."""
    before = randomness.random_bytes, kernel.ADDS_BLINDS
    left = list(draws)

    def draw(length):
        drawn = left.pop(0)
        assert len(drawn) == length, f"{length} bytes are drawn where {len(drawn)} are given"
        return drawn

    randomness.random_bytes, kernel.ADDS_BLINDS = draw, False
    try:
        yield
    finally:
        randomness.random_bytes, kernel.ADDS_BLINDS = before


def scalars(texts):
    """What makes these scalars: the package reduces 64 bytes for each."""
    return b"".join(h(text) + bytes(32) for text in texts)


def by_chunk(texts):
    """These texts as the package draws for them: chunk by chunk."""
    return [texts[piece] for piece in padding.chunks(len(texts))]


def draws_of(given):
    """The draws of a session in the order of the package."""
    random = given["random"]
    keys = [b""] * len(random["order"])
    for place, item in enumerate(random["order"]):
        keys[item] = place.to_bytes(16, "big")
    audit = [h(random[name]) for name in ("auditor_seed", "owner_seed") if name in random]
    salts = list(map(hs, by_chunk(random.get("salts", []))))
    begin = [h(random["ephemeral_secret"]), h(random["nonce"])]
    # As many dummies are drawn as the set has places, and the first of them are taken.
    filled = b"".join(map(h, random["dummies"])).ljust(32 * len(keys), b"\0")
    fill = [filled[32 * piece.start : 32 * piece.stop] for piece in padding.chunks(len(keys))]
    shuffle = b"".join(keys)
    if given["role"] == "client":
        return [*begin, *fill, shuffle, *audit, *map(scalars, by_chunk(random["blinds"])), *salts]
    begin.append(h(random["key_seed"]))
    return [*begin, *fill, shuffle, *audit, *salts, *(scalars([n]) for n in random["proof_nonces"])]


def identifier_of(item):
    return Identifier(item["kind"], item["version"], h(item["value"]))


def rows_of(given):
    """The rows of the own list."""
    return [
        SubmittedRow(tuple(map(identifier_of, row["identifiers"])), row["contact"], row["case_ref"])
        for row in given["rows"]
    ]


def new_session(given):
    terms = Terms.from_fields(given["terms"])
    given_signatures = {Role(role): h(signature) for role, signature in given["signatures"].items()}
    own, peer = Identity.from_seed("Someone", h(given["identity_seed"])), public_of(given["peer"])
    kind = ClientSession if given["role"] == "client" else ServerSession
    auditor = public_of(given["auditor"]) if terms.auditor else None
    today = date.fromisoformat(given["today"])
    agreement = Agreement(terms, given_signatures)
    agreement.verify(own.public, peer, today)
    return kind(agreement, own, peer, Submission(rows_of(given), terms), today=today, auditor=auditor)


@contextmanager
def beginning(**more):
    """Say that a session may not begin: no Abort is sent."""
    try:
        yield
    except errors.AgreementError as error:
        raise InputRefusedError(class_of(error), abort=0, **more) from None
    except (errors.FieldError, errors.LocalProtocolError):
        raise InputRefusedError("own_list", abort=0, **more) from None


class LedgerRefusedError(Exception):
    """The ledger does not grant what the session asks for."""


LEDGER_CODES = {
    "replayed": errors.HelloReplayedError.code,
    "budget": errors.BudgetError.code,
    "withdrawn": errors.AgreementWithdrawnError.code,
    "standing": errors.StandingError.code,
}


class Side:
    """A session whose ledger allows all but what the input says, and what came out of it."""

    def __init__(self, given):
        self.given = given
        self.session = new_session(given)
        self.sent = []
        self.asked = {}
        self.signed = []
        self.result = None

    def run(self, envelopes):
        """Feed envelopes; return how one was refused, or nothing."""
        try:
            self.take(self.session.start(standing_of(self.given["standing"])))
            for envelope in envelopes:
                self.take(self.session.receive(h(envelope)))
        except LedgerRefusedError as refusal:
            abort = wire.decode(message_of(self.sent.pop()))
            return {"refused": str(refusal), "abort": int(abort.code)}
        except errors.PeerAbortedError as error:
            return {"refused": "aborted", "abort": 0, "code": int(error.reason)}
        except errors.RemoteProtocolError as error:
            # The last that was sent is the Abort.
            abort = wire.decode(message_of(self.sent.pop()))
            assert self.session.ended
            return {"refused": class_of(error), "abort": int(abort.code)}
        return {}

    def take(self, outputs):
        for output in outputs:
            match output:
                case Send(envelope):
                    self.sent.append(self.opened(envelope))
                case AdmissionNeeded():
                    self.asked["admission"] = output
                    self.ask_ledger("admission")
                    self.take(self.session.grant(Admission(output, standing_of(self.given["standing"]))))
                case ChargeNeeded():
                    self.asked["charge"] = output
                    self.ask_ledger("charge")
                    self.take(self.session.grant(Charge(output, h(self.given["ledger_head"]))))
                case ReceiptSigned():
                    self.signed.append(output)
                case Finished(result):
                    self.result = result

    def ask_ledger(self, what):
        """End the session as its driver does where the ledger refuses."""
        refuses = self.given.get("ledger_refuses", {"at": ""})
        if refuses["at"] == what:
            self.take(self.session.cancel(LEDGER_CODES[refuses["because"]]))
            raise LedgerRefusedError(refuses["because"])

    def opened(self, envelope):
        """Open what this side sealed, with the secrets of its receiver."""
        session, secrets = envelope[15:47], self.given["peer_secrets"]
        key = Identity.from_seed("Someone", h(secrets["identity_seed"])).sealing_key
        if session != NO_SESSION:
            key = SealingKey.from_secret(h(secrets["ephemeral_secret"]))
        return key.open(envelope[51:], length_prefixed(Label.SEAL) + envelope[:51])


def message_of(plaintext):
    return plaintext[104 : 104 + int.from_bytes(plaintext[100:104], "big")]


def session(given):
    with drawing(draws_of(given)):
        with beginning(sent=[]):
            side = Side(given)
        refused = side.run(given["receive"])
    if refused:
        raise InputRefusedError(refused.pop("refused"), **refused, sent=plain(side.sent))
    result, admission, signed = side.result, side.asked["admission"], side.signed[-1]
    told = admission.standing
    return {
        "sent": side.sent,
        "session_id": result.session_id,
        "admission": {
            "hello": admission.hello,
            "set_size": admission.evaluations,
            "standing": {"sessions": told.sessions, "charged": told.charged, "last_receipt": told.last_receipt},
        },
        "charge": side.asked["charge"].evaluations,
        "matches": result.matches
        and [
            {
                "kind": match.identifier.kind,
                "version": match.identifier.version,
                "value": match.identifier.value,
                "reference": match.reference,
                "contact": match.peer_contact,
            }
            for match in result.matches
        ],
        "receipt": {
            "body": signed.receipt.body,
            "digest": signed.receipt.digest,
            "signature": signed.signature,
            "peer_signature": signed.peer_signature,
        },
    }


def out_of_place(given):
    answers, sent = [], []
    for envelope in given["then"]:
        with drawing(draws_of(given)):
            side = Side(given)
            answers.append(side.run([*given["receive"], envelope]))
            sent = side.sent
    return {"sent": sent, "refusals": answers}


def envelope(given):
    with beginning():
        side = Side({**given, "rows": [], "standing": {"sessions": 1, "charged": 0, "last_receipt": "00" * 32}})
    assert list(side.session.start(None)) == []
    try:
        [asked] = side.session.receive(h(given["envelope"]))
    except errors.RemoteProtocolError:
        side = Side(side.given)
        refused = side.run([given["envelope"]])
        raise InputRefusedError(refused.pop("refused"), **refused) from None
    return {"message": wire.encode(side.session._pending), "digest": asked.hello}
