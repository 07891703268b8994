"""Whatever a peer that holds the right keys may send: one typed error, one Abort with its code, no result."""

from dataclasses import fields, replace

import pytest
from sessions import POLICE, STANDING, STRANGER, Wire, make_agreement, make_client, make_server

from psimatch import canonical, errors, kernel, oprf
from psimatch.errors import AbortCode
from psimatch.identifiers import text
from psimatch.messages import Blinded, Claims, Contacts, Evaluated, Hello, Receipt, ServerHello, Tags
from psimatch.outputs import Send
from psimatch.parameters import LIMITS, Role
from psimatch.states import State
from psimatch.terms import Reveal

IDENTITY = bytes(32)
BIT_255 = bytes(31) + b"\x80"
NEGATIVE = b"\x01" + bytes(31)


def items(words):
    return {text(word): f"ring {word}" for word in words}


def make_hostile(session, kind, change):
    """Let a session change its messages of one kind before it signs them."""
    honest = session._send

    def send(message, fill_to=0):
        if isinstance(message, kind):
            message = change(message)
        if isinstance(message, bytes):
            return Send(session._channel.seal(message, fill_to))
        return honest(message, fill_to)

    session._send = send
    return session


def attack(kind, change, *, reveal=Reveal.BOTH, words=("abcd", "cdef"), max_items=8):
    """Run a session in which the sender of `kind` is hostile; return the wire and the victim's role."""
    options = {"reveal": reveal, "max_items": max_items}
    agreement = make_agreement(**options)
    client, server = make_client(agreement, items(words[0])), make_server(agreement, items(words[1]))
    by_client = kind in (Hello, Blinded, Claims, Receipt)
    make_hostile(client if by_client else server, kind, change)
    return Wire(client, server).run(), Role.SERVER if by_client else Role.CLIENT


def assert_refused(wire, victim, error, code, words=""):
    raised = wire.errors[victim]
    assert type(raised) is error, repr(raised)
    assert words in str(raised)
    assert victim not in wire.results
    assert wire.sessions[victim].state is State.ABORTED
    told = wire.errors[victim.peer]
    assert isinstance(told, errors.PeerAbortedError), repr(told)
    assert told.reason is code
    assert wire.sessions[victim.peer].state is State.ABORTED
    for text_of_error in (str(raised), str(told)):
        assert "ring" not in text_of_error


def swapped(packed, size):
    return packed[size : 2 * size] + packed[:size] + packed[2 * size :]


def as_it_is(number, message, **changed):
    """Encode a message with fields that its own class would refuse."""
    values = [changed.get(item.name, getattr(message, item.name)) for item in fields(message)]
    return canonical.encode([number, *values])


def longer(encoded):
    """Write the type of a message, the second byte of its encoding, in two bytes."""
    return encoded[:1] + b"\xcc" + encoded[1:]


