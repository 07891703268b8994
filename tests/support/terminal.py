"""The command line at a terminal, where somebody types."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path


def at_terminal(folder: Path, typed: list[tuple[str, str]], *arguments: str) -> tuple[int, str]:
    """Run at a terminal; wait for each prompt, then type its answer. Return the exit code and all that was shown."""
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
        shown = _read_until(control, prompt.encode())
        os.write(control, answer.encode() + b"\n")
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
