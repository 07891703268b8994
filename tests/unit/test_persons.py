"""Persons: what spelling does not change, what it must not merge, and when tokens make two records one person."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions import Wire, make_agreement, make_client, make_server, submission

from psimatch.errors import AgreementFormatError, FieldError
from psimatch.flag_files import read_flags
from psimatch.identifiers import (
    RULES,
    Identifier,
    Policy,
    kind_named,
    person,
    person_kind,
    rule_of,
    rules_under,
    satisfies,
)
from psimatch.identifiers.dates import BirthDate, birth_date
from psimatch.identifiers.names import letters, sound, without_prefix
from psimatch.match_files import write_matches
from psimatch.matching import Match
from psimatch.parameters import Role
from psimatch.terms import Reveal

NAMES = {rule.name: rule for rule in RULES}
SANNE = {"voornamen": "Sanne Maria", "voorvoegsel": "van der", "achternaam": "Berg", "geboortedatum": "2009-04-25"}
HOME = {"postcode": "1234 AB", "huisnummer": "12-bis", "straat": "Kerkstraat", "woonplaats": "Den Haag"}


def agreed(one, other, policy=Policy.ANY):
    """The names of the rules under which two records agree."""
    mine, yours = person(one, policy), person(other, policy)
    return {rule_of(token).name for token in {*mine} & {*yours}}


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
        ["Jansen-de Vries", "de Vries"],
        ["van Dam", "Vandam", "Dam"],
    ],
)
def test_spellings_of_one_family_name(spellings):
    tokens = [dict(SANNE, achternaam=spelling, voorvoegsel="") for spelling in spellings]
    assert all("start-family-date" in agreed(tokens[0], other) for other in tokens)


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
        ["Thijs", "Tijs"],
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


def test_a_name_of_prefixes_only_stays():
    assert without_prefix("VAN DER") == "DER"
    assert without_prefix("") == ""
    assert without_prefix("BERG VAN") == "BERG"


# Dates.


@pytest.mark.parametrize(
    "raw",
    ["2009-04-25", "25-04-2009", "25/4/2009", "25.04.2009", "20090425", "2009/4/25", "25 april 2009", "25 apr. 2009",
     "2009-04-25 00:00:00", "2009-04-25T00:00:00Z", " 25\u20114\u20112009 ", "25-APR-2009"],
)  # fmt: skip
def test_a_date_has_one_form(raw):
    assert birth_date(raw, "d") == BirthDate(2009, 4, 25)


@pytest.mark.parametrize(
    ("raw", "year", "month"), [("2009", 2009, 0), ("2009-00-00", 2009, 0), ("00-04-2009", 2009, 4)]
)
def test_a_date_that_is_known_in_part(raw, year, month):
    assert birth_date(raw, "d") == BirthDate(year, month, 0)
    assert not birth_date(raw, "d").known


@pytest.mark.parametrize(
    "raw",
    ["", "x", "25-04-09", "2009-02-30", "31-04-2009", "04/25/2009", "2009-25-04", "1899-01-01", "2100-01-01",
     "25 brumaire 2009", "2009-04-25 13:00", "25-00-2009", "٢٠٠٩-٠٤-٢٥", "20090425123456", "39928"],
)  # fmt: skip
def test_what_is_no_date_is_refused_without_showing_it(raw):
    with pytest.raises(FieldError) as caught:
        birth_date(raw, "geboortedatum")
    assert caught.value.field == "geboortedatum"
    assert len(raw) < 5 or raw not in str(caught.value) + caught.value.hint


# Tokens.


def test_each_rule_gives_one_token():
    tokens = person({**SANNE, **HOME}, Policy.ANY)
    assert [rule_of(token).name for token in tokens] == [rule.name for rule in RULES]
    assert tokens[0] == Identifier("person", 1, b"exact|SANNE MARIA|VANDERBERG|20090425")
    assert len(person({**SANNE, **HOME})) == sum(rule.strong for rule in RULES)
    assert len(person(SANNE)) < len(person({**SANNE, **HOME}))
    kind = person_kind(Policy.ANY)
    assert all(kind.has_form(token.value) for token in tokens)
    assert kind.most_identifiers == len(RULES)
    weak = [token for token in tokens if not rule_of(token).strong]
    assert not any(person_kind(Policy.STRONG).has_form(token.value) for token in weak)


@pytest.mark.parametrize(
    "value",
    [b"", b"exact", b"exact|", b"exact|A|B", b"exact|A|B|1|C", b"exact|a|B|1", b"none|A|B|1", b"exact|A||1", b"exact|A |B|1",
     b"exact|A|B|1\n", b"exact|\xc3\x84|B|1"],
)  # fmt: skip
def test_other_values_are_no_tokens(value):
    assert not person_kind(Policy.ANY).has_form(value)
    assert person_kind(Policy.ANY).has_form(b"exact|A|B|1")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({}, "exact"),
        ({"voornamen": "Berg", "achternaam": "Sanne", "voorvoegsel": ""}, "names-date"),
        ({"geboortedatum": "2009-04-25", "voornamen": "SANNE"}, "names-date"),
        ({"voornamen": "S."}, "initial-family-date-place"),
        ({"voornamen": "", "voorletters": "S.M."}, "initial-family-date-place"),
        ({"geboortedatum": "24-04-2009"}, "initial-month-home"),
        ({"geboortedatum": "25-04-2008"}, "names-day"),
        ({"geboortedatum": "25-04-2008", "achternaam": "Borg"}, "start-day-postcode"),
        ({"geboortedatum": "25-05-2009", "achternaam": "Borg"}, "start-year-home"),
        ({"geboortedatum": "29-04-2009", "postcode": "", "huisnummer": ""}, "names-month-place"),
        ({"postcode": "", "huisnummer": "", "achternaam": "Bergg"}, "start-family-date"),
        ({"voornamen": "Sonja", "achternaam": "Kok", "voorvoegsel": ""}, "date-postcode"),
    ],
)
def test_slips_that_a_rule_bridges(changed, rule):
    assert rule in agreed({**SANNE, **HOME}, {**SANNE, **HOME, **changed})


def test_day_and_month_swapped():
    early = {**SANNE, "geboortedatum": "2009-04-05"}
    assert "names-date" in agreed(early, {**SANNE, "geboortedatum": "2009-05-04"})


def test_twins_and_brothers_are_apart_under_strong_rules():
    twin = {**SANNE, **HOME, "voornamen": "Tim"}
    assert agreed({**SANNE, **HOME}, twin, Policy.STRONG) == set()
    brother = {**SANNE, **HOME, "voornamen": "Tim", "geboortedatum": "2011-08-02"}
    assert agreed({**SANNE, **HOME}, brother, Policy.STRONG) == set()


@pytest.mark.parametrize(
    "fields", [{}, {"achternaam": "Berg"}, {"geboortedatum": "2009-04-25"}, {"voornamen": "Sanne"}]
)
def test_a_record_that_says_too_little(fields):
    assert person(fields, Policy.ANY) == ()


@given(st.dictionaries(st.sampled_from([*SANNE, *HOME, "voorletters"]), st.text(max_size=40)))
def test_any_text_gives_tokens_or_the_typed_error(fields):
    tokens = ()
    with contextlib.suppress(FieldError):
        tokens = person(fields, Policy.ANY)
    assert all(person_kind(Policy.ANY).has_form(token.value) for token in tokens)


@given(st.text(max_size=40))
def test_letters_are_capitals_and_stay(raw):
    once = letters(raw)
    assert letters(once) == once
    assert letters(raw.upper().lower()) == letters(raw.lower())
    assert all(word.isascii() and word.isalpha() and word.isupper() for word in once.split())


@pytest.mark.parametrize("changed", [{"voornamen": "Onbekend"}, {"voornamen": "onb."}, {"achternaam": "N.N."}])
def test_a_word_for_an_unknown_name_is_no_name(changed):
    unknown = {**SANNE, **changed}
    tokens = {rule_of(token).name for token in person(unknown, Policy.ANY)}
    assert not tokens & {"exact", "names-date", "start-family-date", "names-day"}


def test_a_word_for_an_unknown_postcode_is_no_postcode():
    one = {**SANNE, "postcode": "onbekend"}
    assert not any("postcode" in rule_of(token).parts for token in person(one, Policy.ANY))


# Policies.


def test_policies():
    weak = [rule for rule in RULES if not rule.strong]
    strong = [rule for rule in RULES if rule.strong]
    apart = NAMES["date-postcode"], NAMES["names-street"]
    twins = NAMES["initial-family-date"], NAMES["street-home"]
    together = NAMES["date-postcode"], NAMES["date-place"]
    for policy in Policy:
        assert not satisfies(policy, [])
        assert all(satisfies(policy, [rule]) for rule in strong)
        assert satisfies(policy, apart) == (policy is not Policy.STRONG)
        assert satisfies(policy, twins) == (policy is not Policy.STRONG)
        assert satisfies(policy, together) == (policy is Policy.ANY)
        assert all(satisfies(policy, [rule]) == (policy is Policy.ANY) for rule in weak)
    assert rules_under(Policy.STRONG) == tuple(strong)
    assert rules_under(Policy.TWO) == rules_under(Policy.ANY) == RULES
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_an_agreement_has_a_policy_exactly_where_it_has_persons():
    make_agreement(kinds=("person/1",), person_policy="strong")
    for kinds, policy in ((("person/1",), ""), (("person/1",), "weak"), (("text/1",), "strong")):
        with pytest.raises(AgreementFormatError, match="person_policy"):
            make_agreement(kinds=kinds, person_policy=policy, large_budget_reason="")


# From list to file of matches.

HEADER = "case_ref,voornamen,voorvoegsel,achternaam,geboortedatum,postcode,huisnummer,straat,woonplaats\n"
CARE_ROWS = """1,Sanne,van der,Berg,2009-04-25,1234AB,12,Kerkstraat,Den Haag
2,Mohammed,,El Idrissi,2008-11-02,,,,
3,Tim,,Bos,2010-02-03,5678CD,5,Markt,Breda
"""
POLICE_ROWS = """9,S.,,Vanderberg,25-04-2009,1234 AB,12,Kerkstraat,Den Haag
8,Muhammad,,"Idrissi, el",02/11/2008,,,,
7,Tom,,Bos,03-02-2010,5678CD,5,Markt,Breda
"""


def matched(tmp_path, policy, reveal=Reveal.BOTH, police=POLICE_ROWS):
    """Run a session of both lists; return for each side the lines of its file of matches, and the session's result."""
    kinds = [person_kind(policy)]
    lists, size = {}, 0 if reveal is Reveal.CLIENT else 48
    for role, rows in ((Role.CLIENT, CARE_ROWS), (Role.SERVER, police)):
        (tmp_path / f"{role.value}.csv").write_text(HEADER + rows)
        lists[role] = read_flags(tmp_path / f"{role.value}.csv", kinds)
        assert not lists[role].invalid
    agreement = make_agreement(
        kinds=("person/1",), person_policy=policy.value, max_items=200, reveal=reveal, contact_size=size,
        large_budget_reason="" if policy is Policy.STRONG else "a test",
    )  # fmt: skip
    sides = []
    for role, make in ((Role.CLIENT, make_client), (Role.SERVER, make_server)):
        sides.append(make(agreement, lists[role].rows))
    wire = Wire(*sides).run()
    assert not wire.errors
    found = {}
    for role, result in wire.results.items():
        if result.matches is not None:
            write_matches(tmp_path / f"{role.value}.out", lists[role], result.matches, role, force=True)
            found[role] = (tmp_path / f"{role.value}.out").read_text().splitlines()[1:]
    return found, wire, lists


