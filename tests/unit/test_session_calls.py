"""Callers that don't do as they are told: what a session gives, keeps and takes then."""

from itertools import islice

import pytest
from sessions import AUDITOR, STANDING, Wire, make_agreement, make_client, make_server

from psimatch import errors
from psimatch.errors import AbortCode
from psimatch.identifiers import text
from psimatch.kernel import wiping
from psimatch.outputs import Admission, AdmissionNeeded, AuditBegun, Charge, ChargeNeeded, Finished, ReceiptSigned, Send
from psimatch.parameters import Role
from psimatch.states import State

ITEMS, OTHERS = ({text(word): f"ring {word}" for word in words} for words in ("abc", "bcd"))


def test_matches_are_dropped_where_the_last_entry_of_the_ledger_fails():
    """Only a finished session gives its matches away, and then it keeps none."""
    wire = Wire(make_client(make_agreement(), ITEMS), make_server(make_agreement(), ITEMS))
    client = wire.sessions[Role.CLIENT]
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    while client.state is not State.AWAITING_RECEIPT or not wire.queues[Role.CLIENT]:
        assert wire.step(Role.SERVER) or wire.step(Role.CLIENT)
    outputs = client.receive(wire.queues[Role.CLIENT].popleft())
    assert isinstance(next(outputs), ReceiptSigned)
    assert client._matches
    outputs.close()
    client.cancel()
    assert client._matches is None


@pytest.mark.parametrize("role", Role)
def test_a_grant_of_the_other_kind_was_not_asked_for(role):
    wire = Wire(make_client(make_agreement(), ITEMS), make_server(make_agreement(), ITEMS))
    session = wire.sessions[role]
    for each, other in wire.sessions.items():
        wire.take(each, other.start(STANDING))
    for needed, wrong in ((AdmissionNeeded, Charge), (ChargeNeeded, Admission)):
        while not isinstance(session._needed, needed):
            assert wire.step(role.peer) or wire.step(role)
        state = session.state
        with pytest.raises(errors.LocalProtocolError, match="not asked for"):
            list(session.grant(wrong(session._needed, bytes(32))))
        assert session.state is state


@pytest.mark.parametrize("end", [lambda outputs: outputs.close(), lambda outputs: list(outputs)])
def test_the_call_that_asked_can_end_while_the_grant_runs(end):
    """What comes of a grant is still to be iterated to its end before the next envelope is taken."""
    client, server = make_client(make_agreement(), ITEMS), make_server(make_agreement(), ITEMS)
    (hello,) = client.start(STANDING)
    list(server.start())
    asking = server.receive(hello.envelope)
    granted = server.grant(Admission(next(asking), STANDING))
    assert isinstance(next(granted), Send)
    assert not end(asking)
    with pytest.raises(errors.LocalProtocolError, match="not iterated"):
        list(server.receive(hello.envelope))
    assert any(isinstance(output, Send) for output in granted)
    assert server.state is State.AWAITING_BLINDED


@pytest.mark.parametrize("taken", range(1, 16))
def test_nothing_is_sent_after_cancel_while_the_audit_file_is_written(taken):
    """And the peer learns that it was cancelled, or nothing; never that a message was out of order."""
    agreement = make_agreement(auditor=AUDITOR.public.fingerprint_text)
    wire = Wire(*(make(agreement, ITEMS, auditor=AUDITOR.public) for make in (make_client, make_server)))
    server = wire.sessions[Role.SERVER]
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    wire.step(Role.SERVER)
    outputs = server.grant(wire.asked.pop(Role.SERVER))
    wire.take(Role.SERVER, islice(outputs, taken))
    aborts = server.cancel()
    assert server.ended
    assert not any(isinstance(output, Send) for output in outputs)
    wire.take(Role.SERVER, aborts)
    while wire.step(Role.CLIENT):
        pass
    assert [type(error) for error in wire.errors.values()] == [errors.PeerAbortedError] * len(aborts)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("reason", [AbortCode.CANCELLED, AbortCode.BUDGET])
def test_before_it_has_begun_a_client_alone_says_why_it_does_not(role, reason):
    make = make_client if role is Role.CLIENT else make_server
    session = make(make_agreement(), ITEMS)
    told = session.cancel(reason)
    assert len(told) == (role is Role.CLIENT and reason is not AbortCode.CANCELLED)
    assert session.state is State.ABORTED
    assert session.cancel(reason) == ()


@pytest.mark.parametrize("leave", [True, False])
def test_a_charge_may_be_granted_within_the_loop(leave):
    agreement = make_agreement()
    sessions = {
        Role.CLIENT: make_client(agreement, ITEMS),
        Role.SERVER: make_server(agreement, OTHERS),
    }
    inbox, results = [], {}

    def deliver(role, outputs):
        for output in outputs:
            if isinstance(output, Send):
                inbox.append((role.peer, output.envelope))
            elif isinstance(output, ChargeNeeded):
                deliver(role, sessions[role].grant(Charge(output, bytes(32))))
                if leave:
                    return
            elif isinstance(output, AdmissionNeeded):
                deliver(role, sessions[role].grant(Admission(output, STANDING)))
                if leave:
                    return
            elif isinstance(output, Finished):
                results[role] = output.result

    for role, session in sessions.items():
        deliver(role, session.start(STANDING))
    while inbox:
        role, envelope = inbox.pop(0)
        deliver(role, sessions[role].receive(envelope))
    assert set(results) == set(Role)


