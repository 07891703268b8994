"""A client's ledger with an entry of each kind, and ledgers made from it that must be refused (§11.2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from protocol_spec.answers.refusal import plain
from protocol_spec.reference import (
    CLIENT,
    FIRST,
    SERVER,
    ZERO,
    Entry,
    Identity,
    Random,
    Standing,
    agreement_id,
    canonical_json,
    crockford,
    entry_hash,
    entry_signed,
    example_terms,
    first_second,
    i2osp,
    pack,
    receipt_digest,
    receipt_signed,
)
from protocol_spec.scenarios.scenario import stream


def written(identity: Identity, entries: Sequence[Entry]) -> list[tuple[bytes, bytes]]:
    """Return entries numbered, chained and signed; what an entry says itself goes before (§11.2)."""
    out, head = [], ZERO
    for number, fields in enumerate(entries):
        data = canonical_json(plain({"number": number, "previous": head, **fields}))
        out.append((data, identity.sign(entry_signed(data))))
        head = entry_hash(data)
    return out


def example_receipt(session: bytes, known: bytes, heads: Sequence[bytes], draw: Random) -> Entry:
    """Return the fields of a `finished` entry of the client (§5.5, §11.2)."""
    body = pack([session, known, draw(32), draw(32), 8, 8, i2osp(3, 4), *heads])
    return {
        "session": session, "receipt": receipt_digest(body), "body": body,
        "signature": CLIENT.sign(receipt_signed("client", body)),
        "peer_signature": SERVER.sign(receipt_signed("server", body)), "matches": 3,
    }  # fmt: skip


def example_ledger() -> list[Entry]:
    """Return a client's ledger with an entry of each kind: two sessions, a withdrawal, and a renewal (§11.2)."""
    draw, terms, peer, operator = stream("ledger"), example_terms(), SERVER.public.fingerprint, "Zoë de Vries"
    time, sessions, entries = first_second("2026-03-02") + 9 * 3600, [draw(32) for _ in range(3)], list[Entry]()

    def add_entry(kind: str, after: int, **fields: Any) -> None:
        nonlocal time
        time += after
        entries.append({"time": time, "operator": operator, "kind": kind, **fields})

    def add_accepted(under: Entry, predecessor: bytes, party: bytes) -> None:
        add_entry(
            "accepted", 60, **under, peer_name=terms["server"]["name"], party=party, title=terms["title"],
            predecessor=predecessor, valid_from=terms["valid_from"], valid_until=terms["valid_until"],
            max_evaluations=terms["max_evaluations"],
        )  # fmt: skip

    def add_session(under: Entry, number: int, session: bytes, standing: Standing, sums: tuple[int, int]) -> None:
        add_entry("opened", 0, **under, party=peer, sessions=number)
        told = dict(zip(("peer_sessions", "peer_charged", "peer_receipt"), standing, strict=True))
        add_entry("admitted", 2, **under, party=peer, session=session, hello=draw(32), **told)
        totals = dict(zip(("charged", "party_charged"), sums, strict=True))
        add_entry("charged", 1, **under, party=peer, session=session, evaluations=8, **totals, salt=draw(32))

    keys = CLIENT.public
    first: Entry = {"agreement": agreement_id(terms), "peer": peer}
    add_entry(
        "opened ledger", 0, format=1, name=terms["client"]["name"], signing_key=keys.signing, sealing_key=keys.sealing
    )
    add_accepted(first, b"", peer)
    add_session(first, 1, sessions[0], FIRST, (8, 8))
    heads = entry_hash(written(CLIENT, entries)[-1][0]), draw(32)
    receipt = example_receipt(sessions[0], first["agreement"], heads, draw)
    mine = {name: receipt[name] for name in ("session", "receipt", "body", "signature")}
    add_entry("signed", 4, **first, **mine)
    add_entry("finished", 0, **first, **receipt)
    add_entry("corrected", 86_400, reference="K7QF-3M2X", reason='Two "Jansens":\n\tone \\ other, €\u2028\x7f\x1f 😀')
    add_session(first, 2, sessions[1], (2, 8, receipt["receipt"]), (16, 16))
    add_entry("aborted", 30, **first, session=sessions[1], reason="cancelled")
    add_entry("aborted", 30, **first, session=b"", reason="no answer")
    add_entry("withdrawn", 3600, **first, by="peer")
    renewed: Entry = {
        "agreement": agreement_id(example_terms(predecessor=crockford(first["agreement"], 52))),
        "peer": Identity(ZERO).public.fingerprint,
    }
    add_accepted(renewed, first["agreement"], peer)
    add_entry("acknowledged", 0, **renewed, reason="They have new keys; compared by telephone.")
    add_session(renewed, 1, sessions[2], FIRST, (8, 24))
    add_entry("purged", 30 * 86_400, session=sessions[0], files=2)
    add_entry("refused", 60, **first, reason="the peer tells fewer sessions than before")
    add_entry("rows opened", 60, **first, session=sessions[0], rows=50)
    add_entry("key destroyed", 60, session=sessions[0])
    add_entry("clock accepted", -30 * 86_400, reason="The clock was a month ahead since the time server failed.")
    add_entry("corrected", 60, reference="K7QF-3M2X", reason="another child")
    return entries


Ledger = list[tuple[bytes, bytes]]


