"""Elements, the keyed hash, its proof, and the commitment (§4, §5.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol_spec.reference import (
    BASE,
    ZERO,
    D,
    Identifier,
    P,
    Q,
    absolute,
    add,
    blind_evaluate,
    chunk_transcript,
    chunk_weights,
    decode_element,
    encode_element,
    encode_scalar,
    i2osp,
    multiply,
    one_way_map,
    prove_chunk,
    random_scalar,
    sqrt_ratio,
)
from protocol_spec.scenarios.scenario import Scenario, stream


def prf_scenarios() -> Iterator[Scenario]:
    """Carry identifiers from their bytes to the parts of the output (§1.2, §4)."""
    draw = stream("prf")
    examples: list[tuple[str, bytes, bytes, Identifier]] = [
        ("the example of the specification", b"\x11" * 32, b"\x22" * 32, ("nl-bsn", 1, b"123456782")),
        ("a dummy", b"\x11" * 32, b"\x22" * 32, ("dummy", 1, draw(32))),
        ("another session", b"\x11" * 32, b"\x33" * 32, ("nl-bsn", 1, b"123456782")),
        ("text beyond ASCII", draw(32), draw(32), ("text", 2, "Zoë".encode())),
    ]
    for name, agreement, session, item in examples:
        given = {
            "agreement_id": agreement, "session_id": session, "kind": item[0], "version": item[1], "value": item[2],
            "key_seed": draw(32), "blind": encode_scalar(random_scalar(draw)),
        }  # fmt: skip
        about = f"From an identifier to the parts of its PRF output: {name}."
        yield Scenario("prf", name, about, "§1.2, §4.1, §4.2, §4.3, §4.5", given)


def chunk_proof_scenarios() -> Iterator[Scenario]:
    """Prove chunks of 1 and 5, and spoil the second in each way that a verifier must see (§4.4)."""
    draw = stream("chunk proof")
    key = random_scalar(draw)
    pk = encode_element(multiply(key, BASE))
    checked: dict[str, Any] = {}
    for n in (1, 5):
        context, r = draw(32) + i2osp(n - 1, 4), random_scalar(draw)
        blinded = [encode_element(one_way_map(draw(64))) for _ in range(n)]
        evaluated = [blind_evaluate(key, element) for element in blinded]
        t = chunk_transcript(context, pk, blinded, evaluated)
        steps = {"transcript": t, "weights": [i2osp(w, 16)[::-1] for w in chunk_weights(t, n)]}
        name = f"{n} element{'s' * (n > 1)}"
        made = {"context": context, "secret_key": encode_scalar(key), "nonce": encode_scalar(r), "blinded": blinded}
        yield Scenario("prove_chunk", name, f"Evaluate and prove a chunk of {name}.", "§4.4", made, steps=steps)
        proof = prove_chunk(key, context, blinded, evaluated, r)
        checked = {
            "context": context, "public_key": pk, "blinded": blinded, "evaluated": evaluated, "proof": proof,
        }  # fmt: skip
        yield Scenario("verify_chunk", name, f"A right proof of a chunk of {name}.", "§4.4", checked, steps=steps)
    for name, change, refused in spoiled_proofs(checked, random_scalar(draw)):
        about = f"The proof of a chunk of 5 elements, spoiled: {name}."
        yield Scenario("verify_chunk", name, about, "§4.3, §4.4", checked | change, refused)


def spoiled_proofs(right: dict[str, Any], other: int) -> list[tuple[str, dict[str, Any], str]]:
    """Return changes to a proven chunk, each with the class in which it is refused."""
    blinded, evaluated, proof = right["blinded"], right["evaluated"], right["proof"]
    c, s = proof[:32], proof[32:]
    swapped_b, swapped_e = ([x[1], x[0], *x[2:]] for x in (blinded, evaluated))
    cancelling = [
        encode_element(add(decode_element(evaluated[0]), BASE)),
        encode_element(add(decode_element(evaluated[1]), multiply(Q - 1, BASE))), *evaluated[2:],
    ]  # fmt: skip
    return [
        ("two evaluated elements swapped", {"evaluated": swapped_e}, "proof"),
        ("two pairs swapped", {"blinded": swapped_b, "evaluated": swapped_e}, "proof"),
        ("one element under another key", {"evaluated": [*evaluated[:4], blind_evaluate(other, blinded[4])]}, "proof"),
        ("errors that cancel in a plain sum", {"evaluated": cancelling}, "proof"),
        ("another context", {"context": right["context"][:-1] + b"\x09"}, "proof"),
        ("another public key", {"public_key": encode_element(multiply(other, BASE))}, "proof"),
        ("the public key is the identity", {"public_key": ZERO}, "element"),
        ("an evaluated element is the identity", {"evaluated": [ZERO, *evaluated[1:]]}, "element"),
        ("one pair fewer", {"blinded": blinded[:4], "evaluated": evaluated[:4]}, "proof"),
        ("c not canonical", {"proof": (int.from_bytes(c, "little") + Q).to_bytes(32, "little") + s}, "proof"),
        ("s not canonical", {"proof": c + (int.from_bytes(s, "little") + Q).to_bytes(32, "little")}, "proof"),
        ("c is zero", {"proof": ZERO + s}, "proof"),
        ("s is zero", {"proof": c + ZERO}, "proof"),
        ("a byte behind the proof", {"proof": proof + b"\0"}, "proof"),
        ("proof cut short", {"proof": proof[:63]}, "proof"),
        ("proof empty", {"proof": b""}, "proof"),
        ("c and s exchanged", {"proof": s + c}, "proof"),
        ("s is the order", {"proof": c + Q.to_bytes(32, "little")}, "proof"),
        ("an evaluated element too many", {"evaluated": [*evaluated, evaluated[0]]}, "count"),
        ("an evaluated element too few", {"evaluated": evaluated[:4]}, "count"),
    ]


def element_scenarios() -> Iterator[Scenario]:
    """List encodings that are elements and encodings that are not (§4.3 step 1)."""
    draw = stream("elements")
    scalars = [1, 2, 3, Q - 1, random_scalar(draw)]
    asked = {"scalars": [encode_scalar(k) for k in scalars]}
    yield Scenario("base_multiple", "multiples", "Small, large and random multiples of the generator.", "§4.3", asked)
    uniform = [draw(64) for _ in range(3)]
    for n, k in enumerate(scalars, 1):
        given = {"encoding": encode_element(multiply(k, BASE))}
        yield Scenario("element", f"multiple {n}", "A multiple of the generator.", "§4.3 step 1", given)
    for n, data in enumerate(uniform, 1):
        given, about = {"encoding": encode_element(one_way_map(data))}, "What uniform bytes are mapped to."
        yield Scenario("element", f"of uniform bytes {n}", about, "§4.3 step 1", given, steps={"uniform": data})
    for name, encoding in [*malformed(), *outside_the_group(draw)]:
        about = f"No encoding of an element: {name}."
        yield Scenario("element", name, about, "§4.3 step 1", {"encoding": encoding}, "element")


def malformed() -> list[tuple[str, bytes]]:
    """Return encodings that show by their form that they are none."""
    base = encode_element(BASE)
    good = int.from_bytes(base, "little")
    return [
        ("identity", ZERO),
        ("all bits set", b"\xff" * 32),
        ("the field's modulus", P.to_bytes(32, "little")),
        ("the modulus and 2", (P + 2).to_bytes(32, "little")),
        # P - 3 and P - 9 are elements, and these are the same but for their form.
        ("the modulus and 3", (P + 3).to_bytes(32, "little")),
        ("the modulus and 9", (P + 9).to_bytes(32, "little")),
        ("bit 255 set", (good + 2**255).to_bytes(32, "little")),
        ("bit 255 set on the identity", (2**255).to_bytes(32, "little")),
        ("1, which is negative", (1).to_bytes(32, "little")),
        ("minus the generator", (P - good).to_bytes(32, "little")),
        ("y is zero", (P - 1).to_bytes(32, "little")),
        ("31 bytes", base[:31]),
        ("33 bytes", base + b"\x00"),
        ("no bytes", b""),
    ]


def outside_the_group(draw: Any) -> Iterator[tuple[str, bytes]]:
    """Find encodings of the right form without an element, three of each kind."""
    found = {"t is negative": 0, "not a square": 0}
    while min(found.values()) < 3:
        s = int.from_bytes(draw(32), "little") % P & ~1
        u1, u2 = 1 - s * s, 1 + s * s
        v = (-D * u1 * u1 - u2 * u2) % P
        square, root = sqrt_ratio(1, v * u2 * u2 % P)
        t = absolute(2 * s * root * u2 % P) * u1 * root * root * u2 * v % P
        name = ("t is negative" if t % 2 else "") if square else "not a square"
        if name and found[name] < 3:
            found[name] += 1
            yield f"{name}, {found[name]}", s.to_bytes(32, "little")


def commitment_scenarios() -> Iterator[Scenario]:
    """Commit to chunks (§5.4); chunks of any length show the rule."""
    draw = stream("commitment")
    for n in (1, 2, 4):
        name = f"{n} chunk{'s' * (n > 1)}"
        about = f"What is sent with each of {name}; here a chunk has two elements, where a session has 2,048."
        yield Scenario("commitment", name, about, "§5.4", {"chunks": [draw(64) for _ in range(n)]})


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from prf_scenarios()
    yield from chunk_proof_scenarios()
    yield from element_scenarios()
    yield from commitment_scenarios()
