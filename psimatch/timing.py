"""Which kernel serves here, how long its operations take on this machine, and what a match would take of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from psimatch import kernel, randomness
from psimatch.kernel.interface import Kernel
from psimatch.kernel.select import available, load

# The items of one chunk: what the operations get in a match.
BATCH: Final = 2_048
# A shorter run is a bad measure, a longer one no better: the best of the runs counts.
SECONDS: Final = 1.2

_DST: Final = b"psimatch timing"


@dataclass(frozen=True, slots=True)
class MatchEstimate:
    """Seconds of computing on one core: the group operations alone, without network and bookkeeping."""

    client_items: int
    server_items: int
    client_seconds: float
    server_seconds: float

    @property
    def both_seconds(self) -> float:
        """The work of both parties."""
        return self.client_seconds + self.server_seconds


@dataclass(frozen=True, slots=True)
class OperationTimes:
    """Microseconds an item that each operation of `kernel` takes on one core of this machine.

    `own_set` is hash and multiply at once; `prove` and `verify` are the sums over the batch that a proof needs.
    """

    kernel: str
    hash_to_group: float
    blind: float
    evaluate: float
    own_set: float
    prove: float
    verify: float
    unblind: float
    finalize: float

    def estimate(self, client_items: int, server_items: int) -> MatchEstimate:
        """Return what a match of so many items would take."""
        client = self.blind + self.verify + self.unblind + self.finalize
        server = client_items * (self.evaluate + self.prove) + server_items * (self.own_set + self.finalize)
        return MatchEstimate(client_items, server_items, client_items * client / 1e6, server / 1e6)


def kernel_name() -> str:
    """Return the name of the kernel that serves in this process: rbcl, portable, avx2 or ifma.

    Raises:
        UnsupportedError: PSIMATCH_KERNEL names one that does not run here.
    """
    if kernel.NAME not in available():
        load(kernel.NAME)
    return kernel.NAME


def kernel_names() -> tuple[str, ...]:
    """Return the names of all kernels that run here; the environment variable PSIMATCH_KERNEL selects one."""
    return available()


def measure_operations(
    *, seconds: float = SECONDS, batch: int = BATCH, on_progress: Callable[[int, int], None] | None = None
) -> OperationTimes:
    """Measure the kernel of this process for about so many seconds, on batches of so many items.

    Args:
        seconds: for all operations together; each runs once at least.
        batch: at least 1; from a few hundred items up the time of an item stays the same.
        on_progress: called with how many operations are measured, and of how many.
    """
    named = operations(load(kernel.NAME), batch)
    times = {}
    for done, (name, operation) in enumerate(named.items()):
        if on_progress is not None:
            on_progress(done, len(named))
        times[name] = best_seconds(operation, seconds / len(named)) / batch * 1e6
    return OperationTimes(kernel=kernel.NAME, **times)


def best_seconds(operation: Callable[[], object], seconds: float) -> float:
    """Return the best time of one call, out of as many as fit into so many seconds, and of one at least."""
    deadline, best = time.perf_counter() + seconds, float("inf")
    while True:
        start = time.perf_counter()
        operation()
        end = time.perf_counter()
        best = min(best, end - start)
        if end >= deadline:
            return best


def operations(kernel: Kernel, batch: int) -> Mapping[str, Callable[[], object]]:
    """Return each operation as a call on a batch of random values, under its name in `OperationTimes`."""
    inputs = [randomness.random_bytes(96) for _ in range(batch)]
    blinds = kernel.reduce_scalars(randomness.random_bytes(64 * batch))
    key = kernel.reduce_scalars(randomness.random_bytes(64))
    # Half as long as a scalar, as those of a chunk's proof (psimatch-1 §4.4).
    weights = b"".join(randomness.random_bytes(16) + bytes(16) for _ in range(batch))
    elements = kernel.hash_inputs(_DST, inputs)
    return {
        "hash_to_group": lambda: kernel.hash_inputs(_DST, inputs),
        "blind": lambda: _blind(kernel, inputs, blinds),
        "evaluate": lambda: kernel.multiply(key, elements),
        "own_set": lambda: kernel.evaluate_inputs(_DST, key, inputs),
        "prove": lambda: kernel.weighted_sum(weights, elements),
        "verify": lambda: [kernel.weighted_sum(weights, packed) for packed in (elements, elements)],
        "unblind": lambda: _unblind(kernel, kernel.multiply_base(key), blinds, elements),
        "finalize": lambda: kernel.finalize_each(inputs, elements),
    }


def _blind(kernel: Kernel, inputs: list[bytes], blinds: bytes) -> bytes:
    if kernel.ADDS_BLINDS:
        return kernel.blind_inputs(_DST, inputs, blinds)
    return kernel.multiply_each(blinds, kernel.hash_inputs(_DST, inputs))


def _unblind(kernel: Kernel, public_key: bytes, blinds: bytes, elements: bytes) -> bytes:
    """Unblind as a session does with this kernel."""
    if kernel.ADDS_BLINDS:
        return kernel.unblind(public_key, blinds, elements)
    return kernel.multiply_each(kernel.invert_each(blinds), elements)
