"""Envelopes that are not the next one of the session, and Aborts (§6, §9.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from protocol_spec.reference import (
    ABORT,
    BLINDED,
    CLAIMS,
    CONTACTS,
    HEADER,
    TAGS,
    ZERO,
    AbortedError,
    Channel,
    pack,
)
from protocol_spec.scenarios.attacks import NAMES, case, of_run
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import OTHER, Case, Change, Run
from protocol_spec.scenarios.wrong_messages import flipped


def first_wrong(run: Run, victim: str, at: int, envelope: bytes) -> dict[str, Any]:
    """Return the input of a side that gets another envelope at a place."""
    given = run.input(victim)
    return given | {"receive": [*given["receive"][:at], envelope]}


def changed_at(envelope: bytes, at: int, new: bytes) -> bytes:
    """Put other bytes into an envelope."""
    return envelope[:at] + new + envelope[at + len(new) :]


def envelope_scenarios() -> Iterator[Scenario]:
    """Replay, reorder, reflect, cut, and mix sessions (§6.4)."""
    run, other = Run(case()).finish(), Run(Case("another session", case().terms, case().items)).finish()
    for victim, message in (("client", "Tags"), ("server", "Blinded")):
        own, peer = run.inbox[OTHER[victim]], run.inbox[victim]
        right = peer[1]
        for name, envelope, refused in (
            ("an envelope cut short", right[:-1], "envelope"),
            ("an envelope cut in its header", right[: HEADER - 1], "envelope"),
            ("an empty envelope", b"", "envelope"),
            ("the one before again", peer[0], "envelope"),
            ("the one after it", peer[2], "envelope"),
            ("an envelope of this side", own[1], "envelope"),
            ("an envelope of another session", other.inbox[victim][1], "envelope"),
            ("an envelope that names no session", changed_at(right, 15, ZERO), "envelope"),
            ("another version", changed_at(right, 8, b"\0\x02"), "version"),
            ("a direction that there is none of", changed_at(right, 10, b"\x02"), "envelope"),
            ("a bit of the ciphertext flipped", changed_at(right, len(right) - 1, flipped(right[-1:])), "envelope"),
        ):
            about = f"In the place of a {message} the {victim} gets what it must refuse: {name}."
            title = f"{victim} refuses in place of {message}, {name}"
            yield Scenario("session", title, about, "§6.4", first_wrong(run, victim, 1, envelope), refused)
    two_clients = Run(Case("two clients", case().terms, case().items)).finish().inbox["server"][0]
    about = "A client gets the Hello of another client in its own role."
    given = first_wrong(run, "client", 0, two_clients)
    yield Scenario("session", "client refuses a Hello, both are clients", about, "§6.4 check 3", given, "role")


@dataclass(frozen=True)
class Under:
    """A field of a channel, and what it is while one message is sealed."""

    name: str
    value: Callable[[Any], Any]


def seal_second(channel: Channel, under: Under) -> None:
    """Let a channel seal its second message, the first that follows an answer, under another value of a field."""
    honest = channel.seal

    def seal(message: bytes, full: int = 0) -> bytes:
        before = getattr(channel, under.name)
        if len(channel.sent) == 1:
            setattr(channel, under.name, under.value(before))
        envelope = honest(message, full)
        setattr(channel, under.name, before)
        return envelope

    channel.seal = seal  # type: ignore[method-assign]


SIGNED: list[tuple[str, Under, str]] = [
    ("another agreement", Under("agreement", lambda _: b"\x11" * 32), "agreement"),
    ("more received than was sent", Under("received", lambda had: [*had, *([ZERO] * 9)]), "envelope"),
    ("signed as received after another message", Under("received", lambda had: [ZERO] * len(had)), "identity"),
    ("signed after another message", Under("sent", lambda had: [ZERO] * len(had)), "identity"),
]


def signed_scenarios() -> Iterator[Scenario]:
    """Sign what does not belong here: another place, another agreement, a number received out of bounds (§6.2)."""
    for victim, message in (("client", "Tags"), ("server", "Blinded")):
        for name, under, refused in SIGNED:
            run = Run(case())
            seal_second(run.sides[OTHER[victim]].channel, under)
            yield of_run(run.finish(), victim, message, name, refused)


def aborting(kind: int) -> Change:
    """Return what sends an Abort in the place of a message of a type."""
    return lambda message, full: (pack([ABORT, 2]), 0) if message[1] == kind else (message, full)


def abort_scenarios() -> Iterator[Scenario]:
    """End a session by an Abort, which is never answered (§9.2)."""
    for hostile, kind in (("server", TAGS), ("client", BLINDED), ("client", CLAIMS), ("server", CONTACTS)):
        run = Run(case(), hostile, aborting(kind))
        with suppress(AbortedError):
            run.finish()
        victim = OTHER[hostile]
        about = f"In the place of a {NAMES[kind]} the {victim} gets an Abort, and ends without an answer."
        given = run.input(victim)
        yield Scenario("session", f"{victim} gets an Abort for {NAMES[kind]}", about, "§9.2", given, "aborted")


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from envelope_scenarios()
    yield from signed_scenarios()
    yield from abort_scenarios()
