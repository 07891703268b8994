"""psimatch.oprf refuses what RFC 9497 and RFC 9496 refuse, and its outputs agree on both sides."""

import pytest

from psimatch import errors, kernel, oprf
from psimatch.kernel import sodium
from psimatch.oprf import dleq, suite
from psimatch.oprf.suite import Mode
from psimatch.oprf.voprf import blind_with

ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = bytes(32)
# The generator with bit 255 set, a negative field element, a non-canonical one (p + 2), and one off the curve.
GENERATOR = kernel.multiply_base((1).to_bytes(32, "little"))
INVALID_ELEMENTS = {
    "identity": IDENTITY,
    "bit 255": GENERATOR[:31] + bytes([GENERATOR[31] | 0x80]),
    "negative": (1).to_bytes(32, "little"),
    "non-canonical": (2**255 - 19 + 2).to_bytes(32, "little"),
    "not on the group": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
}
INPUTS = [f"input {number}".encode() for number in range(20)]


@pytest.fixture(scope="module")
def key():
    return oprf.generate_key_pair()


@pytest.mark.parametrize("context", [None, b"a chunk"])
@pytest.mark.parametrize("count", [1, 2, 16])
def test_both_sides_agree(key, context, count):
    blinding = oprf.blind(INPUTS[:count])
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=context)
    outputs = oprf.finalize(key.public_key, INPUTS[:count], blinding, evaluation, context=context)
    assert outputs == oprf.evaluate(key, INPUTS[:count])
    assert len(outputs) == 64 * count
    assert len({outputs[start : start + 64] for start in range(0, len(outputs), 64)}) == count


def test_mode_oprf_and_voprf_are_separate(key):
    plain = oprf.generate_key_pair(mode=Mode.OPRF)
    blinding = oprf.blind(INPUTS, mode=Mode.OPRF)
    evaluation = oprf.blind_evaluate(plain, blinding.blinded_elements)
    assert oprf.finalize(plain.public_key, INPUTS, blinding, evaluation) == oprf.evaluate(plain, INPUTS)
    same_secret = oprf.ServerKey(plain.secret, plain.public_key, Mode.VOPRF)
    assert oprf.evaluate(same_secret, INPUTS) != oprf.evaluate(plain, INPUTS)
    with pytest.raises(errors.ProofError):
        oprf.finalize(plain.public_key, INPUTS, blinding, oprf.Evaluation(evaluation.elements, bytes(64)))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("adds", [False, True])
def test_a_blind_is_added_only_where_a_proof_says_whose_key_it_is(monkeypatch, mode, adds):
    monkeypatch.setattr(kernel, "ADDS_BLINDS", adds)
    assert oprf.blind(INPUTS, mode=mode).additive is (adds and mode is Mode.VOPRF)


@pytest.mark.parametrize("name", INVALID_ELEMENTS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_invalid_blinded_elements_are_refused(key, name, place):
    elements = [GENERATOR] * 3
    elements[place] = INVALID_ELEMENTS[name]
    with pytest.raises(errors.InvalidElementError):
        oprf.blind_evaluate(key, b"".join(elements))


@pytest.mark.parametrize("name", INVALID_ELEMENTS)
def test_invalid_evaluated_elements_and_keys_are_refused(key, name):
    blinding = oprf.blind(INPUTS[:2])
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"")
    bad = oprf.Evaluation(evaluation.elements[:32] + INVALID_ELEMENTS[name], evaluation.proof)
    with pytest.raises(errors.InvalidElementError):
        oprf.finalize(key.public_key, INPUTS[:2], blinding, bad, context=b"")
    with pytest.raises(errors.InvalidElementError):
        oprf.finalize(INVALID_ELEMENTS[name], INPUTS[:2], blinding, evaluation, context=b"")


@pytest.mark.parametrize("elements", [b"", bytes(31), GENERATOR + b"\x00"])
def test_wrong_lengths_are_refused(key, elements):
    with pytest.raises(errors.CountError):
        oprf.blind_evaluate(key, elements)
    blinding = oprf.blind(INPUTS[:1])
    with pytest.raises(errors.CountError):
        oprf.finalize(key.public_key, INPUTS[:1], blinding, oprf.Evaluation(elements, bytes(64)))
    with pytest.raises(errors.InvalidElementError):
        oprf.check_public_key(elements)


