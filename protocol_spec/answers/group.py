"""Elements, the keyed hash and its proof (§4)."""

from __future__ import annotations

from typing import Any

from protocol_spec.answers.refusal import ACCEPTED, Operation, refusing, unhex
from protocol_spec.reference import (
    BASE,
    blind,
    blind_evaluate,
    commitments,
    decode_element,
    decode_scalar,
    encode_element,
    encode_scalar,
    evaluate,
    finalize,
    hash_to_group,
    multiply,
    parts,
    prf_input,
    prove_chunk,
    session_key,
    verify_chunk,
)


def decode(given: dict[str, Any]) -> dict[str, Any]:
    """Decode an element, and encode it again."""
    with refusing("element"):
        return {"encoding": encode_element(decode_element(bytes.fromhex(given["encoding"])))}


def multiples(given: dict[str, Any]) -> dict[str, Any]:
    """Multiply the generator by scalars."""
    scalars = [decode_scalar(scalar) for scalar in unhex(given["scalars"])]
    return {"encodings": [encode_element(multiply(k, BASE)) for k in scalars]}


def keyed_hash(given: dict[str, Any]) -> dict[str, Any]:
    """Carry an identifier to the parts of its PRF output."""
    agreement, session, seed = (bytes.fromhex(given[name]) for name in ("agreement_id", "session_id", "key_seed"))
    data = prf_input(agreement, session, (given["kind"], given["version"], bytes.fromhex(given["value"])))
    key, r = session_key(seed, agreement, session), decode_scalar(bytes.fromhex(given["blind"]))
    blinded = blind(data, r)
    evaluated = blind_evaluate(key, blinded)
    output = finalize(data, r, evaluated)
    if output != evaluate(key, data):
        raise SystemExit("the two ways to the PRF output differ")
    tag, claim, secret = parts(output)
    return {
        "prf_input": data, "secret_key": encode_scalar(key), "public_key": encode_element(multiply(key, BASE)),
        "element": encode_element(hash_to_group(data)), "blinded": blinded, "evaluated": evaluated, "output": output,
        "tag": tag, "claim": claim, "match_secret": secret,
    }  # fmt: skip


def prove(given: dict[str, Any]) -> dict[str, Any]:
    """Evaluate a chunk, and prove it."""
    key, nonce = (decode_scalar(bytes.fromhex(given[name])) for name in ("secret_key", "nonce"))
    blinded = unhex(given["blinded"])
    evaluated = [blind_evaluate(key, element) for element in blinded]
    proof = prove_chunk(key, bytes.fromhex(given["context"]), blinded, evaluated, nonce)
    return {"public_key": encode_element(multiply(key, BASE)), "evaluated": evaluated, "proof": proof}


def verify(given: dict[str, Any]) -> dict[str, Any]:
    """Verify the proof of a chunk."""
    public_key, context, proof = (bytes.fromhex(given[name]) for name in ("public_key", "context", "proof"))
    with refusing():
        verify_chunk(public_key, context, unhex(given["blinded"]), unhex(given["evaluated"]), proof)
    return ACCEPTED


def commit(given: dict[str, Any]) -> dict[str, Any]:
    """Commit to chunks (§5.4)."""
    return {"rests": commitments(unhex(given["chunks"]))}


OPERATIONS: dict[str, Operation] = {
    "element": decode,
    "base_multiple": multiples,
    "prf": keyed_hash,
    "prove_chunk": prove,
    "verify_chunk": verify,
    "commitment": commit,
}
