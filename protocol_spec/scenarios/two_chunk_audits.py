"""Audit files of sets of 2,049 identifiers, one more than a chunk (§12.5).

They are signed and committed to, and but for the rows that are opened made up: who opens no more can't tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from protocol_spec.reference import (
    BASE,
    BLINDED,
    CLAIMS,
    CLIENT,
    CONTACTS,
    EVALUATED,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER,
    SERVER_HELLO,
    TAGS,
    ZERO,
    add,
    chunks,
    commitments,
    decode_scalar,
    encode_element,
    encode_scalar,
    hashed_input,
    i2osp,
    multiply,
    pack,
    prf_input,
    random_scalar,
    session_key,
)
from protocol_spec.scenarios.audit_files import Asked, Book, Message, Row, checked
from protocol_spec.scenarios.scenario import Scenario, stream
from protocol_spec.scenarios.sessions import AUDITED, terms
from protocol_spec.scenarios.wrong_audit_files import at_kind, honest_session
from protocol_spec.scenarios.wrong_messages import Fields

NUMBER = 2049
G, TWICE_G = encode_element(BASE), encode_element(multiply(2, BASE))
# The first and the last place of the first chunk, and the one of the second.
OPENED = (0, 2047, 2048)
Change = Callable[[Fields], Fields]


def book(role: int, rows: Sequence[Row], elements: Sequence[bytes], server_size: int = NUMBER) -> Book:
    """Return the book of a whole session with these blinded elements, in which all that can matches."""
    draw = stream("two chunks audit")
    standing = [i2osp(1, 8), i2osp(0, 8), ZERO]
    items = [b"".join(i2osp(n, 16) for n in part) for part in chunks(server_size)]
    cut = [b"".join(elements[n] for n in part) for part in chunks(NUMBER)]
    counts = [len(part) // 16 for part in items]
    receipt = [RECEIPT, pack([*[0] * 7, draw(32), ZERO]), bytes(64)]
    said: list[tuple[int, Fields]] = [
        (0, [HELLO, draw(32), CLIENT.public.sealing, NUMBER, *standing]),
        (1, [SERVER_HELLO, draw(32), SERVER.public.sealing, G, server_size, *standing, ZERO]),
        *((1, [TAGS, at == len(items) - 1, part]) for at, part in enumerate(items)),
        *((0, [BLINDED, rest, part, b"" if at else ZERO])
          for at, (rest, part) in enumerate(zip(commitments(cut), cut, strict=True))),
        *((1, [EVALUATED, G * (len(part) // 32), bytes(64)]) for part in cut),
        *((0, [CLAIMS, at == len(items) - 1, part, b""]) for at, part in enumerate(items)),
        *((1, [CONTACTS, count, b""]) for count in counts),
        (1, [LEDGER_HEAD, draw(32)]), (0, receipt), (1, receipt),
    ]  # fmt: skip
    seen = [sum(other != sender for other, _ in said[:at]) for at, (sender, _) in enumerate(said)]
    messages = [Message(sender, received, fields) for (sender, fields), received in zip(said, seen, strict=True)]
    under = terms(auditor=AUDITED, kinds=["text/1"], max_items=NUMBER, contact_size=0)
    made = Book(role, under, list(rows), messages, (draw(32), draw(32)), key_seed=draw(32) if role else b"")
    if role:
        # The session's id doesn't depend on the public key, so the key can be derived for it.
        key = session_key(made.key_seed, *honest_session(made))
        messages[1].fields[3] = encode_element(multiply(key, BASE))
    return made


def unopened(role: int, server_size: int = NUMBER) -> Book:
    """Return a book whose sealed rows are of one byte, since nobody asks for one."""
    row: Row = ZERO, ("dummy", 1, ZERO), b"" if role else b"\0" + encode_scalar(1), [], ""
    made = book(role, [row] * (server_size if role else NUMBER), [G] * NUMBER, server_size)
    return replace(made, row_bytes=1, raw=lambda _, row: row[:1])


def sampled() -> Asked:
    """Return a client's file of which a row in each chunk is opened: multiplied in the first, added in the second."""
    draw = stream("two chunks audit, rows")
    rows: list[Row] = []
    for place in range(NUMBER):
        blind = encode_scalar(random_scalar(draw))
        rows.append((draw(32), ("text", 1, b"%d" % (place % 10)), bytes([place >= 2048]) + blind, [], ""))
    elements, session = [G] * NUMBER, honest_session(book(0, rows, [G] * NUMBER))
    for place in OPENED:
        _, item, blinding, *_ = rows[place]
        r, point = decode_scalar(blinding[1:]), hashed_input(prf_input(*session, item))
        made = add(point, multiply(r, BASE)) if blinding[0] else multiply(r, point)
        elements[place] = encode_element(made)
    whole = replace(book(0, rows, elements), row_bytes=97)
    return Asked(whole, whole.file(), OPENED)


def changed(
    made: Book, kind: int, chunk: int, change: Change, drop: Sequence[int] = (), *, to_end: bool = False
) -> Asked:
    """Return a file in which one chunk of a type is another; it ends there, without the types that it can lack."""
    at = at_kind(made, kind) + chunk
    spoiled = replace(made.messages[at], fields=change(made.messages[at].fields))
    rest = made.messages[at + 1 :] if to_end else []
    kept = [message for message in (*made.messages[:at], spoiled, *rest) if message.kind not in drop]
    seen = [sum(other.sender != one.sender for other in kept[:place]) for place, one in enumerate(kept)]
    messages = [replace(message, received=received) for message, received in zip(kept, seen, strict=True)]
    file = replace(made, messages=messages)
    return Asked(file, file.file(), [len(file.rows)] * file.role)


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield checked("two chunks, client, a sample of both", sampled(), False)
    # The server's file is shorter, where its set is.
    short, both = unopened(1, 1024), unopened(0)
    last = both.messages[at_kind(both, CLAIMS)].fields[2][-16:]
    for name, asked in (
        ("another element in the second chunk than was committed to",
         changed(short, BLINDED, 1, lambda m: [*m[:2], TWICE_G, m[3]], [TAGS])),
        ("a first chunk that commits to no more", changed(short, BLINDED, 0, lambda m: [m[0], ZERO, *m[2:]], [TAGS])),
        ("a root in the second chunk too", changed(short, BLINDED, 1, lambda m: [*m[:3], ZERO], [TAGS])),
        ("the last claim of the first chunk again", changed(both, CLAIMS, 1, lambda m: [*m[:2], last, m[3]],
         [TAGS, BLINDED, EVALUATED])),
        ("contacts in another chunk than their claims", contacts_moved(both)),
    ):  # fmt: skip
        yield checked(f"two chunks, {name}", asked, True)


def contacts_moved(made: Book) -> Asked:
    """Return a whole file that answers one claim of the first chunk in the second."""
    first = changed(made, CONTACTS, 0, lambda m: [m[0], 2047, m[2]], to_end=True)
    return changed(first.book, CONTACTS, 1, lambda m: [m[0], 2, m[2]], to_end=True)
