"""One claim a person: over random lists whose rows share tokens by different rules, both sides show the same matches.

Whole sessions in memory, up to the files of matches that both sides write.
"""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from audits import PARTIES, contents_of, opening_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions import AUDITOR, Wire, make_agreement, make_client, make_server

from psimatch.audit import check_audit
from psimatch.flags import Flag, FlagList
from psimatch.identifiers import PERSON, Identifier, nl_bsn, rank_of
from psimatch.match_files import write_matches
from psimatch.parameters import Role
from psimatch.submission import SubmittedRow
from psimatch.terms import Reveal

KINDS = {"kinds": ("nl-bsn/1", "person/2"), "max_items": 128, "max_evaluations": 12_800}
KIND = next(kind for kind in make_agreement(**KINDS).terms.kinds_known if kind.name == PERSON)
BSNS = [nl_bsn(value) for value in ("123456782", "111222333")]


def tokens_by_rule():
    """Return for each rule three tokens of made-up parts, the strongest rule first."""
    record = {"voornamen": "Sanne Maria", "achternaam": "Berg", "geboortedatum": "2009-05-06"}
    heads = sorted(KIND.parse(record), key=rank_of)
    made = []
    for token in heads:
        rule, *parts = token.value.decode().split("|")
        values = ("|".join((rule, *parts[1:], letter)) for letter in "ABC")
        made.append([Identifier(PERSON, token.version, value.encode()) for value in values])
    return made


TOKENS = tokens_by_rule()
# No person, or one: a token of the strongest rule, and of each other none or one. Rows share some, and not others.
PERSONS = st.tuples(st.sampled_from(TOKENS[0]), *(st.sampled_from([None, *some]) for some in TOKENS[1:]))
ROW = st.tuples(st.sampled_from([None, *BSNS]), st.just(()) | PERSONS).map(
    lambda found: tuple(item for item in (found[0], *found[1]) if item is not None)
)
LIST = st.lists(ROW.filter(bool), max_size=5)


def persons_of(row):
    return sorted((item for item in row if item.kind == PERSON), key=rank_of)


def shown(rows, result):
    """Write the file of matches; return for each row the references of persons and of numbers beside it."""
    flags = FlagList(Path("list"), ("n",), ",", False, tuple(Flag(n, (str(n),), row) for n, row in enumerate(rows)))
    found = [(set(), set()) for _ in rows]
    with TemporaryDirectory() as folder:
        write_matches(Path(folder) / "out.csv", flags, result.matches, result.role)
        for line in csv.DictReader((Path(folder) / "out.csv").read_text().splitlines()):
            found[int(line["n"])][line["matched_kind"] != PERSON].add((line["match_reference"], line["matched_rule"]))
    return found


def run(rows, **terms):
    agreement = make_agreement(**KINDS, **terms)
    options = {"auditor": AUDITOR.public} if agreement.terms.auditor else {}
    sides = [
        make(agreement, [SubmittedRow(row, "ring" if agreement.terms.contact_size else "") for row in one], **options)
        for make, one in zip((make_client, make_server), rows, strict=True)
    ]
    wire = Wire(*sides).run()
    assert not wire.errors
    return agreement, wire


@settings(deadline=None, max_examples=60)
@given(LIST, LIST, st.sampled_from(Reveal))
def test_both_sides_show_one_and_the_same_reference_for_each_match(care, police, reveal):
    _, wire = run((care, police), reveal=reveal)
    client, server = (wire.results[role] for role in Role)
    theirs = {item for row in police for item in row}
    beside = shown(care, client)
    reference_of = {match.identifier: match.reference for match in client.matches}
    for row, (persons, numbers) in zip(care, beside, strict=True):
        # The strongest that matched, and its rule in a word; nothing where none did.
        strongest = [token for token in persons_of(row) if token in theirs][:1]
        assert persons == {(reference_of[token], token.value.decode().partition("|")[0]) for token in strongest}
        assert numbers == {(reference_of[item], "") for item in row if item.kind != PERSON and item in theirs}
    told = {reference for persons, numbers in beside for reference, _ in persons | numbers}
    # Each claim is shown, and nothing else; so what only a weaker token reaches is not told.
    assert told == set(reference_of.values())
    if reveal is Reveal.CLIENT:
        assert server.matches is None
        return
    assert {(match.identifier, match.reference) for match in server.matches} == set(reference_of.items())
    assert client.receipt.matches == len(told)
    beside = shown(police, server)
    assert {reference for persons, numbers in beside for reference, _ in persons | numbers} == told
    for row, (persons, numbers) in zip(police, beside, strict=True):
        assert {reference for reference, _ in persons | numbers} == {
            reference for item, reference in reference_of.items() if item in row
        }


@settings(deadline=None, max_examples=15)
@given(LIST, LIST)
def test_an_audit_of_such_lists_finds_nothing_and_proves_the_claims(care, police):
    agreement, wire = run((care, police), auditor=AUDITOR.public.fingerprint_text)
    for role in Role:
        report = check_audit(contents_of(wire, role), agreement.terms, PARTIES, opening_of(wire, role))
        assert report.violations == ()
        assert report.proves_claims == (role is Role.CLIENT)
