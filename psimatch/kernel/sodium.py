"""The kernel that works everywhere: libsodium's ristretto255, as bundled by `rbcl`.

libsodium computes in constant time for secret scalars. Three faults of rbcl 1.1.2 are kept out here: its
libsodium accepts encodings with bit 255 set (RFC 9496 §4.3.1 refuses them), its `*_allow_scalar_zero`
functions skip validation (they are not used), and each import leaves a copy of the library in the temporary
folder (removed as soon as it is loaded).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator, Sequence
from hashlib import sha512
from typing import Final

import rbcl

from psimatch.errors import InvalidElementError
from psimatch.kernel.expand import expand_64

NAME: Final = "rbcl"
ADDS_BLINDS: Final = False

_IDENTITY: Final = bytes(32)


def _load() -> ctypes.CDLL:
    """Open rbcl's libsodium under a handle of our own, then remove its file (the mapping stays)."""
    path = rbcl._sodium._name
    library = ctypes.CDLL(path)
    # Windows refuses to remove a loaded library; there the file stays until the folder is cleaned.
    with contextlib.suppress(OSError):
        os.unlink(path)
    return library


_sodium = _load()
# Outputs go into the middle of a packed buffer, so they are passed as addresses.
for _name, _inputs in (
    ("crypto_core_ristretto255_from_hash", 1),
    ("crypto_core_ristretto255_add", 2),
    ("crypto_scalarmult_ristretto255", 2),
    ("crypto_scalarmult_ristretto255_base", 1),
    ("crypto_core_ristretto255_scalar_reduce", 1),
    ("crypto_core_ristretto255_scalar_invert", 1),
    ("crypto_core_ristretto255_scalar_mul", 2),
    ("crypto_core_ristretto255_scalar_sub", 2),
):
    getattr(_sodium, _name).argtypes = [ctypes.c_void_p] + [ctypes.c_char_p] * _inputs

_from_hash = _sodium.crypto_core_ristretto255_from_hash
_add = _sodium.crypto_core_ristretto255_add
_multiply = _sodium.crypto_scalarmult_ristretto255
_multiply_base = _sodium.crypto_scalarmult_ristretto255_base
_scalar_reduce = _sodium.crypto_core_ristretto255_scalar_reduce
_scalar_invert = _sodium.crypto_core_ristretto255_scalar_invert
_scalar_multiply = _sodium.crypto_core_ristretto255_scalar_mul
_scalar_subtract = _sodium.crypto_core_ristretto255_scalar_sub


def _items(packed: bytes, size: int = 32) -> Iterator[bytes]:
    """Yield the items of `packed`, each of `size` bytes."""
    if len(packed) % size:
        raise ValueError(f"packed input is not a multiple of {size} bytes")
    return (packed[start : start + size] for start in range(0, len(packed), size))


def _output(count: int) -> tuple[ctypes.Array[ctypes.c_char], range]:
    """Return a buffer for `count` items of 32 bytes, and the address of each item."""
    buffer = ctypes.create_string_buffer(max(32 * count, 1))
    start = ctypes.addressof(buffer)
    return buffer, range(start, start + 32 * count, 32)


def _refuse_bit_255(elements: bytes) -> None:
    """Refuse encodings at or above 2^255, which libsodium 1.0.18 would reduce."""
    if len(elements) >= 32 and max(elements[31::32]) >= 0x80:
        raise InvalidElementError("an element is not canonically encoded")


