"""`expand_message_xmd` with SHA-512 (RFC 9380 §5.3.1), for one block of output."""

from __future__ import annotations

from hashlib import sha512


def suffix(dst: bytes) -> bytes:
    """Return what follows the message under the first hash: the length 64, a zero byte, the tag and its length."""
    return b"\x00\x40\x00" + dst + bytes([len(dst)])


def expand_64(message: bytes, dst: bytes) -> bytes:
    """Return 64 uniform bytes for `message` under the tag `dst`."""
    tail = suffix(dst)
    b_0 = sha512(bytes(128) + message + tail).digest()
    return sha512(b_0 + b"\x01" + tail[3:]).digest()
