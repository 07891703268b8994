"""What a session puts out: envelopes to send, a charge to make, progress, and at the end its result."""

from __future__ import annotations

from dataclasses import dataclass, field

from psimatch.errors import AbortCode
from psimatch.matching import Match
from psimatch.messages import Standing
from psimatch.parameters import Role
from psimatch.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Send:
    """Deliver this envelope to the peer, before the next output is asked for."""

    envelope: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AdmissionNeeded:
    """The peer has opened a session: find out whether the ledger allows it, then hand an `Admission` to `grant`.

    `hello` is the digest of the Hello (32 bytes), `evaluations` the padded size of the peer's set, `own_set_size` that
    of the own set, `standing` what the peer says of its own ledger.
    """

    session_id: bytes
    hello: bytes
    evaluations: int
    own_set_size: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Admission:
    """The session may go on. `standing` is what a server tells of its own ledger; a client did so when it started."""

    needed: AdmissionNeeded
    standing: Standing


@dataclass(frozen=True, slots=True)
class ChargeNeeded:
    """Charge the peer (its fingerprint) for so many evaluations, durably, then hand a `Charge` to `grant`."""

    session_id: bytes
    party: bytes
    evaluations: int


@dataclass(frozen=True, slots=True)
class Charge:
    """The charge that was asked for is made; `ledger_head` is the head (32 bytes) of the own ledger after it."""

    needed: ChargeNeeded
    ledger_head: bytes


@dataclass(frozen=True, slots=True)
class ReceiptSigned:
    """Make this receipt durable before the next output is asked for, since that lets the signature leave.

    `matches` is None where this side learns none; `peer_signature` where the peer has not signed yet.
    """

    receipt: Receipt
    matches: int | None
    signature: bytes
    peer_signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class AuditBegun:
    """Make an audit file that begins with `header`, and a file of its own for the owner's seed (32 bytes).

    Both must be durable before the next output is asked for.
    """

    session_id: bytes
    header: bytes
    owner_seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Append this record to the audit file; it must be durable before the next output is asked for."""

    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """So many of the `total` items of a phase are done; for a person who waits."""

    phase: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What a finished session gave this side.

    `matches` is None on a server where `reveal` is `client`: it learns none. Set sizes are padded. `receipt` is what
    both parties signed, with this side's and the peer's signature over it (64 bytes each).
    """

    role: Role
    session_id: bytes
    agreement_id: bytes
    matches: tuple[Match, ...] | None = field(repr=False)
    client_set_size: int
    server_set_size: int
    receipt: Receipt
    signature: bytes
    peer_signature: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """The session is over, and both parties have signed its receipt."""

    result: SessionResult


Grant = Admission | Charge
Output = Send | AdmissionNeeded | ChargeNeeded | ReceiptSigned | AuditBegun | AuditRecord | Progress | Finished


# §9.2
ABORT_REASONS = {
    AbortCode.FAILED: "something failed after the evaluation had begun",
    AbortCode.CANCELLED: "it was cancelled there, or ran out of time",
    AbortCode.VERSION: "it speaks another version of the protocol",
    AbortCode.ROLE: "both sides run in the same role",
    AbortCode.ENVELOPE: "it could not open what it got, or got it out of order",
    AbortCode.IDENTITY: "it got a message that the agreement's party had not signed",
    AbortCode.AGREEMENT: "it runs another agreement",
    AbortCode.MESSAGE: "it got a message that is malformed, or not allowed at that point",
    AbortCode.SET_SIZE: "it does not accept the declared set size",
    AbortCode.ELEMENT: "it got an invalid element or proof",
    AbortCode.TAGS: "it got tags that are not sorted",
    AbortCode.BUDGET: "the budget of the agreement does not allow this session",
    AbortCode.WITHDRAWN: "the agreement was withdrawn",
    AbortCode.STANDING: "its ledger and yours contradict each other",
}
