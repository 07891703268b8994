"""Every error that psimatch raises: one root, and who is to blame shows in the class.

No message holds an identifier, a key or a tag. A message may name a row, a field or a count.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class AbortCode(IntEnum):
    """The reason that an Abort carries to the peer (psimatch-1 §9.2)."""

    FAILED = 1
    CANCELLED = 2
    VERSION = 3
    ROLE = 4
    ENVELOPE = 5
    IDENTITY = 6
    AGREEMENT = 7
    MESSAGE = 8
    SET_SIZE = 9
    ELEMENT = 10
    TAGS = 11
    BUDGET = 12
    WITHDRAWN = 13
    STANDING = 14


class PsimatchError(Exception):
    """The root of all errors of psimatch; `hint` says what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


# What the user gave: a list, a file, an option.


class InputError(PsimatchError):
    """A file or a value of this party's own can't be used."""


class FieldError(InputError):
    """One field of one flag can't be read as its kind; names the field, the problem and the remedy."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}", hint=remedy)
        self.field = field
        self.problem = problem
        self.remedy = remedy


class FlagFileError(InputError):
    """A list of flags can't be read as a whole: encoding, header, separator."""


class InvalidRowsError(InputError):
    """A list of flags has rows that can't be used."""


class SuppressionError(InputError):
    """A suppression list is not understood, or can't be honoured; `problems` has a line for each thing of it."""

    def __init__(self, message: str, *, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class TooManyItemsError(InputError):
    """This party's list has more distinct identifiers than the agreement allows."""


class OutputError(InputError):
    """An output file exists already or can't be written."""


class AuditFileError(InputError):
    """An audit file, or what belongs to it, can't be read, or belongs to another session."""


class UnsupportedError(InputError):
    """This computer lacks what psimatch needs: a newer library, an algorithm, a kernel, memory."""


class IdentityError(PsimatchError):
    """An identity file can't be read, or is not the one that is meant."""


class PassphraseError(IdentityError):
    """The passphrase of an identity is missing or wrong."""


class FingerprintError(IdentityError):
    """What a person read is not what the fingerprint of the party in the agreement has at that place."""


class AgreementError(PsimatchError):
    """An agreement can't be used."""


class AgreementFormatError(AgreementError):
    """An agreement has a missing, unknown or malformed field."""


class AgreementChangedError(AgreementError):
    """A signature does not belong to these terms: they changed after it was made."""


class AgreementUnsignedError(AgreementError):
    """A party has not signed the agreement."""


class AgreementNotInForceError(AgreementError):
    """Today is before the first or after the last day of the agreement."""


class NotAPartyError(AgreementError):
    """An identity is not the one that the agreement names for its role."""


# What the ledger can't do, or does not allow.


class LedgerError(PsimatchError):
    """The ledger can't be used: missing, locked, full, read-only, damaged, or another party's."""


class LedgerCorruptError(LedgerError):
    """An entry of the ledger is not what was written; the message names it."""


class ReceiptsError(PsimatchError):
    """A peer's file of receipts and the own ledger contradict each other, or the file can't be used."""


class RefusedError(PsimatchError):
    """This side's ledger does not allow the session; `code` is what the Abort tells the peer."""

    code: ClassVar[AbortCode]


class BudgetError(RefusedError):
    """The session would exceed what the agreement allows the peer."""

    code = AbortCode.BUDGET


class AgreementWithdrawnError(RefusedError):
    """One of the parties has withdrawn the agreement."""

    code = AbortCode.WITHDRAWN


class StandingError(RefusedError):
    """The own ledger and what the peer says of its ledger don't fit: one was lost, replaced or put back."""

    code = AbortCode.STANDING


class HelloReplayedError(RefusedError):
    """The peer's Hello was admitted before."""

    code = AbortCode.ENVELOPE


# What moves the bytes.


class TransportError(PsimatchError):
    """The connection failed."""


class TransportTimeoutError(TransportError):
    """The peer did not come, or did not answer, in time."""


class PeerGoneError(TransportError):
    """The peer closed the connection before the session ended."""


class NotPsimatchError(TransportError):
    """What connected does not speak psimatch."""


# What the protocol refuses.


class ProtocolError(PsimatchError):
    """A step was taken that the protocol does not allow; see the two subclasses for whose."""


class LocalProtocolError(ProtocolError):
    """This program used the library in a way that the protocol does not allow."""


class BatchTooLargeError(LocalProtocolError):
    """More elements under one proof of RFC 9497 than are safe (decision 2)."""


class InvalidInputError(LocalProtocolError):
    """A PRF input that RFC 9497 does not allow: over 65,535 bytes, or one that hashes to the identity."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what the protocol does not allow; `code` is what the Abort tells it."""

    code: ClassVar[AbortCode] = AbortCode.MESSAGE


class VersionError(RemoteProtocolError):
    """The peer speaks another version of the protocol."""

    code = AbortCode.VERSION


class RoleError(RemoteProtocolError):
    """Both sides run in the same role."""

    code = AbortCode.ROLE


class EnvelopeError(RemoteProtocolError):
    """An envelope is not the next one of this session."""

    code = AbortCode.ENVELOPE


class EnvelopeTruncatedError(EnvelopeError):
    """An envelope is shorter or longer than it declares, or than any can be."""


class EnvelopeCorruptedError(EnvelopeError):
    """An envelope can't be opened: damaged, or sealed to another key."""


class EnvelopeReplayedError(EnvelopeError):
    """An envelope was received before."""


class EnvelopeOutOfOrderError(EnvelopeError):
    """An envelope came before its turn, or one is missing."""


class EnvelopeReflectedError(EnvelopeError):
    """This side's own envelope came back."""


class OtherSessionError(EnvelopeError):
    """An envelope belongs to another session."""


class FrameTooLongError(EnvelopeError):
    """A frame is longer than the agreement allows any message to be."""


class PeerIdentityError(RemoteProtocolError):
    """A message is not signed by the party that the agreement names, or not for this place in the session."""

    code = AbortCode.IDENTITY


class AgreementMismatchError(RemoteProtocolError):
    """The peer runs another agreement."""

    code = AbortCode.AGREEMENT


class MessageFormatError(RemoteProtocolError):
    """A message is not the canonical encoding of anything."""


class UnexpectedMessageError(RemoteProtocolError):
    """A message came in a state that does not allow it."""


class CountError(RemoteProtocolError):
    """A message holds fewer or more items than its place in the session calls for."""


class SetSizeError(RemoteProtocolError):
    """The peer declared a set size that is not a bucket of the agreement."""

    code = AbortCode.SET_SIZE


class PeerTooManyItemsError(SetSizeError):
    """The peer declared more identifiers than the agreement allows."""


class InvalidElementError(RemoteProtocolError):
    """An element is not canonical, not on the group, or the identity."""

    code = AbortCode.ELEMENT


class ProofError(RemoteProtocolError):
    """A proof is missing or wrong: the server did not evaluate with its one public key."""

    code = AbortCode.ELEMENT


class CommitmentError(RemoteProtocolError):
    """A chunk of blinded elements is not the one that the first Blinded committed to."""


class TagOrderError(RemoteProtocolError):
    """The server's tags are not sorted, or one is repeated."""

    code = AbortCode.TAGS


class RepeatedClaimError(RemoteProtocolError):
    """A claim is repeated, or the claims are not sorted."""


class UnknownClaimError(RemoteProtocolError):
    """A claim belongs to none of the server's tags."""


class ContactError(RemoteProtocolError):
    """A contact can't be opened, or holds what a contact can't hold."""


class ContactCountError(RemoteProtocolError):
    """There are fewer or more contacts than claims."""


class ReceiptError(RemoteProtocolError):
    """The peer's receipt says something else than what happened in this session."""


class PeerAbortedError(RemoteProtocolError):
    """The peer ended the session; `reason` is the code that it gave."""

    def __init__(self, message: str, reason: AbortCode, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
