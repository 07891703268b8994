from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from psimatch.flag_files import read_flags
from psimatch.identifiers import KINDS

EXAMPLES = Path(__file__).parents[2] / "examples"
KINDS_OF_THE_EXAMPLE = (KINDS["nl-bsn"], KINDS["nl-address"])


def test_the_care_list_holds_what_it_says() -> None:
    care = read_flags(EXAMPLES / "care" / "flags.csv", KINDS_OF_THE_EXAMPLE)
    assert care.counts() == {"nl-bsn/1": 40, "nl-address/1": 25}
    assert (care.delimiter, care.byte_order_mark) == (";", True)
    assert len(care.rows) == 65
    assert not care.invalid
    assert not care.rows_without_identifier
    assert care.duplicates.rows == ()
    assert all(flag.case_ref and flag.contact for flag in care.rows)


def test_the_police_list_holds_what_it_says() -> None:
    police = read_flags(EXAMPLES / "police" / "flags.csv", KINDS_OF_THE_EXAMPLE)
    assert police.counts() == {"nl-bsn/1": 60, "nl-address/1": 30}
    assert (police.delimiter, police.byte_order_mark) == (",", False)
    assert len(police.rows) == 91
    assert not police.invalid
    assert len(police.duplicates.rows) == 1
    assert all(flag.case_ref and flag.contact for flag in police.rows)


def test_the_lists_share_seven_youths_and_four_addresses() -> None:
    care, police = (
        set(read_flags(EXAMPLES / party / "flags.csv", KINDS_OF_THE_EXAMPLE).items()) for party in ("care", "police")
    )
    shared = care & police
    assert sorted(identifier.kind for identifier in shared) == ["nl-address"] * 4 + ["nl-bsn"] * 7


def test_comparing_the_cells_as_they_stand_would_miss_most_matches() -> None:
    care = (EXAMPLES / "care" / "flags.csv").read_text("utf-8-sig")
    police = (EXAMPLES / "police" / "flags.csv").read_text("utf-8")
    for spelling, other in [("12345672", "012345672"), ("12-bis", "12,,BIS"), ("3812 kl", "3812KL"), ("8;;2", "8 2")]:
        assert f";{spelling};" in care
        assert f",{other}," in police


def test_each_row_of_the_bad_list_is_refused_for_the_reason_it_names() -> None:
    bad = read_flags(EXAMPLES / "bad" / "flags.csv", tuple(KINDS.values()))
    assert not bad.rows
    assert not bad.rows_without_identifier
    assert [invalid.row for invalid in bad.invalid] == list(range(2, 2 + len(bad.invalid)))
    for invalid in bad.invalid:
        field, _, rule = invalid.cells[0].partition(":")
        assert len(invalid.errors) == (2 if rule == " two errors" else 1)
        assert field in {"row", *(error.field for error in invalid.errors)}


@pytest.mark.parametrize("script", ["make_lists.py", "make_bad_list.py"])
def test_the_generators_give_the_same_bytes(tmp_path: Path, script: str) -> None:
    names = runpy.run_path(str(EXAMPLES / script))
    names[script.removesuffix(".py")](tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    assert made
    for name in made:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes()
