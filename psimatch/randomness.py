"""The one source of random bytes: the operating system."""

from __future__ import annotations

import os


def random_bytes(length: int) -> bytes:
    """Return `length` bytes from the operating system's generator."""
    return os.urandom(length)


def random_order(count: int) -> list[int]:
    """Return the numbers from 0 to `count` - 1 in a uniformly random order.

    Sorts by a random key of 128 bits each: two equal keys, which alone would skew the order, have a
    probability under count² / 2^129.
    """
    keys = random_bytes(16 * count)
    return sorted(range(count), key=lambda index: keys[16 * index : 16 * index + 16])
