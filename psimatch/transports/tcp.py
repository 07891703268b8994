"""Envelopes over one TCP connection (psimatch-1 §10)."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
from types import TracebackType
from typing import Final

from psimatch.errors import LocalProtocolError, PeerGoneError, TransportError, TransportTimeoutError
from psimatch.interrupts import HeldInterrupt
from psimatch.parameters import Role
from psimatch.selector import SELECTOR_BYTES
from psimatch.transports.address import Resolved, format_address, resolve
from psimatch.transports.frames import FrameBuffer, frame
from psimatch.transports.preface import PREFACE_BYTES, check_preface, preface
from psimatch.transports.timeouts import Deadline, Timeouts

# While this side waits to send, it takes in so much of what the peer sends: all the tags of a million identifiers.
# Two sides that both send at once get through as long as one of them sends less than this.
INBOUND_BYTES: Final = 32 * 1024 * 1024
# One system call takes a whole chunk of elements, and no more memory than that.
READ_BYTES: Final = 128 * 1024

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_GONE_HINT = "ask the other party what its side shows; a firewall or a broken line looks the same"
_SILENT_HINT = "ask the other party whether its side still runs, or give it more time"


class TcpTransport:
    """One connection whose prefaces have been exchanged; a `Transport`."""

    def __init__(
        self,
        connection: socket.socket,
        peer_address: str,
        role: Role,
        max_envelope_bytes: int,
        timeouts: Timeouts,
        *,
        selector: bytes = b"",
        selector_bytes: int = 0,
    ) -> None:
        """Take over a connected socket and exchange prefaces; the socket is closed if that fails.

        Args:
            connection: owned by this transport from here on.
            peer_address: for messages to people.
            role: the protocol role of this side, whoever connected.
            max_envelope_bytes: the longest envelope that the agreement allows, either way.
            timeouts: in seconds.
            selector: sent right after the preface.
            selector_bytes: how many bytes of the peer's follow its preface as its selector, 0 where it sends none.

        Raises:
            TransportError: the system refuses the connection what it needs.
            TransportTimeoutError: no whole preface, or no whole selector, came in time.
            PeerGoneError: the peer closed the connection.
            NotPsimatchError: something else came.
            VersionError: the peer speaks another version.
            RoleError: the peer has this side's role.
        """
        self.peer_address = peer_address
        self.bytes_sent = 0
        self.bytes_received = 0
        self._socket = connection
        self._timeouts = timeouts
        self._total = Deadline.after(timeouts.total)
        self._max_envelope_bytes = max_envelope_bytes
        self._inbound = FrameBuffer(max_envelope_bytes)
        self._inbound_limit = max(INBOUND_BYTES, 2 * max_envelope_bytes)
        # Kept between calls: after a Ctrl-C in the middle of a frame, its rest goes out before the Abort.
        self._outbound = bytearray()
        self._peer_done = False
        self._closed = False
        self._selector = selectors.DefaultSelector()
        try:
            self._prepare()
            # What the peer sent behind its preface; a listening client opens it (psimatch-1 §10.1).
            self.peer_selector = self._exchange_prefaces(role, selector, selector_bytes)
        except OSError as error:
            self.close()
            raise TransportError("the connection was lost before it could be used", hint=_GONE_HINT) from error
        except BaseException:
            self.close()
            raise

    def send(self, envelope: bytes, *, within: float | None = None) -> None:
        """Send one envelope; what the peer sends meanwhile is taken in, so two senders do not wait for each other.

        Args:
            envelope: at most `max_envelope_bytes` long.
            within: seconds, or else the idle timeout; the total timeout holds in any case.

        Raises:
            TransportTimeoutError: the peer did not take all of it in time.
            PeerGoneError: the peer closed the connection. What it sent before can still be received.
            LocalProtocolError: this end is closed, or the envelope is too long.
        """
        if len(envelope) > self._max_envelope_bytes:
            raise LocalProtocolError("an envelope is longer than the agreement allows")
        self._outbound += frame(envelope)
        self._flush(self._limit(within))

    def receive(self, *, within: float | None = None) -> bytes:
        """Wait for the next envelope; all of it must come in time, so a slow drip of bytes wins nothing.

        Args:
            within: seconds, or else the idle timeout; the total timeout holds in any case.

        Raises:
            TransportTimeoutError: no whole envelope came in time.
            PeerGoneError: the peer closed the connection, and all whole envelopes have been received.
            FrameTooLongError: a longer envelope was announced than the agreement allows.
            LocalProtocolError: this end is closed.
        """
        deadline = self._limit(within)
        # A peer whose messages always come in time is not to be waited for either, once the total is over.
        if self._total.expired:
            raise self._late("")
        while (envelope := self._inbound.next_frame()) is None:
            if self._peer_done:
                middle = " in the middle of a message" if len(self._inbound) else ""
                raise PeerGoneError(f"the peer closed the connection{middle}", hint=_GONE_HINT)
            if not self._pull():
                self._wait(_READ, deadline, "the peer sent no whole message in time")
            elif deadline.expired:
                raise self._late("the peer sent no whole message in time")
        return envelope

    def close(self) -> None:
        """Close the connection so that what was sent last still arrives. A second call does nothing.

        A socket that is closed while bytes of the peer lie unread resets the connection, and the reset can overtake our
        last message. So this side first says that it is done, then reads on until the peer is done too, for the
        goodbye timeout at most.
        """
        if self._closed:
            return
        self._closed = True
        try:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
                self._drain(Deadline.after(self._timeouts.goodbye))
        finally:
            self._selector.close()
            self._socket.close()

    def __enter__(self) -> TcpTransport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        # First, since closing needs both: the options may be refused where the peer has reset the connection already.
        self._socket.setblocking(False)
        self._selector.register(self._socket, _READ)
        # Each message waits for the one before, so a small one must not wait for company (Nagle).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A peer whose machine went down without a word is noticed while it is our turn to wait.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def _exchange_prefaces(self, role: Role, selector: bytes, selector_bytes: int) -> bytes:
        """Send preface and selector, and return the peer's selector."""
        # §10.1
        deadline = min(self._total, Deadline.after(self._timeouts.handshake))
        self._outbound += preface(role) + selector
        self._flush(deadline, reading=False)
        received = b""
        while len(received) < PREFACE_BYTES + selector_bytes:
            # Never a byte more: what follows belongs to the frames.
            data = self._read(PREFACE_BYTES + selector_bytes - len(received))
            if data == b"":
                raise PeerGoneError("the peer closed the connection before it said who it is", hint=_GONE_HINT)
            if data is None:
                self._wait(_READ, deadline, "the peer did not say in time who it is")
                continue
            received += data
            check_preface(received[:PREFACE_BYTES], role)
        return received[PREFACE_BYTES:]

    def _limit(self, within: float | None) -> Deadline:
        if self._closed:
            raise LocalProtocolError("this end of the transport is closed")
        return min(self._total, Deadline.after(self._timeouts.idle if within is None else within))

    def _flush(self, deadline: Deadline, *, reading: bool = True) -> None:
        while self._outbound:
            try:
                # The socket does not block. An interrupt between the two would send the same bytes twice.
                with HeldInterrupt():
                    sent = self._socket.send(self._outbound)
                    del self._outbound[:sent]
                    self.bytes_sent += sent
            except BlockingIOError:
                self._wait_to_write(deadline, reading)
                continue
            except OSError as error:
                self._outbound.clear()
                raise PeerGoneError("the peer closed the connection", hint=_GONE_HINT) from error
            if self._outbound and deadline.expired:
                raise self._late("the peer did not take a message in time")

    def _wait_to_write(self, deadline: Deadline, reading: bool) -> None:
        room = reading and not self._peer_done and len(self._inbound) < self._inbound_limit
        ready = self._wait(_WRITE | _READ if room else _WRITE, deadline, "the peer did not take a message in time")
        if ready & _READ:
            self._pull()

    def _pull(self) -> bool:
        """Take in what is there; False if there is nothing yet."""
        data = self._read(READ_BYTES)
        if data is None:
            return False
        self._peer_done = data == b""
        self._inbound.append(data)
        return True

    def _read(self, size: int) -> bytes | None:
        """Read up to `size` bytes: None if there are none yet, empty if there will be none any more."""
        try:
            data = self._socket.recv(size)
        except BlockingIOError:
            return None
        except OSError:
            # A reset, or a line that the system gave up: for whoever waits it is the end, like an orderly close.
            return b""
        self.bytes_received += len(data)
        return data

    def _wait(self, events: int, deadline: Deadline, late: str) -> int:
        """Wait for one of the events and return those that are there, none if it is only time to look again."""
        if deadline.expired:
            raise self._late(late)
        self._selector.modify(self._socket, events)
        return sum(ready for _, ready in self._selector.select(deadline.pause))

    def _late(self, message: str) -> TransportTimeoutError:
        if self._total.expired:
            message = f"the session did not end within {self._timeouts.total:g} seconds"
        return TransportTimeoutError(message, hint=_SILENT_HINT)

    def _drain(self, deadline: Deadline) -> None:
        while not deadline.expired:
            data = self._read(READ_BYTES)
            if data == b"":
                return
            if data is None:
                self._selector.modify(self._socket, _READ)
                self._selector.select(deadline.pause)


