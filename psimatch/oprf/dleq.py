"""Proofs that one key evaluated a batch: RFC 9497's own, and the chunk-bound one of psimatch/1.

Both are a Chaum-Pedersen proof on one pair (M, Z) into which the batch is folded by weights. They differ in
the weights alone. RFC 9497 §2.2 hashes each weight from its own pair, which leaves a server free to search
for errors that cancel; the chunk-bound weights each hash the whole chunk (psimatch-1 §4.4, decision 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha512
from hmac import compare_digest
from typing import Final

from psimatch import digest, kernel
from psimatch.errors import BatchTooLargeError, InvalidElementError, ProofError
from psimatch.kernel.wiping import wipe
from psimatch.oprf.keys import ServerKey
from psimatch.oprf.suite import ELEMENT_BYTES, PROOF_BYTES, Mode, hash_to_scalar, length_prefixed, random_scalars
from psimatch.parameters import Label

# A search for cancelling errors costs about n * 2^(252 / (1 + log2 n)) for n elements: 2^54 for 16 (decision 2).
SAFE_RFC_BATCH: Final = 16
MAX_RFC_BATCH: Final = 65_535


def check_batch_size(size: int, context: bytes | None, max_batch: int) -> None:
    """Check that so many elements may be under one proof.

    Raises:
        BatchTooLargeError: there is no context, and they are more than `max_batch`.
    """
    if context is None and size > min(max_batch, MAX_RFC_BATCH):
        raise BatchTooLargeError(
            f"{size} elements under one proof of RFC 9497; at most {max_batch} are allowed",
            hint="use a context (the chunk-bound proof), or raise max_batch and read psimatch.oprf's warning",
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Blinded and evaluated elements under one public key; 32 * n bytes each, n at least 1.

    `context` is None for RFC 9497's own weights, else what the chunk-bound weights are bound to.
    """

    public_key: bytes
    blinded: bytes
    evaluated: bytes
    context: bytes | None
    max_batch: int = SAFE_RFC_BATCH

    def __post_init__(self) -> None:
        check_batch_size(self.size, self.context, self.max_batch)

    @property
    def size(self) -> int:
        """The number of elements."""
        return len(self.blinded) // ELEMENT_BYTES

    def weights(self) -> bytes:
        """Return the weight of each element as a scalar; 32 * n bytes."""
        return self._rfc_weights() if self.context is None else self._chunk_weights(self.context)

    def _rfc_weights(self) -> bytes:
        # RFC 9497 §2.2.1, ComputeComposites.
        seed_dst = b"Seed-" + Mode.VOPRF.context_string
        seed = sha512(length_prefixed(self.public_key, seed_dst)).digest()
        weights = []
        for index in range(self.size):
            item = slice(ELEMENT_BYTES * index, ELEMENT_BYTES * (index + 1))
            pair = length_prefixed(self.blinded[item], self.evaluated[item])
            message = length_prefixed(seed) + index.to_bytes(2, "big") + pair + b"Composite"
            weights.append(hash_to_scalar(message, Mode.VOPRF))
        return b"".join(weights)

    def _chunk_weights(self, context: bytes) -> bytes:
        # §4.4 step 1 and step 2
        transcript = sha512(digest.length_prefixed(Label.CHUNK_PROOF, context) + self.public_key)
        transcript.update(self.size.to_bytes(4, "big") + self.blinded + self.evaluated)
        seed = transcript.digest()
        blocks = (sha512(seed + block.to_bytes(4, "big")).digest() for block in range((self.size + 3) // 4))
        narrow = b"".join(blocks)[: 16 * self.size]
        high = bytes(16)
        return b"".join(narrow[start : start + 16] + high for start in range(0, len(narrow), 16))


def prove(key: ServerKey, batch: Batch) -> bytes:
    """Prove that `key` evaluated the batch; 64 bytes, c || s.

    Raises:
        InvalidElementError: an element is not canonical, not on the group, or the identity.
    """
    nonce = random_scalars(1)
    try:
        return _prove_with(key, batch, nonce)
    finally:
        wipe(nonce)


def _prove_with(key: ServerKey, batch: Batch, nonce: bytes) -> bytes:
    """Prove with a given nonce; for vectors only, since a nonce used twice gives the key away."""
    m = kernel.weighted_sum(batch.weights(), batch.blinded)
    z = kernel.multiply(key.secret, m)
    if batch.context is not None:
        # §4.4 step 4: the folded pair is proved as RFC 9497 proves a batch of one.
        return _prove_with(key, Batch(key.public_key, m, z, None), nonce)
    challenge = _challenge(key.public_key, m, z, kernel.multiply_base(nonce), kernel.multiply(nonce, m))
    product = kernel.scalar_multiply(challenge, key.secret)
    response = kernel.scalar_subtract(nonce, product)
    # The challenge is public, so the product would give the key away.
    wipe(product)
    return challenge + response


def verify(batch: Batch, proof: bytes) -> None:
    """Check that the key behind the public key evaluated the whole batch; variable time, all is public.

    Raises:
        ProofError: the proof is missing, malformed or wrong.
        InvalidElementError: an element is not canonical, not on the group, or the identity.
    """
    if len(proof) != PROOF_BYTES:
        raise ProofError("a proof is missing" if not proof else f"a proof is {PROOF_BYTES} bytes")
    weights = batch.weights()
    m = kernel.weighted_sum(weights, batch.blinded)
    z = kernel.weighted_sum(weights, batch.evaluated)
    if batch.context is not None:
        verify(Batch(batch.public_key, m, z, None), proof)
        return
    challenge, response = proof[:ELEMENT_BYTES], proof[ELEMENT_BYTES:]
    if kernel.reduce_scalars(proof[:32] + bytes(32) + proof[32:] + bytes(32)) != proof:
        raise ProofError("a proof is not canonically encoded")
    if not _holds(batch.public_key, m, z, challenge, response):
        raise ProofError("a proof does not hold: the elements were not evaluated with the announced key")


def _holds(public_key: bytes, m: bytes, z: bytes, challenge: bytes, response: bytes) -> bool:
    # RFC 9497 §2.2.2, VerifyProof. Zero scalars have probability 2^-252 in an honest proof.
    if not any(challenge) or not any(response):
        return False
    try:
        t2 = kernel.add(kernel.multiply_base(response), kernel.multiply(challenge, public_key))
        t3 = kernel.add(kernel.multiply(response, m), kernel.multiply(challenge, z))
    except InvalidElementError:
        return False
    return compare_digest(_challenge(public_key, m, z, t2, t3), challenge)


def _challenge(public_key: bytes, m: bytes, z: bytes, t2: bytes, t3: bytes) -> bytes:
    # RFC 9497 §2.2.1, GenerateProof.
    return hash_to_scalar(length_prefixed(public_key, m, z, t2, t3) + b"Challenge", Mode.VOPRF)
