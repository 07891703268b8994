"""Two honest sessions find exactly the plain intersection, and show nothing more than they must."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial

import pytest
from sessions import (
    CARE,
    POLICE,
    STANDING,
    STRANGER,
    TODAY,
    Wire,
    chunks_of,
    make_agreement,
    make_client,
    make_server,
    make_terms,
    submission,
)

from psimatch import errors, randomness
from psimatch.agreement import Agreement
from psimatch.client import ClientSession
from psimatch.identifiers import Identifier, dummy, nl_bsn, text
from psimatch.matching import Candidates
from psimatch.outputs import Charge, ChargeNeeded
from psimatch.parameters import LIMITS, Role
from psimatch.server import ServerSession
from psimatch.states import State
from psimatch.terms import Reveal


def flags(words, contact="ring {}"):
    return {text(word): contact.format(word) if contact else "" for word in words}


def run(agreement, client_words, server_words, **options):
    client = make_client(agreement, flags(client_words, "care {}"), **options)
    server = make_server(agreement, flags(server_words, "police {}"), **options)
    wire = Wire(client, server).run()
    assert wire.errors == {}
    return wire


@pytest.mark.parametrize(
    ("client_words", "server_words"),
    [("abc", "bcd"), ("abc", "abc"), ("abc", "def"), ("", "abc"), ("abc", ""), ("", ""), ("a", "abcdefgh")],
)
def test_both_learn_the_intersection_and_the_contacts(client_words, server_words):
    wire = run(make_agreement(), client_words, server_words)
    common = set(client_words) & set(server_words)
    client, server = wire.results[Role.CLIENT], wire.results[Role.SERVER]
    assert {match.identifier for match in client.matches} == {text(word) for word in common}
    assert {match.identifier for match in server.matches} == {text(word) for word in common}
    for match in client.matches:
        assert match.peer_contact == "police " + match.identifier.value.decode()
    for match in server.matches:
        assert match.peer_contact == "care " + match.identifier.value.decode()
    named = [{(match.identifier, match.reference) for match in result.matches} for result in (client, server)]
    assert named[0] == named[1]
    assert client.receipt == server.receipt
    assert client.receipt.matches == len(common)


def test_reveal_client_shows_the_server_nothing():
    wire = run(make_agreement(reveal=Reveal.CLIENT), "abc", "bcd")
    assert len(wire.results[Role.CLIENT].matches) == 2
    assert wire.results[Role.SERVER].matches is None
    assert wire.results[Role.SERVER].receipt.matches is None


@pytest.mark.parametrize("reveal", Reveal)
def test_what_a_ledger_is_told_of_the_receipt(reveal):
    """The client's word first, without matches; then both signatures, and the number where this side learns it."""
    wire = run(make_agreement(reveal=reveal), "abc", "bcd")
    alone, client = wire.receipts[Role.CLIENT]
    (server,) = wire.receipts[Role.SERVER]
    assert alone.receipt == client.receipt == server.receipt
    assert (alone.matches, alone.peer_signature) == (None, None)
    assert (client.matches, server.matches) == (2, 2 if reveal is Reveal.BOTH else None)
    assert (client.signature, client.peer_signature) == (server.peer_signature, server.signature)
    assert alone.signature == client.signature != server.signature
    for role, told in ((Role.CLIENT, client), (Role.SERVER, server)):
        result = wire.results[role]
        assert result.role is role
        assert (result.receipt, result.signature, result.peer_signature) == (
            told.receipt,
            told.signature,
            told.peer_signature,
        )


@pytest.mark.parametrize("reveal", Reveal)
def test_lengths_do_not_depend_on_the_lists(reveal):
    agreement = make_agreement(reveal=reveal)
    seen = set()
    for client_words, server_words in (("", ""), ("abc", "abc"), ("abcdefgh", "hgfedcba"), ("a", "z")):
        wire = run(agreement, client_words, server_words)
        seen.add(tuple(tuple(len(envelope) for envelope in wire.sent[role]) for role in Role))
    # With `both`, the Receipt tells both sides the number of matches, sealed, in one byte for up to 127.
    assert len(seen) == 1


