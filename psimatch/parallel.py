"""Calls spread over an executor, their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Final, Generic, TypeVar

Result = TypeVar("Result")

# Calls under way at once: enough for the cores of a cluster; memory stays flat.
AHEAD: Final = 32


class Pipeline(Generic[Result]):
    """Calls handed in one by one and taken out in the same order; at once where there is no executor.

    A function and its arguments must be picklable where the executor's workers are processes.
    """

    def __init__(self, executor: Executor | None) -> None:
        self._executor = executor
        self._pending: deque[Future[Result]] = deque()

    def submit(self, function: Callable[..., Result], *arguments: object) -> None:
        """Hand in a call."""
        if self._executor is not None:
            self._pending.append(self._executor.submit(function, *arguments))
            return
        done: Future[Result] = Future()
        done.set_result(function(*arguments))
        self._pending.append(done)

    def results(self, leave: int = 0) -> Iterator[Result]:
        """Take out results until `leave` calls are left; without an executor none is left.

        Raises:
            Whatever a call raised.
        """
        while len(self._pending) > (leave if self._executor is not None else 0):
            call = self._pending.popleft()
            try:
                result = call.result()
            except BaseException:
                # Where the wait was interrupted, the call may not have begun.
                call.cancel()
                raise
            yield result

    def cancel(self) -> None:
        """Drop all calls; one that runs already runs to its end."""
        for call in self._pending:
            call.cancel()
        self._pending.clear()


def spread(
    pipeline: Pipeline[Result], function: Callable[..., Result], calls: Iterable[tuple[object, ...]]
) -> Iterator[Result]:
    """Yield what `function` returns for each tuple of arguments, in order, through a pipeline of its own."""
    try:
        for arguments in calls:
            pipeline.submit(function, *arguments)
            yield from pipeline.results(leave=AHEAD)
        yield from pipeline.results()
    finally:
        pipeline.cancel()
