"""Choose the kernel: the fastest that runs here, or the one that PSIMATCH_KERNEL names (decision 10).

libsodium is loaded only where it serves: loading it takes longer than a small match.
"""

from __future__ import annotations

import os
from typing import Final

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
        ImportError: it is unknown, was not built, or this processor can't run it.
    """
    if name not in available():
        raise ImportError(f"the kernel {name!r} does not run here; {VARIABLE} may be one of {', '.join(available())}")
    if name == "rbcl":
        from psimatch.kernel import sodium

        return sodium
    from psimatch.kernel import compiled

    return compiled.CompiledKernel(name)


def chosen() -> Kernel:
    """Return the kernel to use in this process."""
    return load(os.environ.get(VARIABLE) or available()[-1])
