"""Audits: an honest session opens, and every way to cheat that an audit can find is found."""

from dataclasses import replace

import pytest
from audits import BOTH, CASE_REFS, PARTIES, TERMS, audited, check, contents_of, items, opening_of
from sessions import AUDITOR, POLICE, Wire, chunks_of, make_agreement, make_client, make_server

from psimatch import audit
from psimatch.audit import trail
from psimatch.client import ClientSession
from psimatch.errors import FieldError, MessageFormatError, NotAPartyError
from psimatch.identifiers import Identifier, dummy, person, rule_of, text
from psimatch.messages import Blinded, ServerHello
from psimatch.own_set import OwnSet
from psimatch.parameters import Role
from psimatch.prf import encoded
from psimatch.submission import Submission, SubmittedRow
from psimatch.terms import Reveal

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
def test_many_chunks(items_each):
    with chunks_of(items_each):
        agreement, wire = audited()
        assert all(check(agreement, wire, role).proves_set for role in Role)


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


# Persons.

PERSONS = {"kinds": ("person/2",), "max_items": 32, "max_evaluations": 3_200}


def sanne(born, who="care"):
    """Return a row; two whose day and month are exchanged share a token, and have stronger ones of their own."""
    record = {"voornamen": "Sanne", "achternaam": "Berg", "geboortedatum": born}
    return SubmittedRow(person(record), who, f"case {born}")


def audited_persons(care=("2009-05-06", "2009-06-05"), police=("2009-05-06",)):
    agreement, options = make_agreement(**TERMS, **PERSONS), {"auditor": AUDITOR.public}
    client = make_client(agreement, [sanne(born) for born in care], **options)
    wire = Wire(client, make_server(agreement, [sanne(born) for born in police], **options)).run()
    assert not wire.errors
    return agreement, wire


def test_the_strongest_token_of_each_person_is_claimed_and_the_rows_say_whose_they_are():
    agreement, wire = audited_persons()
    assert wire.results[Role.SERVER].receipt.matches == 2
    report = check(agreement, wire, Role.CLIENT)
    assert report.violations == ()
    assert report.proves_claims
    tokens = [row for row in report.opened if row.persons]
    assert len(tokens) == sum(row.identifier is not None for row in report.opened)
    assert {number for row in tokens for number in row.persons} == {0, 1}
    # What they share is of both; and a server's rows are of nobody.
    assert [rule_of(row.identifier).name for row in tokens if row.persons == (0, 1)] == ["sounds"]
    assert not any(row.persons for row in check(agreement, wire, Role.SERVER).opened)


def test_numbers_of_persons_tell_nothing_of_the_order_of_the_list():
    """The first row is not number 0 but by chance: in twenty sessions both numbers are seen, 2^-19 aside."""
    seen = set()
    for _ in range(20):
        agreement, wire = audited_persons()
        report = check(agreement, wire, Role.CLIENT)
        seen |= {row.persons for row in report.opened if row.case_ref.endswith("05-06") and len(row.persons) == 1}
    assert seen == {(0,), (1,)}


@pytest.mark.parametrize(
    ("claimed", "problem"),
    [
        (lambda honest, found: {}, "a match was withheld"),
        (lambda honest, found: dict(list(honest.items())[:1]), "a match was withheld"),
        (lambda honest, found: dict.fromkeys(found, ""), "more was told than needed"),
    ],
)
def test_other_claims_of_persons_than_the_strongest(monkeypatch, claimed, problem):
    honest = OwnSet.claims
    monkeypatch.setattr(OwnSet, "claims", lambda self, found: claimed(honest(self, found), found))
    agreement, wire = audited_persons()
    report = check(agreement, wire, Role.CLIENT)
    assert [violation.partition(":")[0] for violation in report.violations] == [problem]
    assert not report.proves_claims


@pytest.mark.parametrize(
    "numbers", [lambda real: (), lambda real: (*real, 32), lambda real: (real[0],) * 2, lambda real: tuple(range(257))]
)
def test_numbers_of_persons_that_no_row_has(monkeypatch, numbers):
    honest = OwnSet.persons
    monkeypatch.setattr(OwnSet, "persons", lambda self: {place: numbers(real) for place, real in honest(self).items()})
    agreement, wire = audited_persons()
    report = check(agreement, wire, Role.CLIENT)
    tokens = {*sanne("2009-05-06").identifiers, *sanne("2009-06-05").identifiers}
    assert len(report.violations) == len(tokens)


def test_two_persons_called_one_are_seen_together(monkeypatch):
    """The claim of the second is withheld: the file can't tell, but the auditor reads both dates under one number."""
    merged = Submission.persons
    monkeypatch.setattr(Submission, "persons", lambda self: iter([sorted({i for p in merged(self) for i in p})]))
    agreement, wire = audited_persons(police=("2009-05-06", "2009-06-05"))
    report = check(agreement, wire, Role.CLIENT)
    assert report.violations == ()
    assert {row.persons for row in report.opened if row.identifier} == {(0,)}
    assert len({row.case_ref for row in report.opened if row.identifier}) == 2


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
    with chunks_of(7):
        agreement, wire = audited()
        contents = contents_of(wire, role)
        kept = [message for message in contents.messages if message.sender is role][:2]
        last = contents.messages.index(kept[-1])
        report = check(agreement, wire, role, replace(contents, messages=contents.messages[: last + 1]))
        assert not report.complete
        assert not report.proves_set
        assert not all(row.ran for row in report.opened)
        assert check(agreement, wire, role).violations


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

    def odd(salt, identifier, blinding, persons, case_ref):
        hidden = b"dummy" in identifier
        return honest(salt, identifier, blinding or bytes(33), persons, "hidden" if hidden and blinding else case_ref)

    monkeypatch.setattr(trail, "Row", odd)
    monkeypatch.setattr(trail, "ROW_OVERHEAD", 300)
    agreement, wire = audited()
    for role, count in ((Role.CLIENT, 4), (Role.SERVER, 8)):
        report = check(agreement, wire, role)
        assert len(report.violations) == count
        assert all(violation.endswith("has a part that no row of this party has") for violation in report.violations)
