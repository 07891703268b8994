"""The package and the reference, written apart from one specification, agree in both directions."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hpke
from hypothesis import given, settings
from hypothesis import strategies as st

from psimatch import oprf
from psimatch.errors import RemoteProtocolError
from psimatch.oprf.voprf import blind_with

SPEC = Path(__file__).parents[2] / "protocol_spec"
RFC = json.loads((SPEC / "vectors" / "rfc9497-ristretto255-sha512.json").read_text())["modes"]


def load_reference():
    """Load the reference by its path, once for all tests."""
    if "psimatch_reference" not in sys.modules:
        found = importlib.util.spec_from_file_location("psimatch_reference", SPEC / "reference.py")
        module = importlib.util.module_from_spec(found)
        sys.modules["psimatch_reference"] = module
        found.loader.exec_module(module)
    return sys.modules["psimatch_reference"]


ref = load_reference()
MODES = {"OPRF": (ref.OPRF, oprf.Mode.OPRF), "VOPRF": (ref.VOPRF, oprf.Mode.VOPRF)}
INPUTS = st.lists(st.binary(max_size=80), min_size=1, max_size=4)
FEW = settings(max_examples=12)


def unhex(items):
    return [bytes.fromhex(item) for item in items.split(",")]


def cut(packed):
    return ref.split(packed, 32)


def test_reference_shares_no_line_with_the_package():
    lines = (SPEC / "reference.py").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.strip().startswith(("import psimatch", "from psimatch"))]


def test_constants_of_rfc_9496():
    p, d = ref.P, ref.D
    assert d == 37095705934669439343138083508754565189542113879843219016388785533085940283555
    assert pow(ref.SQRT_AD_MINUS_ONE, 2, p) == (-d - 1) % p
    assert pow(ref.INVSQRT_A_MINUS_D, 2, p) * (-1 - d) % p == 1
    assert ref.is_identity(ref.add(ref.multiply(ref.Q - 1, ref.BASE), ref.BASE))


# RFC 9497's own figures.


@pytest.mark.parametrize(
    ("name", "vector"),
    [pytest.param(name, v, id=f"{name}-{i}") for name in MODES for i, v in enumerate(RFC[name]["vectors"])],
)
def test_rfc_9497(name, vector):
    figures, mode = RFC[name], MODES[name][0]
    key = ref.derive_key(bytes.fromhex(figures["seed"]), bytes.fromhex(figures["keyInfo"]), mode)
    assert ref.encode_scalar(key).hex() == figures["skSm"]
    inputs, blinds = unhex(vector["Input"]), [ref.decode_scalar(r) for r in unhex(vector["Blind"])]
    blinded = [ref.blind(data, r, mode) for data, r in zip(inputs, blinds, strict=True)]
    assert blinded == unhex(vector["BlindedElement"])
    evaluated = [ref.blind_evaluate(key, element) for element in blinded]
    assert evaluated == unhex(vector["EvaluationElement"])
    outputs = [ref.finalize(*each) for each in zip(inputs, blinds, evaluated, strict=True)]
    assert outputs == unhex(vector["Output"]) == [ref.evaluate(key, data, mode) for data in inputs]
    if name == "VOPRF":
        public_key = bytes.fromhex(figures["pkSm"])
        proof = ref.prove(key, blinded, evaluated, ref.decode_scalar(bytes.fromhex(vector["Proof"]["r"])))
        assert proof.hex() == vector["Proof"]["proof"]
        ref.verify(public_key, blinded, evaluated, proof)
        with pytest.raises(ref.RefusedError):
            ref.verify(public_key, blinded, evaluated[::-1] if len(evaluated) > 1 else blinded, proof)


# The package's server, the reference's client.


@FEW
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40), INPUTS)
def test_reference_client_mode_oprf(seed, info, inputs):
    server = oprf.derive_key_pair(seed, info, mode=oprf.Mode.OPRF)
    assert ref.encode_scalar(ref.derive_key(seed, info, ref.OPRF)) == server.secret
    blinds = [ref.random_scalar(os.urandom) for _ in inputs]
    blinded = [ref.blind(data, r, ref.OPRF) for data, r in zip(inputs, blinds, strict=True)]
    evaluation = oprf.blind_evaluate(server, b"".join(blinded))
    outputs = [ref.finalize(*each) for each in zip(inputs, blinds, cut(evaluation.elements), strict=True)]
    assert b"".join(outputs) == oprf.evaluate(server, inputs)


@FEW
@given(st.binary(min_size=32, max_size=32), st.none() | st.binary(max_size=40), INPUTS)
def test_reference_client_mode_voprf(seed, context, inputs):
    server = oprf.derive_key_pair(seed, b"info")
    blinds = [ref.random_scalar(os.urandom) for _ in inputs]
    blinded = [ref.blind(data, r) for data, r in zip(inputs, blinds, strict=True)]
    evaluation = oprf.blind_evaluate(server, b"".join(blinded), context=context)
    evaluated = cut(evaluation.elements)
    if context is None:
        ref.verify(server.public_key, blinded, evaluated, evaluation.proof)
    else:
        ref.verify_chunk(server.public_key, context, blinded, evaluated, evaluation.proof)
        with pytest.raises(ref.RefusedError):
            ref.verify_chunk(server.public_key, context + b"x", blinded, evaluated, evaluation.proof)
    outputs = [ref.finalize(*each) for each in zip(inputs, blinds, evaluated, strict=True)]
    assert b"".join(outputs) == oprf.evaluate(server, inputs)


# The package's client, the reference's server.


@FEW
@given(st.integers(1, ref.Q - 1), st.none() | st.binary(max_size=40), INPUTS)
def test_reference_server_mode_voprf(key, context, inputs):
    public_key = ref.encode_element(ref.multiply(key, ref.BASE))
    blinding = oprf.blind(inputs)
    blinded = cut(blinding.blinded_elements)
    evaluated = [ref.blind_evaluate(key, element) for element in blinded]
    nonce = ref.random_scalar(os.urandom)
    if context is None:
        proof = ref.prove(key, blinded, evaluated, nonce)
    else:
        proof = ref.prove_chunk(key, context, blinded, evaluated, nonce)
    evaluation = oprf.Evaluation(b"".join(evaluated), proof)
    outputs = oprf.finalize(public_key, inputs, blinding, evaluation, context=context)
    assert outputs == b"".join(ref.evaluate(key, data) for data in inputs)
    with pytest.raises(RemoteProtocolError):
        oprf.finalize(public_key, inputs, blinding, evaluation, context=b"another")


@FEW
@given(st.integers(1, ref.Q - 1), INPUTS)
def test_reference_server_mode_oprf(key, inputs):
    blinding = oprf.blind(inputs, mode=oprf.Mode.OPRF)
    evaluated = b"".join(ref.blind_evaluate(key, element) for element in cut(blinding.blinded_elements))
    outputs = oprf.finalize(ref.encode_element(ref.BASE), inputs, blinding, oprf.Evaluation(evaluated, b""))
    assert outputs == b"".join(ref.evaluate(key, data, ref.OPRF) for data in inputs)


@FEW
@given(st.integers(1, ref.Q - 1), st.integers(1, ref.Q - 1), INPUTS)
def test_both_blind_to_the_same_elements(blind, other, inputs):
    blinds = [blind, other, 1, ref.Q - 1][: len(inputs)]
    packed = blind_with(inputs, b"".join(map(ref.encode_scalar, blinds))).blinded_elements
    assert cut(packed) == [ref.blind(data, r) for data, r in zip(inputs, blinds, strict=True)]


@settings(max_examples=60)
@given(st.binary(min_size=32, max_size=32) | st.integers(0, 2**256 - 1).map(lambda n: n.to_bytes(32, "little")))
def test_both_refuse_the_same_encodings(encoding):
    try:
        ref.decode_element(encoding)
    except ref.RefusedError:
        with pytest.raises(RemoteProtocolError):
            oprf.check_public_key(encoding)
    else:
        oprf.check_public_key(encoding)


@pytest.mark.parametrize("n", [3, 4, 5, 9])
def test_chunks_across_the_blocks_of_weights(n):
    key = oprf.generate_key_pair()
    secret = ref.decode_scalar(key.secret)
    inputs = [bytes([i]) for i in range(n)]
    blinding = oprf.blind(inputs)
    evaluation = oprf.blind_evaluate(key, blinding.blinded_elements, context=b"chunk")
    blinded, evaluated = cut(blinding.blinded_elements), cut(evaluation.elements)
    ref.verify_chunk(key.public_key, b"chunk", blinded, evaluated, evaluation.proof)
    proof = ref.prove_chunk(secret, b"chunk", blinded, evaluated, 7)
    oprf.finalize(key.public_key, inputs, blinding, oprf.Evaluation(evaluation.elements, proof), context=b"chunk")


# The seal.


@FEW
@given(st.binary(max_size=300), st.binary(max_size=60))
def test_hpke_by_hand_agrees_with_cryptography(plaintext, info):
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    key = ref.SealingKey(os.urandom(96))
    private = hpke.MLKEM768X25519PrivateKey(key.mlkem, key.x25519)
    assert ref.hpke_open(key, info, suite.encrypt(plaintext, private.public_key(), info=info)) == plaintext
    assert suite.decrypt(ref.hpke_seal(key.public, info, plaintext), private, info=info) == plaintext


def test_two_references_run_a_session():
    terms = ref.example_terms()
    client = ref.Peer(
        "client",
        ref.CLIENT,
        ref.SERVER.public,
        terms,
        ref.rows_of({("nl-bsn", 1, b"123456782"): "a", ("nl-bsn", 1, b"111222333"): "b"}),
    )
    server = ref.Peer(
        "server",
        ref.SERVER,
        ref.CLIENT.public,
        terms,
        ref.rows_of({("nl-bsn", 1, b"111222333"): "c", ("nl-bsn", 1, b"999990019"): "d"}),
    )
    ref.run_session(client, server)
    assert [(m.identifier[2], m.contact) for m in client.matches] == [(b"111222333", "c")]
    assert [(m.identifier[2], m.contact) for m in server.matches] == [(b"111222333", "b")]
    assert client.matches[0].reference == server.matches[0].reference


def test_the_reference_refuses_a_value_of_another_form_in_its_own_list():
    rows = ref.rows_of({("nl-bsn", 1, b"1234.56.782"): ""})
    with pytest.raises(ref.RefusedError):
        ref.Peer("client", ref.CLIENT, ref.SERVER.public, ref.example_terms(), rows)
