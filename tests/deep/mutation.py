"""Change psimatch in one place at a time, in a copy; the tests must notice nine changes of ten.

First each mutant faces the fastest of the tests that reach it; what survives these faces all of them. Names of modules,
such as psimatch.wire, limit the run to these; without names a run that was stopped goes on. What is changed, and by
which tests it is judged, stands in pyproject.toml.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

TREE = Path("build/mutation/tree")
TOOL = Path("build/tools/mutmut/bin").absolute()
FASTEST = 60
MEANT = 0.9
KINDS = ("mutants", "killed", "ended", "survived", "no tests", "not run")
# How the tests of a mutant ended: pytest's exit codes, mutmut's for no tests, and the signals that end what runs for
# too long or crashes the interpreter. What is not here was not judged.
KIND_OF = {0: "survived", 1: "killed", 3: "killed", 5: "no tests", 33: "no tests"}
KIND_OF |= dict.fromkeys((-24, 24, 36, 152, 255, -11, -9), "ended")
NOTICED = ("killed", "ended")
STATES_TESTS = "tests/states/test_states.py"


def copy():
    """Lay the tree anew; what did not change keeps its time, so that mutmut keeps its verdicts."""
    TREE.mkdir(parents=True, exist_ok=True)
    for name in ("psimatch", "tests", "protocol_spec"):
        shutil.rmtree(TREE / name, ignore_errors=True)
        shutil.copytree(name, TREE / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2("pyproject.toml", TREE)


def run(names, fastest=None):
    limit = {"PSIMATCH_FASTEST": str(fastest)} if fastest else {}
    command = [TOOL / "mutmut", "run", "--max-children", "2", *names]
    subprocess.run(command, cwd=TREE, check=True, env={**os.environ, **limit}, stdout=sys.stderr)


def verdicts(patterns):
    """How the tests of each mutant ended, by its name."""
    found = {}
    for path in sorted((TREE / "mutants").rglob("*.py.meta")):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            if not patterns or any(fnmatch(name, pattern) for pattern in patterns):
                found[name] = KIND_OF.get(code, "not run")
    return found


def table_rows():
    """Leave out each row of the transition table, which no function holds, and say how the tests end.

    The comparison with the table of the specification would notice each at once, so it is left out too.
    """
    states = TREE / "psimatch" / "states.py"
    lines = states.read_text().splitlines(keepends=True)
    command = [TOOL / "python", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", STATES_TESTS]
    command += [f"--deselect={STATES_TESTS}::test_the_spec_shows_the_table"]
    found = {}
    for number, line in enumerate(lines):
        if line.startswith("    (State."):
            states.write_text("".join(lines[:number] + lines[number + 1 :]))
            done = subprocess.run(command, cwd=TREE, stdout=subprocess.DEVNULL)
            found[f"psimatch.states (table).x line {number + 1}"] = KIND_OF.get(done.returncode, "not run")
    return found


def report(found):
    """Print the figures of each module; return the share of mutants that was noticed."""
    counts = Counter()
    for name, kind in found.items():
        for module in (name.partition(".x")[0], "all"):
            counts[module, kind] += 1
            counts[module, "mutants"] += 1
    print("| module |", " | ".join(KINDS), "| noticed |")
    print("| --- |" + " ---: |" * (len(KINDS) + 1))
    for module in sorted({module for module, _ in counts}, key=lambda module: (module == "all", module)):
        share = sum(counts[module, kind] for kind in NOTICED) / counts[module, "mutants"]
        print(f"| {module} |", " | ".join(str(counts[module, kind]) for kind in KINDS), f"| {share:.1%} |")
    return share


def main():
    patterns = [f"{name}.*" for name in sys.argv[1:]]
    copy()
    run(patterns, FASTEST)
    survivors = [name for name, kind in verdicts(patterns).items() if kind == "survived"]
    if survivors:
        run(survivors)
    found = verdicts(patterns)
    if not patterns or "psimatch.states.*" in patterns:
        found |= table_rows()
    share = report(found)
    print(*(f"{kind}: {name}" for name, kind in found.items() if kind not in NOTICED), sep="\n")
    if share < MEANT:
        sys.exit(f"the tests notice {share:.1%} of the mutants, and {MEANT:.0%} are meant")


if __name__ == "__main__":
    main()
