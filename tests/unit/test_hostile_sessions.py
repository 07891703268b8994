"""Envelopes of one session in another, recordings, a withdrawal in the middle, and strangers who cost something."""

import contextlib
import socket
import threading
from concurrent.futures import Executor, Future

import pytest
from ledger_sessions import finish, kinds
from sessions import (
    CARE,
    POLICE,
    STANDING,
    STRANGER,
    TODAY,
    Wire,
    make_agreement,
    make_client,
    make_server,
    make_terms,
    submission,
)

from psimatch import drive, errors, kernel, oprf
from psimatch.agreement import Agreement
from psimatch.budget import Spending
from psimatch.client import ClientSession
from psimatch.envelope import Channel
from psimatch.identifiers import text
from psimatch.identity import Identity, PublicIdentity, WrongSignatureError
from psimatch.ledger import Ledger
from psimatch.messages import Standing
from psimatch.outputs import Send
from psimatch.parameters import Role
from psimatch.selector import SELECTOR_BYTES, seal_selector
from psimatch.standing import check_standing
from psimatch.terms import Party, Reveal
from psimatch.transports import TcpListener, Timeouts

ITEMS = {text("shared"): "", text("other"): ""}
AGREEMENT = make_agreement()


def new_wire(agreement=AGREEMENT, **options):
    return Wire(make_client(agreement, ITEMS), make_server(agreement, ITEMS), **options)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("number", range(4))
def test_no_envelope_of_one_session_is_taken_in_another(role, number):
    """The same parties, agreement, lists, direction and sequence number; the client's Hello alone begins a session."""
    recorded = new_wire().run().sent[role]
    if number >= len(recorded) or (role, number) == (Role.CLIENT, 0):
        number = len(recorded) - 1
    wire = new_wire(tamper=lambda who, at, envelope: [recorded[at] if (who, at) == (role, number) else envelope]).run()
    assert isinstance(wire.errors[role.peer], errors.OtherSessionError | errors.EnvelopeCorruptedError)
    assert role.peer not in wire.results


def test_the_checks_of_an_envelope_stand_in_the_order_of_the_spec():
    """Of two things that are wrong at once the earlier one is told."""

    def told(change):
        client = Channel(Role.CLIENT, bytes(32), CARE, POLICE.public, 10_000)
        server = Channel(Role.SERVER, bytes(32), POLICE, CARE.public, 10_000)
        with pytest.raises(errors.RemoteProtocolError) as caught:
            server.open(change(client, bytearray(client.seal(b"x")), client))
        return caught.type

    def at(*places):
        def change(_channel, envelope, _):
            for place in places:
                envelope[place] ^= 0x40
            return bytes(envelope)

        return change

    # Magic 0, version 9, direction 10, sequence 14, session id 20, declared length 50, ciphertext the last.
    assert told(at(0, 9)) is errors.EnvelopeTruncatedError
    assert told(at(9, 50)) is errors.VersionError
    assert told(at(50, 10)) is errors.EnvelopeTruncatedError
    assert told(at(10, 14)) is errors.EnvelopeCorruptedError
    assert told(at(14, 20)) is errors.EnvelopeOutOfOrderError
    assert told(at(20, -1)) is errors.OtherSessionError
    assert told(at(-1)) is errors.EnvelopeCorruptedError

    def wrong(agreement_id=None, received=0, identity=None):
        def change(client, _envelope, _):
            client.sent.clear()
            client._agreement_id = agreement_id or client._agreement_id
            client.received = [bytes(32)] * received
            client._identity = identity or client._identity
            return client.seal(b"\xc1")

        return change

    assert told(wrong(bytes([1]) * 32, 1, STRANGER)) is errors.AgreementMismatchError
    assert told(wrong(None, 1, STRANGER)) is errors.EnvelopeOutOfOrderError
    assert told(wrong(None, 0, STRANGER)) is errors.PeerIdentityError


def test_a_recorded_abort_confirms_nobody_and_is_none_once_the_session_has_an_id():
    """Whoever sends rubbish to a server gets a signed Abort of it, which answers no message of this client's."""
    server = make_server(AGREEMENT, ITEMS)
    list(server.start())
    outputs = server.receive(b"rubbish")
    abort = next(outputs)
    with pytest.raises(errors.EnvelopeTruncatedError):
        next(outputs)
    assert isinstance(abort, Send)
    client = make_client(AGREEMENT, ITEMS)
    list(client.start(STANDING))
    with pytest.raises(errors.PeerAbortedError):
        list(client.receive(abort.envelope))
    assert not client.peer_confirmed
    wire = new_wire(tamper=lambda who, at, envelope: [abort.envelope if (who, at) == (Role.SERVER, 1) else envelope])
    wire.run()
    assert isinstance(wire.errors[Role.CLIENT], errors.EnvelopeReplayedError)


