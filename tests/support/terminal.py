"""The command line at a terminal, where somebody types."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Answer = str | Callable[[str], str]


def at_terminal(folder: Path, typed: list[tuple[str, Answer]], *arguments: str) -> tuple[int, str]:
    """Run at a terminal; wait for each prompt, then type its answer. Return the exit code and all that was shown.

    An answer may be a function of all that was shown up to its prompt.
    """
    control, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "psimatch", *arguments],
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    for prompt, answer in typed:
        shown += _read_until(control, prompt.encode())
        text = answer if isinstance(answer, str) else answer(shown.decode())
        os.write(control, text.encode() + b"\n")
    rest = _read_until(control, None)
    os.close(control)
    return process.wait(60), (shown + rest).decode()


def _read_until(control: int, wanted: bytes | None) -> bytes:
    shown = b""
    while wanted is None or wanted not in shown:
        try:
            data = os.read(control, 4_096)
        except OSError:
            break
        if not data:
            break
        shown += data
    assert wanted is None or wanted in shown
    return shown


def two_groups(fingerprint: str) -> list[tuple[str, Answer]]:
    """Return what to type where two groups of the peer's fingerprint are asked for, as read from elsewhere."""
    groups = fingerprint.split("-")

    def group(which: int) -> Answer:
        def read(shown: str) -> str:
            asked = shown.rpartition("without the groups ")[2]
            wanted = [groups[int(place) - 1] for place in re.findall(r"\d+", asked)[:2]]
            assert not any(hidden in asked.partition("group ")[0] for hidden in wanted)
            return wanted[which].lower()

        return read

    return [(": ", group(0)), (": ", group(1))]
