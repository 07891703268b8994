"""Audit files of honest parties, and of parties that cheat and sign what they say (§12.4, §12.5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from protocol_spec.reference import (
    ABORT,
    AUDITOR,
    CLAIMS,
    CLIENT,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER,
    SERVER_HELLO,
    ZERO,
    Identifier,
    RefusedError,
    Terms,
    agreement_id,
    audit_cipher,
    audit_info,
    audit_leaf,
    audit_root,
    audit_row,
    audit_share,
    client_head,
    digest,
    evaluate,
    hpke_open,
    hpke_seal,
    i2osp,
    lp,
    message_record,
    message_signed,
    pack,
    parts,
    prf_input,
    read_audit_file,
    read_person,
    receipt_signed,
    session_id,
    session_key,
    unpack,
)
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import AUDITED, BSN, Case, Given, Run, listed, public, terms

ROW_BYTES = 320
ROLES = ("client", "server")
SIGNERS = (CLIENT, SERVER)
Fields = list[Any]
Row = tuple[bytes, Identifier, bytes, str]  # salt, identifier, blinding, case reference


@dataclass
class Message:
    """A message as it is to be signed: by whom, in which session, after how many received; type and fields."""

    sender: int
    received: int
    fields: Fields
    session: bytes | None = None  # None: that of the session, or none of a Hello
    signer: int | None = None  # who signs it, if not its sender

    @property
    def kind(self) -> int:
        """Return its type."""
        kind: int = self.fields[0]
        return kind


@dataclass
class Book:
    """What an audit file is made of; it signs what it is told to, and seals what it is told to."""

    role: int
    terms: Terms
    rows: list[Row]
    messages: list[Message]
    seeds: tuple[bytes, bytes]  # of auditor and owner
    key_seed: bytes = b""
    leaves: Callable[[list[bytes]], list[bytes]] = lambda leaves: leaves  # as they stand in the file
    root: Callable[[bytes], bytes] = lambda root: root  # as it is signed
    bodies: Sequence[Callable[[Fields], Fields]] = (lambda body: body,) * 2  # of the client's, the server's Receipt
    header: Callable[[Fields], Fields] = lambda header: header
    raw: Callable[[int, bytes], bytes] = lambda _, row: row  # by place, before it is sealed
    row_bytes: int = ROW_BYTES
    set_size: int | None = None
    with_receipts: bool = True  # whether a Receipt is made anew over what was said

    def records(self) -> list[bytes]:
        """Return the records of the file, messages signed for their places."""
        known = agreement_id(self.terms)
        leaves = [audit_leaf(*row) for row in self.rows]
        said = [replace(each, fields=[*each.fields]) for each in self.messages]
        self.put_root(said, self.root(audit_root(leaves)))
        messages, session = self.signed(said, known)
        size = len(self.rows) if self.set_size is None else self.set_size
        sealed_seed = kept_seed(self.role, known, session, self.seeds[0])
        header = [0, 1, self.role, known, session, size, self.row_bytes, sealed_seed]
        sealed = [
            audit_cipher(self.seeds, place).encrypt(bytes(12), self.raw(place, audit_row(*row, self.row_bytes)), None)
            for place, row in enumerate(self.rows)
        ]
        leaves = self.leaves(leaves)
        out = [pack(self.header(header))]
        out.append(pack([1, b"".join(leaves), b"".join(sealed)]))
        if self.key_seed:
            out.append(pack([2, audit_cipher(self.seeds, len(self.rows)).encrypt(bytes(12), self.key_seed, None)]))
        return out + messages

    def put_root(self, said: list[Message], root: bytes) -> None:
        """Write the root into the message that commits to it."""
        kind = (4, SERVER_HELLO)[self.role]
        for message in said:
            if message.kind == kind and message.fields[-1]:
                message.fields[-1] = root

    def signed(self, said: list[Message], known: bytes) -> tuple[list[bytes], bytes]:
        """Return the records of the messages, and the id of their session."""
        digests: tuple[list[bytes], list[bytes]] = ([], [])
        session, out = ZERO, list[bytes]()
        for message in said:
            own, other = digests[message.sender], digests[1 - message.sender]
            if message.kind == SERVER_HELLO and session == ZERO:
                session = session_id(known, digests[0][0] if digests[0] else ZERO, *message.fields[1:3])
            if message.kind == RECEIPT and self.with_receipts:
                message.fields = self.receipt(message, said, digests, session, known)
            under = (ZERO if message.kind == HELLO else session) if message.session is None else message.session
            parties = b"".join(SIGNERS[side].public.fingerprint for side in (message.sender, 1 - message.sender))
            last = other[message.received - 1] if 0 < message.received <= len(other) else ZERO
            data = pack(message.fields)
            place = parties, known, under, message.sender, own, message.received, last
            whole = message_signed(*place, data)
            signature = SIGNERS[message.sender if message.signer is None else message.signer].sign(whole)
            out.append(message_record(message.sender, under, message.received, data, signature))
            own.append(digest("psimatch/1 message digest", whole))
        return out, session

    def receipt(
        self, made: Message, said: Sequence[Message], digests: Sequence[list[bytes]], session: bytes, known: bytes
    ) -> Fields:
        """Return a Receipt over what was said so far (§5.5), with the client's ledger head that it had."""
        sender = made.sender
        client, server = [ZERO, ZERO, *digests[0]], [ZERO, *digests[1]]
        before = client[-1] if sender == 0 else client[-2]
        sizes = [
            next((m.fields[at] for m in said if m.kind == kind), 0) for kind, at in ((HELLO, 3), (SERVER_HELLO, 4))
        ]
        count = sum(len(m.fields[2]) // 16 for m in said if m.kind == CLAIMS)
        matches = i2osp(count, 4) if self.terms["reveal"] == "both" else None
        heads = [client_head(made.fields[1]), next((m.fields[1] for m in said if m.kind == LEDGER_HEAD), ZERO)]
        body = pack(self.bodies[sender]([session, known, before, server[-1], *sizes, matches, *heads]))
        return [RECEIPT, body, SIGNERS[sender].sign(receipt_signed(ROLES[sender], body))]

    def file(self) -> bytes:
        """Return the file."""
        return lp(*self.records())


@dataclass(frozen=True)
class Asked:
    """A file, and what of it is opened."""

    book: Book
    data: bytes
    places: Sequence[int]
    shares: dict[int, bytes] = field(default_factory=dict)

    def given(self) -> Given:
        """Return the input of the scenario."""
        owner = self.book.seeds[1]
        shares = {place: audit_share(owner, place) for place in self.places} | self.shares
        return {
            "terms": self.book.terms, "client": public(CLIENT), "server": public(SERVER),
            "auditor_identity_seed": AUDITOR.seed, "file": self.data,
            "shares": [{"place": place, "share": share} for place, share in sorted(shares.items())],
        }  # fmt: skip


# Honest books.


@cache
def sealed_before() -> list[bytes]:
    """Return the sealed seeds of the vectors that are there: sealing is random."""
    found = []
    for path in sorted((Path(__file__).parents[1] / "vectors" / "audit_file").glob("*.json")):
        data = bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["input"]["file"])
        try:
            found.append(read_audit_file(data).sealed_seed)
        except (RefusedError, ValueError):
            continue
    return found


