"""`expand_message_xmd` with SHA-512 (RFC 9380 §5.3.1), for one block of output."""

from __future__ import annotations

from hashlib import sha512

from psimatch.kernel.wiping import wipe


def suffix(dst: bytes) -> bytes:
    """Return what follows the message under the first hash: the length 64, a zero byte, the tag and its length."""
    return b"\x00\x40\x00" + dst + bytes([len(dst)])


def expand_64(message: bytes, dst: bytes) -> bytes:
    """Return 64 uniform bytes for `message` under the tag `dst`."""
    tail = suffix(dst)
    # Joined, the message would be copied, and it may be a secret.
    first = sha512(bytes(128))
    first.update(message)
    first.update(tail)
    b_0 = first.digest()
    second = sha512(b_0)
    second.update(b"\x01" + tail[3:])
    wipe(b_0)
    return second.digest()
