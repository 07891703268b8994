"""Whatever a peer that holds the right keys may send (§5 to §9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from protocol_spec.reference import (
    BLINDED,
    CLAIMS,
    CONTACTS,
    EVALUATED,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER_HELLO,
    TAGS,
    pack,
    unpack,
)
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import AUDITED, BSN, OTHER, Case, Change, Run, listed, terms
from protocol_spec.scenarios.sessions import spoil as spoil_side
from protocol_spec.scenarios.wrong_messages import (
    ENDS,
    OPENINGS,
    RECEIPTS,
    SETS,
    Spoil,
    field,
    low_order,
    out_of_range,
)

BY_CLIENT = {HELLO, BLINDED, CLAIMS}
NAMES = {
    HELLO: "Hello", SERVER_HELLO: "ServerHello", TAGS: "Tags", BLINDED: "Blinded", EVALUATED: "Evaluated",
    CLAIMS: "Claims", CONTACTS: "Contacts", LEDGER_HEAD: "LedgerHead", RECEIPT: "Receipt",
}  # fmt: skip


def case(**changes: Any) -> Case:
    """Return two lists with two matches, and no place left, so that a run is short."""
    items = {"client": listed(*BSN[:2], who="care"), "server": listed(*BSN[:2], who="police")}
    return Case("attacks", terms(max_items=2, **changes), items)


def spoiled(run_case: Case, hostile: str, kind: int, spoil: Spoil) -> Run:
    """Run a session in which one side changes its message of a type; its fill stays what it was."""
    run = Run(run_case)
    spoil_kind(run, hostile, kind, spoil)
    return run.finish()


def spoil_kind(run: Run, hostile: str, kind: int, spoil: Spoil) -> None:
    """Let one side of a run change its message of a type."""

    def change(message: bytes, full: int) -> tuple[bytes, int]:
        fields = unpack(message)
        if fields[0] != kind:
            return message, full
        changed = spoil(fields)
        return changed if isinstance(changed, bytes) else pack(changed), full

    spoil_side(run.sides[hostile], change)


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file: a peer sends each message wrong in each way."""
    for name, kind, spoil, refused in [*OPENINGS, *SETS, *ENDS]:
        hostile = "client" if kind in BY_CLIENT else "server"
        run = spoiled(case(), hostile, kind, spoil)
        yield of_run(run, OTHER[hostile], NAMES[kind], name, refused)
    for hostile in ("client", "server"):
        for name, spoil in RECEIPTS:
            run = spoiled(case(), hostile, RECEIPT, spoil)
            yield of_run(run, OTHER[hostile], "Receipt", name, "receipt")
        kind = SERVER_HELLO if hostile == "server" else BLINDED
        run = spoiled(case(auditor=AUDITED), hostile, kind, lambda m: [*m[:-1], b""])
        yield of_run(run, OTHER[hostile], NAMES[kind], "no root where there is an auditor", "message")
    yield from ephemeral_keys()
    for kind, hostile in ((CLAIMS, "client"), (CONTACTS, "server")):
        for name, fill in (("not filled", 0), ("filled too far", 5_000)):
            # One match in two places, so that there is a fill.
            one = {role: listed(BSN[0], who=role) for role in ("client", "server")}
            run = Run(Case("fill", terms(max_items=2), one), hostile, filled(kind, fill)).finish()
            yield of_run(run, OTHER[hostile], NAMES[kind], name, "message")


@dataclass(frozen=True)
class Unsealable:
    """An ephemeral key that has a public half alone."""

    public: bytes


def ephemeral_keys() -> Iterator[Scenario]:
    """Let a server run a whole session under a key to which nothing can be sealed (§5.2, §6.3)."""
    size = field(4, 1)
    for name, change, spoil in (
        ("an ephemeral key with an X25519 point of low order", low_order, None),
        ("an ephemeral key with an ML-KEM key out of range", out_of_range, None),
        ("an ephemeral key out of range, and a set size that is no bucket", out_of_range, size),
    ):
        run = Run(case())
        channel = run.sides["server"].channel
        channel.ephemeral = Unsealable(change(channel.ephemeral.public))  # type: ignore[assignment]
        if spoil is not None:
            spoil_kind(run, "server", SERVER_HELLO, spoil)
        yield of_run(run.finish(), "client", "ServerHello", name, "message")


def filled(kind: int, to: int) -> Change:
    """Return what fills messages of a type to another length."""
    return lambda message, full: (message, to if message[1] == kind else full)


def of_run(run: Run, victim: str, message: str, name: str, refused: str) -> Scenario:
    """Return the scenario of the side that refuses."""
    if not run.refused:
        raise SystemExit(f"{message}, {name}: nobody refuses")
    about = f"The {victim} gets a {message} that it must refuse: {name}."
    title = f"{victim} refuses {message}, {name}"
    return Scenario("session", title, about, "§5 to §9", run.input(victim), refused)
