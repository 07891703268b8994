"""Audits: an honest session opens, and every way to cheat that an audit can find is found."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sessions import AUDITOR, CARE, POLICE, Wire, make_agreement, make_client, make_server

from psimatch import audit
from psimatch.audit import records, trail
from psimatch.audit.rows import share
from psimatch.client import ClientSession
from psimatch.errors import AuditFileError, FieldError, MessageFormatError, NotAPartyError
from psimatch.identifiers import Identifier, dummy, text
from psimatch.messages import Blinded, ServerHello
from psimatch.parameters import LIMITS, Role
from psimatch.prf import encoded
from psimatch.terms import Reveal

PARTIES = {Role.CLIENT: CARE.public, Role.SERVER: POLICE.public}
TERMS = {"auditor": AUDITOR.public.fingerprint_text}
CASE_REFS = {text("a"): "case a", text("c"): "case c"}
BOTH = pytest.mark.parametrize("role", Role)


def items(words):
    return {text(word): f"ring {word}" for word in words}


def audited(care="abcd", police="cdef", **changed):
    """Run a session under an agreement that names an auditor; return agreement and wire."""
    agreement = make_agreement(**TERMS, **changed)
    contacts = agreement.terms.contact_size
    one, other = (items(words) if contacts else dict.fromkeys(items(words), "") for words in (care, police))
    options = {"auditor": AUDITOR.public, "case_refs": CASE_REFS}
    wire = Wire(make_client(agreement, one, **options), make_server(agreement, other, **options)).run()
    return agreement, wire


def contents_of(wire, role):
    return audit.AuditContents.decode(wire.audits[role])


def opening_of(wire, role, places=None):
    contents = contents_of(wire, role)
    header = contents.header
    info = trail.seed_info(role, header.agreement_id, header.session_id)
    seed = AUDITOR.sealing_key.open(header.sealed_seed, info)
    wanted = range(header.set_size + 1) if places is None else [*places, header.set_size]
    return audit.Opening(seed, {place: share(wire.owner_seeds[role], place) for place in wanted})


def check(agreement, wire, role, contents=None, opening=None):
    found = contents or contents_of(wire, role)
    return audit.check_audit(found, agreement.terms, PARTIES, opening or opening_of(wire, role))


# An honest session.


@BOTH
@pytest.mark.parametrize("reveal", Reveal)
def test_all_rows_open(role, reveal):
    agreement, wire = audited(reveal=reveal)
    assert not wire.errors
    report = check(agreement, wire, role)
    assert report.violations == ()
    assert report.proves_set
    assert (report.set_size, report.asked, len(report.opened)) == (8, 8, 8)
    assert report.matches == (2 if reveal is Reveal.BOTH else None)
    opened = {row.identifier: row.case_ref for row in report.opened if row.identifier}
    words = "abcd" if role is Role.CLIENT else "cdef"
    assert opened == {text(word): CASE_REFS.get(text(word), "") for word in words}


@BOTH
def test_a_sample_proves_only_itself(role):
    agreement, wire = audited()
    report = check(agreement, wire, role, opening=opening_of(wire, role, [1, 6]))
    assert report.violations == ()
    assert [row.place for row in report.opened] == [1, 6]
    assert not report.proves_set
    silent = audit.check_audit(contents_of(wire, role), agreement.terms, PARTIES)
    assert (silent.asked, silent.opened, silent.complete, silent.bound) == (0, (), True, True)


@pytest.mark.parametrize("items_each", [1, 3])
def test_many_chunks(items_each, monkeypatch):
    before = LIMITS.chunk_items
    object.__setattr__(LIMITS, "chunk_items", items_each)
    try:
        agreement, wire = audited()
        assert all(check(agreement, wire, role).proves_set for role in Role)
    finally:
        object.__setattr__(LIMITS, "chunk_items", before)


@BOTH
def test_the_file_shows_no_identifier_and_no_key(role):
    _, wire = audited(care=["achternaam-een"], police=["achternaam-een"])
    data = wire.audits[role]
    assert b"achternaam" not in data
    assert b"ring" not in data
    assert wire.owner_seeds[role] not in data
    assert len({len(row) for row in contents_of(wire, role).sealed_rows}) == 1


def test_without_an_auditor_nothing_is_kept():
    wire = Wire(make_client(make_agreement(), items("ab")), make_server(make_agreement(), items("ab"))).run()
    assert wire.results
    assert not wire.audits


# What a session is given.


def test_the_session_needs_the_auditor_of_the_agreement():
    named, none = make_agreement(**TERMS), make_agreement()
    for agreement, auditor in ((named, None), (named, POLICE.public), (none, AUDITOR.public)):
        with pytest.raises(NotAPartyError):
            make_client(agreement, items("ab"), auditor=auditor)
    with pytest.raises(FieldError):
        make_client(named, items("ab"), auditor=AUDITOR.public, case_refs={text("a"): "x" * 201})


@pytest.mark.parametrize("named", [True, False])
@BOTH
def test_a_root_where_none_belongs_or_none_where_one_belongs(role, named, monkeypatch):
    agreement = make_agreement(**(TERMS if named else {}))
    options = {"auditor": AUDITOR.public} if named else {}
    client, server = make_client(agreement, items("ab"), **options), make_server(agreement, items("ab"), **options)
    cheat = client if role is Role.CLIENT else server
    send = cheat._send

    def changed(message, fill_to=0):
        if isinstance(message, Blinded | ServerHello):
            message = replace(message, root=b"" if named else bytes(32))
        return send(message, fill_to)

    monkeypatch.setattr(cheat, "_send", changed)
    wire = Wire(client, server).run()
    assert isinstance(wire.errors[role.peer], MessageFormatError)
    assert not wire.results


# A party that cheats in the session.


def other_rows(monkeypatch, role, instead):
    """Let a party commit to other rows than those it runs with."""
    keep = trail.AuditTrail.keep_rows

    class Other:
        def __init__(self, own):
            self._own = own

        def inputs(self, prefix, places):
            return [instead(row) for row in self._own.inputs(prefix, places)]

        def __getattr__(self, name):
            return getattr(self._own, name)

    def cheating(self, own, *rest):
        keep(self, Other(own) if self._role is role else own, *rest)

    monkeypatch.setattr(trail.AuditTrail, "keep_rows", cheating)


@pytest.mark.parametrize(
    ("role", "problem"),
    [
        (Role.CLIENT, "is not what the client had evaluated"),
        (Role.SERVER, "has no tag among those that were published"),
    ],
)
def test_a_guess_behind_a_harmless_row(monkeypatch, role, problem):
    guess, harmless = encoded(text("c")), encoded(text("z"))
    other_rows(monkeypatch, role, lambda row: harmless if row == guess else row)
    agreement, wire = audited()
    assert not wire.errors
    report = check(agreement, wire, role)
    assert [violation.split(" ", 2)[2] for violation in report.violations] == [problem]
    assert not report.proves_set
    assert check(agreement, wire, role.peer).proves_set


@BOTH
@pytest.mark.parametrize(
    "row",
    [
        encoded(Identifier("nl-bsn", 1, b"123456782")),
        encoded(dummy(bytes(32)))[:-1],
        encoded(text("z")) + b"z",
        encoded(Identifier("dummy", 2, bytes(32))),
        encoded(Identifier("dummy", 1, bytes(31))),
        b"\xff" * 20,
        b"",
    ],
)
def test_a_row_that_is_no_identifier_of_the_agreement(monkeypatch, role, row):
    other_rows(monkeypatch, role, lambda each: row if each == encoded(text("c")) else each)
    agreement, wire = audited()
    report = check(agreement, wire, role)
    assert len(report.violations) == 1
    assert "neither an identifier of the agreement nor a dummy" in report.violations[0]


def test_a_match_withheld(monkeypatch):
    choose = ClientSession._choose

    def fewer(self):
        for number, (outputs, places) in enumerate(self._found):
            first = next(at for at, place in enumerate(places) if place >= 0)
            places[first] = -1
            self._found[number] = outputs, places
        choose(self)

    monkeypatch.setattr(ClientSession, "_choose", fewer)
    agreement, wire = audited()
    assert wire.results[Role.SERVER].receipt.matches == 1
    report = check(agreement, wire, Role.CLIENT)
    assert report.violations == ("a match was withheld: a row is among the server's tags, but was not claimed",)
    assert not report.proves_set
    # A sample proves nothing of the kind.
    assert check(agreement, wire, Role.CLIENT, opening=opening_of(wire, Role.CLIENT, range(7))).violations == ()


def test_another_way_to_blind_than_the_one_used(monkeypatch):
    """A row can't say that its blind was used in another way, to make its match disappear from the outputs."""
    honest = trail.blinding_of

    def flipped(blinding, number):
        found = honest(blinding, number)
        return bytes([found[0] ^ 1]) + found[1:] if found and number == 3 else found

    monkeypatch.setattr(trail, "blinding_of", flipped)
    agreement, wire = audited()
    report = check(agreement, wire, Role.CLIENT)
    assert report.violations == ("row 4 is not what the client had evaluated",)


