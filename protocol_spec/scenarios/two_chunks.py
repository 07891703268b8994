"""Sessions whose sets have 2,049 identifiers, one more than a chunk, and their audits (§5.3, §5.4, §8.2, §12.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from protocol_spec.reference import (
    BASE,
    BLINDED,
    CLAIMS,
    EVALUATED,
    TAGS,
    ZERO,
    encode_element,
    i2osp,
    pack,
    prove_chunk,
    session_key,
    split,
    unpack,
)
from protocol_spec.scenarios import two_chunk_audits
from protocol_spec.scenarios.attacks import NAMES
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import PARTIES, Case, Given, Run, kept, listed, terms
from protocol_spec.scenarios.wrong_messages import Fields, Spoil, field

NUMBER = 2049
ONE = i2osp(1, 32)[::-1]
G = encode_element(BASE)


class QuickCase(Case):
    """A case in which most blinds are 1: the reference takes a millisecond for each other one, three times over."""

    def random(self, role: str) -> Given:
        """Return what a side draws, with real blinds at each 256th place: the first, ... and the one of chunk 1."""
        drawn = super().random(role)
        if role == "client":
            drawn["blinds"] = [blind if place % 256 == 0 else ONE for place, blind in enumerate(drawn["blinds"])]
        return drawn


def case(label: str, client: int, server: int) -> Case:
    """Return two lists of so many texts; what one has too the other has first."""
    items = {
        role: listed(*(("text", 1, b"%d" % n) for n in range(number)))
        for role, number in (("client", client), ("server", server))
    }
    return QuickCase(label, terms(kinds=["text/1"], max_items=NUMBER, contact_size=0), items)


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a message in the place of the honest one, and how much zero-filled it is beyond it."""

    name: str
    spoil: Spoil
    refused: str
    more: int = 0


# By type and chunk: wrong in its place.
WRONG: dict[tuple[int, int], Sequence[Wrong]] = {
    (TAGS, 0): (Wrong("the last too early", field(1, True), "count"),),
    (TAGS, 1): (
        Wrong("the last tag of the first chunk again", lambda m: [*m[:2], LAST[TAGS]], "tags"),
        Wrong("a tag below those of the first chunk", field(2, bytes(16)), "tags"),
        Wrong("not the last", field(1, False), "count"),
        Wrong("no tags", field(2, b""), "count"),
        Wrong("a tag too many", field(2, lambda tags: tags + b"\xff" * 16), "count"),
    ),
    (BLINDED, 0): (Wrong("a commitment to no more", field(1, ZERO), "commitment"),),
    (BLINDED, 1): (
        Wrong("another element than was committed to", field(2, G), "commitment"),
        Wrong("a commitment to a third chunk", field(1, b"\x01" * 32), "commitment"),
        Wrong("an element too many", field(2, lambda elements: elements + G), "count"),
        Wrong("no elements", field(2, b""), "count"),
        Wrong("a root without an auditor", field(3, ZERO), "message"),
    ),
    (EVALUATED, 1): (
        Wrong("another element", field(1, G), "proof"),
        Wrong("proved as the first chunk", lambda m: [*m[:2], proof_as_first(m)], "proof"),
        Wrong("an element too many", field(1, lambda elements: elements + G), "count"),
        Wrong("no elements", field(1, b""), "count"),
    ),
    (CLAIMS, 1): (
        Wrong("the last claim of the first chunk again", lambda m: [*m[:2], LAST[CLAIMS], m[3]], "claim"),
        Wrong("a claim of no tag", field(2, b"\xff" * 16), "claim"),
        Wrong("not the last", field(1, False), "count"),
        Wrong("no claim, where one chunk had sufficed", field(2, b""), "count", 16),
        Wrong("filled too far", lambda m: m, "message", 16),
    ),
}  # fmt: skip
# The last item of the first chunk, while a run is made.
LAST: dict[int, bytes] = {}
EVALUATION: dict[str, Any] = {}


def proof_as_first(fields: Fields) -> bytes:
    """Prove the second chunk in the context of the first."""
    elements = EVALUATION["blinded"]
    made: bytes = prove_chunk(
        EVALUATION["key"], EVALUATION["session"] + i2osp(0, 4), split(elements, 32), split(fields[1], 32), 7
    )
    return made


