"""From tags to matches, and the reference that both sides can say over the telephone (psimatch-1 §4.5, §8.4)."""

from __future__ import annotations

import hmac
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from psimatch import crockford
from psimatch.digest import length_prefixed
from psimatch.identifiers import Identifier
from psimatch.kernel import records
from psimatch.kernel.wiping import wipe
from psimatch.parameters import Label
from psimatch.prf import CLAIM, MATCH_SECRET, OUTPUT_BYTES

SHORT_REFERENCE_BITS = 40
LONG_REFERENCE_BITS = 60
_REFERENCE_BYTES = 8

# A claim and the match secret behind it stand side by side in a PRF output.
_ROW_BYTES = MATCH_SECRET.stop - CLAIM.start
_ROW_CLAIM = slice(0, CLAIM.stop - CLAIM.start)
_ROW_SECRET = slice(_ROW_CLAIM.stop, _ROW_BYTES)


@dataclass(frozen=True, slots=True)
class Match:
    """An identifier that both parties submitted.

    `reference` is the same on both sides, such as `K7QF-3M2X`. `peer_contact` is text that the peer chose, bounded
    and made safe to show, and empty where there is none.
    """

    identifier: Identifier = field(repr=False)
    reference: str
    peer_contact: str = field(repr=False)


class Candidates:
    """The matches before disclosure, packed: for each a claim that proves it, a secret behind its keys, its place."""

    def __init__(self) -> None:
        self._rows = bytearray()
        self.places: array[int] = array("I")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.places)

    def add(self, outputs: bytes | bytearray, number: int, place: int) -> None:
        """Add the PRF output with this number, which belongs to the identifier at `place`."""
        # §4.5
        start = OUTPUT_BYTES * number
        self._rows += memoryview(outputs)[start + CLAIM.start : start + MATCH_SECRET.stop]
        self.places.append(place)

    def sort(self) -> None:
        """Put them in the order of their claims."""
        chosen = records.order(self._rows, _ROW_BYTES, _ROW_CLAIM)
        rows = records.take(self._rows, _ROW_BYTES, slice(0, _ROW_BYTES), chosen)
        self._rows[:] = rows
        wipe(rows)
        self.places = array("I", [self.places[number] for number in chosen])

    def claims(self, piece: slice) -> bytes:
        """Return the claims of a slice, packed."""
        rows = memoryview(self._rows)[_ROW_BYTES * piece.start : _ROW_BYTES * piece.stop]
        return b"".join(records.split(rows, _ROW_BYTES, _ROW_CLAIM))

    def secrets(self, piece: slice) -> list[memoryview]:
        """Return the match secrets of a slice, where they stand; 32 bytes each."""
        rows = memoryview(self._rows)[_ROW_BYTES * piece.start : _ROW_BYTES * piece.stop]
        return [rows[start:][_ROW_SECRET] for start in range(0, len(rows), _ROW_BYTES)]

    def clear(self) -> None:
        """Forget them all."""
        wipe(self._rows)
        self._rows, self.places = bytearray(), array("I")


def references(secrets: Sequence[bytes | memoryview], session_id: bytes) -> list[str]:
    """Return the match reference for each match secret (32 bytes) of one session."""
    # §8.4
    # For one block, HKDF-Expand (RFC 5869 §2.3) is this HMAC.
    info = length_prefixed(Label.MATCH_REFERENCE) + session_id + b"\x01"
    raw = [hmac.digest(secret, info, "sha512")[:_REFERENCE_BYTES] for secret in secrets]
    short = crockford.encode_rows(
        b"".join([item[: SHORT_REFERENCE_BITS // 8] for item in raw]), SHORT_REFERENCE_BITS // 8
    )
    uses = Counter(short)
    return [
        text if uses[text] == 1 else crockford.encode(item, LONG_REFERENCE_BITS)
        for text, item in zip(short, raw, strict=True)
    ]
