"""What an agreement allows a party, and what of it is spent (psimatch-1 §11.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from psimatch.errors import BudgetError
from psimatch.parameters import LIMITS
from psimatch.terms import Terms

DAY: Final = 86_400
_ASK: Final = "psimatch budget shows what is spent and left; more takes a new agreement"


def start_of(day: date) -> int:
    """Return when a day begins, in seconds since 1970, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Term:
    """An agreement as far as it bears on when counting begins: its days, and the id of the one that it renews or ""."""

    valid_from: date
    valid_until: date
    predecessor: str = ""


def first_day_that_counts(term: Term, known: Mapping[str, Term]) -> date:
    """Return from which day on charges to a party count against an agreement.

    `known` are the party's other agreements by their ids. It is the earliest first day of the agreement, of those
    that it renews, directly or not, and of those whose terms overlap with its own.
    """
    # §11.1
    counted = [term]
    seen, renewed = set(), term.predecessor
    while renewed in known and renewed not in seen:
        seen.add(renewed)
        counted.append(known[renewed])
        renewed = known[renewed].predecessor
    counted += [
        other
        for other in known.values()
        if other.valid_from <= term.valid_until and other.valid_until >= term.valid_from
    ]
    return min(each.valid_from for each in counted)


@dataclass(frozen=True, slots=True)
class Spending:
    """What a party was charged for, as far as an agreement asks.

    `evaluations` since the first day that counts, `sessions_today` charges on this day in UTC, `last` when the last
    charge was (seconds since 1970), or None, `admitted_today` sessions that were admitted on this day in UTC.
    """

    evaluations: int
    sessions_today: int
    last: int | None
    admitted_today: int = 0

    def left(self, terms: Terms) -> int:
        """Return how many evaluations are left."""
        return max(0, terms.max_evaluations - self.evaluations)

    def next_at(self, terms: Terms, now: int) -> int:
        """Return the first moment, now or later, at which day and spacing allow a session."""
        next_day = now - now % DAY + DAY
        earliest = next_day if self.sessions_today >= terms.sessions_per_day else now
        spaced = now if self.last is None else self.last + 60 * terms.minutes_between_sessions
        return max(earliest, spaced)

    def check_admission(self, terms: Terms, evaluations: int, now: int) -> None:
        """Check that a session of so many evaluations may be charged, and that not too many broke off before that.

        Raises:
            BudgetError: as `check`; or the party comes again and again, and has this side work for nothing.
        """
        self.check(terms, evaluations, now)
        # §11.1
        if self.admitted_today - self.sessions_today >= LIMITS.uncharged_sessions_per_day:
            raise BudgetError(
                f"{LIMITS.uncharged_sessions_per_day:,} sessions with the peer broke off today before their charge",
                hint="ask the other party what its side shows; after midnight, in UTC, it may try again",
            )

    def check(self, terms: Terms, evaluations: int, now: int) -> None:
        """Check that the agreement allows one more session of so many evaluations.

        Raises:
            BudgetError: it does not; says which limit is reached, and when it allows one again.
        """
        # §11.1
        if evaluations > self.left(terms):
            raise BudgetError(
                f"the peer's budget does not allow this session: it takes {evaluations:,} evaluations,"
                f" and {self.left(terms):,} of {terms.max_evaluations:,} are left",
                hint=_ASK,
            )
        when = self.next_at(terms, now)
        if when > now:
            limit = (
                f"{terms.sessions_per_day:,} a day"
                if self.sessions_today >= terms.sessions_per_day
                else f"{terms.minutes_between_sessions:,} minutes apart"
            )
            moment = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S")
            raise BudgetError(f"the agreement allows sessions {limit}", hint=f"try again from {moment} UTC on")
