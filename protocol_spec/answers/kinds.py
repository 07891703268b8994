"""From the text of records to identifiers (§13)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation
from protocol_spec.answers.sessions import rows_of
from protocol_spec.reference import OwnList, RefusedError, read_kind


def kind(given: dict[str, Any]) -> dict[str, Any]:
    """Read the values of a kind from each row; a row that is refused has none."""
    terms = {"phone_region": given["phone_region"]}

    def read(row: dict[str, str]) -> list[str] | None:
        try:
            return [value.decode() for _, _, value in read_kind(given["kind"], row, terms)]
        except RefusedError:
            return None

    return {"values": [read(row) for row in given["rows"]]}


def claims(given: dict[str, Any]) -> dict[str, Any]:
    """Choose of the identifiers that match those that a client claims."""
    matched = {(item["kind"], item["version"], bytes.fromhex(item["value"])) for item in given["matched"]}
    own = OwnList(rows_of(given))
    claimed = sorted(own.claims(matched).items())
    return {
        "places": own.places(),
        "claims": [{"kind": item[0], "version": item[1], "value": item[2], "contact": told} for item, told in claimed],
    }


OPERATIONS: dict[str, Operation] = {"kind": kind, "claims": claims}
