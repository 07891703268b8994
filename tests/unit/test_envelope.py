"""Only the next envelope of this session is accepted: each other one is its own typed error."""

import pytest
from sessions import CARE, POLICE, STANDING, Wire, make_agreement, make_client, make_server

from psimatch import errors
from psimatch.envelope import NO_SESSION, Channel, Header, max_envelope_bytes
from psimatch.identifiers import text
from psimatch.outputs import Send
from psimatch.parameters import Role
from psimatch.sealing import SEAL_OVERHEAD

AGREEMENT = bytes([7]) * 32
LIMIT = 100_000
SESSION = bytes([9]) * 32


def channels():
    client = Channel(Role.CLIENT, AGREEMENT, CARE, POLICE.public, LIMIT)
    server = Channel(Role.SERVER, AGREEMENT, POLICE, CARE.public, LIMIT)
    return client, server


def in_session():
    client, server = channels()
    server.open(client.seal(b"hello"))
    for one, other in ((client, server), (server, client)):
        one.session_id = SESSION
        one.peer_ephemeral_key = other.ephemeral_public_key
    client._peer_in_session = server._peer_in_session = True
    return client, server


def test_messages_pass_in_order_both_ways():
    client, server = in_session()
    for number in range(3):
        assert server.open(client.seal(b"%d" % number)).message == b"%d" % number
        assert client.open(server.seal(b"%d" % number)).message == b"%d" % number
    assert client.sent == server.received
    assert server.sent == client.received


def test_a_fill_adds_length_only():
    client, server = in_session()
    short, long = client.seal(b"x"), client.seal(b"x", 100)
    assert len(long) == len(short) + 99
    assert server.open(short).filled_length == 1
    opened = server.open(long)
    assert (opened.message, opened.filled_length) == (b"x", 100)


def test_truncated_at_every_length():
    client, server = in_session()
    envelope = client.seal(b"message")
    for length in range(len(envelope)):
        with pytest.raises(errors.EnvelopeTruncatedError):
            server.open(envelope[:length])
    with pytest.raises(errors.EnvelopeTruncatedError):
        server.open(envelope + b"\x00")
    assert server.open(envelope).message == b"message"


def test_corrupted_at_every_byte():
    client, server = in_session()
    envelope = client.seal(b"message")
    for index in range(len(envelope)):
        changed = envelope[:index] + bytes([envelope[index] ^ 0x20]) + envelope[index + 1 :]
        with pytest.raises(errors.RemoteProtocolError) as caught:
            server.open(changed)
        if index >= 51:
            assert type(caught.value) is errors.EnvelopeCorruptedError
    assert server.open(envelope).message == b"message"


def test_replayed_reordered_and_reflected():
    client, server = in_session()
    first, second, third = client.seal(b"1"), client.seal(b"2"), client.seal(b"3")
    server.open(first)
    with pytest.raises(errors.EnvelopeReplayedError):
        server.open(first)
    with pytest.raises(errors.EnvelopeOutOfOrderError):
        server.open(third)
    with pytest.raises(errors.EnvelopeReflectedError):
        client.open(first)
    assert server.open(second).message == b"2"


def test_a_renumbered_envelope_does_not_open():
    client, server = in_session()
    first, second = client.seal(b"1"), client.seal(b"2")
    server.open(first)
    renumbered = Header(Role.CLIENT, 3, SESSION, len(second) - 51).encode() + second[51:]
    server.open(second)
    with pytest.raises(errors.EnvelopeCorruptedError):
        server.open(renumbered)


def test_another_session_agreement_and_version():
    client, server = in_session()
    client.session_id = bytes([8]) * 32
    with pytest.raises(errors.OtherSessionError):
        server.open(client.seal(b"x"))
    client, server = in_session()
    client._agreement_id = bytes(32)
    with pytest.raises(errors.AgreementMismatchError):
        server.open(client.seal(b"x"))
    client, server = in_session()
    envelope = client.seal(b"x")
    with pytest.raises(errors.VersionError, match="psimatch/2"):
        server.open(envelope[:9] + b"\x02" + envelope[10:])


def test_no_session_id_is_accepted_only_from_a_peer_that_knows_none():
    client, server = in_session()
    client.session_id = NO_SESSION
    with pytest.raises(errors.OtherSessionError):
        server.open(client.seal(b"x"))
    client, server = channels()
    server.session_id = SESSION
    assert server.open(client.seal(b"x")).session_id == NO_SESSION


