"""Messages, sizes and receipts (§5, §8.1, §8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol_spec.reference import (
    ABORT,
    BLINDED,
    CLAIMS,
    CLIENT,
    CONTACTS,
    EVALUATED,
    FIRST,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER,
    SERVER_HELLO,
    TAGS,
    ZERO,
    Random,
    SealingKey,
    encode_element,
    i2osp,
    one_way_map,
    pack,
    standing_fields,
)
from protocol_spec.scenarios.scenario import Scenario, stream


def right_messages(draw: Random, key: bytes, point: bytes) -> list[tuple[str, list[Any]]]:
    """Return a message of each type."""
    # A contact size of 16 makes `e` 32.
    return [
        ("Hello", [HELLO, draw(32), key, 1024, *standing_fields(FIRST)]),
        ("Hello of a later session", [HELLO, draw(32), key, 1024, *standing_fields((300, 70_000, draw(32)))]),
        ("ServerHello", [SERVER_HELLO, draw(32), key, point, 65_536, *standing_fields((2, 2**40, draw(32))), b""]),
        ("ServerHello with a root", [SERVER_HELLO, draw(32), key, point, 8, *standing_fields(FIRST), draw(32)]),
        ("Tags", [TAGS, True, draw(48)]),
        ("Tags, not the last", [TAGS, False, draw(16)]),
        ("Blinded", [BLINDED, draw(32), point * 2, b""]),
        ("Blinded with a root", [BLINDED, draw(32), point * 2, draw(32)]),
        ("Evaluated", [EVALUATED, point * 9, draw(64)]),
        ("Claims", [CLAIMS, True, draw(32), draw(64)]),
        ("Claims, none", [CLAIMS, True, b"", b""]),
        ("Contacts", [CONTACTS, 2, draw(64)]),
        ("Receipt", [RECEIPT, pack([*(draw(32) for _ in range(4)), 8, 8, i2osp(3, 4), draw(32), draw(32)]), draw(64)]),
        ("Abort", [ABORT, 1]),
        ("LedgerHead", [LEDGER_HEAD, draw(32)]),
    ]


def wrong_messages(key: bytes, point: bytes) -> list[tuple[str, bytes]]:
    """Return what is no message."""
    abort, tags, t = pack([ABORT, 1]), pack([TAGS, True, bytes(16)]), bytes(16)
    standing = standing_fields(FIRST)
    return [
        ("an integer in two bytes that fits in one", b"\x92\x09\xcc\x01"),
        ("an integer in nine bytes that fits in one", b"\x92\x09\xcf" + bytes(7) + b"\x01"),
        ("a signed form of a positive integer", b"\x92\x09\xd0\x01"),
        ("a negative integer", b"\x92\x09\xff"),
        ("a float in the place of an integer", b"\x92\x09\xcb\x3f\xf0" + bytes(6)),
        ("an array in three bytes that fits in one", b"\xdc\x00\x02\x09\x01"),
        ("bytes with a long length", b"\x93\x03\xc3\xc5\x00\x10" + t),
        ("text in the place of bytes", b"\x93\x03\xc3\xb0" + t),
        ("an integer in the place of a boolean", b"\x93\x03\x01\xc4\x10" + t),
        ("a boolean in the place of an integer", b"\x92\x09\xc3"),
        ("nil in the place of an integer", b"\x92\x09\xc0"),
        ("an extension type", b"\x92\x09\xd4\x01\x01"),
        ("a byte behind the message", abort + b"\x00"),
        ("a byte missing", tags[:-1]),
        ("a field too many", pack([ABORT, 1, 1])),
        ("a field too few", pack([ABORT])),
        ("an unknown type", pack([11, ZERO])),
        ("type zero", pack([0, 1])),
        ("a boolean as the type", pack([True, bytes(32), key, 8, *standing])),
        ("an empty array", b"\x90"),
        ("a map", pack({"type": 9})),
        ("no bytes", b""),
        ("a length of 4 GiB that is not there", b"\x93\x03\xc3\xc6\xff\xff\xff\xff"),
        ("an array of 4 G items that is not there", b"\xdd\xff\xff\xff\xff"),
        ("deeply nested arrays", b"\x91" * 64 + b"\x09"),
        ("a nonce of 31 bytes", pack([HELLO, bytes(31), key, 8, *standing])),
        ("a Hello without a standing", pack([HELLO, ZERO, key, 8])),
        ("a ServerHello without a standing", pack([SERVER_HELLO, ZERO, key, point, 8])),
        ("a Hello without a last receipt", pack([HELLO, ZERO, key, 8, *standing[:2]])),
        ("sessions as an integer", pack([HELLO, ZERO, key, 8, 1, *standing[1:]])),
        ("sessions of 7 bytes", pack([HELLO, ZERO, key, 8, bytes(7), *standing[1:]])),
        ("charged of 9 bytes", pack([SERVER_HELLO, ZERO, key, point, 8, standing[0], bytes(9), ZERO, b""])),
        ("a last receipt of 31 bytes", pack([SERVER_HELLO, ZERO, key, point, 8, *standing[:2], bytes(31), b""])),
        ("nil in the place of no last receipt", pack([HELLO, ZERO, key, 8, *standing[:2], None])),
        ("a ledger head of 31 bytes", pack([LEDGER_HEAD, bytes(31)])),
        ("a ledger head of 33 bytes", pack([LEDGER_HEAD, bytes(33)])),
        ("a ledger head as text", pack([LEDGER_HEAD, "a" * 32])),
        ("a LedgerHead without a head", pack([LEDGER_HEAD])),
        ("tags that are not a multiple of 16", pack([TAGS, True, bytes(17)])),
        ("no session, not even this one", pack([HELLO, ZERO, key, 8, *standing_fields((0, 0, ZERO))])),
        ("more sessions than a ledger can count", pack([HELLO, ZERO, key, 8, *standing_fields((2**53, 0, ZERO))])),
        ("more charges than a ledger can count", pack([HELLO, ZERO, key, 8, *standing_fields((1, 2**53, ZERO))])),
        ("elements that are not a multiple of 32", pack([BLINDED, ZERO, bytes(33), b""])),
        ("a ServerHello without the place of a root", pack([SERVER_HELLO, ZERO, key, point, 8, *standing])),
        ("a root of 31 bytes", pack([SERVER_HELLO, ZERO, key, point, 8, *standing, bytes(31)])),
        ("a root of 33 bytes", pack([BLINDED, ZERO, point, bytes(33)])),
        ("nil in the place of no root", pack([BLINDED, ZERO, point, None])),
    ]


def message_scenarios() -> Iterator[Scenario]:
    """Decode a message of each type, and refuse what is none (§5.1, §5.2)."""
    draw = stream("messages")
    key = SealingKey(draw(96)).public
    point = encode_element(one_way_map(draw(64)))
    for name, value in right_messages(draw, key, point):
        about = f"A message and its fields: {name}."
        yield Scenario("message", name, about, "§5.1, §5.2", {"bytes": pack(value)})
    for name, data in wrong_messages(key, point):
        refused = "count" if "not a multiple" in name else "message"
        about = f"No message: {name}."
        yield Scenario("message", name, about, "§5.1, §5.2", {"bytes": data}, refused)


def size_scenarios() -> Iterator[Scenario]:
    """List set sizes with their buckets, declared sizes, and claims with their slots (§8.1, §8.2)."""
    for maximum in (1, 8, 1000, 1024, 1025, 5000, 65_536, 1_000_000):
        at_most = f"at most {maximum} items"
        edges = {0, 1, 8, 1023, 1024, 1025, 2048, 2049, 4097, maximum - 1, maximum}
        given = {"max_items": maximum, "sizes": sorted(n for n in edges if n <= maximum)}
        yield Scenario("bucket", at_most, f"The buckets of set sizes, of {at_most}.", "§8.1", given)
        declared = sorted({0, 1, 1023, 1024, 1025, 2048, 4096, 8192, maximum - 1, maximum, maximum + 1})
        given = {"max_items": maximum, "set_sizes": declared}
        yield Scenario("set_size", at_most, f"Which declared set sizes are buckets, of {at_most}.", "§8.1", given)
    for smaller in (1, 8, 1024, 1025, 2048, 5000, 65_536):
        numbers = sorted({0, 1, 1024, 1025, 2048, 2049, smaller} & set(range(smaller + 1)))
        given = {"smaller_set_size": smaller, "claims": numbers}
        name = f"the smaller set has {smaller}"
        yield Scenario("slots", name, f"Slots of claims, and how they are cut, where {name}.", "§5.3, §8.2", given)


def receipt_scenarios() -> Iterator[Scenario]:
    """Encode and sign receipts (§5.5)."""
    draw = stream("receipt")
    for name, number in (("both learn the matches", 3), ("no matches", 0), ("only the client learns", None)):
        names = ("session_id", "agreement_id", "client_digest", "server_digest", "client_ledger_head",
                 "server_ledger_head")  # fmt: skip
        given = {
            **{each: draw(32) for each in names}, "client_set_size": 1024, "server_set_size": 70_000,
            "matches": number, "client_seed": CLIENT.seed, "server_seed": SERVER.seed,
        }  # fmt: skip
        yield Scenario("receipt", name, f"The body, digest and signatures of a receipt: {name}.", "§5.5", given)


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from message_scenarios()
    yield from size_scenarios()
    yield from receipt_scenarios()
