"""What an auditor makes of an audit file (§12.4, §12.5)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation, refusing
from protocol_spec.answers.sessions import public_of
from protocol_spec.reference import Auditor, Identity, audit_info, hpke_open, read_audit_file


def audit_file(given: dict[str, Any]) -> dict[str, Any]:
    """Check an audit file, and open rows of it."""
    parties = [public_of(given[role]) for role in ("client", "server")]
    with refusing("audit_file"):
        file = read_audit_file(bytes.fromhex(given["file"]))
        auditor = Auditor(file, given["terms"], parties)
    info = audit_info("seed", ("client", "server")[file.role], file.agreement, file.session)
    seed = hpke_open(Identity(bytes.fromhex(given["auditor_identity_seed"])).sealing, info, file.sealed_seed)
    auditor.open(seed, {each["place"]: bytes.fromhex(each["share"]) for each in given["shares"]})
    if auditor.broken:
        return {"violation": True}
    rows = [
        {"place": place, **shown(*item), "persons": persons, "case_ref": case_ref}
        for place, (item, _, persons, case_ref) in sorted(auditor.opened.items())
    ]
    return {"violation": False, "complete": auditor.receipt, "rows": rows}


def shown(kind: str, version: int, value: bytes) -> dict[str, Any]:
    """Return an identifier by name; of a dummy not what it is."""
    return {"kind": kind, "version": version, "value": b"" if kind == "dummy" else value}


OPERATIONS: dict[str, Operation] = {"audit_file": audit_file}
