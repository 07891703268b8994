"""Choose the kernel: the fastest that runs here, or the one that PSIMATCH_KERNEL names (decision 10).

libsodium is loaded only where it serves: loading it takes longer than a small match.
"""

from __future__ import annotations

import os
from typing import Final, NoReturn, cast

from psimatch.errors import UnsupportedError
from psimatch.kernel.interface import Kernel

VARIABLE: Final = "PSIMATCH_KERNEL"


def _compiled_names() -> tuple[str, ...]:
    """Return the C kernels that this machine runs, the slowest first; none where they could not be built."""
    try:
        from psimatch.kernel import compiled
    except ImportError:
        return ()
    return compiled.NAMES


def available() -> tuple[str, ...]:
    """Return the names of all kernels that run here, the slowest first."""
    return ("rbcl", *_compiled_names())


def load(name: str) -> Kernel:
    """Return the kernel of that name.

    Raises:
        UnsupportedError: it is unknown, was not built, or this processor can't run it.
    """
    if name not in available():
        raise UnsupportedError(
            f"the kernel {name[:20]!a} does not run here",
            hint=f"{VARIABLE} may be one of {', '.join(available())}; unset, the fastest serves",
        )
    if name == "rbcl":
        from psimatch.kernel import sodium

        return sodium
    from psimatch.kernel import compiled

    return compiled.CompiledKernel(name)


def chosen() -> Kernel:
    """Return the kernel to use in this process; one that refuses all work where the variable names none."""
    name = os.environ.get(VARIABLE) or available()[-1]
    # Not an error yet: the package could not even be imported then, to tell of it in words.
    return load(name) if name in available() else cast(Kernel, _NoKernel(name))


class _NoKernel:
    """Stands in for a kernel that does not run here: it has every operation, and each raises UnsupportedError."""

    ADDS_BLINDS = False

    def __init__(self, name: str) -> None:
        self.NAME = name

    def __getattr__(self, operation: str) -> object:
        return self._refuse

    def _refuse(self, *_: object) -> NoReturn:
        load(self.NAME)
        raise UnsupportedError(f"the kernel {self.NAME[:20]!a} did not run here when the program started")
