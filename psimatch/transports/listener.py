"""Where connections come in."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from psimatch.errors import InputError, TransportError, TransportTimeoutError
from psimatch.parameters import Role
from psimatch.selector import SELECTOR_BYTES
from psimatch.transports.address import Resolved, format_address, resolve
from psimatch.transports.tcp import TcpTransport
from psimatch.transports.timeouts import Deadline, Timeouts

# Strays and the peer's own retries may queue up during one session; more than these are turned away by the system.
BACKLOG: Final = 16
# Seconds to wait where the system has no descriptor or memory for a connection that has come.
SHORTAGE_PAUSE: Final = 0.1

_SHORT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# Linux tells by `accept` what went wrong on the line of a connection that came; others may come all the same.
_LINE: Final = frozenset(
    {errno.ENETDOWN, errno.EPROTO, errno.ENOPROTOOPT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EOPNOTSUPP}
    | {errno.ENETUNREACH, errno.ETIMEDOUT, errno.EPERM, errno.EINTR}
)
_PASSING: Final = _SHORT | _LINE
_LISTEN: Final = "start the match again"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A connection that has come in and has not said anything yet."""

    address: str
    _connection: socket.socket

    def greet(self, role: Role, max_envelope_bytes: int, timeouts: Timeouts) -> TcpTransport:
        """Exchange prefaces, and take the selector that follows that of a server; what fails is closed.

        The `peer_selector` of the transport is what came; the caller sees whether it opens.

        Args:
            role: the protocol role of this side.
            max_envelope_bytes: the longest envelope that the agreement allows.
            timeouts: in seconds.

        Raises:
            TransportError: as `TcpTransport`.
            RemoteProtocolError: as `TcpTransport`.
        """
        # §10.1: only a client that listens needs to be told which agreement the other side means.
        expected = SELECTOR_BYTES if role is Role.CLIENT else 0
        return TcpTransport(self._connection, self.address, role, max_envelope_bytes, timeouts, selector_bytes=expected)

    def close(self) -> None:
        """Turn the connection away without a word."""
        self._connection.close()


class TcpListener:
    """A socket that listens from its construction until `close`, or to the end of its `with` block.

    `::` takes IPv4 connections too. Of a host name's addresses, the first that can be used is listened on.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen on an address of this machine; port 0 lets the system choose one.

        Raises:
            InputError: the host name is not known, or its address or port can't be listened on.
        """
        failure = InputError(f"the host of {format_address(host, port)} has no address")
        for resolved in resolve(host, port, passive=True):
            try:
                self._socket = _listening(resolved)
                break
            except OSError as error:
                reason = error.strerror.lower() if error.strerror else "no reason given"
                failure = InputError(
                    f"can't listen on {format_address(host, port)}: {reason}",
                    hint="give an address of this machine and a free port above 1023",
                )
        else:
            raise failure
        self.host, self.port = self._socket.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are listened on, the port as the system chose it."""
        return self.host, self.port

    def accept(self, deadline: Deadline) -> Incoming:
        """Wait for the next connection.

        A connection that is gone before it is taken, and a shortage of the system that may pass, are waited out.

        Raises:
            TransportTimeoutError: none came before the deadline.
            TransportError: the system lets this side listen no longer.
        """
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError as error:
                # Nobody there, or gone again before we looked, or the system is short of something for a moment.
                if not isinstance(error, BlockingIOError | ConnectionError) and error.errno not in _PASSING:
                    raise TransportError(f"this side can listen no longer: {error.strerror}", hint=_LISTEN) from error
                if deadline.expired:
                    raise TransportTimeoutError("nobody connected in time") from None
                if error.errno in _SHORT:
                    # The connection still waits, so a look at the socket would not wait for anything.
                    time.sleep(min(SHORTAGE_PAUSE, deadline.pause))
                else:
                    self._selector.select(deadline.pause)
                continue
            return Incoming(format_address(*address[:2]), connection)

    def close(self) -> None:
        """Stop listening; connections that wait are turned away. A second call does nothing."""
        self._selector.close()
        self._socket.close()

    def __enter__(self) -> TcpListener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _listening(resolved: Resolved) -> socket.socket:
    family, address = resolved
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A new session right after the last one must not wait until the system forgets the old connections.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening
