"""Sessions that count bytes and time as envelopes go through them, for the summary."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psimatch


class MeteredSession(psimatch.Session):
    """Counts what goes out and comes in, and knows when it began; to be put before one of the two sessions."""

    bytes_sent = 0
    bytes_received = 0
    began = 0.0

    def start(self, standing: psimatch.Standing | None = None) -> Iterator[psimatch.Output]:
        """Begin, and count."""
        # With the connection there: the wait for the peer is not what a match costs.
        self.began = time.monotonic()
        return self._counted(super().start(standing))

    def receive(self, envelope: bytes) -> Iterator[psimatch.Output]:
        """Take the peer's next envelope, and count it and what it is answered with."""
        self.bytes_received += len(envelope)
        return self._counted(super().receive(envelope))

    def grant(self, grant: psimatch.Grant) -> Iterator[psimatch.Output]:
        """Go on after an admission or a charge, and count."""
        return self._counted(super().grant(grant))

    def _counted(self, outputs: Iterator[psimatch.Output]) -> Iterator[psimatch.Output]:
        for output in outputs:
            if isinstance(output, psimatch.Send):
                self.bytes_sent += len(output.envelope)
            yield output

    @property
    def seconds(self) -> float:
        """How long ago the session began."""
        return time.monotonic() - self.began


class MeteredClient(MeteredSession, psimatch.ClientSession):
    """A client that counts."""


class MeteredServer(MeteredSession, psimatch.ServerSession):
    """A server that counts."""


def metered(role: psimatch.Role) -> type[MeteredClient] | type[MeteredServer]:
    """Return the session of a role."""
    return MeteredClient if role is psimatch.Role.CLIENT else MeteredServer
