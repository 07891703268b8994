"""Two lists that differ in what does not match, also in how much of it, give one transcript but for uniform bytes."""

import contextlib

import pytest
from ledger_sessions import Clock, finish
from sessions import CARE, POLICE, make_agreement
from transcripts import transcript
from uniformity import SkewedError

from psimatch.client import ClientSession
from psimatch.identifiers import RULES, Identifier, nl_bsn, person, text
from psimatch.ledger import Ledger
from psimatch.parameters import LIMITS, Role
from psimatch.submission import Submission, SubmittedRow
from psimatch.terms import Reveal

COMMON = [text("in both"), text("too")]
FEW, MANY = [text("x")], [text(f"other {n}") for n in range(5)]
PERSON_TERMS = {"kinds": ("person/2",), "max_items": 64, "max_evaluations": 6_400}


def persons(*names):
    return [
        SubmittedRow(person({"voornamen": name, "achternaam": "Berg", "geboortedatum": "2009-04-25"})) for name in names
    ]


# What both lists have; what the one has beside it, in two variants; terms.
CASES = {
    "contacts": (COMMON, FEW, MANY, {}),
    "no match": ([], FEW, MANY, {}),
    "no other": (COMMON, [], MANY, {}),
    "no contacts": (COMMON, FEW, MANY, {"contact_size": 0}),
    "client": (COMMON, FEW, MANY, {"reveal": Reveal.CLIENT}),
    "auditor": (COMMON, FEW, MANY, {"audited": True}),
    "auditor, client": (COMMON, FEW, MANY, {"audited": True, "reveal": Reveal.CLIENT}),
    "chunks": (COMMON, FEW, MANY, {"chunk": 3}),
    "chunks, auditor": (COMMON, FEW, MANY, {"chunk": 3, "audited": True}),
    "chunks, client": (COMMON, FEW, MANY, {"chunk": 3, "reveal": Reveal.CLIENT}),
    "kinds": (
        COMMON,
        [nl_bsn("111222333")],
        [*FEW, *map(nl_bsn, ("000000012", "000000024", "000000036", "000000048", "000000061"))],
        {"kinds": ("nl-bsn/1", "text/1")},
    ),
    "persons": (persons("Sanne"), persons("Tim"), persons("Noah", "Mohammed"), PERSON_TERMS),
}  # fmt: skip


def differing(name, role, prepare=lambda *_: None, **changed):
    """The facts of two sessions: one side's list differs in what the other has not."""
    common, one, other, terms = CASES[name]
    if name == "persons":
        peer = [*common, *persons("Emma")]
    else:
        peer = [*common, Identifier(common[0].kind, 1, common[0].value + b"z")] if common else [text("peer")]
    facts = []
    for rest in (one, other):
        own = [*common, *rest]
        lists = (own, peer) if role is Role.CLIENT else (peer, own)
        facts.append(transcript(*lists, prepare=prepare, **{**terms, **changed}).facts)
    return facts


def assert_same(facts):
    one, other = facts
    for left, right in zip(one, other, strict=True):
        if left != right:
            raise SkewedError(f"{left} and {right}")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", CASES)
def test_nothing_shows_what_does_not_match(name, role):
    assert_same(differing(name, role))


@contextlib.contextmanager
def small_bucket(items):
    """Let buckets and slots be of several sizes from so many on, as they are from 1,024 on."""
    before = LIMITS.small_bucket
    object.__setattr__(LIMITS, "small_bucket", items)
    try:
        yield
    finally:
        object.__setattr__(LIMITS, "small_bucket", before)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ["contacts", "client", "chunks", "chunks, client"])
def test_a_large_list_shows_its_bucket_alone(name, role):
    facts = []
    with small_bucket(4):
        for count in (33, 36):
            own = [*COMMON, *(text(f"{count}/{n}") for n in range(count - 2))]
            lists = (own, COMMON) if role is Role.CLIENT else (COMMON, own)
            facts.append(transcript(*lists, max_items=64, **CASES[name][3]).facts)
    assert_same(facts)


def test_a_large_list_is_seen_to_grow_out_of_its_bucket():
    with small_bucket(4), pytest.raises(SkewedError):
        assert_same([transcript([text(f"{n}") for n in range(count)], COMMON, max_items=64).facts for count in (7, 9)])


@pytest.mark.parametrize("reserved", [False, True])
def test_a_set_shows_no_token_that_a_person_lacks(reserved, monkeypatch):
    """With places reserved for all rules, little known of a person gives the same set as much known."""
    if not reserved:
        monkeypatch.setattr(Submission, "places", property(lambda self: self.count))
    much = persons("Sanne")
    little = [SubmittedRow(much[0].identifiers[:1])]
    assert len(much[0].identifiers) == len(RULES)
    with small_bucket(2):
        facts = [transcript(rows, persons("Tim"), **PERSON_TERMS).facts for rows in (much, little)]
    if reserved:
        assert_same(facts)
    else:
        with pytest.raises(SkewedError):
            assert_same(facts)


# How many match, and which: hidden from who records the traffic.