@pytest.mark.parametrize("reveal", Reveal)
def test_a_match_names_its_rules(tmp_path, reveal):
    found, wire, _ = matched(tmp_path, Policy.STRONG, reveal)
    # Sanne has an initial on one side, and nobody can tell Tim from Tom by that.
    (line,) = found[Role.CLIENT]
    assert line.startswith("2,Mohammed")
    assert ",person,names-date," in line
    if reveal is Reveal.BOTH:
        # The same reference on both sides.
        references = [{line.split(",person,")[0].rsplit(",", 1)[1] for line in found[role]} for role in Role]
        assert references[0] == references[1]
        assert wire.results[Role.CLIENT].receipt.matches == len(wire.results[Role.CLIENT].matches)


def test_weak_rules_take_part_only_where_both_accept_them(tmp_path):
    strong, _, lists = matched(tmp_path, Policy.STRONG)
    assert len(strong[Role.CLIENT]) == 1
    assert not any(not rule_of(token).strong for flags in lists.values() for token in flags.items())
    any_rule, _, _ = matched(tmp_path, Policy.ANY)
    # Tim and Tom, born on one day in one house.
    assert len(any_rule[Role.CLIENT]) == 3
    assert ",person,initial-family-date-place," in any_rule[Role.CLIENT][2]


