"""The clock that a ledger goes by: whether it takes the machine's, and what an operator must accept (psimatch-1 §11.2).

A ledger appends with the time of the machine. Two slips would lock it for good or unseen, so both are refused:

* The clock is behind the last entry. It is wrong now, or it was ahead when that entry was made.
* The clock is far ahead of the last entry. It is wrong now, or the ledger rested for long. Were the entry written, the
  right clock would be behind it afterwards.

Where the clock is right, the operator says so with a reason (`psimatch ledger accept-clock`). That becomes an entry of
its own, `clock accepted`, the only one whose time may be before that of the entry before. Time goes on from there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from psimatch.errors import LedgerError

# A clock that was set a little back by the network is no reason to stop.
_TOLERANCE: Final = 120
# Agreements are for months: a ledger that rests for more than a year and a month is rarer than a wrong clock.
_MOST_AHEAD: Final = 400 * 86_400
_ACCEPT: Final = "psimatch ledger accept-clock --reason ... --identity ..."


def time_after(last: int, now: int) -> int:
    """Return the time of the entry after one of `last`, on a machine whose clock says `now` (seconds since 1970).

    Raises:
        LedgerError: the clock is behind the last entry, or too far ahead of it, and an operator must say which of the
            two is right.
    """
    # §11.2
    if is_taken(last, now):
        return max(now, last)
    here, there = _shown(now), _shown(last)
    if now < last:
        raise LedgerError(
            f"the clock of this machine says {here}, which is before the last entry of the ledger, of {there}",
            hint=f"if the clock is wrong now, set it right; if it was wrong when that entry was made: {_ACCEPT}",
        )
    raise LedgerError(
        f"the clock of this machine says {here}, which is over {_MOST_AHEAD // 86_400} days after the last entry of"
        f" the ledger, of {there}",
        hint="if the clock is wrong now, set it right; if it is right, and the ledger rested or the clock was wrong"
        f" when that entry was made: {_ACCEPT}",
    )


def is_taken(last: int, now: int) -> bool:
    """Say whether a ledger takes a clock that says `now` after an entry of `last`, without an operator's word."""
    return last - _TOLERANCE <= now <= last + _MOST_AHEAD


def _shown(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s after 1970"
