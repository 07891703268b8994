"""Identities and agreements (§2.2, §3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count

from protocol_spec.reference import (
    AUDITOR,
    CLIENT,
    LOW_ORDER,
    SERVER,
    ZERO,
    Identity,
    P,
    Q,
    Terms,
    agreement_id,
    agreement_signed,
    crockford,
    example_terms,
    i2osp,
)
from protocol_spec.scenarios.scenario import Scenario, stream

SEEDS = {"client_seed": CLIENT.seed, "server_seed": SERVER.seed}


def identity_scenarios() -> Iterator[Scenario]:
    """Derive identities from seeds (§2.2)."""
    seeds = {"a seed of zeros": ZERO, "a seed that counts up": bytes(range(32)), "a seed": stream("identity")(32)}
    for name, seed in seeds.items():
        about = f"The identity of {name}."
        yield Scenario("identity", name, about, "§2.2", {"seed": seed}, steps={"key_material": Identity(seed).material})


def right_terms() -> list[tuple[str, Terms]]:
    """Return terms that are right."""
    return [
        ("both learn the matches", example_terms()),
        ("only the client learns", example_terms(reveal="client", contact_size=0, max_items=70_000, title="é" * 300)),
        (
            "the least of each number",
            example_terms(max_items=1, max_evaluations=1, sessions_per_day=1, contact_size=0, retention_days=1),
        ),
        (
            "the most of each number",
            example_terms(
                max_items=16_777_216,
                max_evaluations=2**40,
                sessions_per_day=1000,
                minutes_between_sessions=10_080,
                contact_size=512,
                retention_days=3650,
                large_budget_reason="r" * 300,
            ),
        ),
        ("a hundredth of the values of nl-bsn", example_terms(kinds=["nl-bsn/1"], max_evaluations=909_090)),
        (
            "one above it, with its reason",
            example_terms(
                kinds=["nl-bsn/1"], max_evaluations=909_091, large_budget_reason="Every resident is on the list."
            ),
        ),
        ("a kind without bound", example_terms(kinds=["text/1"], max_evaluations=2**40)),
        ("persons", example_terms(kinds=["nl-bsn/1", "person/2"], max_evaluations=33_000)),
        ("telephone numbers", example_terms(kinds=["phone/1", "plate/1"], phone_region="NL")),
        ("an auditor", example_terms(auditor=crockford(AUDITOR.public.fingerprint, 52))),
        ("a renewal", example_terms(predecessor=crockford(agreement_id(example_terms()), 52))),
    ]


def wrong_terms() -> list[tuple[str, Terms]]:
    """Return terms that must be refused."""
    missing = example_terms()
    del missing["purpose"]
    client = example_terms()["client"]
    return [
        ("a field is missing", missing),
        ("a field of the budget is missing", {k: v for k, v in example_terms().items() if k != "max_evaluations"}),
        ("an unknown field", example_terms(notes="none")),
        ("another protocol", example_terms(protocol="psimatch/2")),
        ("an empty title", example_terms(title="")),
        ("a title of two lines", example_terms(title="a\nb")),
        ("a purpose of 301 characters", example_terms(purpose="x" * 301)),
        ("a party is its own peer", example_terms(server=client)),
        ("a fingerprint cut short", example_terms(client={**client, "fingerprint": client["fingerprint"][:-5]})),
        ("a party with a field too many", example_terms(client={**client, "mail": "x"})),
        ("kinds not sorted", example_terms(kinds=["nl-bsn/1", "nl-address/1"])),
        ("a kind twice", example_terms(kinds=["nl-bsn/1", "nl-bsn/1"])),
        ("no kind", example_terms(kinds=[])),
        ("the reserved kind", example_terms(kinds=["dummy/1"])),
        ("a kind without a version", example_terms(kinds=["nl-bsn"])),
        ("reveal to the server", example_terms(reveal="server")),
        ("no items", example_terms(max_items=0)),
        ("too many items", example_terms(max_items=16_777_217)),
        ("true in the place of a number", example_terms(max_items=True)),
        ("a contact too long", example_terms(contact_size=513)),
        ("a contact that is never sent", example_terms(reveal="client")),
        ("a day that is none", example_terms(valid_until="2099-02-30")),
        ("a day in another notation", example_terms(valid_until="20991231")),
        ("the term ends before it begins", example_terms(valid_from="2030-01-02", valid_until="2030-01-01")),
        ("fewer evaluations than items", example_terms(max_evaluations=7)),
        ("more evaluations than 2^40", example_terms(max_evaluations=2**40 + 1, large_budget_reason="r")),
        ("evaluations as text", example_terms(max_evaluations="100")),
        ("no session a day", example_terms(sessions_per_day=0)),
        ("1,001 sessions a day", example_terms(sessions_per_day=1001)),
        ("true in the place of sessions a day", example_terms(sessions_per_day=True)),
        ("minutes below zero", example_terms(minutes_between_sessions=-1)),
        ("more minutes than a week has", example_terms(minutes_between_sessions=10_081)),
        ("a large budget without a reason", example_terms(max_evaluations=100_001)),
        ("a large budget of nl-bsn without a reason", example_terms(kinds=["nl-bsn/1"], max_evaluations=909_091)),
        ("a reason for a budget that is not large", example_terms(large_budget_reason="To be sure.")),
        ("a reason where no kind has a bound", example_terms(kinds=["text/1"], large_budget_reason="To be sure.")),
        ("a reason of two lines", example_terms(max_evaluations=100_001, large_budget_reason="a\nb")),
        ("a reason of 2,001 characters", example_terms(max_evaluations=100_001, large_budget_reason="x" * 2001)),
        ("a predecessor cut short", example_terms(predecessor=client["fingerprint"][:-5])),
        ("a predecessor in lower case", example_terms(predecessor=client["fingerprint"].lower())),
        ("nil in the place of no predecessor", example_terms(predecessor=None)),
        ("a policy for persons, as there once was", example_terms(person_policy="strong")),
        ("telephone numbers without a region", example_terms(kinds=["phone/1"])),
        ("a region in small letters", example_terms(kinds=["phone/1"], phone_region="nl")),
        ("a region without telephone numbers", example_terms(phone_region="NL")),
        ("an auditor who is the client", example_terms(auditor=client["fingerprint"])),
        ("an auditor in lower case", example_terms(auditor=crockford(AUDITOR.public.fingerprint, 52).lower())),
        ("nil in the place of no auditor", example_terms(auditor=None)),
        ("kept for no day", example_terms(retention_days=0)),
        ("kept for more than ten years", example_terms(retention_days=3651)),
    ]


def agreement_scenarios() -> Iterator[Scenario]:
    """Encode terms, name and sign them, and refuse wrong ones (§3)."""
    for name, terms in right_terms():
        about = f"Terms, their bytes, id and signatures: {name}."
        yield Scenario("agreement", name, about, "§3", {"terms": terms, **SEEDS})
    for name, terms in wrong_terms():
        about = f"Terms that must be refused: {name}."
        yield Scenario("agreement", name, about, "§3.1, §11.1", {"terms": terms, **SEEDS}, "terms")


def signature_scenarios() -> Iterator[Scenario]:
    """Verify the client's signature, and refuse others (§3.3)."""
    known = agreement_id(example_terms())
    client, server = (
        party.sign(agreement_signed(role, known)) for role, party in (("client", CLIENT), ("server", SERVER))
    )
    # The neutral element as key and as R: without care this verifies under all terms.
    neutral, order_two = i2osp(1, 32)[::-1], i2osp(P - 1, 32)[::-1]
    own = CLIENT.public.signing
    over = client[:32] + (int.from_bytes(client[32:], "little") + Q).to_bytes(32, "little")
    for name, terms, signature, key, refused in (
        ("the signature of the client", example_terms(), client, own, ""),
        ("a signature under other terms", example_terms(max_items=9), client, own, "signature"),
        ("the signature of the other role", example_terms(), server, own, "signature"),
        ("the client as the server", example_terms(), CLIENT.sign(agreement_signed("server", known)), own, "signature"),
        ("a signature cut short", example_terms(), client[:63], own, "signature"),
        ("a scalar that is not below the order", example_terms(), over, own, "signature"),
        ("a key of order one", example_terms(), neutral + ZERO, neutral, "signature"),
        ("a key of order two", example_terms(), neutral + ZERO, order_two, "signature"),
    ):
        given = {
            "terms": terms, "role": "client", "signature": signature, "signing_key": key,
            "sealing_key": CLIENT.public.sealing,
        }  # fmt: skip
        about = f"A signature under an agreement: {name}."
        yield Scenario("agreement_signature", name, about, "§3.3 step 1", given, refused)
    yield from low_order_scenarios()
    yield from full_order_scenarios()


