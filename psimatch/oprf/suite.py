"""The suite ristretto255-SHA512 of RFC 9497: its labels and its hashes to group and scalar."""

from __future__ import annotations

from enum import Enum
from hashlib import sha512
from typing import Final

from psimatch import kernel
from psimatch.errors import InvalidInputError

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


def _expand_64(message: bytes, dst: bytes) -> bytes:
    """Return 64 uniform bytes: `expand_message_xmd` with SHA-512 (RFC 9380 §5.3.1), one output block."""
    dst_prime = dst + bytes([len(dst)])
    b_0 = sha512(bytes(128) + message + b"\x00\x40\x00" + dst_prime).digest()
    return sha512(b_0 + b"\x01" + dst_prime).digest()


def hash_to_scalar(message: bytes, mode: Mode, dst_prefix: bytes = b"HashToScalar-") -> bytes:
    """Hash to a scalar of 32 bytes (RFC 9497 §4.1)."""
    return kernel.reduce_scalars(_expand_64(message, dst_prefix + mode.context_string))


def hash_to_group(inputs: list[bytes], mode: Mode) -> bytes:
    """Hash each input to an element (RFC 9497 §4.1); 32 * n bytes.

    Raises:
        InvalidInputError: an input is longer than 65,535 bytes.
    """
    if any(len(item) > MAX_INPUT_BYTES for item in inputs):
        raise InvalidInputError(f"a PRF input is longer than {MAX_INPUT_BYTES} bytes")
    dst = b"HashToGroup-" + mode.context_string
    return kernel.hash_to_group(b"".join(_expand_64(item, dst) for item in inputs))


def finalize_hash(item: bytes, unblinded_element: bytes) -> bytes:
    """Return the PRF output of 64 bytes (the hash at the end of Finalize, RFC 9497 §3.3.1)."""
    return sha512(length_prefixed(item, unblinded_element) + b"Finalize").digest()
