"""A listener ends for nothing that a stranger can send: recordings, garbage, resets, crowds; then the peer matches."""

import contextlib
import errno
import socket
import threading
from itertools import count
from queue import Queue

import pytest
from sessions import CARE, POLICE, STANDING, make_agreement, make_client, make_server, new_ledger
from tcp_ends import (
    AGREEMENT,
    CLIENT_PREFACE,
    HTTP_REQUEST,
    PATIENT,
    TLS_CLIENT_HELLO,
    found,
    in_background,
    items,
    new_client,
    new_server,
    raw,
    reset,
)

from psimatch import drive, errors
from psimatch.outputs import Send
from psimatch.parameters import Role
from psimatch.selector import SELECTOR_BYTES, seal_selector
from psimatch.transports import TcpListener, Timeouts
from psimatch.transports.frames import frame
from psimatch.transports.tcp import TcpTransport

# A silent stranger holds the listener for as long as this; nobody who is honest here needs a tenth of it.
TIMEOUTS = Timeouts(connect=20, handshake=1, idle=20, total=60, goodbye=0.05)
SERVER_PREFACE = b"psimatch/1 server\n"
SELECTOR = seal_selector(AGREEMENT.terms.id, CARE.public)
REPLAYS = 100


def kinds(ledger):
    return [entry.kind for entry in ledger.entries()]


def hello_of(session, ledger=None, declared=None):
    """What a client sends first, recorded before it arrives anywhere; its ledger is told another set size, if any."""
    size = session.set_size if declared is None else declared
    told = STANDING if ledger is None else ledger.open_session(session.agreement, session.peer, size)
    (hello,) = (output.envelope for output in session.start(told) if isinstance(output, Send))
    return hello


def listen(make, ledger, listener, events):
    options = {"wait": 60, "timeouts": TIMEOUTS, "on_event": events.put}
    return in_background(drive.run_listening, make, listener, ledger, **options)


def say(listener, *said):
    """Say it, and hear what the listener answers until it closes."""
    heard = b""
    with raw(listener, *said) as connection, contextlib.suppress(ConnectionError):
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65_536):
            heard += piece
    return heard


def refused(events):
    """Wait until the listener has told of the next connection that came to nothing, and return what it said of it."""
    return events.get(timeout=30).error


def match_with(make, listener, ledger, listening):
    """Let the true peer come: whatever happened before, both find what is in both lists."""
    result = drive.run_connecting(make, listener.address, ledger, wait=60, timeouts=PATIENT)
    assert found(result) == found(listening.result(60)) == {"c", "d"}


# Recordings.


def test_a_hello_refused_for_its_budget_a_hundred_times_ends_no_listener_and_fills_no_ledger(ipv4):
    """It asks for more than is left, so the ledger does not keep its digest and refuses it for the budget each time."""
    agreement = make_agreement(max_items=4_096, max_evaluations=4_096, contact_size=0)
    large = dict.fromkeys(items(map(str, range(3_500))), "")
    ledger, own, events = new_ledger(POLICE), new_ledger(CARE), Queue()
    # 1,024 are charged, so that 3,584 more are too many and 1,024 are not.
    small = dict.fromkeys(items("abcd"), "")
    listening = listen(lambda: make_server(agreement, small), ledger, ipv4, events)
    drive.run_connecting(lambda: make_client(agreement, small), ipv4.address, own, wait=60, timeouts=PATIENT)
    listening.result(60)
    hello = hello_of(make_client(agreement, large), own, declared=1_024)
    before = kinds(ledger)
    listening = listen(lambda: make_server(agreement, dict.fromkeys(items("cdef"), "")), ledger, ipv4, events)
    for _ in range(REPLAYS):
        # A preface and one Abort.
        assert 18 < len(say(ipv4, CLIENT_PREFACE, frame(hello))) < 1_600
        assert isinstance(refused(events), errors.BudgetError)
    assert kinds(ledger) == [*before, "aborted"]
    match_with(lambda: make_client(agreement, small), ipv4, own, listening)
    ledger.verify()


@pytest.mark.parametrize("sort", ["admitted before", "never arrived", "another agreement", "withdrawn"])
def test_a_recorded_hello_sent_a_hundred_times_ends_no_listener(ipv4, sort):
    ledger, own, events = new_ledger(POLICE), new_ledger(CARE), Queue()
    other = make_agreement(title="Another pilot")
    hello = hello_of(make_client(other if sort == "another agreement" else AGREEMENT, items("abcd")), own)
    if sort == "withdrawn":
        ledger.withdraw(AGREEMENT)
    listening = listen(new_server, ledger, ipv4, events)
    first, later = {
        "admitted before": (errors.PeerGoneError, errors.HelloReplayedError),
        "never arrived": (errors.PeerGoneError, errors.HelloReplayedError),
        "another agreement": (errors.AgreementMismatchError,) * 2,
        "withdrawn": (errors.AgreementWithdrawnError,) * 2,
    }[sort]
    for expected in (first, *[later] * (REPLAYS - 1)):
        heard = say(ipv4, CLIENT_PREFACE, frame(hello))
        assert type(refused(events)) is expected
        # The tags of the own list leave once at most: to whom a Hello was first delivered.
        assert expected is errors.PeerGoneError or len(heard) < 1_600
    assert len(kinds(ledger)) <= 6
    if sort != "withdrawn":
        match_with(new_client, ipv4, own, listening)
        return
    # The peer is told, and this side goes on until its time is over: it can't know that this was the peer.
    with pytest.raises(errors.PeerAbortedError) as caught:
        drive.run_connecting(new_client, ipv4.address, own, wait=60, timeouts=PATIENT)
    assert caught.value.reason is errors.AbortCode.WITHDRAWN
    assert not listening.done()


