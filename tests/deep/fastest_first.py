"""Run the tests of a mutant in the order of their time, and only so many of them if PSIMATCH_FASTEST says so."""

import json
import os
from pathlib import Path

STATS = Path("mutmut-stats.json")


def pytest_configure(config):
    # Not while mutmut measures the times, lists all tests, or tries whether a failure shows.
    if STATS.exists() and os.environ.get("MUTANT_UNDER_TEST") not in {"stats", "list_all_tests", "fail"}:
        seconds = json.loads(STATS.read_text())["duration_by_test"]
        fastest = sorted(config.args, key=lambda test: seconds.get(test, 0))
        del fastest[int(os.environ.get("PSIMATCH_FASTEST", len(fastest))) :]
        # Those of a file stay together, since it may have fixtures that last for all of it.
        files = list(dict.fromkeys(test.partition("::")[0] for test in fastest))
        config.args[:] = sorted(fastest, key=lambda test: files.index(test.partition("::")[0]))
