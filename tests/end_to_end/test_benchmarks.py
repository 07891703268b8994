"""The benchmark runs, checks its result, and writes what it says; its figures are nobody's claim here."""

import json
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).parents[2] / "benchmarks" / "match.py"


def test_the_match_benchmark_runs(tmp_path):
    output = tmp_path / "match.json"
    command = [sys.executable, str(FILE), "--sizes", "10", "100", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(output.read_text())
    assert report["format"] == "psimatch-benchmark-match-1"
    assert [(run["items_a_side"], run["matches"]) for run in report["runs"][::2]] == [(10, 5), (100, 50)]
    assert all(run["seconds"] >= sum(run["phases"].values()) * 0.5 > 0 for run in report["runs"])
    assert report["start_up"]["seconds_to_first_byte"] > 0
    assert "items a side" in done.stdout