ATTACKS = {
    "set size 0": (Hello, lambda m: as_it_is(1, m, set_size=0), errors.MessageFormatError, 8),
    "client's set size is no bucket": (Hello, lambda m: replace(m, set_size=7), errors.SetSizeError, 9),
    "client's set size over max_items": (Hello, lambda m: replace(m, set_size=9), errors.PeerTooManyItemsError, 9),
    "server's set size is no bucket": (ServerHello, lambda m: replace(m, set_size=4), errors.SetSizeError, 9),
    "server's set size over max_items": (ServerHello, lambda m: replace(m, set_size=2**31), errors.PeerTooManyItemsError, 9),
    "session key is the identity": (ServerHello, lambda m: replace(m, public_key=IDENTITY), errors.InvalidElementError, 10),
    "session key with bit 255": (ServerHello, lambda m: replace(m, public_key=BIT_255), errors.InvalidElementError, 10),
    "session key is negative": (ServerHello, lambda m: replace(m, public_key=NEGATIVE), errors.InvalidElementError, 10),
    "another nonce than the session id's": (ServerHello, lambda m: replace(m, nonce=bytes(32)), errors.OtherSessionError, 5),
    "tags unsorted": (Tags, lambda m: replace(m, tags=swapped(m.tags, 16)), errors.TagOrderError, 11),
    "tag repeated": (Tags, lambda m: replace(m, tags=m.tags[:16] + m.tags[:-16]), errors.TagOrderError, 11),
    "a tag missing": (Tags, lambda m: replace(m, tags=m.tags[16:]), errors.CountError, 8),
    "a tag too many": (Tags, lambda m: replace(m, tags=m.tags + b"\xff" * 16), errors.CountError, 8),
    "no tags": (Tags, lambda m: replace(m, tags=b""), errors.CountError, 8),
    "half a tag": (Tags, lambda m: canonical.encode([3, True, m.tags[:-1]]), errors.CountError, 8),
    "tags as text": (Tags, lambda m: canonical.encode([3, True, "a" * 16]), errors.MessageFormatError, 8),
    "tags never end": (Tags, lambda m: replace(m, last=False), errors.CountError, 8),
    "a blinded element missing": (Blinded, lambda m: replace(m, elements=m.elements[32:]), errors.CountError, 8),
    "a blinded element too many": (Blinded, lambda m: replace(m, elements=m.elements + m.elements[:32]), errors.CountError, 8),
    "half a blinded element": (Blinded, lambda m: canonical.encode([4, m.rest, m.elements[:-1], m.root]), errors.CountError, 8),
    "a blinded identity": (Blinded, lambda m: replace(m, elements=IDENTITY + m.elements[32:]), errors.InvalidElementError, 10),
    "a blinded bit 255": (Blinded, lambda m: replace(m, elements=m.elements[:-32] + BIT_255), errors.InvalidElementError, 10),
    "a blinded negative": (Blinded, lambda m: replace(m, elements=NEGATIVE + m.elements[32:]), errors.InvalidElementError, 10),
    "commitment to more than there is": (Blinded, lambda m: replace(m, rest=b"\x01" * 32), errors.CommitmentError, 8),
    "an evaluated element missing": (Evaluated, lambda m: replace(m, elements=m.elements[32:]), errors.CountError, 1),
    "an evaluated identity": (Evaluated, lambda m: replace(m, elements=IDENTITY + m.elements[32:]), errors.InvalidElementError, 1),
    "an evaluated element changed": (Evaluated, lambda m: replace(m, elements=swapped(m.elements, 32)), errors.ProofError, 1),
    "proof missing": (Evaluated, lambda m: replace(m, proof=b""), errors.ProofError, 1),
    "proof wrong": (Evaluated, lambda m: replace(m, proof=m.proof[32:] + m.proof[:32]), errors.ProofError, 1),
    "a claim repeated": (
        Claims,
        lambda m: replace(m, claims=m.claims[:16] * 2 + m.claims[32:]),
        errors.RepeatedClaimError,
        1,
    ),
    "claims unsorted": (Claims, lambda m: replace(m, claims=swapped(m.claims, 16)), errors.RepeatedClaimError, 1),
    "a claim of no tag": (Claims, lambda m: replace(m, claims=m.claims[:-16] + b"\xff" * 16), errors.UnknownClaimError, 1),
    "half a claim": (Claims, lambda m: canonical.encode([6, m.last, m.claims[:-1], m.contacts]), errors.CountError, 1),
    "a client's contact missing": (Claims, lambda m: replace(m, contacts=m.contacts[64:]), errors.ContactCountError, 1),
    "a client's contact too many": (Claims, lambda m: replace(m, contacts=m.contacts + bytes(64)), errors.ContactCountError, 1),
    "a client's contact garbled": (Claims, lambda m: replace(m, contacts=bytes(len(m.contacts))), errors.ContactError, 1),
    "claims never end": (Claims, lambda m: replace(m, last=False), errors.CountError, 1),
    "a server's contact missing": (Contacts, lambda m: replace(m, contacts=m.contacts[64:]), errors.ContactCountError, 1),
    "a server's contact too many": (
        Contacts,
        lambda m: replace(m, count=m.count + 1, contacts=m.contacts + bytes(64)),
        errors.ContactCountError,
        1,
    ),
    "a server's contact garbled": (Contacts, lambda m: replace(m, contacts=bytes(len(m.contacts))), errors.ContactError, 1),
    "receipt over other facts": (Receipt, lambda m: replace(m, body=m.body + b"\x00"), errors.ReceiptError, 1),
    "receipt not signed": (Receipt, lambda m: replace(m, signature=bytes(64)), errors.ReceiptError, 1),
    "not msgpack": (Tags, lambda m: b"\xc1", errors.MessageFormatError, 8),
    "bytes left over": (Tags, lambda m: canonical.encode([3, True, m.tags]) + b"\x00", errors.MessageFormatError, 8),
    "not the shortest form": (Hello, lambda m: longer(as_it_is(1, m)), errors.MessageFormatError, 8),
    "an unknown type": (Tags, lambda m: canonical.encode([11, bytes(32)]), errors.MessageFormatError, 8),
    "a field too many": (Tags, lambda m: canonical.encode([3, True, m.tags, 1]), errors.MessageFormatError, 8),
    "an unknown abort code": (Tags, lambda m: canonical.encode([9, 200]), errors.MessageFormatError, 8),
    "a message of the wrong state": (Tags, lambda m: canonical.encode([5, bytes(32), bytes(64)]), errors.UnexpectedMessageError, 8),
    "a huge declared length": (Tags, lambda m: b"\x93\x03\xc3\xc6\xff\xff\xff\xff", errors.MessageFormatError, 8),
}  # fmt: skip