@pytest.mark.parametrize("context", [None, b"a chunk"])
def test_wrong_and_missing_proofs_are_refused(key, context):
    blinding = oprf.blind(INPUTS[:3])
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=context)
    over = int.from_bytes(evaluation.proof[:32], "little") + ORDER
    proofs = [b"", evaluation.proof[:63], bytes(64), evaluation.proof[32:] + evaluation.proof[:32]]
    proofs += [over.to_bytes(32, "little") + evaluation.proof[32:]]
    proofs += [bytes([evaluation.proof[0] ^ 1]) + evaluation.proof[1:]]
    for proof in proofs:
        with pytest.raises(errors.ProofError):
            oprf.finalize(
                key.public_key, INPUTS[:3], blinding, oprf.Evaluation(evaluation.elements, proof), context=context
            )


def test_nothing_is_unblinded_before_the_proof_has_passed(key, monkeypatch):
    called = []
    for name in ("unblind", "invert_each", "multiply_each", "finalize_each"):
        honest = getattr(kernel, name)
        monkeypatch.setattr(
            kernel, name, lambda *given, name=name, honest=honest: called.append(name) or honest(*given)
        )
    blinding = oprf.blind(INPUTS[:3])
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"")
    called.clear()
    with pytest.raises(errors.ProofError):
        oprf.finalize(
            key.public_key, INPUTS[:3], blinding, oprf.Evaluation(evaluation.elements, bytes(64)), context=b""
        )
    assert called == []
    oprf.finalize(key.public_key, INPUTS[:3], blinding, evaluation, context=b"")
    assert "finalize_each" in called


@pytest.mark.parametrize("context", [None, b"a chunk"])
def test_no_two_proofs_have_one_nonce(key, context):
    """A proof is c, s = r - c * k: with the key, each gives its nonce r away."""
    blinded = oprf.blind(INPUTS[:2]).blinded_elements
    proofs = [oprf.blind_evaluate(key, blinded, context=context).proof for _ in range(8)]
    c, s, k = ([int.from_bytes(x, "little") for x in each] for each in (
        [proof[:32] for proof in proofs], [proof[32:] for proof in proofs], [key.secret] * 8))  # fmt: skip
    nonces = {(s[i] + c[i] * k[i]) % ORDER for i in range(8)}
    assert len(nonces) == 8


def test_a_proof_of_another_key_or_context_is_refused(key):
    other = oprf.generate_key_pair()
    blinding = oprf.blind(INPUTS[:3])
    evaluation = oprf.blind_evaluate(other, blinding.blinded_elements, context=b"chunk 1")
    with pytest.raises(errors.ProofError):
        oprf.finalize(key.public_key, INPUTS[:3], blinding, evaluation, context=b"chunk 1")
    for context in (b"chunk 2", None):
        with pytest.raises(errors.ProofError):
            oprf.finalize(other.public_key, INPUTS[:3], blinding, evaluation, context=context)


def test_a_proof_that_commits_to_the_identity_is_refused(key):
    """Who knows the key can make a proof whose check meets the identity element, where it can compare nothing."""
    blinding = oprf.blind(INPUTS[:1])
    other = oprf.generate_key_pair()
    elements = kernel.multiply(other.secret, blinding.blinded_elements)
    challenge = 5
    response = -challenge * int.from_bytes(key.secret, "little") % ORDER
    proof = challenge.to_bytes(32, "little") + response.to_bytes(32, "little")
    with pytest.raises(errors.ProofError, match="does not hold"):
        oprf.finalize(key.public_key, INPUTS[:1], blinding, oprf.Evaluation(elements, proof), context=b"")


def test_a_batch_that_folds_into_the_identity_proves_nothing(key, monkeypatch):
    """Nobody can find weights that cancel, so weights of zero are given."""
    monkeypatch.setattr(dleq.Batch, "weights", lambda batch: bytes(32 * batch.size))
    elements = kernel.multiply(oprf.generate_key_pair().secret, GENERATOR)
    proof = (5).to_bytes(32, "little") * 2
    with pytest.raises(errors.ProofError, match="does not hold"):
        dleq.verify(dleq.Batch(key.public_key, GENERATOR, elements, None), proof)


def test_one_element_under_another_key_is_refused(key):
    other = oprf.generate_key_pair()
    blinding = oprf.blind(INPUTS)
    elements = kernel.multiply(key.secret, blinding.blinded_elements)
    mixed = elements[:-32] + kernel.multiply(other.secret, blinding.blinded_elements[-32:])
    proof = dleq.prove(key, dleq.Batch(key.public_key, blinding.blinded_elements, mixed, b""))
    with pytest.raises(errors.ProofError):
        oprf.finalize(key.public_key, INPUTS, blinding, oprf.Evaluation(mixed, proof), context=b"")


