"""Messages to canonical bytes and back (psimatch-1 §5.1, §5.2)."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from psimatch import canonical
from psimatch.errors import MessageFormatError
from psimatch.messages import (
    Abort,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    LedgerHead,
    Message,
    Receipt,
    ServerHello,
    Tags,
)

# §5.2
TYPES: Final[dict[int, type[Message]]] = {
    1: Hello,
    2: ServerHello,
    3: Tags,
    4: Blinded,
    5: Evaluated,
    6: Claims,
    7: Contacts,
    8: Receipt,
    9: Abort,
    10: LedgerHead,
}
_NUMBERS: Final = {message: number for number, message in TYPES.items()}
# What an array announces is known to be too much before anything is allocated for it.
_MOST_FIELDS: Final = 1 + max(len(fields(message)) for message in TYPES.values())


def encode(message: Message) -> bytes:
    """Return the one encoding of a message."""
    values = [getattr(message, item.name) for item in fields(message)]
    if isinstance(message, Abort):
        values = [int(message.code)]
    return canonical.encode([_NUMBERS[type(message)], *values])


def decode(data: bytes) -> Message:
    """Read a message; `encode(decode(data)) == data` for whatever is accepted.

    Raises:
        MessageFormatError: not canonical, an unknown type, or a field of the wrong type or size.
        CountError: packed items that are not whole.
    """
    # §5.1
    value = canonical.decode(data, longest_array=_MOST_FIELDS)
    if not isinstance(value, list) or not value or isinstance(value[0], bool) or not isinstance(value[0], int):
        raise MessageFormatError("a message is not an array that begins with its type")
    message = TYPES.get(value[0])
    if message is None:
        raise MessageFormatError("a message has a type that does not exist")
    if len(value) - 1 != len(fields(message)):
        raise MessageFormatError(f"a {message.__name__} has too few or too many fields")
    return message(*value[1:])