class Alternatives:
    """A whole run in which each side seals, beside a message, those that could be sent in its place.

    `found` has them by type and chunk, with the number of envelopes that came before.
    """

    def __init__(self, run_case: Case, wanted: Collection[tuple[int, int]]) -> None:
        self.run, self.wanted = Run(run_case), wanted
        self.found: dict[tuple[int, int], tuple[int, list[bytes]]] = {}
        self.seen: Counter[int] = Counter()
        for role in PARTIES:
            self.watch(role)
        self.run.finish()

    def watch(self, role: str) -> None:
        """Let a side seal wrong messages before each honest one."""
        channel = self.run.sides[role].channel
        honest = channel.seal

        def seal(message: bytes, full: int = 0) -> bytes:
            kind, *fields = unpack(message)
            place = kind, self.seen[kind]
            self.seen[kind] += 1
            self.remember(kind, fields)
            if place in self.wanted:
                self.found[place] = (
                    len(channel.sent),
                    [self.instead(role, each.spoil([kind, *fields]), full + each.more) for each in WRONG[place]],
                )
            return honest(message, full)

        self.honest = {**getattr(self, "honest", {}), role: honest}
        channel.seal = seal  # type: ignore[method-assign]

    def instead(self, role: str, message: Fields | bytes, full: int) -> bytes:
        """Seal another message, and forget that."""
        channel = self.run.sides[role].channel
        before = [*channel.sent], [*channel.messages], channel.evaluated
        envelope: bytes = self.honest[role](pack(message), full)
        channel.sent, channel.messages, channel.evaluated = before
        return kept(envelope, self.run.given[role]["peer_secrets"])

    def remember(self, kind: int, fields: Fields) -> None:
        """Keep what the wrong messages are made of."""
        if kind in (TAGS, CLAIMS):
            LAST.setdefault(kind, b"")
            LAST[kind] = LAST[kind] if self.seen[kind] > 1 else fields[1][-16:]
        if kind == BLINDED:
            channel, seed = self.run.sides["server"].channel, self.run.given["server"]["random"]["key_seed"]
            key = session_key(bytes.fromhex(seed), channel.agreement, channel.session)
            EVALUATION.update(key=key, session=channel.session, blinded=fields[1])


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    whole = Alternatives(case("two chunks", NUMBER, NUMBER), [(CLAIMS, 1)])
    for role in PARTIES:
        about = f"The {role}'s side of a whole session of two chunks: 2,049 identifiers a side, all in both lists."
        given = whole.run.input(role)
        yield Scenario("session", f"two chunks, {role}", about, "§5.3, §5.4, §8.2", given)
    yield from out_of_chunk(whole)
    # Where one list is empty its set is of 1,024 dummies, and the files are shorter.
    yield from out_of_chunk(Alternatives(case("two chunks of tags", 0, NUMBER), [(TAGS, 0), (TAGS, 1)]))
    others = [(BLINDED, 0), (BLINDED, 1), (EVALUATED, 1)]
    yield from out_of_chunk(Alternatives(case("two chunks of elements", NUMBER, 0), others))
    yield from two_chunk_audits.scenarios()


def out_of_chunk(made: Alternatives) -> Iterator[Scenario]:
    """Return a scenario for each place in which a run had wrong messages."""
    for (kind, number), (at, then) in made.found.items():
        victim, which = "server" if kind in (BLINDED, CLAIMS) else "client", ("first", "second")[number]
        given = made.run.input(victim)
        given |= {"receive": given["receive"][:at], "then": then}
        ways = "; ".join(each.name for each in WRONG[kind, number])
        about = f"The {victim} awaits the {which} chunk of {NAMES[kind]}, and gets it wrong: {ways}."
        scenario = Scenario(
            "out_of_place", f"two chunks, {victim} awaits the {which} {NAMES[kind]}", about, "§5.3, §5.4, §8.2", given
        )
        check_classes(scenario, [each.refused for each in WRONG[kind, number]])
        yield scenario


def check_classes(scenario: Scenario, classes: Sequence[str]) -> None:
    """Check that each wrong message is refused for what is wrong with it."""
    refusals = scenario.content()["expect"]["output"]["refusals"]
    if [each["refused"] for each in refusals] != classes:
        raise SystemExit(f"{scenario.file}: the reference refuses as {refusals}")