def test_the_length_of_a_receipt_does_not_show_the_number_of_matches():
    agreement = make_agreement(max_items=300, contact_size=0)
    lengths = set()
    for common in (0, 127, 128, 256, 300):
        words = [str(number) for number in range(300)]
        others = words[:common] + [f"other {number}" for number in range(300 - common)]
        wire = run(agreement, words, others)
        assert wire.results[Role.SERVER].receipt.matches == common
        lengths.add(tuple(len(wire.sent[role][-1]) for role in Role))
    assert len(lengths) == 1


def test_nothing_comes_of_an_iterator_after_cancel():
    agreement = make_agreement()
    client, server = make_client(agreement, flags("abc")), make_server(agreement, flags("bcd"))
    (hello,) = client.start(STANDING)
    list(server.start())
    outputs = server.receive(hello.envelope)
    next(outputs)
    assert len(server.cancel()) == 1
    assert list(outputs) == []
    assert server._key is None
    assert not server._outputs
    assert not hasattr(server._own, "_submission")
    assert server.state is State.ABORTED
    with pytest.raises(errors.LocalProtocolError, match="ended"):
        server._channel.seal(b"nothing more is sealed, to no key")


def test_a_failing_executor_leaves_no_secret_and_the_peer_is_told():
    class Failing(ThreadPoolExecutor):
        def submit(self, *arguments, **options):
            raise MemoryError

    agreement = make_agreement(max_items=300, contact_size=0)
    client = make_client(agreement, flags("abc", ""))
    server = make_server(agreement, flags("bcd", ""), executor=Failing())
    wire = Wire(client, server).run()
    assert isinstance(wire.errors[Role.SERVER], MemoryError)
    assert server._key is None
    assert not hasattr(server._own, "_submission")
    with pytest.raises(errors.LocalProtocolError):
        list(server.receive(b""))
    wire.take(Role.SERVER, server.cancel())
    while wire.step(Role.CLIENT):
        pass
    assert isinstance(wire.errors[Role.CLIENT], errors.PeerAbortedError)


def test_the_server_is_finished_when_its_counter_signature_leaves():
    agreement = make_agreement()
    client, server = make_client(agreement, flags("abc")), make_server(agreement, flags("bcd"))
    wire = Wire(client, server)
    states = []
    wire.tamper = lambda role, number, envelope: states.append(server.state) or [envelope]
    wire.run()
    assert states[-1] is State.FINISHED
    assert server.cancel() == ()
    assert set(wire.results) == set(Role)


def test_no_message_waits_for_work_that_depends_on_the_number_of_dummies(monkeypatch):
    """The set is filled while the peer waits: as many dummies are drawn for a full list as for an empty one."""
    agreement, honest, drawn = make_agreement(), randomness.random_bytes, {}

    def recorded(words, size):
        drawn.setdefault(words, []).append(size)
        return honest(size)

    for words in ("", "abc", "abcdefgh"):
        monkeypatch.setattr(randomness, "random_bytes", partial(recorded, words))
        wire = Wire(make_client(agreement, flags(words)), make_server(agreement, flags("abc"))).run()
        assert wire.errors == {}
    assert 8 * 32 in drawn[""]
    assert drawn[""] == drawn["abc"] == drawn["abcdefgh"]


def test_with_reveal_client_no_message_waits_for_work_that_depends_on_the_matches(monkeypatch):
    sent_before = set()
    honest = Candidates.add

    def add(candidates, *arguments):
        sent_before.add(len(wire.sent[Role.CLIENT]))
        honest(candidates, *arguments)

    monkeypatch.setattr(Candidates, "add", add)
    agreement = make_agreement(reveal=Reveal.CLIENT, max_items=2 * LIMITS.chunk_items)
    words = [str(number) for number in range(2 * LIMITS.chunk_items)]
    wire = Wire(make_client(agreement, flags(words, "")), make_server(agreement, flags(words, "")))
    wire.run()
    assert len(wire.results[Role.CLIENT].matches) == len(words)
    assert sent_before == {len(wire.sent[Role.CLIENT])}


