"""What writes the vectors: the reference computes each scenario, and refuses it where it must."""

from __future__ import annotations

import json
from pathlib import Path

from protocol_spec.scenarios import (
    agreements,
    agreements_at_limits,
    attacks,
    audit_files,
    beginnings,
    envelopes,
    files,
    group,
    kinds,
    kinds_at_limits,
    ledgers,
    matches,
    messages,
    messages_at_limits,
    order_of_checks,
    other_places,
    out_of_place,
    own_ledgers,
    persons_at_limits,
    refusing_ledgers,
    sessions,
    two_chunks,
    wrong_envelopes,
)

VECTORS = Path(__file__).parents[1] / "vectors"
# Published by others, or written by hand.
KEPT = {"README.md", "rfc9497-ristretto255-sha512.json"}
# What takes long, and what its files begin with.
SLOW, SLOW_FILES = two_chunks, "two-chunks-"
MODULES = (
    group,
    agreements,
    agreements_at_limits,
    files,
    messages,
    messages_at_limits,
    matches,
    audit_files,
    ledgers,
    own_ledgers,
    envelopes,
    order_of_checks,
    beginnings,
    sessions,
    attacks,
    wrong_envelopes,
    other_places,
    out_of_place,
    refusing_ledgers,
    kinds,
    kinds_at_limits,
    persons_at_limits,
    two_chunks,
)


def vector_files(quick: bool = False) -> dict[str, str]:
    """Return the text of every vector file by its path below the vectors; a quick look leaves out what takes long."""
    found: dict[str, str] = {}
    for module in [module for module in MODULES if not quick or module is not SLOW]:
        for scenario in module.scenarios():
            if scenario.file in found:
                raise SystemExit(f"{scenario.file} is there twice")
            found[scenario.file] = json.dumps(scenario.content(), indent=1, ensure_ascii=False) + "\n"
    return found


def write_vectors(check: bool, quick: bool = False) -> int:
    """Write the vector files and remove stale ones, or say how they differ; return 1 where they do."""
    wanted = vector_files(quick)
    there = {
        str(path.relative_to(VECTORS)): path.read_text(encoding="utf-8")
        for path in sorted(VECTORS.rglob("*"))
        if path.is_file() and path.name not in KEPT and not (quick and path.name.startswith(SLOW_FILES))
    }
    differences = [f"{name}: stale" for name in there if name not in wanted]
    differences += [f"{name}: missing" for name in wanted if name not in there]
    differences += [f"{name}: different" for name in wanted if there.get(name, wanted[name]) != wanted[name]]
    if check:
        print("\n".join(differences) or f"{len(wanted)} scenarios are what the reference computes")
        return 1 if differences else 0
    for name in there.keys() - wanted.keys():
        (VECTORS / name).unlink()
        if not any((VECTORS / name).parent.iterdir()):
            (VECTORS / name).parent.rmdir()
    for name, text in wanted.items():
        path = VECTORS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0
