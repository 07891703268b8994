"""The numbers of psimatch, each with the reason for its value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

PROTOCOL_VERSION: Final = "psimatch/1"


class Role(Enum):
    """The protocol roles of RFC 9497: the client blinds and learns first, the server holds the key."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def peer(self) -> Role:
        """The other role."""
        return Role.SERVER if self is Role.CLIENT else Role.CLIENT


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a party may submit and on what a peer may send."""

    # 2^24, the least bucket for ten million: ten million a side hold 1.5 GB a party, and a place fits in 32 bits.
    max_items: int = 1 << 24
    # Up to this many items the bucket is `max_items` itself: a small list shows nothing of its size.
    small_bucket: int = 1_024
    # 2,048 elements are one frame of 64 KiB; the envelope's 1.3 kB are then under one byte an element.
    chunk_items: int = 2_048
    # Blinded chunks on their way before an answer: both sides compute at once, on several cores; memory stays flat.
    chunks_in_flight: int = 4
    # RFC 9497 §1.2 bounds an input by 65,535 bytes; no identifier needs a thousand.
    identifier_bytes: int = 1_024
    # A contact is whom to ring: a name, an organisation, a number.
    contact_bytes: int = 512
    # Titles, purposes, legal bases and reasons in an agreement: three lines of a screen, since who signs must see all.
    term_characters: int = 300
    # The reason for an entry of a party's own ledger: a paragraph.
    reason_characters: int = 2_000
    # A party's name: an organisation and perhaps a unit.
    name_characters: int = 200
    # One agreement names each of the kinds at most once; there are few.
    kinds: int = 16
    # A budget counts evaluations over years: 65,536 sessions of the largest sets.
    max_evaluations: int = 1 << 40
    # A session a minute or so; more is a service, not an agreement between two parties.
    sessions_per_day: int = 1_000
    # A line that breaks off before the first chunk can be tried again for a day; an idle peer can't have tags for ever.
    uncharged_sessions_per_day: int = 100
    # A week: a longer pause is a term of the agreement.
    minutes_between_sessions: int = 10_080
    # Ten years: the longest that files of matches may be kept.
    retention_days: int = 3_650
    # A case reference in an audit file: a number of a case system, perhaps with a prefix.
    case_ref_bytes: int = 200
    # A token of a person: that many different persons of one list share it only where a name stands for an unknown one.
    persons_of_token: int = 256
    # A budget above this share of a kind's values needs a reason in words.
    large_budget: float = 0.01
    # Files of flags: a row of a case system's export, and a list that fits in memory.
    row_bytes: int = 65_536
    # A row of a case system has some hundred bytes, and the whole list is held in memory.
    list_bytes: int = 512 << 24


LIMITS: Final = Limits()


class Label:
    """All domain-separation labels of psimatch/1; RFC 9497's own stand in `oprf.suite`."""

    PRF_INPUT: Final = b"psimatch/1 prf input"
    CHUNK_PROOF: Final = b"psimatch/1 chunk proof"
    SERVER_KEY: Final = b"psimatch/1 server key"
    SESSION_ID: Final = b"psimatch/1 session id"
    SEAL: Final = b"psimatch/1 seal"
    SELECTOR: Final = b"psimatch/1 selector"
    MESSAGE_SIGNATURE: Final = b"psimatch/1 message signature"
    MESSAGE_DIGEST: Final = b"psimatch/1 message digest"
    COMMITMENT: Final = b"psimatch/1 blinded commitment"
    MATCH_REFERENCE: Final = b"psimatch/1 match reference"
    CONTACT_TO_SERVER: Final = b"psimatch/1 contact to server"
    CONTACT_TO_CLIENT: Final = b"psimatch/1 contact to client"
    AGREEMENT_ID: Final = b"psimatch/1 agreement id"
    AGREEMENT_SIGNATURE: Final = b"psimatch/1 agreement signature"
    RECEIPT: Final = b"psimatch/1 receipt"
    LEDGER_ENTRY: Final = b"psimatch/1 ledger entry"
    LEDGER_ENTRY_SIGNATURE: Final = b"psimatch/1 ledger entry signature"
    RECEIPT_SIGNATURE: Final = b"psimatch/1 receipt signature"
    FINGERPRINT: Final = b"psimatch/1 fingerprint"
    IDENTITY_SEED: Final = b"psimatch/1 identity seed"
    AUDIT_LEAF: Final = b"psimatch/1 audit leaf"
    AUDIT_NODE: Final = b"psimatch/1 audit node"
    AUDIT_SHARE: Final = b"psimatch/1 audit share"
    AUDIT_SEED: Final = b"psimatch/1 audit seed"
    AUDIT_REQUEST: Final = b"psimatch/1 audit request"
    AUDIT_ANSWER: Final = b"psimatch/1 audit answer"