def test_several_chunks_and_a_large_bucket():
    count = LIMITS.chunk_items + 52
    agreement = make_agreement(max_items=count, contact_size=0)
    shared = [f"both {number}" for number in range(LIMITS.small_bucket + 3)]
    client_words = shared + [f"care {number}" for number in range(count - len(shared))]
    wire = run(agreement, client_words, shared)
    # The client fills the whole agreement; the server's list is filled up by Padmé.
    assert wire.results[Role.CLIENT].client_set_size == count
    assert wire.results[Role.CLIENT].server_set_size == 1_088
    for role in Role:
        assert {match.identifier for match in wire.results[role].matches} == {text(word) for word in shared}
    assert [one.evaluations for one in wire.charges[Role.CLIENT]] == [1_088]
    assert [one.evaluations for one in wire.charges[Role.SERVER]] == [count]
    assert {one.phase for one in wire.progress[Role.CLIENT]} == {"blinding", "receiving tags", "matching"}


def test_a_client_keeps_four_chunks_ahead_and_no_more():
    agreement = make_agreement(max_items=20, contact_size=0)
    with chunks_of(2):
        wire = Wire(make_client(agreement, flags("abc", "")), make_server(agreement, flags("abc", "")))
        for role, session in wire.sessions.items():
            wire.take(role, session.start(STANDING))
        ahead = []
        while any([wire.step(role) for role in Role]):
            client = wire.sessions[Role.CLIENT]
            if client.state is State.RECEIVING_EVALUATED:
                # Of both sides, what came before chunks and answers: Hello; ServerHello and ten Tags.
                sent, answered = len(wire.sent[Role.CLIENT]) - 1, len(client._channel.received) - 11
                ahead.append((sent, sent - answered))
    assert {chunks for sent, chunks in ahead if sent < 10} == {4}
    assert {chunks for sent, chunks in ahead if sent == 10} == {4, 3, 2, 1}


def test_each_session_has_its_own_keys_and_references():
    agreement = make_agreement()
    one, other = run(agreement, "abc", "abc"), run(agreement, "abc", "abc")
    assert one.results[Role.CLIENT].session_id != other.results[Role.CLIENT].session_id
    names = [{match.reference for match in wire.results[Role.CLIENT].matches} for wire in (one, other)]
    assert not names[0] & names[1]


def test_keys_and_lists_are_dropped_at_the_end():
    wire = run(make_agreement(), "abc", "bcd")
    client, server = wire.sessions[Role.CLIENT], wire.sessions[Role.SERVER]
    assert client.state is server.state is State.FINISHED
    assert not client._blindings
    assert server._key is None
    assert not server._outputs
    for session in (client, server):
        assert not hasattr(session._own, "_submission")
        assert not session._candidates
    assert client._channel._ephemeral_key is None


def test_a_charge_must_be_the_one_that_was_asked_for():
    agreement = make_agreement()
    client, server = make_client(agreement, flags("abc")), make_server(agreement, flags("bcd"))
    wire = Wire(client, server)
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    while not wire.charges[Role.CLIENT]:
        wire.step(Role.SERVER)
        wire.step(Role.CLIENT)
    with pytest.raises(errors.LocalProtocolError, match="nothing can be received"):
        list(client.receive(wire.sent[Role.SERVER][-1]))
    with pytest.raises(errors.LocalProtocolError, match="not asked for"):
        list(client.grant(Charge(ChargeNeeded(bytes(32), bytes(32), 8), bytes(32))))
    with pytest.raises(errors.LocalProtocolError, match="not asked for"):
        list(server.grant(wire.asked[Role.CLIENT]))
    wire.take(Role.CLIENT, client.grant(wire.asked.pop(Role.CLIENT)))
    while any([wire.step(role) for role in Role]):
        pass
    assert wire.errors == {}
    assert set(wire.results) == set(Role)