def shapes_of_matches(chunk=None, prepare=lambda *_: None, bucket=8, **changed):
    """What goes over the wire where 0, 1, 3 or 8 of 8 identifiers match."""
    words = [text(f"word {n}") for n in range(8)]
    lists = [[*words[:count], *(text(f"else {n}") for n in range(8 - count))] for count in (0, 1, 3, 8)]
    return [
        [(role, name, size) for role, name, size, *_ in transcript(words, other, chunk=chunk, max_items=bucket, prepare=prepare, **changed).shape]
        for other in lists
    ]  # fmt: skip


def assert_all_same(shapes):
    if any(shape != shapes[0] for shape in shapes):
        raise SkewedError("the traffic shows how many matches there are")


@pytest.mark.parametrize("reveal", Reveal)
@pytest.mark.parametrize("chunk", [None, 3])
def test_traffic_does_not_show_how_many_match(reveal, chunk):
    assert_all_same(shapes_of_matches(chunk, reveal=reveal))


def test_traffic_shows_a_large_number_of_matches_to_a_power_of_two():
    """§8.2: this is what slots leave."""
    words = [text(f"word {n}") for n in range(16)]
    claims = []
    with small_bucket(4):
        for count in range(17):
            peer = [*words[:count], *(text(f"else {n}") for n in range(16 - count))]
            shape = transcript(words, peer, max_items=16, chunk=2).shape
            claims.append(sum(name == "Claims" for _, name, *_ in shape))
    assert claims == [2] * 5 + [4] * 4 + [8] * 8


@pytest.mark.parametrize("role", Role)
def test_traffic_does_not_show_which_match(role):
    words = [text(f"word {n}") for n in range(8)]
    shapes = []
    for matching in ([0, 1, 2], [5, 6, 7], [0, 3, 7]):
        peer = [word if n in matching else text(f"else {n}") for n, word in enumerate(words)]
        lists = (words, peer) if role is Role.CLIENT else (peer, words)
        shapes.append(transcript(*lists, chunk=3).facts)
    assert_all_same(shapes)


def test_traffic_does_not_show_how_long_anything_is():
    """Identifiers, contacts and case references of any length."""
    long = [text("y" * 900), text("z" * 300)]
    assert_same([transcript([*COMMON, *rest], COMMON, audited=False).facts for rest in (FEW, long)])
    assert_same(
        [transcript(COMMON, COMMON, contacts=contacts).facts for contacts in (("d", "u"), ("d" * 48, "u" * 40))]
    )


# What the peer's own ledger keeps of it.


def is_uniform(value):
    """Whether a field is a digest, an id or a signature, in hex."""
    return isinstance(value, str) and len(value) >= 64 and not set(value) - set("0123456789abcdef")


def ledger_of_peer(role, words, folder):
    """All that the peer of `role` has written down when a session is over, but digests, ids and signatures."""
    folder.mkdir()
    clock = Clock()
    made = [Ledger(folder / name, identity, clock=clock) for name, identity in (("care", CARE), ("police", POLICE))]
    lists = {"care": words, "police": "ab"} if role is Role.CLIENT else {"care": "ab", "police": words}
    result = finish(make_agreement(), made, **lists)[role is Role.CLIENT]
    shown = [
        (entry.number, entry.kind, {name: value for name, value in entry.fields.items() if not is_uniform(value)})
        for entry in made[role is Role.CLIENT].entries()
    ]
    for ledger in made:
        ledger.close()
    return [*shown, result.client_set_size, result.server_set_size, len(result.matches)]


@pytest.mark.parametrize("role", Role)
def test_the_peers_ledger_keeps_nothing_of_what_does_not_match(role, tmp_path):
    assert_same([ledger_of_peer(role, words, tmp_path / words) for words in ("abx", "abqrstuv")])


# The same comparisons find a leak that is there.


def no_dummies(monkeypatch):
    monkeypatch.setattr("psimatch.submission.bucket", lambda count, most: count)
    for module in ("client", "server"):
        monkeypatch.setattr(f"psimatch.{module}.check_set_size", lambda size, most: None)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", CASES)
def test_a_list_without_dummies_is_found(name, role, monkeypatch):
    no_dummies(monkeypatch)
    with pytest.raises(SkewedError):
        assert_same(differing(name, role))


def test_claims_without_fill_are_found():
    def unfilled(client, server):
        for session in (client, server):
            send = session._send
            session._send = lambda message, fill_to=0, send=send: send(message)
            session._check_fill = lambda full: None

    with pytest.raises(SkewedError):
        assert_all_same(shapes_of_matches(prepare=unfilled))


def test_a_count_of_the_real_list_is_found(monkeypatch):
    """A client that tells as its sessions how long its list is."""
    begin = ClientSession._begin

    def telling(self, standing):
        return begin(self, type(standing)(1 + self._own._count, 0))

    monkeypatch.setattr(ClientSession, "_begin", telling)
    with pytest.raises(SkewedError):
        assert_same(differing("contacts", Role.CLIENT))


def test_a_longer_audit_row_is_found():
    """Rows of an audit file are filled to the longest, which shows it to who has the file, and to nobody else."""
    with pytest.raises(SkewedError):
        assert_same([transcript([*COMMON, text("y" * size)], COMMON, audited=True).facts for size in (100, 900)])
