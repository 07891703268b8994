"""psimatch: find what two parties both flag, and reveal nothing about anything else.

    raw value -> Identifier -> element -> blinded element -> message -> envelope
              -> evaluated element + proof -> tag -> match -> disclosure

A newcomer finds each step under its name: `identifiers`, `oprf` (RFC 9497), `messages` and `wire`, `envelope`,
`states`, `matching`, `disclosure`, and `client` and `server` that put them together. This package is the safe door;
`psimatch.oprf` is the sharp one. The protocol is in `protocol_spec/psimatch-1.md`.
"""

from __future__ import annotations

from psimatch.agreement import Agreement, Party, Reveal, Terms, kinds_from_names, read_day
from psimatch.agreement_text import read_agreement, write_agreement
from psimatch.client import ClientSession
from psimatch.contact import check_contact, disarm
from psimatch.errors import *  # noqa: F403
from psimatch.identifiers import KINDS, Identifier, Kind, kind_named, nl_address, nl_bsn, text
from psimatch.identity import Identity, PublicIdentity
from psimatch.matching import Match
from psimatch.parameters import LIMITS, PROTOCOL_VERSION, Limits, Role
from psimatch.receipt import Receipt
from psimatch.server import ServerSession
from psimatch.session import Charge, ChargeNeeded, Finished, Output, Progress, Send, Session, SessionResult
from psimatch.states import State

__version__ = "0.1.0"
