"""Addresses, prefaces, frames, timeouts and the transport in memory: no network."""

import contextlib
import socket
import threading
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psimatch.errors import (
    FrameTooLongError,
    InputError,
    LocalProtocolError,
    NotPsimatchError,
    PeerGoneError,
    RemoteProtocolError,
    RoleError,
    TransportError,
    TransportTimeoutError,
    VersionError,
)
from psimatch.parameters import Role
from psimatch.transports import Deadline, Timeouts, format_address, memory_pair, parse_address
from psimatch.transports.frames import FrameBuffer, frame
from psimatch.transports.preface import PREFACE_BYTES, check_preface, preface
from psimatch.transports.tcp import TcpTransport


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("127.0.0.1:7443", ("127.0.0.1", 7443)),
        (" psi.example.org:1\n", ("psi.example.org", 1)),
        ("[::1]:7443", ("::1", 7443)),
        ("[fe80::1%eth0]:65535", ("fe80::1%eth0", 65535)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_an_address_is_split_and_written_back(written, address):
    assert parse_address(written) == address
    assert format_address(*address) == written.strip()


@pytest.mark.parametrize(
    "written",
    [
        *["", "host", ":7443", "host:", "host:65536", "host:-1", "host:7x", "host:٧", "host:000080", "::1:7443"],
        *["[::1]", "[::1]7443", "[host]:1", "[]:1", "ho st:1", "http://host:80", "user@host:1", "ho\x00st:1"],
        "host:1:2",
    ],
)
def test_a_malformed_address_is_refused_with_a_hint(written):
    with pytest.raises(InputError) as caught:
        parse_address(written)
    assert "[2001:db8::7]:7443" in caught.value.hint


def test_a_mapped_address_is_written_as_the_ipv4_address_that_it_is():
    assert format_address("::ffff:192.0.2.7", 7443) == "192.0.2.7:7443"


@pytest.mark.parametrize("role", Role)
def test_every_beginning_of_the_peers_preface_is_fine(role):
    line = preface(role.peer)
    assert len(line) == PREFACE_BYTES
    for end in range(PREFACE_BYTES + 1):
        check_preface(line[:end], role)


@pytest.mark.parametrize(
    ("received", "error"),
    [
        (b"psimatch/1 client\n", RoleError),
        (b"psimatch/2 ", VersionError),
        (b"psimatch/10 server", VersionError),
        (b"psimatch/2 anything", VersionError),
        (b"psimatch/0", NotPsimatchError),
        (b"psimatch/00001 ", NotPsimatchError),
        (b"psimatch/1 Server\n", NotPsimatchError),
        (b"psimatch/1 server\r", NotPsimatchError),
        (b"psimatch/x", NotPsimatchError),
        (b"psimatch/123456", NotPsimatchError),
        (b"PSIMATCH", NotPsimatchError),
        (b"GET / HTTP/1.1\r\nHo", NotPsimatchError),
        (b"\x16\x03\x01", NotPsimatchError),
        (b"\n", NotPsimatchError),
        (b"\x00", NotPsimatchError),
    ],
)
def test_a_wrong_preface_is_told_apart_and_not_shown(received, error):
    with pytest.raises(error) as caught:
        check_preface(received, Role.CLIENT)
    assert caught.value.hint
    assert "HTTP" not in str(caught.value)


def test_our_own_preface_is_judged_once_it_is_whole():
    check_preface(b"psimatch/1 clien", Role.CLIENT)
    check_preface(b"psimatch/12345", Role.CLIENT)
    with pytest.raises(RoleError, match="both sides run as the client"):
        check_preface(b"psimatch/1 client\n", Role.CLIENT)


class Pieces(socket.socket):
    """A socket that gives what came in pieces of given sizes, each with nothing to read before it."""

    def cut(self, sizes):
        self._sizes, self._empty = list(sizes), True
        return self

    def setsockopt(self, level, *option):
        """There is no TCP below a pair of sockets."""

    def recv(self, size):
        self._empty = not self._empty
        if not self._empty:
            raise BlockingIOError
        return super().recv(min(size, self._sizes.pop(0) if self._sizes else size))


def received(stream, sizes, selector_bytes):
    """What a client's transport makes of a stream in pieces: the selector and the frames, or the error."""
    near, far = socket.socketpair()
    timeouts = Timeouts(handshake=20, idle=20, goodbye=0.01)
    with Pieces(fileno=near.detach()).cut(sizes) as own, far:
        far.sendall(stream)
        far.shutdown(socket.SHUT_WR)
        try:
            with TcpTransport(own, "peer", Role.CLIENT, 100, timeouts, selector_bytes=selector_bytes) as transport:
                frames = []
                with contextlib.suppress(PeerGoneError):
                    while True:
                        frames.append(transport.receive())
                return transport.peer_selector, frames
        except (TransportError, RemoteProtocolError) as error:
            return type(error)


GREETING = preface(Role.SERVER) + bytes(range(50))
SAID = [b"", b"a", b"psimatch/1 server\n"]
STREAM = GREETING + b"".join(map(frame, SAID))


@pytest.mark.parametrize("first", range(1, len(STREAM)))
def test_preface_selector_and_frames_come_out_of_a_cut_at_each_place(first):
    assert received(STREAM, [first], 50) == (bytes(range(50)), SAID)
    expected = PeerGoneError if first < len(GREETING) else None
    ended = received(STREAM[:first], [], 50)
    assert ended is expected if expected else ended[0] == bytes(range(50))


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(0, 60))
def test_preface_selector_and_frames_come_out_of_any_pieces(sizes, selector_bytes):
    """However the stream is cut, the same bytes are selector and frames: what follows is never lost or taken twice."""
    stream = preface(Role.SERVER) + b"\x07" * selector_bytes + b"".join(map(frame, SAID))
    assert received(stream, sizes, selector_bytes) == (b"\x07" * selector_bytes, SAID)


