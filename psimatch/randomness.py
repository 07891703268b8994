"""The one source of random bytes: the operating system."""

from __future__ import annotations

import os


def random_bytes(length: int) -> bytes:
    """Return `length` bytes from the operating system's generator."""
    return os.urandom(length)