@cache
def kept_seed(role: int, known: bytes, session: bytes, seed: bytes) -> bytes:
    """Return the auditor's seed, sealed for a session; as it was written before, if it was."""
    info = audit_info("seed", ROLES[role], known, session)
    for old in sealed_before():
        try:
            if hpke_open(AUDITOR.sealing, info, old) == seed:
                return old
        except RefusedError:
            continue
    return hpke_seal(AUDITOR.public.sealing, info, seed)


@cache
def honest_run(reveal: str) -> Run:
    """Return a whole session with an auditor: two matches of three identifiers a side, in four places."""
    refs = {BSN[0]: "2027-0001", BSN[1]: "dossier 7/ü", BSN[2]: "77"}
    who = {"client": "care", "server": "police"} if reveal == "both" else {"client": "", "server": ""}
    items = {"client": listed(*BSN[:3], who=who["client"]), "server": listed(*BSN[1:], who=who["server"])}
    changes = {} if reveal == "both" else {"contact_size": 0}
    return Run(Case("audit file", terms(auditor=AUDITED, reveal=reveal, **changes), items, refs)).finish()


def honest(role: int, reveal: str = "both") -> Book:
    """Return the book of a side of that session."""
    return book_of(honest_run(reveal), role)


@cache
def run_with_persons() -> Run:
    """Return a whole session in which a number and two tokens of a person match."""
    row = {"voornamen": "Sanne", "achternaam": "Berg", "geboortedatum": "2009-04-25"}
    tokens = [("person", 2, token.encode()) for token in read_person(row)[:2]]
    items = {"client": listed(BSN[0], *tokens, who="care"), "server": listed(BSN[0], *tokens, who="police")}
    under = terms(auditor=AUDITED, kinds=["nl-bsn/1", "person/2"], max_evaluations=33_000)
    return Run(Case("audit file, persons", under, items)).finish()


