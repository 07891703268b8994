"""Crockford's base 32: what people read out over the telephone."""

from __future__ import annotations

from typing import Final

DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# What people hear and write for digits that look or sound alike.
_READ_AS: Final = str.maketrans("OIL", "011", "- ")
GROUP: Final = 4


def encode(data: bytes, bits: int | None = None) -> str:
    """Write the first `bits` bits of `data` (all by default) in groups of four digits (psimatch-1 §2.2)."""
    wanted = 8 * len(data) if bits is None else bits
    count = -(-wanted // 5)
    number = int.from_bytes(data, "big") >> (8 * len(data) - wanted) << (5 * count - wanted)
    digits = "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(count)))
    return "-".join(digits[start : start + GROUP] for start in range(0, count, GROUP))


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
