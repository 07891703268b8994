"""Envelopes in a stream of bytes: a length of four bytes before each (psimatch-1 §10.2)."""

from __future__ import annotations

from typing import Final

from psimatch.errors import FrameTooLongError

LENGTH_BYTES: Final = 4


def frame(envelope: bytes) -> bytes:
    """Put its length before an envelope."""
    return len(envelope).to_bytes(LENGTH_BYTES, "big") + envelope


class FrameBuffer:
    """Bytes that have come and are not yet taken out as frames. It grows by what came, never by what was announced."""

    def __init__(self, max_frame_bytes: int) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes)

    def append(self, data: bytes) -> None:
        """Add what has come."""
        self._bytes += data

    def next_frame(self) -> bytes | None:
        """Take out the next envelope, if all of it is there.

        Raises:
            FrameTooLongError: its announced length is above the limit.
        """
        if len(self._bytes) < LENGTH_BYTES:
            return None
        length = int.from_bytes(self._bytes[:LENGTH_BYTES], "big")
        if length > self._max_frame_bytes:
            raise FrameTooLongError(
                f"the peer announced a message of {length:,} bytes; this agreement allows {self._max_frame_bytes:,}",
                hint="check that both parties use the same agreement",
            )
        end = LENGTH_BYTES + length
        if len(self._bytes) < end:
            return None
        envelope = bytes(self._bytes[LENGTH_BYTES:end])
        del self._bytes[:end]
        return envelope
