"""Messages that cross one another, name no session or another, or come from the same role (§6.2 to §6.4, §9.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol_spec.reference import (
    ABORT,
    CLAIMS,
    ZERO,
    pack,
    parts,
    prf_input,
    seal_contact,
    seal_envelope,
    session_key,
)
from protocol_spec.reference import evaluate as evaluate_prf
from protocol_spec.scenarios.attacks import NAMES, case, of_run, spoil_kind
from protocol_spec.scenarios.out_of_place import TO_SIDE, in_place_of, samples
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import BSN, OTHER, PARTIES, Case, Given, Run, kept, listed, steps_of, terms

A_SESSION = b"\x5e" * 32
CANCELLED = pack([ABORT, 2])
# The victim, the number of the envelope that is another, the message in its place (or the honest one), what its sender
# signs and seals it under, and the class in which it is refused.
Other = tuple[str, str, int, bytes | None, Given, str]


def fewer(number: int) -> Any:
    """Return what forgets all messages received but the first ones."""
    return lambda received: received[:number]


def crossing() -> Iterator[Other]:
    """Return messages that their sender signed before it had got all that was sent (§6.2)."""
    yield "server", "an Abort that crossed the Tags", 1, CANCELLED, {"received": fewer(1)}, "aborted"
    yield "client", "an Abort that crossed the Blinded", 2, CANCELLED, {"received": fewer(1)}, "aborted"
    yield "client", "a Tags of who had not received the Hello", 1, None, {"received": fewer(0)}, "envelope"
    yield "server", "a Claims of who had received less before its Blinded", 2, None, {"received": fewer(1)}, "envelope"
    yield (
        "client",
        "an Evaluated that is not signed by the server",
        2,
        None,
        {"identity": PARTIES["client"]},
        "identity",
    )
    yield "client", "a Contacts that is not signed by the server", 3, None, {"identity": PARTIES["client"]}, "identity"
    yield "server", "a Claims that is not signed by the client", 2, None, {"identity": PARTIES["server"]}, "identity"
    yield "client", "a Contacts under another agreement", 3, None, {"agreement": b"\x11" * 32}, "agreement"


def session_ids() -> Iterator[Other]:
    """Return messages that name no session, or another one (§6.3)."""
    none, another, message = {"session": ZERO}, {"session": A_SESSION}, samples()
    yield "client", "a ServerHello that names no session", 0, None, none, "envelope"
    yield "client", "a ServerHello that names another session", 0, None, another, "envelope"
    yield "client", "an Abort that names no session", 0, CANCELLED, none, "aborted"
    yield "client", "an Abort that names any session", 0, CANCELLED, another, "aborted"
    yield "client", "a LedgerHead that names any session", 0, pack([10, ZERO]), another, "state"
    yield "client", "a Tags that names no session", 1, None, none, "envelope"
    yield "client", "an Abort that names no session", 1, CANCELLED, none, "envelope"
    yield "client", "an Abort that names another session", 1, CANCELLED, another, "envelope"
    yield "server", "a Blinded that names no session", 1, None, none, "envelope"
    yield "server", "an Abort that names no session", 1, CANCELLED, none, "aborted"
    yield "server", "a Receipt that names no session", 1, message[8], none, "state"
    yield "server", "a second Hello that names no session", 1, message[1], none, "state"
    yield "server", "a Blinded that names another session", 1, None, another, "envelope"
    yield "server", "a Claims that names no session", 2, None, none, "envelope"
    yield "server", "an Abort that names no session", 2, CANCELLED, none, "envelope"


def of_others(where: str, others: Iterator[Other]) -> Iterator[Scenario]:
    """Return a scenario for each message that is another than the honest one."""
    for victim, name, number, message, under, refused in others:
        run, envelope = in_place_of(case(), victim, number, message, **under)
        given = run.input(victim)
        given["receive"] = [*given["receive"][:number], envelope]
        place = NAMES[TO_SIDE[victim][number]]
        about = f"In the place of a {place} the {victim} gets {name}."
        yield Scenario("session", f"{victim} in place of {place}, {name}", about, where, given, refused)


def late_whole_sessions() -> Iterator[Scenario]:
    """Run sessions in which a message was signed before all was there, as it may be (§6.2)."""
    for victim, kind, number, had in (("client", "Evaluated", 2, 1), ("server", "Claims", 2, 2)):
        run = Run(case())
        channel = run.sides[OTHER[victim]].channel
        honest = channel.seal

        def seal(message: bytes, full: int = 0, honest: Any = honest, channel: Any = channel) -> bytes:
            before = channel.received
            channel.received = before[:had] if len(channel.sent) == number else before  # noqa: B023, one run at a time
            envelope: bytes = honest(message, full)
            channel.received = before
            return envelope

        channel.seal = seal  # type: ignore[method-assign]
        run.finish()
        name = f"{victim}, a {kind} that says less was received than was sent"
        about = f"A whole session in which the {victim} gets {name.partition(', ')[2]}, though no less than before."
        yield Scenario("session", name, about, "§6.2", run.input(victim), steps=steps_of(run, victim))


def same_role() -> Iterator[Scenario]:
    """Let a side get what another of its own role sent, at the beginning or later (§6.4 check 3).

    That its own Hello comes back can't be told here: how it seals it is not given.
    """
    run, other = Run(case()).finish(), Run(Case("two of a role", case().terms, case().items)).finish()

    def turned(role: str, sequence: int) -> bytes:
        """Seal an Abort of that role to that role; what is inside is never looked at."""
        receiver = PARTIES[role]
        sealed = seal_envelope(receiver.public.sealing, ("client", "server").index(role), sequence, ZERO, bytes(104))
        return kept(sealed, {"identity_seed": receiver.seed.hex()})

    hello = other.inbox["server"][0]
    for victim, number, name, envelope, refused in (
        ("client", 1, "the Hello of another client", hello, "role"),
        ("client", 3, "the Hello of another client", hello, "role"),
        ("client", 0, "a second message of another client", turned("client", 1), "envelope"),
        ("server", 0, "the first message of another server", turned("server", 0), "role"),
        ("server", 1, "the first message of another server", turned("server", 0), "role"),
        ("server", 2, "its own ServerHello", run.inbox["client"][0], "envelope"),
    ):
        given = run.input(victim)
        given["receive"] = [*given["receive"][:number], envelope]
        place = NAMES[TO_SIDE[victim][number]]
        about = f"In the place of a {place} the {victim} gets {name}."
        yield Scenario("session", f"{victim} in place of {place}, {name}", about, "§6.4 check 3", given, refused)


def dummies() -> Iterator[Scenario]:
    """Let dummies meet: they match nothing, and nobody may claim one (§7.2 step 5, §7.3 step 4)."""
    one = {role: listed(BSN[0], who=role) for role in PARTIES}
    run_case = Case("dummies", terms(max_items=2), one)
    same = {"dummies": [b"\xd0" * 32]}
    run = Run(run_case, more={role: {"random": {**run_case.random(role), **same}} for role in PARTIES}).finish()
    about = "Both sides draw the same dummy, which is no match."
    for role in PARTIES:
        yield Scenario("session", f"{role}, the same dummy on both sides", about, "§7.2 step 5", run.input(role))

    def claiming(fields: list[Any]) -> list[Any]:
        side, drawn = spoiling.sides["server"].channel, spoiling.given["server"]["random"]
        key = session_key(bytes.fromhex(drawn["key_seed"]), side.agreement, side.session)
        dummy = ("dummy", 1, bytes.fromhex(drawn["dummies"][0]))
        _, claim, secret = parts(evaluate_prf(key, prf_input(side.agreement, side.session, dummy)))
        sealed = seal_contact(secret, side.session, "server", "nobody", side.terms["contact_size"])
        return [*fields[:2], claim, sealed]

    spoiling = Run(run_case)
    spoil_kind(spoiling, "client", CLAIMS, claiming)
    yield of_run(spoiling.finish(), "server", "Claims", "a claim of one of its dummies", "claim")


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from of_others("§6.2, §9.2", crossing())
    yield from of_others("§6.3, §9.2", session_ids())
    yield from late_whole_sessions()
    yield from same_role()
    yield from dummies()
