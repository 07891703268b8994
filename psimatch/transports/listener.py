"""Where connections come in."""

from __future__ import annotations

import selectors
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from psimatch.errors import InputError, TransportTimeoutError
from psimatch.parameters import Role
from psimatch.transports.address import Resolved, format_address, resolve
from psimatch.transports.tcp import TcpTransport
from psimatch.transports.timeouts import Deadline, Timeouts

# Strays and the peer's own retries may queue up during one session; more than these are turned away by the system.
BACKLOG: Final = 16


@dataclass(frozen=True, slots=True)
class Incoming:
    """A connection that has come in and has not said anything yet."""

    address: str
    _connection: socket.socket

    def greet(self, role: Role, max_envelope_bytes: int, timeouts: Timeouts) -> TcpTransport:
        """Exchange prefaces; the connection is closed if that fails.

        Args:
            role: the protocol role of this side.
            max_envelope_bytes: the longest envelope that the agreement allows.
            timeouts: in seconds.

        Raises:
            TransportError: as `TcpTransport`.
            RemoteProtocolError: as `TcpTransport`.
        """
        return TcpTransport(self._connection, self.address, role, max_envelope_bytes, timeouts)

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

        Raises:
            TransportTimeoutError: none came before the deadline.
        """
        while True:
            try:
                connection, address = self._socket.accept()
            except (BlockingIOError, ConnectionError):
                # Nobody there, or gone again before we looked.
                if deadline.expired:
                    raise TransportTimeoutError("nobody connected in time") from None
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