def test_a_claim_of_the_servers_dummy_is_none():
    """A client that had guessed the 32 random bytes of a dummy would claim it."""
    wire = new_wire()
    # From here on the server's program takes all of its places for dummies.
    wire.sessions[Role.SERVER]._own.is_dummy = lambda _place: True
    wire.run()
    assert type(wire.errors[Role.SERVER]) is errors.UnknownClaimError
    assert wire.results == {}


def test_an_agreement_withdrawn_in_the_middle_of_a_session_is_charged_for_nothing(ledgers):
    wire, ledger = new_wire(), ledgers[1]
    wire.take(Role.CLIENT, wire.sessions[Role.CLIENT].start(ledgers[0].open_session(AGREEMENT, POLICE.public, 8)))
    wire.take(Role.SERVER, wire.sessions[Role.SERVER].start())
    wire.step(Role.SERVER)
    needed = wire.asked.pop(Role.SERVER).needed
    wire.take(Role.SERVER, wire.sessions[Role.SERVER].grant(ledger.admit(AGREEMENT, CARE.public, needed, Role.SERVER)))
    for role in (Role.CLIENT, Role.CLIENT, Role.CLIENT, Role.CLIENT, Role.SERVER):
        wire.step(role)
    needed = wire.asked.pop(Role.SERVER).needed
    ledger.withdraw(AGREEMENT)
    with pytest.raises(errors.AgreementWithdrawnError) as caught:
        ledger.grant(AGREEMENT, CARE.public, needed, Role.SERVER)
    assert len(wire.sessions[Role.SERVER].cancel(caught.value.code)) == 1
    assert "charged" not in kinds(ledger)
    assert caught.value.code is errors.AbortCode.WITHDRAWN


def test_nobody_renews_the_agreement_of_somebody_else(ledgers):
    """It would give the other party's spent budget away, or take over one that is not spent."""
    finish(AGREEMENT, ledgers)
    own = Agreement(make_terms(server=Party.of(STRANGER.public))).sign(CARE).sign(STRANGER)
    ledgers[0].open_session(own, STRANGER.public, 8)
    stolen = make_terms(server=Party.of(STRANGER.public), predecessor=AGREEMENT.terms.id_text)
    with pytest.raises(errors.StandingError, match="renews one with another party"):
        ledgers[0].open_session(Agreement(stolen).sign(CARE).sign(STRANGER), STRANGER.public, 8)


@pytest.mark.parametrize("knows", ["nothing", "another agreement", "the agreement"])
def test_a_stranger_costs_a_client_that_listens_two_entries_and_no_session(ledgers, knows):
    """A client says Hello first, to whoever names the agreement; to others it says nothing (threat model §3, 7)."""
    selectors = {
        "nothing": bytes(SELECTOR_BYTES),
        "another agreement": seal_selector(bytes(32), CARE.public),
        "the agreement": seal_selector(AGREEMENT.terms.id, CARE.public),
    }
    events, timeouts = [], Timeouts(handshake=2, goodbye=0.05)

    def new_client():
        return make_client(AGREEMENT, ITEMS)

    with TcpListener("127.0.0.1", 0) as listener:
        results = []
        listening = threading.Thread(
            target=lambda: results.append(
                drive.run_listening(
                    new_client, listener, ledgers[0], wait=20, timeouts=timeouts, on_event=events.append
                )
            )
        )
        listening.start()
        with socket.create_connection(listener.address, timeout=20) as stranger:
            stranger.sendall(b"psimatch/1 server\n" + selectors[knows])
            stranger.shutdown(socket.SHUT_WR)
            heard = b""
            with contextlib.suppress(ConnectionError):
                while piece := stranger.recv(65_536):
                    heard += piece
        server = drive.run_connecting(lambda: make_server(AGREEMENT, ITEMS), listener.address, ledgers[1], wait=20)
        listening.join()
    assert len(server.matches) == len(results[0].matches) == 2
    session = ["opened", "admitted", "charged", "signed", "finished"]
    told = knows == "the agreement"
    assert (heard == b"psimatch/1 client\n") is not told
    assert [type(event.error) for event in events] == [errors.PeerGoneError if told else errors.AgreementMismatchError]
    before = ["opened ledger", "accepted", "declared"]
    assert kinds(ledgers[0]) == [*before, *(["opened", "aborted"] if told else []), *session]


