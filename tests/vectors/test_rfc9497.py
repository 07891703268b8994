"""The figures of RFC 9497, appendix A.1, batch of two included, with every kernel that runs here."""

import json
from pathlib import Path

import pytest

from psimatch import kernel
from psimatch.kernel import select
from psimatch.oprf import Evaluation, Mode, derive_key_pair, evaluate, finalize
from psimatch.oprf.voprf import _blind_evaluate_with, blind_with

FILE = Path(__file__).parents[2] / "protocol_spec" / "vectors" / "rfc9497-ristretto255-sha512.json"
MODES = json.loads(FILE.read_text())["modes"]


@pytest.fixture(params=select.available(), autouse=True)
def each_kernel(request, monkeypatch):
    """Put one kernel where the package has put the chosen one."""
    one = select.load(request.param)
    for name in kernel.__all__:
        monkeypatch.setattr(kernel, name, getattr(one, name))


def unhex(items):
    return [bytes.fromhex(item) for item in items.split(",")]


def vectors():
    for name in ("OPRF", "VOPRF"):
        for number, vector in enumerate(MODES[name]["vectors"]):
            yield pytest.param(Mode[name], MODES[name], vector, id=f"{name}-{number}")


@pytest.mark.parametrize("name", ["OPRF", "VOPRF"])
def test_derive_key_pair(name):
    figures = MODES[name]
    key = derive_key_pair(bytes.fromhex(figures["seed"]), bytes.fromhex(figures["keyInfo"]), mode=Mode[name])
    assert key.secret.hex() == figures["skSm"]
    if name == "VOPRF":
        assert key.public_key.hex() == figures["pkSm"]


@pytest.mark.parametrize(("mode", "figures", "vector"), list(vectors()))
def test_protocol(mode, figures, vector):
    key = derive_key_pair(bytes.fromhex(figures["seed"]), bytes.fromhex(figures["keyInfo"]), mode=mode)
    inputs = unhex(vector["Input"])
    assert len(inputs) == vector["Batch"]
    blinding = blind_with(inputs, b"".join(unhex(vector["Blind"])), mode)
    assert blinding.blinded_elements == b"".join(unhex(vector["BlindedElement"]))
    nonce = bytes.fromhex(vector["Proof"]["r"]) if mode is Mode.VOPRF else bytes([1]) + bytes(31)
    evaluation = _blind_evaluate_with(key, blinding.blinded_elements, nonce)
    proof = bytes.fromhex(vector["Proof"]["proof"]) if mode is Mode.VOPRF else b""
    assert evaluation == Evaluation(b"".join(unhex(vector["EvaluationElement"])), proof)
    assert finalize(key.public_key, inputs, blinding, evaluation) == b"".join(unhex(vector["Output"]))
    assert evaluate(key, inputs) == b"".join(unhex(vector["Output"]))
