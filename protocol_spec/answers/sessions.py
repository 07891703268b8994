"""One side of a session, with all its randomness given (§5 to §9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from protocol_spec.answers.refusal import Operation, RefusalError, class_of, unhex
from protocol_spec.reference import (
    ABORT,
    HEADER,
    ZERO,
    AbortedError,
    Identity,
    OwnLedger,
    OwnRow,
    Peer,
    PublicIdentity,
    RefusedError,
    SealingKey,
    Standing,
    check_agreement,
    check_own,
    decode_message,
    hpke_open,
    i2osp,
    lp,
    receipt_digest,
    receipt_signed,
    unpack,
)


class Draws:
    """What a side draws, one by one, in the order of the reference."""

    def __init__(self, drawn: list[bytes]) -> None:
        self.left = drawn

    def __call__(self, n: int) -> bytes:
        """Return the next, which has n bytes."""
        drawn = self.left.pop(0)
        if len(drawn) != n:
            raise SystemExit(f"the reference draws {n} bytes where {len(drawn)} are given")
        return drawn


def draws_of(given: dict[str, Any]) -> Draws:
    """Return the draws of a side: its ephemeral key, then what §7.2 or §7.3 draws."""
    random = given["random"]
    keys = [b""] * len(random["order"])
    for place, item in enumerate(random["order"]):
        keys[item] = i2osp(place, 16)
    padded = [*unhex(random["dummies"]), *keys]
    audit = unhex([random[name] for name in ("auditor_seed", "owner_seed") if name in random])
    audit += unhex(random.get("salts", []))
    first = unhex([random["ephemeral_secret"], random["nonce"]])
    if given["role"] == "client":
        return Draws([*first, *padded, *unhex(random["blinds"]), *audit])
    return Draws([*first, bytes.fromhex(random["key_seed"]), *padded, *audit, *unhex(random["proof_nonces"])])


def public_of(given: dict[str, Any]) -> PublicIdentity:
    """Return a public identity."""
    return PublicIdentity(bytes.fromhex(given["signing_key"]), bytes.fromhex(given["sealing_key"]))


def standing_of(given: dict[str, Any]) -> Standing:
    """Return a standing."""
    return given["sessions"], given["charged"], bytes.fromhex(given["last_receipt"])


class ToldLedger:
    """A ledger that grants all but what the input says that it refuses (§7.4)."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.refuses = given.get("ledger_refuses", {"at": ""})

    def largest_set(self, *_: Any) -> int:
        """Return the largest set size that was told before: none was."""
        return 0

    def open(self, *_: Any) -> Standing:
        """Return the standing that a client tells."""
        return standing_of(self.given["standing"])

    def admit(self, *_: Any) -> Standing:
        """Admit the peer; return the standing that a server tells."""
        self.ask("admission")
        return self.open()

    def charge(self, *_: Any) -> bytes:
        """Charge the peer; return the head."""
        self.ask("charge")
        return bytes.fromhex(self.given["ledger_head"])

    def ask(self, what: str) -> None:
        """Refuse where the input says so."""
        if self.refuses["at"] == what:
            because = self.refuses["because"]
            raise RefusedError(because, 0, {"replayed": 5, "budget": 12, "withdrawn": 13, "standing": 14}[because])

    def record_receipt(self, *_: Any) -> None:
        """Record nothing."""


def rows_of(given: dict[str, Any]) -> list[OwnRow]:
    """Return the rows of the own list; a side that is asked for no more than its envelopes has none."""
    return [
        OwnRow(
            [(item["kind"], item["version"], bytes.fromhex(item["value"])) for item in row["identifiers"]],
            row["contact"], row["case_ref"],
        )
        for row in given.get("rows", [])
    ]  # fmt: skip


def check_start(given: dict[str, Any], **more: Any) -> None:
    """Refuse an agreement or an own list with which the session may not begin (§3.3, §13.1); no Abort is sent."""
    role, signed = given["role"], {name: bytes.fromhex(text) for name, text in given["signatures"].items()}
    this, other = Identity(bytes.fromhex(given["identity_seed"])).public, public_of(given["peer"])
    parties = {role: this, ("server" if role == "client" else "client"): other}
    try:
        check_agreement(given["terms"], signed, parties, given["today"])
        check_own(rows_of(given), given["terms"])
    except RefusedError as error:
        raise RefusalError(class_of(error), abort=0, **more) from None


def side_of(given: dict[str, Any]) -> Peer:
    """Return the side that an input describes."""
    auditor = public_of(given["auditor"]).sealing if given["auditor"] else b""
    return Peer(
        given["role"], Identity(bytes.fromhex(given["identity_seed"])), public_of(given["peer"]), given["terms"],
        rows_of(given), draws_of(given), standing_of(given["standing"]), bytes.fromhex(given["ledger_head"]), auditor,
        cast(OwnLedger, ToldLedger(given)),
    )  # fmt: skip