def test_a_link_to_nowhere_becomes_no_ledger(tmp_path):
    """SQLite would make the file that it names, by the umask, for others to read."""
    (tmp_path / "care.ledger").symlink_to(tmp_path / "real.ledger")
    with pytest.raises(errors.LedgerError, match="leads nowhere"):
        Ledger(tmp_path / "care.ledger", CARE)
    assert not (tmp_path / "real.ledger").exists()


def test_two_threads_get_no_more_out_of_a_session_than_one(ledgers):
    """A careless program: the second call is an error, or finds that the envelope was taken."""
    for _ in range(20):
        client, server = make_client(AGREEMENT, ITEMS), make_server(AGREEMENT, ITEMS)
        list(server.start())
        (hello,) = [output.envelope for output in client.start(STANDING)]
        outcomes, go = [], threading.Barrier(2)

        def receive(server=server, hello=hello, outcomes=outcomes, go=go):
            go.wait()
            try:
                outcomes.append(list(server.receive(hello)))
            except errors.PsimatchError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=receive) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken = [outcome for outcome in outcomes if isinstance(outcome, list)]
        assert len(taken) <= 1
        assert len(outcomes) == 2


@pytest.mark.parametrize("encoded", ["01" + "00" * 31, "00" * 32, "ec" + "ff" * 30 + "7f", "c7176a703d4dd84fba3c0b760d10670f"
                                     "2a2053fa2c39ccc64ec7fd7792ac037a"])  # fmt: skip
def test_a_signing_key_of_small_order_signs_nothing(encoded):
    """Under such a key S = 0 and R = A verify for one message in eight by the cofactored equation, or for all."""
    public = PublicIdentity("Anyone", bytes.fromhex(encoded), CARE.public.sealing_key)
    for number in range(64):
        for signature in (bytes.fromhex(encoded) + bytes(32), b"\x01" + bytes(63)):
            with pytest.raises(WrongSignatureError):
                public.verify(bytes([number]), signature)


def test_a_signature_has_one_form():
    order = 2**252 + 27742317777372353535851937790883648493
    signature = CARE.sign(b"message")
    larger = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(WrongSignatureError):
        CARE.public.verify(b"message", signature[:32] + larger)


def test_an_empty_chunk_proves_nothing():
    key = oprf.generate_key_pair()
    proof = oprf.blind_evaluate(key, kernel.multiply_base(b"\x05" + bytes(31)), context=b"chunk").proof
    with pytest.raises(errors.InvalidElementError):
        oprf.finalize(key.public_key, [], oprf.Blinding(b"", b""), oprf.Evaluation(b"", proof), context=b"chunk")


@pytest.mark.skipif(kernel.NAME == "rbcl", reason="libsodium takes bytes alone")
def test_elements_that_change_under_the_kernel_are_refused_or_right():
    """A careless program hands in a buffer and writes to it from another thread, with the interpreter lock released."""
    count, scalar = 512, b"\x07" + bytes(31)
    elements = kernel.multiply_base(b"".join(number.to_bytes(32, "little") for number in range(1, count + 1)))
    expected, buffer, results = kernel.multiply(scalar, elements), bytearray(elements), []

    def work():
        for _ in range(8):
            try:
                results.append(kernel.multiply(scalar, buffer))
            except errors.InvalidElementError:
                results.append(None)

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        buffer[-32:] = b"\x01" + bytes(31)
        buffer[-32:] = elements[-32:]
        with contextlib.suppress(BufferError):
            buffer.extend(b"x")
            del buffer[-1:]
    assert len(results) == 8
    assert all(result is None or result == expected for result in results)


def test_a_standing_at_its_end_only_locks_out_who_told_it():
    last = STANDING.__class__(2**53 - 1, 2**53 - 1)
    check_standing(last, STANDING, 0, lambda _receipt: None)
    with pytest.raises(errors.StandingError):
        check_standing(last, last, 0, lambda _receipt: None)


def test_the_same_names_on_both_sides_make_no_confusion_of_keys():
    twin = Identity.from_seed("Jeugdzorg Noord", bytes([77]) * 32)
    agreement = Agreement(make_terms(server=Party.of(twin.public))).sign(CARE).sign(twin)
    own = submission(agreement, ITEMS)
    ClientSession(agreement, CARE, twin.public, own, today=TODAY)
    with pytest.raises(errors.NotAPartyError):
        ClientSession(agreement, CARE, CARE.public, own, today=TODAY)
    with pytest.raises(errors.NotAPartyError):
        ClientSession(agreement, twin, CARE.public, own, today=TODAY)


