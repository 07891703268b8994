"""Audit files whose claims and tags are not those of the rows, or need not be (§12.5, checks 6 to 8)."""

from __future__ import annotations

from collections.abc import Sequence

from protocol_spec.reference import (
    CLAIMS,
    CONTACTS,
    TAGS,
    evaluate,
    parts,
    prf_input,
    session_key,
    split,
)
from protocol_spec.scenarios.audit_files import (
    ROLES,
    Asked,
    Book,
    book_of,
    claims_of,
    honest,
    honest_run,
    run_with_persons,
    whole,
)
from protocol_spec.scenarios.wrong_audit_files import Found, at_kind, honest_session, with_fields


def claiming(book: Book, claims: Sequence[bytes]) -> Book:
    """Return the book with these claims, a contact for each, and as many in answer."""
    contact = book.messages[at_kind(book, CLAIMS)].fields[3][:48]
    joined, contacts = b"".join(sorted(claims)), contact * len(claims)
    changed = with_fields(book, CLAIMS, lambda m: [*m[:2], joined, contacts])
    return with_fields(changed, CONTACTS, lambda m: [m[0], len(claims), contacts])


def claimed(book: Book) -> Found:
    """Return files with one claim more than there are matches (checks 7 and 8)."""
    name, own = ROLES[book.role], claims_of(honest_run("both"))
    honest_claims = split(book.messages[at_kind(book, CLAIMS)].fields[2], 16)
    dummy = next(item for _, item, _, _ in book.rows if item[0] == "dummy")
    unmatched = next(item for _, item, _, _ in book.rows if item[0] != "dummy" and own[item] not in honest_claims)
    for what, claim, violation in (
        ("a dummy's row", own[dummy], True), ("no row, beside the matches", b"\xff" * 16, True),
        # That its claim is of no tag is for the server to refuse, and the client's rows don't contradict it.
        ("a row that is no match", own[unmatched], False),
    ):  # fmt: skip
        yield f"{name}, a claim of {what}", whole(claiming(book, [*honest_claims, claim])), violation


def of_persons() -> Found:
    """Return a client's files with matches of persons that were not claimed (check 7)."""
    run = run_with_persons()
    book, own = book_of(run, 0), claims_of(run)
    number, *tokens = sorted((item for _, item, _, _ in book.rows if item[0] != "dummy"))
    yield "client, persons that match and are claimed", whole(book), False
    for what, kept in (
        ("a token of a person that matches, and is not claimed", [number, tokens[0]]),
        ("a person that matches, and is not claimed", [number]),
        ("a number that matches beside persons, and is not claimed", tokens),
    ):
        yield f"client, {what}", whole(claiming(book, [own[item] for item in kept])), True


def sampled(book: Book) -> Found:
    """Return a server's files of which a sample shows that a row's tag was not published (check 6)."""
    key, session = len(book.rows), honest_session(book)
    secret = session_key(book.key_seed, *session)
    tags = [parts(evaluate(secret, prf_input(*session, item)))[0] for _, item, _, _ in book.rows]
    highest = tags.index(max(tags))
    changed = with_fields(book, TAGS, lambda m: [*m[:2], m[2][:-16] + b"\xff" * 16])
    for name, place, violation in (
        ("shows", highest, True),
        ("does not show", (highest + 1) % len(tags), False),
    ):
        asked = Asked(changed, changed.file(), [place, key])
        yield f"server, a tag that is of no row, a sample that {name} it", asked, violation


def found() -> Found:
    """Return files with what is wrong with them, and those beside them that are right."""
    for role in (0, 1):
        yield from claimed(honest(role))
    yield from of_persons()
    yield from sampled(honest(1))
