"""How long to wait for a peer, and why that long."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields

from psimatch.errors import InputError


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each part of a connection may take.

    Raises:
        InputError: one of them is not above zero.
    """

    # A host that is there answers within a round trip; three lost packets still fit.
    connect: float = 10.0
    # A preface and a first message take no computing; while a stranger holds the listener, the right peer waits.
    handshake: float = 10.0
    # The peer may blind or evaluate a million identifiers without compiled kernels before its next message.
    idle: float = 600.0
    # Two lists of a million over a slow line take minutes; beyond a working day's half something is wrong.
    total: float = 6 * 3600.0
    # After the last message the peer needs a moment to read it; whoever holds on longer is not waited for.
    goodbye: float = 2.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise InputError(f"the {field.name} timeout must be more than 0 seconds")


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A moment of the monotonic clock, in seconds; infinity is never."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the moment so many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def expired(self) -> bool:
        """Whether the moment is over."""
        return time.monotonic() >= self.at

    @property
    def pause(self) -> float:
        """Seconds to wait before looking again: what remains, at most a minute, so that "never" is a number too."""
        return min(max(0.0, self.at - time.monotonic()), 60.0)
