"""The reference as a program that answers the vectors: a JSON line with operation and input in, an answer out."""

from __future__ import annotations

import json
import sys
from typing import Any

from protocol_spec.answers import (
    agreements,
    audit_files,
    group,
    kinds,
    ledgers,
    matches,
    messages,
    own_ledgers,
    sessions,
)
from protocol_spec.answers.refusal import Operation, RefusalError, plain

OPERATIONS: dict[str, Operation] = {
    **group.OPERATIONS,
    **agreements.OPERATIONS,
    **messages.OPERATIONS,
    **matches.OPERATIONS,
    **audit_files.OPERATIONS,
    **ledgers.OPERATIONS,
    **own_ledgers.OPERATIONS,
    **sessions.OPERATIONS,
    **kinds.OPERATIONS,
}


def answer(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what the reference makes of an input: an output, or the class in which it refuses."""
    if operation not in OPERATIONS:
        return {"unsupported": True}
    try:
        return {"output": plain(OPERATIONS[operation](given))}
    except RefusalError as error:
        return {"refused": error.refused, **plain(error.more)}


def serve() -> int:
    """Answer line by line until standard input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(answer(asked["operation"], asked["input"])), flush=True)
    return 0
