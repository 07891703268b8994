"""Sealing keys and HPKE: ML-KEM-768 with X25519, HKDF-SHA256, ChaCha20-Poly1305 (psimatch-1 §6.1)."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cryptography
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from psimatch import randomness
from psimatch.errors import UnsupportedError
from psimatch.kernel.wiping import wipe

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite

MLKEM_SEED_BYTES: Final = 64
MLKEM_KEY_BYTES: Final = 1_184
SEALING_SECRET_BYTES: Final = 96
SEALING_KEY_BYTES: Final = 1_216
# The encapsulated key (1,088 + 32) and the authentication tag.
SEAL_OVERHEAD: Final = 1_120 + 16

# The first version of the library with this KEM; pyproject.toml names it too.
_LIBRARY_NEEDED: Final = 48


class CannotOpenError(Exception):
    """What was sealed is damaged, or sealed to another key, or under another header."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A secret sealing key; `public_key` is 1,216 bytes: ML-KEM-768 encapsulation key, X25519 public key."""

    _private: MLKEM768X25519PrivateKey = field(repr=False)
    public_key: bytes

    @classmethod
    def from_secret(cls, secret: bytes) -> SealingKey:
        """Return the key that belongs to 96 secret bytes: ML-KEM seed (64), X25519 scalar (32).

        Raises:
            UnsupportedError: the library on this computer has no ML-KEM.
        """
        # §2.2 step 3
        _suite()
        from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
        from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

        mlkem_seed, x25519_scalar = secret[:MLKEM_SEED_BYTES], secret[MLKEM_SEED_BYTES:]
        mlkem = MLKEM768PrivateKey.from_seed_bytes(mlkem_seed)
        x25519 = X25519PrivateKey.from_private_bytes(x25519_scalar)
        wipe(mlkem_seed, x25519_scalar)
        public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return cls(MLKEM768X25519PrivateKey(mlkem, x25519), public)

    @classmethod
    def generate(cls) -> SealingKey:
        """Return a fresh key from the operating system's randomness."""
        secret = randomness.random_bytes(SEALING_SECRET_BYTES)
        try:
            return cls.from_secret(secret)
        finally:
            wipe(secret)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Open what `seal` sealed to this key's public key.

        Raises:
            CannotOpenError: damaged, sealed to another key, or with another `info`.
        """
        try:
            return _suite().decrypt(sealed, self._private, info=info)
        except (InvalidTag, ValueError) as error:
            raise CannotOpenError from error


def seal(plaintext: bytes, public_key: bytes, info: bytes) -> bytes:
    """Seal to a public key (1,216 bytes); the result is 1,136 bytes longer than the plaintext.

    Raises:
        ValueError: not a public key.
        UnsupportedError: the library on this computer has no ML-KEM.
    """
    return _suite().encrypt(plaintext, _public(public_key), info=info)


def check_sealing_key(public_key: bytes) -> None:
    """Check that these bytes are a sealing public key that something can be sealed to.

    Raises:
        ValueError: they are not.
        UnsupportedError: the library on this computer has no ML-KEM.
    """
    # Encapsulation is what refuses the X25519 points of low order.
    seal(b"", public_key, b"")


def _public(public_key: bytes) -> MLKEM768X25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
    from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

    if len(public_key) != SEALING_KEY_BYTES:
        raise ValueError(f"a sealing key is {SEALING_KEY_BYTES} bytes")
    mlkem = MLKEM768PublicKey.from_public_bytes(public_key[:MLKEM_KEY_BYTES])
    x25519 = X25519PublicKey.from_public_bytes(public_key[MLKEM_KEY_BYTES:])
    return MLKEM768X25519PublicKey(mlkem, x25519)


@functools.cache
def _suite() -> Suite:
    """Return the suite, loaded when it is first needed: a library that lacks it is then told of in words.

    Raises:
        UnsupportedError: the library is too old, or was built without ML-KEM.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
        from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

        # Here a failure can only be the library's: no party's key takes part yet.
        mlkem = MLKEM768PrivateKey.from_seed_bytes(bytes(MLKEM_SEED_BYTES))
        MLKEM768X25519PrivateKey(mlkem, X25519PrivateKey.from_private_bytes(bytes(32)))
        return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    except (ImportError, AttributeError, UnsupportedAlgorithm, ValueError):
        found = cryptography.__version__
    too_old = not found.partition(".")[0].isdigit() or int(found.partition(".")[0]) < _LIBRARY_NEEDED
    if too_old:
        raise UnsupportedError(
            f"the Python package cryptography {found} is too old: psimatch needs {_LIBRARY_NEEDED} or later",
            hint=f"install it: pip install 'cryptography>={_LIBRARY_NEEDED}'",
        )
    raise UnsupportedError(
        f"the Python package cryptography {found} on this computer has no ML-KEM-768 or no X25519",
        hint="its OpenSSL is too old, or restricted by a policy: install the package as PyPI has it",
    )
