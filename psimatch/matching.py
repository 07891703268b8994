"""From tags to matches, and the reference that both sides can say over the telephone (psimatch-1 §4.5, §8.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from psimatch import crockford
from psimatch.digest import length_prefixed
from psimatch.identifiers import Identifier
from psimatch.parameters import Label
from psimatch.prf import CLAIM, MATCH_SECRET

SHORT_REFERENCE_BITS = 40
LONG_REFERENCE_BITS = 60


@dataclass(frozen=True, slots=True)
class Match:
    """An identifier that both parties submitted.

    `reference` is the same on both sides, such as `K7QF-3M2X`. `peer_contact` is text that the peer chose, bounded
    and made safe to show, and empty where there is none.
    """

    identifier: Identifier = field(repr=False)
    reference: str
    peer_contact: str = field(repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A match before disclosure: the claim (16 bytes) that proves it, and the match secret (32) behind its keys."""

    claim: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    identifier: Identifier = field(repr=False)

    @classmethod
    def of(cls, output: bytes, identifier: Identifier) -> Candidate:
        """Take a PRF output (64 bytes) apart."""
        # §4.5
        return cls(output[CLAIM], output[MATCH_SECRET], identifier)


def packed_items(packed: bytes, size: int) -> list[bytes]:
    """Return the items of `packed`, `size` bytes each."""
    return [packed[start : start + size] for start in range(0, len(packed), size)]


def ascends(items: Sequence[bytes], before: bytes | None) -> bool:
    """Return whether each item is greater than the one before it, the first than `before`."""
    if before is not None and items and items[0] <= before:
        return False
    return all(one < other for one, other in pairwise(items))


def references(secrets: Sequence[bytes], session_id: bytes) -> list[str]:
    """Return the match reference for each match secret (32 bytes) of one session."""
    # §8.4
    info = length_prefixed(Label.MATCH_REFERENCE) + session_id
    raw = [HKDFExpand(SHA512(), 8, info).derive(secret) for secret in secrets]
    short = [crockford.encode(item, SHORT_REFERENCE_BITS) for item in raw]
    uses = Counter(short)
    return [
        text if uses[text] == 1 else crockford.encode(item, LONG_REFERENCE_BITS)
        for text, item in zip(short, raw, strict=True)
    ]