def test_every_record_counts_the_same(tmp_path):
    _, _, lists = matched(tmp_path, Policy.ANY)
    for flags in lists.values():
        agreement = make_agreement(
            kinds=("person/1",), person_policy="any", max_items=200, large_budget_reason="a test"
        )
        assert submission(agreement, flags.rows).places == 3 * len(RULES)


def test_a_row_that_says_too_little_of_a_person_keeps_its_number(tmp_path):
    (tmp_path / "list.csv").write_text(
        "bsn,achternaam,geboortedatum,postcode\n123456782,Bos,,\n,Bos,,\n012345672,,,1234AB\n,,25-25-2009,\n"
    )
    flags = read_flags(tmp_path / "list.csv", [kind_named("nl-bsn"), person_kind(Policy.STRONG)])
    assert [flag.row for flag in flags.rows] == [2, 4]
    assert flags.rows_without_identifier == (3,)
    assert [invalid.row for invalid in flags.invalid] == [5]
    assert submission(make_agreement(kinds=("nl-bsn/1",)), flags.rows).places == 2


def test_an_address_through_several_persons_is_one_match_beside_each(tmp_path):
    header = "case_ref,achternaam,voornamen,geboortedatum,postcode,huisnummer\n"
    (tmp_path / "list.csv").write_text(
        header + "1,Bos,Tim,2010-02-03,1234AB,12\n2,Kok,Mila,2011-05-06,1234 AB,12\n3,Vos,Noor,2012-07-08,9999ZZ,1\n"
    )
    flags = read_flags(tmp_path / "list.csv", [kind_named("nl-address"), person_kind(Policy.STRONG)])
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
