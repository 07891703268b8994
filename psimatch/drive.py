"""A session and a transport put together: what one puts out goes to the other, until the session is over."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from psimatch.audit import AuditWriter, audit_paths
from psimatch.errors import (
    AbortCode,
    AgreementWithdrawnError,
    BudgetError,
    LedgerError,
    LocalProtocolError,
    NotPsimatchError,
    PeerAbortedError,
    PeerGoneError,
    PsimatchError,
    RefusedError,
    RemoteProtocolError,
    TransportError,
    TransportTimeoutError,
)
from psimatch.interrupts import HeldInterrupt
from psimatch.ledger import Ledger
from psimatch.messages import Standing
from psimatch.outputs import (
    AdmissionNeeded,
    AuditBegun,
    AuditRecord,
    ChargeNeeded,
    Finished,
    Grant,
    Output,
    Progress,
    ReceiptSigned,
    Send,
    SessionResult,
)
from psimatch.parameters import Role
from psimatch.session import Session
from psimatch.transports import Deadline, TcpListener, TcpTransport, Timeouts, Transport, connect_tcp, format_address

# Seconds for the Abort to leave when this side gives up: a person who pressed Ctrl-C waits for it.
ABORT_WITHIN: Final = 2.0
# Seconds between two tries to connect: soon at first, since the other side may be starting; then once a second.
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 1.0


@dataclass(frozen=True, slots=True)
class ConnectionRefused:
    """A connection that came to nothing and did not end the waiting: where the other end is, and why."""

    address: str
    error: PsimatchError


OnProgress = Callable[[Progress], None]
OnEvent = Callable[[ConnectionRefused], None]


def run_session(
    session: Session,
    transport: Transport,
    ledger: Ledger,
    *,
    audit_folder: Path | None = None,
    on_progress: OnProgress | None = None,
) -> SessionResult:
    """Run a new session to its end. The transport stays open and is the caller's to close.

    What the session asks for is granted by the ledger, and durable there before the session goes on. If this side
    fails, is interrupted, or its ledger refuses, the peer is sent an Abort.

    Args:
        session: not yet started.
        transport: connected to the peer.
        ledger: that of this side's identity.
        audit_folder: where the audit file goes, and its key file, if the agreement names an auditor.
        on_progress: called now and then, for a person who waits.

    Raises:
        PeerAbortedError: the peer ended the session; preferred over a failed connection where both happened.
        RemoteProtocolError: the peer did what the protocol does not allow.
        TransportError: the connection failed, or the peer did not answer in time.
        RefusedError: this side's ledger does not allow the session; a subclass says why.
        LedgerError: the ledger can't be used.
        OutputError: the audit file can't be written.
    """
    return _Run(session, transport, ledger, audit_folder, on_progress).to_end()


def run_connecting(
    make_session: Callable[[], Session],
    address: tuple[str, int],
    ledger: Ledger,
    *,
    wait: float,
    timeouts: Timeouts | None = None,
    audit_folder: Path | None = None,
    on_progress: OnProgress | None = None,
    on_event: OnEvent | None = None,
) -> SessionResult:
    """Connect to a listener and run one session.

    As long as no listener of psimatch has answered with its preface (its name not known yet, refused, unreachable,
    closed, silent since it is busy with another connection), this side tries again until `wait` seconds are over. From
    the preface on there is one session, and its failure is final: the peer may have charged for it.

    Args:
        make_session: makes the one session.
        address: host and port of the listener.
        ledger: that of this side's identity.
        wait: seconds after which no new try begins; 0 for one try.
        timeouts: in seconds; None for the defaults.
        audit_folder: as in `run_session`.
        on_progress: as in `run_session`.
        on_event: told of each try that failed and is followed by another.

    Raises:
        InputError: the host name can't be one.
        TransportTimeoutError: no listener answered within `wait` seconds.
        NotPsimatchError: something else than psimatch listens there.
        PsimatchError: as `run_session`.
    """
    session = make_session()
    with _connect(session, address, wait, timeouts or Timeouts(), on_event) as transport:
        return _Run(session, transport, ledger, audit_folder, on_progress).to_end()


def _connect(
    session: Session, address: tuple[str, int], wait: float, timeouts: Timeouts, on_event: OnEvent | None
) -> TcpTransport:
    deadline, pause = Deadline.after(wait), FIRST_PAUSE
    while True:
        try:
            # §10.1: the Hello of a client tells the agreement; a server has to say it first.
            selector = session.selector.sealed() if session.role is Role.SERVER else b""
            return connect_tcp(address, session.role, session.max_envelope_bytes, timeouts, selector=selector)
        except NotPsimatchError:
            raise
        except TransportError as error:
            if wait <= 0:
                raise
            if deadline.expired:
                message = f"no connection to {format_address(*address)} within {wait:g} seconds: {error}"
                raise TransportTimeoutError(message, hint=error.hint) from error
            if on_event is not None:
                on_event(ConnectionRefused(format_address(*address), error))
        time.sleep(min(pause, deadline.pause))
        pause = min(2 * pause, LONGEST_PAUSE)


def run_listening(
    make_session: Callable[[], Session],
    listener: TcpListener,
    ledger: Ledger,
    *,
    wait: float,
    timeouts: Timeouts | None = None,
    audit_folder: Path | None = None,
    on_progress: OnProgress | None = None,
    on_event: OnEvent | None = None,
) -> SessionResult:
    """Accept connections until one is the peer's, and run its session. The listener is the caller's to close.

    Nothing that a stranger can send ends the listening. Whatever fails before the peer has answered a message of this
    very session (a scanner, the wrong role, a recorded Hello, a refusal of it by this side's ledger) is reported to
    `on_event`, and the next connection gets a fresh session. After that any failure is final. So is the peer's word
    that it has withdrawn the agreement, which stays true whoever delivers it.

    A session is made once the preface has passed, and a listening client has seen the selector of a server that
    connects (psimatch-1 §10.1). Let `make_session` hand in one `Submission` that was made before: then a stranger
    costs the same whatever the length of the list. One connection is served at a time: the others wait in
    the system's queue. So the first message has only the handshake timeout; later ones have the idle timeout, since
    the peer computes before them.

    Args:
        make_session: makes a session for each connection that may be the peer's, and one before that, which is never
            started: it shows at once what is wrong on this side, and which role and agreement are served.
        listener: where to accept.
        ledger: that of this side's identity.
        wait: seconds after which no new connection is accepted; one that came before runs on.
        timeouts: in seconds; None for the defaults.
        audit_folder: as in `run_session`.
        on_progress: as in `run_session`.
        on_event: told of each connection that came to nothing.

    Raises:
        TransportTimeoutError: the peer did not come within `wait` seconds.
        BudgetError, AgreementWithdrawnError: nobody was confirmed as the peer within `wait` seconds, and this side's
            ledger refused a session to one who came.
        PsimatchError: as `run_session`.
    """
    timeouts = timeouts or Timeouts()
    deadline = Deadline.after(wait)
    # What is wrong on this side shows now, not when somebody comes.
    served = make_session()
    ledger.check_set_size(served.agreement, served.set_size)
    # Only to say what is served: its keys need not lie about.
    served.cancel()
    refused: ConnectionRefused | None = None
    not_allowed: RefusedError | None = None
    while True:
        try:
            incoming = listener.accept(deadline)
        except TransportTimeoutError:
            raise (not_allowed or _nobody_came(listener, wait, refused)) from None
        session: Session | None = None
        try:
            with incoming.greet(served.role, served.max_envelope_bytes, timeouts) as transport:
                if served.role is Role.CLIENT:
                    served.selector.check(transport.peer_selector)
                # Made anew, since the agreement may have expired while nobody came.
                session = make_session()
                return _Run(session, transport, ledger, audit_folder, on_progress).to_end(timeouts.handshake)
        except (RefusedError, TransportError, RemoteProtocolError) as error:
            if session is not None and _is_final(session, error):
                raise
            refused = ConnectionRefused(incoming.address, error)
            if isinstance(error, BudgetError | AgreementWithdrawnError):
                not_allowed = error
        if on_event is not None:
            on_event(refused)


def _is_final(session: Session, error: PsimatchError) -> bool:
    """Return whether the failure of a session ends the listening, since no stranger can have caused it.

    Anybody who has recorded a Hello can send it again, and have this side's ledger refuse it: it was admitted before,
    tells an old standing, or asks for more than is left. Only what follows is bound to this session by its nonces.
    """
    withdrawn = isinstance(error, PeerAbortedError) and error.reason is AbortCode.WITHDRAWN
    return session.peer_confirmed or withdrawn


def _nobody_came(listener: TcpListener, wait: float, refused: ConnectionRefused | None) -> TransportTimeoutError:
    message = f"the peer did not come to {format_address(*listener.address)} within {wait:g} seconds"
    if refused is None:
        return TransportTimeoutError(
            message, hint="ask the other party whether its side runs, and which address it uses"
        )
    return TransportTimeoutError(message, hint=f"the last connection, from {refused.address}, failed: {refused.error}")


class _Run:
    """One session over one transport."""

    def __init__(
        self,
        session: Session,
        transport: Transport,
        ledger: Ledger,
        audit_folder: Path | None,
        on_progress: OnProgress | None,
    ) -> None:
        if session.terms.auditor and audit_folder is None:
            raise LocalProtocolError("the agreement names an auditor, so the session needs a folder for its audit file")
        ledger.check_set_size(session.agreement, session.set_size)
        self._audit_folder = audit_folder
        self._audit: AuditWriter | None = None
        self._session = session
        self._transport = transport
        self._ledger = ledger
        # Whether the ledger has an entry of this session, and under which id.
        self._opened = False
        self._session_id = b""
        self._on_progress = on_progress
        # Set once the peer takes no more: then only what it sent before counts.
        self._gone: PeerGoneError | None = None
        # What the session counts as sent, and the transport has not been given yet.
        self._unsent: bytes | None = None

    def to_end(self, first_within: float | None = None) -> SessionResult:
        """Run it; the first envelope must come within so many seconds, or else the transport's own limit."""
        try:
            result = self._deliver(self._session.start(self._opening()))
            while result is None:
                envelope = self._receive(first_within)
                first_within = None
                result = self._deliver(self._session.receive(envelope))
        except BaseException as error:
            self._cancel(error.code if isinstance(error, RefusedError) else AbortCode.CANCELLED)
            self._record(error)
            raise
        finally:
            if self._audit is not None:
                self._audit.close()
        return result

    def _opening(self) -> Standing | None:
        """Return what a client tells the server of its ledger."""
        if self._session.role is Role.SERVER:
            return None
        session = self._session
        standing = self._ledger.open_session(session.agreement, session.peer, session.set_size)
        self._opened = True
        return standing

    def _granted(self, needed: AdmissionNeeded | ChargeNeeded) -> Grant:
        session = self._session
        grant = self._ledger.grant(session.agreement, session.peer, needed, session.role)
        self._opened, self._session_id = True, needed.session_id
        return grant

    def _record(self, error: BaseException) -> None:
        """Tell the ledger how the session ended, if it knows of it; the error itself matters more."""
        with contextlib.suppress(LedgerError):
            if isinstance(error, PeerAbortedError) and error.reason is AbortCode.WITHDRAWN:
                self._ledger.withdraw(self._session.agreement, by_peer=True)
            # Where the ledger allows no session at all it has opened none, and tells that it was asked.
            if self._opened or isinstance(error, BudgetError | AgreementWithdrawnError):
                reason = type(error).__name__.removesuffix("Error")
                self._ledger.record_abort(self._session.agreement, self._session.peer, self._session_id, reason)

    def _receive(self, within: float | None) -> bytes:
        if self._gone is None:
            return self._transport.receive(within=within)
        try:
            return self._transport.receive(within=ABORT_WITHIN)
        except TransportError:
            raise self._gone from None

    def _deliver(self, outputs: Iterator[Output]) -> SessionResult | None:
        """Carry out the outputs of one call, and of the grants that they ask for; return the result if it is there.

        When the peer is gone the iteration still runs to its end: the session may be about to say what the peer did
        wrong, and only then can it take the Abort that may lie unread.
        """
        result: SessionResult | None = None
        needed: AdmissionNeeded | ChargeNeeded | None = None
        for output in self._whole(outputs):
            match output:
                case AdmissionNeeded() | ChargeNeeded():
                    needed = output
                case ReceiptSigned():
                    self._ledger.record_receipt(self._session.agreement, self._session.peer, output)
                case AuditBegun():
                    self._audit = self._begin_audit(output)
                case AuditRecord():
                    if self._audit is not None:
                        self._audit.append(output)
                case Progress():
                    if self._on_progress is not None:
                        self._on_progress(output)
                case Finished():
                    result = output.result
        if self._gone is not None and (result is not None or needed is not None):
            raise self._gone
        return result if needed is None else self._deliver(self._session.grant(self._granted(needed)))

    def _begin_audit(self, begun: AuditBegun) -> AuditWriter:
        session, folder = self._session, self._audit_folder or Path()
        for path in audit_paths(folder, session.role, begun.session_id):
            # Before the file, so that it can't outlive its term unseen.
            self._ledger.keep_until(path, begun.session_id, session.terms)
        return AuditWriter(folder, session.role, begun)

    def _whole(self, outputs: Iterator[Output]) -> Iterator[Output]:
        """Yield the outputs; Ctrl-C waits while the session makes one, so that what it counts as sent gets sent."""
        while True:
            with HeldInterrupt():
                output = next(outputs, None)
                self._unsent = output.envelope if isinstance(output, Send) else None
            if output is None:
                return
            self._send()
            yield output

    def _send(self, within: float | None = None) -> None:
        """Hand over what is unsent; a transport that is interrupted in it sends the rest before anything else."""
        envelope, self._unsent = self._unsent, None
        if envelope is None or self._gone is not None:
            return
        try:
            self._transport.send(envelope, within=within)
        except PeerGoneError as error:
            self._gone = error

    def _cancel(self, reason: AbortCode) -> None:
        """Tell the peer that this side gives up, if it can still be told."""
        if self._session.ended:
            return
        with contextlib.suppress(PsimatchError):
            self._send(ABORT_WITHIN)
            for abort in self._session.cancel(reason):
                self._unsent = abort.envelope
                self._send(ABORT_WITHIN)
