"""Claims and contacts that take several messages: how many follow from the number of claims, and all else is refused."""

from dataclasses import replace

import pytest
from sessions import STANDING, Wire, chunks_of, make_agreement, make_client, make_server

from psimatch import client as client_module
from psimatch import errors
from psimatch.identifiers import text
from psimatch.messages import Claims, Contacts, Standing
from psimatch.outputs import Admission, AdmissionNeeded, ChargeNeeded
from psimatch.parameters import LIMITS, Role

SIZE = 8
CONTACT = 64


@pytest.fixture(autouse=True)
def small_bucket():
    """Let places be rounded up from two on, not from 1,024: what a set of 4,096 does, a set of eight does here."""
    before = LIMITS.small_bucket
    object.__setattr__(LIMITS, "small_bucket", 2)
    yield
    object.__setattr__(LIMITS, "small_bucket", before)


def run(matches, change=lambda number, message: message, *, chunk=2, kind=Claims):
    """Run a session with so many matches; `change` takes the messages of one kind before they are signed.

    Returns the wire, and the messages as they were before.
    """
    agreement = make_agreement(max_items=SIZE)
    shared = [str(number) for number in range(matches)]
    lists = [[*shared, *(f"{side} {number}" for number in range(SIZE - matches))] for side in "cs"]
    sessions = [
        make(agreement, {text(word): f"ring {word}" for word in words})
        for make, words in zip((make_client, make_server), lists, strict=True)
    ]
    honest, seen = sessions[kind is Contacts]._send, []

    def send(message, fill_to=0):
        if isinstance(message, kind):
            seen.append(message)
            message = change(len(seen) - 1, message)
        return honest(message, fill_to)

    sessions[kind is Contacts]._send = send
    with chunks_of(chunk):
        return Wire(*sessions).run(), seen


@pytest.mark.parametrize("kind", [Claims, Contacts])
@pytest.mark.parametrize(("matches", "places"), [(0, 2), (1, 2), (2, 2), (3, 4), (4, 4), (5, 8), (8, 8)])
def test_places_are_a_power_of_two_and_full_from_the_front(kind, matches, places):
    wire, sent = run(matches, kind=kind)
    assert wire.errors == {}
    for role in Role:
        found = {(match.identifier.value, match.peer_contact) for match in wire.results[role].matches}
        assert found == {(str(number).encode(), f"ring {number}") for number in range(matches)}
    claimed = [len(message.contacts) // CONTACT for message in sent]
    assert claimed == [min(2, max(0, matches - start)) for start in range(0, places, 2)]
    if kind is Claims:
        assert [message.last for message in sent] == [False] * (places // 2 - 1) + [True]


def test_the_same_claim_in_two_messages():
    first = []

    def change(number, message):
        first.append(message)
        return replace(message, claims=first[0].claims) if number == 1 else message

    wire, _ = run(3, change, chunk=1)
    assert type(wire.errors[Role.SERVER]) is errors.RepeatedClaimError


@pytest.mark.parametrize("place", [0, 1])
def test_a_claim_after_a_place_that_was_left_free(place):
    def change(number, message):
        return (
            replace(message, claims=message.claims[:16], contacts=message.contacts[:CONTACT])
            if number == place
            else message
        )

    wire, _ = run(7, change)
    assert type(wire.errors[Role.SERVER]) is errors.CountError
    assert "places left" in str(wire.errors[Role.SERVER])


@pytest.mark.parametrize(("matches", "places"), [(0, 4), (1, 4), (1, 6), (2, 8), (3, 8), (4, 6)])
def test_more_places_than_the_number_of_claims_calls_for(monkeypatch, matches, places):
    monkeypatch.setattr(client_module, "slots", lambda claims, smaller: places)
    wire, _ = run(matches)
    assert type(wire.errors[Role.SERVER]) is errors.CountError
    assert "more messages" in str(wire.errors[Role.SERVER])


@pytest.mark.parametrize("place", [0, 1])
def test_contacts_that_are_fewer_than_the_claims_of_their_message(place):
    def change(number, message):
        return (
            replace(message, count=message.count - 1, contacts=message.contacts[CONTACT:])
            if number == place
            else message
        )

    wire, _ = run(4, change, kind=Contacts)
    assert type(wire.errors[Role.CLIENT]) is errors.ContactCountError
    assert Role.CLIENT not in wire.results


def test_both_sides_name_the_sizes_of_client_and_server():
    agreement = make_agreement(max_items=SIZE)
    wire = Wire(make_client(agreement, {}), make_server(agreement, {text(str(n)): "" for n in range(SIZE)})).run()
    for role in Role:
        result = wire.results[role]
        assert (result.client_set_size, result.server_set_size) == (2, SIZE)
        assert (result.receipt.client_set_size, result.receipt.server_set_size) == (2, SIZE)


def test_a_ledger_is_asked_about_this_session_and_this_peer():
    agreement = make_agreement(max_items=SIZE)
    wire = Wire(make_client(agreement, {}), make_server(agreement, {text(str(n)): "" for n in range(SIZE)}))
    client, server = wire.sessions[Role.CLIENT], wire.sessions[Role.SERVER]
    admissions = {}
    for role, session in wire.sessions.items():
        wire.take(role, session.start(Standing(3, 7, bytes([8]) * 32)))
    while any([wire.step(role) for role in Role]):
        admissions |= {role: grant.needed for role, grant in wire.asked.items() if isinstance(grant, Admission)}
    session_id, hello = client._channel.session_id, client._channel.sent[0]
    assert admissions[Role.SERVER] == AdmissionNeeded(session_id, hello, 2, SIZE, Standing(3, 7, bytes([8]) * 32))
    assert admissions[Role.CLIENT] == AdmissionNeeded(session_id, hello, SIZE, 2, STANDING)
    assert wire.charges[Role.SERVER] == [ChargeNeeded(session_id, client._identity.public.fingerprint, 2)]
    assert wire.charges[Role.CLIENT] == [ChargeNeeded(session_id, server._identity.public.fingerprint, SIZE)]
