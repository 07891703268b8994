"""What a party's own ledger grants, session by session, and what it appends (§7.4, §11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol_spec.reference import (
    CLIENT,
    DAY,
    SERVER,
    ZERO,
    Identity,
    Terms,
    agreement_id,
    crockford,
    example_terms,
    first_second,
    i2osp,
    pack,
    receipt_digest,
    receipt_signed,
)
from protocol_spec.scenarios.scenario import Scenario, stream
from protocol_spec.scenarios.sessions import Given, public

MORNING = first_second("2027-01-15") + 9 * 3600
NEW_KEYS, THIRD = Identity(b"\x0e" * 32), Identity(b"\x0d" * 32)
Told = tuple[int, int, bytes]
# The first and last variation selectors of each block, and others.
SHOWS_AS_NOTHING = "\ufe00\ufe0f\U000e0100\U000e01ef\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\uffa0\U0001d159"


class Story:
    """Steps with the server's ledger, or the client's, on a clock that goes on."""

    def __init__(self, keeper: str = "server", /, **agreements: Terms) -> None:
        self.keeper, self.time, self.number = keeper, MORNING, 0
        self.agreements = {"first": example_terms(), **agreements}
        self.peers: list[Given] = []
        self.steps: list[Given] = []
        self.wanted: list[str] = []
        self.draw = stream(f"own ledger {keeper}")

    def step(self, do: str, refused: str = "", under: str = "first", peer: Identity | None = None, **more: Any) -> None:
        """Add a step that is refused in a class, or granted."""
        other = public(peer or (CLIENT if self.keeper == "server" else SERVER))
        if other not in self.peers:
            self.peers.append(other)
        places = {"agreement": list(self.agreements).index(under), "peer": self.peers.index(other)}
        if do in ("open", "admit"):
            more = {"set_size": 8, **more}
        self.steps.append({"do": do, "time": self.time, **places, **more})
        self.wanted.append(refused)

    def admit(
        self, told: Told, refused: str = "", *, again: bool = False, size: int = 8, role: str = "", **where: Any
    ) -> bytes:
        """Admit the peer in a new session, or with the Hello before; return the session."""
        self.number += not again
        session, hello = i2osp(self.number, 32), i2osp(1000 + self.number, 32)
        names = ("sessions", "charged", "last_receipt")
        asked: Given = {
            "session": session,
            "hello": hello,
            "told": dict(zip(names, told, strict=True)),
            "evaluations": size,
        }
        self.step("admit", refused, role=role or self.keeper, **asked, **where)
        return session

    def charge(self, session: bytes, refused: str = "", size: int = 8, **where: Any) -> None:
        """Charge the peer for a session."""
        self.step("charge", refused, session=session, evaluations=size, salt=self.draw(32), **where)

    def finish(self, session: bytes, alone: bool = False, sizes: tuple[int, int] = (8, 8)) -> bytes:
        """Record the receipt of a session: with the own signature, then with both; return its digest."""
        known = agreement_id(self.agreements["first"])
        body = pack([session, known, ZERO, ZERO, *sizes, i2osp(1, 4), ZERO, ZERO])
        roles = {"client": CLIENT, "server": SERVER}
        own = roles[self.keeper].sign(receipt_signed(self.keeper, body))
        other = "client" if self.keeper == "server" else "server"
        theirs = roles[other].sign(receipt_signed(other, body))
        told: Given = {"session": session, "body": body, "signature": own}
        if self.keeper == "client":
            self.step("receipt", **told, peer_signature=b"", matches=-1)
        if not alone:
            self.step("receipt", **told, peer_signature=theirs, matches=1)
        return receipt_digest(body)

    def session(self, told: Told, **where: Any) -> bytes:
        """Admit and charge the peer, and finish; return the digest of the receipt."""
        if self.keeper == "client":
            self.step("open", **where)
        session = self.admit(told, **where)
        self.charge(session, **where)
        self.time += 60
        return self.finish(session)

    def scenario(self, name: str, section: str) -> Scenario:
        """Return the scenario, whose steps must be refused as they were said to be."""
        keeper = {"client": CLIENT, "server": SERVER}[self.keeper]
        given = {
            "seed": keeper.seed, "name": "Keeper", "operator": "Zoë", "time": MORNING,
            "agreements": list(self.agreements.values()), "peers": self.peers, "steps": self.steps,
        }  # fmt: skip
        about = f"The {self.keeper}'s own ledger: {name}."
        made = Scenario("own_ledger", f"{self.keeper}, {name}", about, section, given)
        refusals = [answer.get("refused", "") for answer in made.content()["expect"]["output"]["answers"]]
        if refusals != self.wanted:
            raise SystemExit(f"{made.file}: {refusals}, and not {self.wanted}")
        return made


def sessions_of_a_server() -> Scenario:
    """Sessions one after another, and what an old or another Hello asks for."""
    story = Story(other=example_terms(title="Another"))
    one = story.session((1, 0, ZERO))
    story.admit((2, 8, one), "replayed", again=True)
    story.admit((1, 8, one), "standing")
    story.admit((2, 7, one), "standing")
    story.admit((2, 8, b"\x77" * 32), "standing")
    story.admit((2, 8, ZERO), "")
    story.step("abort", session=i2osp(story.number, 32), reason="cancelled")
    session = story.admit((3, 8, one))
    story.charge(session, "ledger", under="other")
    story.charge(session)
    story.charge(session, "ledger")
    story.charge(b"\x5e" * 32, "ledger")
    story.finish(session)
    story.step("abort", session=b"", reason="no answer")
    story.admit((4, 15, one), "standing")
    story.admit((4, 16, one))
    return story.scenario("sessions one after another", "§7.4, §11.2, §11.3")


def sessions_of_a_client() -> Scenario:
    """Refuse a standing, then all until somebody acknowledges it, and take the next as it is."""
    story = Story("client")
    one = story.session((1, 0, ZERO))
    story.step("open")
    story.admit((1, 8, one), "standing")
    story.admit((2, 8, one), "standing")
    story.step("open")
    story.admit((9, 80, one), "standing")
    story.step("acknowledge", reason="Their disk was lost; told by telephone.")
    story.step("open")
    story.admit((1, 0, b"\x66" * 32))
    story.step("open")
    story.admit((1, 0, b"\x66" * 32), "standing")
    story.step("acknowledge", reason="Once more.")
    session = story.admit((2, 0, b"\x66" * 32))
    story.charge(session)
    story.finish(session, alone=True)
    story.step("open")
    story.admit((3, 0, receipt_of(story)))
    return story.scenario("a standing that is refused, and acknowledged", "§11.3")


def sizes_that_differ(keeper: str) -> Scenario:
    """Hold the peer's next standing against the own set size in the receipt, not against the peer's."""
    story = Story(keeper)

    def opened() -> None:
        if keeper == "client":
            story.step("open")

    opened()
    session = story.admit((1, 0, ZERO), size=5)
    story.charge(session, size=5)
    one = story.finish(session, sizes=(8, 5) if keeper == "client" else (5, 8))
    if keeper == "server":
        story.admit((2, 5, one), "standing")
        story.admit((2, 7, one), "standing")
    opened()
    session = story.admit((2, 8, one), size=8)
    story.charge(session, size=8)
    two = story.finish(session, sizes=(3, 8) if keeper == "client" else (8, 3))
    opened()
    story.admit((3, 11, two))
    return story.scenario("sets of two sizes", "§11.3 step 2")


def refused_in_both_roles() -> Scenario:
    """Refuse as the server too what was refused, and recorded, as the client."""
    known = example_terms()
    story = Story("client", turned=example_terms(client=known["server"], server=known["client"]))
    one = story.session((1, 0, ZERO))
    story.admit((2, 8, one), "", under="turned", role="server")
    story.step("open")
    story.admit((2, 8, one), "standing")
    story.admit((9, 80, one), "standing", under="turned", role="server")
    story.admit((9, 80, one), "standing")
    story.step("acknowledge", under="turned", reason="Told by telephone.")
    story.admit((3, 8, one), "", under="turned", role="server")
    # A server records no refusal.
    story.admit((3, 8, one), "standing", under="turned", role="server")
    story.admit((4, 8, one), "", under="turned", role="server")
    return story.scenario("a refusal that holds in both roles", "§11.3")


def signed_alone() -> Scenario:
    """Take a receipt that has the own signature alone as known, and tell it to nobody."""
    story = Story("client")
    story.step("open")
    session = story.admit((1, 0, ZERO))
    story.charge(session)
    alone = story.finish(session, alone=True)
    story.step("open")
    story.admit((2, 0, alone))
    story.step("open")
    story.admit((3, 0, ZERO), "standing")
    return story.scenario("a receipt that has the own signature alone", "§11.3 step 3")


def receipt_of(story: Story) -> bytes:
    """Return the digest of the last receipt of a story."""
    return receipt_digest(next(step["body"] for step in reversed(story.steps) if step["do"] == "receipt"))


def withdrawals() -> Iterator[Scenario]:
    """Agreements that either side withdraws, before the admission or after it."""
    for by in ("self", "peer"):
        story = Story(other=example_terms(title="Another"))
        session = story.admit((1, 0, ZERO))
        story.step("withdraw", by=by)
        story.charge(session, "withdrawn")
        story.admit((2, 0, ZERO), "withdrawn")
        story.admit((2, 0, ZERO), "", under="other")
        yield story.scenario(f"withdrawn by {by}", "§11.1 step 1")


def clock() -> Scenario:
    """Let a clock go back: up to two minutes it counts as the time of the last entry."""
    story = Story()
    session = story.admit((1, 0, ZERO))
    story.time = MORNING - 120
    story.charge(session)
    story.time = MORNING - 121
    story.admit((2, 0, ZERO), "ledger")
    story.step("withdraw", "ledger", by="self")
    story.time = MORNING - 60
    story.admit((2, 0, ZERO))
    story.time = MORNING + 1
    story.admit((3, 0, ZERO))
    story.time = MORNING - 119
    story.step("abort", session=i2osp(story.number, 32), reason="cancelled")
    story.time = MORNING - 120
    story.admit((4, 0, ZERO), "ledger")
    return story.scenario("a clock that goes back", "§11.2")


def accepted_clocks() -> Scenario:
    """Accept a clock after one that was ahead, and one far ahead: what was charged stays in the sum."""
    limits = {"max_items": 8, "max_evaluations": 40, "sessions_per_day": 2, "minutes_between_sessions": 10}
    first = example_terms(**limits, valid_until="2031-12-31")
    story = Story(first=first, longer=example_terms(**limits, title="Longer", valid_until="2032-12-31"))
    story.step("accept clock", "ledger", reason="Nothing is wrong.")
    story.time += 399 * DAY
    session = story.admit((1, 0, ZERO))
    story.charge(session)
    story.time += 3600
    session = story.admit((2, 0, ZERO))
    story.charge(session)
    story.time = MORNING + 60
    story.admit((3, 0, ZERO), "ledger")
    story.step("acknowledge", "ledger", reason="It says less.")
    story.step("accept clock", reason="The clock was a year ahead.")
    story.step("accept clock", "ledger", reason="Again.")
    # The last charge counts as made when the clock was accepted.
    story.time += 599
    story.admit((3, 0, ZERO), "budget")
    story.time += 1
    session = story.admit((3, 0, ZERO))
    story.charge(session)
    # Charges under the clock that was ahead are not of this day, but in the sum.
    story.time += 3600
    session = story.admit((4, 0, ZERO), under="longer")
    story.charge(session, under="longer")
    story.time += 3600
    story.admit((5, 0, ZERO), "budget")
    story.time += DAY
    story.admit((5, 0, ZERO), "budget", size=9)
    session = story.admit((5, 0, ZERO), size=7)
    story.charge(session, size=7)
    for days in (401, -401):
        story.time += days * DAY
        story.admit((6, 0, ZERO), "ledger")
        story.step("accept clock", reason="The clock is right.")
        story.time += 1000
        story.admit((6, 0, ZERO), "budget", size=2)
    story.time += 400 * DAY - 1000
    session = story.admit((6, 0, ZERO), size=1)
    story.charge(session, size=1)
    story.admit((7, 0, ZERO), "budget", size=1)
    story.time += 400 * DAY + 1
    story.admit((7, 0, ZERO), "ledger")
    return story.scenario("clocks that an operator accepts", "§11.2")


def renewals() -> Scenario:
    """Agreements that renew others, of the same party or of another, known or not."""
    known = example_terms()
    renewing = {"predecessor": crockford(agreement_id(known), 52)}
    keys = {"client": {"name": "Care institution", "fingerprint": crockford(NEW_KEYS.public.fingerprint, 52)}}
    renewed, unknown = example_terms(**renewing, **keys), example_terms(predecessor=crockford(b"\x12" * 32, 52))
    third = example_terms(client={"name": "Third", "fingerprint": crockford(THIRD.public.fingerprint, 52)})
    stolen = example_terms(predecessor=crockford(agreement_id(third), 52))
    following = example_terms(title="Next", **keys)
    story = Story(renewed=renewed, unknown=unknown, next=following, third=third, stolen=stolen)
    one = story.session((1, 0, ZERO))
    story.admit((2, 8, one), "standing", under="unknown")
    story.step("acknowledge", under="unknown", reason="They renew an agreement on paper.")
    story.session((2, 8, one), under="unknown")
    story.admit((1, 0, ZERO), "standing", under="next", peer=NEW_KEYS)
    session = story.admit((1, 0, ZERO), under="renewed", peer=NEW_KEYS)
    story.charge(session, under="renewed", peer=NEW_KEYS)
    session = story.admit((2, 0, ZERO), under="next", peer=NEW_KEYS)
    story.charge(session, under="next", peer=NEW_KEYS)
    # Another party, whose agreement the first claims to renew.
    story.session((1, 0, ZERO), under="third", peer=THIRD)
    story.admit((3, 16, one), "standing", under="stolen")
    return story.scenario("renewals, and keys that are new", "§11.1")


def names() -> Scenario:
    """Names that read as that of a known party, and others."""
    alike = (
        "CARE INSTITUTION", "care  institution", "Care\ufe0f institution", "Ｃare institution",
        "Care\u034f institution",
        *(f"Care{character} institution" for character in SHOWS_AS_NOTHING),
        "Care \u115finstitution", "Care institution\u3164", "Care \u2800institution",
    )  # fmt: skip
    other = ("Care institutions", "Careinstitution", "Cáre institution", "Care-institution")
    agreements: dict[str, Terms] = {}
    for number, name in enumerate((*alike, *other)):
        party = {"name": name, "fingerprint": crockford(Identity(i2osp(100 + number, 32)).public.fingerprint, 52)}
        agreements[f"as {number}"] = example_terms(client=party)
    story = Story(**agreements)
    story.session((1, 0, ZERO))
    for number in range(len(alike) + len(other)):
        refused = "standing" if number < len(alike) else ""
        peer = Identity(i2osp(100 + number, 32))
        story.admit((1, 0, ZERO), refused, under=f"as {number}", peer=peer)
    story.step("acknowledge", under="as 0", peer=Identity(i2osp(100, 32)), reason="A new machine.")
    story.admit((1, 0, ZERO), "", under="as 0", peer=Identity(i2osp(100, 32)))
    return story.scenario("names that read alike", "§11.1")


def budgets() -> Scenario:
    """Charges under agreements that overlap, follow and renew one another."""
    limits = {"max_items": 8, "max_evaluations": 20, "sessions_per_day": 2, "minutes_between_sessions": 2}
    first = example_terms(**limits, valid_until="2027-01-31")
    beside = example_terms(**limits, title="Beside", valid_from="2027-01-31")
    after = example_terms(**limits, title="After", valid_from="2027-02-01")
    renewed = example_terms(**limits, valid_from="2027-02-01", predecessor=crockford(agreement_id(first), 52))
    story = Story(first=first, beside=beside, after=after, renewed=renewed)
    session = story.admit((1, 0, ZERO))
    story.charge(session, "budget", size=21)
    story.charge(session)
    story.time += 119
    story.admit((2, 0, ZERO), "budget")
    story.time += 1
    session = story.admit((2, 0, ZERO))
    story.charge(session)
    story.time += 3600
    story.admit((3, 0, ZERO), "budget", size=1)
    story.time += DAY
    story.admit((3, 0, ZERO), "budget", size=5)
    story.admit((3, 0, ZERO), "budget", size=5, under="beside")
    story.admit((3, 0, ZERO), "budget", size=5, under="renewed")
    story.time += 20 * DAY
    session = story.admit((3, 0, ZERO), size=8, under="after")
    story.charge(session, under="after")
    story.admit((2, 0, ZERO), "standing", size=99, under="after")
    return story.scenario("budgets of several agreements", "§11.1")


def own_sizes(keeper: str) -> Scenario:
    """Record each larger own set, and refuse a smaller one under the same agreement."""
    story = Story(keeper, other=example_terms(title="Another"))
    for size, refused, under in ((4, "", "first"), (8, "", "first"), (6, "ledger", "first"), (8, "", "first"),
                                 (6, "", "other"), (4, "ledger", "other")):  # fmt: skip
        if keeper == "client":
            story.step("open", refused, under, set_size=size)
        else:
            story.admit((story.number + 1, 0, ZERO), refused, under=under, set_size=size)
    return story.scenario("own sets that grow and shrink", "§8.1, §11.2")


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield sessions_of_a_server()
    yield sessions_of_a_client()
    yield from withdrawals()
    for keeper in ("client", "server"):
        yield sizes_that_differ(keeper)
        yield own_sizes(keeper)
    yield refused_in_both_roles()
    yield signed_alone()
    yield clock()
    yield accepted_clocks()
    yield renewals()
    yield names()
    yield budgets()
