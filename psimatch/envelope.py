"""Sign, then seal; open, then verify; and nothing but the next envelope of this session (psimatch-1 §6)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from psimatch.digest import NO_DIGEST, digest, length_prefixed
from psimatch.errors import (
    AgreementMismatchError,
    EnvelopeCorruptedError,
    EnvelopeOutOfOrderError,
    EnvelopeReflectedError,
    EnvelopeReplayedError,
    EnvelopeTruncatedError,
    FrameTooLongError,
    LocalProtocolError,
    MessageFormatError,
    OtherSessionError,
    PeerIdentityError,
    RoleError,
    VersionError,
)
from psimatch.identity import SIGNATURE_BYTES, Identity, PublicIdentity, WrongSignatureError
from psimatch.parameters import LIMITS, Label, Role
from psimatch.sealing import SEAL_OVERHEAD, CannotOpenError, SealingKey, check_sealing_key, seal

MAGIC: Final = b"psimatch"
VERSION: Final = 1
NO_SESSION: Final = bytes(32)

_HEADER: Final = struct.Struct(">8sHBI32sI")
_DIRECTIONS: Final = {Role.CLIENT: 0, Role.SERVER: 1}
# Of the plaintext, before the message: signature, agreement id, received, message length.
_FRONT: Final = struct.Struct(f">{SIGNATURE_BYTES}s32sII")
# Type, flags, lengths and a proof around the packed items of a message.
_MESSAGE_OVERHEAD: Final = 2_048


def max_envelope_bytes(sealed_contact_bytes: int) -> int:
    """Return the length above which no envelope of the agreement can be."""
    items = LIMITS.chunk_items * max(32, 16 + sealed_contact_bytes)
    return _HEADER.size + SEAL_OVERHEAD + _FRONT.size + items + _MESSAGE_OVERHEAD


def check_ephemeral_key(key: bytes) -> None:
    """Check that something can be sealed to a peer's ephemeral key.

    Raises:
        MessageFormatError: it is no key.
    """
    # §5.2
    try:
        check_sealing_key(key)
    except ValueError:
        raise MessageFormatError("the ephemeral key of the peer is not a key") from None


@dataclass(frozen=True, slots=True)
class Header:
    """What an envelope shows in clear; 51 bytes."""

    sender: Role
    sequence: int
    session_id: bytes
    sealed_length: int

    def encode(self) -> bytes:
        """Return the 51 bytes."""
        # §6.1
        direction = _DIRECTIONS[self.sender]
        return _HEADER.pack(MAGIC, VERSION, direction, self.sequence, self.session_id, self.sealed_length)

    @classmethod
    def decode(cls, envelope: bytes) -> Header:
        """Read the header of an envelope and check its length.

        Raises:
            EnvelopeTruncatedError: too short, too long, or not an envelope at all.
            VersionError: of another version.
        """
        # §6.4
        if len(envelope) < _HEADER.size:
            raise EnvelopeTruncatedError("an envelope is shorter than its header")
        magic, version, direction, sequence, session_id, length = _HEADER.unpack_from(envelope)
        if magic != MAGIC:
            raise EnvelopeTruncatedError("what came is not an envelope")
        if version != VERSION:
            raise VersionError(
                f"the peer speaks psimatch/{version}; this program speaks psimatch/{VERSION}",
                hint="install the same version of psimatch on both sides",
            )
        if length != len(envelope) - _HEADER.size or length < SEAL_OVERHEAD + _FRONT.size:
            raise EnvelopeTruncatedError("an envelope is not as long as it declares")
        if direction not in _DIRECTIONS.values():
            raise EnvelopeCorruptedError("an envelope has no direction")
        sender = Role.CLIENT if direction == _DIRECTIONS[Role.CLIENT] else Role.SERVER
        return cls(sender, sequence, session_id, length)


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that the peer signed for this place in the session, and the session id that it named.

    `filled_length` is the message's length with the zero bytes that stood behind it.
    """

    message: bytes = field(repr=False)
    session_id: bytes
    filled_length: int


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message as its sender signed it (64 bytes), after it had accepted so many; for who checks it later."""

    sender: Role
    session_id: bytes
    received: int
    message: bytes = field(repr=False)
    signature: bytes = field(repr=False)


OnSigned = Callable[[SignedMessage], None]


class Channel:
    """One side's chain of envelopes: what it has sent, and what it has accepted."""

    def __init__(
        self,
        role: Role,
        agreement_id: bytes,
        identity: Identity,
        peer: PublicIdentity,
        limit: int,
        on_signed: OnSigned | None = None,
    ) -> None:
        self.role = role
        self.session_id = NO_SESSION
        ephemeral_key = SealingKey.generate()
        self.ephemeral_public_key = ephemeral_key.public_key
        self.peer_ephemeral_key = b""
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self._agreement_id = agreement_id
        self._identity = identity
        self._peer = peer
        self._limit = limit
        self._on_signed = on_signed
        self._ephemeral_key: SealingKey | None = ephemeral_key
        self.acknowledged = 0
        self._peer_in_session = False
        self._first_sent = b""
        self._closed = False

    @property
    def last_sent(self) -> bytes:
        """The digest of the last message sent; 32 bytes."""
        return self.sent[-1] if self.sent else NO_DIGEST

    @property
    def last_received(self) -> bytes:
        """The digest of the last message accepted; 32 bytes."""
        return self.received[-1] if self.received else NO_DIGEST

    def drop_keys(self) -> None:
        """Forget this session's keys; nothing is sealed after that."""
        self._ephemeral_key = None
        self.peer_ephemeral_key = b""
        self._closed = True

    def seal(self, message: bytes, fill_to: int = 0) -> bytes:
        """Return the next envelope, its message zero-filled to `fill_to` bytes.

        Under no session id yet it is sealed to the peer's long-term key.

        Raises:
            LocalProtocolError: the keys are dropped.
        """
        if self._closed:
            raise LocalProtocolError("the session has ended")
        session_id = self.session_id
        key = self._peer.sealing_key if session_id == NO_SESSION else self.peer_ephemeral_key
        # §6.2
        signed = self._signed(self.role, session_id, self.last_sent, len(self.received), self.last_received, message)
        signature = self._identity.sign(signed)
        front = _FRONT.pack(signature, self._agreement_id, len(self.received), len(message))
        plaintext = front + message.ljust(fill_to, b"\0")
        # §6.1
        header = Header(self.role, len(self.sent), session_id, len(plaintext) + SEAL_OVERHEAD).encode()
        envelope = header + seal(plaintext, key, length_prefixed(Label.SEAL) + header)
        self.sent.append(digest(Label.MESSAGE_DIGEST, signed))
        self._tell(SignedMessage(self.role, session_id, len(self.received), message, signature))
        self._first_sent = self._first_sent or envelope
        return envelope

    def open(self, envelope: bytes) -> Opened:
        """Accept the next envelope of the peer, or refuse it; §6.4 gives the order of the checks.

        Raises:
            EnvelopeError: a subclass says what is wrong with it.
            VersionError, RoleError, AgreementMismatchError, PeerIdentityError.
        """
        if len(envelope) > self._limit:
            raise FrameTooLongError("an envelope is longer than any message of the agreement")
        header = Header.decode(envelope)
        self._check_place(header, envelope)
        plaintext = self._unseal(header, envelope)
        signature, agreement_id, received, length = _FRONT.unpack_from(plaintext)
        message, filling = plaintext[_FRONT.size :][:length], plaintext[_FRONT.size :][length:]
        if len(message) != length or any(filling):
            raise EnvelopeCorruptedError("the inside of an envelope is not as long as it declares, or not zero-filled")
        if agreement_id != self._agreement_id:
            raise AgreementMismatchError(
                "the peer runs another agreement", hint="compare the agreement ids that psimatch agreement show prints"
            )
        signed = self._check_signature(header, received, signature, message)
        self.acknowledged = received
        self._peer_in_session = header.session_id != NO_SESSION
        self.received.append(digest(Label.MESSAGE_DIGEST, signed))
        self._tell(SignedMessage(header.sender, header.session_id, received, message, signature))
        return Opened(message, header.session_id, length + len(filling))

    def _tell(self, message: SignedMessage) -> None:
        if self._on_signed is not None:
            self._on_signed(message)

    def _check_place(self, header: Header, envelope: bytes) -> None:
        if header.sender is self.role:
            if header.session_id == NO_SESSION and header.sequence == 0 and envelope != self._first_sent:
                raise RoleError(
                    f"both sides run as {self.role.value}", hint="one side must use the identity of the other party"
                )
            raise EnvelopeReflectedError("an envelope of this side came back")
        if header.sequence != len(self.received):
            late = header.sequence < len(self.received)
            error = EnvelopeReplayedError if late else EnvelopeOutOfOrderError
            raise error(f"envelope {header.sequence} came in place of {len(self.received)}")
        # Before it knows the session id, a peer writes none; a client learns it from the ServerHello.
        unknown = self._peer_in_session if header.session_id == NO_SESSION else self.session_id != header.session_id
        learning = self.role is Role.CLIENT and self.session_id == NO_SESSION
        if unknown and not learning:
            raise OtherSessionError("an envelope belongs to another session")

    def _unseal(self, header: Header, envelope: bytes) -> bytes:
        key = self._identity.sealing_key if header.session_id == NO_SESSION else self._ephemeral_key
        try:
            if key is None:
                raise CannotOpenError
            return key.open(envelope[_HEADER.size :], length_prefixed(Label.SEAL) + envelope[: _HEADER.size])
        except CannotOpenError:
            raise EnvelopeCorruptedError(
                "an envelope can't be opened: it is damaged, or sealed to another key",
                hint="check that both sides use the .public files that the agreement names",
            ) from None

    def _check_signature(self, header: Header, received: int, signature: bytes, message: bytes) -> bytes:
        if not self.acknowledged <= received <= len(self.sent):
            raise EnvelopeOutOfOrderError("an envelope answers a message that was not sent, or an earlier one again")
        acknowledged = self.sent[received - 1] if received else NO_DIGEST
        signed = self._signed(header.sender, header.session_id, self.last_received, received, acknowledged, message)
        try:
            self._peer.verify(signed, signature)
        except WrongSignatureError:
            raise PeerIdentityError(
                "a message is not signed by the party of the agreement, or not for this place in the session",
                hint="check who is at the other end before you try again",
            ) from None
        return signed

    def _signed(
        self, sender: Role, session_id: bytes, previous: bytes, received: int, acknowledged: bytes, message: bytes
    ) -> bytes:
        own, peer = self._identity.public.fingerprint, self._peer.fingerprint
        parties = own + peer if sender is self.role else peer + own
        sequence = len(self.sent) if sender is self.role else len(self.received)
        return signed_bytes(
            Place(sender, sequence, parties, self._agreement_id, session_id), previous, received, acknowledged, message
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands: who sent it as its how-manieth, and in which session.

    `parties` are the fingerprints of sender and receiver, 64 bytes.
    """

    sender: Role
    sequence: int
    parties: bytes
    agreement_id: bytes
    session_id: bytes


def signed_bytes(place: Place, previous: bytes, received: int, acknowledged: bytes, message: bytes) -> bytes:
    """Return what the sender of a message signs.

    `previous` and `acknowledged` are the digests of the last messages sent and accepted, `received` how many it has
    accepted.
    """
    # §6.2
    position = struct.pack(">BI", _DIRECTIONS[place.sender], place.sequence)
    context = place.parties + place.agreement_id + place.session_id + position + previous
    return length_prefixed(Label.MESSAGE_SIGNATURE) + context + struct.pack(">I", received) + acknowledged + message


def session_id_of(agreement_id: bytes, hello_digest: bytes, server_nonce: bytes, server_ephemeral_key: bytes) -> bytes:
    """Return the id of the session that these begin; 32 bytes."""
    # §6.3
    return digest(Label.SESSION_ID, agreement_id, hello_digest, server_nonce, server_ephemeral_key)
