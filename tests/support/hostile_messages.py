"""Messages that a peer with the right keys may sign, and must not."""

from sessions import STANDING

from psimatch import canonical, messages, wire
from psimatch.errors import AbortCode

FORGED = [
    messages.Hello(bytes(32), bytes(1216), 5, *STANDING.fields),
    messages.Tags(True, bytes(16)),
    messages.Blinded(bytes(32), bytes(32)),
    messages.Evaluated(bytes(32), bytes(64)),
    messages.Claims(True, b"", b""),
    messages.Contacts(0, b""),
    messages.LedgerHead(bytes(32)),
    messages.Receipt(b"", bytes(64)),
    messages.Abort(AbortCode.CANCELLED),
]


def altered(message, at, how):
    """Return the encoding of a message in which one field is another: a bit, a length, a number, a flag."""
    fields = canonical.decode(wire.encode(message), longest_array=16)
    at = 1 + at % (len(fields) - 1)
    value = fields[at]
    match value:
        case bool():
            fields[at] = not value
        case int():
            fields[at] = (value + 1, max(0, value - 1), 0, 2**31)[how]
        case bytes():
            flipped = value[:-1] + bytes([value[-1] ^ 1]) if value else b"\1"
            fields[at] = (flipped, value[16:], value + value[:16], bytes(len(value)))[how]
    return canonical.encode(fields)
