"""Run the tests of a mutant in the order of their time, and only so many of them if PSIMATCH_FASTEST says so."""

import json
import os
from pathlib import Path

STATS = Path("mutmut-stats.json")


def pytest_configure(config):
    # Not while mutmut measures the times, lists all tests, or tries whether a failure shows.
    if STATS.exists() and os.environ.get("MUTANT_UNDER_TEST") not in {"stats", "list_all_tests", "fail"}:
        seconds = json.loads(STATS.read_text())["duration_by_test"]
        config.args.sort(key=lambda test: seconds.get(test, 0))
        del config.args[int(os.environ.get("PSIMATCH_FASTEST", len(config.args))) :]
