"""A party's keys: the secret identity, and the public one that its peer holds (psimatch-1 §2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import nacl.exceptions
import nacl.signing
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from psimatch import crockford, randomness
from psimatch.digest import digest
from psimatch.errors import IdentityError
from psimatch.parameters import LIMITS, Label
from psimatch.sealing import SEALING_SECRET_BYTES, SealingKey, check_sealing_key

SEED_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
FINGERPRINT_BYTES: Final = 32


class WrongSignatureError(Exception):
    """A signature does not belong to this key and these bytes."""


def check_name(name: str) -> None:
    """Check that a party's name has 1 to 200 printable characters on one line.

    Raises:
        IdentityError: it has not.
    """
    if not 1 <= len(name) <= LIMITS.name_characters or not name.isprintable() or name != name.strip():
        raise IdentityError(
            f"a party's name has 1 to {LIMITS.name_characters} printable characters, without spaces around it",
            hint='give a name such as --name "Jeugdzorg Noord"',
        )


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """What a peer may hold of a party: its name, signing key (32 bytes) and sealing key (1,216 bytes).

    The name is not part of the fingerprint. The agreement, which both parties sign, binds the two.
    """

    name: str
    signing_key: bytes
    sealing_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        try:
            nacl.signing.VerifyKey(self.signing_key)
            check_sealing_key(self.sealing_key)
        except (ValueError, TypeError, nacl.exceptions.CryptoError) as error:
            raise IdentityError(
                "a key of the public identity is malformed", hint="ask the party to send its .public file again"
            ) from error

    @property
    def fingerprint(self) -> bytes:
        """The 32 bytes that stand for both keys."""
        # §2.2 step 4
        return digest(Label.FINGERPRINT, self.signing_key, self.sealing_key)

    @property
    def fingerprint_text(self) -> str:
        """The fingerprint in 13 groups of four, to read out."""
        return crockford.encode(self.fingerprint)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check an Ed25519 signature (64 bytes).

        Raises:
            WrongSignatureError: it does not belong to this key and message.
        """
        try:
            nacl.signing.VerifyKey(self.signing_key).verify(message, signature)
        except (nacl.exceptions.CryptoError, ValueError) as error:
            raise WrongSignatureError from error


@dataclass(frozen=True, slots=True)
class Identity:
    """A party's secret keys; `public` is what to give to the peer."""

    public: PublicIdentity
    seed: bytes = field(repr=False)
    sealing_key: SealingKey = field(repr=False)
    _signing_key: nacl.signing.SigningKey = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> Identity:
        """Return a new identity from the operating system's randomness.

        Raises:
            IdentityError: the name is empty, too long, or not printable.
        """
        return cls.from_seed(name, randomness.random_bytes(SEED_BYTES))

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Identity:
        """Return the identity that belongs to a secret seed of 32 bytes.

        Raises:
            IdentityError: the name is not a name, or the seed is not 32 bytes.
        """
        if len(seed) != SEED_BYTES:
            raise IdentityError(f"the seed of an identity is {SEED_BYTES} bytes")
        # §2.2 step 1
        derived = HKDF(SHA512(), SEED_BYTES + SEALING_SECRET_BYTES, salt=None, info=Label.IDENTITY_SEED).derive(seed)
        # §2.2 step 2
        signing_key = nacl.signing.SigningKey(derived[:SEED_BYTES])
        sealing_key = SealingKey.from_secret(derived[SEED_BYTES:])
        public = PublicIdentity(name, signing_key.verify_key.encode(), sealing_key.public_key)
        return cls(public, seed, sealing_key, signing_key)

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of the message; 64 bytes."""
        return self._signing_key.sign(message).signature
