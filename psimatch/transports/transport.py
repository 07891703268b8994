"""What a session needs of whatever moves its envelopes."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """A two-way pipe of whole envelopes, in order. One thread uses one end at a time."""

    @property
    def bytes_sent(self) -> int:
        """Bytes given to the carrier so far, framing included."""

    @property
    def bytes_received(self) -> int:
        """Bytes taken from the carrier so far, framing included."""

    def send(self, envelope: bytes, *, within: float | None = None) -> None:
        """Send one envelope, within so many seconds or else the transport's own limit.

        Raises:
            TransportTimeoutError: the peer did not take it in time.
            PeerGoneError: the peer closed the connection. What it sent before can still be received.
            LocalProtocolError: this end is closed, or the envelope is longer than the agreement allows.
        """

    def receive(self, *, within: float | None = None) -> bytes:
        """Wait for the next envelope, for so many seconds or else the transport's own limit.

        Raises:
            TransportTimeoutError: no whole envelope came in time.
            PeerGoneError: the peer closed the connection, and all that it sent has been received.
            FrameTooLongError: the peer announced a longer envelope than the agreement allows.
            LocalProtocolError: this end is closed.
        """

    def close(self) -> None:
        """Close this end; what was sent before still arrives. A second call does nothing."""
