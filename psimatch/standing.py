"""Whether what a peer tells of its ledger fits what this one knows (psimatch-1 §11.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from psimatch.digest import NO_DIGEST
from psimatch.errors import StandingError
from psimatch.messages import Standing

ACKNOWLEDGE: Final = "find out why, then: psimatch ledger acknowledge AGREEMENT --reason ..."


def check_standing(told: Standing, seen: Standing | None, paid: int, place_of: Callable[[bytes], int | None]) -> None:
    """Check a peer's standing against the last one that was admitted, if there was one.

    Args:
        told: what it tells now.
        seen: what it told when it was last admitted.
        paid: what it must have charged this side for since, by a receipt that it signed.
        place_of: where a receipt (its digest) stands among those that this ledger holds; None for one it does not know.

    Raises:
        StandingError: one of the two ledgers was lost, replaced or put back.
    """
    # §11.3
    if seen is not None and (told.sessions <= seen.sessions or told.charged < seen.charged + paid):
        raise StandingError(
            "the peer's ledger says less than it did before: it was lost, replaced, or put back from a copy",
            hint=ACKNOWLEDGE,
        )

    before = NO_DIGEST if seen is None else seen.last_receipt
    if told.last_receipt == before:
        return
    # One that was acknowledged need not be known; none at all is older than any.
    place, last = place_of(told.last_receipt), place_of(before)
    if place is None or (last is not None and place < last):
        raise StandingError(
            "the peer's last receipt is not one that this ledger knows of after the one before: one of the two"
            " ledgers was lost, replaced, or put back from a copy",
            hint=ACKNOWLEDGE,
        )
