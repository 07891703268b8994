"""Buckets, chunks and slots: what sizes a peer and a listener may see (psimatch-1 §5.3, §8.1, §8.2)."""

from __future__ import annotations

from psimatch.errors import PeerTooManyItemsError, SetSizeError, TooManyItemsError
from psimatch.parameters import LIMITS


def _power_of_two(count: int) -> int:
    return 1 << max(count - 1, 0).bit_length()


def _padme(count: int) -> int:
    """Return the least number from `count` on that has as few leading bits as Padmé allows.

    Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019.
    """
    exponent = max(count, 1).bit_length() - 1
    step = 1 << max(exponent - exponent.bit_length(), 0)
    return -(-count // step) * step


def bucket(count: int, max_items: int) -> int:
    """Return the size that a set that takes `count` places is filled up to: each person takes one for each rule.

    Raises:
        TooManyItemsError: `count` is over `max_items`.
    """
    # §8.1 step 1
    if count > max_items:
        raise TooManyItemsError(
            f"the list takes {count:,} places, one for each identifier; the agreement allows {max_items:,}",
            hint="shorten the list, or sign an agreement with a larger max_items",
        )
    if max_items <= LIMITS.small_bucket:
        return max_items
    return min(max_items, max(LIMITS.small_bucket, _padme(count)))


def check_set_size(size: int, max_items: int) -> None:
    """Check that a peer's set size is a bucket.

    Raises:
        PeerTooManyItemsError: it is over `max_items`.
        SetSizeError: it is not a bucket of the agreement.
    """
    # §8.1 step 1
    if size > max_items:
        raise PeerTooManyItemsError(f"the peer declared {size:,} identifiers; the agreement allows {max_items:,}")
    if bucket(size, max_items) != size:
        raise SetSizeError(f"the peer declared a set size of {size:,}, which is not a bucket of the agreement")


def chunks(count: int) -> list[slice]:
    """Return the slices that `count` items are cut into."""
    # §5.3
    step = LIMITS.chunk_items
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def slots(claims: int, smaller_set_size: int) -> int:
    """Return how many places the claims are given, used or not."""
    # §8.2
    if smaller_set_size <= LIMITS.small_bucket:
        return smaller_set_size
    return min(smaller_set_size, max(LIMITS.small_bucket, _power_of_two(claims)))
