"""Which scenarios the tree keeps: enough to begin an implementation with, and few enough to be read.

Nobody chooses files by hand. A file of at most 100 kB is in the core set by one of two rules:

1. it is the first of its operation, in the order in which the scenarios are written, with its outcome: an output, of a
   message also its type and of an audit file also its verdict, or a class of refusal. Of whole sessions each role
   counts by itself, and so does each `reveal`.
2. PATTERNS names it, with a reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

MOST_FILES, MOST_BYTES = 200, 100_000
# Published by others, in the tree beside the scenarios, and counted with them.
OTHERS = 1
# What there is besides the first of each outcome, and why.
PATTERNS = {
    "session/*-both-learn-two-matches-with-contacts.json": "the worked session of §19",
    "session/*-only-the-client-learns.json": "a whole session of the other reveal",
    "session/*-with-an-auditor.json": "a whole session whose messages carry a root",
    "session/*-both-lists-are-empty.json": "the smallest whole session",
    "prf/*": "the first thing to write, from text to PRF output",
    "element/of-uniform-bytes-*": "the one-way map, on the way to each element",
    "element/bit-255-set*": "an encoding that a lenient decoder takes",
    "audit_rows/*-client.json": "rows with a blinding",
    "bucket/*": "every size of the padding, to the limits",
    "slots/*": "every number of claims, to the limits",
    "kind/*-spellings-of-one-value.json": "each kind: what becomes the same",
    "kind/*-what-is-refused.json": "each kind: what is no value",
    "kind/*-at-their-limits.json": "each kind: the longest and shortest",
    "kind/person-s*.json": "tokens of a person",
    "kind/person-default-dates.json": "dates that registrars write where nobody knows the day",
    "message/not-a-*-with-a-field-too-many.json": "each type of message, refused",
    "envelope/an-encoding-that-is-not-canonical.json": "one value, two encodings",
    "envelope/a-bit-of-the-*-flipped.json": "each part of an envelope is checked",
    "verify_chunk/errors-that-cancel-in-a-plain-sum.json": "why a proof has weights",
    "agreement/the-least-of-each-number.json": "terms at their limits",
    "agreement/the-most-of-each-number.json": "terms at their limits",
    "agreement/an-auditor.json": "terms that name an auditor",
    "budget/2-40-*in-all.json": "the largest budget, and one more",
    "first_day/a-renewal.json": "charges count on under a renewal",
    "audit_file/*-a-sample.json": "an audit that opens some rows",
    "audit_file/*-a-tag-of-no-row.json": "a list that is not what was committed to",
    "ledger/an-entry-changed-and-signed.json": "a chain that is broken by its keeper",
    "claims/a-token-that-two-persons-share*.json": "which token of a person is claimed",
    "references/two-that-share-their-first-40-bits.json": "codes that collide grow",
    "own_ledger/client-sets-of-two-sizes.json": "a ledger over several sessions",
}


def chosen(files: Mapping[str, str]) -> dict[str, str]:
    """Return the core set of the files, by their paths; its limits are checked."""
    first: dict[Any, str] = {}
    for name, text in files.items():
        if len(text.encode()) <= MOST_BYTES:
            first.setdefault(outcome(json.loads(text)), name)
    by_rule = set(first.values())
    core = {
        name: text
        for name, text in sorted(files.items())
        if len(text.encode()) <= MOST_BYTES and (name in by_rule or any(fnmatchcase(name, each) for each in PATTERNS))
    }
    if len(core) + OTHERS > MOST_FILES:
        raise SystemExit(
            f"the core set has {len(core) + OTHERS} files, and may have {MOST_FILES}: see scenarios/core.py"
        )
    return core


def outcome(content: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what a scenario is an example of."""
    operation, given, expected = content["operation"], content["input"], content["expect"]
    output = expected.get("output", {})
    kind = output.get("type"), output.get("violation")
    whole = operation == "session" and "refused" not in expected
    side = (given["role"], given["terms"]["reveal"]) if whole else ()
    return operation, expected.get("refused", ""), kind, side
