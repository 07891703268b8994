"""A message has its own shape or is none: each field at its bounds, just over them, and of another type."""

from dataclasses import fields, replace

import pytest

from psimatch.errors import AbortCode, CountError, MessageFormatError
from psimatch.messages import (
    Abort,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    LedgerHead,
    Receipt,
    ServerHello,
    Standing,
    Tags,
)

MOST = 2**53 - 1
STANDING = Standing(1, 0).fields
HELLO = Hello(bytes(32), bytes(1216), 8, *STANDING)
SERVER_HELLO = ServerHello(bytes(32), bytes(1216), bytes(32), 8, *STANDING)


def eight(number):
    return number.to_bytes(8, "big")


def exactly(size, name):
    """What a field of so many bytes takes and refuses, and how it is named to the user."""
    return [bytes(size)], [bytes(size - 1), bytes(size + 1), "x" * size, 1, None], name


def packed(size, name):
    return [b"", bytes(size), bytes(3 * size)], ["x" * size, None, *([bytes(size + 1)] if size > 1 else [])], name


def number(low, high, name):
    return [low, high], [low - 1, high + 1, str(low), float(low), True, None], name


def counter(low, name):
    refused = [*(eight(number) for number in range(low)), eight(MOST + 1), bytes(7), bytes(9), low]
    return [eight(low), eight(MOST)], refused, name


ROOT = ([b"", bytes(32)], [bytes(31), bytes(33), None, "", False], "audit root")
FLAG = ([True, False], [0, 1, None, b""], "last")
OPENING = {
    "nonce": exactly(32, "nonce"),
    "ephemeral_key": exactly(1216, "ephemeral key"),
    "set_size": number(1, 2**32 - 1, "set size"),
    "sessions": counter(1, "number of sessions"),
    "charged": counter(0, "number of charges"),
    "last_receipt": exactly(32, "last receipt"),
}
SHAPES = [
    (HELLO, OPENING),
    (SERVER_HELLO, OPENING | {"public_key": exactly(32, "session public key"), "root": ROOT}),
    (Tags(True, b""), {"last": FLAG, "tags": packed(16, "tags")}),
    (Blinded(bytes(32), b""), {"rest": exactly(32, "rest"), "elements": packed(32, "elements"), "root": ROOT}),
    (
        Evaluated(b"", b""),
        {"elements": packed(32, "elements"), "proof": ([b"", bytes(64)], ["", None], "proof")},
    ),
    (Claims(True, b"", b""), {"last": FLAG, "claims": packed(16, "claims"), "contacts": packed(1, "contacts")}),
    (Contacts(0, b""), {"count": number(0, 2048, "count"), "contacts": packed(1, "contacts")}),
    (LedgerHead(bytes(32)), {"head": exactly(32, "ledger head")}),
    (Receipt(b"", bytes(64)), {"body": packed(1, "body"), "signature": exactly(64, "signature")}),
    (Abort(AbortCode.FAILED), {"code": ([1], [0, 256, "1", True, None, 200], "code")}),
]


@pytest.mark.parametrize(("message", "shape"), SHAPES, ids=lambda value: type(value).__name__)
def test_each_field_at_its_bounds(message, shape):
    assert set(shape) == {item.name for item in fields(message)}
    for field, (taken, refused, name) in shape.items():
        for value in taken:
            assert getattr(replace(message, **{field: value}), field) == value
        for value in refused:
            # Bytes that are no whole number of items are a count; all else is a matter of form.
            partial = field in {"tags", "elements", "claims"} and isinstance(value, bytes)
            with pytest.raises(CountError if partial else MessageFormatError, match=f"^the {name} of "):
                replace(message, **{field: value})


@pytest.mark.parametrize("message", [HELLO, SERVER_HELLO], ids=lambda message: type(message).__name__)
def test_a_standing_is_read_as_it_was_written(message):
    standing = Standing(3, 2**40 + 5, bytes([7]) * 32)
    sessions, charged, last_receipt = standing.fields
    assert (sessions, charged) == (eight(3), eight(2**40 + 5))
    assert replace(message, sessions=sessions, charged=charged, last_receipt=last_receipt).standing == standing