def test_every_chunk_bound_weight_depends_on_every_element():
    blinded = oprf.blind(INPUTS).blinded_elements
    evaluated = oprf.blind(INPUTS).blinded_elements
    replacement = oprf.blind(INPUTS[:1]).blinded_elements

    def weights(blinded, evaluated):
        packed = dleq.Batch(GENERATOR, blinded, evaluated, b"").weights()
        return [packed[start : start + 32] for start in range(0, len(packed), 32)]

    before = weights(blinded, evaluated)
    assert len(set(before)) == len(INPUTS)
    assert all(weight[16:] == bytes(16) for weight in before)
    for index in range(len(INPUTS)):
        changed = blinded[: 32 * index] + replacement + blinded[32 * index + 32 :]
        assert not set(weights(changed, evaluated)) & set(before)
        changed = evaluated[: 32 * index] + replacement + evaluated[32 * index + 32 :]
        assert not set(weights(blinded, changed)) & set(before)


def test_a_large_batch_under_rfc_weights_is_refused_unless_asked_for(key):
    blinding = oprf.blind(INPUTS)
    with pytest.raises(errors.BatchTooLargeError, match="20 elements"):
        oprf.blind_evaluate(key, blinding.blinded_elements)
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, max_batch=20)
    with pytest.raises(errors.BatchTooLargeError):
        oprf.finalize(key.public_key, INPUTS, blinding, evaluation)
    assert oprf.finalize(key.public_key, INPUTS, blinding, evaluation, max_batch=20) == oprf.evaluate(key, INPUTS)


def test_the_longest_input_and_info_are_taken(key):
    assert len(oprf.evaluate(key, [bytes(65_535)])) == 64
    assert oprf.blind([bytes(65_535)]).blinded_elements
    assert oprf.derive_key_pair(bytes(32), bytes(65_535)) != oprf.derive_key_pair(bytes(32), bytes(65_534))


def test_a_large_batch_is_refused_before_it_is_worked_on(key, monkeypatch):
    blinding = oprf.blind(INPUTS)
    monkeypatch.setattr(kernel, "multiply", lambda *given: pytest.fail("the key was used"))
    with pytest.raises(errors.BatchTooLargeError):
        oprf.blind_evaluate(key, blinding.blinded_elements)


def test_inputs_that_the_rfc_refuses(key, monkeypatch):
    with pytest.raises(errors.InvalidInputError):
        oprf.blind([])
    with pytest.raises(errors.InvalidInputError):
        oprf.blind([bytes(65_536)])
    with pytest.raises(errors.InvalidInputError):
        oprf.derive_key_pair(bytes(31), b"")
    with pytest.raises(errors.InvalidInputError):
        oprf.derive_key_pair(bytes(32), bytes(65_536))

    def refuse(*arguments):
        raise errors.InvalidElementError("the identity")

    for name in ("multiply_each", "blind_inputs", "evaluate_inputs"):
        monkeypatch.setattr(kernel, name, refuse)
    with pytest.raises(errors.InvalidInputError, match="identity"):
        oprf.blind([b"x"])
    with pytest.raises(errors.InvalidInputError, match="identity"):
        oprf.evaluate(key, [b"x"])


def test_an_input_that_hashes_to_the_identity_is_refused(key, monkeypatch):
    """Nobody can find such an input, so the bytes that it is hashed to are given: RFC 9496 maps 64 zeros to it."""
    monkeypatch.setattr(sodium, "expand_64", lambda message, dst: bytes(64))
    for name in ("hash_inputs", "multiply_each", "blind_inputs", "evaluate_inputs"):
        monkeypatch.setattr(kernel, name, getattr(sodium, name))
    for additive in (False, True):
        with pytest.raises(errors.InvalidInputError, match="identity"):
            blind_with([b"x"], suite.random_scalars(1), additive=additive)
    with pytest.raises(errors.InvalidInputError, match="identity"):
        oprf.evaluate(key, [b"x"])


def test_no_secret_shows_in_a_repr(key):
    blinding = oprf.blind([b"a secret input"])
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
    assert "secret" not in repr(blinding)
    assert repr(blinding.blinds) not in repr(blinding)


def test_a_scalar_is_drawn_from_64_bytes_and_a_blind_of_zero_refused(monkeypatch):
    monkeypatch.setattr(suite.randomness, "random_bytes", lambda length: bytes(range(length)))
    assert suite.random_scalars(2) == kernel.reduce_scalars(bytes(range(128)))
    # Added to the hashed input zero is a blind like any other; multiplied with it, it would make the identity of all.
    with pytest.raises(errors.InvalidInputError):
        blind_with([b"x"], bytes(32))
