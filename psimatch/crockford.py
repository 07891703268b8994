"""Crockford's base 32: what people read out over the telephone."""

from __future__ import annotations

from base64 import b32encode
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FROM_RFC_4648: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", DIGITS.encode())
# What people hear and write for digits that look or sound alike.
_READ_AS: Final = str.maketrans("OIL", "011", "- ")
GROUP: Final = 4


def encode_rows(rows: bytes, size: int) -> list[str]:
    """Write each row of `size` bytes, a multiple of five, in groups of four digits: as `encode`, but all at once."""
    digits = b32encode(rows).translate(_FROM_RFC_4648).decode()
    width = 8 * size // 5
    starts = range(0, width, GROUP)
    return [
        "-".join([digits[row + start : row + start + GROUP] for start in starts])
        for row in range(0, len(digits), width)
    ]


def encode(data: bytes, bits: int | None = None) -> str:
    """Write the first `bits` bits of `data` (a multiple of five; all by default) in groups of four digits.

    psimatch-1 §2.2. What the last digit lacks of five bits is filled up with zeros.
    """
    count = -(-8 * len(data) // 5) if bits is None else bits // 5
    digits = b32encode(data)[:count].translate(_FROM_RFC_4648).decode()
    return "-".join([digits[start : start + GROUP] for start in range(0, count, GROUP)])


def as_read(text: str) -> str:
    """Return what somebody typed as digits: capitals, without hyphens and spaces, O, I and L as what they stand for."""
    return "".join(text.upper().translate(_READ_AS).split())


def decode(text: str, size: int) -> bytes:
    """Read `size` bytes from what `encode` wrote; case, hyphens, spaces and O, I, L don't matter.

    Raises:
        ValueError: another number of digits, a digit that does not exist, or bits left over that are not zero.
    """
    digits = text.upper().translate(_READ_AS)
    spare = -8 * size % 5
    if len(digits) != (8 * size + spare) // 5:
        raise ValueError("wrong number of digits")
    number = 0
    for digit in digits:
        number = number << 5 | DIGITS.index(digit)
    if number & ((1 << spare) - 1):
        raise ValueError("the last digit does not belong there")
    return (number >> spare).to_bytes(size, "big")
