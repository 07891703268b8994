"""Sessions over real sockets on the loopback: whoever listens, strays, and peers that come late or go. No sleeps."""

import contextlib
import socket
import threading

import pytest
from sessions import make_agreement, make_client, make_server, run_connecting, run_listening, run_session
from tcp_ends import (
    BRIEF,
    CLIENT_PREFACE,
    HTTP_REQUEST,
    ONE_THREAD,
    PATIENT,
    accept,
    found,
    in_background,
    items,
    new_client,
    new_server,
    raw,
    reset,
)

from psimatch.drive import ConnectionRefused
from psimatch.errors import (
    AgreementMismatchError,
    EnvelopeTruncatedError,
    FrameTooLongError,
    NotPsimatchError,
    PeerAbortedError,
    PeerGoneError,
    RoleError,
    TransportError,
    TransportTimeoutError,
)
from psimatch.identifiers import text
from psimatch.parameters import Role
from psimatch.transports import Deadline, TcpListener, Timeouts, connect_tcp
from psimatch.transports.frames import frame


@pytest.mark.parametrize("listening_role", Role)
def test_a_session_over_tcp_whoever_listens(listener, listening_role):
    make = {Role.CLIENT: new_client, Role.SERVER: new_server}
    listening = in_background(run_listening, make[listening_role], listener, wait=20, timeouts=PATIENT)
    result = run_connecting(make[listening_role.peer], listener.address, wait=20, timeouts=PATIENT)
    other = listening.result(20)
    assert found(result) == found(other) == {"c", "d"}
    assert result.receipt == other.receipt
    assert {result.role, other.role} == set(Role)


def test_a_session_of_many_chunks_over_tcp(ipv4):
    agreement = make_agreement(max_items=3_000, contact_size=0)
    one = {text(f"x{number}"): "" for number in range(3_000)}
    other = {text(f"x{number}"): "" for number in range(2_000, 5_000)}
    listening = in_background(run_listening, lambda: make_server(agreement, other), ipv4, wait=20, timeouts=PATIENT)
    result = run_connecting(lambda: make_client(agreement, one), ipv4.address, wait=20, timeouts=PATIENT)
    assert len(result.matches) == len(listening.result(60).matches) == 1_000


def test_strays_do_not_end_the_listening_and_each_is_reported(ipv4):
    events = []
    timeouts = Timeouts(handshake=1, goodbye=0.05)
    listening = in_background(run_listening, new_server, ipv4, wait=30, timeouts=timeouts, on_event=events.append)
    strays = [
        ([HTTP_REQUEST], NotPsimatchError),
        ([b"psimatch/1 server\n"], RoleError),
        ([CLIENT_PREFACE, b"\xff\xff\xff\xff"], FrameTooLongError),
        ([CLIENT_PREFACE, frame(b"garbage")], EnvelopeTruncatedError),
        ([CLIENT_PREFACE], PeerGoneError),
    ]
    for said, _ in strays:
        with raw(ipv4, *said) as connection:
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1_000):
                pass
    result = run_connecting(new_client, ipv4.address, wait=20, timeouts=PATIENT)
    assert found(result) == found(listening.result(20)) == {"c", "d"}
    assert [type(event.error) for event in events] == [error for _, error in strays]
    assert all(isinstance(event, ConnectionRefused) and event.address.startswith("127.0.0.1:") for event in events)


def test_a_silent_stray_holds_the_listener_for_the_handshake_timeout_only(ipv4):
    events = []
    timeouts = Timeouts(handshake=0.1, goodbye=0.05)
    with raw(ipv4), raw(ipv4, CLIENT_PREFACE):
        listening = in_background(run_listening, new_server, ipv4, wait=30, timeouts=timeouts, on_event=events.append)
        assert found(run_connecting(new_client, ipv4.address, wait=20, timeouts=PATIENT)) == {"c", "d"}
        listening.result(20)
    assert [type(event.error) for event in events] == [TransportTimeoutError] * 2


def test_every_connection_gets_a_fresh_session(ipv4):
    made = []
    timeouts = Timeouts(handshake=1, goodbye=0.05)

    def make():
        made.append(new_server())
        return made[-1]

    listening = in_background(run_listening, make, ipv4, wait=30, timeouts=timeouts)
    for said in (HTTP_REQUEST, HTTP_REQUEST, CLIENT_PREFACE + frame(b"garbage")):
        with raw(ipv4, said) as connection, contextlib.suppress(ConnectionError):
            while connection.recv(1_000):
                pass
    run_connecting(new_client, ipv4.address, wait=20, timeouts=PATIENT)
    listening.result(20)
    # One whose preface had passed and one for the peer; one at the start, to show at once what is wrong on this side,
    # and one to find whose ledger it takes. None for what did not get through the preface.
    assert len(made) == 4