def key_of(envelope: bytes, secrets: dict[str, Any]) -> SealingKey:
    """Return the key that an envelope is sealed to, of the secrets of its receiver."""
    if envelope[15:47] == ZERO:
        return Identity(bytes.fromhex(secrets["identity_seed"])).sealing
    return SealingKey(bytes.fromhex(secrets["ephemeral_secret"]))


def opened(envelope: bytes, secrets: dict[str, Any]) -> bytes:
    """Open an envelope with the secrets of its receiver."""
    return hpke_open(key_of(envelope, secrets), lp(b"psimatch/1 seal") + envelope[:HEADER], envelope[HEADER:])


def refusal_of(side: Peer, error: RefusedError, secrets: dict[str, Any]) -> dict[str, Any]:
    """Return the class of a refusal, and the code of the Abort that follows (§9.2)."""
    plaintext = opened(side.abort(error), secrets)
    kind, fields = decode_message(plaintext[104:])
    if kind != ABORT:
        raise SystemExit("a refusal is told by another message")
    return {"refused": class_of(error), "abort": fields[0]}


def run(given: dict[str, Any], received: list[str]) -> tuple[Peer, list[bytes], dict[str, Any]]:
    """Run a side; return it, the plaintexts that it sent, and how it refused, if it did."""
    side, sent = side_of(given), list[bytes]()

    def steps() -> Iterator[list[bytes]]:
        yield side.start()
        for envelope in unhex(received):
            yield side.accept(envelope)

    try:
        for envelopes in steps():
            sent += [opened(envelope, given["peer_secrets"]) for envelope in envelopes]
    except RefusedError as error:
        return side, sent, refusal_of(side, error, given["peer_secrets"])
    except AbortedError as error:
        return side, sent, {"refused": "aborted", "abort": 0, "code": error.code}
    return side, sent, {}


def result_of(role: str, side: Peer) -> dict[str, Any]:
    """Return what a finished side has learned and what both signed."""
    channel, body = side.channel, side.channel.body
    fields, told = unpack(body), channel.peer_standing
    if side.matches is None or told is None:
        raise SystemExit("the session has not ended")
    learned = role == "client" or channel.terms["reveal"] == "both"
    hello = channel.sent[0] if role == "client" else channel.received[0]
    peer_set_size = fields[5 if role == "client" else 4]
    theirs = [unpack(record) for record in channel.messages if unpack(record)[1] != channel.direction]
    return {
        "session_id": channel.session,
        "admission": {
            "hello": hello, "set_size": peer_set_size,
            "standing": dict(zip(("sessions", "charged", "last_receipt"), told, strict=True)),
        },
        "charge": peer_set_size,
        "matches": [
            {
                "kind": match.identifier[0], "version": match.identifier[1], "value": match.identifier[2],
                "reference": match.reference, "contact": match.contact,
            }
            for match in side.matches
        ] if learned else None,
        "receipt": {
            "body": body, "digest": receipt_digest(body),
            "signature": channel.identity.sign(receipt_signed(role, body)),
            "peer_signature": decode_message(theirs[-1][4])[1][1],
        },
    }  # fmt: skip


def session(given: dict[str, Any]) -> dict[str, Any]:
    """Run a side to its end."""
    check_start(given, sent=[])
    side, sent, refusal = run(given, given["receive"])
    if refusal:
        raise RefusalError(refusal.pop("refused"), **refusal, sent=sent)
    return {"sent": sent, **result_of(given["role"], side)}


def out_of_place(given: dict[str, Any]) -> dict[str, Any]:
    """Bring a side to a state, once for each of some envelopes that it must refuse there."""
    answers, sent = [], list[bytes]()
    for envelope in given["then"]:
        _, sent, refusal = run(given, [*given["receive"], envelope])
        if not refusal:
            raise SystemExit("an envelope out of place is taken")
        answers.append(refusal)
    return {"sent": sent, "refusals": answers}


def envelope(given: dict[str, Any]) -> dict[str, Any]:
    """Take the first envelope that a server gets."""
    check_start(given)
    identity = Identity(bytes.fromhex(given["identity_seed"]))
    side = Peer("server", identity, public_of(given["peer"]), given["terms"], [])
    side.start()
    try:
        side.accept(bytes.fromhex(given["envelope"]))
    except RefusedError as error:
        refusal = refusal_of(side, error, given["peer_secrets"])
        raise RefusalError(refusal.pop("refused"), **refusal) from None
    return {"message": unpack(side.channel.messages[0])[4], "digest": side.channel.received[0]}


OPERATIONS: dict[str, Operation] = {"envelope": envelope, "session": session, "out_of_place": out_of_place}
