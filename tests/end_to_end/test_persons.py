"""Persons without a number, as two organisations see it: a match by rules, and the figures of rules on known pairs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import psimatch

Finish = Callable[..., tuple[int, str, str]]
HEADER = "case_ref,bsn,voornamen,voorvoegsel,achternaam,geboortedatum,contact\n"
CARE = HEADER + "c1,,Sanne,van der,Berg,2009-04-25,desk 1\nc2,123456782,Tim,,Bos,2010-02-03,desk 2\nc3,,Mila,,Kok,,\n"
POLICE = HEADER + 'p1,,SANNE,,"BERG, VAN DER",25-04-2009,unit 4\np2,123456782,,,,,unit 5\np3,,Tom,,Bos,03-02-2010,\n'


def test_a_person_matches_by_a_rule(pair: Any, finish: Finish) -> None:
    given = {**pair.terms.as_fields(), "kinds": ["nl-bsn/1", "person/2"], "max_evaluations": 33_000}
    terms = psimatch.Terms.from_fields(given)
    for side, rows in ((pair.care, CARE), (pair.police, POLICE)):
        side.sign(pair.signed(terms))
        (side.folder / "flags.csv").write_text(rows, encoding="utf-8")
    listening, address = pair.police.listen()
    connecting = pair.care.match("--connect", address, "--json")
    code, output, errors = finish(connecting)
    assert code == 0, errors
    assert json.loads(output)["matches_by_kind"] == {"nl-bsn/1": 1, "person/2": 1}
    code, output, errors = finish(listening)
    assert code == 0, errors
    assert "you learned  2 matches: nl-bsn/1 1, person/2 1" in output
    for side, first in ((pair.care, "c1"), (pair.police, "p1")):
        rows = side.rows()
        assert [row["matched_kind"] for row in rows] == ["person", "nl-bsn"]
        assert rows[0]["case_ref"] == first
        assert rows[0]["matched_rule"] == "exact"
        assert rows[1]["matched_rule"] == ""
    assert pair.care.rows()[0]["match_reference"] == pair.police.rows()[0]["match_reference"]
    code, output, _ = finish(pair.care.start("explain", "pilot.toml", "--lang", "en"))
    assert code == 0
    assert "Persons without a number are compared by given name" in output.replace("\n", " ")
    code, output, _ = finish(pair.care.start("check", "flags.csv", "--agreement", "pilot.toml"))
    assert code == 0
    assert "rows without any identifier: 4" in output
    assert "SANNE" not in output
    (pair.care.folder / "export.toml").write_text('[columns]\nbsn = "bsn"\nvoornamen = "voornamen"\n')
    showing = ("check", "flags.csv", "--agreement", "pilot.toml", "--show", "--profile", "export.toml")
    code, output, errors = finish(pair.care.start(*showing))
    assert code == 0, errors
    assert "row 2  person      exact|SANNE|VANDERBERG|20090425" in output
    assert "row 3  nl-bsn      123456782" in output


TWO_ROWS = "case_ref,voornamen,achternaam,geboortedatum,contact\n"
# Day and month are exchanged: by a weaker rule the first is like the second too.
ONE, SWAPPED = "P1,Sanne,Berg,2009-05-06,unit 2\n", "P2,Sanne,Berg,2009-06-05,unit 3\n"


def test_two_rows_of_the_peer_that_are_alike_make_one_match(pair: Any, finish: Finish) -> None:
    """The client claims the row that it matches best, and does not tell that it is like another."""
    given = {**pair.terms.as_fields(), "kinds": ["person/2"], "max_evaluations": 6_400}
    for side, rows in ((pair.care, ONE.replace("P1", "C1")), (pair.police, ONE + SWAPPED)):
        side.sign(pair.signed(psimatch.Terms.from_fields(given)))
        (side.folder / "flags.csv").write_text(TWO_ROWS + rows, encoding="utf-8")
    listening, address = pair.police.listen("--json")
    for process in (pair.care.match("--connect", address, "--json"), listening):
        code, output, errors = finish(process)
        assert code == 0, errors
        assert json.loads(output)["matches_by_kind"] == {"person/2": 1}
    (care,), (police,) = pair.care.rows(), pair.police.rows()
    assert (care["case_ref"], police["case_ref"]) == ("C1", "P1")
    assert care["match_reference"] == police["match_reference"]
    assert care["matched_rule"] == police["matched_rule"] == "exact"


def test_the_rules_are_measured_on_known_pairs(pair: Any, finish: Finish) -> None:
    for name, rows in (("ours.csv", CARE), ("theirs.csv", POLICE)):
        (pair.care.folder / name).write_text(rows, encoding="utf-8")
    with (pair.care.folder / "truth.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("ours", "theirs"), ("c1", "p1"), ("c2", "p2")])
    command = ("linkage", "evaluate", "ours.csv", "theirs.csv", "--truth", "truth.csv")
    code, output, errors = finish(pair.care.start(*command, "--json"))
    assert code == 0, errors
    figures = json.loads(output)
    assert figures["pairs"] == 2
    assert (figures["together"]["found"], figures["together"]["true"]) == (1, 1)
    assert [item["name"] for item in figures["rules"]] == ["exact", "sounds", "start"]
    code, output, _ = finish(pair.care.start(*command))
    assert code == 0
    assert "sounds " in output
    # Columns that stand the other way round, and lost zeros, would give a recall of 0.
    for lines, hint in (("a,b\np1,c1\n", "the other way round"), ("a,b\nc1,p1\nc02,p2\n", "leading zeros")):
        (pair.care.folder / "truth.csv").write_text(lines)
        code, _, errors = finish(pair.care.start(*command))
        assert code == 1
        assert f"1 of {lines.count(chr(10)) - 1} true pairs name no row" in errors
        assert hint in errors
    (pair.care.folder / "truth.csv").write_text("a\nc1\n")
    code, _, errors = finish(pair.care.start(*command))
    assert code == 1
    assert "has not two cells" in errors


def test_a_match_by_another_rule_than_exact_is_marked(pair: Any, finish: Finish) -> None:
    """Twins can have names that sound alike, so both sides are told which matches to check first."""
    given = {**pair.terms.as_fields(), "kinds": ["person/2"], "max_evaluations": 6_400}
    same = "X1,Mila,Bos,2010-02-03,unit\n"
    for side, name in ((pair.care, "Hasan"), (pair.police, "Hussein")):
        side.sign(pair.signed(psimatch.Terms.from_fields(given)))
        (side.folder / "flags.csv").write_text(f"{TWO_ROWS}T1,{name},Ali,2009-05-06,unit\n{same}", encoding="utf-8")
    listening, address = pair.police.listen()
    for process in (pair.care.match("--connect", address), listening):
        code, output, errors = finish(process)
        assert code == 0, errors
        assert "2 matches" in output
        assert "check first  1 of them" in output