def spoiled_entries(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return ledgers that their party chained and signed, and that say what no ledger may (§11.2)."""

    def changed(at: int, **fields: Any) -> list[Entry]:
        return [*entries[:at], {**entries[at], **fields}, *entries[at + 1 :]]

    def again(some: list[Entry], **fields: Any) -> list[Entry]:
        return [{**entry, **fields} for entry in some]

    def without(at: int, name: str) -> list[Entry]:
        return [*entries[:at], {k: v for k, v in entries[at].items() if k != name}, *entries[at + 1 :]]

    return [
        ("time going back by a second", changed(4, time=entries[3]["time"] - 1)),
        ("time going back by a second after a clock was accepted", changed(24, time=entries[23]["time"] - 1)),
        ("a time before 1970 that was accepted", changed(23, time=-1)),
        ("an accepted clock without its reason", without(23, "reason")),
        ("an accepted clock of an agreement", changed(23, agreement=entries[1]["agreement"])),
        ("a number left out", changed(3, number=4)),
        ("a first entry that follows another", changed(0, previous=b"\x01" + ZERO[1:])),
        ("an entry that follows another", changed(5, previous=entry_hash(written(CLIENT, entries)[3][0]))),
        ("a wrong sum of the peer", changed(10, charged=8)),
        ("a wrong sum of the party", changed(10, party_charged=17)),
        ("a sum of the party that forgets what its former key was charged", changed(18, party_charged=8)),
        ("a charge that its sums do not know", changed(4, evaluations=16)),
        (
            "a session charged twice, with the right sums",
            [*entries[:11], *again(entries[10:11], charged=24, party_charged=24)],
        ),
        ("a session charged that was not admitted", changed(4, session=ZERO)),
        ("a session charged that was admitted later", [*entries[:3], entries[4], entries[3]]),
        ("a session charged to another than was admitted", [*entries[:4], {**entries[4], "peer": ZERO}]),
        (
            "a session charged under another agreement than was admitted",
            [*entries[:4], {**entries[4], "agreement": ZERO}],
        ),
        ("a charge left out of the sums after it", [*entries[:4], *entries[5:]]),
        ("a charge twice", [*entries[:5], entries[4], *entries[5:]]),
        ("no opening", entries[1:]),
        ("opened twice", [entries[0], *entries]),
        ("another format", changed(0, format=2)),
        ("a kind that there is none of", changed(7, kind="improved")),
        ("a field missing", without(7, "reason")),
        ("no operator", without(7, "operator")),
        ("a field too many", changed(7, note="")),
        ("a number as text", changed(2, sessions="1")),
        ("a boolean in the place of a number", changed(2, sessions=True)),
        ("nil in the place of a text", changed(7, reason=None)),
        ("a fraction", changed(2, sessions=1.5)),
        ("a session before the first", changed(2, sessions=0)),
        ("a number below zero", changed(3, peer_charged=-1)),
        ("a number that RFC 8785 can't hold", changed(3, peer_charged=2**53)),
        ("matches of -2", changed(6, matches=-2)),
        ("bytes in upper case", changed(4, session=entries[4]["session"].hex().upper())),
        ("bytes cut short", changed(4, session=entries[4]["session"][:31])),
        ("an admission without a session", changed(3, session=b"")),
        ("withdrawn by a third", changed(13, by="operator")),
    ]


def spoiled_ledgers(whole: Ledger) -> list[tuple[str, Ledger]]:
    """Return ledgers that somebody changed, or that are not written as RFC 8785 would (§11.2)."""

    def replaced(at: int, data: bytes, signature: bytes = b"") -> Ledger:
        return [*whole[:at], (data, signature or CLIENT.sign(entry_signed(data))), *whole[at + 1 :]]

    data, signature = whole[4]
    less = data.replace(b'"evaluations":8', b'"evaluations":4')
    sorted_otherwise = json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode()
    return [
        ("an entry changed", replaced(4, less, signature)),
        ("an entry changed and signed", replaced(7, whole[7][0].replace(b"one", b"two"))),
        ("a signature changed", replaced(4, data, bytes([signature[0] ^ 1]) + signature[1:])),
        ("a signature cut short", replaced(4, data, signature[:63])),
        ("the signature of another entry", replaced(4, data, whole[3][1])),
        ("the signature of another party", replaced(4, data, SERVER.sign(entry_signed(data)))),
        ("an entry removed", [*whole[:4], *whole[5:]]),
        ("the first entry removed", whole[1:]),
        ("an entry inserted", [*whole[:5], whole[4], *whole[5:]]),
        ("two entries in another order", [*whole[:3], whole[4], whole[3], *whole[5:]]),
        ("a space", replaced(4, data.replace(b":", b": ", 1))),
        ("a line feed at the end", replaced(4, data + b"\n")),
        ("names in another order", replaced(4, sorted_otherwise)),
        ("a name twice", replaced(4, data[:-1] + b',"time":0}')),
        ("a number with an exponent", replaced(4, data.replace(b'"evaluations":8', b'"evaluations":8e0'))),
        ("minus zero", replaced(3, whole[3][0].replace(b'"peer_charged":0', b'"peer_charged":-0'))),
        ("a character escaped without need", replaced(7, whole[7][0].replace("ë".encode(), b"\\u00eb"))),
        ("half a surrogate pair", replaced(7, whole[7][0].replace("ë".encode(), b"\\ud800"))),
        ("an array", replaced(4, b"[]")),
        ("no JSON", replaced(4, b"{")),
        ("deeply nested arrays", replaced(4, b"[" * 5000)),
        ("empty", []),
    ]