def test_no_element_is_evaluated_before_the_charge(monkeypatch):
    agreement = make_agreement()
    wire = Wire(make_client(agreement, flags("abc")), make_server(agreement, flags("bcd")))
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    while not wire.charges[Role.SERVER]:
        wire.step(Role.CLIENT)
        if not wire.charges[Role.SERVER]:
            wire.step(Role.SERVER)
    evaluated = []
    monkeypatch.setattr("psimatch.oprf.blind_evaluate", lambda *args, **kwargs: evaluated.append(args))
    assert not wire.step(Role.CLIENT)
    assert evaluated == []
    assert wire.sessions[Role.SERVER].state is State.CHARGING_BLINDED


# What can't even begin.


def test_more_identifiers_than_allowed():
    with pytest.raises(
        errors.TooManyItemsError, match="takes 9 places, one for each identifier; the agreement allows 8"
    ):
        make_client(make_agreement(), flags("abcdefghi"))


@pytest.mark.parametrize("identifier", [nl_bsn("123456782"), dummy(bytes(32))])
def test_a_kind_that_the_agreement_does_not_name(identifier):
    with pytest.raises(errors.LocalProtocolError, match="does not name the kind"):
        make_client(make_agreement(), {identifier: ""})


@pytest.mark.parametrize(
    "identifier",
    [
        Identifier("nl-bsn", 1, b"1234.56.782"),
        Identifier("nl-bsn", 1, b"23456782"),
        Identifier("nl-address", 1, b"1234ab 12"),
        Identifier("nl-address", 1, b"1234AB 012"),
        Identifier("nl-address", 1, b"1234AB 12 bis"),
        Identifier("text", 1, "e\u0301".encode()),
        Identifier("text", 1, b"\xff"),
    ],
)
def test_an_identifier_that_could_match_nothing(identifier):
    agreement = make_agreement(kinds=("nl-address/1", "nl-bsn/1", "text/1"))
    with pytest.raises(errors.FieldError, match="canonical form"):
        make_client(agreement, {identifier: ""})


@pytest.mark.parametrize("contact", ["x" * 49, "é" * 25, "a\nb", "a\x00", "\x1b[31m"])
def test_a_contact_that_does_not_fit(contact):
    with pytest.raises(errors.FieldError):
        make_client(make_agreement(), {text("a"): contact})


def test_the_agreement_must_hold():
    half = Agreement(make_terms()).sign(CARE)
    with pytest.raises(errors.AgreementUnsignedError, match="server"):
        make_client(half, {})
    agreement = make_agreement()
    changed = Agreement(make_terms(max_items=9), agreement.signatures)
    with pytest.raises(errors.AgreementChangedError):
        make_client(changed, {})
    for today, words in ((date(2026, 12, 31), "not yet"), (date(2027, 7, 1), "expired")):
        with pytest.raises(errors.AgreementNotInForceError, match=words):
            ClientSession(agreement, CARE, POLICE.public, submission(agreement, {}), today=today)
    for today in (date(2027, 1, 1), date(2027, 6, 30), datetime(2027, 6, 30, 23, 59)):
        ClientSession(agreement, CARE, POLICE.public, submission(agreement, {}), today=today)


def test_the_identities_must_be_the_parties():
    agreement = make_agreement()
    none = submission(agreement, {})
    with pytest.raises(errors.NotAPartyError, match="not a party"):
        ClientSession(agreement, STRANGER, POLICE.public, none, today=TODAY)
    with pytest.raises(errors.NotAPartyError, match="not a party"):
        ClientSession(agreement, CARE, STRANGER.public, none, today=TODAY)
    with pytest.raises(errors.NotAPartyError, match="one and the same"):
        ClientSession(agreement, CARE, CARE.public, none, today=TODAY)
    with pytest.raises(errors.NotAPartyError, match="makes this identity the client, not the server"):
        ServerSession(agreement, CARE, POLICE.public, none, today=TODAY)
    with pytest.raises(errors.AgreementFormatError, match="its own peer"):
        make_terms(server=make_terms().client)
