"""One scenario: what is asked, and what must be answered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from protocol_spec.answers import answer
from protocol_spec.answers.refusal import plain
from protocol_spec.reference import Random, i2osp, lp


@dataclass(frozen=True)
class Scenario:
    """A question; `refused` is the class in which it must be refused, or empty where it must be answered.

    `steps` are values on the way to the answer, for who looks for a mistake; no program is asked for them.
    """

    operation: str
    name: str
    about: str
    spec: str
    given: Mapping[str, Any]
    refused: str = ""
    steps: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Return the name of its file, in words."""
        return f"{self.operation}/{in_words(self.name)}.json"

    def content(self) -> dict[str, Any]:
        """Return what the file holds; the reference answers, and refuses where it must."""
        given = plain(dict(self.given))
        expected = answer(self.operation, given)
        if expected.get("refused", "") != self.refused:
            raise SystemExit(f"{self.file}: the reference answers {str(expected)[:200]}")
        head = {"about": self.about, "spec": self.spec, "operation": self.operation, "input": given}
        steps = {"steps": plain(dict(self.steps))} if self.steps else {}
        return head | steps | {"expect": expected}


def in_words(name: str) -> str:
    """Return a name as that of a file: words of small letters and digits."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower().replace("'s", "s").replace("n't", "nt")))


def sentence(name: str) -> str:
    """Return a name as a sentence."""
    return f"{name[0].upper()}{name[1:]}."


def stream(label: str) -> Random:
    """Return a deterministic source: SHA-512 of the label and a counter, cut as asked for."""
    blocks, left = count(), b""

    def draw(n: int) -> bytes:
        nonlocal left
        while len(left) < n:
            left += hashlib.sha512(lp(label.encode()) + i2osp(next(blocks), 8)).digest()
        drawn, left = left[:n], left[n:]
        return drawn

    return draw
