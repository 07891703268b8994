"""Each way in which a message that is signed by the right party can be wrong (§5.2, §7, §8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocol_spec.reference import (
    ABORT,
    BASE,
    BLINDED,
    CLAIMS,
    CONTACTS,
    EVALUATED,
    HELLO,
    LEDGER_HEAD,
    SERVER_HELLO,
    TAGS,
    ZERO,
    P,
    Q,
    add,
    decode_element,
    encode_element,
    multiply,
    pack,
    unpack,
)

Fields = list[Any]
# What is done to the fields of a message, its type included; bytes stand for the whole message.
Spoil = Callable[[Fields], Fields | bytes]
BIT_255, NEGATIVE = bytes(31) + b"\x80", b"\x01" + bytes(31)


def field(number: int, change: Callable[[Any], Any] | Any) -> Spoil:
    """Change one field, by its number in §5.2 counted from 1, or put another in its place."""

    def spoil(fields: Fields) -> Fields:
        value = change(fields[number]) if callable(change) else change
        return [*fields[:number], value, *fields[number + 1 :]]

    return spoil


def swap(size: int) -> Callable[[bytes], bytes]:
    """Swap the first two items of a size."""
    return lambda packed: packed[size : 2 * size] + packed[:size] + packed[2 * size :]


def both(*spoils: Spoil) -> Spoil:
    """Do one after the other."""

    def spoil(fields: Fields) -> Fields | bytes:
        changed: Fields | bytes = fields
        for each in spoils:
            changed = each(list(changed))
        return changed

    return spoil


def flipped(data: bytes) -> bytes:
    """Flip the lowest bit of the first byte."""
    return bytes([data[0] ^ 1]) + data[1:]


def with_a_stray(elements: bytes) -> bytes:
    """Add the generator to the first element, and take it from the second."""
    one, two = (decode_element(elements[at : at + 32]) for at in (0, 32))
    return encode_element(add(one, BASE)) + encode_element(add(two, multiply(Q - 1, BASE))) + elements[64:]


def longer_form(fields: Fields) -> bytes:
    """Write the set size of 2 in two bytes."""
    return pack(fields).replace(b"\x02\xc4\x08", b"\xcc\x02\xc4\x08", 1)


def out_of_range(key: bytes) -> bytes:
    """Return an ephemeral key whose coefficients are not below the modulus of ML-KEM."""
    return b"\xff" * 1184 + key[1184:]


def low_order(key: bytes) -> bytes:
    """Return an ephemeral key whose X25519 point has low order."""
    return key[:1184] + ZERO


def one_of_another_key(elements: bytes) -> bytes:
    """Multiply the first element once more."""
    return encode_element(multiply(7, decode_element(elements[:32]))) + elements[32:]


def five_claims(fields: Fields) -> Fields:
    """Return a Claims of more than there are places, sorted, with as many contacts."""
    claims = b"".join(bytes(15) + bytes([n]) for n in range(5))
    return [*fields[:2], claims, bytes(5 * E)]


E = 48  # the bytes of a sealed contact here
OPENINGS: list[tuple[str, int, Spoil, str]] = [
    ("a set size of zero", HELLO, field(3, 0), "message"),
    ("a set size that is no bucket", HELLO, field(3, 1), "set_size"),
    ("a set size over max_items", HELLO, field(3, 3), "set_size"),
    ("a set size of 2 to the 32", HELLO, field(3, 2**32), "message"),
    ("a set size as text", HELLO, field(3, "2"), "message"),
    ("a set size that is not in the shortest form", HELLO, longer_form, "message"),
    ("no session in its standing", HELLO, field(4, bytes(8)), "message"),
    ("a field too few", HELLO, lambda m: m[:-1], "message"),
    ("an ephemeral key with an X25519 point of low order", HELLO, field(2, low_order), "message"),
    ("an ephemeral key with an ML-KEM key out of range", HELLO, field(2, out_of_range), "message"),
    ("an ephemeral key cut short", HELLO, field(2, lambda key: key[:-1]), "message"),
    ("a set size of zero", SERVER_HELLO, field(4, 0), "message"),
    ("a set size that is no bucket", SERVER_HELLO, field(4, 1), "set_size"),
    ("a set size over max_items", SERVER_HELLO, field(4, 2**31), "set_size"),
    ("the session key is the identity", SERVER_HELLO, field(3, ZERO), "element"),
    ("the session key has bit 255 set", SERVER_HELLO, field(3, BIT_255), "element"),
    ("the session key is negative", SERVER_HELLO, field(3, NEGATIVE), "element"),
    ("the session key is the field's modulus", SERVER_HELLO, field(3, P.to_bytes(32, "little")), "element"),
    ("another nonce than that of the session id", SERVER_HELLO, field(1, ZERO), "envelope"),
    ("another ephemeral key than that of the session id", SERVER_HELLO, field(2, flipped), "envelope"),
    ("a root without an auditor", SERVER_HELLO, field(8, ZERO), "message"),
    ("a set size that is no bucket, and a session key that is none", SERVER_HELLO,
     both(field(4, 1), field(3, BIT_255)), "set_size"),
    ("a session key that is none, and a root without an auditor", SERVER_HELLO,
     both(field(3, BIT_255), field(8, ZERO)), "element"),
    ("another nonce than that of the session id, and an ephemeral key that is none", SERVER_HELLO,
     both(field(1, ZERO), field(2, out_of_range)), "envelope"),
]  # fmt: skip
SETS: list[tuple[str, int, Spoil, str]] = [
    ("tags not sorted", TAGS, field(2, swap(16)), "tags"),
    ("a tag repeated", TAGS, field(2, lambda tags: tags[:16] + tags[:-16]), "tags"),
    ("a tag missing", TAGS, field(2, lambda tags: tags[16:]), "count"),
    ("a tag too many", TAGS, field(2, lambda tags: tags + b"\xff" * 16), "count"),
    ("no tags", TAGS, field(2, b""), "count"),
    ("half a tag", TAGS, field(2, lambda tags: tags[:-1]), "count"),
    ("tags that never end", TAGS, field(1, False), "count"),
    ("not msgpack", TAGS, lambda _: b"\xc1", "message"),
    ("bytes left over", TAGS, lambda m: pack(m) + b"\0", "message"),
    ("an unknown type", TAGS, lambda m: [11, *m[1:]], "message"),
    ("a field too many", TAGS, lambda m: [*m, 1], "message"),
    ("a huge length that is not there", TAGS, lambda _: b"\x93\x03\xc3\xc6\xff\xff\xff\xff", "message"),
    ("an unknown code of an Abort", TAGS, lambda _: [ABORT, 200], "message"),
    ("a blinded element missing", BLINDED, field(2, lambda packed: packed[32:]), "count"),
    ("a blinded element too many", BLINDED, field(2, lambda packed: packed + packed[:32]), "count"),
    ("half a blinded element", BLINDED, field(2, lambda packed: packed[:-1]), "count"),
    ("no blinded elements", BLINDED, field(2, b""), "count"),
    ("a blinded identity", BLINDED, field(2, lambda packed: ZERO + packed[32:]), "element"),
    ("a blinded element with bit 255 set", BLINDED, field(2, lambda packed: packed[:-32] + BIT_255), "element"),
    ("a blinded element that is negative", BLINDED, field(2, lambda packed: NEGATIVE + packed[32:]), "element"),
    ("a commitment to more than there is", BLINDED, field(1, b"\x01" * 32), "commitment"),
    ("a root without an auditor", BLINDED, field(3, ZERO), "message"),
    ("a commitment to more than there is, and what is no element", BLINDED,
     both(field(1, b"\x01" * 32), field(2, lambda packed: ZERO + packed[32:])), "commitment"),
    ("a blinded element too many, and it is none", BLINDED, field(2, lambda packed: packed + BIT_255), "count"),
    ("a tag too many, and not sorted", TAGS, field(2, lambda tags: swap(16)(tags) + tags[:16]), "count"),
    ("an evaluated element missing", EVALUATED, field(1, lambda packed: packed[32:]), "count"),
    ("an evaluated element too many", EVALUATED, field(1, lambda packed: packed + packed[:32]), "count"),
    ("an evaluated identity", EVALUATED, field(1, lambda packed: ZERO + packed[32:]), "element"),
    ("an evaluated element with bit 255 set", EVALUATED, field(1, lambda packed: packed[:-32] + BIT_255), "element"),
    ("two evaluated elements swapped", EVALUATED, field(1, swap(32)), "proof"),
    ("errors that cancel in a plain sum", EVALUATED, field(1, with_a_stray), "proof"),
    ("one element under another key", EVALUATED, field(1, one_of_another_key), "proof"),
    ("a proof missing", EVALUATED, field(2, b""), "proof"),
    ("a proof of 63 bytes", EVALUATED, field(2, lambda proof: proof[:63]), "proof"),
    ("a proof of 65 bytes", EVALUATED, field(2, lambda proof: proof + b"\0"), "proof"),
    ("the halves of a proof exchanged", EVALUATED, field(2, swap(32)), "proof"),
]  # fmt: skip
ENDS: list[tuple[str, int, Spoil, str]] = [
    ("a claim repeated", CLAIMS, field(2, lambda claims: claims[:16] * 2 + claims[32:]), "claim"),
    ("claims not sorted", CLAIMS, field(2, swap(16)), "claim"),
    ("a claim of no tag", CLAIMS, field(2, lambda claims: claims[:-16] + b"\xff" * 16), "claim"),
    ("half a claim", CLAIMS, field(2, lambda claims: claims[:-1]), "count"),
    ("more claims than places", CLAIMS, five_claims, "count"),
    ("a contact missing", CLAIMS, field(3, lambda contacts: contacts[E:]), "count"),
    ("a contact too many", CLAIMS, field(3, lambda contacts: contacts + bytes(E)), "count"),
    ("a contact that does not open", CLAIMS, field(3, lambda contacts: bytes(len(contacts))), "contact"),
    ("contacts of each other's matches", CLAIMS, field(3, swap(E)), "contact"),
    ("claims that never end", CLAIMS, field(1, False), "count"),
    ("a contact missing", CONTACTS, field(2, lambda contacts: contacts[E:]), "count"),
    ("a contact too many", CONTACTS, both(field(1, 3), field(2, lambda contacts: contacts + bytes(E))), "count"),
    ("a count that is not that of the contacts", CONTACTS, field(1, 3), "count"),
    ("a contact that does not open", CONTACTS, field(2, lambda contacts: bytes(len(contacts))), "contact"),
    ("contacts of each other's matches", CONTACTS, field(2, swap(E)), "contact"),
    ("a ledger head of 31 bytes", LEDGER_HEAD, field(1, bytes(31)), "message"),
]  # fmt: skip


def of_receipt(number: int, change: Any) -> Spoil:
    """Change one field of the receipt's body, counted from 0; the signature belongs to the body as it was."""

    def spoil(fields: Fields) -> Fields:
        body = unpack(fields[1])
        body[number] = change
        return [fields[0], pack(body), fields[2]]

    return spoil


