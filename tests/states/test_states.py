"""Every message in every state: what the table names is taken, all else is refused; and the spec shows the table."""

from pathlib import Path

import pytest
from sessions import STANDING, Wire, chunks_of, make_agreement, make_client, make_server

from psimatch import errors, states
from psimatch.identifiers import text
from psimatch.messages import (
    Abort,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    LedgerHead,
    Receipt,
    ServerHello,
    Standing,
    Tags,
)
from psimatch.parameters import Role
from psimatch.states import FINAL, TRANSITIONS, State
from psimatch.terms import Reveal

SPEC = Path(__file__).parents[2] / "protocol_spec" / "psimatch-1.md"
SAMPLES = [
    Hello(bytes(32), bytes(1216), 8, *Standing(1, 0).fields),
    ServerHello(bytes(32), bytes(1216), bytes(32), 8, *Standing(1, 0).fields),
    Tags(False, bytes(16)),
    Blinded(bytes(32), bytes(32)),
    Evaluated(bytes(32), bytes(64)),
    Claims(False, b"", b""),
    Contacts(0, b""),
    LedgerHead(bytes(32)),
    Receipt(b"", bytes(64)),
]
# With chunks of two, every series has more than one message.
COUNT = 5


def expected(role, state):
    return {
        item.event.removeprefix("last ").partition(",")[0]
        for item in TRANSITIONS
        if (item.role, item.state) == (role, state)
    } - {"start", "admit", "charge"}


def test_the_spec_shows_the_table():
    shown = SPEC.read_text().partition("<!-- states -->")[2].partition("<!-- /states -->")[0]
    assert shown.strip() == states.as_markdown()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_the_table_decides(role, state, message):
    name = type(message).__name__
    if name in expected(role, state):
        states.check_expected(role, state, name)
    else:
        with pytest.raises(errors.UnexpectedMessageError, match=state.value):
            states.check_expected(role, state, name)


def test_every_state_is_reached_and_left():
    for role in Role:
        reached = {item.after for item in TRANSITIONS if item.role is role}
        left = {item.state for item in TRANSITIONS if item.role is role}
        assert left - reached == {State.NEW}
        assert reached - left == {State.FINISHED}
    assert {State.FINISHED, State.ABORTED} == FINAL


@pytest.fixture
def wire(request):
    """Return two started sessions whose lists are cut into chunks of two."""
    reveal = getattr(request, "param", Reveal.BOTH)
    with chunks_of(2):
        shared = {text(str(number)): "" for number in range(COUNT)}
        agreement = make_agreement(max_items=COUNT, contact_size=0, reveal=reveal)
        wire = Wire(make_client(agreement, shared), make_server(agreement, shared))
        for role, session in wire.sessions.items():
            wire.take(role, session.start(STANDING))
        yield wire


def signed_by_peer_in(wire, role, state, message):
    """Bring a session to a state; return the message as the next envelope of its peer, and the session."""
    session, peer = wire.sessions[role], wire.sessions[role.peer]
    while session.state is not state:
        if not wire.step(role):
            assert wire.step(role.peer)
    # Nothing that was on its way arrives: this message takes its place.
    peer._channel.sent = peer._channel.sent[: len(session._channel.received)]
    return session, peer._send(message).envelope


@pytest.mark.parametrize("wire", Reveal, indirect=True)
def test_an_honest_session_takes_every_step_of_the_table(wire, monkeypatch):
    reveal = wire.sessions[Role.CLIENT].terms.reveal
    taken = {(role, State.NEW, "start") for role in Role}
    honest = states.after

    def recorded(role, state, event):
        taken.add((role, state, event))
        return honest(role, state, event)

    monkeypatch.setattr(states, "after", recorded)
    while any([wire.step(role) for role in Role]):
        pass
    assert wire.errors == {}
    other = "client" if reveal is Reveal.BOTH else "both"
    meant = {(item.role, item.state, item.event) for item in TRANSITIONS if f"reveal {other}" not in item.event}
    if reveal is Reveal.CLIENT:
        meant = {step for step in meant if step[1] not in {State.RECEIVING_CLAIMS, State.RECEIVING_CONTACTS}}
    assert taken == meant


POSITIONS = [(role, state) for role in Role for state in State if expected(role, state)]
OUT_OF_PLACE = [
    pytest.param(role, state, message, id=f"{role.value} {state.value}: {type(message).__name__}")
    for role, state in POSITIONS
    for message in SAMPLES
    if type(message).__name__ not in expected(role, state)
]


@pytest.mark.parametrize(("role", "state", "message"), OUT_OF_PLACE)
def test_an_unexpected_message_ends_the_session(wire, role, state, message):
    """The peer's real session signs a message that is out of place; nothing but a refusal comes of it."""
    session, envelope = signed_by_peer_in(wire, role, state, message)
    with pytest.raises(errors.UnexpectedMessageError):
        list(session.receive(envelope))
    assert session.state is State.ABORTED


@pytest.mark.parametrize(("role", "state"), POSITIONS, ids=lambda value: value.value)
def test_an_abort_is_taken_in_every_state(wire, role, state):
    session, envelope = signed_by_peer_in(wire, role, state, Abort(errors.AbortCode.CANCELLED))
    with pytest.raises(errors.PeerAbortedError):
        list(session.receive(envelope))
    assert session.state is State.ABORTED
