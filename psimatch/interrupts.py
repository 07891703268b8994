"""Ctrl-C, or the end that a system asks for, held back for the moments in which it would leave half a step done."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final

# What a person sends, what a service manager does, and what comes when a terminal closes.
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class HeldInterrupt:
    """Within this block a first Ctrl-C waits for the end of it; a second one interrupts at once.

    So do SIGTERM and SIGHUP where the program lets them interrupt likewise. Only where Python's own handler is in
    place, and in the main thread: elsewhere nobody presses Ctrl-C, or the program has a handler of its own, and the
    block changes nothing.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._pressed = False

    def __enter__(self) -> HeldInterrupt:
        """Hold back."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is signal.default_int_handler:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._pressed:
            signal.default_int_handler(number, frame)
        self._pressed = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed meanwhile.
        """
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._pressed and error is None:
            raise KeyboardInterrupt
