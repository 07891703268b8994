"""What may be shown about a match: contacts, sealed under keys that only a match gives (psimatch-1 §8.3)."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from psimatch.contact import check_contact, disarm
from psimatch.digest import length_prefixed
from psimatch.errors import ContactError
from psimatch.kernel.wiping import wipe
from psimatch.parameters import Label, Role

SEAL_BYTES: Final = 16
# Each key seals one contact, so the nonce may be fixed.
_NONCE: Final = bytes(12)
_LABELS: Final = {Role.SERVER: Label.CONTACT_TO_SERVER, Role.CLIENT: Label.CONTACT_TO_CLIENT}


def sealed_contact_size(contact_size: int) -> int:
    """Return the bytes of a sealed contact; none where the agreement has no contacts."""
    return contact_size + SEAL_BYTES if contact_size else 0


def _key(secret: bytes | memoryview, session_id: bytes, receiver: Role) -> bytes:
    info = length_prefixed(_LABELS[receiver]) + session_id
    return HKDFExpand(SHA512(), 32, info).derive(secret)


def seal_contact(
    contact: str, contact_size: int, secret: bytes | memoryview, session_id: bytes, receiver: Role
) -> bytes:
    """Seal a contact for the peer of a match; `contact_size` + 16 bytes, or none if that is 0.

    Raises:
        FieldError: the contact is too long or has characters that it can't hold.
    """
    # §8.3
    if not contact_size:
        return b""
    check_contact(contact, contact_size)
    key = _key(secret, session_id, receiver)
    try:
        return ChaCha20Poly1305(key).encrypt(_NONCE, contact.encode().ljust(contact_size, b"\0"), None)
    finally:
        wipe(key)


def open_contact(sealed: bytes, secret: bytes | memoryview, session_id: bytes, receiver: Role) -> str:
    """Open the peer's contact and make it safe to show.

    Raises:
        ContactError: it can't be opened, or is not text.
    """
    # §8.3
    if not sealed:
        return ""
    key = _key(secret, session_id, receiver)
    try:
        plaintext = ChaCha20Poly1305(key).decrypt(_NONCE, sealed, None)
        return disarm(plaintext.rstrip(b"\0").decode())
    except (InvalidTag, UnicodeDecodeError):
        raise ContactError("a contact of the peer can't be opened, or is not text") from None
    finally:
        wipe(key)
