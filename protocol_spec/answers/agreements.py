"""Identities and agreements (§2.2, §3)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import Operation, accept, refusing
from protocol_spec.reference import (
    Identity,
    agreement_id,
    agreement_signed,
    check_terms,
    crockford,
    pack,
    parse_agreement,
    parse_public,
    signature_holds,
)


def identity(given: dict[str, Any]) -> dict[str, Any]:
    """Derive an identity from its seed."""
    public = Identity(bytes.fromhex(given["seed"])).public
    return {
        "signing_key": public.signing, "sealing_key": public.sealing, "fingerprint": public.fingerprint,
        "fingerprint_text": crockford(public.fingerprint, 52),
    }  # fmt: skip


def agreement(given: dict[str, Any]) -> dict[str, Any]:
    """Check terms, encode, name and sign them."""
    with refusing("terms"):
        check_terms(given["terms"])
    known = agreement_id(given["terms"])
    signatures = {
        role: Identity(bytes.fromhex(given[f"{role}_seed"])).sign(agreement_signed(role, known))
        for role in ("client", "server")
    }
    return {"canonical": pack(given["terms"]), "agreement_id": known, "signatures": signatures}


def agreement_signature(given: dict[str, Any]) -> dict[str, Any]:
    """Verify the signature of a party under an agreement."""
    signed = agreement_signed(given["role"], agreement_id(given["terms"]))
    key, signature = (bytes.fromhex(given[name]) for name in ("signing_key", "signature"))
    return accept(signature_holds(key, signature, signed), "signature")


def public_identity(given: dict[str, Any]) -> dict[str, Any]:
    """Read a public identity file."""
    with refusing("identity_file"):
        name, public = parse_public(bytes.fromhex(given["file"]))
    return {"name": name, "signing_key": public.signing, "sealing_key": public.sealing}


def agreement_file(given: dict[str, Any]) -> dict[str, Any]:
    """Read an agreement file."""
    with refusing("terms"):
        terms, signatures = parse_agreement(bytes.fromhex(given["file"]))
    return {"agreement_id": agreement_id(terms), "signatures": signatures}


OPERATIONS: dict[str, Operation] = {
    "public_identity": public_identity,
    "agreement_file": agreement_file,
    "identity": identity,
    "agreement": agreement,
    "agreement_signature": agreement_signature,
}
