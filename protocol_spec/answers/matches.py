"""Contacts, references, and the rows of an audit (§8.3, §8.4, §12)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation, RefusalError, refusing, unhex
from protocol_spec.reference import (
    answer_info,
    audit_cipher,
    audit_info,
    audit_leaf,
    audit_root,
    audit_row,
    audit_share,
    open_contact,
    references,
    seal_contact,
)


def seal(given: dict[str, Any]) -> dict[str, Any]:
    """Seal a contact."""
    secret, session = bytes.fromhex(given["match_secret"]), bytes.fromhex(given["session_id"])
    return {"sealed": seal_contact(secret, session, given["to"], given["contact"], given["contact_size"])}


def open_sealed(given: dict[str, Any]) -> dict[str, Any]:
    """Open a contact."""
    secret, session, sealed = (bytes.fromhex(given[name]) for name in ("match_secret", "session_id", "sealed"))
    with refusing("contact"):
        return {"contact": open_contact(secret, session, given["to"], sealed)}


def hostile(given: dict[str, Any]) -> dict[str, Any]:
    """Say whether nothing of a hostile contact would harm who sees it."""
    try:
        shown = open_sealed(given)["contact"]
    except RefusalError:
        return {"harmless": True}
    return {"harmless": shown.isprintable()}


def name_matches(given: dict[str, Any]) -> dict[str, Any]:
    """Name the matches of a session."""
    return {"references": references(unhex(given["match_secrets"]), bytes.fromhex(given["session_id"]))}


def audit_rows(given: dict[str, Any]) -> dict[str, Any]:
    """Commit to rows, seal them, and name what is sealed about them."""
    seeds = bytes.fromhex(given["auditor_seed"]), bytes.fromhex(given["owner_seed"])
    about = given["role"], bytes.fromhex(given["agreement_id"]), bytes.fromhex(given["session_id"])
    rows, leaves = [], []
    for place, each in enumerate(given["rows"]):
        salt, value, blinding = (bytes.fromhex(each[name]) for name in ("salt", "value", "blinding"))
        row = salt, (each["kind"], each["version"], value), blinding, each["persons"], each["case_ref"]
        leaves.append(audit_leaf(*row))
        plaintext = audit_row(*row, given["row_bytes"])
        rows.append({
            "leaf": leaves[-1], "auditor_share": audit_share(seeds[0], place),
            "owner_share": audit_share(seeds[1], place),
            "sealed": audit_cipher(seeds, place).encrypt(bytes(12), plaintext, None),
        })  # fmt: skip
    return {
        "rows": rows, "root": audit_root(leaves), "seed_info": audit_info("seed", *about),
        "answer_info_all": answer_info(*about, None), "answer_info": answer_info(*about, given["places"]),
    }  # fmt: skip


OPERATIONS: dict[str, Operation] = {
    "seal_contact": seal,
    "open_contact": open_sealed,
    "hostile_contact": hostile,
    "references": name_matches,
    "audit_rows": audit_rows,
}
