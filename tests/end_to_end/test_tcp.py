"""Real sockets on the loopback, IPv4 and IPv6: honest parties, strays and hostile peers. No sleeps, short timeouts."""

import contextlib
import os
import signal
import socket
import struct
import threading
from concurrent.futures import Future
from math import inf

import pytest
from sessions import make_agreement, make_client, make_server, run_connecting, run_listening, run_session

from psimatch.drive import ConnectionRefused
from psimatch.errors import (
    AgreementMismatchError,
    EnvelopeTruncatedError,
    FrameTooLongError,
    InputError,
    LocalProtocolError,
    NotPsimatchError,
    PeerAbortedError,
    PeerGoneError,
    RoleError,
    TransportError,
    TransportTimeoutError,
    VersionError,
)
from psimatch.identifiers import text
from psimatch.parameters import Role
from psimatch.transports import Deadline, TcpListener, Timeouts, connect_tcp
from psimatch.transports.frames import frame

MAX_ENVELOPE = 1_000
CLIENT_PREFACE = b"psimatch/1 client\n"
TLS_CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(192)
HTTP_REQUEST = b"GET /index.html HTTP/1.1\r\nHost: psi.example.org\r\n\r\n"
BRIEF = Timeouts(connect=5, handshake=0.05, idle=0.05, total=30, goodbye=0.05)
PATIENT = Timeouts(connect=20, handshake=20, idle=20, total=60, goodbye=5)
# Both ends in one thread: neither can wait for the other to say goodbye.
ONE_THREAD = Timeouts(connect=20, handshake=20, idle=20, total=60, goodbye=0.05)
AGREEMENT = make_agreement()


def items(words):
    return {text(word): f"ring {word}" for word in words}


def new_client():
    return make_client(AGREEMENT, items("abcd"))


def new_server():
    return make_server(AGREEMENT, items("cdef"))


def found(result):
    return {match.identifier.value.decode() for match in result.matches}


def in_background(call, *arguments, **options):
    future = Future()

    def run():
        try:
            future.set_result(call(*arguments, **options))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request):
    with contextlib.ExitStack() as stack:
        try:
            listening = stack.enter_context(TcpListener(request.param, 0))
        except InputError:
            pytest.skip(f"this machine has no {request.param}")
        yield listening


@pytest.fixture
def ipv4():
    with TcpListener("127.0.0.1", 0) as listening:
        yield listening


def accept(listener, timeouts=ONE_THREAD, role=Role.SERVER, limit=MAX_ENVELOPE):
    return listener.accept(Deadline.after(20)).greet(role, limit, timeouts)


def make_ends(listener, limit=MAX_ENVELOPE, timeouts=ONE_THREAD):
    """Connect a client's end and a server's end."""
    connecting = in_background(connect_tcp, listener.address, Role.CLIENT, limit, timeouts)
    server = accept(listener, timeouts, limit=limit)
    return connecting.result(20), server


@contextlib.contextmanager
def raw(listener, *said):
    """Connect a socket that says what no psimatch would."""
    with socket.create_connection(listener.address, timeout=20) as connection:
        for data in said:
            connection.sendall(data)
        yield connection


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# The transport.


def test_envelopes_travel_both_ways_and_every_byte_is_counted(listener):
    client, server = make_ends(listener)
    with client, server:
        for envelope in (b"a", b"", b"b" * MAX_ENVELOPE):
            client.send(envelope)
            assert server.receive() == envelope
            server.send(envelope)
            assert client.receive() == envelope
        expected = 18 + 3 * 4 + 1 + MAX_ENVELOPE
        counts = [client.bytes_sent, client.bytes_received, server.bytes_sent, server.bytes_received]
        assert counts == [expected] * 4


def test_both_sides_may_send_twenty_megabytes_at_once(ipv4):
    envelopes = [bytes([number]) * 1_000_000 for number in range(20)]
    client, server = make_ends(ipv4, limit=1_000_000)

    def exchange(transport):
        for envelope in envelopes:
            transport.send(envelope)
        return [transport.receive() for _ in envelopes]

    with client, server:
        other = in_background(exchange, server)
        assert exchange(client) == envelopes
        assert other.result(20) == envelopes


