"""A submission: what it takes, what it refuses and by which row, and that sessions share it and leave it whole."""

import gc
from dataclasses import replace

import pytest
from sessions import AUDITOR, CARE, POLICE, TODAY, Wire, make_agreement, make_terms, submission

from psimatch import Flag, errors
from psimatch.client import ClientSession
from psimatch.identifiers import Identifier, person, text
from psimatch.ledger import Ledger
from psimatch.parameters import LIMITS, Role
from psimatch.server import ServerSession
from psimatch.submission import Submission, SubmittedRow

PERSONS = make_terms(kinds=("person/2", "text/1"), max_items=32, max_evaluations=3_200)
RULES = next(kind for kind in PERSONS.kinds_known if kind.name == "person").most_identifiers


def sanne(born="2009-05-06", **said):
    return SubmittedRow(person({"voornamen": "Sanne", "achternaam": "Berg", "geboortedatum": born}), **said)


def told(submission, matched):
    """What is claimed of these identifiers, with the contacts."""
    items = {submission.identifier(item): item for item in range(submission.count)}
    claimed = submission.claims([items[identifier] for identifier in matched])
    return {submission.identifier(item): contact for item, contact in claimed.items()}


def test_flags_rows_and_mappings_are_submitted_alike():
    terms = make_terms()
    made = [
        Submission([Flag(2, ("a",), (text("a"),), "case 1", "desk")], terms),
        Submission([SubmittedRow((text("a"),), "desk")], terms),
        Submission({text("a"): "desk"}, terms),
    ]
    for each in made:
        assert (each.count, each.places, each.set_size) == (1, 1, 8)
        assert told(each, [text("a")]) == {text("a"): "desk"}
        # The agreement names no auditor, who alone would look a case up.
        assert each.longest_case_ref == 0


def test_an_identifier_of_two_rows_has_what_the_first_says():
    terms = make_terms(auditor=AUDITOR.public.fingerprint_text)
    rows = [SubmittedRow((text("a"),), "desk 1", "case 1"), SubmittedRow((text("a"), text("b")), "desk 2", "case 22")]
    made = Submission(rows, terms)
    assert (made.count, made.places) == (2, 2)
    assert told(made, [text("a"), text("b")]) == {text("a"): "desk 1", text("b"): "desk 2"}
    assert [made.case_ref(item) for item in range(2)] == ["case 1", "case 22"]
    assert made.longest_case_ref == len("case 22")


# Persons.


def test_each_person_takes_as_many_places_as_there_are_rules():
    one, other = sanne(), sanne("2009-06-05")
    for rows, persons in (([one], 1), ([one, other], 2), ([one, one], 1), ([replace(one, contact="again"), one], 1)):
        made = Submission(rows, PERSONS)
        assert made.places == persons * RULES
        assert made.count == len({item for row in rows for item in row.identifiers})


def test_the_strongest_token_that_matched_is_claimed():
    tokens = sanne().identifiers
    made = Submission([SubmittedRow((text("x"), *reversed(tokens)), "desk")], PERSONS)
    for first in range(len(tokens)):
        assert told(made, [text("x"), *tokens[first:]]) == {text("x"): "desk", tokens[first]: "desk"}
    assert told(made, []) == {}


def test_a_token_of_two_persons_speaks_for_the_one_whose_strongest_it_is():
    """C1 matches by a stronger rule; by the token that they share the peer reaches C2 alone."""
    one, other = sanne(contact="desk 1"), sanne("2009-06-05", contact="desk 2")
    (shared,) = set(one.identifiers) & set(other.identifiers)
    made = Submission([one, other], PERSONS)
    assert told(made, [shared]) == {shared: "desk 1"}
    assert told(made, [one.identifiers[0], shared]) == {one.identifiers[0]: "desk 1", shared: "desk 2"}
    assert told(made, [*one.identifiers, *other.identifiers]) == {
        one.identifiers[0]: "desk 1",
        other.identifiers[0]: "desk 2",
    }


def test_a_mapping_can_not_say_which_tokens_are_one_person():
    with pytest.raises(errors.LocalProtocolError, match="as a row"):
        Submission(dict.fromkeys(sanne().identifiers, ""), PERSONS)


def test_a_row_has_the_tokens_of_one_person():
    """Each token as a row of its own would make several claims of one child; two children in a row would make one."""
    tokens, others = sanne().identifiers, sanne("2010-07-08").identifiers
    for wrong in ([(token,) for token in tokens], [(*tokens, *others)], [tokens, tokens[1:]], [(*tokens, others[-1])]):
        with pytest.raises(errors.FieldError, match="the tokens of one person"):
            Submission([SubmittedRow(row) for row in wrong], PERSONS)
    # On a default date the strongest rule alone gives a token.
    assert Submission([sanne("2009-01-01")], PERSONS).count == 1


def test_more_persons_than_an_audit_file_can_name_share_no_token():
    """Other children with one name on one day: somebody wrote one name for all whose name is not known."""
    names = [f"Sanne {''.join(chr(65 + n) for n in (a, b))}" for a in range(26) for b in range(10)]
    record = {"achternaam": "Berg", "geboortedatum": "2009-05-06"}
    rows = [
        SubmittedRow(person({**record, "voornamen": name}), row=number) for number, name in enumerate(names, start=2)
    ]
    terms = make_terms(kinds=("person/2",), max_items=4_096, max_evaluations=33_000)
    most = LIMITS.persons_of_token
    assert Submission(rows[:most], terms).places == most * RULES
    with pytest.raises(errors.FieldError, match=f"in row {most + 2} is alike to {most} others") as refused:
        Submission(rows, terms)
    assert "empty it" in refused.value.hint


