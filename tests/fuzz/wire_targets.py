"""What comes from a connection before anybody is trusted: prefaces, frames, envelopes, and encoded messages."""

import socket
import struct

from bounds import refusals
from choices import Choices, edited
from sessions import CARE, POLICE, STANDING, STRANGER, make_agreement, make_client, make_server

from psimatch import canonical, wire
from psimatch.digest import length_prefixed
from psimatch.envelope import NO_SESSION, Header
from psimatch.errors import RemoteProtocolError, TransportError
from psimatch.identifiers import text
from psimatch.outputs import AdmissionNeeded, Send
from psimatch.parameters import Label, Role
from psimatch.receipt import Receipt
from psimatch.sealing import SEAL_OVERHEAD, seal
from psimatch.transports import Timeouts
from psimatch.transports.frames import FrameBuffer, frame
from psimatch.transports.preface import preface
from psimatch.transports.tcp import TcpTransport

AGREEMENT = make_agreement(max_items=2)
ITEMS = {text("Qz7Kanarie"): "918273645"}
FRAME_BYTES = 65_536
ROLES = tuple(Role)
_SOON = Timeouts(handshake=1.0, idle=1.0, goodbye=1.0)


class LocalSocket(socket.socket):
    """A socket without a network below it, which has no options of TCP."""

    def setsockopt(self, level, *option):
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, *option)


def frames(data):
    """A stranger connects: a preface or something else, then frames, in pieces."""
    choices = Choices(data)
    role, polite, size = choices.one_of(ROLES), choices.number(2), 1 + choices.number(256)
    stream = choices.rest()
    buffer, taken = FrameBuffer(FRAME_BYTES), []
    with refusals(RemoteProtocolError):
        for at in range(0, len(stream), size):
            buffer.append(stream[at : at + size])
            while (envelope := buffer.next_frame()) is not None:
                taken.append(envelope)
    assert stream.startswith(b"".join(map(frame, taken)))
    received = _received((preface(role.peer) if polite else b"") + stream, role)
    assert stream[0 if polite else 18 :].startswith(b"".join(map(frame, received)))
    assert not polite or received == taken


def _received(stream, role):
    """Return what a transport gives of a stream, over real sockets."""
    near, far = socket.socketpair()
    with LocalSocket(fileno=near.detach()) as own, far:
        far.sendall(stream)
        far.shutdown(socket.SHUT_WR)
        received = []
        with refusals(RemoteProtocolError, TransportError), TcpTransport(own, "peer", role, FRAME_BYTES, _SOON) as tcp:
            while True:
                received.append(tcp.receive())
        return received


_OTHER = "an encoding was taken that is not the one form"


def messages(data):
    """Any bytes as a message: they are refused, or encode back to themselves."""
    with refusals(RemoteProtocolError):
        assert canonical.encode(canonical.decode(data, longest_array=16)) == data, _OTHER
    with refusals(RemoteProtocolError):
        message = wire.decode(data)
        assert wire.encode(message) == data, _OTHER
        repr(message)
    with refusals(RemoteProtocolError):
        assert Receipt.from_body(data).body == data, _OTHER


def envelopes(data):
    """Somebody who may hold the peer's keys sends one envelope to a session that waits for its first."""
    choices = Choices(data)
    role, way = choices.one_of(ROLES), choices.number(len(_WAYS))
    victim, peer = (make_client, make_server) if role is Role.CLIENT else (make_server, make_client)
    session = victim(AGREEMENT, ITEMS)
    list(session.start(STANDING))
    envelope = _WAYS[way](peer(AGREEMENT, {}), choices)
    outputs = []
    with refusals(RemoteProtocolError):
        outputs.extend(session.receive(envelope))
        assert isinstance(outputs[-1], AdmissionNeeded)
        return
    assert session.ended
    assert all(isinstance(output, Send) for output in outputs)


def _raw(_session, choices):
    return choices.rest()


def _headed(session, choices):
    """Anything behind a header that may stand there."""
    rest = choices.take(session.max_envelope_bytes)
    session_id = NO_SESSION if choices.number(2) else bytes([1]) * 32
    return Header(session.role, 0, session_id, len(rest)).encode() + rest


def _changed(session, choices):
    """An honest envelope with a few edits."""
    session._channel.session_id = NO_SESSION
    return edited(session._channel.seal(HELLO), choices)


def _signed(session, choices):
    """A message of any bytes, signed and sealed as it should be, perhaps zero-filled."""
    fill = choices.number(4_096)
    return session._channel.seal(choices.rest(), fill)


def _edited_message(session, choices):
    fill = choices.number(4_096)
    return session._channel.seal(edited(HELLO, choices), fill)


def _inside(session, choices):
    """Any bytes, sealed as they should be, where signature, lengths and message belong."""
    key = POLICE if session.role is Role.CLIENT else CARE
    agreement_id = (AGREEMENT.terms.id, STRANGER.public.fingerprint)[choices.number(2)]
    front = struct.pack(">64s32sII", bytes(64), agreement_id, 0, choices.number(2_000))
    plaintext = edited(front + HELLO, choices).ljust(104, b"\0")
    header = Header(session.role, 0, NO_SESSION, len(plaintext) + SEAL_OVERHEAD).encode()
    return header + seal(plaintext, key.public.sealing_key, length_prefixed(Label.SEAL) + header)


_WAYS = (_raw, _headed, _changed, _signed, _edited_message, _inside)


def _hello():
    session = make_client(AGREEMENT, {})
    sent = []
    session._send = lambda message, fill_to=0: sent.append(wire.encode(message)) or Send(b"")
    list(session.start(STANDING))
    return sent[0]


HELLO = _hello()
