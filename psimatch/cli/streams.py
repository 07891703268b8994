"""Standard input, output and error, which may be closed or full, made such that no command needs to care."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any, Final

_INPUT, _OUTPUT, _ERROR = range(3)
_ERRORS: Final = "backslashreplace"


class UndeliveredError(OSError):
    """A result could not be written to standard output."""


class _Results(io.FileIO):
    """Standard output: says by the class of its error that it was the result which could not be written."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise UndeliveredError(error.errno, error.strerror) from error


class _Remarks(io.FileIO):
    """Standard error: where nothing can be written to it, there is nobody to tell, and no reason to stop."""

    def write(self, data: Any) -> int:
        with contextlib.suppress(OSError):
            return super().write(data)
        return len(memoryview(data).cast("B"))


def prepare() -> None:
    """Put streams in place that stay usable; call this before any file is opened.

    A file that is opened while a standard stream is closed would get its number, and with it whatever is printed. So
    the number is taken: an input that is at its end, an output to which nothing can be written, and an error stream
    that drops what it gets. Streams that another program has put in place stay as they are.
    """
    _hold(_INPUT, os.O_RDONLY)
    # Opened to be read, so that writing a result to it fails as it does on a closed one.
    _hold(_OUTPUT, os.O_RDONLY)
    _hold(_ERROR, os.O_WRONLY)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(_INPUT, closefd=False)), encoding="utf-8")
    if _is_standard(sys.stdout, _OUTPUT):
        sys.stdout = _text(_Results(_OUTPUT, "w", closefd=False), sys.stdout)
    if _is_standard(sys.stderr, _ERROR):
        sys.stderr = _text(_Remarks(_ERROR, "w", closefd=False), sys.stderr)


def finish() -> None:
    """Let go of what could not be written, lest Python complains of it when it ends, with an exit code of its own."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            try:
                stream.flush()
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
                stream.flush()


def _hold(number: int, how: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, how)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        # As a standard stream is, so that a program which this one starts has it too.
        os.set_inheritable(number, True)


def _is_standard(stream: Any, number: int) -> bool:
    if stream is None:
        return True
    try:
        return bool(stream.fileno() == number)
    except (OSError, ValueError, AttributeError):
        return False


def _text(raw: io.FileIO, before: Any) -> io.TextIOWrapper:
    # A name may have letters that this terminal has not; that must not cost a result.
    encoding = getattr(before, "encoding", None) or "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors=_ERRORS, line_buffering=True)
