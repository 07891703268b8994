"""The ledger: charges before work, standing, withdrawal."""

import threading

import pytest
from ledger_sessions import NOON, finish, kinds, match
from sessions import CARE, POLICE, TODAY, make_agreement, make_client, make_server, make_terms, new_ledger

from psimatch import drive, oprf
from psimatch import server as server_module
from psimatch.agreement import Agreement
from psimatch.errors import (
    AbortCode,
    AgreementWithdrawnError,
    BudgetError,
    HelloReplayedError,
    LedgerCorruptError,
    LedgerError,
    PeerAbortedError,
    StandingError,
)
from psimatch.identifiers import text
from psimatch.identity import Identity
from psimatch.ledger import Ledger
from psimatch.messages import Standing
from psimatch.outputs import AdmissionNeeded, ChargeNeeded
from psimatch.parameters import Role
from psimatch.terms import Party, Reveal
from psimatch.transports import memory_pair


def test_a_session_leaves_its_entries_on_both_sides(ledgers):
    client, server = finish(make_agreement(), ledgers)
    shared = ["opened ledger", "accepted", "declared", "opened", "admitted", "charged"]
    assert kinds(ledgers[0]) == [*shared, "signed", "finished"]
    assert kinds(ledgers[1]) == [*shared, "finished"]
    both = zip(ledgers, (client, server), (CARE, POLICE), (POLICE, CARE), strict=True)
    for ledger, result, identity, peer in both:
        assert ledger.verify().entries == len(kinds(ledger))
        assert ledger.owner.fingerprint == identity.public.fingerprint
        charged = ledger.charge_of(result.session_id)
        assert charged.fields["evaluations"] == charged.fields["charged"] == charged.fields["party_charged"] == 8
        assert charged.operator == "mw. J."
        (finished,) = ledger.finished_with(peer.public.fingerprint)
        assert finished.fields["matches"] == 2
        assert finished.fields["receipt"] == result.receipt.digest.hex()


def test_a_head_that_the_peer_is_told_hides_what_was_recorded_before():
    """Times, operators and numbers of matches are few enough to be searched; the salt of a charge is not."""
    agreement, heads = make_agreement(), set()
    for _ in range(2):
        ledger = new_ledger(CARE)
        needed = ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8)
        admit(ledger, agreement)
        heads.add(ledger.charge(agreement, POLICE.public, needed).ledger_head)
        (charged,) = [entry for entry in ledger.entries() if entry.kind == "charged"]
        assert len(bytes.fromhex(charged.fields["salt"])) == 32
        ledger.close()
    assert len(heads) == 2


def pieces(packed, size):
    return [packed[start : start + size] for start in range(0, len(packed), size)]


def test_the_ledger_holds_no_secret_and_no_identifier(tmp_path, ledgers, monkeypatch):
    # All that must never be written, as the session makes it: key, blinds, elements, tags, claims and match secrets.
    never = []

    def seen(module, name, parts):
        original = getattr(module, name)

        def call(*arguments, **options):
            made = original(*arguments, **options)
            never.extend(parts(made))
            return made

        monkeypatch.setattr(module, name, call)

    # Copied, since the session wipes its own.
    seen(server_module, "server_key", lambda key: [bytes(bytearray(key.secret))])
    seen(oprf, "blind", lambda made: pieces(made.blinds, 32) + pieces(made.blinded_elements, 32))
    seen(oprf, "blind_evaluate", lambda made: pieces(made.elements, 32))
    seen(oprf, "evaluate", lambda outputs: pieces(outputs, 16))
    secret = "a child that is named only here"  # noqa: S105
    agreement = make_agreement()
    client, server = (
        make_client(agreement, {text(secret): "ring me"}),
        make_server(agreement, {text(secret): "ring us"}),
    )
    one, other = memory_pair()
    thread = threading.Thread(target=drive.run_session, args=(server, other, ledgers[1]))
    thread.start()
    result = drive.run_session(client, one, ledgers[0])
    thread.join()
    (found,) = result.matches
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        for word in (secret, "ring", found.reference):
            assert word.encode() not in data
        assert len(never) == 1 + 8 + 8 + 8 + 8 * 4
        for key in (*never, CARE.seed, POLICE.seed):
            assert key not in data
            assert key.hex().encode() not in data


def test_reveal_to_the_client_alone(ledgers):
    agreement = make_agreement(reveal=Reveal.CLIENT)
    finish(agreement, ledgers)
    own, peers = (list(ledger.entries())[-1].fields["matches"] for ledger in ledgers)
    assert (own, peers) == (2, -1)


