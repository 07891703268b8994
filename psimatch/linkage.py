"""How well the rules of persons find pairs that are known to be true (psimatch-1 §13.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psimatch.flags import Flag
from psimatch.identifiers import PERSON, RULES, Identifier, rule_of


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a rule, or all together, finds true pairs: how many were found, how many are true, and of how many."""

    name: str
    found: int
    true: int
    total: int

    @property
    def precision(self) -> float:
        """The share of what it found that is true; 1 where it found nothing."""
        return self.true / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what is true that it found; 1 where nothing is."""
        return self.true / self.total if self.total else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def evaluate_linkage(
    one: Sequence[Flag], other: Sequence[Flag], truth: Collection[tuple[int, int]]
) -> tuple[Figures, ...]:
    """Return the figures of each rule, and at last of all together, for two lists of which the true pairs are known.

    Pairs are of places in the lists, from 0.
    """
    found: dict[str, set[tuple[int, int]]] = {rule.name: set() for rule in RULES}
    places: dict[Identifier, list[int]] = {}
    for place, flag in enumerate(one):
        for token in _persons(flag):
            places.setdefault(token, []).append(place)
    for place, flag in enumerate(other):
        for token in _persons(flag):
            found[rule_of(token).name].update((match, place) for match in places.get(token, ()))
    found["all"] = set().union(*found.values())
    true = set(truth)
    return tuple(Figures(name, len(pairs), len(true & pairs), len(true)) for name, pairs in found.items())


def _persons(flag: Flag) -> list[Identifier]:
    return [token for token in flag.identifiers if token.kind == PERSON]