@BOTH
def test_a_file_cut_before_it_shows_what_was_run(monkeypatch, role):
    """The rows open, but nothing says that the party ran with them."""
    guess, harmless = encoded(text("c")), encoded(text("z"))
    other_rows(monkeypatch, role, lambda row: harmless if row == guess else row)
    before = LIMITS.chunk_items
    object.__setattr__(LIMITS, "chunk_items", 7)
    try:
        agreement, wire = audited()
        contents = contents_of(wire, role)
        kept = [message for message in contents.messages if message.sender is role][:2]
        last = contents.messages.index(kept[-1])
        report = check(agreement, wire, role, replace(contents, messages=contents.messages[: last + 1]))
        assert not report.complete
        assert not report.proves_set
        assert not all(row.ran for row in report.opened)
        assert check(agreement, wire, role).violations
    finally:
        object.__setattr__(LIMITS, "chunk_items", before)


def test_a_servers_file_does_not_show_what_the_client_withheld(monkeypatch):
    monkeypatch.setattr(ClientSession, "_choose", lambda self: setattr(self, "_match_count", 0))
    agreement, wire = audited()
    assert wire.results[Role.SERVER].receipt.matches == 0
    report = check(agreement, wire, Role.SERVER)
    assert report.proves_set
    assert not report.proves_claims
    assert not check(agreement, wire, Role.CLIENT).proves_claims


