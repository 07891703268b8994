"""The tree that commits to the rows of a party, shaped as in RFC 9162 (psimatch-1 §12.2)."""

from __future__ import annotations

from collections.abc import Sequence

from psimatch.digest import digest
from psimatch.parameters import Label


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over at least one leaf; all have 32 bytes.

    RFC 9162 §2.1.1 splits at the largest power of two below the number of leaves. Joining neighbours level by level,
    where the last of an odd number goes up as it is, gives the same tree.
    """
    # §12.2
    level = list(leaves)
    while len(level) > 1:
        joined = [digest(Label.AUDIT_NODE, *pair) for pair in zip(level[::2], level[1::2], strict=False)]
        level = joined + level[2 * len(joined) :]
    return level[0]
