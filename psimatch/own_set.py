"""This side's identifiers for one session: packed, filled up with dummies, in random order."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from itertools import pairwise

from psimatch import randomness
from psimatch.contact import check_contact
from psimatch.errors import FieldError, LocalProtocolError
from psimatch.identifiers import Identifier, Kind, dummy
from psimatch.kernel import records
from psimatch.kernel.wiping import wipe
from psimatch.prf import decoded, encoded, head_of

_KEY_BYTES = 16


class OwnSet:
    """What a party brings, without an object an item: 50 to 60 bytes for a short identifier.

    After `fill` and `shuffle`, a place is a number below the filled size, and says nothing of the order that came in.
    """

    def __init__(self, items: Mapping[Identifier, str], kinds: Iterable[Kind], contact_size: int) -> None:
        """Check and pack the identifiers, and keep their contacts where the agreement has any.

        Raises:
            LocalProtocolError: an identifier of a kind that is not among `kinds`.
            FieldError: an identifier is not in canonical form, or a contact can't be sealed.
        """
        self._packed = bytearray()
        self._ends = array("Q", [0])
        self._contacts: list[str] = []
        self._places: array[int] = array("I")
        known = {(kind.name, kind.version): (kind, head_of(kind.name, kind.version)) for kind in kinds}
        for identifier, contact in items.items():
            kind, head = known.get((identifier.kind, identifier.version), (None, b""))
            if kind is None:
                raise LocalProtocolError(f"the agreement does not name the kind {identifier.kind}")
            value = identifier.value
            if not kind.has_form(value):
                raise FieldError(kind.name, "is not in its canonical form", f"make it with the parser of {kind.label}")
            if contact_size:
                check_contact(contact, contact_size)
                self._contacts.append(contact)
            self._packed += head
            self._packed += len(value).to_bytes(4, "big")
            self._packed += value
            self._ends.append(len(self._packed))
        self._count = len(self._ends) - 1

    def fill(self, size: int) -> None:
        """Fill up with dummies to `size`; how long it takes tells how many they are, so not while the peer waits."""
        # §8.1 step 2
        for _ in range(size - self._count):
            self._packed += encoded(dummy(randomness.random_bytes(32)))
            self._ends.append(len(self._packed))

    def shuffle(self) -> None:
        """Draw a random order."""
        size = len(self._ends) - 1
        # Two equal keys, which alone would skew the order, have a probability under size² / 2^129.
        keys = randomness.random_bytes(_KEY_BYTES * size)
        self._places = records.order(keys, _KEY_BYTES, slice(0, _KEY_BYTES))
        wipe(keys)

    @property
    def longest(self) -> int:
        """The bytes of the longest encoded identifier, dummies included."""
        return max(end - start for start, end in pairwise(self._ends))

    def inputs(self, prefix: bytes, places: slice) -> list[bytes]:
        """Return the PRF inputs of these places, behind the prefix of the session."""
        packed, ends = self._packed, self._ends
        return [prefix + packed[ends[item] : ends[item + 1]] for item in self._places[places]]

    def is_dummy(self, place: int) -> bool:
        """Return whether a dummy stands at this place."""
        return self._places[place] >= self._count

    def identifier(self, place: int) -> Identifier:
        """Return the identifier at this place."""
        item = self._places[place]
        return decoded(bytes(self._packed[self._ends[item] : self._ends[item + 1]]))

    def contact(self, place: int) -> str:
        """Return the contact that the peer is shown where this place matches."""
        return self._contacts[self._places[place]] if self._contacts else ""

    def clear(self) -> None:
        """Forget everything."""
        wipe(self._packed)
        self._packed.clear()
        self._ends, self._places, self._contacts = array("Q", [0]), array("I"), []
        self._count = 0
