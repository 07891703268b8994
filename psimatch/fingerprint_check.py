"""Whether a person has compared a fingerprint: two groups, chosen at random, are to be typed (psimatch-1 §2.2).

People who compare 13 groups look at the first one or two, and whoever wants to pass for a party can make keys whose
fingerprint begins like that party's in seconds. So a page or a command does this instead:

1. It makes a FingerprintCheck of the fingerprint that the agreement names.
2. It shows `shown`, which leaves out two groups, and asks for the groups of `places`.
3. The person reads these two from what the other party says or has printed, and types them.
4. `verify` raises where they are others.

The two are chosen anew for each check, so a forger would have to match all 13. The program must not show the whole
fingerprint before the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from psimatch import crockford, randomness
from psimatch.errors import FingerprintError

_HIDDEN: Final = "?" * crockford.GROUP


@dataclass(frozen=True, slots=True)
class FingerprintCheck:
    """Two groups of a fingerprint to ask a person for; `places` counts from 1, in ascending order."""

    places: tuple[int, int]
    _groups: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, fingerprint: bytes) -> FingerprintCheck:
        """Choose two groups of a fingerprint (32 bytes), each pair as likely as any other."""
        groups = tuple(crockford.encode(fingerprint).split("-"))
        one = _below(len(groups))
        other = _below(len(groups) - 1)
        places = sorted((one, other + (other >= one)))
        return cls((places[0] + 1, places[1] + 1), groups)

    @property
    def shown(self) -> str:
        """The fingerprint in groups, without the two that are asked for."""
        shown = (_HIDDEN if place in self.places else group for place, group in enumerate(self._groups, 1))
        return "-".join(shown)

    def verify(self, first: str, second: str) -> None:
        """Check what a person typed for the two places; case, spaces, hyphens and O, I, L don't matter.

        Raises:
            FingerprintError: it is not what the fingerprint has there.
        """
        for place, typed in zip(self.places, (first, second), strict=True):
            if crockford.as_read(typed) != self._groups[place - 1]:
                raise FingerprintError(
                    f"the groups {self.places[0]} and {self.places[1]} are not those of the fingerprint",
                    hint="read them again from what the other party says; if they differ, somebody may have put other"
                    " keys into the agreement: sign nothing",
                )


def _below(bound: int) -> int:
    """Return a number from 0 to under `bound`, which is at most 256, each as likely as any other."""
    while True:
        number = randomness.random_bytes(1)[0]
        if number < 256 - 256 % bound:
            return number % bound
