"""Batch operations of ristretto255 (RFC 9496) over packed bytes; `NAME` says which kernel serves them.

Packed: n elements or scalars are one `bytes` of 32 * n. Scalars are little-endian and canonical (below the
group order). Every call releases the interpreter lock while it computes, so threads run side by side.
"""

from __future__ import annotations

from psimatch.kernel.sodium import (
    NAME,
    add,
    hash_to_group,
    invert_each,
    multiply,
    multiply_base,
    multiply_each,
    reduce_scalars,
    scalar_multiply,
    scalar_subtract,
    weighted_sum,
)

__all__ = [
    "NAME",
    "add",
    "hash_to_group",
    "invert_each",
    "multiply",
    "multiply_base",
    "multiply_each",
    "reduce_scalars",
    "scalar_multiply",
    "scalar_subtract",
    "weighted_sum",
]