def test_one_frame_of_twenty_megabytes_each_way_at_once(ipv4):
    envelope = bytes(20_000_000)
    client, server = make_ends(ipv4, limit=len(envelope))

    def exchange(transport):
        transport.send(envelope)
        return transport.receive()

    with client, server:
        other = in_background(exchange, server)
        assert exchange(client) == envelope
        assert other.result(20) == envelope


def test_a_peer_that_never_reads_can_not_fill_memory_and_times_out(ipv4, monkeypatch):
    monkeypatch.setattr("psimatch.transports.tcp.INBOUND_BYTES", 100_000)
    client, server = make_ends(ipv4, limit=100_000, timeouts=BRIEF)

    def flood(transport):
        while True:
            transport.send(bytes(100_000), within=0.2)

    with client, server:
        other = in_background(flood, server)
        with pytest.raises(TransportTimeoutError):
            flood(client)
        assert isinstance(other.exception(20), TransportTimeoutError)
        assert len(client._inbound) <= 200_000 + 128 * 1024


def test_the_last_message_arrives_though_unread_bytes_lie_on_this_side(ipv4):
    client, server = make_ends(ipv4, limit=200_000, timeouts=PATIENT)
    # Most of the last message still waits in the server's buffers when it closes: a reset would throw it away.
    client._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
    server._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_000_000)
    client.send(b"unread")
    server.send(bytes(200_000))
    closing = in_background(server.close)
    assert client.receive() == bytes(200_000)
    with pytest.raises(PeerGoneError):
        client.receive()
    client.close()
    closing.result(20)


def test_closing_twice_is_fine_and_a_closed_end_refuses_work(ipv4):
    client, server = make_ends(ipv4, timeouts=BRIEF)
    client.close()
    client.close()
    for call in (lambda: client.send(b""), client.receive):
        with pytest.raises(LocalProtocolError):
            call()
    server.close()


def test_a_peer_that_holds_the_connection_open_is_not_waited_for(ipv4):
    with raw(ipv4, CLIENT_PREFACE):
        accept(ipv4, BRIEF).close()


def test_an_envelope_above_the_agreements_limit_is_not_sent(ipv4):
    client, server = make_ends(ipv4)
    with client, server, pytest.raises(LocalProtocolError):
        client.send(bytes(MAX_ENVELOPE + 1))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ([HTTP_REQUEST], NotPsimatchError),
        ([TLS_CLIENT_HELLO], NotPsimatchError),
        ([b"\n"], NotPsimatchError),
        ([b"psimatch/2 client\n"], VersionError),
        ([b"psimatch/11 client, and more\n"], VersionError),
        ([b"psimatch/1 server\n"], RoleError),
        ([b"psimatch/"], TransportTimeoutError),
        ([], TransportTimeoutError),
    ],
)
def test_a_wrong_or_half_preface_is_refused(listener, said, error):
    with raw(listener, *said), pytest.raises(error) as caught:
        accept(listener, BRIEF)
    assert caught.value.hint


@pytest.mark.parametrize("said", [b"", b"psimatch/1 cl"])
def test_a_peer_that_closes_in_its_preface_is_gone(ipv4, said):
    with raw(ipv4, said) as connection:
        connection.shutdown(socket.SHUT_WR)
        with pytest.raises(PeerGoneError):
            accept(ipv4)


def test_both_sides_learn_that_they_have_the_same_role(ipv4):
    connecting = in_background(connect_tcp, ipv4.address, Role.SERVER, MAX_ENVELOPE, PATIENT)
    with pytest.raises(RoleError):
        accept(ipv4, role=Role.SERVER)
    assert isinstance(connecting.exception(20), RoleError)


def test_four_announced_gigabytes_are_refused_unread(ipv4):
    with raw(ipv4, CLIENT_PREFACE, b"\xff\xff\xff\xff"), accept(ipv4) as server, pytest.raises(FrameTooLongError):
        server.receive()