def test_waiting_ends_and_names_the_last_refusal(ipv4):
    with pytest.raises(TransportTimeoutError, match=r"did not come to 127\.0\.0\.1:\d+ within 0 seconds"):
        run_listening(new_server, ipv4, wait=0, timeouts=BRIEF)
    with raw(ipv4, HTTP_REQUEST), pytest.raises(TransportTimeoutError) as caught:
        run_listening(new_server, ipv4, wait=0.05, timeouts=BRIEF)
    assert "does not speak psimatch" in caught.value.hint


def test_another_agreement_is_refused_on_both_sides_and_does_not_end_the_listening(ipv4):
    other_agreement = make_agreement(title="Another pilot")
    events = []
    listening = in_background(run_listening, new_server, ipv4, wait=1, timeouts=PATIENT, on_event=events.append)
    with pytest.raises(AgreementMismatchError):
        run_connecting(lambda: make_client(other_agreement, items("abcd")), ipv4.address, wait=20, timeouts=PATIENT)
    assert isinstance(listening.exception(20), TransportTimeoutError)
    assert [type(event.error) for event in events] == [AgreementMismatchError]


def test_the_abort_of_a_ctrl_c_reaches_the_peer_and_ends_its_listening(ipv4):
    def interrupt(progress):
        if progress.phase == "matching":
            raise KeyboardInterrupt

    listening = in_background(run_listening, new_server, ipv4, wait=20, timeouts=PATIENT)
    with pytest.raises(KeyboardInterrupt):
        run_connecting(new_client, ipv4.address, wait=20, timeouts=PATIENT, on_progress=interrupt)
    assert isinstance(listening.exception(20), PeerAbortedError)


def test_a_peer_that_vanishes_after_it_was_confirmed_ends_the_listening(ipv4):
    listening = in_background(run_listening, new_server, ipv4, wait=20, timeouts=PATIENT)
    session = new_client()

    class Vanish(BaseException):
        pass

    def vanish(progress):
        if progress.phase == "matching":
            reset(transport._socket)
            raise Vanish

    with pytest.raises(Vanish), connect_tcp(ipv4.address, session.role, session.max_envelope_bytes) as transport:
        run_session(session, transport, on_progress=vanish)
    assert isinstance(listening.exception(20), PeerGoneError)


def test_connecting_waits_for_a_listener_that_starts_later():
    with TcpListener("127.0.0.1", 0) as reserved:
        address = reserved.address
    refused = threading.Event()
    events = []

    def on_event(event):
        events.append(event)
        refused.set()

    connecting = in_background(run_connecting, new_client, address, wait=20, timeouts=PATIENT, on_event=on_event)
    assert refused.wait(20)
    with TcpListener(*address) as listener:
        served = run_listening(new_server, listener, wait=20, timeouts=PATIENT)
    assert found(served) == found(connecting.result(20)) == {"c", "d"}
    assert "nobody listens" in str(events[0].error)


def test_connecting_gives_up_after_its_wait():
    with TcpListener("127.0.0.1", 0) as reserved:
        address = reserved.address
    with pytest.raises(TransportError, match="nobody listens"):
        run_connecting(new_client, address, wait=0)
    with pytest.raises(TransportTimeoutError, match=r"within 0\.05 seconds: nobody listens"):
        run_connecting(new_client, address, wait=0.05)


def test_connecting_tries_again_while_the_listener_is_silent_or_closes(ipv4):
    events = []
    short = Timeouts(connect=5, handshake=0.1, goodbye=0.05)
    connecting = in_background(
        run_connecting, new_client, ipv4.address, wait=20, timeouts=short, on_event=events.append
    )
    ipv4.accept(Deadline.after(20)).close()
    silent = ipv4.accept(Deadline.after(20))
    transport = accept(ipv4, PATIENT, limit=new_server().max_envelope_bytes)
    with transport:
        result = run_session(new_server(), transport)
    silent.close()
    assert found(connecting.result(20)) == found(result) == {"c", "d"}
    assert [type(event.error) for event in events] == [PeerGoneError, TransportTimeoutError]


def test_connecting_does_not_try_again_where_something_else_listens(ipv4):
    connecting = in_background(run_connecting, new_client, ipv4.address, wait=20, timeouts=ONE_THREAD)
    incoming = ipv4.accept(Deadline.after(20))
    with contextlib.closing(incoming):
        incoming._connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        assert isinstance(connecting.exception(20), NotPsimatchError)
