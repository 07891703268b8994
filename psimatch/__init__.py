"""psimatch: find what two parties both flag, and reveal nothing about anything else.

    raw value -> Identifier -> element -> blinded element -> message -> envelope
              -> evaluated element + proof -> tag -> match -> disclosure

A newcomer finds each step under its name: `identifiers`, `oprf` (RFC 9497), `messages` and `wire`, `envelope`,
`states`, `matching`, `disclosure`, and `client` and `server` that put them together. This package is the safe door;
`psimatch.oprf` is the sharp one. The protocol is in `protocol_spec/psimatch-1.md`.
"""

from __future__ import annotations

from psimatch.agreement import (
    Agreement,
    Party,
    Reveal,
    Terms,
    kinds_from_names,
    read_day,
)
from psimatch.agreement_files import (
    append_signatures,
    find_public,
    new_agreement_file,
    read_agreement_file,
)
from psimatch.agreement_text import (
    read_agreement,
    write_agreement,
)
from psimatch.client import (
    ClientSession,
)
from psimatch.contact import (
    check_contact,
    disarm,
)
from psimatch.drive import (
    ConnectionRefused,
    run_connecting,
    run_listening,
    run_session,
)
from psimatch.errors import (
    AbortCode,
    AgreementChangedError,
    AgreementError,
    AgreementFormatError,
    AgreementMismatchError,
    AgreementNotInForceError,
    AgreementUnsignedError,
    BatchTooLargeError,
    CommitmentError,
    ContactCountError,
    ContactError,
    CountError,
    EnvelopeCorruptedError,
    EnvelopeError,
    EnvelopeOutOfOrderError,
    EnvelopeReflectedError,
    EnvelopeReplayedError,
    EnvelopeTruncatedError,
    FieldError,
    FlagFileError,
    FrameTooLongError,
    IdentityError,
    InputError,
    InvalidElementError,
    InvalidInputError,
    InvalidRowsError,
    LocalProtocolError,
    MessageFormatError,
    NotAPartyError,
    NotPsimatchError,
    OtherSessionError,
    OutputError,
    PassphraseError,
    PeerAbortedError,
    PeerGoneError,
    PeerIdentityError,
    PeerTooManyItemsError,
    ProofError,
    ProtocolError,
    PsimatchError,
    ReceiptError,
    RemoteProtocolError,
    RepeatedClaimError,
    RoleError,
    SetSizeError,
    TagOrderError,
    TooManyItemsError,
    TransportError,
    TransportTimeoutError,
    UnexpectedMessageError,
    UnknownClaimError,
    VersionError,
)
from psimatch.flag_files import (
    read_flags,
)
from psimatch.flags import (
    Duplicates,
    Flag,
    FlagList,
    InvalidRow,
)
from psimatch.identifiers import (
    KINDS,
    Field,
    Identifier,
    Kind,
    kind_named,
    nl_address,
    nl_bsn,
    text,
)
from psimatch.identity import (
    Identity,
    PublicIdentity,
)
from psimatch.identity_files import (
    read_identity,
    read_public,
    read_public_part,
    write_identity,
    write_public,
)
from psimatch.interrupts import (
    HeldInterrupt,
)
from psimatch.match_files import (
    write_matches,
    write_skipped,
)
from psimatch.matching import (
    Match,
)
from psimatch.outputs import (
    Charge,
    ChargeNeeded,
    Finished,
    Output,
    Progress,
    Send,
    SessionResult,
)
from psimatch.parameters import (
    LIMITS,
    PROTOCOL_VERSION,
    Limits,
    Role,
)
from psimatch.private_file import (
    write_private,
)
from psimatch.receipt import (
    Receipt,
)
from psimatch.server import (
    ServerSession,
)
from psimatch.session import (
    Session,
)
from psimatch.states import (
    State,
)
from psimatch.timing import (
    MatchEstimate,
    OperationTimes,
    kernel_name,
    kernel_names,
    measure_operations,
)
from psimatch.transports import (
    Deadline,
    Incoming,
    MemoryTransport,
    TcpListener,
    TcpTransport,
    Timeouts,
    Transport,
    connect_tcp,
    format_address,
    memory_pair,
    parse_address,
)

__version__ = "0.1.0"

__all__ = [
    "AbortCode",
    "Agreement",
    "AgreementChangedError",
    "AgreementError",
    "AgreementFormatError",
    "AgreementMismatchError",
    "AgreementNotInForceError",
    "AgreementUnsignedError",
    "BatchTooLargeError",
    "Charge",
    "ChargeNeeded",
    "ClientSession",
    "CommitmentError",
    "ConnectionRefused",
    "ContactCountError",
    "ContactError",
    "CountError",
    "Deadline",
    "Duplicates",
    "EnvelopeCorruptedError",
    "EnvelopeError",
    "EnvelopeOutOfOrderError",
    "EnvelopeReflectedError",
    "EnvelopeReplayedError",
    "EnvelopeTruncatedError",
    "Field",
    "FieldError",
    "Finished",
    "Flag",
    "FlagFileError",
    "FlagList",
    "FrameTooLongError",
    "HeldInterrupt",
    "Identifier",
    "Identity",
    "IdentityError",
    "Incoming",
    "InputError",
    "InvalidElementError",
    "InvalidInputError",
    "InvalidRow",
    "InvalidRowsError",
    "KINDS",
    "Kind",
    "LIMITS",
    "Limits",
    "LocalProtocolError",
    "Match",
    "MatchEstimate",
    "MemoryTransport",
    "MessageFormatError",
    "NotAPartyError",
    "NotPsimatchError",
    "OperationTimes",
    "OtherSessionError",
    "Output",
    "OutputError",
    "PROTOCOL_VERSION",
    "Party",
    "PassphraseError",
    "PeerAbortedError",
    "PeerGoneError",
    "PeerIdentityError",
    "PeerTooManyItemsError",
    "Progress",
    "ProofError",
    "ProtocolError",
    "PsimatchError",
    "PublicIdentity",
    "Receipt",
    "ReceiptError",
    "RemoteProtocolError",
    "RepeatedClaimError",
    "Reveal",
    "Role",
    "RoleError",
    "Send",
    "ServerSession",
    "Session",
    "SessionResult",
    "SetSizeError",
    "State",
    "TagOrderError",
    "TcpListener",
    "TcpTransport",
    "Terms",
    "Timeouts",
    "TooManyItemsError",
    "Transport",
    "TransportError",
    "TransportTimeoutError",
    "UnexpectedMessageError",
    "UnknownClaimError",
    "VersionError",
    "append_signatures",
    "check_contact",
    "connect_tcp",
    "disarm",
    "find_public",
    "format_address",
    "kernel_name",
    "kernel_names",
    "kind_named",
    "kinds_from_names",
    "measure_operations",
    "memory_pair",
    "new_agreement_file",
    "nl_address",
    "nl_bsn",
    "parse_address",
    "read_agreement",
    "read_agreement_file",
    "read_day",
    "read_flags",
    "read_identity",
    "read_public",
    "read_public_part",
    "run_connecting",
    "run_listening",
    "run_session",
    "text",
    "write_agreement",
    "write_identity",
    "write_matches",
    "write_private",
    "write_public",
    "write_skipped",
]
