"""The C kernels behind the interface: `portable` for any 64-bit machine, `avx2`, and `ifma` for AVX-512 IFMA."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from psimatch.errors import InvalidElementError
from psimatch.kernel import _c
from psimatch.kernel.expand import suffix

NAMES: Final[tuple[str, ...]] = _c.KERNELS


def _checked(result: bytes | None) -> bytes:
    """Return the elements of a call; the C side gives None where it refused one."""
    if result is None:
        raise InvalidElementError("an element is not a valid encoding, or is the identity")
    return result


def _packed(inputs: Sequence[bytes]) -> tuple[bytes, array[int]]:
    """Return the inputs one behind the other, and their lengths."""
    return b"".join(inputs), array("I", map(len, inputs))


# A session has one public key, and unblinds chunk after chunk with it.
@lru_cache(maxsize=2)
def _fixed_table(public_key: bytes) -> bytes:
    """Return the multiples of an element that `unblind` adds up, 60 KB."""
    return _checked(_c.fixed_table(public_key))


class CompiledKernel:
    """One of the C kernels; the methods are those of `interface.Kernel`, which documents them."""

    ADDS_BLINDS: Final = True

    def __init__(self, name: str) -> None:
        self.NAME: Final = name
        self._number: Final = NAMES.index(name)

    def hash_to_group(self, uniform: bytes) -> bytes:
        """Map uniform bytes to elements."""
        return _c.from_uniform(self._number, uniform)

    def hash_inputs(self, dst: bytes, inputs: Sequence[bytes]) -> bytes:
        """Hash inputs to elements."""
        return _c.hash(self._number, suffix(dst), *_packed(inputs))

    def multiply(self, scalar: bytes, elements: bytes) -> bytes:
        """Multiply by one scalar."""
        if len(scalar) != 32:
            raise ValueError("a scalar is 32 bytes")
        return _checked(_c.multiply(self._number, scalar, elements))

    def multiply_each(self, scalars: bytes, elements: bytes) -> bytes:
        """Multiply each by its own scalar."""
        if len(scalars) != len(elements):
            raise ValueError("the scalars are shorter or longer than the elements")
        return _checked(_c.multiply(self._number, scalars, elements))

    def multiply_base(self, scalars: bytes) -> bytes:
        """Multiply the generator."""
        elements = _c.multiply_base(self._number, scalars)
        if elements is None:
            raise ValueError("the scalar zero has no public key")
        return elements

    def add(self, left: bytes, right: bytes) -> bytes:
        """Add pairs."""
        return _checked(_c.add(self._number, left, right))

    def weighted_sum(self, weights: bytes, elements: bytes) -> bytes:
        """Sum weight times element, in variable time."""
        return _checked(_c.weighted_sum(self._number, weights, elements))

    def blind_inputs(self, dst: bytes, inputs: Sequence[bytes], blinds: bytes) -> bytes:
        """Hash and add blind times generator."""
        return _checked(_c.blind(self._number, suffix(dst), *_packed(inputs), blinds))

    def unblind(self, public_key: bytes, blinds: bytes, elements: bytes) -> bytes:
        """Subtract blind times public key."""
        return _checked(_c.unblind(self._number, _fixed_table(public_key), blinds, elements))

    def evaluate_inputs(self, dst: bytes, scalar: bytes, inputs: Sequence[bytes]) -> bytes:
        """Hash and multiply."""
        return _checked(_c.evaluate(self._number, suffix(dst), *_packed(inputs), scalar))

    def finalize_each(self, inputs: Sequence[bytes], elements: bytes) -> bytes:
        """Hash to outputs."""
        return _c.finalize(self._number, *_packed(inputs), elements)

    def reduce_scalars(self, wide: bytes) -> bytes:
        """Reduce modulo the order."""
        return _c.reduce_scalars(wide)

    def scalar_multiply(self, left: bytes, right: bytes) -> bytes:
        """Multiply scalars."""
        return _c.scalar_multiply(left, right)

    def scalar_subtract(self, left: bytes, right: bytes) -> bytes:
        """Subtract scalars."""
        return _c.scalar_subtract(left, right)

    def invert_each(self, scalars: bytes) -> bytes:
        """Invert scalars."""
        inverses = _c.invert_each(scalars)
        if inverses is None:
            raise ValueError("the scalar zero has no inverse")
        return inverses
