"""What the fuzzer says at its end: `python tests/fuzz/figures.py LOG...`."""

import re
import sys
from pathlib import Path


def figures(log):
    """Return executions, seconds, branches and features covered, and the most megabytes, of a run that has ended."""
    executions, seconds = re.search(r"^Done (\d+) runs in (\d+) second", log, re.MULTILINE).groups()
    branches, features = re.findall(r"cov: (\d+) ft: (\d+)", log)[-1]
    peak = re.search(r"^stat::peak_rss_mb: +(\d+)", log, re.MULTILINE)[1]
    return tuple(map(int, (executions, seconds, branches, features, peak)))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        executions, seconds, branches, features, peak = figures(Path(name).read_text(errors="replace"))
        print(f"{executions:,} executions in {seconds} s, {branches} branches, {features} features, {peak} MB at most")
