"""Every message in every state that does not allow it, and an Abort in each (§7.1, §9.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol_spec.reference import (
    ABORT,
    BASE,
    BLINDED,
    CLAIMS,
    CONTACTS,
    EVALUATED,
    FIRST,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER_HELLO,
    TAGS,
    ZERO,
    SealingKey,
    encode_element,
    pack,
    standing_fields,
)
from protocol_spec.scenarios.attacks import NAMES
from protocol_spec.scenarios.scenario import Scenario, stream
from protocol_spec.scenarios.sessions import BSN, OTHER, Case, Run, kept, listed, terms

# What the envelopes of a whole session are, in order, to each side.
TO_SIDE = {
    "client": (SERVER_HELLO, TAGS, EVALUATED, CONTACTS, LEDGER_HEAD, RECEIPT),
    "server": (HELLO, BLINDED, CLAIMS, RECEIPT),
}


def samples() -> dict[int, bytes]:
    """Return a well-formed message of each type."""
    key, element = SealingKey(stream("out of place")(96)).public, encode_element(BASE)
    told = standing_fields(FIRST)
    return {
        HELLO: pack([HELLO, ZERO, key, 1, *told]),
        SERVER_HELLO: pack([SERVER_HELLO, ZERO, key, element, 1, *told, b""]),
        TAGS: pack([TAGS, True, bytes(16)]),
        BLINDED: pack([BLINDED, ZERO, element, b""]),
        EVALUATED: pack([EVALUATED, element, bytes(64)]),
        CLAIMS: pack([CLAIMS, True, b"", b""]),
        CONTACTS: pack([CONTACTS, 0, b""]),
        LEDGER_HEAD: pack([LEDGER_HEAD, ZERO]),
        RECEIPT: pack([RECEIPT, b"", bytes(64)]),
        ABORT: pack([ABORT, 2]),
    }


def in_place_of(
    run_case: Case, victim: str, number: int, message: bytes | None, full: int = 0, **under: Any
) -> tuple[Run, bytes]:
    """Run a session up to an envelope of the victim's peer, which signs another message in its place.

    Without a message it signs the honest one. `under` are fields of its channel, which have other values meanwhile;
    a value may be a function of the right one.
    """
    run = Run(run_case)
    channel = run.sides[OTHER[victim]].channel
    honest = channel.seal
    sealed: list[bytes] = []

    def seal(honest_message: bytes, honest_full: int = 0) -> bytes:
        if len(channel.sent) != number or sealed:
            return honest(honest_message, honest_full)
        right = {name: getattr(channel, name) for name in under}
        for name, value in under.items():
            setattr(channel, name, value(right[name]) if callable(value) else value)
        sealed.append(honest(honest_message, honest_full) if message is None else honest(message, full))
        for name, value in right.items():
            setattr(channel, name, value)
        return sealed[0]

    channel.seal = seal  # type: ignore[method-assign, assignment]
    run.stop_at = sealed
    return run.finish(), kept(sealed[0], run.given[OTHER[victim]]["peer_secrets"])


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    items = {role: listed(BSN[0], who=role) for role in ("client", "server")}
    both = Case("out of place", terms(max_items=1, max_evaluations=1), items)
    for victim, expected in TO_SIDE.items():
        for number, awaited in enumerate(expected):
            yield in_state(both, victim, number, awaited, f"{victim} awaits {NAMES[awaited]}")
    # Where only the client learns, neither Claims nor Contacts are allowed.
    bare = {role: listed(BSN[0]) for role in items}
    changes = {"reveal": "client", "contact_size": 0}
    client = Case("out of place, client", terms(max_items=1, max_evaluations=1, **changes), bare)
    for victim, number, awaited in (("client", 3, LEDGER_HEAD), ("server", 2, RECEIPT)):
        name = f"{victim} awaits {NAMES[awaited]}, only the client learns"
        yield in_state(client, victim, number, awaited, name)


def in_state(run_case: Case, victim: str, number: int, awaited: int, name: str) -> Scenario:
    """Return the scenario of a side that has got so many envelopes, and awaits a type."""
    # A series has one message here, so the last of it is the only one that the state allows.
    others = [kind for kind in samples() if kind != awaited]
    runs = [in_place_of(run_case, victim, number, samples()[kind]) for kind in others]
    given = runs[0][0].input(victim)
    given["receive"] = given["receive"][:number]
    given["then"] = [envelope for _, envelope in runs]
    about = f"The {victim} awaits a {NAMES[awaited]}, and gets each other message, signed for that place."
    return Scenario("out_of_place", name, about, "§7.1, §9.2", given)
