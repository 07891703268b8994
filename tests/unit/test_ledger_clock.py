"""A ledger and a clock that was or is wrong: what locks it, and what an operator's word opens and does not."""

import pytest
from ledger_sessions import NOON, finish, match
from sessions import CARE, POLICE, TODAY, make_agreement

from psimatch.errors import BudgetError, LedgerError
from psimatch.ledger import Ledger
from psimatch.retention import Purged

DAY = 86_400


def accept(ledgers):
    for ledger in ledgers:
        ledger.accept_clock("the time server had failed")


def refused(outcomes, error):
    return any(isinstance(outcome, error) for outcome in outcomes)


def test_a_clock_that_was_ahead_locks_nothing_for_good(ledgers, clock):
    agreement = make_agreement()
    clock.now += 300 * DAY
    finish(agreement, ledgers)
    clock.now = NOON
    with pytest.raises(LedgerError, match="before the last entry") as found:
        ledgers[0].open_session(agreement, POLICE.public, 8)
    assert "if the clock is wrong now" in found.value.hint
    assert "if it was wrong when that entry was made: psimatch ledger accept-clock" in found.value.hint
    accept(ledgers)
    finish(agreement, ledgers)
    entry = next(entry for entry in ledgers[0].entries() if entry.kind == "clock accepted")
    assert (entry.time, entry.operator, entry.fields["reason"]) == (NOON, "mw. J.", "the time server had failed")
    for ledger in ledgers:
        assert ledger.verify().last == NOON


def test_a_clock_far_ahead_writes_nothing_until_it_is_accepted(tmp_path, clock):
    agreement = make_agreement()
    with Ledger(tmp_path / "care.ledger", CARE, clock=clock) as ledger:
        clock.now += 400 * DAY + 1
        before = ledger.head
        for ask in (
            lambda: ledger.open_session(agreement, POLICE.public, 8),
            lambda: ledger.withdraw(agreement),
            ledger.purge,
        ):
            with pytest.raises(LedgerError, match="over 400 days after the last entry") as found:
                ask()
            assert "if the clock is wrong now, set it right" in found.value.hint
        assert ledger.head == before
        clock.now -= 1
        ledger.open_session(agreement, POLICE.public, 8)
        clock.now += 500 * DAY
        assert ledger.accept_clock("nobody matched for over a year") == (clock.now - 500 * DAY, clock.now)
        ledger.open_session(agreement, POLICE.public, 8)
        ledger.verify()


def test_a_clock_that_is_taken_needs_no_word(ledgers, clock):
    for now in (NOON, NOON - 120, NOON + 400 * DAY):
        clock.now = now
        with pytest.raises(LedgerError, match="as it is"):
            ledgers[0].accept_clock("to be sure")


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 2_001])
def test_a_clock_is_accepted_with_a_reason(ledgers, clock, reason):
    clock.now -= DAY
    with pytest.raises(LedgerError, match="the reason"):
        ledgers[0].accept_clock(reason)


def test_no_turn_of_the_clock_gives_back_what_was_charged(ledgers, clock):
    """Each turn forth and back is accepted, on both sides, and the agreement allows four sessions all the same."""
    agreement = make_agreement(max_evaluations=32, sessions_per_day=100, valid_until=TODAY.replace(year=2035))
    for turn in (0, 500, -500, 900):
        if turn:
            clock.now += turn * DAY
            accept(ledgers)
        finish(agreement, ledgers)
    for turn in (-900, 450, 450):
        clock.now += turn * DAY
        accept(ledgers)
        assert refused(match(agreement, ledgers), BudgetError)
        assert ledgers[0].spending(agreement, POLICE.public, clock.now).evaluations == 32


def test_a_day_to_come_is_not_this_day(ledgers, clock):
    agreement = make_agreement(sessions_per_day=1)
    clock.now += 30 * DAY
    finish(agreement, ledgers)
    assert refused(match(agreement, ledgers), BudgetError)
    clock.now = NOON
    accept(ledgers)
    finish(agreement, ledgers)
    assert refused(match(agreement, ledgers), BudgetError)


def test_the_time_between_sessions_begins_when_the_clock_is_accepted(ledgers, clock):
    agreement = make_agreement(minutes_between_sessions=60)
    clock.now += 30 * DAY
    finish(agreement, ledgers)
    clock.now = NOON
    accept(ledgers)
    assert ledgers[0].spending(agreement, POLICE.public, NOON).last == NOON
    clock.now += 3_599
    assert refused(match(agreement, ledgers), BudgetError)
    clock.now += 1
    finish(agreement, ledgers)


def test_files_made_under_a_clock_that_was_ahead_do_not_outlive_their_term(ledgers, clock, tmp_path):
    agreement = make_agreement(retention_days=2)
    right, ahead = tmp_path / "right.csv", tmp_path / "ahead.csv"
    for path in (right, ahead):
        path.write_text("rows")
        client, _ = finish(agreement, ledgers)
        ledgers[0].keep_until(path, client.session_id, agreement.terms)
        clock.now += 300 * DAY
    clock.now = NOON + DAY
    accept(ledgers)
    assert ledgers[0].purge() == Purged([], [], [], 0)
    # Another slip does not bring the same files forward again.
    clock.now += 3_600
    ledgers[0].correct("K7QF-3M2X", "another child")
    clock.now -= 3_600
    ledgers[0].accept_clock("an hour ahead")
    clock.now += DAY
    assert ledgers[0].purge() == Purged([right], [], [], 0)
    clock.now += DAY - 1
    assert ledgers[0].purge() == Purged([], [], [], 0)
    clock.now += 1 - DAY
    clock.now += DAY
    assert ledgers[0].purge() == Purged([ahead], [], [], 0)


def test_what_an_earlier_agreement_was_charged_and_this_one_does_not_count_is_told(ledgers, clock):
    first = make_agreement(max_evaluations=8, valid_until=TODAY)
    finish(first, ledgers)
    clock.now += DAY
    days = {"max_evaluations": 16, "valid_from": TODAY.replace(day=TODAY.day + 1)}
    anew, renewal = make_agreement(**days, title="Anew"), make_agreement(**days, predecessor=first.terms.id_text)
    overlapping = make_agreement(max_evaluations=16, title="Overlapping")
    told = ledgers[0].not_counted(anew, POLICE.public)
    assert told is not None
    assert (told.evaluations, told.last) == (8, first.terms.id_text)
    for agreement in (first, renewal, overlapping):
        assert ledgers[0].not_counted(agreement, POLICE.public) is None
    ledgers[0].open_session(anew, POLICE.public, 8)
    assert ledgers[0].not_counted(anew, POLICE.public) == told
