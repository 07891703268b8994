"""From the text of records to identifiers (§13)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation
from protocol_spec.reference import Identifier, RefusedError, counting, read_kind


def kind(given: dict[str, Any]) -> dict[str, Any]:
    """Read the values of a kind from each row; a row that is refused has none."""
    terms = {"phone_region": given["phone_region"], "person_policy": given["person_policy"]}

    def read(row: dict[str, str]) -> list[str] | None:
        try:
            return [value.decode() for _, _, value in read_kind(given["kind"], row, terms)]
        except RefusedError:
            return None

    return {"values": [read(row) for row in given["rows"]]}


def person_matches(given: dict[str, Any]) -> dict[str, Any]:
    """Choose of the tokens that match those that the policy makes a match."""

    def token(value: str) -> Identifier:
        return "person", 1, value.encode()

    counts = counting([list(map(token, record)) for record in given["records"]], given["person_policy"])
    return {"counting": sorted(value.decode() for _, _, value in counts(set(map(token, given["matched"]))))}


OPERATIONS: dict[str, Operation] = {"kind": kind, "person_matches": person_matches}
