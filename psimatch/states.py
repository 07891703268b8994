"""What may follow what: the transition table as data (psimatch-1 §7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from psimatch.errors import UnexpectedMessageError
from psimatch.parameters import Role


class State(Enum):
    """Where a session is; the value is its name in the spec."""

    NEW = "new"
    AWAITING_HELLO = "awaiting Hello"
    AWAITING_SERVER_HELLO = "awaiting ServerHello"
    ADMITTING_SERVER = "admitting the server"
    AWAITING_TAGS = "awaiting Tags"
    CHARGING_TAGS = "charging for Tags"
    RECEIVING_TAGS = "receiving Tags"
    RECEIVING_EVALUATED = "receiving Evaluated"
    RECEIVING_CONTACTS = "receiving Contacts"
    ADMITTING_CLIENT = "admitting the client"
    AWAITING_BLINDED = "awaiting Blinded"
    CHARGING_BLINDED = "charging for Blinded"
    RECEIVING_BLINDED = "receiving Blinded"
    RECEIVING_CLAIMS = "receiving Claims"
    AWAITING_LEDGER_HEAD = "awaiting LedgerHead"
    AWAITING_RECEIPT = "awaiting Receipt"
    FINISHED = "finished"
    ABORTED = "aborted"


FINAL: Final = frozenset({State.FINISHED, State.ABORTED})


@dataclass(frozen=True, slots=True)
class Transition:
    """In `state`, `event` leads to `after`."""

    role: Role
    state: State
    event: str
    after: State


_CLIENT: Final = (
    (State.NEW, "start", State.AWAITING_SERVER_HELLO),
    (State.AWAITING_SERVER_HELLO, "ServerHello", State.ADMITTING_SERVER),
    (State.ADMITTING_SERVER, "admit", State.AWAITING_TAGS),
    (State.AWAITING_TAGS, "Tags", State.CHARGING_TAGS),
    (State.CHARGING_TAGS, "charge", State.RECEIVING_TAGS),
    (State.RECEIVING_TAGS, "Tags", State.RECEIVING_TAGS),
    (State.RECEIVING_TAGS, "last Tags", State.RECEIVING_EVALUATED),
    (State.RECEIVING_EVALUATED, "Evaluated", State.RECEIVING_EVALUATED),
    (State.RECEIVING_EVALUATED, "last Evaluated, reveal both", State.RECEIVING_CONTACTS),
    (State.RECEIVING_EVALUATED, "last Evaluated, reveal client", State.AWAITING_LEDGER_HEAD),
    (State.RECEIVING_CONTACTS, "Contacts", State.RECEIVING_CONTACTS),
    (State.RECEIVING_CONTACTS, "last Contacts", State.AWAITING_LEDGER_HEAD),
    (State.AWAITING_LEDGER_HEAD, "LedgerHead", State.AWAITING_RECEIPT),
    (State.AWAITING_RECEIPT, "Receipt", State.FINISHED),
)
_SERVER: Final = (
    (State.NEW, "start", State.AWAITING_HELLO),
    (State.AWAITING_HELLO, "Hello", State.ADMITTING_CLIENT),
    (State.ADMITTING_CLIENT, "admit", State.AWAITING_BLINDED),
    (State.AWAITING_BLINDED, "Blinded", State.CHARGING_BLINDED),
    (State.CHARGING_BLINDED, "charge", State.RECEIVING_BLINDED),
    (State.RECEIVING_BLINDED, "Blinded", State.RECEIVING_BLINDED),
    (State.RECEIVING_BLINDED, "last Blinded, reveal both", State.RECEIVING_CLAIMS),
    (State.RECEIVING_BLINDED, "last Blinded, reveal client", State.AWAITING_RECEIPT),
    (State.RECEIVING_CLAIMS, "Claims", State.RECEIVING_CLAIMS),
    (State.RECEIVING_CLAIMS, "last Claims", State.AWAITING_RECEIPT),
    (State.AWAITING_RECEIPT, "Receipt", State.FINISHED),
)

TRANSITIONS: Final = tuple(
    Transition(role, state, event, after)
    for role, table in ((Role.CLIENT, _CLIENT), (Role.SERVER, _SERVER))
    for state, event, after in table
)
_AFTER: Final = {(item.role, item.state, item.event): item.after for item in TRANSITIONS}


def after(role: Role, state: State, event: str) -> State:
    """Return the state that an event leads to.

    Raises:
        UnexpectedMessageError: the table has no such step.
    """
    try:
        return _AFTER[role, state, event]
    except KeyError:
        raise UnexpectedMessageError(f"a {event} came while {state.value}") from None


def check_expected(role: Role, state: State, message: str) -> None:
    """Check that the table has a step for this message in this state.

    Raises:
        UnexpectedMessageError: it has none.
    """
    # The last of a series comes where the others of it may.
    after(role, state, message)


def as_markdown() -> str:
    """Return the table as the spec shows it."""
    lines = ["| role | state | event | next state |", "| --- | --- | --- | --- |"]
    lines += [f"| {item.role.value} | {item.state.value} | {item.event} | {item.after.value} |" for item in TRANSITIONS]
    return "\n".join(lines)