# Budget.


def test_the_whole_budget_and_no_more(ledgers):
    agreement = make_agreement(max_evaluations=24)
    for _ in range(3):
        finish(agreement, ledgers)
    client, server = match(agreement, ledgers)
    assert {type(client), type(server)} <= {BudgetError, PeerAbortedError}
    assert any(isinstance(outcome, BudgetError) for outcome in (client, server))
    assert "24" in str(next(outcome for outcome in (client, server) if isinstance(outcome, BudgetError)))
    for outcome in (client, server):
        if isinstance(outcome, PeerAbortedError):
            assert outcome.reason is AbortCode.BUDGET
    for ledger, peer in zip(ledgers, (POLICE, CARE), strict=True):
        assert ledger.spending(agreement, peer.public, NOON).left(agreement.terms) == 0
        assert list(ledger.entries())[-1].kind == "aborted"


def test_sessions_a_day_and_their_spacing(ledgers, clock):
    agreement = make_agreement(sessions_per_day=2, minutes_between_sessions=60)
    finish(agreement, ledgers)
    clock.now += 3_599
    assert any(isinstance(outcome, BudgetError) for outcome in match(agreement, ledgers))
    clock.now += 1
    finish(agreement, ledgers)
    clock.now += 7_200
    refused = next(outcome for outcome in match(agreement, ledgers) if isinstance(outcome, BudgetError))
    assert "2 a day" in str(refused)
    assert "2027-01-16 00:00:00 UTC" in refused.hint
    clock.now = NOON + 86_400
    finish(agreement, ledgers)


def test_agreements_that_overlap_share_a_budget(ledgers):
    first = make_agreement(max_evaluations=16)
    second = make_agreement(max_evaluations=16, title="Another")
    finish(first, ledgers)
    finish(second, ledgers)
    for agreement in (first, second):
        assert any(isinstance(outcome, BudgetError) for outcome in match(agreement, ledgers))


def test_a_new_agreement_in_the_term_of_a_spent_one_gives_nothing(ledgers, clock):
    first = make_agreement(max_evaluations=8)
    finish(first, ledgers)
    clock.now += 86_400
    second = make_agreement(max_evaluations=8, valid_from=TODAY.replace(day=16), title="Anew")
    assert ledgers[0].spending(second, POLICE.public, clock.now).evaluations == 8
    needed = ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8)
    with pytest.raises(BudgetError):
        ledgers[0].charge(second, POLICE.public, needed)


def test_a_renewal_counts_on_even_under_new_keys(ledgers, clock):
    first = make_agreement(max_evaluations=16)
    finish(first, ledgers)
    # The police lost its keys and has new ones.
    new_police = Identity.from_seed("Politie", bytes([9]) * 32)

    def agreement_with(**changed):
        return Agreement(make_terms(server=Party.of(new_police.public), **changed)).sign(CARE).sign(new_police)

    needed = ChargeNeeded(bytes(32), new_police.public.fingerprint, 8)
    with pytest.raises(StandingError, match="of this name with other keys"):
        ledgers[0].open_session(agreement_with(max_evaluations=16), new_police.public, 8)
    renewal = agreement_with(max_evaluations=16, predecessor=first.terms.id_text)
    assert ledgers[0].open_session(renewal, new_police.public, 8) == Standing(1, 0)
    admit(ledgers[0], renewal, new_police.public)
    ledgers[0].charge(renewal, new_police.public, needed)
    with pytest.raises(BudgetError):
        ledgers[0].charge(renewal, new_police.public, needed)
    assert list(ledgers[0].entries())[-1].fields["party_charged"] == 16


def test_a_renewal_of_an_agreement_that_is_not_known(ledgers):
    agreement = make_agreement(predecessor=make_agreement(title="Lost").terms.id_text)
    with pytest.raises(StandingError, match="does not know the agreement"):
        ledgers[0].open_session(agreement, POLICE.public, 8)
    ledgers[0].acknowledge(agreement, "our ledger began after it")
    ledgers[0].open_session(agreement, POLICE.public, 8)


def test_what_was_charged_before_the_first_day_does_not_count(ledgers, clock):
    first = make_agreement(max_evaluations=8, valid_until=TODAY)
    finish(first, ledgers)
    clock.now += 86_400
    later = make_agreement(max_evaluations=8, valid_from=TODAY.replace(day=16), title="Later")
    assert ledgers[0].spending(later, POLICE.public, clock.now).evaluations == 0
    assert ledgers[0].spending(first, POLICE.public, clock.now).evaluations == 8


