"""From an identifier to the PRF input, and from the PRF output to its parts (psimatch-1 §4)."""

from __future__ import annotations

from typing import Final

from psimatch.digest import length_prefixed
from psimatch.identifiers import Identifier
from psimatch.oprf import ServerKey, derive_key_pair
from psimatch.parameters import Label

OUTPUT_BYTES: Final = 64
TAG: Final = slice(0, 16)
CLAIM: Final = slice(16, 32)
MATCH_SECRET: Final = slice(32, 64)


def input_prefix(agreement_id: bytes, session_id: bytes) -> bytes:
    """Return what a PRF input begins with: it binds to this agreement and session."""
    # §4.1
    return length_prefixed(Label.PRF_INPUT, agreement_id, session_id)


def head_of(kind: str, version: int) -> bytes:
    """Return what stands in a PRF input between the prefix and the value with its length."""
    return length_prefixed(kind.encode(), bytes([version]))


def encoded(identifier: Identifier) -> bytes:
    """Return what follows the prefix in the PRF input of an identifier."""
    return head_of(identifier.kind, identifier.version) + length_prefixed(identifier.value)


def decoded(packed: bytes) -> Identifier:
    """Return the identifier that `encoded` packed."""
    kind_end = 4 + int.from_bytes(packed[:4], "big")
    # Behind the kind: the length of the version (4 bytes), the version, the length of the value (4), the value.
    return Identifier(packed[4:kind_end].decode(), packed[kind_end + 4], packed[kind_end + 9 :])


def server_key(seed: bytes, agreement_id: bytes, session_id: bytes) -> ServerKey:
    """Return the key of one session, made from its seed of 32 random bytes."""
    # §4.2
    return derive_key_pair(seed, length_prefixed(Label.SERVER_KEY) + agreement_id + session_id)


def chunk_context(session_id: bytes, number: int) -> bytes:
    """Return what the proof of a chunk is bound to."""
    # §4.4
    return session_id + number.to_bytes(4, "big")