def test_an_acknowledgement_must_be_possible():
    client, server = in_session()
    client.received = [bytes(32)]
    with pytest.raises(errors.EnvelopeOutOfOrderError, match="not sent"):
        server.open(client.seal(b"it answers a message that the server never sent"))
    client, server = in_session()
    client.open(server.seal(b"1"))
    server.open(client.seal(b"2"))
    client.received = []
    with pytest.raises(errors.EnvelopeOutOfOrderError, match="earlier"):
        server.open(client.seal(b"it answers less than the message before did"))


def test_an_envelope_over_the_limit_is_not_looked_at():
    _, server = in_session()
    with pytest.raises(errors.FrameTooLongError):
        server.open(bytes(LIMIT + 1))


def test_an_envelope_as_long_as_the_limit_is_opened():
    overhead = len(in_session()[0].seal(b""))
    for length in (LIMIT - overhead, 0):
        client, server = in_session()
        assert len(server.open(client.seal(bytes(length))).message) == length


def test_an_envelope_without_room_for_its_front_is_cut_short():
    shortest = SEAL_OVERHEAD + 104
    with pytest.raises(errors.EnvelopeTruncatedError):
        Header.decode(Header(Role.CLIENT, 0, SESSION, shortest - 1).encode() + bytes(shortest - 1))
    header = Header(Role.CLIENT, 0, SESSION, shortest)
    assert Header.decode(header.encode() + bytes(shortest)) == header


@pytest.mark.parametrize(
    ("sealed_contact_bytes", "longest"), [(0, 68_875), (16, 68_875), (17, 70_923), (528, 1_117_451)]
)
def test_the_longest_envelope_has_a_chunk_of_the_longest_items(sealed_contact_bytes, longest):
    """§6.1: 2,048 elements of 32 bytes, or claims of 16 with their contacts, and what is around them."""
    assert max_envelope_bytes(sealed_contact_bytes) == longest


def test_a_client_that_knows_its_session_learns_no_other():
    client, server = in_session()
    server.session_id = bytes([8]) * 32
    with pytest.raises(errors.OtherSessionError):
        client.open(server.seal(b"x"))


def test_the_first_envelope_of_another_in_the_same_role_is_told_from_the_own_one():
    client, (other, _) = channels()[0], channels()
    own, foreign = client.seal(b"x"), other.seal(b"x")
    with pytest.raises(errors.EnvelopeReflectedError):
        client.open(own)
    with pytest.raises(errors.RoleError):
        client.open(foreign)
    client.seal(b"y")
    with pytest.raises(errors.EnvelopeReflectedError):
        client.open(own)
    for second in (other.seal(b"y"), in_session()[0].seal(b"x")):
        with pytest.raises(errors.EnvelopeReflectedError):
            client.open(second)


def test_what_is_signed_is_told_to_whoever_keeps_it_on_both_sides():
    kept = {Role.CLIENT: [], Role.SERVER: []}
    client = Channel(Role.CLIENT, AGREEMENT, CARE, POLICE.public, LIMIT, kept[Role.CLIENT].append)
    server = Channel(Role.SERVER, AGREEMENT, POLICE, CARE.public, LIMIT, kept[Role.SERVER].append)
    server.open(client.seal(b"hello"))
    for one, other in ((client, server), (server, client)):
        one.session_id, one.peer_ephemeral_key = SESSION, other.ephemeral_public_key
    client.open(server.seal(b"answer", 10))
    assert kept[Role.CLIENT] == kept[Role.SERVER]
    shown = [(told.sender, told.session_id, told.received, told.message) for told in kept[Role.CLIENT]]
    assert shown == [(Role.CLIENT, NO_SESSION, 0, b"hello"), (Role.SERVER, SESSION, 1, b"answer")]
    assert {len(told.signature) for told in kept[Role.CLIENT]} == {64}


def test_no_message_of_a_session_is_over_its_limit():
    for size in (0, 512):
        agreement = make_agreement(max_items=2_048, contact_size=size)
        words = {text(str(number)): "x" * size for number in range(2_048)}
        client, server = make_client(agreement, words), make_server(agreement, words)
        wire = Wire(client, server).run()
        assert wire.errors == {}
        longest = max(len(envelope) for role in Role for envelope in wire.sent[role])
        assert 0.5 * client.max_envelope_bytes < longest <= client.max_envelope_bytes


def test_a_session_refuses_a_filled_message_without_slots():
    agreement = make_agreement()
    client, server = make_client(agreement, {}), make_server(agreement, {})
    honest = client._send
    client._send = lambda message, fill_to=0: honest(message, 2_000)
    (hello,) = list(client.start(STANDING))
    list(server.start())
    outputs = server.receive(hello.envelope)
    assert isinstance(next(outputs), Send)
    with pytest.raises(errors.MessageFormatError, match="zero-filled"):
        next(outputs)
