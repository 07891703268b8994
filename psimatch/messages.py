"""One frozen class for each message; having one means that its own shape is right (psimatch-1 §5.2).

What a message may hold at its place in a session (counts, order, proofs) is for the session to check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from psimatch.digest import DIGEST_BYTES, NO_DIGEST
from psimatch.errors import AbortCode, CountError, MessageFormatError
from psimatch.parameters import LIMITS
from psimatch.sealing import SEALING_KEY_BYTES

NONCE_BYTES: Final = 32
ELEMENT_BYTES: Final = 32
TAG_BYTES: Final = 16
CLAIM_BYTES: Final = 16


def _exactly(name: str, value: object, size: int) -> None:
    if not isinstance(value, bytes) or len(value) != size:
        raise MessageFormatError(f"the {name} of a message is not {size} bytes")


def _packed(name: str, value: object, size: int) -> None:
    if not isinstance(value, bytes):
        raise MessageFormatError(f"the {name} of a message are not bytes")
    if len(value) % size:
        raise CountError(f"the {name} of a message are not a multiple of {size} bytes")


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise MessageFormatError(f"the {name} of a message is not a boolean")


def _root(value: object) -> None:
    if value != b"":
        _exactly("audit root", value, DIGEST_BYTES)


def _number(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MessageFormatError(f"the {name} of a message is not a number from {low} to {high}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a party tells its peer of its own ledger.

    `sessions` counts those that it opened with the peer, this one included; `charged` the evaluations that it charged
    the peer for; `last_receipt` (32 bytes) is the digest of the last one that both have signed, or zero.
    """

    # §11.3
    sessions: int
    charged: int
    last_receipt: bytes = NO_DIGEST

    @property
    def fields(self) -> tuple[bytes, bytes, bytes]:
        """The fields of a message that carry it: 8, 8 and 32 bytes."""
        return self.sessions.to_bytes(8, "big"), self.charged.to_bytes(8, "big"), self.last_receipt


class _Opening:
    """What Hello and ServerHello have in common."""

    __slots__ = ()

    sessions: bytes
    charged: bytes
    last_receipt: bytes

    def _check_standing(self) -> None:
        _exactly("number of sessions", self.sessions, 8)
        _exactly("number of charges", self.charged, 8)
        _exactly("last receipt", self.last_receipt, DIGEST_BYTES)
        # A ledger's entries have no larger numbers (§11.2).
        _number("number of sessions", int.from_bytes(self.sessions, "big"), 1, 2**53 - 1)
        _number("number of charges", int.from_bytes(self.charged, "big"), 0, 2**53 - 1)

    @property
    def standing(self) -> Standing:
        """The sender's standing."""
        return Standing(int.from_bytes(self.sessions, "big"), int.from_bytes(self.charged, "big"), self.last_receipt)


@dataclass(frozen=True, slots=True)
class Hello(_Opening):
    """The client opens a session: nonce (32), ephemeral sealing key (1,216), its padded set size, its standing."""

    nonce: bytes
    ephemeral_key: bytes = field(repr=False)
    set_size: int
    sessions: bytes
    charged: bytes
    last_receipt: bytes

    def __post_init__(self) -> None:
        self._check_standing()
        _exactly("nonce", self.nonce, NONCE_BYTES)
        _exactly("ephemeral key", self.ephemeral_key, SEALING_KEY_BYTES)
        _number("set size", self.set_size, 1, 2**32 - 1)


@dataclass(frozen=True, slots=True)
class ServerHello(_Opening):
    """The server answers: nonce (32), ephemeral sealing key (1,216), session public key (32), set size, standing.

    `root` (32) commits to its rows where the agreement names an auditor; else it is empty.
    """

    nonce: bytes
    ephemeral_key: bytes = field(repr=False)
    public_key: bytes
    set_size: int
    sessions: bytes
    charged: bytes
    last_receipt: bytes
    root: bytes = b""

    def __post_init__(self) -> None:
        self._check_standing()
        _exactly("nonce", self.nonce, NONCE_BYTES)
        _exactly("ephemeral key", self.ephemeral_key, SEALING_KEY_BYTES)
        _exactly("session public key", self.public_key, ELEMENT_BYTES)
        _number("set size", self.set_size, 1, 2**32 - 1)
        _root(self.root)


@dataclass(frozen=True, slots=True)
class Tags:
    """A chunk of the server's tags, 16 bytes each, sorted."""

    last: bool
    tags: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _flag("last", self.last)
        _packed("tags", self.tags, TAG_BYTES)


@dataclass(frozen=True, slots=True)
class Blinded:
    """A chunk of blinded elements, 32 bytes each, and the commitment (32) to the chunks that follow.

    In the first chunk `root` (32) commits to the client's rows where the agreement names an auditor; else it is empty.
    """

    rest: bytes
    elements: bytes = field(repr=False)
    root: bytes = b""

    def __post_init__(self) -> None:
        _exactly("rest", self.rest, 32)
        _root(self.root)
        _packed("elements", self.elements, ELEMENT_BYTES)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The evaluated elements of one chunk, 32 bytes each, and their proof (64)."""

    elements: bytes = field(repr=False)
    proof: bytes

    def __post_init__(self) -> None:
        _packed("elements", self.elements, ELEMENT_BYTES)
        if not isinstance(self.proof, bytes):
            raise MessageFormatError("the proof of a message is not bytes")


@dataclass(frozen=True, slots=True)
class Claims:
    """A chunk of claims, 16 bytes each, sorted, and as many sealed contacts, packed."""

    last: bool
    claims: bytes = field(repr=False)
    contacts: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _flag("last", self.last)
        _packed("claims", self.claims, CLAIM_BYTES)
        _packed("contacts", self.contacts, 1)


@dataclass(frozen=True, slots=True)
class Contacts:
    """The sealed contacts for one chunk of claims, packed, and how many there are."""

    count: int
    contacts: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _number("count", self.count, 0, LIMITS.chunk_items)
        _packed("contacts", self.contacts, 1)


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """The head (32) of the server's ledger, for the receipt."""

    head: bytes

    def __post_init__(self) -> None:
        _exactly("ledger head", self.head, DIGEST_BYTES)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What happened in the session, canonically encoded, and the sender's signature (64) over it."""

    body: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _packed("body", self.body, 1)
        _exactly("signature", self.signature, 64)


@dataclass(frozen=True, slots=True)
class Abort:
    """The sender ends the session, and says why."""

    code: AbortCode

    def __post_init__(self) -> None:
        _number("code", self.code, 1, 255)
        try:
            object.__setattr__(self, "code", AbortCode(self.code))
        except ValueError:
            raise MessageFormatError("the code of an Abort does not exist") from None


Message = Hello | ServerHello | Tags | Blinded | Evaluated | Claims | Contacts | Receipt | Abort | LedgerHead
