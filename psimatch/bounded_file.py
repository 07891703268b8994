"""The bytes of a file that may be too large."""

from __future__ import annotations

import os
from typing import Final

# What comes from a pipe, which has no size, is read in pieces of this size.
_PIECE: Final = 1 << 16


def read_at_most(path: str | os.PathLike[str], most: int) -> bytes:
    """Return the first `most` bytes of a file, or all of it; memory is taken for what is there, not for what may be.

    Raises:
        OSError: the file can't be read.
    """
    pieces: list[bytes] = []
    with open(path, "rb") as stream:
        # One call for a whole file, since a list is large and must not be copied.
        piece = max(_PIECE, os.fstat(stream.fileno()).st_size + 1)
        while most > 0 and (data := stream.read(min(piece, most))):
            pieces.append(data)
            most -= len(data)
    return b"".join(pieces)
