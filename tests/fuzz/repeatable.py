"""Random bytes that are the same in every run, so that an input does the same thing again."""

import contextlib
import hashlib

from psimatch import randomness


@contextlib.contextmanager
def repeatable():
    """Draw from one fixed stream. What is sealed still differs, since the library that seals draws for itself."""
    system, drawn = randomness.random_bytes, 0

    def stream(length):
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(drawn.to_bytes(8, "big")).digest(length)

    randomness.random_bytes = stream
    try:
        yield
    finally:
        randomness.random_bytes = system
