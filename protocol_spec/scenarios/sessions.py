"""Whole sessions, each side alone with what its peer sent (§5 to §9, §12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol_spec.answers.messages import FIELDS
from protocol_spec.answers.refusal import plain
from protocol_spec.answers.sessions import key_of, opened, side_of
from protocol_spec.reference import (
    AUDITOR,
    CLIENT,
    HEADER,
    SERVER,
    ZERO,
    Identifier,
    Identity,
    OwnList,
    OwnRow,
    Peer,
    RefusedError,
    Terms,
    agreement_id,
    agreement_signed,
    bucket,
    chunks,
    crockford,
    decode_message,
    encode_scalar,
    example_terms,
    lp,
    random_scalar,
    read_kind,
    strength,
)
from protocol_spec.scenarios.scenario import Scenario, stream
from protocol_spec.scenarios.sealing import hpke_seal

Given = dict[str, Any]
# What the peer does to its messages: the plaintext's message, and the length that it is filled to.
Change = Callable[[bytes, int], tuple[bytes, int]]
PARTIES = {"client": CLIENT, "server": SERVER}
OTHER = {"client": "server", "server": "client"}
TODAY = "2027-01-15"


@dataclass(frozen=True)
class Case:
    """Terms and two lists, from which two sides are made that draw what a label says."""

    label: str
    terms: Terms
    items: Mapping[str, Mapping[Identifier, str] | Sequence[OwnRow]]
    case_refs: Mapping[Identifier, str] = field(default_factory=dict)
    standing: Mapping[str, tuple[int, int, bytes]] = field(default_factory=dict)

    def side(self, role: str) -> Given:
        """Return the input of one side, without what it receives."""
        own, peer = PARTIES[role], PARTIES[OTHER[role]]
        sessions, charged, last_receipt = self.standing.get(role, (1, 0, ZERO))
        return {
            "role": role, "terms": self.terms, "signatures": signatures(self.terms), "today": TODAY,
            "identity_seed": own.seed, "peer": public(peer),
            "auditor": public(AUDITOR) if self.terms["auditor"] else None,
            "rows": [given_row(row) for row in self.rows(role)],
            "standing": {"sessions": sessions, "charged": charged, "last_receipt": last_receipt},
            "ledger_head": stream(f"{self.label} {role} ledger")(32),
            "random": self.random(role),
            "peer_secrets": {
                "identity_seed": peer.seed, "ephemeral_secret": self.random(OTHER[role])["ephemeral_secret"],
            },
        }  # fmt: skip

    def rows(self, role: str) -> list[OwnRow]:
        """Return the rows of a side."""
        items = self.items[role]
        if isinstance(items, Mapping):
            return [OwnRow([item], contact, self.case_refs.get(item, "")) for item, contact in items.items()]
        return list(items)

    def size(self, role: str) -> int:
        """Return the set size of a side."""
        return bucket(OwnList(self.rows(role)).places(), self.terms["max_items"])

    def random(self, role: str) -> Given:
        """Return what a side draws, by name."""
        draw, count = stream(f"{self.label} {role}"), len(OwnList(self.rows(role)).contacts)
        size = self.size(role)
        drawn: Given = {"ephemeral_secret": draw(96), "nonce": draw(32)}
        drawn["dummies"] = [draw(32) for _ in range(size - count)]
        drawn["order"] = sorted(range(size), key=lambda _: draw(16))
        if role == "client":
            drawn["blinds"] = [encode_scalar(random_scalar(draw)) for _ in range(size)]
        else:
            cut = chunks(self.size("client"))
            drawn |= {"key_seed": draw(32), "proof_nonces": [encode_scalar(random_scalar(draw)) for _ in cut]}
        if self.terms["auditor"]:
            drawn |= {"auditor_seed": draw(32), "owner_seed": draw(32), "salts": [draw(32) for _ in range(size)]}
        return drawn


def given_row(row: OwnRow) -> Given:
    """Return a row of the own list as a scenario has it."""
    identifiers = [given_item(item) for item in row.identifiers]
    return {"identifiers": identifiers, "contact": row.contact, "case_ref": row.case_ref}


def given_item(item: Identifier) -> Given:
    """Return an identifier as a scenario has it."""
    return {"kind": item[0], "version": item[1], "value": item[2]}


def public(party: Identity) -> Given:
    """Return a public identity as a scenario has it."""
    return {"signing_key": party.public.signing, "sealing_key": party.public.sealing}


def signatures(terms: Terms) -> Given:
    """Return both signatures under the terms."""
    return {role: party.sign(agreement_signed(role, agreement_id(terms))) for role, party in PARTIES.items()}


# Sealing draws at random, so what a scenario keeps is sealed again.


def kept(envelope: bytes, secrets: Given) -> bytes:
    """Return what stands in a scenario: the same plaintext to the same receiver, in bytes that are the same each time.

    An envelope that does not open stays as it is.
    """
    try:
        plaintext = opened(envelope, secrets)
    except RefusedError:
        return envelope
    head = envelope[:HEADER]
    return head + hpke_seal(key_of(envelope, secrets).public, lp(b"psimatch/1 seal") + head, plaintext)


# How two sides meet.


class Run:
    """Two references in one session; `inbox` has what each was sent, up to the first that it refused."""

    def __init__(
        self, case: Case, hostile: str = "", change: Change | None = None, more: Mapping[str, Given] | None = None
    ) -> None:
        self.given = {role: plain({**case.side(role), **(more or {}).get(role, {})}) for role in PARTIES}
        self.sides = {role: side_of(given) for role, given in self.given.items()}
        self.inbox: dict[str, list[bytes]] = {"client": [], "server": []}
        self.refused = ""
        self.stop_at: list[bytes] = []  # an envelope that is not delivered, nor anything after it
        if change is not None:
            spoil(self.sides[hostile], change)

    def deliver(self, role: str, envelopes: list[bytes]) -> None:
        """Hand envelopes to a side, as its peer sent them, and on with the answers."""
        secrets = self.given[OTHER[role]]["peer_secrets"]
        for envelope in envelopes:
            if envelope in self.stop_at:
                self.refused = "stopped"
                return
            self.inbox[role].append(kept(envelope, secrets))
            try:
                answer = self.sides[role].accept(envelope)
            except RefusedError as error:
                self.refused = error.reason
                return
            self.deliver(OTHER[role], answer)
            if self.refused:
                return

    def finish(self) -> Run:
        """Run until the end, or until a side refuses."""
        self.sides["server"].start()
        self.deliver("server", self.sides["client"].start())
        return self

    def input(self, role: str) -> Given:
        """Return the whole input of one side."""
        return {**self.given[role], "receive": self.inbox[role]}


def spoil(side: Peer, change: Change) -> None:
    """Let a side change its messages before it signs them."""
    channel = side.channel
    honest = channel.seal

    def seal(message: bytes, full: int = 0) -> bytes:
        return honest(*change(message, full))

    channel.seal = seal  # type: ignore[method-assign]


def steps_of(run: Run, role: str) -> Given:
    """Return the messages that a side sent, by field, for who looks for a mistake."""
    secrets = run.given[role]["peer_secrets"]
    sent = []
    for envelope in run.inbox[OTHER[role]]:
        plaintext = opened(envelope, secrets)
        length = int.from_bytes(plaintext[100:104], "big")
        kind, fields = decode_message(plaintext[104 : 104 + length])
        name, *names = FIELDS[kind]
        sent.append({"type": name, "fields": dict(zip(names, fields, strict=True))})
    return {"sent": sent}


# The cases.

BSN = [("nl-bsn", 1, value) for value in (b"123456782", b"111222333", b"999990019", b"042398769")]
ADDRESS: Identifier = ("nl-address", 1, b"9711AB 12")
AUDITED = crockford(AUDITOR.public.fingerprint, 52)


def listed(*items: Identifier, who: str = "") -> dict[Identifier, str]:
    """Return a list with a contact for each, or with none."""
    return {item: f"{who} {number}, 050 123 45 6{number}" if who else "" for number, item in enumerate(items)}


def person_terms(**changes: Any) -> Terms:
    """Return terms under which persons are compared, beside numbers."""
    return terms(kinds=["nl-bsn/1", "person/2"], max_items=24, max_evaluations=33_000, **changes)


def person(given: str, family: str, date: str) -> list[Identifier]:
    """Return the tokens of a person, the strongest first."""
    row = {"voornamen": given, "achternaam": family, "geboortedatum": date}
    return sorted(read_kind("person", row, person_terms()), key=strength)


def persons_that_share(who: str) -> list[OwnRow]:
    """Return two persons, whose birthdays have day and month exchanged: so they share one token, and have others."""
    dates = "2009-05-06", "2009-06-05"
    return [OwnRow(person("Sanne", "Berg", date), f"{who} {number}") for number, date in enumerate(dates)]


def person_cases() -> dict[str, Case]:
    """Return sessions of persons who are alike (§7.2 step 5)."""
    care, police = persons_that_share("care"), persons_that_share("police")
    both = [*care[0].identifiers, BSN[0]]
    return {
        "one person meets two": Case("one meets two", person_terms(), {"client": care[:1], "server": police}),
        "two persons meet one": Case("two meet one", person_terms(), {"client": care, "server": police[:1]}),
        "two persons meet two": Case("two meet two", person_terms(), {"client": care, "server": police[::-1]}),
        "a person by a weaker token": Case("weaker", person_terms(), {"client": care[:1], "server": police[1:]}),
        "two rows of one person": Case("two rows", person_terms(), {
            "client": [*care[:1], OwnRow(care[0].identifiers, "care again")], "server": police[:1]}),
        "a person with a number": Case("number", person_terms(), {
            "client": [OwnRow(both, "care")], "server": [OwnRow(both, "police")]}),
        "persons, only the client learns": Case("persons, client", person_terms(reveal="client", contact_size=0), {
            "client": [OwnRow(row.identifiers) for row in care], "server": [OwnRow(police[0].identifiers)]}),
        "persons, with an auditor": Case("persons, auditor", person_terms(auditor=AUDITED), {
            "client": care, "server": police[:1]}),
    }  # fmt: skip


def claim_scenarios() -> Iterator[Scenario]:
    """Choose what is claimed of what matches (§7.2 step 5)."""
    one, other = persons_that_share("desk")
    shared = [token for token in one.identifiers if token in other.identifiers]
    alone = [[token for token in row.identifiers if token not in shared] for row in (one, other)]
    again = OwnRow(one.identifiers, "desk 2")
    for name, rows, matched in (
        ("nothing", [one, other], []),
        ("all tokens of one person", [one], one.identifiers),
        ("a token that two persons share", [one, other], shared),
        ("a token that two persons share, and a stronger one of the first", [one, other], [*shared, alone[0][0]]),
        ("a token that two persons share, and a stronger one of the second", [one, other], [*shared, alone[1][0]]),
        ("all tokens of two persons who share one", [one, other], [*shared, *alone[0], *alone[1]]),
        ("two rows of one person", [one, again], one.identifiers),
        ("a number beside a person", [OwnRow([BSN[0], *one.identifiers], "desk")], [BSN[0], *one.identifiers]),
        ("a number of two rows", [OwnRow([BSN[0]], "desk 0"), OwnRow([BSN[0]], "desk 1")], [BSN[0]]),
    ):
        matches = [given_item(item) for item in matched]
        given = {"terms": person_terms(), "rows": [given_row(row) for row in rows], "matched": matches}
        yield Scenario("claims", name, f"What a client claims where there matches: {name}.", "§7.2, §8.1", given)


def cases() -> dict[str, Case]:
    """Return the sessions that the scenarios are of."""
    both = {"client": listed(*BSN[:3], who="care"), "server": listed(*BSN[1:], who="police")}
    bare = {"client": listed(*BSN[:3]), "server": listed(*BSN[1:])}
    mixed = {
        "client": listed(BSN[0], ADDRESS, ("text", 1, "Zoë".encode()), who="care"),
        "server": listed(("text", 1, "Zoë".encode()), ADDRESS, ("phone", 1, b"+31501234567"), who="police"),
    }
    later = {"client": (7, 40, b"\x31" * 32), "server": (2**40, 2**53 - 1, b"\x32" * 32)}
    no_contact = {"contact_size": 0}
    refs = {BSN[0]: "2027-0001", BSN[1]: "dossier 7/ü", BSN[2]: "77"}
    return {
        "both learn two matches, with contacts": Case("both", terms(), both, standing=later),
        "both learn two matches, without contacts": Case("bare", terms(**no_contact), bare),
        "only the client learns": Case("client", terms(reveal="client", **no_contact), bare),
        "nothing in common": Case("nothing", terms(), {
            "client": listed(BSN[0], who="care"), "server": listed(BSN[3], who="police")}),
        "the client's list is empty": Case("empty client", terms(), {"client": {}, "server": both["server"]}),
        "the server's list is empty": Case("empty server", terms(), {"client": both["client"], "server": {}}),
        "both lists are empty": Case("empty", terms(max_items=1, max_evaluations=1), {"client": {}, "server": {}}),
        "all places are used, all match": Case("full", terms(max_items=3), {
            "client": both["client"], "server": listed(*BSN[2::-1], who="police")}),
        "several kinds": Case("kinds", terms(
            kinds=["nl-address/1", "nl-bsn/1", "phone/1", "text/1"], phone_region="NL"), mixed),
        "one value of two kinds is no match": Case("two kinds", terms(kinds=["nl-bsn/1", "text/1"]), {
            "client": listed(BSN[0], who="care"), "server": listed(("text", 1, BSN[0][2]), who="police")}),
        "with an auditor": Case("auditor", terms(auditor=AUDITED), both, refs),
        "with an auditor, only the client learns": Case("auditor, client", terms(
            auditor=AUDITED, reveal="client", **no_contact), bare, refs),
        **person_cases(),
    }  # fmt: skip


def terms(**changes: Any) -> Terms:
    """Return the terms of the sessions here."""
    return example_terms(**{"max_items": 4, "contact_size": 32, **changes})


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from claim_scenarios()
    for name, case in cases().items():
        run = Run(case).finish()
        for role in PARTIES:
            about = f"The {role}'s side of a whole session: {name}."
            given = run.input(role)
            yield Scenario("session", f"{role}, {name}", about, "§5 to §9", given, steps=steps_of(run, role))
