"""Server keys and their derivation (RFC 9497 §3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest

from psimatch import kernel
from psimatch.errors import InvalidInputError
from psimatch.kernel.wiping import wipe
from psimatch.oprf.suite import MAX_INPUT_BYTES, Mode, hash_to_scalar, length_prefixed, random_scalars


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A server's key pair: `secret` is a scalar, `public_key` an element, 32 bytes each."""

    secret: bytes = field(repr=False)
    public_key: bytes
    mode: Mode = Mode.VOPRF


def generate_key_pair(*, mode: Mode = Mode.VOPRF) -> ServerKey:
    """Return a key pair from the operating system's randomness."""
    secret = random_scalars(1)
    return ServerKey(secret, kernel.multiply_base(secret), mode)


def derive_key_pair(seed: bytes, info: bytes, *, mode: Mode = Mode.VOPRF) -> ServerKey:
    """Return the key pair that belongs to `seed` (32 bytes) and `info` (RFC 9497 §3.2.1, DeriveKeyPair).

    Raises:
        InvalidInputError: the seed is not 32 bytes, or the info is over 65,535.
    """
    if len(seed) != 32:
        raise InvalidInputError("a key seed is 32 bytes")
    if len(info) > MAX_INPUT_BYTES:
        raise InvalidInputError(f"the info of a key is at most {MAX_INPUT_BYTES} bytes")
    for counter in range(256):
        derive_input = b"".join((seed, length_prefixed(info), bytes([counter])))
        secret = hash_to_scalar(derive_input, mode, b"DeriveKeyPair")
        wipe(derive_input)
        # Not `any`, which ends at the first byte that is not zero.
        if not compare_digest(secret, bytes(len(secret))):
            return ServerKey(secret, kernel.multiply_base(secret), mode)
    raise InvalidInputError("no key belongs to this seed")  # has probability 2^-64000
