"""Group operations over packed elements, spread over an executor where one is given."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Final, TypeVar

from psimatch import kernel, randomness
from psimatch.oprf.suite import ELEMENT_BYTES, Mode, finalize_hash
from psimatch.oprf.suite import hash_to_group as _hash_to_group

# Items a task: large enough that a task's hand-over is lost in 10 ms of work, small enough to balance.
PIECE: Final = 256

Result = TypeVar("Result")


def _spread(
    executor: Executor | None, function: Callable[..., Result], count: int, cut: Callable[[slice], tuple[object, ...]]
) -> list[Result]:
    """Call `function` on the arguments that `cut` makes for each piece of `count` items, in order."""
    pieces = [slice(start, min(start + PIECE, count)) for start in range(0, count, PIECE)]
    if executor is None or len(pieces) == 1:
        return [function(*cut(piece)) for piece in pieces]
    futures = [executor.submit(function, *cut(piece)) for piece in pieces]
    return [future.result() for future in futures]


def elements_of(packed: bytes, items: slice) -> bytes:
    """Return the items of `packed` that the slice names; 32 bytes each."""
    return packed[ELEMENT_BYTES * items.start : ELEMENT_BYTES * items.stop]


def hash_to_group(inputs: list[bytes], mode: Mode, executor: Executor | None = None) -> bytes:
    """Hash each input to an element; 32 * n bytes."""
    pieces = _spread(executor, _hash_to_group, len(inputs), lambda items: (inputs[items], mode))
    return b"".join(pieces)


def multiply(scalar: bytes, elements: bytes, executor: Executor | None = None) -> bytes:
    """Multiply each of n strictly decoded elements by one scalar; 32 * n bytes."""
    function = partial(kernel.multiply, scalar)
    count = len(elements) // ELEMENT_BYTES
    return b"".join(_spread(executor, function, count, lambda items: (elements_of(elements, items),)))


def multiply_each(scalars: bytes, elements: bytes, executor: Executor | None = None) -> bytes:
    """Multiply each of n strictly decoded elements by its own scalar; 32 * n bytes."""
    count = len(elements) // ELEMENT_BYTES
    pieces = _spread(
        executor,
        kernel.multiply_each,
        count,
        lambda items: (elements_of(scalars, items), elements_of(elements, items)),
    )
    return b"".join(pieces)


def weighted_sum(weights: bytes, elements: bytes, executor: Executor | None = None) -> bytes:
    """Return the sum of weight times element over n strictly decoded elements; 32 bytes, variable time."""
    count = len(elements) // ELEMENT_BYTES
    sums = _spread(
        executor,
        kernel.weighted_sum,
        count,
        lambda items: (elements_of(weights, items), elements_of(elements, items)),
    )
    total = sums[0]
    for part in sums[1:]:
        total = kernel.add(total, part)
    return total


def finalize_each(inputs: list[bytes], unblinded: bytes) -> list[bytes]:
    """Return the PRF output of each input; 64 bytes each."""
    starts = range(0, len(unblinded), ELEMENT_BYTES)
    return [
        finalize_hash(item, unblinded[start : start + ELEMENT_BYTES])
        for item, start in zip(inputs, starts, strict=True)
    ]


def random_scalars(count: int) -> bytes:
    """Return `count` uniform nonzero scalars, packed; each from 64 random bytes, so the bias is below 2^-250."""
    scalars = kernel.reduce_scalars(randomness.random_bytes(64 * count))
    zero = bytes(ELEMENT_BYTES)
    if any(elements_of(scalars, slice(index, index + 1)) == zero for index in range(count)):
        return random_scalars(count)
    return scalars