# What is refused.


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (SubmittedRow((Identifier("text", 1, b"\xff"),), row=7), "text: in row 7 is not in its canonical form"),
        (SubmittedRow((text("a"),), "x" * 49, row=7), "contact: in row 7 has 49 bytes"),
        (SubmittedRow((text("a"),), "a\nb", row=7), "contact: in row 7 has a control"),
        (SubmittedRow((text("a"),), "", "x" * 201, 7), "case_ref: in row 7 has over 200 bytes"),
    ],
)
def test_an_error_names_the_row(row, words):
    terms = make_terms(auditor=AUDITOR.public.fingerprint_text)
    with pytest.raises(errors.FieldError, match=words):
        Submission([SubmittedRow((text("first"),)), row], terms)


def test_more_rows_than_the_agreement_allows():
    Submission([SubmittedRow((text(str(n)),)) for n in range(8)], make_terms())
    with pytest.raises(errors.TooManyItemsError, match="takes 9 places"):
        Submission([SubmittedRow((text(str(n)),)) for n in range(9)], make_terms())
    with pytest.raises(errors.TooManyItemsError):
        Submission([sanne(f"2009-05-{day:02}") for day in range(10, 21)], PERSONS)


def test_a_session_of_another_agreement_refuses_it():
    one, other = make_agreement(), make_agreement(title="Another")
    with pytest.raises(errors.LocalProtocolError, match="made for another agreement"):
        ClientSession(other, CARE, POLICE.public, submission(one, {}), today=TODAY)


# Sessions share it.


def test_a_second_session_checks_and_packs_nothing_again(monkeypatch):
    agreement = make_agreement()
    own, peer = (submission(agreement, dict.fromkeys(map(text, words), "desk")) for words in ("abc", "bcd"))

    def again(*_):
        raise AssertionError

    monkeypatch.setattr(Submission, "_pack", again)
    monkeypatch.setattr("psimatch.submission.check_contact", again)
    seen = []
    for _ in range(3):
        client = ClientSession(agreement, CARE, POLICE.public, own, today=TODAY)
        wire = Wire(client, ServerSession(agreement, POLICE, CARE.public, peer, today=TODAY)).run()
        matches = wire.results[Role.CLIENT].matches
        assert {match.identifier for match in matches} == {text("b"), text("c")}
        seen.append({match.reference for match in matches})
    assert not seen[0] & seen[1]


def test_two_sessions_at_once_have_other_dummies_and_another_order():
    agreement = make_agreement(max_items=300)
    own = submission(agreement, {text(str(n)): "" for n in range(200)})
    sets = []
    for _ in range(2):
        session = ClientSession(agreement, CARE, POLICE.public, own, today=TODAY)
        session._own.fill()
        session._own.shuffle()
        sets.append([session._own.identifier(place) for place in range(300)])
    real = [{item for item in each if item.kind != "dummy"} for each in sets]
    assert real[0] == real[1]
    assert len(real[0]) == 200
    assert not {item for item in sets[0] if item.kind == "dummy"} & set(sets[1])
    assert [item for item in sets[0] if item in real[0]] != [item for item in sets[1] if item in real[0]]


def test_what_is_packed_is_overwritten_when_the_last_has_dropped_it():
    agreement = make_agreement()
    own = submission(agreement, {text("quagga"): ""})
    packed = own._packed
    session = ClientSession(agreement, CARE, POLICE.public, own, today=TODAY)
    session.cancel()
    assert b"quagga" in packed
    session = ClientSession(agreement, CARE, POLICE.public, own, today=TODAY)
    del own
    gc.collect()
    assert b"quagga" in packed
    session.cancel()
    gc.collect()
    assert packed == bytes(len(packed))


# The set size that the peer was told does not fall.


def test_a_set_never_becomes_smaller_under_an_agreement():
    agreement = make_agreement(max_items=8_192)
    long, short = ({text(str(n)): "" for n in range(count)} for count in (1_500, 1_100))
    with Ledger(None, CARE) as ledger:
        ledger.open_session(agreement, POLICE.public, submission(agreement, long).set_size)
        assert ledger.largest_set(agreement) == 1_536
        with pytest.raises(errors.LedgerError, match=r"told a set size of 1,536 before, and 1,152 would tell"):
            ledger.open_session(agreement, POLICE.public, submission(agreement, short).set_size)
        again = submission(agreement, short, at_least=ledger.largest_set(agreement))
        assert again.set_size == 1_536
        ledger.open_session(agreement, POLICE.public, again.set_size)
        kinds = [entry.kind for entry in ledger.entries()]
        assert kinds == ["opened ledger", "accepted", "declared", "opened", "opened"]
        # Another agreement begins anew: its parties may have agreed on another list.
        assert ledger.largest_set(make_agreement(title="Another")) == 0


def test_a_floor_above_the_agreement_is_refused():
    with pytest.raises(errors.TooManyItemsError):
        Submission({}, make_terms(), at_least=9)