def test_silence_after_the_preface_times_out(ipv4):
    with raw(ipv4, CLIENT_PREFACE), accept(ipv4, BRIEF) as server:
        with pytest.raises(TransportTimeoutError, match="no whole message"):
            server.receive()
        with pytest.raises(TransportTimeoutError, match="no whole message"):
            server.receive(within=0.01)


def test_a_slow_drip_of_bytes_does_not_put_off_the_timeout(ipv4):
    stop = threading.Event()
    with raw(ipv4, CLIENT_PREFACE, frame(bytes(MAX_ENVELOPE))[:-900]) as connection:

        def drip():
            # The peer's clock, not ours to wait on: a byte every 10 ms, well within any idle timeout.
            while not stop.wait(0.01):
                connection.sendall(b"x")

        dripping = in_background(drip)
        with accept(ipv4, BRIEF) as server, pytest.raises(TransportTimeoutError):
            server.receive()
        stop.set()
        with contextlib.suppress(OSError):
            dripping.result(20)


def receive_for_ever(transport):
    while True:
        transport.receive()


def send_for_ever(transport):
    while True:
        transport.send(b"until it shows")


def test_the_total_timeout_holds_though_every_message_comes_in_time(ipv4):
    timeouts = Timeouts(handshake=5, idle=5, total=0.1, goodbye=0.05)
    with raw(ipv4, CLIENT_PREFACE) as connection:

        def chatter():
            while True:
                connection.sendall(frame(b"chatter"))

        with accept(ipv4, timeouts) as server:
            chattering = in_background(chatter)
            with pytest.raises(TransportTimeoutError, match=r"within 0\.1 seconds"):
                receive_for_ever(server)
        assert isinstance(chattering.exception(20), OSError)


@pytest.mark.parametrize("end", [socket.socket.close, reset])
def test_a_peer_that_goes_in_the_middle_of_a_frame_is_gone(ipv4, end):
    with raw(ipv4, CLIENT_PREFACE, frame(b"whole") + frame(b"half of it")[:-5]) as connection, accept(ipv4) as server:
        assert server.receive() == b"whole"
        end(connection)
        with pytest.raises(PeerGoneError, match="in the middle of a message"):
            server.receive()


def test_what_came_before_a_reset_can_be_read_after_the_failed_send(ipv4):
    with raw(ipv4, CLIENT_PREFACE, frame(b"last words")) as connection, accept(ipv4) as server:
        server.send(b"unread by the peer, so its close is a reset")
        connection.close()
        with pytest.raises(PeerGoneError):
            send_for_ever(server)
        assert server.receive() == b"last words"
        with pytest.raises(PeerGoneError):
            server.receive()


def test_the_rest_of_an_interrupted_frame_goes_out_before_the_abort(ipv4):
    client, server = make_ends(ipv4, limit=30_000_000)
    with client, server:
        with pytest.raises(TransportTimeoutError):
            client.send(bytes(30_000_000), within=0.01)
        sending = in_background(client.send, b"abort")
        assert len(server.receive()) == 30_000_000
        assert server.receive() == b"abort"
        sending.result(20)


def test_nobody_listens_there():
    with TcpListener("127.0.0.1", 0) as listening:
        address = listening.address
    with pytest.raises(TransportError, match="nobody listens") as caught:
        connect_tcp(address, Role.CLIENT, MAX_ENVELOPE)
    assert caught.value.hint


def test_an_address_that_is_taken_or_unknown_is_an_input_error(ipv4):
    with pytest.raises(InputError, match="can't listen"):
        TcpListener(*ipv4.address)
    with pytest.raises(InputError, match="not known"):
        TcpListener("a..b", 0)
    with pytest.raises(InputError, match="not known"):
        connect_tcp(("a..b", 1), Role.CLIENT, MAX_ENVELOPE)


def test_ctrl_c_ends_the_waiting_for_a_connection(ipv4):
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))

    def wait():
        timer.start()
        ipv4.accept(Deadline.after(inf))

    with pytest.raises(KeyboardInterrupt):
        wait()
    timer.join()


# Sessions.


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
    # One more at the start, to show at once what is wrong on this side, and one to find whose ledger it takes.
    assert len(made) == 6


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
