"""What the benchmarks share: the machine they ran on, where figures go, and which runs take too long."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psimatch import kernel_name, measure_operations

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"

Figures = dict[str, Any]


def machine() -> Figures:
    """Say what the figures were measured on, and when."""
    model = "unknown"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), model)
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "kernel": kernel_name(),
        "commit": commit(),
        "day": datetime.now(UTC).date().isoformat(),
    }


def commit() -> str:
    """Return the commit that was measured, with `-dirty` behind it where files have changed since."""
    if shutil.which("git") is None:
        return "unknown"
    command = ["git", "describe", "--always", "--dirty"]
    git = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return git.stdout.strip() or "unknown"


def parser(text: str | None, name: str) -> argparse.ArgumentParser:
    """Return a parser with the option that every benchmark has."""
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--output", type=Path, default=RESULTS / f"{name}.json", help="where to write the JSON")
    return made


def add_budget(options: argparse.ArgumentParser) -> None:
    """Add the option that leaves out what takes too long."""
    options.add_argument(
        "--budget", type=float, default=120, metavar="SECONDS", help="leave out a run that would take longer (120)"
    )


def write(path: Path, name: str, figures: Figures) -> None:
    """Write a benchmark's figures, with the machine, and say where they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {"format": f"psimatch-benchmark-{name}-1", "machine": machine(), **figures}
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    print(f"written to {path}")


def estimator() -> Callable[[int, int], float]:
    """Return what estimates the seconds of a match on one core, from a short measurement."""
    times = measure_operations(seconds=0.4)
    return lambda client_items, server_items: times.estimate(client_items, server_items).both_seconds


def within(what: str, seconds: float, budget: float, left_out: list[Figures]) -> bool:
    """Say whether a run fits the budget; note it as left out where it does not."""
    if seconds <= budget:
        return True
    left_out.append({"what": what, "estimated_seconds": seconds, "budget_seconds": budget})
    print(f"left out: {what} would take about {seconds:,.0f} s, over the budget of {budget:,.0f} s (--budget)")
    return False


def size(client_items: int, server_items: int) -> str:
    """Return a size as text, such as `1,000 x 100,000`."""
    return f"{client_items:,} x {server_items:,}"


def read_size(given: str) -> tuple[int, int]:
    """Read `1000` or `1000x100000`: the items of the client and of the server."""
    client, _, server = given.partition("x")
    return int(client), int(server or client)