def low_order_scenarios() -> Iterator[Scenario]:
    """Sign with the neutral element, by each key of low order, and by a right one (§2.2)."""
    neutral = i2osp(1, 32)[::-1]
    scalar = int.from_bytes(hashlib.sha512(CLIENT.material[:32]).digest()[:32], "little") & ((1 << 254) - 8) | 1 << 254
    own = CLIENT.public.signing
    keys = {f"the key of low order number {n}": y.to_bytes(32, "little") for n, y in enumerate(sorted(LOW_ORDER), 1)}
    for name, key in {"R that is neutral, by a right key": own, **keys}.items():
        for number in count():
            # h times a key of low order is neutral for one h in eight; without care the signature then verifies.
            terms = example_terms(title=f"Number {number}")
            signed = agreement_signed("client", agreement_id(terms))
            h = int.from_bytes(hashlib.sha512(neutral + key + signed).digest(), "little") % Q
            if key == own or h % 8 == 0:
                break
        signature = neutral + (h * scalar % Q if key == own else 0).to_bytes(32, "little")
        given = {
            "terms": terms, "role": "client", "signature": signature, "signing_key": key,
            "sealing_key": CLIENT.public.sealing,
        }  # fmt: skip
        about = f"A signature that verifies where nobody looks for low order: {name}."
        yield Scenario("agreement_signature", name, about, "§2.2", given, "signature")


