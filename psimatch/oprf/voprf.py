"""blind, blind_evaluate, finalize, evaluate: RFC 9497 §3.3, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from psimatch import kernel
from psimatch.errors import CountError, InvalidElementError, InvalidInputError, ProofError
from psimatch.kernel.wiping import wipe
from psimatch.oprf import dleq
from psimatch.oprf.keys import ServerKey
from psimatch.oprf.suite import ELEMENT_BYTES, Mode, check_inputs, hash_to_group_dst, random_scalars


@dataclass(frozen=True, slots=True)
class Blinding:
    """What a client keeps with its inputs between `blind` and `finalize`, and `blinded_elements`, which it sends.

    `blinds` are n secret scalars and `blinded_elements` n elements, 32 * n bytes each. Use each Blinding once.
    `additive` says that they are H(x) + r * G, else H(x) * r as in RFC 9497 (§4.3, decision 5).
    """

    blinds: bytes = field(repr=False)
    blinded_elements: bytes = field(repr=False)
    mode: Mode = Mode.VOPRF
    additive: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A server's answer: n elements (32 * n bytes) and the proof over all of them (64 bytes, c || s).

    In mode OPRF there is no proof: `proof` is empty.
    """

    elements: bytes = field(repr=False)
    proof: bytes = field(repr=False)


def blind(inputs: Sequence[bytes], *, mode: Mode = Mode.VOPRF) -> Blinding:
    """Hash each input to the group and blind it with a fresh random scalar.

    Where the kernel adds faster than it multiplies, and a proof will say that the public key belongs to the
    evaluation, r * G is added; `finalize` subtracts r * pk. Outputs are the same.

    Raises:
        InvalidInputError: no inputs, or one over 65,535 bytes, or one that hashes to the identity.
    """
    check_inputs(inputs)
    additive = kernel.ADDS_BLINDS and mode is Mode.VOPRF
    return blind_with(inputs, random_scalars(len(inputs)), mode, additive=additive)


def blind_with(inputs: Sequence[bytes], blinds: bytes, mode: Mode = Mode.VOPRF, *, additive: bool = False) -> Blinding:
    """Blind with given scalars; for vectors and audits only, since a blind used twice links its elements."""
    check_inputs(inputs)
    dst = hash_to_group_dst(mode)
    try:
        if additive:
            blinded_elements = kernel.blind_inputs(dst, inputs, blinds)
        else:
            hashed = kernel.hash_inputs(dst, inputs)
            blinded_elements = kernel.multiply_each(blinds, hashed)
            wipe(hashed)
    except InvalidElementError:
        raise InvalidInputError("an input hashes to the identity element") from None
    return Blinding(blinds, blinded_elements, mode, additive)


def blind_evaluate(
    key: ServerKey,
    blinded_elements: bytes,
    *,
    context: bytes | None = None,
    max_batch: int = dleq.SAFE_RFC_BATCH,
) -> Evaluation:
    """Multiply n blinded elements (32 * n bytes) by the key, and prove it.

    With `context=None` the proof is RFC 9497's own, and over `max_batch` elements are refused: a server that
    searches can forge that proof over a large batch. With a context of bytes the proof is the chunk-bound one
    of psimatch-1 §4.4, for a batch of any size.

    Raises:
        CountError: not a positive multiple of 32 bytes.
        InvalidElementError: an element is not canonical, not on the group, or the identity.
        BatchTooLargeError: `context` is None and there are over `max_batch` elements.
    """
    nonce = random_scalars(1)
    try:
        return _blind_evaluate_with(key, blinded_elements, nonce, context, max_batch)
    finally:
        wipe(nonce)


def _blind_evaluate_with(
    key: ServerKey,
    blinded_elements: bytes,
    nonce: bytes,
    context: bytes | None = None,
    max_batch: int = dleq.SAFE_RFC_BATCH,
) -> Evaluation:
    """Evaluate with a given proof nonce; for vectors only, since a nonce used twice gives the key away."""
    if not blinded_elements or len(blinded_elements) % ELEMENT_BYTES:
        raise CountError(f"blinded elements are a positive multiple of {ELEMENT_BYTES} bytes")
    if key.mode is Mode.OPRF:
        return Evaluation(kernel.multiply(key.secret, blinded_elements), b"")
    # Before the batch is worked on.
    dleq.check_batch_size(len(blinded_elements) // ELEMENT_BYTES, context, max_batch)
    elements = kernel.multiply(key.secret, blinded_elements)
    batch = dleq.Batch(key.public_key, blinded_elements, elements, context, max_batch)
    return Evaluation(elements, dleq._prove_with(key, batch, nonce))


def finalize(
    public_key: bytes,
    inputs: Sequence[bytes],
    blinding: Blinding,
    evaluation: Evaluation,
    *,
    context: bytes | None = None,
    max_batch: int = dleq.SAFE_RFC_BATCH,
) -> bytes:
    """Verify the evaluation, then unblind it and return the PRF output of each input; 64 * n bytes.

    `inputs` are those that were blinded, in the same order. `context` and `max_batch` are those of `blind_evaluate`.
    Nothing is unblinded before the proof has passed.

    Raises:
        CountError: the evaluation, or the blinding, does not have one element an input.
        InvalidElementError: an element or the public key is not canonical, not on the group, or the identity.
        ProofError: the proof is missing or wrong.
        BatchTooLargeError: `context` is None and there are over `max_batch` elements.
    """
    if not len(evaluation.elements) == len(blinding.blinded_elements) == ELEMENT_BYTES * len(inputs):
        raise CountError("an evaluation has one element an input")
    if blinding.mode is Mode.VOPRF:
        batch = dleq.Batch(public_key, blinding.blinded_elements, evaluation.elements, context, max_batch)
        check_public_key(public_key)
        dleq.verify(batch, evaluation.proof)
    elif evaluation.proof:
        raise ProofError("mode OPRF has no proof")
    if blinding.additive:
        # The proof has passed, so Z = k * (H(x) + r * G) and pk = k * G for one k: this leaves k * H(x).
        unblinded = kernel.unblind(public_key, blinding.blinds, evaluation.elements)
    else:
        inverses = kernel.invert_each(blinding.blinds)
        unblinded = kernel.multiply_each(inverses, evaluation.elements)
        wipe(inverses)
    outputs = kernel.finalize_each(inputs, unblinded)
    wipe(unblinded)
    return outputs


def evaluate(key: ServerKey, inputs: Sequence[bytes]) -> bytes:
    """Return the PRF output of each of the server's own inputs; 64 * n bytes (RFC 9497 §3.3.1, Evaluate).

    Raises:
        InvalidInputError: no inputs, or one over 65,535 bytes, or one that hashes to the identity.
    """
    check_inputs(inputs)
    try:
        evaluated = kernel.evaluate_inputs(hash_to_group_dst(key.mode), key.secret, inputs)
    except InvalidElementError:
        raise InvalidInputError("an input hashes to the identity element") from None
    outputs = kernel.finalize_each(inputs, evaluated)
    wipe(evaluated)
    return outputs


def check_public_key(public_key: bytes) -> None:
    """Check that `public_key` is the canonical encoding of an element other than the identity.

    Raises:
        InvalidElementError: it is not.
    """
    if len(public_key) != ELEMENT_BYTES:
        raise InvalidElementError(f"a public key is {ELEMENT_BYTES} bytes")
    kernel.multiply((1).to_bytes(ELEMENT_BYTES, "little"), public_key)
