"""`python -m protocol_spec.check` finds every program that answers wrongly, and says how."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "protocol_spec" / "vectors"
OPERATIONS = sorted(path.name for path in VECTORS.iterdir() if path.is_dir())
FEW = ("--only", "prf", "--only", "element")


def check(*arguments, program=(), seconds=50):
    command = [sys.executable, "-m", "protocol_spec.check", *arguments, *(("--", *program) if program else ())]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds)


def small_program(body):
    """A program that has the expected answers by their inputs, and changes them in `body`."""
    return (
        sys.executable,
        "-c",
        f"""
import json, pathlib, sys
known = {{}}
for path in pathlib.Path({str(VECTORS)!r}).glob("*/*.json"):
    scenario = json.loads(path.read_text(encoding="utf-8"))
    known[scenario["operation"], json.dumps(scenario["input"], sort_keys=True)] = scenario["expect"]
def last_changed(value):
    if isinstance(value, dict):
        for key in reversed(value):
            changed = last_changed(value[key])
            if changed is not None:
                return {{**value, key: changed}}
        return None
    if isinstance(value, list):
        return [*value[:-1], last_changed(value[-1])] if value else ["one more"]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("0" if value[-1:] != "0" else "1")
for number, line in enumerate(sys.stdin):
    asked = json.loads(line)
    answer = known[asked["operation"], json.dumps(asked["input"], sort_keys=True)]
{body}
    print(json.dumps(answer), flush=True)
""",
    )


def test_psimatch_agrees():
    done = check(program=(sys.executable, str(ROOT / "tests" / "support" / "vector_answers.py")), seconds=200)
    assert done.returncode == 0, done.stdout + done.stderr
    total = len(list(VECTORS.glob("*/*.json")))
    assert done.stdout.splitlines()[-1] == f"{total} scenarios: {total} agrees, 0 differs, 0 unsupported"


def test_the_reference_answers():
    done = check(*FEW, program=(sys.executable, str(ROOT / "protocol_spec" / "reference.py"), "answer"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_lie_an_operation_is_found():
    lie = """
    if asked["operation"] not in known:
        known[asked["operation"]] = True
        answer = last_changed(answer)"""
    done = check(program=small_program(lie))
    assert done.returncode == 1
    found = re.findall(r"^(\w+)/\S+: differs$", done.stdout, re.MULTILINE)
    assert found == OPERATIONS


def test_a_difference_names_the_key_and_both_values():
    done = check("--only", "prf", program=small_program('    answer["output"]["tag"] = "00"'))
    assert done.returncode == 1
    assert re.search(r"output\.tag: expected [0-9a-f]{32}, got 00", done.stdout)


def test_a_key_too_many_and_one_missing_are_found():
    done = check("--only", "prf", program=small_program('    answer["output"]["tags"] = answer["output"].pop("tag")'))
    assert "output.tag: missing" in done.stdout
    assert "output.tags: not expected" in done.stdout


def test_one_line_too_many_is_found():
    body = """
    if asked["operation"] == "prf":
        print(json.dumps(answer), flush=True)"""
    done = check("--only", "prf/a-dummy", program=small_program(body))
    assert done.returncode == 1
    assert "more lines than it was asked for" in done.stdout


def test_one_scenario_is_asked_by_its_name():
    done = check("--only", "prf/a-dummy", program=small_program('    answer["output"]["tag"] = "00"'))
    assert "§4" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 scenarios: 0 agrees, 1 differs, 0 unsupported"
    assert check("--only", "prf/a-dunny", program=small_program("")).returncode == 2


def test_a_refusal_in_place_of_an_output_is_found():
    done = check("--only", "prf", program=small_program('    answer = {"refused": "element"}'))
    assert done.returncode == 1


def test_unsupported_operations_are_told_apart():
    body = """
    if asked["operation"] == "prf":
        answer = {"unsupported": True}"""
    done = check(*FEW, program=small_program(body))
    assert done.returncode == 3
    assert "prf: 4 unsupported" in done.stdout
    assert check(*FEW, program=small_program(body + '\n    else:\n        answer = {"output": {}}')).returncode == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    sys.exit(7)", "the program ended with code 7"),
        ("    import time; time.sleep(100)", "no answer within 1 seconds"),
        (
            "    sys.stdout.close(); import os; os.close(1); import time; time.sleep(100)",
            "the program closed its output",
        ),
        ("    print('hello'); continue", "no JSON: hello"),
        ("    print('[1]'); continue", "no answer, which has output, refused or unsupported"),
    ],
    ids=["dies", "hangs", "closes its output", "no JSON", "no answer"],
)
def test_a_program_that_fails(body, said):
    flushed = body.replace("; continue", "; sys.stdout.flush(); continue")
    done = check("--seconds", "1" if body.startswith("    import time") else "30", *FEW, program=small_program(flushed))
    assert done.returncode == 1
    assert said in done.stdout
    assert "not asked" in done.stdout.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_wrong_usage():
    assert check().returncode == 2
    assert check("--only", "nonsense", program=("true",)).returncode == 2
    assert check("--only", "prf", "--only", "nonsense", program=("true",)).returncode == 2
    assert check("--seconds", "0", program=("true",)).returncode == 2
    missing = check(program=("/nonexistent/program",))
    assert missing.returncode == 2
    assert "does not start" in missing.stderr


def test_results_for_a_machine():
    done = check("--json", "--only", "prf", program=small_program('    answer["output"]["tag"] = "00"'))
    found = json.loads(done.stdout)
    assert found["format"] == "psimatch-check-1"
    assert [each["result"] for each in found["results"]] == ["differs"] * 4
    assert "output.tag" in found["results"][0]["differences"][0]


def test_list_and_verbose():
    listed = check("--list", "--only", "prf").stdout
    assert "prf/a-dummy: From an identifier to the parts of its PRF output: a dummy." in listed
    shown = check("--verbose", "--only", "prf", program=small_program("    pass")).stdout
    assert "prf/a-dummy: agrees" in shown


def test_check_needs_neither_psimatch_nor_anything_else():
    done = subprocess.run(
        [sys.executable, "-S", "-m", "protocol_spec.check", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
