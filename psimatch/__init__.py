"""psimatch: find what two parties both flag, and reveal nothing about anything else.

    raw value -> Identifier -> element -> blinded element -> message -> envelope
              -> evaluated element + proof -> tag -> match -> disclosure -> ledger

A newcomer finds each step under its name: `identifiers`, `oprf` (RFC 9497), `messages` and `wire`, `envelope`,
`states`, `matching`, `disclosure`, `ledger`, and `client` and `server` that put them together. This package is the
safe door; `psimatch.oprf` is the sharp one. The protocol is in `protocol_spec/psimatch-1.md`.
"""

from __future__ import annotations

from psimatch import audit as audit
from psimatch.agreement import (
    Agreement,
)
from psimatch.agreement_files import (
    append_signatures,
    find_auditor,
    find_public,
    new_agreement_file,
    read_agreement_file,
)
from psimatch.agreement_text import (
    read_agreement,
    write_agreement,
)
from psimatch.budget import (
    Spending,
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
    AgreementWithdrawnError,
    AuditFileError,
    BatchTooLargeError,
    BudgetError,
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
    HelloReplayedError,
    IdentityError,
    InputError,
    InvalidElementError,
    InvalidInputError,
    InvalidRowsError,
    LedgerCorruptError,
    LedgerError,
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
    ReceiptsError,
    RefusedError,
    RemoteProtocolError,
    RepeatedClaimError,
    RoleError,
    SetSizeError,
    StandingError,
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
from psimatch.ledger import (
    Ledger,
)
from psimatch.ledger_entries import (
    Entry,
)
from psimatch.ledger_view import (
    LedgerView,
    Verified,
)
from psimatch.match_files import (
    write_matches,
    write_skipped,
)
from psimatch.matching import (
    Match,
)
from psimatch.messages import (
    Standing,
)
from psimatch.outputs import (
    Admission,
    AdmissionNeeded,
    AuditBegun,
    AuditRecord,
    Charge,
    ChargeNeeded,
    Finished,
    Grant,
    Output,
    Progress,
    ReceiptSigned,
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
from psimatch.receipt_files import (
    CrossCheck,
    SignedReceipt,
    check_receipts,
    read_receipts,
    write_receipts,
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
from psimatch.terms import (
    Party,
    Reveal,
    Terms,
    kinds_from_names,
    read_day,
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
    "Admission",
    "AdmissionNeeded",
    "Agreement",
    "AgreementChangedError",
    "AgreementError",
    "AgreementFormatError",
    "AgreementMismatchError",
    "AgreementNotInForceError",
    "AgreementUnsignedError",
    "AgreementWithdrawnError",
    "AuditBegun",
    "AuditFileError",
    "AuditRecord",
    "BatchTooLargeError",
    "BudgetError",
    "Charge",
    "ChargeNeeded",
    "ClientSession",
    "CommitmentError",
    "ConnectionRefused",
    "ContactCountError",
    "ContactError",
    "CountError",
    "CrossCheck",
    "Deadline",
    "Duplicates",
    "Entry",
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
    "Grant",
    "HeldInterrupt",
    "HelloReplayedError",
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
    "Ledger",
    "LedgerCorruptError",
    "LedgerError",
    "LedgerView",
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
    "ReceiptSigned",
    "ReceiptsError",
    "RefusedError",
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
    "SignedReceipt",
    "Spending",
    "Standing",
    "StandingError",
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
    "Verified",
    "VersionError",
    "append_signatures",
    "check_contact",
    "check_receipts",
    "connect_tcp",
    "disarm",
    "find_auditor",
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
    "read_receipts",
    "run_connecting",
    "run_listening",
    "run_session",
    "text",
    "write_agreement",
    "write_identity",
    "write_matches",
    "write_private",
    "write_public",
    "write_receipts",
    "write_skipped",
]