def test_what_the_own_ledger_refused_is_told_when_nobody_else_came_in_time(ipv4):
    ledger = new_ledger(POLICE)
    ledger.withdraw(AGREEMENT)
    with raw(ipv4, CLIENT_PREFACE, frame(hello_of(new_client()))) as connection:
        connection.shutdown(socket.SHUT_WR)
        with pytest.raises(errors.AgreementWithdrawnError, match="this side has withdrawn"):
            drive.run_listening(new_server, ipv4, ledger, wait=0.05, timeouts=TIMEOUTS)


def test_hellos_that_never_arrived_cost_a_hundred_sessions_a_day_and_the_peer_is_told(ipv4):
    """Who can keep Hellos back delivers them later: the peer is shut out until midnight, and both sides hear why."""
    ledger, own, events = new_ledger(POLICE), new_ledger(CARE), Queue()
    listening = listen(new_server, ledger, ipv4, events)
    kept_back = [hello_of(new_client(), own) for _ in range(REPLAYS + 1)]
    for hello in kept_back[:-1]:
        say(ipv4, CLIENT_PREFACE, frame(hello))
        assert isinstance(refused(events), errors.PeerGoneError)
    say(ipv4, CLIENT_PREFACE, frame(kept_back[-1]))
    assert "broke off today before their charge" in str(refused(events))
    with pytest.raises(errors.PeerAbortedError) as caught:
        drive.run_connecting(new_client, ipv4.address, own, wait=60, timeouts=PATIENT)
    assert caught.value.reason is errors.AbortCode.BUDGET
    assert kinds(ledger).count("admitted") == REPLAYS
    assert not kinds(ledger).count("charged")
    assert not listening.done()


@pytest.mark.parametrize("listening_role", Role)
def test_the_whole_first_flight_of_another_session_ends_no_listener(ipv4, listening_role):
    """All that the peer sent in an honest session, at once, in its order and without waiting for an answer."""
    make = {Role.CLIENT: new_client, Role.SERVER: new_server}
    own, peers = (CARE, POLICE) if listening_role is Role.CLIENT else (POLICE, CARE)
    ledger, other, events, sent = new_ledger(own), new_ledger(peers), Queue(), []

    def recording():
        session = make[listening_role.peer]()
        honest = session._send
        session._send = lambda message, fill_to=0: sent.append(made := honest(message, fill_to)) or made
        return session

    listening = listen(make[listening_role], ledger, ipv4, events)
    drive.run_connecting(recording, ipv4.address, other, wait=60, timeouts=PATIENT)
    listening.result(60)
    front = CLIENT_PREFACE if listening_role is Role.SERVER else SERVER_PREFACE + SELECTOR
    flight = front + b"".join(frame(output.envelope) for output in sent)
    listening = listen(make[listening_role], ledger, ipv4, events)
    for _ in range(10):
        say(ipv4, flight)
        assert isinstance(refused(events), errors.RefusedError | errors.RemoteProtocolError)
    match_with(make[listening_role.peer], ipv4, other, listening)


# Garbage.


