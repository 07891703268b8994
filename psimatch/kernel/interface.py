"""What every kernel offers; `sodium` and the C kernels are checked against it and against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Kernel(Protocol):
    """Batch operations of ristretto255 (RFC 9496) over packed bytes.

    Elements are decoded strictly: one that is not canonical, not on the group or (except in `add`) the identity
    raises InvalidElementError. Buffers that don't fit each other raise ValueError. Secret scalars and inputs are
    worked on in constant time, except for the lengths of inputs; `weighted_sum` alone takes public data.
    """

    @property
    def NAME(self) -> str:  # noqa: N802
        """The kernel's name: rbcl, portable, avx2 or ifma."""

    @property
    def ADDS_BLINDS(self) -> bool:  # noqa: N802
        """Say whether additive blinding is the faster one here (decision 5)."""

    def hash_to_group(self, uniform: bytes) -> bytes:
        """Map n times 64 uniform bytes to n elements (RFC 9496 §4.3.4)."""

    def hash_inputs(self, dst: bytes, inputs: Sequence[bytes]) -> bytes:
        """Hash each input to an element under the tag `dst` (RFC 9380 §5.3.1, then RFC 9496 §4.3.4)."""

    def multiply(self, scalar: bytes, elements: bytes) -> bytes:
        """Multiply each of n elements by one nonzero scalar."""

    def multiply_each(self, scalars: bytes, elements: bytes) -> bytes:
        """Multiply each of n elements by its own nonzero scalar."""

    def multiply_base(self, scalars: bytes) -> bytes:
        """Multiply the generator by each of n scalars; zero raises ValueError."""

    def add(self, left: bytes, right: bytes) -> bytes:
        """Add n pairs of elements; the identity is allowed."""

    def weighted_sum(self, weights: bytes, elements: bytes) -> bytes:
        """Return the sum of weight times element over n pairs, 32 bytes; variable time, all is public."""

    def blind_inputs(self, dst: bytes, inputs: Sequence[bytes], blinds: bytes) -> bytes:
        """Blind additively: H(x) + r * G for each input x and blind r."""

    def unblind(self, public_key: bytes, blinds: bytes, elements: bytes) -> bytes:
        """Undo `blind_inputs` after evaluation: Z - r * pk for each blind r and element Z."""

    def evaluate_inputs(self, dst: bytes, scalar: bytes, inputs: Sequence[bytes]) -> bytes:
        """Hash each input to an element and multiply it by one nonzero scalar."""

    def finalize_each(self, inputs: Sequence[bytes], elements: bytes) -> bytes:
        """Return the hash at the end of Finalize (RFC 9497 §3.3.1) of each input and element; 64 * n bytes."""

    def reduce_scalars(self, wide: bytes) -> bytes:
        """Reduce n times 64 little-endian bytes modulo the group order."""

    def scalar_multiply(self, left: bytes, right: bytes) -> bytes:
        """Multiply two scalars."""

    def scalar_subtract(self, left: bytes, right: bytes) -> bytes:
        """Subtract two scalars."""

    def invert_each(self, scalars: bytes) -> bytes:
        """Invert n scalars; zero raises ValueError."""