def test_two_programs_race_for_the_last_charge(tmp_path, clock):
    agreement, winners, losers = make_agreement(max_evaluations=8), [], []
    needed = ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8)

    def charge(ledger):
        try:
            winners.append(ledger.charge(agreement, POLICE.public, needed))
        except BudgetError as error:
            losers.append(error)

    both = [Ledger(tmp_path / "care.ledger", CARE, clock=clock) for _ in range(2)]
    admit(both[0], agreement)
    threads = [threading.Thread(target=charge, args=(ledger,)) for ledger in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(winners), len(losers)) == (1, 1)
    assert both[0].verify().entries == 3


# Hello, standing, withdrawal.


def admit(ledger, agreement, peer=POLICE.public):
    """Let a ledger admit the peer in a session, of 32 zero bytes."""
    ledger.admit(agreement, peer, admission(), Role.CLIENT)


def admission(hello=bytes(32), sessions=1, charged=0, receipt=bytes(32), session=bytes(32)):
    return AdmissionNeeded(session, hello, 8, 8, Standing(sessions, charged, receipt))


def test_a_replayed_hello_costs_nothing(ledgers):
    agreement, server = make_agreement(), ledgers[1]
    server.admit(agreement, CARE.public, admission(), Role.SERVER)
    before = kinds(server)
    with pytest.raises(HelloReplayedError):
        server.admit(agreement, CARE.public, admission(sessions=2), Role.SERVER)
    assert kinds(server) == before


def test_a_ledger_put_back_is_noticed_and_can_be_acknowledged(tmp_path, ledgers, clock):
    agreement = make_agreement()
    finish(agreement, ledgers)
    # As a backup does it: the file as it is, closed.
    ledgers[0].close()
    backup = (tmp_path / "care.ledger").read_bytes()
    care = Ledger(tmp_path / "care.ledger", CARE, clock=clock)
    finish(agreement, [care, ledgers[1]])
    finish(agreement, [care, ledgers[1]])
    care.close()
    (tmp_path / "care.ledger").write_bytes(backup)
    care = Ledger(tmp_path / "care.ledger", CARE, clock=clock)
    care.verify()
    for _ in range(4):
        client, server = match(agreement, [care, ledgers[1]])
        assert isinstance(server, StandingError)
        assert server.hint
        assert isinstance(client, PeerAbortedError)
        assert client.reason is AbortCode.STANDING
    ledgers[1].acknowledge(agreement, "care put back a copy of Monday")
    client, server = match(agreement, [care, ledgers[1]])
    # Now the client sees that the server holds a receipt that it does not know.
    assert isinstance(client, StandingError)
    care.acknowledge(agreement, "the disk broke")
    ledgers[1].acknowledge(agreement, "care put back a copy of Monday, once more")
    finish(agreement, [care, ledgers[1]])
    finish(agreement, [care, ledgers[1]])
    assert [ledger.verify().entries > 20 for ledger in (care, ledgers[1])] == [True, True]
    care.close()


def test_no_receipt_is_older_than_one_that_was_acknowledged(ledgers):
    """A peer that tells a receipt nobody here knows may go on with it, once acknowledged; not with none at all."""
    agreement, lost = make_agreement(), bytes([7]) * 32
    ledgers[1].open_session(agreement, CARE.public, 8)
    ledgers[1].acknowledge(agreement, "our disk was lost")
    for number in (1, 2):
        told = admission(bytes([number]) * 32, 4 + number, receipt=lost, session=bytes([number]) * 32)
        ledgers[1].admit(agreement, CARE.public, told, Role.SERVER)
    with pytest.raises(StandingError, match="last receipt"):
        ledgers[1].admit(agreement, CARE.public, admission(hello=bytes([3]) * 32, sessions=7), Role.SERVER)


def test_a_client_goes_on_refusing_until_somebody_has_looked(ledgers):
    agreement = make_agreement()
    for role, ledger in zip(Role, ledgers, strict=True):
        peer = POLICE.public if role is Role.CLIENT else CARE.public

        def told(number, sessions, role=role, ledger=ledger, peer=peer):
            name = bytes([number]) * 32
            ledger.admit(agreement, peer, admission(hello=name, session=name, sessions=sessions), role)

        told(1, 5)
        with pytest.raises(StandingError):
            told(2, 3)
        if role is Role.SERVER:
            # Anybody could have sent that old Hello.
            told(3, 6)
            continue
        with pytest.raises(StandingError, match="refused before"):
            told(3, 6)
        with pytest.raises(StandingError, match="refused before"):
            ledger.check_open(agreement, peer)
        assert kinds(ledger).count("refused") == 1
        ledger.acknowledge(agreement, "they put back a copy")
        ledger.check_open(agreement, peer)
        told(4, 4)