RECEIPTS: list[tuple[str, Spoil]] = [
    ("not signed", field(2, bytes(64))),
    ("a bit of the signature flipped", field(2, flipped)),
    ("a byte behind the body", field(1, lambda body: body + b"\0")),
    ("an empty body", field(1, b"")),
    ("a body that is no array", field(1, pack(7))),
    ("a body with a field too few", field(1, lambda body: pack(unpack(body)[:-1]))),
    ("a body with a field too many", field(1, lambda body: pack([*unpack(body), 1]))),
    ("a body that is not canonical", field(1, lambda body: body.replace(b"\x02\x02\xc4\x04", b"\x02\xcc\x02\xc4\x04"))),
    ("a ledger head of the client's of 31 bytes", of_receipt(7, bytes(31))),
    ("a ledger head of the client's as text", of_receipt(7, "a" * 32)),
    ("another session", of_receipt(0, bytes(32))),
    ("another agreement", of_receipt(1, bytes(32))),
    ("another last message of the client", of_receipt(2, bytes(32))),
    ("another last message of the server", of_receipt(3, bytes(32))),
    ("another set size of the client", of_receipt(4, 3)),
    ("another number of matches", of_receipt(6, b"\0\0\0\x01")),
    ("the number of matches left out", of_receipt(6, None)),
    ("another set size", of_receipt(5, 3)),
    ("another ledger head", of_receipt(8, b"\x55" * 32)),
]
