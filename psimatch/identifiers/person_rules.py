"""The rules by which persons are compared: what each joins, from the strongest on (psimatch-1 §13.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """Two records agree under a rule if all of its parts are equal, and none is empty.

    `on_default_dates` says whether it also holds for those dates that registrars write where nobody knows the day.
    """

    name: str
    parts: tuple[str, ...]
    on_default_dates: bool = False


# Version 2. Any change of a line is a new version of the kind. Benchmarks/README.md has what each finds and mistakes.
RULES: Final = (
    Rule("exact", ("given_names", "whole_family", "date"), on_default_dates=True),
    Rule("sounds", ("sounds", "swapped_date")),
    Rule("start", ("given_start", "family_ends", "date")),
)
RULES_BY_NAME: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in RULES})