def test_parts_that_no_row_has(monkeypatch):
    honest = trail.Row

    def odd(salt, identifier, blinding, case_ref):
        hidden = b"dummy" in identifier
        return honest(salt, identifier, blinding or bytes(33), "hidden" if hidden and blinding else case_ref)

    monkeypatch.setattr(trail, "Row", odd)
    monkeypatch.setattr(trail, "ROW_OVERHEAD", 300)
    agreement, wire = audited()
    for role, count in ((Role.CLIENT, 4), (Role.SERVER, 8)):
        report = check(agreement, wire, role)
        assert len(report.violations) == count
        assert all(violation.endswith("has a part that no row of this party has") for violation in report.violations)


def test_the_parties_are_those_of_the_agreement():
    agreement, wire = audited()
    swapped = {Role.CLIENT: POLICE.public, Role.SERVER: CARE.public}
    with pytest.raises(NotAPartyError):
        audit.check_audit(contents_of(wire, Role.CLIENT), agreement.terms, swapped)


def test_arrays_in_arrays_are_refused_at_once():
    wide = b"\x92\x01\xdd" + (1 << 20).to_bytes(4, "big") + b"\x90" * (1 << 20)
    with pytest.raises(AuditFileError):
        audit.AuditContents.decode(len(wide).to_bytes(4, "big") + wide)


# A party that changes its file, or does not open it.


@BOTH
def test_what_cant_be_opened_is_a_violation(role):
    agreement, wire = audited()
    opening = opening_of(wire, role)
    wrong = {**opening.owner_shares, 2: bytes(32), 5: opening.owner_shares[4]}
    report = check(agreement, wire, role, opening=replace(opening, owner_shares=wrong))
    assert report.violations == ("row 3 can't be opened", "row 6 can't be opened")
    report = check(agreement, wire, role, opening=replace(opening, auditor_seed=bytes(32)))
    assert len(report.violations) >= 8


