"""Audit files that show a violation, and files that are none (§12.4, §12.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from protocol_spec.reference import (
    ABORT,
    BASE,
    BLINDED,
    CLAIMS,
    CONTACTS,
    EVALUATED,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER_HELLO,
    TAGS,
    ZERO,
    Q,
    add,
    audit_leaf,
    audit_root,
    decode_scalar,
    encode_element,
    encode_scalar,
    hashed_input,
    i2osp,
    lp,
    multiply,
    pack,
    prf_input,
    split,
    unpack,
)
from protocol_spec.scenarios.audit_files import (
    ROLES,
    Asked,
    Book,
    Message,
    Row,
    honest,
    whole,
)
from protocol_spec.scenarios.sessions import ADDRESS
from protocol_spec.scenarios.wrong_messages import field, swap

G = encode_element(BASE)
Said = list[Message]
Found = Iterator[tuple[str, Asked, bool]]


def at_kind(book: Book, kind: int) -> int:
    """Return where the first message of a type stands."""
    return next(at for at, message in enumerate(book.messages) if message.kind == kind)


def with_fields(book: Book, kind: int, spoil: Callable[[list[Any]], Any]) -> Book:
    """Return the book with the fields of a message of a type changed, and all signed anew."""
    at = at_kind(book, kind)
    changed = replace(book.messages[at], fields=spoil([*book.messages[at].fields]))
    return replace(book, messages=[*book.messages[:at], changed, *book.messages[at + 1 :]])


def with_message(book: Book, kind: int, **changes: Any) -> Book:
    """Return the book with a message that is signed otherwise."""
    at = at_kind(book, kind)
    return replace(
        book, messages=[*book.messages[:at], replace(book.messages[at], **changes), *book.messages[at + 1 :]]
    )


def with_rows(book: Book, *changes: tuple[int, Row]) -> Book:
    """Return the book with other rows, to which it is committed."""
    rows = [*book.rows]
    for place, row in changes:
        rows[place] = row
    return replace(book, rows=rows)


def placed(book: Book) -> Found:
    """Return files whose messages are not in their place (checks 1 and 3)."""
    messages, end = book.messages, len(book.messages)
    receipt = messages[at_kind(book, RECEIPT)]
    abort = Message(book.role, 1, [ABORT, 1])
    peer = 1 - book.role
    swapped, tags = [*messages], at_kind(book, TAGS)
    contacts, head = at_kind(book, CONTACTS), at_kind(book, LEDGER_HEAD)
    swapped[contacts], swapped[head] = messages[head], messages[contacts]
    for name, changed in (
        ("a message that received fewer than the one before", with_message(book, EVALUATED, received=0)),
        ("Tags that the client sends", replace(book, messages=[*messages[: tags + 1], replace(messages[tags], sender=0),
        *messages[tags + 1 :]])),
        ("a LedgerHead before the Contacts", replace(book, messages=swapped)),
        ("a second LedgerHead", replace(book, messages=[*messages[: head + 1], messages[head], *messages[head + 1 :]])),
        ("a late Abort that names no session", replace(book, messages=[*messages[:4], replace(abort, sender=0,
        received=2, session=ZERO)])),
        ("a message signed by the other party", with_message(book, EVALUATED, signer=0)),
        ("a message that received more than there was", with_message(book, TAGS, received=9)),
        ("a message that names no session", with_message(book, TAGS, session=ZERO)),
        ("a message of another session", with_message(book, TAGS, session=b"\x5e" * 32)),
        ("a Hello that names a session", with_message(book, HELLO, session=b"\x5e" * 32)),
        ("a Blinded in the place of the Hello", replace(book, messages=[messages[at_kind(book, BLINDED)],
        *messages[1:]])),
        ("a second Hello", replace(book, messages=[*messages[:3], messages[0], *messages[3:]])),
        ("a second ServerHello", replace(book, messages=[*messages[:3], messages[1], *messages[3:]])),
        ("Tags before the ServerHello", replace(book, messages=[messages[0], messages[2], messages[1], *messages[3:]])),
        ("a second Receipt", replace(book, messages=[*messages, replace(receipt, sender=0)])),
        ("a LedgerHead after the Receipt", replace(book, messages=[*messages, messages[at_kind(book, LEDGER_HEAD)]])),
        ("a message after an Abort", replace(book, messages=[*messages[:4], abort, *messages[4:]])
         if book.role == messages[4].sender else
         replace(book, messages=[*messages[:4], replace(abort, sender=peer), *messages[4:]])),
        ("no message", with_fields(book, TAGS, lambda m: [11, *m[1:]])),
    ):  # fmt: skip
        yield f"{ROLES[book.role]}, {name}", whole(changed), True
    records = book.records()
    first = len(records) - end
    for name, changed_records in (
        ("a message left out", [*records[: first + 2], *records[first + 3 :]]),
        ("two messages exchanged", [*records[: first + 1], records[first + 2], records[first + 1],
        *records[first + 3 :]]),
        ("a message twice", [*records[: first + 3], *records[first + 2 :]]),
        ("a signature changed", [*records[: first + 2], flipped_signature(records[first + 2]), *records[first + 3 :]]),
    ):  # fmt: skip
        yield f"{ROLES[book.role]}, {name}", Asked(book, lp(*changed_records), range(4 + book.role)), True
    # The server's Receipt did not please the client, so it is not in the file.
    last = [*messages[: at_kind(book, RECEIPT) + 1], replace(abort, sender=0, received=receipt.received)]
    late = replace(book, messages=last)
    yield f"{ROLES[book.role]}, an Abort after the Receipt", whole(late), False
    ended = replace(book, messages=[*messages[:4], replace(abort, sender=messages[4].sender)])
    yield f"{ROLES[book.role]}, an Abort in the middle", whole(ended), False


def flipped_signature(record: bytes) -> bytes:
    """Return the record of a message with a bit of its signature flipped."""
    fields = unpack(record)
    return pack([*fields[:-1], bytes([fields[-1][0] ^ 1]) + fields[-1][1:]])


def committed(book: Book) -> Found:
    """Return files whose rows are not those that were committed to (check 2)."""
    for name, changed in (
        ("another root signed", replace(book, root=lambda _: ZERO)),
        ("a leaf changed", replace(book, leaves=lambda leaves: [ZERO, *leaves[1:]])),
        ("two leaves exchanged", replace(book, leaves=lambda leaves: [leaves[1], leaves[0], *leaves[2:]])),
        ("a row less than the set size", replace(book, rows=book.rows[:3])),
        ("a set size in the header that was not declared", replace(book, set_size=5)),
    ):
        yield f"{ROLES[book.role]}, {name}", whole(changed), True


def sized(book: Book) -> Found:
    """Return files whose messages have other sizes or orders than were declared (check 3)."""
    for name, kind, spoil in (
        ("a client's set size that is no bucket", HELLO, field(3, 3)),
        ("a server's set size that is no bucket", SERVER_HELLO, field(4, 3)),
        ("an element too few", BLINDED, field(2, lambda elements: elements[32:])),
        ("an evaluated element too few", EVALUATED, field(1, lambda elements: elements[32:])),
        ("a tag too few", TAGS, field(2, lambda tags: tags[16:])),
        ("tags not sorted", TAGS, field(2, swap(16))),
        ("a tag twice", TAGS, field(2, lambda tags: tags[:16] + tags[:-16])),
        ("claims not sorted", CLAIMS, field(2, swap(16))),
        ("a claim twice", CLAIMS, field(2, lambda claims: claims[:16] * 2)),
        ("a last chunk that commits to another", BLINDED, field(1, b"\x01" * 32)),
    ):
        # Cut where nothing else shows it: a receipt, or rows that were committed to.
        until = at_kind(book, BLINDED if kind in (HELLO, SERVER_HELLO, TAGS) else RECEIPT)
        until = until - 1 if kind in (HELLO, SERVER_HELLO) else until
        cut = replace(book, messages=book.messages[:until])
        yield f"{ROLES[book.role]}, {name}", whole(with_fields(cut, kind, spoil)), True
    blinded = at_kind(book, BLINDED)
    again = replace(book.messages[blinded], fields=[BLINDED, ZERO, G, b""])
    longer = [*book.messages[: blinded + 1], again, *book.messages[blinded + 1 :]]
    yield f"{ROLES[book.role]}, a chunk too many", whole(replace(book, messages=longer)), True


def received(book: Book) -> Found:
    """Return files whose receipt does not say what the messages say (check 4)."""
    reveal = book.terms["reveal"]
    for name, number, value in (
        ("another session", 0, ZERO), ("another agreement", 1, ZERO), ("another last message of the client", 2, ZERO),
        ("another last message of the server", 3, ZERO), ("another set size of the client", 4, 5),
        ("another set size of the server", 5, 5), ("another number of matches", 6, i2osp(1, 4)),
        ("a number of matches left out or told", 6, None if reveal == "both" else i2osp(2, 4)),
        ("another server's ledger head", 8, b"\x5e" * 32), ("zeros as the server's ledger head", 8, ZERO),
    ):  # fmt: skip

        def body(fields: list[Any], number: int = number, value: Any = value) -> list[Any]:
            return [*fields[:number], value, *fields[number + 1 :]]

        yield f"{ROLES[book.role]}, a receipt of {name}", whole(replace(book, bodies=(body, body))), True
    for sender, whose in enumerate(ROLES):
        # Only the body tells the client's ledger head, and both must say the same.
        bodies = [*book.bodies]
        bodies[sender] = lambda fields: [*fields[:7], b"\x5e" * 32, fields[8]]
        name = f"{ROLES[book.role]}, a receipt of another client's ledger head that the {whose} alone signed"
        yield name, whole(replace(book, bodies=bodies)), True
    another = with_fields(book, LEDGER_HEAD, field(1, b"\x5e" * 32))
    both = whole(replace(another, bodies=[lambda fields: [*fields[:8], b"\x5e" * 32]] * 2))
    yield f"{ROLES[book.role]}, another ledger head that message and receipt tell", both, False
    for name, kinds in (
        ("Evaluated", [EVALUATED]), ("Tags", [TAGS]), ("Blinded", [BLINDED]), ("Contacts", [CONTACTS]),
        ("LedgerHead", [LEDGER_HEAD]), ("Claims and Contacts", [CLAIMS, CONTACTS]),
    ):  # fmt: skip
        without = [message for message in book.messages if message.kind not in kinds]
        capped = [replace(each, received=min(each.received, seen(without, each))) for each in without]
        yield f"{ROLES[book.role]}, a receipt without {name}", whole(replace(book, messages=capped)), True
    few = with_fields(book, CONTACTS, field(1, 1))
    yield f"{ROLES[book.role]}, fewer contacts than claims", whole(few), True
    one = with_fields(book, CONTACTS, lambda m: [m[0], 1, m[2][:48]])
    at = at_kind(book, CONTACTS) + 1
    twice = replace(one, messages=[*one.messages[:at], one.messages[at - 1], *one.messages[at:]])
    yield f"{ROLES[book.role]}, as many contacts as claims, in two messages", whole(twice), True
    at, claims = at_kind(book, CLAIMS), book.messages[at_kind(book, CLAIMS)]
    halves = [
        replace(
            claims,
            fields=[CLAIMS, last, *(half[last] for half in (split(claims.fields[2], 16), split(claims.fields[3], 48)))],
        )
        for last in (False, True)
    ]
    twice = replace(book, messages=[*book.messages[:at], *halves, *book.messages[at + 1 :]])
    yield f"{ROLES[book.role]}, claims in two messages where one has place for all", whole(twice), True
    for at in (at_kind(book, RECEIPT), len(book.messages) - 1):
        signature = replace(book.messages[at], fields=[*book.messages[at].fields[:2], bytes(64)])
        unsigned = replace(
            book, messages=[*book.messages[:at], signature, *book.messages[at + 1 :]], with_receipts=False
        )
        whose = ROLES[book.messages[at].sender]
        yield f"{ROLES[book.role]}, a receipt that the {whose} has not signed", whole(unsigned), True


def seen(said: Sequence[Message], message: Message) -> int:
    """Return how many messages of the other side stand before one."""
    before = said[: next(at for at, each in enumerate(said) if each is message)]
    return sum(1 for each in before if each.sender != message.sender)


def opened(book: Book) -> Found:
    """Return files whose rows do not open to what the party ran with (checks 5 and 6)."""
    name = ROLES[book.role]
    everything = whole(book)
    yield f"{name}, a share of another place", replace(everything, shares={2: everything.book.seeds[1]}), True
    real = next(place for place, row in enumerate(book.rows) if row[1][0] == "nl-bsn")
    dummy = next(place for place, row in enumerate(book.rows) if row[1][0] == "dummy")
    salt, item, blinding, *_ = book.rows[real]
    none = book.rows[dummy]
    harmless = ("another identifier", "a dummy where there was none", "an identifier in the place of a dummy")
    for what, place, row in (
        ("another identifier", real, (salt, ("nl-bsn", 1, b"100000009"), blinding, [], "")),
        ("a dummy where there was none", real, (salt, ("dummy", 1, bytes(32)), blinding, [], "")),
        ("an identifier in the place of a dummy", dummy, (none[0], ("nl-bsn", 1, b"100000009"), none[2], [], "")),
        ("a kind that the agreement does not name", real, (salt, ("text", 1, item[2]), blinding, [], "")),
        ("a version that the agreement does not name", real, (salt, ("nl-bsn", 2, item[2]), blinding, [], "")),
        ("a value that fails the eleven-test", real, (salt, ("nl-bsn", 1, b"123456783"), blinding, [], "")),
        ("a value that is not written as its kind writes it", real, (salt, ("nl-bsn", 1, b"1234.56.782"), blinding, [],
        "")),
        ("a dummy of 31 bytes", dummy, (none[0], ("dummy", 1, bytes(31)), none[2], [], "")),
        ("a number of a person where there is none", real, (salt, item, blinding, [0], "")),
        ("a dummy with a number of a person", dummy, (*none[:3], [0], "")),
        ("a dummy with a case reference", dummy, (*none[:4], "77")),
        ("a case reference of 201 bytes", real, (salt, item, blinding, [], "é" * 100 + "x")),
    ):  # fmt: skip
        yield f"{name}, {what}", whole(with_rows(book, (place, row))), True
        if not book.role:
            yield f"{name}, {what}, and run with", whole(rerun(with_rows(book, (place, row)))), what not in harmless
    for what, change in (
        ("that is filled with more than zeros", lambda raw: raw[:-1] + b"\x01"),
        ("that is longer than it says", lambda raw: i2osp(int.from_bytes(raw[:4], "big") - 1, 4) + raw[4:]),
        ("that says it is longer than it is", lambda raw: i2osp(int.from_bytes(raw[:4], "big") + 1, 4) + raw[4:]),
    ):

        def raw(place: int, row: bytes, change: Callable[[bytes], bytes] = change) -> bytes:
            return change(row) if place == real else row

        yield f"{name}, a row {what}", whole(replace(book, raw=raw)), True
    other_refs = with_rows(book, (real, (salt, item, blinding, [], "78")))
    leaves = [audit_leaf(*row) for row in book.rows]
    bound = replace(other_refs, root=lambda _: audit_root(leaves), leaves=lambda _: leaves)
    yield f"{name}, a case reference that was not committed to", whole(bound), True
    longest = with_rows(book, (real, (salt, item, blinding, [], "é" * 100)))
    yield f"{name}, a case reference of 200 bytes", whole(longest), False
    address = with_rows(book, (real, (salt, ADDRESS, blinding, [], "")))
    yield f"{name}, an address that was not run with", whole(address), True


def of_client(book: Book) -> Found:
    """Return a client's files with other blindings and claims (checks 5 and 7)."""
    salt, item, blinding, persons, ref = book.rows[0]
    for what, other in (
        ("no blinding", b""), ("another blind", b"\0" + encode_scalar(7)), ("a blind of zero", b"\0" + bytes(32)),
        ("a blind that is not canonical", b"\0" + Q.to_bytes(32, "little")),
        ("said to be added where it was multiplied", b"\1" + blinding[1:]), ("another byte before the blind",
        b"\2" + blinding[1:]),
    ):  # fmt: skip
        yield f"client, {what}", whole(with_rows(book, (0, (salt, item, other, persons, ref)))), True
    withheld = with_fields(book, CLAIMS, lambda m: [*m[:2], m[2][16:], m[3][48:]])
    one_contact = with_fields(withheld, CONTACTS, lambda m: [m[0], 1, m[2][:48]])
    yield "client, a match withheld", whole(one_contact), True
    strange = with_fields(book, CLAIMS, lambda m: [*m[:2], m[2][:16] + b"\xff" * 16, m[3]])
    yield "client, a claim of no row", whole(strange), True
    swapped = with_fields(book, EVALUATED, field(1, swap(32)))
    yield "client, two evaluated elements exchanged", whole(swapped), True
    part = Asked(swapped, swapped.file(), [0, 2])
    yield "client, two evaluated elements exchanged, a sample that can't show it", part, False
    cut = replace(swapped, messages=swapped.messages[: at_kind(swapped, CLAIMS)])
    yield "client, two evaluated elements exchanged, and the file ends before a receipt", whole(cut), False
    alone = honest(0, "client")
    at = at_kind(alone, LEDGER_HEAD)
    claims = Message(0, 3, [CLAIMS, True, b"", b""])
    claiming = replace(alone, messages=[*alone.messages[:at], claims, *alone.messages[at:]])
    yield "client, claims where only the client learns", whole(claiming), True
    added = additive(book)
    yield "client, blinds that were added", whole(added), False
    yield "client, blinds that were added, said in another way", whole(additive(book, b"\2")), True
    mixed = with_rows(added, (0, book.rows[0]))
    first = split(book.messages[at_kind(book, BLINDED)].fields[2], 32)[0]
    mixed = with_fields(mixed, BLINDED, lambda m: [*m[:2], first + m[2][32:], m[3]])
    yield "client, one blind multiplied and the others added", Asked(mixed, mixed.file(), range(4)), True
    mixed = with_rows(added, (1, book.rows[1]))
    second = split(book.messages[at_kind(book, BLINDED)].fields[2], 32)[1]
    mixed = with_fields(mixed, BLINDED, lambda m: [*m[:2], m[2][:32] + second + m[2][64:], m[3]])
    some = Asked(mixed, mixed.file(), [1, 3])
    yield "client, one blind multiplied and the others added, a sample without the first", some, True


