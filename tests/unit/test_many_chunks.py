"""Sets of several chunks: with threads as without, counted as they go, and never beyond the charge."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from sessions import AUDITOR, STANDING, Wire, chunks_of, make_agreement, make_client, make_server

from psimatch import errors, oprf
from psimatch.identifiers import text
from psimatch.kernel import wiping
from psimatch.messages import Blinded, Tags
from psimatch.outputs import Charge
from psimatch.parameters import Role
from psimatch.states import State

SIZE = 20
WORDS = [str(number) for number in range(SIZE)]


@pytest.fixture(autouse=True)
def _chunks():
    with chunks_of(2):
        yield


def make_wire(client_words=WORDS[:15], server_words=WORDS[5:], terms=(), **options):
    agreement = make_agreement(max_items=SIZE, contact_size=0, **dict(terms))
    client = make_client(agreement, {text(word): "" for word in client_words}, **options)
    return Wire(client, make_server(agreement, {text(word): "" for word in server_words}, **options))


def found(wire):
    assert wire.errors == {}
    return [{match.identifier.value.decode() for match in wire.results[role].matches} for role in Role]


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_threads_find_the_same(threads):
    if not threads:
        assert found(make_wire().run()) == [set(WORDS[5:15])] * 2
        return
    with ThreadPoolExecutor(threads) as executor:
        assert found(make_wire(executor=executor).run()) == [set(WORDS[5:15])] * 2


@pytest.mark.parametrize("audited", [False, True])
def test_progress_counts_the_items_of_each_phase(audited):
    options = {"terms": {"auditor": AUDITOR.public.fingerprint_text}, "auditor": AUDITOR.public} if audited else {}
    wire = make_wire(**options).run()
    sealing = ("sealing",) if audited else ()
    phases = {Role.CLIENT: ("blinding", "receiving tags", "matching"), Role.SERVER: (*sealing, "tagging", "evaluating")}
    for role, names in phases.items():
        seen = [(each.phase, each.done, each.total) for each in wire.progress[role]]
        assert seen == [(name, done, SIZE) for name in names for done in range(2, SIZE + 1, 2)]
        assert all(type(count) is int for _, *counts in seen for count in counts)


def test_no_chunk_is_evaluated_beyond_the_charge():
    wire = make_wire()
    server = wire.sessions[Role.SERVER]
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    while server.state is not State.RECEIVING_BLINDED:
        assert wire.step(Role.SERVER) or wire.step(Role.CLIENT)
    charge = wire.charges[Role.SERVER][0]
    assert charge.evaluations == SIZE
    server._charge = Charge(replace(charge, evaluations=3), bytes(32))
    sent = len(wire.sent[Role.SERVER])
    assert wire.step(Role.SERVER)
    assert type(wire.errors[Role.SERVER]) is errors.LocalProtocolError
    assert len(wire.sent[Role.SERVER]) == sent


def change_one(session, kind, number, change):
    """Let a session change the message of a kind that it sends as its how-manieth."""
    honest, seen = session._send, []

    def send(message, fill_to=0):
        if isinstance(message, kind):
            seen.append(message)
            if len(seen) == number + 1:
                message = change(message, seen)
        return honest(message, fill_to)

    session._send = send


@pytest.mark.parametrize("items", [1, 2])
def test_a_tag_of_the_message_before(items):
    wire = make_wire()
    change_one(
        wire.sessions[Role.SERVER], Tags, 1, lambda tags, seen: replace(tags, tags=seen[0].tags[-16:] + tags.tags[16:])
    )
    with chunks_of(items):
        wire.run()
    assert type(wire.errors[Role.CLIENT]) is errors.TagOrderError


@pytest.mark.parametrize("number", [1, 2, SIZE // 2 - 1])
def test_each_later_chunk_is_the_one_that_was_committed_to(number):
    def swapped(message, _):
        return replace(message, elements=message.elements[32:] + message.elements[:32])

    wire = make_wire()
    change_one(wire.sessions[Role.CLIENT], Blinded, number, swapped)
    wire.run()
    assert type(wire.errors[Role.SERVER]) is errors.CommitmentError


@pytest.mark.parametrize("audited", [False, True])
def test_only_the_first_chunk_may_have_a_root(audited):
    agreement = make_agreement(max_items=SIZE, **({"auditor": AUDITOR.public.fingerprint_text} if audited else {}))
    options = {"auditor": AUDITOR.public} if audited else {}
    wire = Wire(make_client(agreement, {}, **options), make_server(agreement, {}, **options))
    change_one(wire.sessions[Role.CLIENT], Blinded, 1, lambda message, _: replace(message, root=bytes(32)))
    wire.run()
    assert isinstance(wire.errors[Role.SERVER], errors.RemoteProtocolError)
    assert "root" in str(wire.errors[Role.SERVER])


class Unfinished(Executor):
    """Blinds, and never comes to finalize."""

    def submit(self, function, /, *arguments):
        done = Future()
        if getattr(function, "func", function) is not oprf.finalize:
            done.set_result(function(*arguments))
        return done


@pytest.mark.skipif(wiping.compiled is None, reason="without the C kernels bytes can't be wiped")
def test_the_blinds_of_a_chunk_that_is_answered_and_not_finalized_are_wiped():
    wire = make_wire(executor=Unfinished())
    client = wire.sessions[Role.CLIENT]
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    while not client._unblinding:
        assert wire.step(Role.SERVER) or wire.step(Role.CLIENT)
    secrets = [blinding.blinds for blinding in client._unblinding]
    assert all(any(secret) for secret in secrets)
    client.cancel()
    assert not any(any(secret) for secret in secrets)
