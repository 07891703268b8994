"""Sessions driven over a transport in memory: the happy end, and who hears what when there is none."""

import threading
from concurrent.futures import Future

import pytest
from sessions import CARE, POLICE, make_agreement, make_client, make_server, new_ledger, run_session

from psimatch import drive
from psimatch.errors import (
    AbortCode,
    EnvelopeTruncatedError,
    FrameTooLongError,
    LedgerError,
    LocalProtocolError,
    PeerAbortedError,
    PeerGoneError,
    TransportTimeoutError,
)
from psimatch.identifiers import text
from psimatch.outputs import Progress
from psimatch.parameters import Role
from psimatch.states import State
from psimatch.terms import Reveal
from psimatch.transports import TcpListener, memory_pair


def items(words):
    return {text(word): f"ring {word}" for word in words}


def make_pair(**changed):
    agreement = make_agreement(**changed)
    return make_client(agreement, items("abcd")), make_server(agreement, items("cdef"))


def in_background(session, transport, **options):
    """Run a session in a thread of its own and close its end afterwards; return the future of its result."""
    future = Future()

    def run():
        try:
            with transport:
                result = run_session(session, transport, **options)
            future.set_result(result)
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Tampered:
    """A transport of which a test replaces one call."""

    def __init__(self, transport, send=None, receive=None):
        self.sent = []
        self._send = send or transport.send
        self._receive = receive or transport.receive
        self.close = transport.close

    def send(self, envelope, *, within=None):
        self.sent.append(envelope)
        self._send(envelope, within=within)

    def receive(self, *, within=None):
        return self._receive(within=within)

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.close()


def raising(error):
    def call(*arguments, **options):
        raise error

    return call


def found(result):
    return None if result.matches is None else {match.identifier.value.decode() for match in result.matches}


@pytest.mark.parametrize(("reveal", "server_finds"), [(Reveal.BOTH, {"c", "d"}), (Reveal.CLIENT, None)])
def test_two_sessions_find_what_is_in_both_lists(reveal, server_finds):
    client, server = make_pair(reveal=reveal)
    one, other = memory_pair()
    serving = in_background(server, other)
    seen = []
    result = run_session(client, one, on_progress=seen.append)
    served = serving.result(30)
    assert found(result) == {"c", "d"}
    assert found(served) == server_finds
    assert result.receipt == served.receipt
    assert seen
    assert all(isinstance(progress, Progress) for progress in seen)
    assert seen[-1].done == seen[-1].total
    assert one.bytes_sent == other.bytes_received > 0


def test_ctrl_c_while_waiting_tells_the_peer():
    client, server = make_pair()
    one, other = memory_pair()
    with pytest.raises(KeyboardInterrupt):
        run_session(client, Tampered(one, receive=raising(KeyboardInterrupt)))
    with pytest.raises(PeerAbortedError) as caught:
        run_session(server, other)
    assert caught.value.reason is AbortCode.CANCELLED
    assert client.ended
    assert server.ended


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LocalProtocolError("a fault of our own")])
def test_an_interruption_in_the_middle_of_the_outputs_tells_the_peer(error):
    client, server = make_pair()
    one, other = memory_pair()
    serving = in_background(server, other)
    with pytest.raises(type(error)):
        run_session(client, one, on_progress=raising(error))
    with pytest.raises(PeerAbortedError) as caught:
        serving.result(30)
    assert caught.value.reason is AbortCode.CANCELLED


def test_a_silent_peer_is_told_that_the_time_is_over():
    client, server = make_pair()
    one, other = memory_pair(timeout=0.01)
    with pytest.raises(TransportTimeoutError):
        run_session(client, one)
    with pytest.raises(PeerAbortedError):
        run_session(server, other)


def test_a_transport_that_refuses_a_frame_ends_the_session_with_an_abort():
    client, server = make_pair()
    one, other = memory_pair()
    with pytest.raises(FrameTooLongError):
        run_session(client, Tampered(one, receive=raising(FrameTooLongError("too long"))))
    with pytest.raises(PeerAbortedError):
        run_session(server, other)


def test_garbage_is_answered_with_an_abort_and_raised():
    client, _ = make_pair()
    one, other = memory_pair()
    other.send(b"garbage")
    tampered = Tampered(one)
    with pytest.raises(EnvelopeTruncatedError):
        run_session(client, tampered)
    # The Hello and the Abort, and no second Abort.
    assert len(tampered.sent) == 2


def test_garbage_of_a_peer_that_is_gone_by_now_is_still_the_reason():
    client, _ = make_pair()
    one, other = memory_pair()
    other.send(b"garbage")

    def receive(*, within=None):
        envelope = one.receive(within=within)
        other.close()
        return envelope

    with pytest.raises(EnvelopeTruncatedError):
        run_session(client, Tampered(one, receive=receive))


def test_a_peer_that_closes_is_gone():
    client, _ = make_pair()
    one, other = memory_pair()
    other.close()
    with pytest.raises(PeerGoneError):
        run_session(client, one)
    assert client.ended


@pytest.mark.parametrize(("abort_arrives", "error"), [(True, PeerAbortedError), (False, PeerGoneError)])
def test_an_abort_that_lies_unread_is_preferred_over_the_failed_send(abort_arrives, error):
    client, server = make_pair()
    one, other = memory_pair()
    # The server answers Hello, gives up and closes, all before the client has read a word.
    ending = Tampered(other)

    def send(envelope, *, within=None):
        if within is None or abort_arrives:
            other.send(envelope, within=within)

    def receive(*, within=None):
        if ending.sent:
            raise KeyboardInterrupt
        return other.receive(within=within)

    ending._send, ending._receive = send, receive
    serving = in_background(server, ending)

    def receive_when_the_server_is_gone(*, within=None):
        assert isinstance(serving.exception(30), KeyboardInterrupt)
        return one.receive(within=within)

    with pytest.raises(error):
        run_session(client, Tampered(one, receive=receive_when_the_server_is_gone))
    assert client.ended


def test_the_last_message_counts_though_the_peer_has_closed_by_then():
    client, server = make_pair()
    one, other = memory_pair()
    serving = in_background(server, other)

    def receive_after_the_end(*, within=None):
        if client.state is State.AWAITING_RECEIPT:
            serving.result(30)
        return one.receive(within=within)

    assert found(run_session(client, Tampered(one, receive=receive_after_the_end))) == {"c", "d"}
    with pytest.raises(PeerGoneError):
        one.receive()


def test_a_session_with_a_smaller_set_than_before_is_not_run():
    """Neither a single session nor a listener begins one: nothing is sent, nobody is waited for."""
    agreement = make_agreement(max_items=2_000)
    for role, make, identity in ((Role.CLIENT, make_client, CARE), (Role.SERVER, make_server, POLICE)):
        ledger = new_ledger(identity)
        peer = (POLICE if identity is CARE else CARE).public
        ledger.open_session(agreement, peer, 1_088)
        session = make(agreement, items("abcd"))
        assert session.role is role
        transport = Tampered(memory_pair()[0])
        with pytest.raises(LedgerError, match=r"told a set size of 1,088 before"):
            drive.run_session(session, transport, ledger)
        assert not transport.sent
        with TcpListener("127.0.0.1", 0) as listener, pytest.raises(LedgerError, match="before"):
            drive.run_listening(lambda session=session: session, listener, ledger, wait=20)
        filled = make(agreement, items("abcd"), at_least=ledger.largest_set(agreement))
        assert filled.set_size == 1_088
