"""One row of an audit file, and the two shares that open it (psimatch-1 §12.2, §12.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from psimatch import canonical
from psimatch.digest import digest, length_prefixed
from psimatch.errors import MessageFormatError
from psimatch.kernel.wiping import wipe
from psimatch.oprf import Blinding
from psimatch.parameters import Label

SALT_BYTES: Final = 32
BLIND_BYTES: Final = 32
SHARE_BYTES: Final = 32
SEAL_BYTES: Final = 16
PERSON_BYTES: Final = 4
# What stands around identifier, persons and case reference: salt, blinding, their headers, the length.
ROW_OVERHEAD: Final = 96
# Each key seals one row, so the nonce may be fixed.
_NONCE: Final = bytes(12)
_FIELDS: Final = 5


class CannotOpenRowError(Exception):
    """A row is damaged, a share is not that of this row, or what was sealed is no row."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one place: the encoded identifier, how it was blinded, whose it is, and the case reference.

    `blinding` is one byte, 1 where the blind was added and 0 where it was a factor, and the blind (32); a server has
    none. `persons` are the numbers of the persons whose token it is, ascending: on the client alone, and of tokens.
    """

    salt: bytes = field(repr=False)
    identifier: bytes = field(repr=False)
    blinding: bytes = field(repr=False)
    persons: tuple[int, ...]
    case_ref: str = field(repr=False)

    @property
    def leaf(self) -> bytes:
        """The leaf that commits to it; 32 bytes."""
        # §12.2
        persons, case_ref = self._packed_persons, self.case_ref.encode()
        return digest(Label.AUDIT_LEAF, self.salt, self.identifier, self.blinding, persons, case_ref)

    @property
    def _packed_persons(self) -> bytes:
        return b"".join(number.to_bytes(PERSON_BYTES, "big") for number in self.persons)

    def encode(self, size: int) -> bytes:
        """Return it zero-filled to `size` bytes, so that no row shows how long it is."""
        packed = canonical.encode([self.salt, self.identifier, self.blinding, self._packed_persons, self.case_ref])
        row = b"".join((len(packed).to_bytes(4, "big"), packed, bytes(size - 4 - len(packed))))
        wipe(packed)
        return row

    @classmethod
    def decode(cls, packed: bytes) -> Row:
        """Read what `encode` made.

        Raises:
            CannotOpenRowError: it made something else.
        """
        end = 4 + int.from_bytes(packed[:4], "big")
        try:
            salt, identifier, blinding, persons, case_ref = _fields(
                canonical.decode(packed[4:end], longest_array=_FIELDS)
            )
            row = cls(salt, identifier, blinding, _persons(persons), case_ref)
        except (MessageFormatError, ValueError, TypeError):
            raise CannotOpenRowError from None
        if row.encode(len(packed)) != packed:
            raise CannotOpenRowError
        return row


def _fields(value: Any) -> list[Any]:
    if not isinstance(value, list) or [type(item) for item in value] != [bytes, bytes, bytes, bytes, str]:
        raise ValueError
    if len(value[0]) != SALT_BYTES or (value[2] and (len(value[2]) != 1 + BLIND_BYTES or value[2][0] > 1)):
        raise ValueError
    return value


def _persons(packed: bytes) -> tuple[int, ...]:
    """Read numbers of persons, which ascend."""
    if len(packed) % PERSON_BYTES:
        raise ValueError
    pieces = (packed[at : at + PERSON_BYTES] for at in range(0, len(packed), PERSON_BYTES))
    numbers = tuple(int.from_bytes(piece, "big") for piece in pieces)
    if any(one >= other for one, other in pairwise(numbers)):
        raise ValueError
    return numbers


def blinding_of(blinding: Blinding | None, number: int) -> bytes:
    """Return the field `blinding` of the row that is blinded as that number of a chunk."""
    if blinding is None:
        return b""
    blind = memoryview(blinding.blinds)[BLIND_BYTES * number : BLIND_BYTES * (number + 1)]
    return b"".join((bytes([blinding.additive]), blind))


def share(seed: bytes, place: int) -> bytes:
    """Return the share of a row (32 bytes) that the holder of a seed has; the others stay secret when it is told."""
    # §12.3
    info = length_prefixed(Label.AUDIT_SHARE) + place.to_bytes(4, "big")
    return HKDFExpand(SHA512(), SHARE_BYTES, info).derive(seed)


def _cipher(shares: tuple[bytes, bytes]) -> ChaCha20Poly1305:
    one, other = (int.from_bytes(part, "big") for part in shares)
    return ChaCha20Poly1305((one ^ other).to_bytes(SHARE_BYTES, "big"))


def seal_row(plaintext: bytes, shares: tuple[bytes, bytes]) -> bytes:
    """Seal under two shares; 16 bytes longer."""
    # §12.3
    return _cipher(shares).encrypt(_NONCE, plaintext, None)


def open_row(sealed: bytes, shares: tuple[bytes, bytes]) -> bytes:
    """Open what `seal_row` sealed.

    Raises:
        CannotOpenRowError: damaged, or other shares.
    """
    # §12.3
    try:
        return _cipher(shares).decrypt(_NONCE, sealed, None)
    except InvalidTag:
        raise CannotOpenRowError from None