def connect_tcp(
    address: tuple[str, int],
    role: Role,
    max_envelope_bytes: int,
    timeouts: Timeouts | None = None,
    *,
    selector: bytes = b"",
) -> TcpTransport:
    """Connect to a listener and exchange prefaces; each address of the host is tried in turn.

    Args:
        address: host and port, as `parse_address` returns them.
        role: the protocol role of this side, not who connects.
        max_envelope_bytes: the longest envelope that the agreement allows.
        timeouts: in seconds; None for the defaults.
        selector: of the agreement that a server means, which a server must send (`session.selector.sealed()`); a client
            sends none, since its Hello names the agreement.

    Raises:
        LocalProtocolError: a server without a selector, or a client with one.
        InputError: the host name can't be one.
        TransportError: the host name is not known now, nobody listens there, or the host can't be reached.
        TransportTimeoutError: the host or the peer did not answer in time.
        PeerGoneError: the peer closed the connection before it said who it is.
        NotPsimatchError: something else than psimatch listens there.
        VersionError: the peer speaks another version.
        RoleError: the peer has this side's role.
    """
    if len(selector) != (SELECTOR_BYTES if role is Role.SERVER else 0):
        raise LocalProtocolError("a server that connects sends a selector, and a client sends none")
    timeouts = timeouts or Timeouts()
    failure = TransportError(f"the host of {format_address(*address)} has no address")
    for resolved in resolve(*address, passive=False):
        try:
            connection = _connected(resolved, timeouts.connect)
        except OSError as error:
            failure = _connect_failure(format_address(*address), error)
            continue
        where = format_address(*address)
        return TcpTransport(connection, where, role, max_envelope_bytes, timeouts, selector=selector)
    raise failure


def _connected(resolved: Resolved, timeout: float) -> socket.socket:
    family, address = resolved
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_failure(address: str, error: OSError) -> TransportError:
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return TransportTimeoutError(f"{address} did not answer in time", hint="check the address and the firewalls")
    if isinstance(error, ConnectionRefusedError):
        return TransportError(f"nobody listens on {address}", hint="start the listening side first, and check the port")
    reason = error.strerror.lower() if error.strerror else "no reason given"
    return TransportError(f"{address} can't be reached: {reason}", hint="check the address and the network")