def full_order_scenarios() -> Iterator[Scenario]:
    """Sign with R = r * B and S = r, which no private key is needed for where h times the key is neutral (§2.2)."""
    r_point = CLIENT.public.signing
    r = int.from_bytes(hashlib.sha512(CLIENT.material[:32]).digest()[:32], "little") & ((1 << 254) - 8) | 1 << 254
    signature = r_point + (r % Q).to_bytes(32, "little")
    for n, y in enumerate(sorted(LOW_ORDER), 1):
        for sign, said in ((0, ""), (1, ", with the other sign")):
            key = (y | sign << 255).to_bytes(32, "little")
            for number in count():
                # Eight divides h before and after it is taken modulo the order, so no program's way to do it matters.
                terms = example_terms(title=f"Number {number}")
                signed = agreement_signed("client", agreement_id(terms))
                h = int.from_bytes(hashlib.sha512(r_point + key + signed).digest(), "little")
                if h % 8 == h % Q % 8 == 0:
                    break
            given = {
                "terms": terms, "role": "client", "signature": signature, "signing_key": key,
                "sealing_key": CLIENT.public.sealing,
            }  # fmt: skip
            about = f"A signature whose R has full order, by the key of low order number {n}{said}."
            name = f"R of full order, by the key of low order number {n}{said}"
            yield Scenario("agreement_signature", name, about, "§2.2", given, "signature")


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from identity_scenarios()
    yield from agreement_scenarios()
    yield from signature_scenarios()
