"""The suite ristretto255-SHA512 of RFC 9497: its labels, its hashes to group and scalar, its random scalars."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from psimatch import kernel, randomness
from psimatch.errors import InvalidInputError
from psimatch.kernel.expand import expand_64
from psimatch.kernel.wiping import wipe

ELEMENT_BYTES: Final = 32
PROOF_BYTES: Final = 64
OUTPUT_BYTES: Final = 64
MAX_INPUT_BYTES: Final = 65_535


class Mode(Enum):
    """A mode of RFC 9497 §3; each has its own domain separation."""

    OPRF = 0x00
    VOPRF = 0x01

    @property
    def context_string(self) -> bytes:
        """The contextString of RFC 9497 §3.1, for this suite."""
        return b"OPRFV1-" + bytes([self.value]) + b"-ristretto255-SHA512"


def length_prefixed(*parts: bytes) -> bytes:
    """Join `parts`, each behind its length as two big-endian bytes."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def hash_to_scalar(message: bytes, mode: Mode, dst_prefix: bytes = b"HashToScalar-") -> bytes:
    """Hash to a scalar of 32 bytes (RFC 9497 §4.1)."""
    wide = expand_64(message, dst_prefix + mode.context_string)
    scalar = kernel.reduce_scalars(wide)
    wipe(wide)
    return scalar


def hash_to_group_dst(mode: Mode) -> bytes:
    """Return the tag under which inputs are hashed to the group (RFC 9497 §4.1)."""
    return b"HashToGroup-" + mode.context_string


def random_scalars(count: int) -> bytes:
    """Return `count` uniform scalars, packed; each from 64 random bytes, so the bias is below 2^-250.

    Zero, which RFC 9497 leaves out, comes up with less than that. It is not looked for: a search through secret
    scalars takes time by what they hold.
    """
    drawn = randomness.random_bytes(64 * count)
    scalars = kernel.reduce_scalars(drawn)
    wipe(drawn)
    return scalars


def check_inputs(inputs: Sequence[bytes]) -> None:
    """Check what RFC 9497 asks of inputs.

    Raises:
        InvalidInputError: there are none, or one is longer than 65,535 bytes.
    """
    if not inputs:
        raise InvalidInputError("a batch has at least one input")
    if max(map(len, inputs)) > MAX_INPUT_BYTES:
        raise InvalidInputError(f"a PRF input is longer than {MAX_INPUT_BYTES} bytes")
