"""Messages at the limits of each field, and beyond them (§5.1, §5.2, §14)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from protocol_spec.reference import (
    ABORT,
    BLINDED,
    CLAIMS,
    CONTACTS,
    EVALUATED,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER_HELLO,
    TAGS,
    ZERO,
    SealingKey,
    encode_element,
    one_way_map,
    pack,
    standing_fields,
)
from protocol_spec.scenarios.attacks import NAMES
from protocol_spec.scenarios.scenario import Scenario, stream

MOST = 2**53 - 1


def whole(key: bytes, point: bytes) -> dict[int, list[Any]]:
    """Return the fields of a right message of each type."""
    standing = standing_fields((1, 0, ZERO))
    return {
        HELLO: [ZERO, key, 8, *standing], SERVER_HELLO: [ZERO, key, point, 8, *standing, b""],
        TAGS: [True, bytes(16)], BLINDED: [ZERO, point, b""], EVALUATED: [point, bytes(64)],
        CLAIMS: [True, bytes(16), bytes(32)], CONTACTS: [1, bytes(32)], RECEIPT: [b"\x90", bytes(64)], ABORT: [2],
        LEDGER_HEAD: [ZERO],
    }  # fmt: skip


def right_messages(key: bytes, point: bytes) -> Iterator[tuple[str, list[Any]]]:
    """Return messages that are as much or as little as they may be."""
    most, least = standing_fields((MOST, MOST, ZERO)), standing_fields((1, 0, ZERO))
    yield "a Hello with the most of each number", [HELLO, ZERO, key, 2**32 - 1, *most]
    yield "a Hello with the least of each number", [HELLO, ZERO, key, 1, *least]
    yield "a ServerHello with the most of each number", [SERVER_HELLO, ZERO, key, point, 2**32 - 1, *most, b""]
    yield "a ServerHello with the least of each number", [SERVER_HELLO, ZERO, key, point, 1, *least, b""]
    yield "an Abort of the last code", [ABORT, 14]
    yield "Tags, none", [TAGS, True, b""]
    yield "Blinded, none", [BLINDED, ZERO, b"", b""]
    yield "Evaluated, none, without a proof", [EVALUATED, b"", b""]
    yield "Evaluated with a proof of 63 bytes, which is a wrong proof", [EVALUATED, point, bytes(63)]
    yield "Evaluated with a proof of 65 bytes, which is a wrong proof", [EVALUATED, point, bytes(65)]
    yield "Contacts, none", [CONTACTS, 0, b""]
    yield "Contacts of the most, which are wrong only in a session", [CONTACTS, 2048, b""]
    yield "Claims with contacts of no size that is known here", [CLAIMS, True, bytes(16), bytes(5)]
    yield "a Receipt over no body, which is wrong only in a session", [RECEIPT, b"", bytes(64)]


def other_lengths(fields: Sequence[Any], number: int) -> Iterator[tuple[str, Any]]:
    """Return a field with a byte too few and too many, and of other types."""
    value = fields[number]
    if isinstance(value, bytes):
        yield "a byte too few", value[:-1]
        yield "a byte too many", value + b"\0"
        yield "text", "a" * len(value)
        yield "an array", []
    else:
        yield "bytes", b"\x01"
        yield "text", "1"
    yield "nil", None
    yield "a boolean" if not isinstance(value, bool) else "a number", 1 if isinstance(value, bool) else True


# Fields whose length is judged elsewhere: by type, which.
ELSEWHERE = {CLAIMS: (1, 2), CONTACTS: (1,), RECEIPT: (0,), EVALUATED: (0, 1), TAGS: (1,), BLINDED: (1,)}


def wrong_fields(fields: dict[int, list[Any]]) -> Iterator[tuple[str, bytes]]:
    """Return messages with one field of another length or type."""
    for kind, right in fields.items():
        for number in range(len(right)):
            for name, value in other_lengths(right, number):
                if name.startswith("a byte") and (number in ELSEWHERE.get(kind, ()) or not right[number]):
                    continue
                changed = [*right[:number], value, *right[number + 1 :]]
                yield f"a {NAMES.get(kind, 'Abort')} with {name} as field {number + 1}", pack([kind, *changed])
        yield f"a {NAMES.get(kind, 'Abort')} with a field too many", pack([kind, *right, b""])
        yield f"a {NAMES.get(kind, 'Abort')} with a field too few", pack([kind, *right[:-1]])


def wrong_numbers(key: bytes, point: bytes) -> Iterator[tuple[str, bytes]]:
    """Return messages with numbers out of their bounds, and other encodings of the right ones."""
    for sessions, charged, name in (
        (0, 0, "no session"),
        (2**53, 0, "too many sessions"),
        (1, 2**53, "too much charged"),
    ):
        told = standing_fields((sessions, charged, ZERO))
        yield f"a ServerHello with {name}", pack([SERVER_HELLO, ZERO, key, point, 8, *told, b""])
    standing = standing_fields((1, 0, ZERO))
    for size in (0, 2**32):
        yield f"a Hello with a set size of {size}", pack([HELLO, ZERO, key, size, *standing])
        yield f"a ServerHello with a set size of {size}", pack([SERVER_HELLO, ZERO, key, point, size, *standing, b""])
    for code in (0, 15, 256, 2**32):
        yield f"an Abort of code {code}", pack([ABORT, code])
    for count in (2049, 2**32):
        yield f"Contacts of {count}", pack([CONTACTS, count, b""])
    yield "a type in two bytes", b"\x92\xcc\x09\x01"
    yield "a type as text", b"\x92\xa1\x09\x01"
    yield "a type as bytes", b"\x92\xc4\x01\x09\x01"
    yield "a type as nil", b"\x92\xc0\x01"
    yield "an integer in three bytes that fits in one", b"\x92\x09\xcd\x00\x01"
    yield "an integer in five bytes that fits in one", b"\x92\x09\xce\x00\x00\x00\x01"
    yield "a float of four bytes", b"\x92\x09\xca\x3f\x80\x00\x00"
    yield "a byte that msgpack never uses", b"\x92\x09\xc1"
    yield "bytes with a length of four bytes that fits in one", b"\x93\x03\xc3\xc6\x00\x00\x00\x10" + bytes(16)
    yield "an array in five bytes that fits in one", b"\xdd\x00\x00\x00\x02\x09\x01"
    yield "a map in the place of a field", b"\x92\x09\x81\x01\x01"
    yield "an integer alone", b"\x09"
    yield "bytes alone", b"\xc4\x02\x92\x09"
    yield "two messages", b"\x92\x09\x01\x92\x09\x01"
    yield "text that is no UTF-8", b"\x92\x09\xa1\xff"


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    draw = stream("messages at their limits")
    key, point = SealingKey(draw(96)).public, encode_element(one_way_map(draw(64)))
    for name, value in right_messages(key, point):
        about = f"A message and its fields: {name}."
        yield Scenario("message", name, about, "§5.1, §5.2", {"bytes": pack(value)})
    wrong = [*wrong_fields(whole(key, point)), *wrong_numbers(key, point)]
    for name, data in wrong:
        yield Scenario("message", f"not, {name}", f"No message: {name}.", "§5.1, §5.2", {"bytes": data}, "message")
    for name, data in (
        ("claims", pack([CLAIMS, True, bytes(17), b""])), ("evaluated elements", pack([EVALUATED, bytes(33),
        bytes(64)])),
    ):  # fmt: skip
        about = f"No message: {name} that are not a multiple of an item."
        yield Scenario("message", f"{name} that are no multiple", about, "§5.1, §5.2", {"bytes": data}, "count")