@given(st.integers(0, PREFACE_BYTES - 1), st.integers(0, 255), st.lists(st.integers(1, 9), max_size=9))
def test_a_wrong_byte_in_the_preface_is_told_alike_in_any_pieces(place, byte, sizes):
    changed = bytearray(STREAM)
    changed[place] = byte
    whole = received(bytes(changed), [], 50)
    assert received(bytes(changed), sizes, 50) == whole
    assert (whole == (bytes(range(50)), SAID)) is (byte == STREAM[place])


def test_frames_come_out_of_any_cut_of_the_stream():
    envelopes = [b"", b"a", b"b" * 100]
    stream = b"".join(frame(envelope) for envelope in envelopes)
    for size in (1, 3, 50, len(stream)):
        buffer = FrameBuffer(100)
        found = []
        for start in range(0, len(stream), size):
            buffer.append(stream[start : start + size])
            while (envelope := buffer.next_frame()) is not None:
                found.append(envelope)
        assert found == envelopes
        assert len(buffer) == 0


def test_a_frame_above_the_limit_is_refused_by_its_length_alone():
    buffer = FrameBuffer(100)
    buffer.append(frame(b"first") + (101).to_bytes(4, "big"))
    assert buffer.next_frame() == b"first"
    with pytest.raises(FrameTooLongError, match="101 bytes; this agreement allows 100"):
        buffer.next_frame()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
@pytest.mark.parametrize("name", ["connect", "handshake", "idle", "total", "goodbye"])
def test_a_timeout_is_above_zero(name, seconds):
    with pytest.raises(InputError, match=f"the {name} timeout"):
        Timeouts(**{name: seconds})


def test_a_deadline_may_be_never():
    assert not Deadline.after(inf).expired
    assert Deadline.after(inf).pause == 60
    assert Deadline.after(-1).expired
    assert Deadline.after(-1).pause == 0
    assert min(Deadline.after(1), Deadline.after(inf)).pause <= 1


def test_memory_carries_envelopes_both_ways_in_order_and_counts_them():
    one, other = memory_pair()
    one.send(b"a")
    one.send(b"bc")
    other.send(b"def")
    assert [other.receive(), other.receive(), one.receive()] == [b"a", b"bc", b"def"]
    assert (one.bytes_sent, one.bytes_received) == (3, 3)
    assert (other.bytes_sent, other.bytes_received) == (3, 3)


def test_memory_delivers_what_was_sent_before_the_close_and_then_says_so():
    one, other = memory_pair()
    with one:
        one.send(b"last")
    one.close()
    assert other.receive() == b"last"
    with pytest.raises(PeerGoneError):
        other.receive()
    with pytest.raises(PeerGoneError):
        other.send(b"too late")
    with pytest.raises(LocalProtocolError):
        one.send(b"closed")
    with pytest.raises(LocalProtocolError):
        one.receive()


def test_memory_times_out_on_silence_and_on_a_full_queue():
    one, other = memory_pair(timeout=0.01, capacity=1)
    with pytest.raises(TransportTimeoutError):
        one.receive()
    one.send(b"fits")
    with pytest.raises(TransportTimeoutError):
        one.send(b"does not", within=0.01)
    assert other.receive() == b"fits"


@pytest.mark.parametrize("waiting", ["receive", "send"])
def test_closing_one_end_in_memory_wakes_the_other(waiting):
    one, other = memory_pair(capacity=1)
    other.send(b"the queue is full now")
    raised = []
    started = threading.Event()

    def wait():
        started.set()
        try:
            other.receive() if waiting == "receive" else other.send(b"no room")
        except PeerGoneError as error:
            raised.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert started.wait(10)
    one.close()
    thread.join(10)
    assert len(raised) == 1


def test_a_full_queue_in_memory_lets_a_sender_go_on_once_there_is_room():
    one, other = memory_pair(capacity=2)
    sender = threading.Thread(target=lambda: [one.send(bytes([number])) for number in range(100)])
    sender.start()
    assert [other.receive() for _ in range(100)] == [bytes([number]) for number in range(100)]
    sender.join(10)
    assert not sender.is_alive()