def hash_to_group(uniform: bytes) -> bytes:
    """Map n times 64 uniform bytes to n elements (RFC 9496 §4.3.4); 64 * n bytes in, 32 * n out."""
    buffer, addresses = _output(len(uniform) // 64)
    for address, item in zip(addresses, _items(uniform, 64), strict=True):
        _from_hash(address, item)
    return buffer.raw[: len(uniform) // 2]


def multiply(scalar: bytes, elements: bytes) -> bytes:
    """Decode strictly and multiply each of n elements by one nonzero scalar; 32 * n bytes in and out.

    Raises:
        InvalidElementError: an element is not canonical, not on the group, or the identity.
    """
    return multiply_each(scalar * (len(elements) // 32), elements)


def multiply_each(scalars: bytes, elements: bytes) -> bytes:
    """Decode strictly and multiply each of n elements by its own nonzero scalar; 32 * n bytes each.

    Raises:
        InvalidElementError: an element is not canonical, not on the group, or the identity.
    """
    _refuse_bit_255(elements)
    buffer, addresses = _output(len(elements) // 32)
    for address, scalar, element in zip(addresses, _items(scalars), _items(elements), strict=True):
        # libsodium returns -1 for an encoding it refuses, and where the product is the identity.
        if _multiply(address, scalar, element):
            raise InvalidElementError("an element is not a valid encoding, or is the identity")
    return buffer.raw[: len(elements)]


def multiply_base(scalars: bytes) -> bytes:
    """Multiply the generator by each of n nonzero scalars; 32 * n bytes in and out.

    Raises:
        ValueError: a scalar is zero.
    """
    buffer, addresses = _output(len(scalars) // 32)
    for address, scalar in zip(addresses, _items(scalars), strict=True):
        if _multiply_base(address, scalar):
            raise ValueError("the scalar zero has no public key")
    return buffer.raw[: len(scalars)]


def add(left: bytes, right: bytes) -> bytes:
    """Decode strictly and add n pairs of elements; 32 * n bytes each. The identity is allowed here.

    Raises:
        InvalidElementError: an element is not canonical or not on the group.
    """
    _refuse_bit_255(left)
    _refuse_bit_255(right)
    buffer, addresses = _output(len(left) // 32)
    for address, one, other in zip(addresses, _items(left), _items(right), strict=True):
        if _add(address, one, other):
            raise InvalidElementError("an element is not a valid encoding")
    return buffer.raw[: len(left)]


def weighted_sum(weights: bytes, elements: bytes) -> bytes:
    """Decode strictly and return the sum of weight times element over n pairs; 32 bytes.

    Variable time: weights and elements are public.

    Raises:
        InvalidElementError: an element is not canonical, not on the group, or the identity.
    """
    total = _IDENTITY
    for weight, element in zip(_items(weights), _items(elements), strict=True):
        # libsodium can't multiply by zero. A zero weight still must not hide an invalid element.
        multiplied = multiply(weight if any(weight) else _ONE, element)
        total = add(total, multiplied) if any(weight) else total
    return total


_ONE: Final = (1).to_bytes(32, "little")


def reduce_scalars(wide: bytes) -> bytes:
    """Reduce n times 64 little-endian bytes modulo the group order; 64 * n bytes in, 32 * n out."""
    buffer, addresses = _output(len(wide) // 64)
    for address, item in zip(addresses, _items(wide, 64), strict=True):
        _scalar_reduce(address, item)
    return buffer.raw[: len(wide) // 2]


def scalar_multiply(left: bytes, right: bytes) -> bytes:
    """Multiply two scalars modulo the group order; 32 bytes each."""
    buffer, (address,) = _output(1)
    _scalar_multiply(address, left, right)
    return buffer.raw


def scalar_subtract(left: bytes, right: bytes) -> bytes:
    """Subtract two scalars modulo the group order; 32 bytes each."""
    buffer, (address,) = _output(1)
    _scalar_subtract(address, left, right)
    return buffer.raw


def invert_each(scalars: bytes) -> bytes:
    """Invert n nonzero scalars modulo the group order; 32 * n bytes in and out.

    One inversion serves all of them (Montgomery 1987, "Speeding the Pollard and elliptic curve methods",
    §10.3.1): the running products are inverted once and taken apart from the end.
    """
    items = list(_items(scalars))
    if not items:
        return b""
    products = [_ONE]
    for item in items:
        products.append(scalar_multiply(products[-1], item))
    buffer, (address,) = _output(1)
    if _scalar_invert(address, products[-1]):
        raise ValueError("the scalar zero has no inverse")
    inverse = buffer.raw
    inverses = []
    for item, product in zip(reversed(items), reversed(products[:-1]), strict=True):
        inverses.append(scalar_multiply(inverse, product))
        inverse = scalar_multiply(inverse, item)
    return b"".join(reversed(inverses))


def hash_inputs(dst: bytes, inputs: Sequence[bytes]) -> bytes:
    """Hash each input to an element under the tag `dst`; 32 * n bytes."""
    return hash_to_group(b"".join(expand_64(item, dst) for item in inputs))


def blind_inputs(dst: bytes, inputs: Sequence[bytes], blinds: bytes) -> bytes:
    """Blind additively: H(x) + r * G for each input x and blind r.

    Raises:
        InvalidElementError: an input hashes to the identity.
    """
    hashed = multiply(_ONE, hash_inputs(dst, inputs))
    return add(hashed, multiply_base(blinds))


def unblind(public_key: bytes, blinds: bytes, elements: bytes) -> bytes:
    """Return Z - r * pk for each blind r and element Z.

    Raises:
        InvalidElementError: an element or the key is not canonical, not on the group, or the identity.
    """
    negative = b"".join(scalar_subtract(_IDENTITY, blind) for blind in _items(blinds))
    return add(multiply(_ONE, elements), multiply_each(negative, public_key * (len(blinds) // 32)))


def evaluate_inputs(dst: bytes, scalar: bytes, inputs: Sequence[bytes]) -> bytes:
    """Hash each input to an element and multiply it by one nonzero scalar.

    Raises:
        InvalidElementError: an input hashes to the identity.
    """
    return multiply(scalar, hash_inputs(dst, inputs))


def finalize_each(inputs: Sequence[bytes], elements: bytes) -> bytes:
    """Return the hash at the end of Finalize (RFC 9497 §3.3.1) of each input and element; 64 * n bytes."""
    pairs = zip(inputs, _items(elements), strict=True)
    return b"".join(
        sha512(len(item).to_bytes(2, "big") + item + b"\x00\x20" + element + b"Finalize").digest()
        for item, element in pairs
    )