def additive(book: Book, way: bytes = b"\1") -> Book:
    """Return a client's book in which all blinds were added, up to its Blinded."""
    rows = [(salt, item, way + blinding[1:], persons, ref) for salt, item, blinding, persons, ref in book.rows]
    return rerun(replace(book, rows=rows))


def rerun(book: Book) -> Book:
    """Return a client's book that ran with its rows, up to its Blinded."""
    session = honest_session(book)
    elements = b""
    for _, item, blinding, *_ in book.rows:
        r, point = decode_scalar(blinding[1:]), hashed_input(prf_input(*session, item))
        elements += encode_element(add(point, multiply(r, BASE)) if blinding[0] else multiply(r, point))
    cut = book.messages[: at_kind(book, BLINDED) + 1]
    return with_fields(replace(book, messages=cut), BLINDED, field(2, elements))


def honest_session(book: Book) -> tuple[bytes, bytes]:
    """Return the agreement id and the session id of a book."""
    header = unpack(book.records()[0])
    return header[3], header[4]


def of_server(book: Book) -> Found:
    """Return a server's files with another key, tags or claims (checks 6 and 8)."""
    everything = whole(book)
    yield "server, no share of the key", replace(everything, places=range(4)), True
    yield "server, no key seed", whole(replace(book, key_seed=b"")), True
    yield "server, another key seed", whole(replace(book, key_seed=ZERO)), True
    early = replace(book, key_seed=ZERO, messages=book.messages[:2])
    yield "server, another key seed, of which no tag tells", whole(early), True
    blinded = with_rows(book, (0, (*book.rows[0][:2], b"\0" + encode_scalar(7), *book.rows[0][3:])))
    yield "server, a blinding that belongs to a client", whole(blinded), True
    tags = with_fields(book, TAGS, lambda m: [*m[:2], m[2][:-16] + b"\xff" * 16])
    yield "server, a tag of no row", whole(tags), True
    strange = with_fields(book, CLAIMS, lambda m: [*m[:2], m[2][:16] + b"\xff" * 16, m[3]])
    yield "server, a claim of no row", whole(strange), True
    withheld = with_fields(book, CLAIMS, lambda m: [*m[:2], m[2][16:], m[3][48:]])
    few = with_fields(withheld, CONTACTS, lambda m: [m[0], 1, m[2][:48]])
    yield "server, a match that the client withheld, which its file can't show", whole(few), False


def wrong() -> Found:
    """Return files with what is wrong with them, and those beside them that are right."""
    for found in (placed, committed, sized, received, opened):
        yield from found(honest(0))
    for found in (committed, opened):
        yield from found(honest(1))
    yield from of_client(honest(0))
    yield from of_server(honest(1))


def no_files(book: Book) -> Iterator[tuple[str, bytes]]:
    """Return what is no audit file."""
    records = book.records()
    other = replace(book, header=lambda header: [*header[:3], ZERO, *header[4:]])
    format_two = replace(book, header=lambda header: [0, 2, *header[2:]])
    yield "empty", b""
    yield "of another agreement", other.file()
    yield "of another format", format_two.file()
    yield "without its header", lp(*records[1:])
    yield "with two headers", lp(records[0], *records)
    yield "with a record that is not canonical", lp(*records[:-1], records[-1] + b"\0")
    yield "cut within its header", lp(*records)[: len(records[0])]