def test_without_the_last_message_the_client_releases_nothing_and_the_server_has_it_all():
    """The server signs last, and may withhold that: full fairness is not to be had (threat model §3, 2)."""
    last = len(new_wire().run().sent[Role.SERVER]) - 1
    wire = new_wire(tamper=lambda who, at, envelope: [] if (who, at) == (Role.SERVER, last) else [envelope]).run()
    assert Role.CLIENT not in wire.results
    assert len(wire.results[Role.SERVER].matches) == 2
    # What it has signed itself it can show.
    assert wire.receipts[Role.CLIENT][0].peer_signature is None


def test_a_client_that_ends_before_its_claims_knows_what_the_server_does_not():
    """What an audit shows, and nothing else (threat model §3, 2)."""
    wire = new_wire(tamper=lambda who, at, envelope: [] if (who, at) == (Role.CLIENT, 2) else [envelope]).run()
    assert len(wire.sessions[Role.CLIENT]._candidates) == 2
    assert wire.results == {}
    assert wire.sessions[Role.SERVER]._match_count is None


def test_a_client_that_goes_before_its_first_blinded_is_charged_for_nothing(ledgers):
    """And makes the server tag its whole list each time, so it is admitted a hundred times a day. It learns no match."""
    agreement = make_agreement(sessions_per_day=1)

    def begin(number):
        client, server = make_client(agreement, ITEMS), make_server(agreement, ITEMS)
        (hello,) = client.start(Standing(number, 0))
        list(server.start())
        *_, needed = server.receive(hello.envelope)
        return server.grant(ledgers[1].grant(agreement, CARE.public, needed, Role.SERVER))

    for number in range(1, 101):
        assert sum(isinstance(output, Send) for output in begin(number)) == 2
    with pytest.raises(errors.BudgetError, match="100 sessions with the peer broke off today") as refused:
        begin(101)
    assert "may try again" in refused.value.hint
    assert kinds(ledgers[1]) == ["opened ledger", "accepted", "declared", *["opened", "admitted"] * 100]


@pytest.mark.parametrize("charged", [0, 1, 500])
def test_a_session_that_was_charged_is_not_one_that_broke_off(charged):
    Spending(0, charged, None, charged + 99).check_admission(AGREEMENT.terms, 8, 0)
    with pytest.raises(errors.BudgetError):
        Spending(0, charged, None, charged + 100).check_admission(AGREEMENT.terms, 8, 0)


class HostileWorker(Executor):
    """Does what it is given, and hands back what `change` makes of the results of one function."""

    def __init__(self, name, change):
        self._name, self._change = name, change

    def submit(self, function, /, *arguments):
        result = function(*arguments)
        done = Future()
        named = getattr(function, "func", function).__name__ == self._name
        done.set_result(self._change(result) if named else result)
        return done


def test_a_hostile_worker_of_the_server_is_found_by_the_client():
    other = oprf.generate_key_pair()

    def change(evaluation):
        return oprf.Evaluation(kernel.multiply(other.secret, evaluation.elements), evaluation.proof)

    server = make_server(AGREEMENT, ITEMS, executor=HostileWorker("blind_evaluate", change))
    wire = Wire(make_client(AGREEMENT, ITEMS), server).run()
    assert type(wire.errors[Role.CLIENT]) is errors.ProofError


@pytest.mark.parametrize("reveal", list(Reveal))
def test_a_hostile_worker_of_the_client_makes_up_matches(reveal):
    """It is the client's own machine (threat model §3, 11); a server that learns the matches refuses them all the same."""
    agreement = make_agreement(reveal=reveal)

    def change(outputs):
        tags = bytes(client._tags)
        return b"".join(tags[at // 4 : at // 4 + 16] + outputs[at + 16 : at + 64] for at in range(0, len(outputs), 64))

    client = make_client(agreement, {text("mine"): ""}, executor=HostileWorker("finalize", change))
    wire = Wire(client, make_server(agreement, {text("theirs"): ""})).run()
    if reveal is Reveal.BOTH:
        assert type(wire.errors[Role.SERVER]) is errors.UnknownClaimError
        assert wire.results == {}
    else:
        assert len(wire.results[Role.CLIENT].matches) == 1