# Where several things could be wrong with a message, what it is refused for.
WORDS = {
    "set size 0": "the set size of a message is not a number from 1",
    "an unknown type": "a type that does not exist",
    "not the shortest form": "not in its canonical encoding",
    "a field too many": "too few or too many fields",
    "an unknown abort code": "the code of an Abort does not exist",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name):
    kind, change, error, code = ATTACKS[name]
    wire, victim = attack(kind, change)
    assert_refused(wire, victim, error, AbortCode(code), WORDS.get(name, ""))


def test_the_servers_receipt_is_checked_too():
    agreement = make_agreement()
    server = make_hostile(make_server(agreement, items("abc")), Receipt, lambda m: replace(m, signature=bytes(64)))
    wire = Wire(make_client(agreement, items("abc")), server).run()
    assert type(wire.errors[Role.CLIENT]) is errors.ReceiptError
    assert Role.CLIENT not in wire.results


def test_a_server_with_another_key_for_one_element():
    other = oprf.generate_key_pair()

    def change(message):
        return replace(message, elements=kernel.multiply(other.secret, message.elements[:32]) + message.elements[32:])

    wire, victim = attack(Evaluated, change)
    assert_refused(wire, victim, errors.ProofError, AbortCode.FAILED)


def test_a_client_that_changes_its_second_chunk():
    count = LIMITS.chunk_items + 8
    seen = []

    def change(message):
        seen.append(message)
        if len(seen) == 2:
            return replace(message, elements=swapped(message.elements, 32))
        return message

    wire, victim = attack(Blinded, change, max_items=count, words=([f"{n}" for n in range(count)], "ab"))
    assert_refused(wire, victim, errors.CommitmentError, AbortCode.FAILED)


def test_a_client_that_commits_to_fewer_chunks():
    count = LIMITS.chunk_items + 8
    wire, victim = attack(
        Blinded, lambda m: replace(m, rest=bytes(32)), max_items=count, words=([f"{n}" for n in range(count)], "ab")
    )
    assert_refused(wire, victim, errors.CommitmentError, AbortCode.MESSAGE)


