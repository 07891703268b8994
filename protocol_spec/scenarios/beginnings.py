"""Sessions that may not begin, and those that just may (§3.3 step 2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol_spec.reference import (
    AUDITOR,
    SERVER,
    ZERO,
    Identifier,
    agreement_id,
    agreement_signed,
    example_terms,
    seal_envelope,
)
from protocol_spec.scenarios.attacks import case
from protocol_spec.scenarios.envelopes import TERMS, Hellos, asked
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import BSN, PARTIES, Case, Given, kept, listed, public, signatures, terms


def wrong_beginnings(role: str) -> Iterator[tuple[str, Given, str]]:
    """Return what is changed in the input of a side, and the class in which it must not begin."""
    signed = signatures(case().terms)
    other, less = {"client": "server", "server": "client"}[role], signatures(example_terms(title="Other terms"))
    known = agreement_id(case().terms)
    exchanged = {name: PARTIES[name].sign(agreement_signed(role, known)) for name in PARTIES}
    yield "the peer has not signed", {"signatures": {role: signed[role]}}, "signature"
    yield "this side has not signed", {"signatures": {other: signed[other]}}, "signature"
    yield "nobody has signed", {"signatures": {}}, "signature"
    yield "the peer signed other terms", {"signatures": {**signed, other: less[other]}}, "signature"
    yield "this side signed other terms", {"signatures": {**signed, role: less[role]}}, "signature"
    yield f"the peer signed as the {role}", {"signatures": {**signed, other: exchanged[other]}}, "signature"
    yield "a day before the term", {"today": "2019-12-31"}, "term"
    yield "a day after the term", {"today": "2100-01-01"}, "term"
    yield "the peer is not the party", {"peer": public(AUDITOR)}, "party"
    yield "this side is not the party", {"identity_seed": AUDITOR.seed}, "party"
    yield "the parties are exchanged", {"identity_seed": PARTIES[other].seed, "peer": public(PARTIES[role])}, "party"
    yield "this side is its own peer", {"peer": public(PARTIES[role])}, "party"


# Values that are not as their kind writes them (§13.1), among right ones.
WRONG_VALUES: list[tuple[str, Identifier]] = [
    ("a number that fails the eleven-test", ("nl-bsn", 1, b"123456783")),
    ("a number with dots", ("nl-bsn", 1, b"1112.22.333")),
    ("a postcode in small letters", ("nl-address", 1, b"9711ab 12")),
    ("a house number with a leading zero", ("nl-address", 1, b"9711AB 012")),
    ("a telephone number without a country's code", ("phone", 1, b"0501234567")),
    ("text that is not in NFC", ("text", 1, b"Zoe\xcc\x88")),
    ("text of white space", ("text", 1, b"  ")),
]


def wrong_lists(role: str) -> Iterator[Scenario]:
    """Return sessions with a value in the own list that could match nothing."""
    kinds = ["nl-address/1", "nl-bsn/1", "phone/1", "text/1"]
    for name, item in WRONG_VALUES:
        items = {each: listed(BSN[1]) | (listed(item) if each == role else {}) for each in PARTIES}
        under = terms(kinds=kinds, phone_region="NL", contact_size=0)
        given = {**Case(f"own list, {name}", under, items).side(role), "receive": []}
        about = f"A list with a value that the {role} must refuse: {name}."
        yield Scenario("session", f"{role} does not begin, {name}", about, "§13.1", given, "own_list")


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    for role in PARTIES:
        given: dict[str, Any] = {**case().side(role), "receive": []}
        for name, changes, refused in wrong_beginnings(role):
            about = f"A session that the {role} must not begin: {name}."
            yield Scenario("session", f"{role} does not begin, {name}", about, "§3.3 step 2", given | changes, refused)
        yield from wrong_lists(role)
    hellos = Hellos()
    first = seal_envelope(SERVER.public.sealing, 0, 0, ZERO, hellos.plain(hellos.message))
    right = asked(kept(first, {"identity_seed": SERVER.seed.hex()}), hellos.secret)
    for name, today in (("first", TERMS["valid_from"]), ("last", TERMS["valid_until"])):
        about = f"A Hello that a server takes on the {name} day of the term."
        yield Scenario("envelope", f"on the {name} day of the term", about, "§3.3 step 2", right | {"today": today})
    unsigned = right | {"signatures": {"server": signatures(TERMS)["server"]}}
    about = "A right Hello under an agreement that the client has not signed."
    yield Scenario("envelope", "the client has not signed", about, "§3.3 step 2", unsigned, "signature")
    stranger = right | {"peer": public(AUDITOR)}
    about = "A right Hello to a server that takes another for its peer."
    yield Scenario("envelope", "the peer is not the party", about, "§3.3 step 2", stranger, "party")
