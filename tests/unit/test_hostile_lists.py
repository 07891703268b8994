"""Lists, and what stands beside them, that an export, a spreadsheet or somebody's malice made dangerous."""

import pytest
from sessions import make_terms

from psimatch.flag_files import read_flags

TERMS = make_terms(kinds=("nl-address/1", "nl-bsn/1", "person/1"), person_policy="strong", max_items=64)
PERSON = "bsn,voornamen,achternaam,geboortedatum,postcode,huisnummer\n123456782,Sanne,Berg,2009-04-25,9712AB,12\n"


@pytest.mark.parametrize(
    ("never", "left"),
    [
        ("voornamen,achternaam,geboortedatum\nSanne,Berg,2009-04-25\n", ["nl-address", "nl-bsn"]),
        ("postcode,huisnummer\n9712AB,12\n", ["nl-bsn"]),
        ("bsn\n123456782\n", ["nl-address"]),
        ("bsn\n111222333\n", ["nl-address", "nl-bsn", *["person"] * 6]),
    ],
)
def test_a_person_who_is_suppressed_in_part_matches_by_no_other_token(tmp_path, never, left):
    """The home, of which the list to suppress need not know, makes tokens of its own."""
    (tmp_path / "flags.csv").write_text(PERSON)
    (tmp_path / "never.csv").write_text(never)
    flags, suppressed = (read_flags(tmp_path / f"{name}.csv", TERMS.kinds_known) for name in ("flags", "never"))
    assert sorted(item.kind for item in flags.items(suppressed.items())) == left