def claims_of(run: Run) -> dict[Identifier, bytes]:
    """Return the claim of each identifier of either side, the dummies too."""
    books = [book_of(run, role) for role in (0, 1)]
    known, session = unpack(books[0].records()[0])[3:5]
    key = session_key(books[1].key_seed, known, session)
    items = [row[1] for book in books for row in book.rows]
    return {item: parts(evaluate(key, prf_input(known, session, item)))[1] for item in items}


def book_of(run: Run, role: int) -> Book:
    """Return the book of a side of a session, its rows in less bytes."""
    channel, drawn = run.sides[ROLES[role]].channel, run.given[ROLES[role]]["random"]
    file = read_audit_file(lp(*channel.audit, *channel.messages))
    seeds = bytes.fromhex(drawn["auditor_seed"]), bytes.fromhex(drawn["owner_seed"])
    rows: list[Row] = []
    for place, sealed in enumerate(file.rows):
        raw = audit_cipher(seeds, place).decrypt(bytes(12), sealed, None)
        salt, encoded, blinding, case_ref = unpack(raw[4 : 4 + int.from_bytes(raw[:4], "big")])
        rows.append((salt, parsed(encoded), blinding, case_ref))
    said = [Message(sender, received, unpack(message)) for sender, _, received, message, _ in file.messages]
    key_seed = bytes.fromhex(drawn["key_seed"]) if role else b""
    return Book(role, channel.terms, rows, said, seeds, key_seed)


def parsed(encoded: bytes) -> Identifier:
    """Return an identifier from its bytes in a row."""
    pieces, at = list[bytes](), 0
    while at < len(encoded):
        length = int.from_bytes(encoded[at : at + 4], "big")
        pieces.append(encoded[at + 4 : at + 4 + length])
        at += 4 + length
    return pieces[0].decode(), pieces[1][0], pieces[2]


def whole(book: Book) -> Asked:
    """Ask for all rows of a book, and of a server for the key."""
    return Asked(book, book.file(), range(len(book.rows) + book.role))


def checked(name: str, asked: Asked, violation: bool) -> Scenario:
    """Return the scenario, in which there must be a violation or none."""
    about = f"An audit file {'that shows a violation' if violation else 'in order'}: {name}."
    made = Scenario("audit_file", name, about, "§12.4, §12.5", asked.given())
    found = made.content()["expect"]["output"]["violation"]
    if found is not violation:
        raise SystemExit(f"{made.file}: violation {found}")
    return made


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    from protocol_spec.scenarios import audited_claims, wrong_audit_files

    for name, asked, violation in (*right(), *wrong_audit_files.wrong(), *audited_claims.found()):
        yield checked(name, asked, violation)
    book = honest(0)
    for name, data in wrong_audit_files.no_files(book):
        about = f"What is no audit file of this agreement: {name}."
        yield Scenario("audit_file", name, about, "§12.4", Asked(book, data, []).given(), "audit_file")


def right() -> Iterator[tuple[str, Asked, bool]]:
    """Return files that are in order."""
    for reveal in ("both", "client"):
        for role in (0, 1):
            book = honest(role, reveal)
            yield f"{ROLES[role]}, all rows, reveal {reveal}", whole(book), False
    for role in (0, 1):
        book = honest(role)
        name = ROLES[role]
        key = [len(book.rows)] * role
        yield f"{name}, nothing opened", Asked(book, book.file(), key), False
        yield f"{name}, a sample", Asked(book, book.file(), [1, 3, *key]), False
        records = book.records()
        cut = lp(*records)[:-1]
        yield f"{name}, the last record cut short", Asked(book, cut, range(4 + role)), False
        for left in range(1, len(records) - 2 - role):
            if left in (1, 2, 3, 5, 7):
                data = lp(*records[:-left])
                yield f"{name}, {left} messages missing at the end", Asked(book, data, range(4 + role)), False
        early = lp(*records[: 3 + role])
        yield f"{name}, ends after the Hello", Asked(book, early, range(4 + role)), False
        gave_up = replace(book, messages=[*book.messages[:2], Message(0, 0, [ABORT, 1], session=ZERO)])
        yield f"{name}, an Abort of a client that knows no session", whole(gave_up), False
