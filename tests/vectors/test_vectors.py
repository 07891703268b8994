"""psimatch against the vectors that the reference wrote, one scenario a file."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rbcl
import vector_answers

from protocol_spec import scenarios
from psimatch.audit.rows import CannotOpenRowError, open_row, share

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "protocol_spec" / "vectors"
SCENARIOS = sorted(VECTORS.glob("*/*.json"))
README = (VECTORS / "README.md").read_text(encoding="utf-8")


def name_of(path):
    return f"{path.parent.name}/{path.stem}"


def content_of(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def test_files_are_what_the_reference_computes():
    # All but sessions of two chunks, which `make deep-vectors` computes anew; here psimatch answers them.
    command = [sys.executable, ROOT / "protocol_spec" / "reference.py", "vectors", "--check", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_stale_missing_and_different_files_are_found_and_mended(tmp_path, monkeypatch, capsys):
    wanted = {"new/one.json": "1\n", "new/two.json": "2\n", "old/three.json": "3\n"}
    for name, text in (
        ("old/stale.json", "0\n"),
        ("gone/stale.json", "0\n"),
        ("old/three.json", "4\n"),
        ("README.md", ""),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(scenarios, "VECTORS", tmp_path)
    monkeypatch.setattr(scenarios, "vector_files", lambda quick: wanted)
    assert scenarios.write_vectors(check=True) == 1
    said = [
        "gone/stale.json: stale",
        "new/one.json: missing",
        "new/two.json: missing",
        "old/stale.json: stale",
        "old/three.json: different",
    ]
    assert sorted(capsys.readouterr().out.splitlines()) == said
    assert scenarios.write_vectors(check=False) == 0
    assert scenarios.write_vectors(check=True) == 0
    assert not (tmp_path / "gone").exists()
    assert (tmp_path / "README.md").exists()


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_psimatch_answers(path):
    scenario = json.loads(path.read_text(encoding="utf-8"))
    # As a program gets it: an answer is JSON.
    answer = json.loads(json.dumps(vector_answers.answer(scenario["operation"], scenario["input"])))
    assert answer == scenario["expect"]


def test_psimatch_knows_every_operation():
    assert set(vector_answers.OPERATIONS) == {path.parent.name for path in SCENARIOS}


# What the files say of themselves.


def section_of(operation):
    """What the README says of an operation."""
    _, found, rest = README.partition(f"\n### `{operation}`\n")
    assert found, operation
    return re.split(r"\n##", rest)[0]


def keys_of(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from keys_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_of(item)


@pytest.mark.parametrize("operation", sorted({path.parent.name for path in SCENARIOS}))
def test_every_key_is_defined(operation):
    # A section may take over what another defines.
    sections = [operation, *re.findall(r"\(#([a-z_]+)\)", section_of(operation))]
    defined = {key for name in sections for key in re.findall(r"`([a-z_]+)`", section_of(name))}
    for path in VECTORS.glob(f"{operation}/*.json"):
        scenario = json.loads(path.read_text(encoding="utf-8"))
        # Terms are defined in §3.1, entries in §11.2.
        scenario["input"].pop("terms", None)
        scenario["input"].pop("agreements", None)
        scenario["expect"].get("output", {}).pop("entries", None)
        used = {*keys_of(scenario["input"]), *keys_of(scenario["expect"])}
        assert used - {"output", "refused"} <= defined, path


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_a_file_says_what_it_is_about(path):
    scenario = json.loads(path.read_text(encoding="utf-8"))
    assert list(scenario) == [
        key for key in ("about", "spec", "operation", "input", "steps", "expect") if key in scenario
    ]
    assert scenario["about"].endswith(".")
    assert scenario["spec"].startswith("§")
    assert scenario["operation"] == path.parent.name
    assert ("output" in scenario["expect"]) != ("refused" in scenario["expect"])


def test_classes_of_refusals_are_listed():
    table = README.partition("\n## Refusals\n")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE))
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in SCENARIOS]
    used = {content["expect"]["refused"] for content in contents if "refused" in content["expect"]}
    used |= {
        each["refused"] for content in contents for each in content["expect"].get("output", {}).get("refusals", ())
    }
    assert used == listed


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