def test_the_server_must_open_its_key():
    agreement, wire = audited()
    opening, contents = opening_of(wire, Role.SERVER), contents_of(wire, Role.SERVER)
    without = {place: part for place, part in opening.owner_shares.items() if place < 8}
    for changed_opening, changed in (
        (replace(opening, owner_shares=without), contents),
        (opening, replace(contents, sealed_key_seed=b"")),
    ):
        report = check(agreement, wire, Role.SERVER, changed, changed_opening)
        assert report.violations == ("the server's key can't be opened",)
        assert not report.proves_set


@BOTH
def test_rows_swapped_left_out_or_added(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    leaves, rows = contents.leaves, contents.sealed_rows
    for changed in (
        replace(contents, leaves=(leaves[1], leaves[0], *leaves[2:]), sealed_rows=(rows[1], rows[0], *rows[2:])),
        replace(contents, leaves=leaves[:-1], sealed_rows=rows[:-1]),
        replace(contents, leaves=(*leaves, leaves[0]), sealed_rows=(*rows, rows[0])),
        replace(contents, leaves=(), sealed_rows=()),
    ):
        assert check(agreement, wire, role, changed).violations
    report = check(agreement, wire, role, replace(contents, sealed_rows=(rows[1], rows[0], *rows[2:])))
    assert report.violations == ("row 1 can't be opened", "row 2 can't be opened")


@BOTH
def test_every_message_is_bound(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    signed = contents.messages
    for number in range(len(signed)):
        flipped = replace(
            signed[number], signature=bytes([signed[number].signature[0] ^ 1]) + signed[number].signature[1:]
        )
        changed = {
            "flipped": (*signed[:number], flipped, *signed[number + 1 :]),
            "other": (
                *signed[:number],
                replace(signed[number], message=signed[number - 1].message),
                *signed[number + 1 :],
            ),
            "elsewhere": (*signed[:number], replace(signed[number], session_id=bytes([1]) * 32), *signed[number + 1 :]),
            "twice": (*signed[: number + 1], *signed[number:]),
            "missing": (*signed[:number], *signed[number + 1 :]) if number + 2 < len(signed) else (),
        }
        for way, messages in changed.items():
            report = check(agreement, wire, role, replace(contents, messages=tuple(messages)))
            assert report.violations, (number, way)
            assert not report.proves_set


@BOTH
def test_a_file_that_ends_early_proves_no_more_than_it_has(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    for count in range(2, len(contents.messages) - 1):
        report = check(agreement, wire, role, replace(contents, messages=contents.messages[:count]))
        assert report.violations == ()
        assert not report.complete
        assert not report.proves_set


@BOTH
def test_a_crash_at_any_byte_leaves_a_file_that_reads(role):
    agreement, wire = audited()
    data = wire.audits[role]
    header = 4 + int.from_bytes(data[:4], "big")
    for size in range(header, len(data), 97):
        contents = audit.AuditContents.decode(data[:size])
        report = audit.check_audit(contents, agreement.terms, PARTIES)
        assert not report.complete
        # Rows are written before anything binds the party to them.
        assert not report.bound or len(contents.leaves) == 8


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_hostile_file_is_an_error_or_a_violation(data):
    role = data.draw(st.sampled_from(list(Role)))
    if role not in _HONEST:
        _HONEST[role] = audited()
    agreement, wire = _HONEST[role]
    changed = bytearray(wire.audits[role])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] ^= data.draw(st.integers(1, 255))
    assume(bytes(changed) != wire.audits[role])
    try:
        contents = audit.AuditContents.decode(bytes(changed))
        report = check(agreement, wire, role, contents)
    except AuditFileError:
        return
    # Only the auditor's sealed seed and the length of the last record have no other way to show.
    assert (
        report.violations
        or not report.complete
        or contents.header.sealed_seed != contents_of(wire, role).header.sealed_seed
    )


_HONEST = {}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for prefix in (b"", len(data).to_bytes(4, "big")):
        with contextlib.suppress(AuditFileError):
            audit.AuditContents.decode(prefix + data)


def test_another_agreement():
    _, wire = audited()
    other = make_agreement(**TERMS, title="Another")
    with pytest.raises(AuditFileError):
        audit.check_audit(contents_of(wire, Role.CLIENT), other.terms, PARTIES)


def test_records_have_one_form():
    _, wire = audited()
    data = wire.audits[Role.SERVER]
    again = b"".join(map(records.encode, records.decode_all(data)))
    assert again == data
