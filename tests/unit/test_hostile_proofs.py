"""A server that makes the errors of its evaluations cancel, and proofs at the edges."""

import pytest

from psimatch import errors, kernel, oprf
from psimatch.oprf import dleq

INPUTS = [b"one", b"two", b"three"]
ORDER = 2**252 + 27742317777372353535851937790883648493


def scalar(number):
    return (number % ORDER).to_bytes(32, "little")


def cancelling(public_key, blinding, evaluation, context):
    """Return evaluated elements that are wrong in the first two places, by errors that cancel under their weights."""
    batch = dleq.Batch(public_key, blinding.blinded_elements, evaluation.elements, context)
    weights = [int.from_bytes(batch.weights()[32 * number :][:32], "little") for number in range(2)]
    error = kernel.multiply_base(scalar(12_345))
    opposite = kernel.multiply(scalar(-weights[0] * pow(weights[1], -1, ORDER)), error)
    first, second, rest = (evaluation.elements[at] for at in (slice(0, 32), slice(32, 64), slice(64, None)))
    wrong = kernel.add(first, error) + kernel.add(second, opposite) + rest
    assert kernel.weighted_sum(batch.weights(), wrong) == kernel.weighted_sum(batch.weights(), evaluation.elements)
    return wrong


def test_errors_that_cancel_under_the_weights_of_the_right_elements():
    """Each weight hashes the whole chunk, so that a wrong element changes them all."""
    key = oprf.generate_key_pair()
    blinding = oprf.blind(INPUTS)
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"chunk")
    wrong = cancelling(key.public_key, blinding, evaluation, b"chunk")
    for proof in (
        evaluation.proof,
        dleq.prove(key, dleq.Batch(key.public_key, blinding.blinded_elements, wrong, b"chunk")),
    ):
        with pytest.raises(errors.ProofError):
            oprf.finalize(key.public_key, INPUTS, blinding, oprf.Evaluation(wrong, proof), context=b"chunk")


@pytest.mark.parametrize("key_scalar", [1, ORDER - 1])
def test_a_key_at_the_edge_is_a_key(key_scalar):
    """A server that announces G or -G shows its own list to whoever guesses the key, and nothing of the client's."""
    secret = scalar(key_scalar)
    key = oprf.ServerKey(secret, kernel.multiply_base(secret))
    blinding = oprf.blind(INPUTS)
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"chunk")
    outputs = oprf.finalize(key.public_key, INPUTS, blinding, evaluation, context=b"chunk")
    assert outputs == oprf.evaluate(key, INPUTS)


@pytest.mark.parametrize("blind", [1, ORDER - 1])
@pytest.mark.parametrize("additive", [True, False])
def test_blinds_at_the_edge_unblind(blind, additive):
    key = oprf.generate_key_pair()
    blinding = oprf.voprf.blind_with(INPUTS, scalar(blind) * 3, additive=additive)
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"chunk")
    assert oprf.finalize(key.public_key, INPUTS, blinding, evaluation, context=b"chunk") == oprf.evaluate(key, INPUTS)


def test_an_additive_blinding_unblinds_under_no_other_public_key():
    """The attack on additive blinding needs a client that takes any public key: the proof names the one it is under."""
    key, other = oprf.generate_key_pair(), oprf.generate_key_pair()
    blinding = oprf.voprf.blind_with(INPUTS, scalar(7) * 3, additive=True)
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"chunk")
    with pytest.raises(errors.ProofError):
        oprf.finalize(other.public_key, INPUTS, blinding, evaluation, context=b"chunk")
