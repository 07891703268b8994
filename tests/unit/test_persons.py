"""Persons: what spelling does not change, what it must not merge, and when tokens make two records one person."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions import Wire, make_agreement, make_client, make_server, submission

from psimatch.errors import FieldError
from psimatch.flag_files import read_flags
from psimatch.identifiers import (
    PERSON_KIND,
    RULES,
    Identifier,
    is_word_for_nothing,
    kind_named,
    person,
    rank_of,
    rule_of,
)
from psimatch.identifiers.dates import BirthDate, birth_date
from psimatch.identifiers.names import letters, one_spelling, own_family, sound
from psimatch.match_files import write_matches
from psimatch.matching import Match
from psimatch.parameters import Role
from psimatch.terms import Reveal

SANNE = {"voornamen": "Sanne Maria", "voorvoegsel": "van der", "achternaam": "Berg", "geboortedatum": "2009-04-25"}


def agreed(one, other):
    """The names of the rules under which two records agree."""
    return {rule_of(token).name for token in {*person(one)} & {*person(other)}}


# Names.


@pytest.mark.parametrize(
    "spellings",
    [
        ["van der Berg", "Berg, van der", "BERG", "v.d. Berg", "Vanderberg", "VAN DER BERG", "vd Berg"],
        ["'t Hart", "\u2019t Hart", "Hart"],
        ["El Khattabi", "el-Khattabi", "Khattabi"],
        ["Şahin", "Sahin", "ŞAHİN"],
        ["Müller", "MULLER", "Mu\u0308ller"],
        ["Wiśniewski", "Wisniewski"],
        ["de Vries", "Vries, de", "DE VRIES"],
        ["Jansen-de Vries", "de Vries", "Jansen de Vries", "Vries"],
        ["Meijer", "Meyer", "Me\u00ffer", "Me\u0133er", "MEIJER"],
        ["van Dijk", "van Dyk", "Dijk, van", "Vandijk"],
        ["Shevchenko", "Sjevtsjenko", "Szewczenko", "\u0428\u0435\u0432\u0447\u0435\u043d\u043a\u043e"],
        ["Tesfay", "Tesfai", "Tesfaye"],
        ["van Dam", "Vandam", "Dam"],
    ],
)
def test_spellings_of_one_family_name(spellings):
    tokens = [dict(SANNE, achternaam=spelling, voorvoegsel="") for spelling in spellings]
    assert all("sounds" in agreed(tokens[0], other) for other in tokens)


@pytest.mark.parametrize(
    "spellings",
    [
        ["Mohammed", "Mohamed", "Muhammad", "Mohamad"],
        ["Yusuf", "Youssef", "Joesoef", "Yousef"],
        ["Ahmed", "Ahmet", "Ahmad"],
        ["Zeynep", "Zeinep"],
        ["Aleksander", "Alexander", "Олександр"],
        ["Fatima", "Fatma"],
        ["Sofia", "Sophia", "Sofiya"],
        ["Thijs", "Tijs", "Thys", "Tys"],
        ["Maryam", "Mariam", "Meryem"],
        ["Khadija", "Khadidja", "Khadiya"],
        ["Luuk", "Luc", "Luuc"],
    ],
)
def test_names_that_sound_the_same(spellings):
    assert len({sound(letters(spelling)) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("Emma", "Sara"), ("Tim", "Tom s"), ("Noah", "Liam"), ("Jan", "Jesse"), ("Kaya", "Kayat")]
)
def test_names_that_stay_apart(one, other):
    assert sound(letters(one)) != sound(letters(other))


@pytest.mark.parametrize(
    ("name", "own"),
    [("VAN DER", ""), ("", ""), ("BERG VAN", "BERG"), ("IVANOVA", "IVANOVA"), ("VANDERBERG", "BERG"), ("VANDA", "VANDA"),
     ("JANSEN DE VRIES", "VRIES")],
)  # fmt: skip
def test_the_own_family_name(name, own):
    assert own_family(name.split()) == own


@pytest.mark.parametrize("spelling", ["Anna Maria", "Annamaria", "Anna-Maria", "ANNA  MARIA"])
def test_given_names_in_another_split(spelling):
    one = {**SANNE, "voornamen": "Anna Maria"}
    assert {"exact", "start"} <= agreed(one, {**SANNE, "voornamen": spelling})


def test_ij_is_y():
    assert one_spelling("THIJS VAN DIJK") == "THYSVANDYK"
    meijer = {**SANNE, "voornamen": "Thijs", "achternaam": "Meijer"}
    assert agreed(meijer, {**SANNE, "voornamen": "Thys", "achternaam": "Meyer"}) == {rule.name for rule in RULES}


# Dates.


@pytest.mark.parametrize(
    "raw",
    ["2009-04-25", "25-04-2009", "25/4/2009", "25.04.2009", "20090425", "2009/4/25", "25 april 2009", "25 apr. 2009",
     "2009-04-25 00:00:00", "2009-04-25T00:00:00Z", "2009-04-25T00:00:00+02:00", "2009-04-25T00:00:00.000",
     "2009-04-25 00:00:00.000 +0200", "25-4-2009, 00:00:00", "2009-04-25 12:00:00 AM", " 25\u20114\u20112009 ", "25-APR-2009"],
)  # fmt: skip
def test_a_date_has_one_form(raw):
    assert birth_date(raw, "d") == BirthDate(2009, 4, 25)


@pytest.mark.parametrize(
    "raw",
    ["2009", "2009-00-00", "00-04-2009", "00000000", "XX-XX-2009", "00-00-2009", "??-??-2009", "2009-xx-xx", "0000-00-00", "",
     "onbekend", "n.v.t.", "-", "XXX", "25-04-0000"],
)  # fmt: skip
def test_an_unknown_date_is_no_error_and_gives_no_token(raw):
    assert not birth_date(raw, "d").known
    assert person({**SANNE, "geboortedatum": raw}) == ()


@pytest.mark.parametrize(
    "raw",
    ["x", "25-04-09", "2x-04-2009", "25-xx-2009", "2009-04-25T00:00:01", "2009-02-30", "31-04-2009", "04/25/2009", "2009-25-04", "1899-01-01", "2100-01-01",
     "25 brumaire 2009", "2009-04-25 13:00", "25-00-2009", "٢٠٠٩-٠٤-٢٥", "20090425123456", "39928"],
)  # fmt: skip
def test_what_is_no_date_is_refused_without_showing_it(raw):
    with pytest.raises(FieldError) as caught:
        birth_date(raw, "geboortedatum")
    assert caught.value.field == "geboortedatum"
    assert len(raw) < 5 or raw not in str(caught.value) + caught.value.hint


# Tokens.


def test_each_rule_gives_one_token_the_strongest_first():
    tokens = person(SANNE)
    assert [rule_of(token) for token in tokens] == list(RULES)
    assert [rank_of(token) for token in tokens] == list(range(len(RULES)))
    assert tokens[0] == Identifier("person", 2, b"exact|SANNEMARIA|VANDERBERG|20090425")
    assert all(PERSON_KIND.has_form(token.value) for token in tokens)
    assert PERSON_KIND.most_identifiers == len(RULES)
    assert kind_named("person") is PERSON_KIND
    assert not {"postcode", "huisnummer", "straat", "woonplaats"} & {field.name for field in PERSON_KIND.fields}


@pytest.mark.parametrize(
    "value",
    [b"", b"exact", b"exact|", b"exact|A|B", b"exact|A|B|1|C", b"exact|a|B|1", b"none|A|B|1", b"exact|A||1", b"exact|A |B|1",
     b"exact|A|B|1\n", b"exact|\xc3\x84|B|1", b"\xff|A"],
)  # fmt: skip
def test_other_values_are_no_tokens(value):
    assert not PERSON_KIND.has_form(value)
    assert PERSON_KIND.has_form(b"exact|A|B|1")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({}, "exact"),
        ({"voornamen": "Berg", "achternaam": "Sanne", "voorvoegsel": ""}, "sounds"),
        ({"voornamen": "SANNE"}, "sounds"),
        ({"voornamen": "Sanna"}, "sounds"),
        ({"voornamen": "Sanneke"}, "start"),
        ({"achternaam": "Beurg"}, "start"),
    ],
)
def test_slips_that_a_rule_bridges(changed, rule):
    assert rule in agreed(SANNE, {**SANNE, **changed})


def test_day_and_month_swapped():
    early = {**SANNE, "geboortedatum": "2009-04-05"}
    assert agreed(early, {**SANNE, "geboortedatum": "2009-05-04"}) == {"sounds"}


@pytest.mark.parametrize("born", ["2009-01-01", "2009-07-01", "2009-01-07"])
def test_on_a_default_date_only_all_names_as_written_agree(born):
    youth = {**SANNE, "geboortedatum": born}
    assert [rule_of(token).name for token in person(youth)] == ["exact"]
    assert agreed(youth, {**youth, "voornamen": "Sanna Maria"}) == set()


def test_twins_and_brothers_are_apart():
    assert agreed(SANNE, {**SANNE, "voornamen": "Tim"}) == set()
    assert agreed(SANNE, {**SANNE, "voornamen": "Tim", "geboortedatum": "2011-08-02"}) == set()


@pytest.mark.parametrize(
    "fields",
    [{}, {"achternaam": "Berg"}, {"geboortedatum": "2009-04-25"}, {"voornamen": "Sanne"}, {**SANNE, "voornamen": "S.M."},
     {**SANNE, "voornamen": "SM"}, {**SANNE, "voornamen": "Chr."}, {**SANNE, "voornamen": "", "voorletters": "S.M."},
     {**SANNE, "achternaam": ""}, {**SANNE, "achternaam": "B."}],
)  # fmt: skip
def test_a_record_that_says_too_little(fields):
    assert person(fields) == ()


@given(st.dictionaries(st.sampled_from([*SANNE, "voorletters"]), st.text(max_size=40)))
def test_any_text_gives_tokens_or_the_typed_error(fields):
    tokens = ()
    with contextlib.suppress(FieldError):
        tokens = person(fields)
    assert all(PERSON_KIND.has_form(token.value) for token in tokens)


@given(st.text(max_size=40))
def test_letters_are_capitals_and_stay(raw):
    once = letters(raw)
    assert letters(once) == once
    assert letters(raw.upper().lower()) == letters(raw.lower())
    assert all(word.isascii() and word.isalpha() and word.isupper() for word in once.split())


@pytest.mark.parametrize("word", ["Onbekend", "onb.", "N.N.", "n v t", "XXX", "FNU", "geheim", "volgt", "-", "N/A"])
@pytest.mark.parametrize("field", ["voornamen", "achternaam"])
def test_a_word_for_nothing_is_no_name(field, word):
    assert person({**SANNE, field: word}) == ()


def test_a_word_for_nothing_beside_a_name():
    assert "exact" in agreed({**SANNE, "voornamen": "Onbekend Maria"}, {**SANNE, "voornamen": "Maria"})
    assert person({**SANNE, "achternaam": "de Onbekend"}) == ()


@pytest.mark.parametrize("name", ["Null", "Nan", "Geen", "NA"])
def test_words_for_nothing_that_are_names_give_tokens(name):
    """Of a list they take part only where its profile allows the name; see the account of a list."""
    assert len(person({**SANNE, "achternaam": name})) == len(RULES)


@pytest.mark.parametrize("text", ["", " ", "-", ".", "onbekend", "N.V.T.", "n v t", "Niet-bekend", "xxx", "Null", "??"])
def test_words_for_nothing(text):
    assert is_word_for_nothing(text)


@pytest.mark.parametrize("text", ["x", "0", "Sanne", "\u0411", "12"])
def test_words_for_something(text):
    assert not is_word_for_nothing(text)


def test_an_agreement_has_no_policy():
    with pytest.raises(TypeError):
        make_agreement(kinds=("person/2",), person_policy="strong")


# From list to file of matches.

HEADER = "case_ref,voornamen,voorvoegsel,achternaam,geboortedatum\n"
CARE_ROWS = """1,Sanne,van der,Berg,2009-04-25
2,Mohammed,,El Idrissi,2008-11-02
3,Tim,,Bos,2010-02-03
"""
POLICE_ROWS = """9,S.,,Vanderberg,25-04-2009
8,Muhammad,,"Idrissi, el",02/11/2008
7,Tom,,Bos,03-02-2010
"""


@pytest.mark.parametrize("reveal", Reveal)
def test_a_match_names_its_rule(tmp_path, reveal):
    lists, size = {}, 0 if reveal is Reveal.CLIENT else 48
    for role, rows in ((Role.CLIENT, CARE_ROWS), (Role.SERVER, POLICE_ROWS)):
        (tmp_path / f"{role.value}.csv").write_text(HEADER + rows)
        lists[role] = read_flags(tmp_path / f"{role.value}.csv", [PERSON_KIND])
        assert not lists[role].invalid
    # Sanne has an initial on one side, which is no given name.
    assert lists[Role.SERVER].rows_without_identifier == (2,)
    limits = {"max_items": 200, "max_evaluations": 20_000}
    agreement = make_agreement(kinds=("person/2",), reveal=reveal, contact_size=size, **limits)
    sides = [make(agreement, lists[role].rows) for role, make in zip(Role, (make_client, make_server), strict=True)]
    wire = Wire(*sides).run()
    assert not wire.errors
    found = {}
    for role, result in wire.results.items():
        if result.matches is not None:
            write_matches(tmp_path / f"{role.value}.out", lists[role], result.matches, role, force=True)
            found[role] = (tmp_path / f"{role.value}.out").read_text().splitlines()[1:]
    # Nobody can tell Tim from Tom, so they are two.
    (line,) = found[Role.CLIENT]
    assert line.startswith("2,Mohammed")
    assert ",person,sounds," in line
    if reveal is Reveal.BOTH:
        references = [{line.split(",person,")[0].rsplit(",", 1)[1] for line in found[role]} for role in Role]
        assert references[0] == references[1]
        assert wire.results[Role.CLIENT].receipt.matches == len(wire.results[Role.CLIENT].matches)


def test_every_record_counts_the_same(tmp_path):
    (tmp_path / "list.csv").write_text(HEADER + CARE_ROWS)
    rows = read_flags(tmp_path / "list.csv", [PERSON_KIND]).rows
    agreement = make_agreement(kinds=("person/2",), max_items=200, max_evaluations=20_000)
    assert submission(agreement, rows).places == len(rows) * len(RULES)


def test_a_row_that_says_too_little_of_a_person_keeps_its_number(tmp_path):
    (tmp_path / "list.csv").write_text(
        "bsn,achternaam,geboortedatum,postcode\n123456782,Bos,,\n,Bos,,\n012345672,,,1234AB\n,,25-25-2009,\n"
    )
    flags = read_flags(tmp_path / "list.csv", [kind_named("nl-bsn"), PERSON_KIND])
    assert [flag.row for flag in flags.rows] == [2, 4]
    assert flags.rows_without_identifier == (3,)
    assert [invalid.row for invalid in flags.invalid] == [5]
    assert submission(make_agreement(kinds=("nl-bsn/1",)), flags.rows).places == 2


def test_an_address_through_several_persons_is_one_match_beside_each(tmp_path):
    header = "case_ref,achternaam,voornamen,geboortedatum,postcode,huisnummer\n"
    (tmp_path / "list.csv").write_text(
        header + "1,Bos,Tim,2010-02-03,1234AB,12\n2,Kok,Mila,2011-05-06,1234 AB,12\n3,Vos,Noor,2012-07-08,9999ZZ,1\n"
    )
    flags = read_flags(tmp_path / "list.csv", [kind_named("nl-address"), PERSON_KIND])
    address, tim = flags.rows[0].identifiers[0], flags.rows[0].identifiers[1]
    found = [Match(address, "ADDR-ESS1", "desk 1"), Match(tim, "PERS-ON01", "desk 2")]
    assert write_matches(tmp_path / "out.csv", flags, found, Role.CLIENT) == 3
    lines = [line.split(",") for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    # The address and the person of one row stand together, and the other row of that address has its match too.
    assert [(line[0], line[6], line[7]) for line in lines] == [
        ("1", "ADDR-ESS1", "nl-address"),
        ("1", "PERS-ON01", "person"),
        ("2", "ADDR-ESS1", "nl-address"),
    ]


@pytest.mark.parametrize("name", ["Onbekende", "Baby", "baby", "Meisje", "Jongen", "Zoon", "Dochter", "Ongeboren"])
def test_what_stands_for_a_child_without_a_name_is_no_name(name):
    assert person({**SANNE, "voornamen": name}) == ()
    assert person({**SANNE, "achternaam": name}) == ()


@pytest.mark.parametrize("family", ["van der", "de", "Le", "Van"])
def test_prefixes_alone_are_a_name_only_if_there_is_one(family):
    assert bool(person({**SANNE, "achternaam": family})) == (" " not in family)
