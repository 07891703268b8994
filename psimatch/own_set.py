"""A submission as it takes part in one session: filled up with dummies, in random order.

The items of a `Submission` are checked and packed once, and shared by all sessions, so a connection to a listener costs
nothing that grows with the list. An `OwnSet` holds what belongs to one session alone, its dummies and its order. They
are drawn once the session has been admitted.
"""

from __future__ import annotations

from array import array
from typing import Final

from psimatch import randomness
from psimatch.identifiers import Identifier, dummy
from psimatch.kernel import records
from psimatch.kernel.wiping import wipe
from psimatch.padding import chunks
from psimatch.prf import decoded, encoded
from psimatch.submission import Submission

_KEY_BYTES: Final = 16
_RANDOM_BYTES: Final = 32
# All dummies are equally long, so what stands before their random bytes is the same in each.
_DUMMY_HEAD: Final = encoded(dummy(bytes(_RANDOM_BYTES)))[:-_RANDOM_BYTES]
_DUMMY_BYTES: Final = len(_DUMMY_HEAD) + _RANDOM_BYTES


class OwnSet:
    """What a party brings to one session: the items of its `Submission`, and dummies and an order of this set's own.

    After `fill` and `shuffle`, a place is a number below the set size, and says nothing of the order of the rows.
    """

    def __init__(self, submission: Submission) -> None:
        """Begin with the items alone."""
        self._submission = submission
        self._count = submission.count
        self._dummies, self._dummy_ends = bytearray(), array("Q", [0])
        self._places: array[int] = array("I")

    def fill(self) -> None:
        """Draw fresh dummies that fill the set up.

        The peer may wait for it: as many dummies are drawn and encoded as the filled set has places, and those that are
        not needed are thrown away. So the time tells nothing of how long the list is.
        """
        # §8.1 step 3
        size = self._submission.set_size
        needed = size - self._count
        kept: list[bytes] = []
        for piece in chunks(size):
            drawn = randomness.random_bytes(_RANDOM_BYTES * (piece.stop - piece.start))
            starts = range(0, len(drawn), _RANDOM_BYTES)
            made = b"".join([_DUMMY_HEAD + drawn[start : start + _RANDOM_BYTES] for start in starts])
            kept.append(made[: _DUMMY_BYTES * max(0, needed - piece.start)])
        self._dummies = bytearray().join(kept)
        # Looked up as the identifiers of the list are, so that both take the same time.
        self._dummy_ends = array("Q", range(0, _DUMMY_BYTES * (size + 1), _DUMMY_BYTES))[: max(0, needed) + 1]

    def shuffle(self) -> None:
        """Draw a random order."""
        size = self._count + len(self._dummy_ends) - 1
        # Two equal keys, which alone would skew the order, have a probability under size² / 2^129.
        keys = randomness.random_bytes(_KEY_BYTES * size)
        self._places = records.order(keys, _KEY_BYTES, slice(0, _KEY_BYTES))
        wipe(keys)

    @property
    def longest(self) -> int:
        """The bytes of the longest encoded identifier, dummies included."""
        return max(self._submission.longest, _DUMMY_BYTES if self._dummies else 0)

    @property
    def longest_case_ref(self) -> int:
        """The bytes of the longest case reference."""
        return self._submission.longest_case_ref

    def inputs(self, prefix: bytes, places: slice) -> list[bytes]:
        """Return the PRF inputs of these places, behind the prefix of the session."""
        return [prefix + self._encoded(item) for item in self._places[places]]

    def _encoded(self, item: int) -> bytearray:
        """Return an encoded identifier by its number: those of the submission first, then the dummies."""
        if item < self._count:
            return self._submission.encoded(item)
        start, end = self._dummy_ends[item - self._count : item - self._count + 2]
        return self._dummies[start:end]

    def is_dummy(self, place: int) -> bool:
        """Return whether a dummy stands at this place."""
        return self._places[place] >= self._count

    def identifier(self, place: int) -> Identifier:
        """Return the identifier at this place."""
        return decoded(bytes(self._encoded(self._places[place])))

    def contact(self, place: int) -> str:
        """Return the contact of the first row that has the identifier at this place."""
        return self._submission.contact(self._places[place])

    def case_ref(self, place: int) -> str:
        """Return the case reference of the identifier at this place; a dummy has none."""
        return "" if self.is_dummy(place) else self._submission.case_ref(self._places[place])

    def claims(self, matched: list[int]) -> dict[int, str]:
        """Return which of the places that matched (no dummies) are claimed, each with the contact to show the peer."""
        place_of = {self._places[place]: place for place in matched}
        return {place_of[item]: contact for item, contact in self._submission.claims(place_of).items()}

    def persons(self) -> dict[int, tuple[int, ...]]:
        """Return the numbers of the persons of each place that holds a token, ascending.

        Persons are numbered in the order of their places, which the shuffle has drawn: so a number tells nothing of the
        order of the rows, and is another one in the next session.
        """
        # §12.2
        place_of = array("I", bytes(self._places.itemsize * len(self._places)))
        for place, item in enumerate(self._places):
            place_of[item] = place
        found: dict[int, tuple[int, ...]] = {}
        persons = sorted(sorted(place_of[item] for item in tokens) for tokens in self._submission.persons())
        for number, places in enumerate(persons):
            for place in places:
                found[place] = (*found.get(place, ()), number)
        return found

    def clear(self) -> None:
        """Forget everything; the items stay for other sessions of the same submission, and go with the last of them."""
        wipe(self._dummies)
        self._dummies, self._dummy_ends = bytearray(), array("Q", [0])
        self._places = array("I")
        self._count = 0
        if hasattr(self, "_submission"):
            del self._submission
