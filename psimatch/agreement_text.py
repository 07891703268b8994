"""Agreements as TOML that a lawyer can read: the terms, then the signatures (psimatch-1 §3)."""

from __future__ import annotations

import json
from typing import Any

from psimatch.agreement import Agreement
from psimatch.errors import AgreementFormatError
from psimatch.identity import SIGNATURE_BYTES
from psimatch.parameters import Role
from psimatch.terms import Terms, check_names
from psimatch.toml_text import parse_toml

_COMMENTS = {
    "kinds": "what may be compared; duplicates within a list count once",
    "reveal": "who learns the matches: both, or client",
    "max_items": "the most identifiers that a party may submit in a session, of all kinds together",
    "max_evaluations": "the most evaluations that a party may be charged for, all sessions together",
    "large_budget_reason": "why a party may test more than a hundredth of all values of a kind",
    "predecessor": "the id of the agreement that this one renews",
    "auditor": "the fingerprint of an auditor, for whom both parties then keep what they submitted",
    "phone_region": "the country of telephone numbers that don't say theirs",
    "retention_days": "how long a party may keep the files of a session",
    "contact_size": "the bytes that a contact may have: whom to ring about a match",
    "valid_from": "first and last day, in UTC",
}


def write_agreement(agreement: Agreement) -> str:
    """Return the agreement as TOML text; comments explain the fields that need it."""
    lines = [
        "# An agreement of two parties to match their lists with psimatch.",
        "# Its id covers the terms below, not the comments. Any change of the terms voids the signatures.",
        "",
    ]
    tables = []
    for name, value in agreement.terms.as_fields().items():
        if isinstance(value, dict):
            tables += ["", f"[{name}]", *(f"{key} = {_quoted(item)}" for key, item in value.items())]
            continue
        if name in _COMMENTS:
            lines.append(f"# {_COMMENTS[name]}")
        lines.append(f"{name} = {_quoted(value)}")
    text = "\n".join(lines + tables) + "\n"
    return text + "".join(signature_table(role, signature) for role, signature in agreement.signatures.items())


def signature_table(role: Role, signature: bytes) -> str:
    """Return the table to append for one signature."""
    return f'\n[[signature]]\nparty = "{role.value}"\ned25519 = "{signature.hex()}"\n'


def read_agreement(text: str) -> Agreement:
    """Read an agreement; its signatures are not verified yet.

    Raises:
        AgreementFormatError: not TOML, or a field is unknown, missing or malformed.
    """
    try:
        given = parse_toml(text)
    except ValueError as error:
        # A number of thousands of digits is an error of Python's own.
        raise AgreementFormatError(
            f"the agreement is not TOML: {error}", hint="undo the last change by hand, or ask for the file again"
        ) from None
    tables = given.pop("signature", [])
    terms = Terms.from_fields(given)
    return Agreement(terms, _read_signatures(tables))


def _read_signatures(tables: Any) -> dict[Role, bytes]:
    if not isinstance(tables, list):
        raise AgreementFormatError("the agreement's signatures are not [[signature]] tables")
    signatures: dict[Role, bytes] = {}
    for table in tables:
        check_names(table, {"party", "ed25519"}, "signature.")
        try:
            role, signature = Role(table["party"]), bytes.fromhex(table["ed25519"])
        except (ValueError, TypeError):
            raise AgreementFormatError("a signature of the agreement is malformed") from None
        # §3.4: one way to write it, so that two copies differ only where the signatures do.
        if len(signature) != SIGNATURE_BYTES or table["ed25519"] != signature.hex() or role in signatures:
            raise AgreementFormatError("a signature of the agreement is malformed, or a party signed twice")
        signatures[role] = signature
    return signatures


def _quoted(value: Any) -> str:
    """Write a text, number or array as TOML; JSON's form of printable text is TOML's too."""
    return json.dumps(value, ensure_ascii=False)
