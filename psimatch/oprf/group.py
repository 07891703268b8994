"""Group operations over packed elements, spread over an executor where one is given."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Final, TypeVar

from psimatch import kernel, randomness
from psimatch.oprf.suite import ELEMENT_BYTES, OUTPUT_BYTES, Mode, hash_to_group_dst

# Items a task: large enough that a task's hand-over is lost in 10 ms of work, small enough to balance.
PIECE: Final = 256
# A sum costs less an item the more items it has; half a chunk keeps two cores busy.
SUM_PIECE: Final = 1_024

Result = TypeVar("Result")


def _spread(
    executor: Executor | None,
    function: Callable[..., Result],
    count: int,
    cut: Callable[[slice], tuple[object, ...]],
    piece: int = PIECE,
) -> list[Result]:
    """Call `function` on the arguments that `cut` makes for each piece of `count` items, in order."""
    pieces = [slice(start, min(start + piece, count)) for start in range(0, count, piece)]
    if executor is None or len(pieces) == 1:
        return [function(*cut(piece)) for piece in pieces]
    futures = [executor.submit(function, *cut(piece)) for piece in pieces]
    return [future.result() for future in futures]


def elements_of(packed: bytes, items: slice) -> bytes:
    """Return the items of `packed` that the slice names; 32 bytes each."""
    return packed[ELEMENT_BYTES * items.start : ELEMENT_BYTES * items.stop]


def hash_to_group(inputs: list[bytes], mode: Mode, executor: Executor | None = None) -> bytes:
    """Hash each input to an element; 32 * n bytes."""
    function = partial(kernel.hash_inputs, hash_to_group_dst(mode))
    return b"".join(_spread(executor, function, len(inputs), lambda items: (inputs[items],)))


def blind_inputs(inputs: list[bytes], blinds: bytes, mode: Mode, executor: Executor | None = None) -> bytes:
    """Hash each input to an element and add blind times generator; 32 * n bytes."""
    function = partial(kernel.blind_inputs, hash_to_group_dst(mode))
    cut = lambda items: (inputs[items], elements_of(blinds, items))  # noqa: E731
    return b"".join(_spread(executor, function, len(inputs), cut))


def unblind(public_key: bytes, blinds: bytes, elements: bytes, executor: Executor | None = None) -> bytes:
    """Subtract blind times public key from each strictly decoded element; 32 * n bytes."""
    function = partial(kernel.unblind, kernel.fixed_table(public_key))
    cut = lambda items: (elements_of(blinds, items), elements_of(elements, items))  # noqa: E731
    return b"".join(_spread(executor, function, len(elements) // ELEMENT_BYTES, cut))


def evaluate_inputs(scalar: bytes, inputs: list[bytes], mode: Mode, executor: Executor | None = None) -> bytes:
    """Hash each input to an element and multiply it by one scalar; 32 * n bytes."""
    function = partial(kernel.evaluate_inputs, hash_to_group_dst(mode), scalar)
    return b"".join(_spread(executor, function, len(inputs), lambda items: (inputs[items],)))


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
        SUM_PIECE if kernel.ADDS_BLINDS else PIECE,
    )
    total = sums[0]
    for part in sums[1:]:
        total = kernel.add(total, part)
    return total


def finalize_each(inputs: list[bytes], unblinded: bytes, executor: Executor | None = None) -> list[bytes]:
    """Return the PRF output of each input; 64 bytes each."""
    cut = lambda items: (inputs[items], elements_of(unblinded, items))  # noqa: E731
    outputs = b"".join(_spread(executor, kernel.finalize_each, len(inputs), cut))
    return [outputs[start : start + OUTPUT_BYTES] for start in range(0, len(outputs), OUTPUT_BYTES)]


def random_scalars(count: int) -> bytes:
    """Return `count` uniform nonzero scalars, packed; each from 64 random bytes, so the bias is below 2^-250."""
    scalars = kernel.reduce_scalars(randomness.random_bytes(64 * count))
    zero = bytes(ELEMENT_BYTES)
    if any(elements_of(scalars, slice(index, index + 1)) == zero for index in range(count)):
        return random_scalars(count)
    return scalars
