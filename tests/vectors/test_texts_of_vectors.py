"""What the vectors and their README say of one another; PSIMATCH_VECTORS names another set than the tree's core set."""

import json
import os
import re
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2] / "protocol_spec" / "vectors"
VECTORS = Path(os.environ.get("PSIMATCH_VECTORS", TREE)).absolute()
SCENARIOS = sorted(VECTORS.glob("*/*.json"))
README = (TREE / "README.md").read_text(encoding="utf-8")


def test_there_are_scenarios():
    assert len(SCENARIOS) > 100


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


@pytest.mark.parametrize("operation", sorted({path.parent.name for path in SCENARIOS}))
def test_files_say_what_they_are_about(operation):
    for path in VECTORS.glob(f"{operation}/*.json"):
        says_what_it_is_about(path)


def says_what_it_is_about(path):
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