def test_more_claims_than_places():
    """A client can't claim more than the smaller set, whatever it claims."""
    wire, victim = attack(
        Claims, lambda m: replace(m, claims=bytes(16) + b"".join(bytes(15) + bytes([n]) for n in range(1, 10)),
                                  contacts=bytes(64 * 10))
    )  # fmt: skip
    assert_refused(wire, victim, errors.CountError, AbortCode.FAILED)


def test_another_agreement():
    one, other = make_agreement(), make_agreement(title="Another")
    wire = Wire(make_client(one, items("abc")), make_server(other, items("abc"))).run()
    # The Abort names the server's agreement, so that the client sees the same error for itself.
    for role in Role:
        assert type(wire.errors[role]) is errors.AgreementMismatchError
        assert wire.sessions[role].state is State.ABORTED


def test_a_peer_that_is_not_the_party():
    agreement = make_agreement()
    client, server = make_client(agreement, items("abc")), make_server(agreement, items("abc"))
    # The stranger knows the agreement and whom to seal to, but can't sign as the client.
    client._channel._identity = STRANGER
    wire = Wire(client, server).run()
    assert type(wire.errors[Role.SERVER]) is errors.PeerIdentityError
    assert not server.peer_confirmed
    assert server.state is State.ABORTED


def test_a_server_that_is_not_the_party():
    agreement = make_agreement()
    client, server = make_client(agreement, items("abc")), make_server(agreement, items("abc"))
    server._channel._identity = replace(STRANGER, sealing_key=POLICE.sealing_key)
    wire = Wire(client, server).run()
    assert type(wire.errors[Role.CLIENT]) is errors.PeerIdentityError
    assert not client.peer_confirmed


def test_both_sides_in_the_same_role():
    agreement = make_agreement()
    one, other = make_client(agreement, items("abc")), make_client(agreement, items("abc"))
    (hello,) = list(one.start(STANDING))
    list(other.start(STANDING))
    outputs = other.receive(hello.envelope)
    assert isinstance(next(outputs), Send)
    with pytest.raises(errors.RoleError, match="both sides run as client"):
        next(outputs)


LOW_ORDER = bytes(32)
BAD_KEYS = {
    "x25519 point of low order": lambda key: key[:1184] + LOW_ORDER,
    "ML-KEM key out of range": lambda key: b"\xff" * 1184 + key[1184:],
}


@pytest.mark.parametrize("kind", [Hello, ServerHello])
@pytest.mark.parametrize("name", BAD_KEYS)
def test_an_ephemeral_key_that_is_none(kind, name):
    agreement = make_agreement()
    client, server = make_client(agreement, items("abc")), make_server(agreement, items("abc"))
    hostile = client if kind is Hello else server
    # The session id is to fit, so the hostile side believes in its own key.
    hostile._channel.ephemeral_public_key = BAD_KEYS[name](hostile._channel.ephemeral_public_key)
    wire = Wire(client, server).run()
    assert_refused(wire, hostile.role.peer, errors.MessageFormatError, AbortCode.MESSAGE, "ephemeral key")


@pytest.mark.parametrize("kind", [Claims, Contacts])
@pytest.mark.parametrize("fill", [0, 5_000])
def test_slots_that_are_not_filled_as_they_must(kind, fill):
    agreement = make_agreement()
    client, server = make_client(agreement, items("ab")), make_server(agreement, items("bc"))
    hostile = client if kind is Claims else server
    honest = hostile._send
    hostile._send = lambda message, fill_to=0: honest(message, fill if isinstance(message, kind) else fill_to)
    wire = Wire(client, server).run()
    assert_refused(wire, hostile.role.peer, errors.MessageFormatError, AbortCode.FAILED, "full length")


def test_hostile_contacts_come_out_safe():
    agreement = make_agreement()
    server = make_server(agreement, items("abc"))
    server._own.contact = lambda place: "=1+1"
    wire = Wire(make_client(agreement, items("abc")), server).run()
    assert {match.peer_contact for match in wire.results[Role.CLIENT].matches} == {"'=1+1"}
