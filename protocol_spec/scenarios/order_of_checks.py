"""Envelopes with which two things are wrong: the check that comes first says what (§6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from protocol_spec.reference import (
    ABORT,
    BLINDED,
    ENC,
    HEADER,
    SERVER,
    TAGS,
    ZERO,
    Identity,
    example_terms,
    i2osp,
    largest_envelope,
    pack,
    seal_envelope,
)
from protocol_spec.scenarios.envelopes import Hellos, asked
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import kept, signatures
from protocol_spec.scenarios.wrong_messages import BIT_255

STRANGER, OTHER_AGREEMENT = Identity(b"\x07" * 32), b"\x11" * 32
SECOND_VERSION = b"psimatch" + i2osp(2, 2)


def wrong_headers(right: bytes) -> Iterator[tuple[str, str, bytes, str]]:
    """Return envelopes whose header is wrong twice, or at a bound: name, section, bytes, class."""
    turned = right[:10] + b"\x01" + right[11:]
    smallest = right[:47] + i2osp(ENC + 16 + 104, 4) + right[HEADER : HEADER + ENC + 16 + 104]
    yield "a direction that there is none of", "check 3", right[:10] + b"\x02" + right[11:], "envelope"
    yield "another magic and another version", "check 1", b"q" + SECOND_VERSION[1:] + right[10:], "envelope"
    yield "of this side's direction, cut short", "check 2", turned[:-1], "envelope"
    yield (
        "of this side's direction and another sequence number",
        "check 3",
        turned[:14] + b"\x01" + turned[15:],
        ("envelope"),
    )
    yield "of this side's direction and under a session id", "check 3", turned[:20] + b"\x01" + turned[21:], "envelope"
    yield "of this side's direction, and does not open", "check 3", turned[:-1] + bytes([turned[-1] ^ 1]), "role"
    yield "of another version, of 51 bytes", "check 2", SECOND_VERSION + right[10:HEADER], "version"
    yield (
        "the shortest that can be, of this side's direction",
        "check 3",
        smallest[:10] + b"\x01" + smallest[11:],
        ("role"),
    )
    yield (
        "a byte shorter than that",
        "check 2",
        turned[:47] + i2osp(ENC + 119, 4) + turned[HEADER : HEADER + ENC + 119],
        ("envelope"),
    )
    yield (
        "the length of less than there is",
        "check 2",
        turned[:47] + i2osp(len(right) - HEADER - 1, 4) + turned[51:],
        ("envelope"),
    )


def wrong_insides(hellos: Hellos) -> Iterator[tuple[str, str, bytes, str]]:
    """Return plaintexts that are wrong twice: name, section, bytes, class."""
    hello = hellos.message
    other = hellos.plain(hello, known=OTHER_AGREEMENT)
    stranger = hellos.plain(hello, signer=STRANGER)
    unknown = hellos.plain(pack([11, ZERO]), signer=STRANGER)
    abort, tags = pack([ABORT, 2]), pack([TAGS, True, bytes(16)])
    blinded = pack([BLINDED, ZERO, BIT_255, b""])
    size = pack([*hellos.fields[:2], b"\xff" * 1216, 7, *hellos.fields[4:]])
    yield "filled with other bytes, under another agreement", "check 7", other + b"\x01", "envelope"
    yield (
        "another agreement, signed by a stranger",
        "check 8",
        (hellos.plain(hello, known=OTHER_AGREEMENT, signer=STRANGER)),
        "agreement",
    )
    yield (
        "another agreement, and received what was never sent",
        "check 8",
        (other[:96] + i2osp(1, 4) + other[100:]),
        "agreement",
    )
    yield (
        "received what was never sent, signed by a stranger",
        "check 9",
        (stranger[:96] + i2osp(1, 4) + stranger[100:]),
        "envelope",
    )
    yield "no message, signed by a stranger", "check 9", unknown, "identity"
    yield "an Abort, signed by a stranger", "check 9", hellos.plain(abort, signer=STRANGER), "identity"
    yield "an Abort that is zero-filled", "check 10", hellos.plain(abort) + bytes(16), "message"
    yield "a Tags that is zero-filled", "check 10", hellos.plain(tags) + bytes(16), "message"
    yield "a Blinded with what is no element", "check 11", hellos.plain(blinded), "state"
    yield "an ephemeral key out of range and a set size that is no bucket", "check 12", hellos.plain(size), "message"
    yield "no bytes of message", "check 10", hellos.plain(b""), "message"
    # The last byte of this Hello is zero, and could be fill.
    right = hellos.plain(hello)
    yield "received 2 to the 24 messages", "check 9", right[:96] + i2osp(2**24, 4) + right[100:], "envelope"
    yield (
        "a message length of less than there is",
        "check 9",
        (right[:100] + i2osp(len(hello) - 1, 4) + right[104:]),
        "identity",
    )


def longest() -> Iterator[Scenario]:
    """Return envelopes at the limit of their length, which comes before all else (§6.1)."""
    # Of a contact size at which both sizes of an item count.
    terms = example_terms(contact_size=1)
    given = asked(b"", ZERO * 3) | {"terms": terms, "signatures": signatures(terms)}
    for name, length, refused in (
        ("the longest envelope that there is", largest_envelope(terms), "version"),
        ("an envelope a byte longer than the longest", largest_envelope(terms) + 1, "envelope"),
    ):
        envelope = SECOND_VERSION.ljust(length, b"\0")
        about = f"Of another version, and so refused in check 2 unless it is too long: {name}."
        yield Scenario("envelope", name, about, "§6.1, §6.4", given | {"envelope": envelope}, refused)


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    hellos = Hellos()
    right = kept(
        seal_envelope(SERVER.public.sealing, 0, 0, ZERO, hellos.plain(hellos.message)),
        {"identity_seed": SERVER.seed.hex()},
    )
    for name, check, envelope, refused in wrong_headers(right):
        about = f"An envelope that must be refused for the first of what is wrong with it: {name}."
        yield Scenario("envelope", name, about, f"§6.4 {check}", asked(envelope, hellos.secret), refused)
    for name, check, plaintext, refused in wrong_insides(hellos):
        about = f"An envelope that must be refused for the first of what is wrong with it: {name}."
        given, steps = asked(hellos.sealed(plaintext), hellos.secret), {"plaintext": plaintext}
        yield Scenario("envelope", name, about, f"§6.4 {check}", given, refused, steps)
    yield from longest()
