"""This side's identifiers: packed once, and for each session filled up with dummies, in random order.

`PackedItems` holds what is the same in every session: a listener checks and packs its list once, so that a connection
costs nothing that grows with it. `OwnSet` holds what belongs to one session alone, its dummies and its order, beside
the packed identifiers, which it shares and never changes. It is drawn once the session has been admitted.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

from psimatch import randomness
from psimatch.contact import check_contact
from psimatch.errors import FieldError, LocalProtocolError
from psimatch.identifiers import Identifier, Kind, dummy
from psimatch.kernel import records
from psimatch.kernel.wiping import wipe
from psimatch.padding import chunks
from psimatch.prf import decoded, encoded, head_of
from psimatch.terms import Terms

_KEY_BYTES: Final = 16
_DUMMY_VALUE_BYTES: Final = 32
# All dummies are equally long, so what stands before their random bytes is the same in each.
_DUMMY_HEAD: Final = encoded(dummy(bytes(_DUMMY_VALUE_BYTES)))[:-_DUMMY_VALUE_BYTES]
_DUMMY_BYTES: Final = len(_DUMMY_HEAD) + _DUMMY_VALUE_BYTES


class PackedItems:
    """A party's identifiers, checked and encoded, without an object an item: 50 to 60 bytes for a short identifier.

    Nothing changes it once it is made, so any number of sessions under one agreement may share it.
    """

    def __init__(
        self, items: Mapping[Identifier, str], kinds: Iterable[Kind], contact_size: int, agreement_id: bytes = b""
    ) -> None:
        """Check and pack the identifiers, and keep their contacts where the agreement has any.

        Args:
            items: each identifier with the contact that a match shows the peer.
            kinds: those that the agreement names.
            contact_size: bytes of a contact; 0 keeps none.
            agreement_id: of the agreement whose sessions may use it, 32 bytes; `under` gives it.

        Raises:
            LocalProtocolError: an identifier of a kind that is not among `kinds`.
            FieldError: an identifier is not in canonical form, or a contact can't be sealed.
        """
        self.agreement_id = agreement_id
        self.encoded = bytearray()
        self.ends = array("Q", [0])
        self.contacts: list[str] = []
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
                self.contacts.append(contact)
            self.encoded += head
            self.encoded += len(value).to_bytes(4, "big")
            self.encoded += value
            self.ends.append(len(self.encoded))

    @classmethod
    def under(cls, terms: Terms, items: Mapping[Identifier, str] | PackedItems) -> PackedItems:
        """Pack items for the sessions of an agreement; what was packed for it before is returned as it is.

        Raises:
            LocalProtocolError: an identifier of a kind that the agreement does not name, or items that were packed for
                another agreement.
            FieldError: an identifier is not in canonical form, or a contact can't be sealed.
        """
        if not isinstance(items, PackedItems):
            return cls(items, terms.kinds_known, terms.contact_size, terms.id)
        if items.agreement_id != terms.id:
            raise LocalProtocolError("the identifiers were packed for another agreement")
        return items

    def __len__(self) -> int:
        return len(self.ends) - 1


_NOTHING: Final = PackedItems({}, (), 0)


class OwnSet:
    """What a party brings to one session.

    After `fill` and `shuffle`, a place is a number below the filled size, and says nothing of the order that came in.
    """

    def __init__(self, packed: PackedItems) -> None:
        """Begin with the identifiers of the party, which other sessions may share."""
        self._packed = packed
        self._count = len(packed)
        self._dummies, self._dummy_ends = bytearray(), array("Q", [0])
        self._places: array[int] = array("I")

    def fill(self, size: int) -> None:
        """Draw fresh dummies that fill the set up to `size`.

        The peer may wait for it: as many dummies are drawn and encoded as the filled set has places, and those that are
        not needed are thrown away. So the time tells nothing of how long the list is.
        """
        # §8.1 step 2
        needed = size - self._count
        kept: list[bytes] = []
        for piece in chunks(size):
            drawn = randomness.random_bytes(_DUMMY_VALUE_BYTES * (piece.stop - piece.start))
            starts = range(0, len(drawn), _DUMMY_VALUE_BYTES)
            made = b"".join([_DUMMY_HEAD + drawn[start : start + _DUMMY_VALUE_BYTES] for start in starts])
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
        real = max((end - start for start, end in pairwise(self._packed.ends)), default=0)
        return max(real, _DUMMY_BYTES if self._dummies else 0)

    def _encoded(self, item: int) -> bytearray:
        """Return an encoded identifier by its number: those of the list first, then the dummies."""
        if item < self._count:
            encodings, ends = self._packed.encoded, self._packed.ends
        else:
            encodings, ends, item = self._dummies, self._dummy_ends, item - self._count
        return encodings[ends[item] : ends[item + 1]]

    def inputs(self, prefix: bytes, places: slice) -> list[bytes]:
        """Return the PRF inputs of these places, behind the prefix of the session."""
        return [prefix + self._encoded(item) for item in self._places[places]]

    def is_dummy(self, place: int) -> bool:
        """Return whether a dummy stands at this place."""
        return self._places[place] >= self._count

    def identifier(self, place: int) -> Identifier:
        """Return the identifier at this place."""
        return decoded(bytes(self._encoded(self._places[place])))

    def contact(self, place: int) -> str:
        """Return the contact that the peer is shown where this place matches."""
        return self._packed.contacts[self._places[place]] if self._packed.contacts else ""

    def clear(self) -> None:
        """Forget everything; the packed identifiers stay for the sessions that share them."""
        wipe(self._dummies)
        self._dummies, self._dummy_ends = bytearray(), array("Q", [0])
        self._packed, self._places, self._count = _NOTHING, array("I"), 0
