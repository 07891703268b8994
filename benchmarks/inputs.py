"""The lists that every contestant matches, and what a process can say of itself.

Needs the standard library alone: contestants that live in an environment of their own import it too.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path


def values(client_items: int, server_items: int) -> tuple[list[str], list[str]]:
    """Return two lists of so many values; half of the shorter one is common to both."""
    common = [f"both {number}" for number in range(min(client_items, server_items) // 2)]
    return (
        common + [f"client {number}" for number in range(client_items - len(common))],
        common + [f"server {number}" for number in range(server_items - len(common))],
    )


def peak_megabytes() -> float:
    """Return the peak of this process's resident memory.

    Linux's `ru_maxrss` begins with what the process that started this one had, so its status file is asked first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pin(cores: int) -> None:
    """Let this process and what it starts run on so many of the cores that it may use now, and on no other."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
