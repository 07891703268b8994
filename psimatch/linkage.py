"""How well the rules of persons find pairs that are known to be true (psimatch-1 §13.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psimatch.flags import Flag
from psimatch.identifiers import PERSON, RULES, Identifier, Policy, Rule, rule_of, satisfies


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a rule or a policy finds true pairs: how many it found, how many of these are true, and of how many."""

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
) -> tuple[list[Figures], list[Figures]]:
    """Return the figures of each rule and of each policy for two lists of which the true pairs are known.

    Pairs are of places in the lists, from 0. The rows must have been read with the rules of the policy `any`.
    """
    agreed: dict[tuple[int, int], list[Rule]] = {}
    places: dict[Identifier, list[int]] = {}
    for place, flag in enumerate(one):
        for token in _persons(flag):
            places.setdefault(token, []).append(place)
    for place, flag in enumerate(other):
        for token in _persons(flag):
            for match in places.get(token, ()):
                agreed.setdefault((match, place), []).append(rule_of(token))
    true = set(truth)

    def figures(name: str, pairs: Collection[tuple[int, int]]) -> Figures:
        return Figures(name, len(pairs), len(true.intersection(pairs)), len(true))

    rules = [figures(rule.name, [pair for pair, found in agreed.items() if rule in found]) for rule in RULES]
    policies = [
        figures(policy.value, [pair for pair, found in agreed.items() if satisfies(policy, found)]) for policy in Policy
    ]
    return rules, policies


def _persons(flag: Flag) -> list[Identifier]:
    return [token for token in flag.identifiers if token.kind == PERSON]