@pytest.mark.parametrize(
    "name", ["POLITIE", " Politie".strip() + "\u2003", "Ｐolitie", "Pol\u034fitie\ufe0f", "\u3164Politie"]
)
def test_new_keys_under_a_name_that_reads_the_same(ledgers, name):
    finish(make_agreement(max_evaluations=16), ledgers)
    # What the file with its keys says of its name is signed by nobody; what the agreement says is.
    new_police = Identity.from_seed("Another", bytes([9]) * 32)
    terms = make_terms(server=Party(name.strip(), new_police.public.fingerprint))
    agreement = Agreement(terms).sign(CARE).sign(new_police)
    with pytest.raises(StandingError, match="of this name with other keys"):
        ledgers[0].open_session(agreement, new_police.public, 8)


def test_a_session_is_charged_once(ledgers):
    agreement, needed = make_agreement(), ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8)
    admit(ledgers[0], agreement)
    ledgers[0].charge(agreement, POLICE.public, needed)
    for wrong in (needed, ChargeNeeded(bytes([1]) * 32, CARE.public.fingerprint, 8)):
        with pytest.raises(LedgerError, match="charged once"):
            ledgers[0].charge(agreement, POLICE.public, wrong)


def test_only_a_session_that_was_admitted_is_charged(ledgers):
    agreement, other = make_agreement(), make_agreement(title="Another")
    admit(ledgers[0], agreement)
    for charged, session in ((other, bytes(32)), (agreement, bytes([1]) * 32)):
        with pytest.raises(LedgerError, match="admitted"):
            ledgers[0].charge(charged, POLICE.public, ChargeNeeded(session, POLICE.public.fingerprint, 8))
    assert "charged" not in kinds(ledgers[0])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"charged": 16, "party_charged": 16}, "charges a session that was charged before"),
        ({"session": "11" * 32}, "charges a session that was not admitted before"),
        ({"agreement": "11" * 32}, "charges a session that was not admitted before"),
        ({"peer": "11" * 32, "charged": 8, "party_charged": 16}, "charges a session that was not admitted before"),
    ],
)
def test_a_charge_that_no_honest_ledger_has_does_not_verify(ledgers, changed, problem):
    """The party signs it, and chains it, and its sums are right."""
    agreement, needed = make_agreement(), ChargeNeeded(bytes(32), POLICE.public.fingerprint, 8)
    admit(ledgers[0], agreement)
    ledgers[0].charge(agreement, POLICE.public, needed)
    fields = list(ledgers[0].entries())[-1].fields
    assert ledgers[0].verify().entries == 3
    with ledgers[0]._store.writing():
        ledgers[0]._append("charged", {**fields, "charged": 16, "party_charged": 16, **changed})
    with pytest.raises(LedgerCorruptError, match=f"entry 3 .* {problem}"):
        ledgers[0].verify()


def test_a_name_of_a_file_that_cant_be_kept(ledgers):
    with pytest.raises(LedgerError, match="can't be kept"):
        ledgers[0].keep_until("a\udc80.csv", bytes(32), make_agreement().terms)


def test_a_withdrawn_agreement_is_refused_by_both(ledgers):
    agreement = make_agreement()
    finish(agreement, ledgers)
    ledgers[1].withdraw(agreement)
    ledgers[1].withdraw(agreement)
    client, server = match(agreement, ledgers)
    assert isinstance(server, AgreementWithdrawnError)
    assert isinstance(client, PeerAbortedError)
    assert client.reason is AbortCode.WITHDRAWN
    with pytest.raises(AgreementWithdrawnError, match="the peer"):
        ledgers[0].open_session(agreement, POLICE.public, 8)
    assert [kinds(ledger).count("withdrawn") for ledger in ledgers] == [1, 1]


def test_a_client_that_has_withdrawn_tells_the_server_before_any_hello(ledgers):
    agreement = make_agreement()
    ledgers[0].withdraw(agreement)
    client, server = match(agreement, ledgers)
    assert isinstance(client, AgreementWithdrawnError)
    assert isinstance(server, PeerAbortedError)
    assert kinds(ledgers[0]) == ["opened ledger", "withdrawn", "aborted"]
    assert kinds(ledgers[1]) == ["opened ledger", "withdrawn"]
    with pytest.raises(AgreementWithdrawnError, match="the peer"):
        ledgers[1].check_open(agreement, CARE.public)
