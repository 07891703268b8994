"""Canonical msgpack: one encoding for each value, and nothing else accepted (psimatch-1 §5.1)."""

from __future__ import annotations

from typing import Any

import msgpack

from psimatch.errors import MessageFormatError


def encode(value: Any) -> bytes:
    """Encode integers, booleans, nil, text, bytes, arrays, and maps with text keys, in their one form."""
    packed: bytes = msgpack.packb(_sorted(value))
    return packed


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str.encode)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    if value is None or isinstance(value, bool | int | str | bytes):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical encoding")


def decode(data: bytes, *, longest_array: int = -1) -> Any:
    """Decode what `encode` made; no length inside can exceed that of `data`, and no array has more items if bounded.

    Raises:
        MessageFormatError: not msgpack, bytes left over, or not the canonical form.
    """
    try:
        # `unpackb` bounds every length inside by that of `data`, before it allocates.
        value = msgpack.unpackb(data, max_array_len=longest_array)
        again = encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise MessageFormatError("a message is not msgpack") from error
    if again != data:
        raise MessageFormatError("a message is not in its canonical encoding")
    return value