def zoo(role):
    """What may come to a listener in this role: prefaces, selectors and frames, whole, half and wrong."""
    hello = hello_of(new_client())
    front = CLIENT_PREFACE if role is Role.SERVER else SERVER_PREFACE + SELECTOR
    own = b"psimatch/1 " + role.value.encode() + b"\n"
    yield from (b"", b"\0", b"\n", HTTP_REQUEST, TLS_CLIENT_HELLO, b"\xff" * 4_000, b"psimatch/2 client\n", own)
    yield from (front[:size] for size in (1, 17, 18, len(front) - 1, len(front)))
    if role is Role.CLIENT:
        yield from (SERVER_PREFACE + bytes(SELECTOR_BYTES), SERVER_PREFACE + SELECTOR[::-1])
        yield SERVER_PREFACE + seal_selector(bytes(32), CARE.public)
        yield SERVER_PREFACE + seal_selector(AGREEMENT.terms.id, POLICE.public)
    for length in (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x33", b"\0\x10\0\0"):
        yield front + length
        yield front + length + b"psimatch" + bytes(60)
    yield front + frame(hello[: len(hello) // 2])
    yield front + frame(hello)[:-1]
    yield front + frame(hello[:60] + bytes(len(hello) - 60))
    yield front + frame(hello[:10] + b"\1" + hello[11:])
    yield front + frame(b"GET / HTTP/1.1\r\n\r\n") * 3
    yield front + frame(b"psimatch\0\2" + hello[10:])


@pytest.mark.parametrize("listening_role", Role)
def test_after_all_sorts_of_garbage_the_peer_matches(ipv4, listening_role):
    make = {Role.CLIENT: new_client, Role.SERVER: new_server}
    own, peers = (CARE, POLICE) if listening_role is Role.CLIENT else (POLICE, CARE)
    events = Queue()
    listening = listen(make[listening_role], new_ledger(own), ipv4, events)
    for garbage in zoo(listening_role):
        say(ipv4, garbage)
        assert isinstance(refused(events), errors.TransportError | errors.RemoteProtocolError)
    match_with(make[listening_role.peer], ipv4, new_ledger(peers), listening)


@pytest.mark.parametrize("listening_role", Role)
def test_after_a_reset_at_each_place_the_peer_matches(ipv4, listening_role):
    make = {Role.CLIENT: new_client, Role.SERVER: new_server}
    own, peers = (CARE, POLICE) if listening_role is Role.CLIENT else (POLICE, CARE)
    stream = CLIENT_PREFACE if listening_role is Role.SERVER else SERVER_PREFACE + SELECTOR
    stream += frame(hello_of(new_client()))
    ends = [*range(24), *range(24, len(stream), 97), len(stream)]
    events = Queue()
    listening = listen(make[listening_role], new_ledger(own), ipv4, events)
    for end in ends:
        with socket.create_connection(ipv4.address, timeout=20) as connection:
            connection.sendall(stream[:end])
            reset(connection)
    match_with(make[listening_role.peer], ipv4, new_ledger(peers), listening)
    # One that is reset before it is accepted may be taken out of the queue by the system, unseen.
    assert events.qsize() <= len(ends)


def test_a_crowd_that_connects_at_once_and_says_little_does_not_keep_the_peer_out(ipv4):
    """More than the system's queue holds; each that is silent costs the handshake timeout, and the peer tries again."""
    events = []
    quick = Timeouts(connect=20, handshake=0.05, idle=20, total=60, goodbye=0.05)
    with contextlib.ExitStack() as crowd:
        for number in range(12):
            crowd.enter_context(raw(ipv4, CLIENT_PREFACE[: number % 18]))
        listening = in_background(
            drive.run_listening, new_server, ipv4, new_ledger(POLICE), wait=60, timeouts=quick, on_event=events.append
        )
        match_with(new_client, ipv4, new_ledger(CARE), listening)
    assert [type(event.error) for event in events] == [errors.TransportTimeoutError] * 12


# The system.


class Short:
    """A listening socket whose `accept` fails in some ways before it gives a connection."""

    def __init__(self, listening, failures):
        self._listening, self._failures = listening, failures

    def accept(self):
        if self._failures:
            raise self._failures.pop()
        return self._listening.accept()

    def __getattr__(self, name):
        return getattr(self._listening, name)


def test_what_the_system_lacks_for_a_moment_does_not_end_the_listening(monkeypatch):
    monkeypatch.setattr("psimatch.transports.listener.SHORTAGE_PAUSE", 0.001)
    with TcpListener("127.0.0.1", 0) as listener:
        names = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPROTO", "ECONNABORTED", "EHOSTUNREACH")
        failures = [OSError(getattr(errno, name), name) for name in names]
        listener._socket = Short(listener._socket, failures)
        listening = listen(new_server, new_ledger(POLICE), listener, Queue())
        match_with(new_client, listener, new_ledger(CARE), listening)
    assert not failures


def test_a_listener_whose_socket_is_gone_says_so(ipv4):
    ipv4._socket = Short(ipv4._socket, [OSError(errno.EBADF, "Bad file descriptor")])
    with pytest.raises(errors.TransportError, match="can listen no longer"):
        drive.run_listening(new_server, ipv4, new_ledger(POLICE), wait=20, timeouts=TIMEOUTS)


def test_a_connection_that_the_system_takes_away_at_once_is_a_stray(ipv4, monkeypatch):
    """Some systems refuse options on a socket that the peer has reset already."""
    honest, calls = TcpTransport._prepare, count()

    def prepare(transport):
        honest(transport)
        # Not for the peer, which runs in the test's own thread.
        if threading.current_thread() is not threading.main_thread() and next(calls) == 0:
            raise OSError(errno.EINVAL, "Invalid argument")

    events = Queue()
    with raw(ipv4, CLIENT_PREFACE):
        monkeypatch.setattr(TcpTransport, "_prepare", prepare)
        listening = listen(new_server, new_ledger(POLICE), ipv4, events)
        match_with(new_client, ipv4, new_ledger(CARE), listening)
    assert type(refused(events)) is errors.TransportError
