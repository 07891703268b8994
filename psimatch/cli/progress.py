"""How far a long match is: a bar at a terminal, nothing anywhere else."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import rich.progress

import psimatch

# Seconds that nobody minds waiting; a shorter match shows no bar, and doesn't pay for loading what draws it.
_PATIENCE: Final = 0.5


class ProgressBars:
    """One bar a phase on stderr, from when a match has taken half a second; call it with each `Progress`."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._since: float | None = None
        self._bars: rich.progress.Progress | None = None
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def __call__(self, progress: psimatch.Progress) -> None:
        """Show that so much of a phase is done."""
        if not self._shown:
            return
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if self._bars is None and now - self._since < _PATIENCE:
            return
        bars = self._bars = self._bars or _started()
        if progress.phase not in self._tasks:
            self._tasks[progress.phase] = bars.add_task(progress.phase, total=progress.total)
        bars.update(self._tasks[progress.phase], completed=progress.done)

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        if self._bars is not None:
            self._bars.stop()


def _started() -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("psimatch: {task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    bars.start()
    return bars
