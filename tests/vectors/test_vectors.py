"""psimatch against the core set of the vectors that the reference wrote, one scenario a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import rbcl
import vector_answers

from psimatch.audit.rows import CannotOpenRowError, open_row, share

ROOT = Path(__file__).parents[2]
# PSIMATCH_VECTORS names another set than the tree's core set.
VECTORS = Path(os.environ.get("PSIMATCH_VECTORS", ROOT / "protocol_spec" / "vectors")).absolute()
SCENARIOS = sorted(VECTORS.glob("*/*.json"))


def name_of(path):
    return f"{path.parent.name}/{path.stem}"


def content_of(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def test_the_core_set_is_what_the_reference_computes():
    # `make vectors` computes all of them, compares their digest, and asks psimatch and the reference each.
    command = [sys.executable, ROOT / "protocol_spec" / "reference.py", "vectors", "--check-core"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_psimatch_answers(path):
    scenario = json.loads(path.read_text(encoding="utf-8"))
    # As a program gets it: an answer is JSON.
    answer = json.loads(json.dumps(vector_answers.answer(scenario["operation"], scenario["input"])))
    assert answer == scenario["expect"]


def test_psimatch_knows_every_operation():
    assert set(vector_answers.OPERATIONS) == {path.parent.name for path in SCENARIOS}


# What an answer does not show.


@pytest.mark.parametrize("number", [1, 2, 3])
def test_uniform_bytes_are_mapped_as_by_libsodium(number):
    scenario = content_of(f"element/of-uniform-bytes-{number}")
    mapped = rbcl.crypto_core_ristretto255_from_hash(bytes.fromhex(scenario["steps"]["uniform"]))
    assert mapped.hex() == scenario["input"]["encoding"]


def test_a_row_opens_with_no_other_share():
    given = content_of("audit_rows/5-rows-of-a-client")
    seeds = [bytes.fromhex(given["input"][name]) for name in ("auditor_seed", "owner_seed")]
    for place, row in enumerate(given["expect"]["output"]["rows"]):
        with pytest.raises(CannotOpenRowError):
            open_row(bytes.fromhex(row["sealed"]), (share(seeds[0], place), share(seeds[1], place + 1)))
