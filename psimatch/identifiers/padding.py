"""The reserved kind `dummy` version 1: what fills a set up to its bucket, so that its size doesn't show."""

from __future__ import annotations

from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier

DUMMY_KIND: Final = "dummy"
_VERSION: Final = 1
_BYTES: Final = 32


def dummy(value: bytes) -> Identifier:
    """Return the dummy of 32 random bytes; two parties share one with a probability of 2^-256 a pair.

    No column gives a dummy and no agreement names the kind, so a dummy never matches a flag.

    Raises:
        FieldError: the value is not 32 bytes.
    """
    if len(value) != _BYTES:
        raise FieldError(DUMMY_KIND, f"has {len(value)} bytes", f"give {_BYTES} random bytes")
    return Identifier(DUMMY_KIND, _VERSION, value)
