"""Two ends of a pipe within one process, for tests and for trying things out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

from psimatch.errors import LocalProtocolError, PeerGoneError, TransportTimeoutError
from psimatch.transports.timeouts import Deadline

# An envelope of 2,048 items has 64 KiB, or about 1 MB with contacts: a fast sender waits, and memory stays flat.
CAPACITY: Final = 64
# Both ends compute in this process; a minute of silence means that one of them has stopped.
TIMEOUT: Final = 60.0


@dataclass(slots=True)
class _Pipe:
    """What both ends share; index 0 and 1 are the ends, a queue is of what its end has yet to receive."""

    capacity: int
    changed: threading.Condition = field(default_factory=threading.Condition)
    queues: tuple[deque[bytes], deque[bytes]] = field(default_factory=lambda: (deque(), deque()))
    closed: list[bool] = field(default_factory=lambda: [False, False])


class MemoryTransport:
    """One end of a `memory_pair`; a `Transport`."""

    def __init__(self, pipe: _Pipe, end: int, timeout: float) -> None:
        self._pipe = pipe
        self._end = end
        self._timeout = timeout
        self.bytes_sent = 0
        self.bytes_received = 0

    def send(self, envelope: bytes, *, within: float | None = None) -> None:
        """Queue one envelope, waiting while the queue is full.

        Raises:
            TransportTimeoutError: the other end took nothing in time.
            PeerGoneError: the other end is closed.
            LocalProtocolError: this end is closed.
        """
        pipe, peer = self._pipe, 1 - self._end
        queue = pipe.queues[peer]
        with pipe.changed:
            self._wait_for(lambda: pipe.closed[peer] or len(queue) < pipe.capacity, within)
            if pipe.closed[peer]:
                raise PeerGoneError("the other end is closed")
            queue.append(bytes(envelope))
            self.bytes_sent += len(envelope)
            pipe.changed.notify_all()

    def receive(self, *, within: float | None = None) -> bytes:
        """Take the next envelope, waiting for it.

        Raises:
            TransportTimeoutError: none came in time.
            PeerGoneError: the other end is closed and all that it sent has been received.
            LocalProtocolError: this end is closed.
        """
        pipe, peer = self._pipe, 1 - self._end
        queue = pipe.queues[self._end]
        with pipe.changed:
            self._wait_for(lambda: bool(queue) or pipe.closed[peer], within)
            if not queue:
                raise PeerGoneError("the other end is closed")
            envelope = queue.popleft()
            self.bytes_received += len(envelope)
            pipe.changed.notify_all()
            return envelope

    def close(self) -> None:
        """Close this end and wake the other, which can still receive what was sent. A second call does nothing."""
        with self._pipe.changed:
            self._pipe.closed[self._end] = True
            self._pipe.changed.notify_all()

    def __enter__(self) -> MemoryTransport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _wait_for(self, ready: Callable[[], bool], within: float | None) -> None:
        closed = self._pipe.closed
        deadline = Deadline.after(self._timeout if within is None else within)
        while not (closed[self._end] or ready()):
            if deadline.expired:
                raise TransportTimeoutError("the other end did not answer in time")
            self._pipe.changed.wait(deadline.pause)
        if closed[self._end]:
            raise LocalProtocolError("this end of the transport is closed")


def memory_pair(*, timeout: float = TIMEOUT, capacity: int = CAPACITY) -> tuple[MemoryTransport, MemoryTransport]:
    """Make two connected ends; `timeout` in seconds, `capacity` in envelopes each way. Use them in two threads."""
    pipe = _Pipe(capacity)
    return MemoryTransport(pipe, 0, timeout), MemoryTransport(pipe, 1, timeout)
