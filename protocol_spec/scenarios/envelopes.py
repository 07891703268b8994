"""The first envelope that a server gets, right and spoiled (§6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol_spec.reference import (
    CLIENT,
    ENC,
    FIRST,
    HEADER,
    HELLO,
    SERVER,
    ZERO,
    Channel,
    Identity,
    SealingKey,
    agreement_id,
    digest,
    example_terms,
    i2osp,
    lp,
    pack,
    seal_envelope,
    standing_fields,
)
from protocol_spec.scenarios.scenario import Scenario, stream
from protocol_spec.scenarios.sessions import TODAY, kept, public, signatures

TERMS = example_terms()
AGREEMENT = agreement_id(TERMS)
ABOUT = "An envelope that must be refused: "


def asked(envelope: bytes, secret: bytes) -> dict[str, Any]:
    """Return what a server that awaits a Hello is given."""
    return {
        "role": "server", "terms": TERMS, "signatures": signatures(TERMS), "today": TODAY,
        "identity_seed": SERVER.seed, "peer": public(CLIENT), "envelope": envelope,
        "peer_secrets": {"identity_seed": CLIENT.seed, "ephemeral_secret": secret},
    }  # fmt: skip


class Hellos:
    """Plaintexts of a Hello, signed by the client or by others."""

    def __init__(self) -> None:
        draw = stream("envelopes")
        self.secret, _ = draw(96), draw(96)
        self.fields = [HELLO, draw(32), SealingKey(self.secret).public, 8, *standing_fields(FIRST)]
        self.message = pack(self.fields)

    def signed(self, message: bytes, known: bytes = AGREEMENT) -> bytes:
        """Return what the client signs of its first message."""
        channel = Channel(0, CLIENT, SERVER.public, TERMS)
        channel.agreement = known
        return channel.signed(False, ZERO, 0, message)

    def plain(self, message: bytes, known: bytes = AGREEMENT, signer: Identity = CLIENT) -> bytes:
        """Return a plaintext (§6.1)."""
        front = signer.sign(self.signed(message, known)) + known + i2osp(0, 4)
        return front + lp(message)

    def sealed(self, plaintext: bytes) -> bytes:
        """Seal to the server, or take what was sealed before."""
        receiver = {"identity_seed": SERVER.seed.hex()}
        return kept(seal_envelope(SERVER.public.sealing, 0, 0, ZERO, plaintext), receiver)


def wrong_plaintexts(hellos: Hellos) -> list[tuple[str, str, bytes, str]]:
    """Return plaintexts that must be refused: name, section, bytes, class."""
    hello, right = hellos.message, hellos.plain(hellos.message)
    key = pack(hellos.fields[2])
    not_canonical = hello.replace(key + b"\x08", key + b"\xcc\x08")
    beyond = right[:100] + i2osp(len(hello) + 1, 4) + hello
    flipped = bytes([right[0] ^ 1]) + right[1:]
    never_sent = right[:96] + i2osp(1, 4) + right[100:]
    return [
        ("a Hello that is zero-filled", "check 10", right + bytes(16), "message"),
        ("a Hello filled with other bytes", "check 7", right + b"\x01", "envelope"),
        ("a message length beyond the plaintext", "check 7", beyond, "envelope"),
        ("a plaintext that is too short", "check 2", right[:90], "envelope"),
        ("another agreement", "check 8", hellos.plain(hello, known=b"\x11" * 32), "agreement"),
        ("signed by a stranger", "check 9", hellos.plain(hello, signer=Identity(b"\x07" * 32)), "identity"),
        ("signed by the server itself", "check 9", hellos.plain(hello, signer=SERVER), "identity"),
        ("one bit of the signature flipped", "check 9", flipped, "identity"),
        ("a message received that was never sent", "check 9", never_sent, "envelope"),
        ("an encoding that is not canonical", "check 10", hellos.plain(not_canonical), "message"),
        ("a Hello without a standing", "check 10", hellos.plain(pack(hellos.fields[:4])), "message"),
    ]


def spoiled_envelopes(right: bytes) -> Iterator[tuple[str, str, bytes, str]]:
    """Return envelopes with one bit flipped, or cut: name, section, bytes, class."""
    for name, at, check, refused in (
        ("magic", 0, 1, "envelope"), ("version", 9, 2, "version"), ("direction", 10, 3, "role"),
        ("sequence number", 14, 4, "envelope"), ("session id", 20, 5, "envelope"), ("length", 50, 2, "envelope"),
        ("ML-KEM ciphertext", 51, 6, "envelope"), ("X25519 key", 51 + 1088, 6, "envelope"),
        ("ciphertext", HEADER + ENC, 6, "envelope"), ("authentication tag", len(right) - 1, 6, "envelope"),
    ):  # fmt: skip
        spoiled = right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :]
        yield f"a bit of the {name} flipped", f"check {check}", spoiled, refused
    yield "cut short", "check 2", right[:-1], "envelope"
    yield "another version, cut short", "check 2", right[:9] + b"\x02" + right[10:-1], "version"
    yield "another version, cut within the header", "check 1", right[:9] + b"\x02" + right[10:50], "envelope"
    yield "cut within the header", "check 1", right[:50], "envelope"
    yield "empty", "check 1", b"", "envelope"
    yield "a byte too many", "check 2", right + b"\0", "envelope"


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    hellos = Hellos()
    plaintext, signed = hellos.plain(hellos.message), hellos.signed(hellos.message)
    right = hellos.sealed(plaintext)
    steps = {"plaintext": plaintext, "signed": signed, "digest": digest("psimatch/1 message digest", signed)}
    given = asked(right, hellos.secret)
    yield Scenario("envelope", "a Hello", "An envelope that opens.", "§6.1, §6.2", given, steps=steps)
    for name, check, plain, refused in wrong_plaintexts(hellos):
        given = asked(hellos.sealed(plain), hellos.secret)
        yield Scenario("envelope", name, ABOUT + f"{name}.", f"§6.4 {check}", given, refused, {"plaintext": plain})
    for name, check, envelope, refused in spoiled_envelopes(right):
        given = asked(envelope, hellos.secret)
        yield Scenario("envelope", name, ABOUT + f"{name}.", f"§6.4 {check}", given, refused)