@pytest.mark.parametrize("audited", [False, True])
def test_an_iterator_that_is_left_half_way_ends_the_session(audited):
    """With an auditor the first output says what to begin the audit file with; it comes before the session's own."""
    agreement = make_agreement(auditor=AUDITOR.public.fingerprint_text if audited else "")
    auditor = AUDITOR.public if audited else None
    client, server = (make(agreement, ITEMS, auditor=auditor) for make in (make_client, make_server))
    (hello,) = client.start(STANDING)
    list(server.start())
    (asked,) = server.receive(hello.envelope)
    outputs = server.grant(Admission(asked, STANDING))
    assert isinstance(next(outputs), AuditBegun if audited else Send)
    outputs.close()
    assert server._key is None
    with pytest.raises(errors.LocalProtocolError, match="not iterated"):
        list(server.receive(hello.envelope))
    assert len(server.cancel()) == 1


def test_calls_out_of_turn():
    agreement = make_agreement()
    client = make_client(agreement, ITEMS)
    with pytest.raises(errors.LocalProtocolError, match="nothing can be received"):
        list(client.receive(b""))
    unfinished = client.start(STANDING)
    next(unfinished)
    with pytest.raises(errors.LocalProtocolError, match="not iterated"):
        list(client.receive(b""))
    list(unfinished)
    with pytest.raises(errors.LocalProtocolError, match="starts once"):
        list(client.start(STANDING))
    assert len(client.cancel()) == 1
    assert client.ended
    assert client.cancel() == ()
    with pytest.raises(errors.LocalProtocolError, match="nothing can be received"):
        list(client.receive(b""))


def test_cancel_tells_the_peer():
    agreement = make_agreement()
    wire = Wire(make_client(agreement, ITEMS), make_server(agreement, OTHERS))
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    wire.step(Role.SERVER)
    wire.take(Role.SERVER, wire.sessions[Role.SERVER].cancel())
    while wire.step(Role.CLIENT):
        pass
    error = wire.errors[Role.CLIENT]
    assert isinstance(error, errors.PeerAbortedError)
    assert error.reason is errors.AbortCode.CANCELLED
    assert str(error).startswith("the peer ended the session: ")
    assert error.hint == "ask the other side what it saw"
    assert wire.sessions[Role.CLIENT].state is State.ABORTED


def test_a_peer_is_confirmed_by_what_it_signed_in_this_session():
    """A Hello may be an old one, and so may an Abort that follows it; one that answers this side is not."""
    wire = Wire(make_client(make_agreement(), ITEMS), make_server(make_agreement(), OTHERS))
    client, server = wire.sessions.values()
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    wire.step(Role.SERVER)
    assert server.state is State.ADMITTING_CLIENT
    wire.step(Role.SERVER)
    assert (client.peer_confirmed, server.peer_confirmed) == (False, False)
    wire.step(Role.CLIENT)
    assert (client.peer_confirmed, server.peer_confirmed) == (True, False)
    while server.state is not State.CHARGING_BLINDED:
        assert wire.step(Role.CLIENT) or wire.step(Role.SERVER)
    assert server.peer_confirmed


@pytest.mark.parametrize(("taken", "confirmed"), [(0, False), (1, True)])
def test_an_abort_confirms_the_peer_if_it_answers_this_side(taken, confirmed):
    wire = Wire(make_client(make_agreement(), ITEMS), make_server(make_agreement(), OTHERS))
    client, server = wire.sessions.values()
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    for _ in range(2):
        wire.step(Role.SERVER)
    for _ in range(taken):
        wire.step(Role.CLIENT)
    wire.take(Role.CLIENT, client.cancel())
    wire.step(Role.SERVER)
    assert isinstance(wire.errors[Role.SERVER], errors.PeerAbortedError)
    assert server.peer_confirmed is confirmed


@pytest.mark.skipif(wiping.compiled is None, reason="without the C kernels bytes can't be wiped")
@pytest.mark.parametrize("answered", [False, True])
def test_what_ends_wipes_its_blinds_and_outputs(answered):
    wire = Wire(make_client(make_agreement(), ITEMS), make_server(make_agreement(), OTHERS))
    client, server = wire.sessions.values()
    for role, session in wire.sessions.items():
        wire.take(role, session.start(STANDING))
    while not client._blindings or server.state is not State.AWAITING_BLINDED:
        assert wire.step(Role.SERVER) or wire.step(Role.CLIENT)
    secrets = [blinding.blinds for _, blinding in client._blindings]
    if answered:
        while server.state is not State.RECEIVING_CLAIMS:
            assert wire.step(Role.CLIENT) or wire.step(Role.SERVER)
    secrets += [server._outputs, server._claims]
    assert all(any(secret) for secret in secrets)
    for session in (client, server):
        session.cancel()
    assert not any(any(secret) for secret in secrets)
