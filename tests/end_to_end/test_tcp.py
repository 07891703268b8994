"""A TCP transport on the loopback, IPv4 and IPv6: honest ends, strays and hostile peers. No sleeps, short timeouts."""

import contextlib
import os
import signal
import socket
import threading
from math import inf

import pytest
from tcp_ends import (
    BRIEF,
    CLIENT_PREFACE,
    HTTP_REQUEST,
    MAX_ENVELOPE,
    PATIENT,
    TLS_CLIENT_HELLO,
    accept,
    in_background,
    make_ends,
    raw,
    reset,
)

from psimatch.errors import (
    FrameTooLongError,
    InputError,
    LocalProtocolError,
    NotPsimatchError,
    PeerGoneError,
    RoleError,
    TransportError,
    TransportTimeoutError,
    VersionError,
)
from psimatch.parameters import Role
from psimatch.selector import SELECTOR_BYTES
from psimatch.transports import Deadline, TcpListener, Timeouts, connect_tcp
from psimatch.transports.frames import frame


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
    connecting = in_background(
        connect_tcp, ipv4.address, Role.SERVER, MAX_ENVELOPE, PATIENT, selector=bytes(SELECTOR_BYTES)
    )
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
