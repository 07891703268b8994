"""Batch operations of ristretto255 (RFC 9496) over packed bytes; `NAME` says which kernel serves them.

Packed: n elements or scalars are one `bytes` of 32 * n. Scalars are little-endian and canonical (below the
group order). Every call releases the interpreter lock while it computes, so threads run side by side.
`interface` documents the operations, `select` how the kernel is chosen.
"""

from __future__ import annotations

from psimatch.kernel.select import chosen

_kernel = chosen()

NAME = _kernel.NAME
ADDS_BLINDS = _kernel.ADDS_BLINDS
add = _kernel.add
blind_inputs = _kernel.blind_inputs
evaluate_inputs = _kernel.evaluate_inputs
finalize_each = _kernel.finalize_each
hash_inputs = _kernel.hash_inputs
hash_to_group = _kernel.hash_to_group
invert_each = _kernel.invert_each
multiply = _kernel.multiply
multiply_base = _kernel.multiply_base
multiply_each = _kernel.multiply_each
reduce_scalars = _kernel.reduce_scalars
scalar_multiply = _kernel.scalar_multiply
scalar_subtract = _kernel.scalar_subtract
unblind = _kernel.unblind
weighted_sum = _kernel.weighted_sum

__all__ = [
    "ADDS_BLINDS",
    "NAME",
    "add",
    "blind_inputs",
    "evaluate_inputs",
    "finalize_each",
    "hash_inputs",
    "hash_to_group",
    "invert_each",
    "multiply",
    "multiply_base",
    "multiply_each",
    "reduce_scalars",
    "scalar_multiply",
    "scalar_subtract",
    "unblind",
    "weighted_sum",
]
