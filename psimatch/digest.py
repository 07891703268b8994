"""The one way to hash and to join bytes outside RFC 9497: every part behind its length (psimatch-1 §2.1)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes

DIGEST_BYTES = 32
NO_DIGEST = bytes(DIGEST_BYTES)


def length_prefixed(*parts: bytes) -> bytes:
    """Join `parts`, each behind its length as four big-endian bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def digest(label: bytes, *parts: bytes) -> bytes:
    """Return the SHA-512/256 of the label and the parts, each behind its length; 32 bytes."""
    # §2.1
    function = hashes.Hash(hashes.SHA512_256())
    # Not joined: a part may be secret, and a copy would stay in memory.
    for part in (label, *parts):
        function.update(len(part).to_bytes(4, "big"))
        function.update(part)
    return function.finalize()
