"""A suppression list is understood as a whole, and honoured in every row that it names; or nothing runs."""

import openpyxl
import pytest

from psimatch.errors import FlagFileError, SuppressionError
from psimatch.flag_files import read_flags
from psimatch.identifiers import kind_named
from psimatch.profiles import Profile
from psimatch.suppression import Suppressed, every_kind_but, read_suppression
from psimatch.tables import Sheet

OWN = (
    "dossier;bsn;voornamen;achternaam;geboortedatum;telefoon;postcode;huisnummer;toevoeging\n"
    "C1;123456782;Sanne;van der Berg;2009-04-25;0612345678;8017JK;41;\n"
    "C2;111222333;Thijs;Meijer;2009-05-06;0612345679;8017JK;41;A\n"
    "C3;999990482;Yonas;Tesfay;2010-02-03;;9711AA;3;\n"
    "C4;;;;;0612345678;9711AA;3;\n"
)


@pytest.fixture
def suppress(tmp_path):
    def run(never, own=OWN, kinds="nl-bsn,nl-address,person,phone", profile=None, own_profile=None, **options):
        (tmp_path / "own.csv").write_text(own)
        (tmp_path / "never.csv").write_text(never)
        asked = [kind_named(name) for name in kinds.split(",")]
        flags = read_flags(tmp_path / "own.csv", asked, profile=own_profile, also=every_kind_but(asked))
        return read_suppression(tmp_path / "never.csv", profile=profile).apply(flags, **options)

    return run


def kinds_left(flags):
    return {flag.case_ref: sorted({item.kind for item in flag.identifiers}) for flag in flags.rows}


@pytest.mark.parametrize(
    "never",
    ["bsn\n123456782\n", "voornamen;achternaam;geboortedatum\nSanne;Berg, van der;25-04-2009\n"],
)
@pytest.mark.parametrize("kinds", ["nl-bsn,nl-address,person,phone", "person", "nl-bsn", "nl-address"])
def test_a_person_takes_each_row_that_names_it_out_whole(suppress, never, kinds):
    flags, suppressed = suppress(never, kinds=kinds)
    assert "C1" not in kinds_left(flags)
    assert suppressed.rows >= 1
    # Its telephone and its home are in no other row either.
    removed = {item for item in flags.items() if item.value in (b"+31612345678", b"8017JK 41")}
    assert not removed


def test_a_telephone_that_is_not_compared_names_a_row_all_the_same(suppress):
    flags, suppressed = suppress("telefoon\n06 12345678\n", kinds="nl-bsn")
    assert kinds_left(flags) == {"C2": ["nl-bsn"], "C3": ["nl-bsn"]}
    # C3 has no telephone: had it that one, it would be suppressed.
    assert suppressed == Suppressed(identifiers=1, rows=1, unrecognisable=(4,))


@pytest.mark.parametrize("never", ["postcode;huisnummer\n8017JK;41\n", "postcode;huisnummer;toevoeging\n8017JK;41;Z\n"])
def test_an_address_is_never_compared_whatever_its_suffix(suppress, never):
    flags, suppressed = suppress(never)
    assert kinds_left(flags)["C1"] == kinds_left(flags)["C2"] == ["nl-bsn", "person", "phone"]
    assert suppressed == Suppressed(identifiers=2, rows=0, rows_at_address=2)
    flags, suppressed = suppress(never, whole_rows=True)
    assert kinds_left(flags) == {"C3": ["nl-address", "nl-bsn", "person"], "C4": ["nl-address"]}
    assert suppressed.rows == 2


def test_a_row_with_the_address_alone_is_counted_as_taken_out(suppress):
    own = "dossier;postcode;huisnummer\nC1;8017JK;41\nC2;9711AA;3\n"
    flags, suppressed = suppress("postcode;huisnummer\n8017JK;41\n", own)
    assert kinds_left(flags) == {"C2": ["nl-address"]}
    assert suppressed == Suppressed(identifiers=1, rows=1)


def test_an_address_that_no_kind_of_the_agreement_compares_is_told(suppress):
    flags, suppressed = suppress("achternaam;geboortedatum;postcode;huisnummer\n;;8017JK;41\n", kinds="person")
    assert len(flags.rows) == 3
    assert suppressed == Suppressed(rows_at_address=2)


def test_both_forms_of_an_address_are_one_place(suppress):
    own = (
        "dossier;postcode;huisnummer;bag_id;bsn\nC1;8017JK;41;0363200000123456;\nC2;8017JK;41;;123456782\n"
        "C3;;;0363200000123456;111222333\n"
    )
    flags, suppressed = suppress(
        "bag_id;postcode;huisnummer\n0363200000123456;8017JK;41\n", own, "nl-bag,nl-bsn,nl-address"
    )
    assert kinds_left(flags) == {"C2": ["nl-bsn"], "C3": ["nl-bsn"]}
    assert suppressed == Suppressed(identifiers=2, rows=1, rows_at_address=2)


def test_an_address_in_the_other_form_refuses(suppress):
    own = "dossier;postcode;huisnummer;bag_id\nC1;8017JK;41;0363200000123456\nC2;;;0363200000123457\n"
    with pytest.raises(SuppressionError, match=r"row 3 of .* by nl-bag alone"):
        suppress("postcode;huisnummer\n8017JK;41\n", own, "nl-bag")


@pytest.mark.parametrize(
    ("never", "own", "what"),
    [
        ("bag_id\n0363200000123456\n", OWN, "by nl-bag alone"),
        ("kenteken\nAB-12-CD\n", OWN, "by plate alone"),
        ("postcode;huisnummer\n8017JK;41\n", "bsn\n123456782\n", "by nl-address alone"),
    ],
)
def test_what_the_own_list_has_no_column_for_refuses(suppress, never, own, what):
    with pytest.raises(SuppressionError, match=what) as caught:
        suppress(never, own)
    assert "row 2" in str(caught.value)


@pytest.mark.parametrize(
    ("never", "problem"),
    [
        ("bsn;Nr. overheid\n123456782;x\n", "column 2 is not known"),
        ("bsn;Nr. overheid\n123456782;111222333\n", "column 2 looks like bsn"),
        ("bsn;tel\n123456782;0612345678\n", "column 2 looks like telefoon"),
        ("bsn;postcode;huisnr\n123456782;8017JK;41\n", "column 3 looks like huisnummer"),
        ("bsn;achternaam;geboortedatum\n123456782;Berg;\n", "row 2: person"),
        ("bsn;voornamen\n123456782;Sanne\n", "column 2 is voornamen, but"),
        ("bsn;postcode;huisnummer\n123456782;9000;1\n", "row 2: postcode"),
        ("bsn;postcode;huisnummer\n123456782;8017JK;\n", "row 2: huisnummer"),
        ("bsn\n123456783\n", "row 2: bsn: fails the eleven-test"),
        ("bsn;dossier\n;S1\n", "row 2: has no identifier"),
        ("platform;account\ninsta;onbekend\n", "row 2: account"),
        ("voornamen;achternaam;geboortedatum\nSanne;Br?ckner;2009-04-25\n", "row 2: achternaam"),
        ("voornamen;achternaam;geboortedatum\nSanne;Null;2009-04-25\n", "row 2: achternaam"),
        ("voornamen;achternaam;geboortedatum\nSanne;Berg;00000000\n", "row 2: "),
    ],
)
def test_what_is_not_understood_refuses(suppress, never, problem):
    with pytest.raises(SuppressionError) as caught:
        suppress(never)
    assert any(line.startswith(problem) for line in caught.value.problems), caught.value.problems


def test_a_list_without_any_known_column_refuses(suppress):
    with pytest.raises(FlagFileError, match="no column with an identifier"):
        suppress("Nr. overheid\n123456782\n")


def test_a_profile_adds_names_and_ignores_columns(suppress):
    profile = Profile({"bsn": ("Nr. overheid",)}, ignore=("groep",))
    for never in ("bsn;groep\n123456782;x\n", "Nr. overheid;groep\n123456782;x\n", "Nr. overheid;bsn\n123456782;\n"):
        flags, _ = suppress(never, profile=profile)
        assert "C1" not in kinds_left(flags)
    flags, _ = suppress("Nr. overheid;bsn\n123456782;111222333\n", profile=profile)
    assert not {"C1", "C2"} & set(kinds_left(flags))


def test_harmless_columns_are_let_pass(suppress):
    flags, _ = suppress("Naam instelling;opmerking;bsn\nDe Brug;geheim adres;123456782\n")
    assert "C1" not in kinds_left(flags)


def test_an_own_row_that_may_be_suppressed_unseen_refuses(suppress):
    own = "dossier;bsn;postcode;huisnummer\nC1;123456783;8017JK;41\nC2;111222333;9711AA;3\n"
    with pytest.raises(SuppressionError, match="row 2: a bad cell"):
        suppress("bsn\n123456782\n", own)
    flags, suppressed = suppress("bsn\n123456782\n", own, skip_doubtful=True)
    assert set(kinds_left(flags)) == {"C2"}
    assert [row.row for row in flags.invalid] == [2]
    assert suppressed == Suppressed()


def test_an_own_column_that_may_name_a_suppressed_person_refuses(suppress):
    own = "dossier;bsn;telefoon;tel\nC1;111222333;0612345679;0612345678\n"
    with pytest.raises(SuppressionError, match="column 4 looks like telefoon"):
        suppress("telefoon\n0612345678\n", own, "nl-bsn")
    flags, _ = suppress("telefoon\n0612345678\n", own, "nl-bsn", own_profile=Profile(ignore=("tel",)))
    assert set(kinds_left(flags)) == {"C1"}


def test_a_second_sheet_is_not_left_unread(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["bsn"])
    book.active.append(["123456782"])
    book.create_sheet("2026").append(["bsn"])
    book.save(tmp_path / "never.xlsx")
    with pytest.raises(SuppressionError) as raised:
        read_suppression(tmp_path / "never.xlsx")
    assert raised.value.problems == ("1 other sheet is not read; save a workbook of one sheet",)
    assert read_suppression(tmp_path / "never.xlsx", sheet=Sheet("Sheet")).rows


def test_what_a_skipped_row_says_of_a_suppressed_person_is_in_no_other_row(suppress):
    own = (
        "dossier;bsn;telefoon;postcode;huisnummer\n"
        "C1;123456782;0612345678;99;12\nC2;;0612345678;;\nC3;111222333;;1234AB;5\n"
    )
    flags, _ = suppress("bsn;postcode;huisnummer\n123456782;;\n;1111AB;3\n", own, "nl-bsn,phone", skip_doubtful=True)
    assert kinds_left(flags) == {"C3": ["nl-bsn"]}


def test_a_bad_cell_of_an_address_may_hide_the_other_form_of_it(suppress):
    own = "dossier;bsn;postcode;huisnummer;bag_id\nC1;123456782;1234A;12;\nC2;111222333;;;0363200000000002\n"
    with pytest.raises(SuppressionError, match="row 2: a bad cell"):
        suppress("bag_id\n0363200000000001\n", own, "nl-bsn", whole_rows=True)


def test_an_own_column_that_looks_like_the_other_form_of_an_address_refuses(suppress):
    own = "bsn;pc;hnr;bag_id\n123456782;1234AB;12;\n111222333;;;0363200000000002\n"
    with pytest.raises(SuppressionError, match="column 2 looks like postcode"):
        suppress("bag_id\n0363200000000001\n", own, "nl-bsn", whole_rows=True)


def test_a_column_of_children_is_not_harmless(suppress):
    # In Dutch `kind` is a child.
    with pytest.raises(SuppressionError) as raised:
        suppress("bsn;Kind\n123456782;Sanne van der Berg\n")
    assert "column 2 is not known" in raised.value.problems[0]


def test_what_a_row_that_cant_be_used_says_of_a_suppressed_person_is_in_no_other_row(suppress):
    own = "dossier;bsn;telefoon;contact\nC1;123456782;0612345678;a\u202eb\nC2;;0612345678;c\nC3;111222333;;d\n"
    flags, _ = suppress("bsn\n123456782\n", own, "nl-bsn,phone", skip_doubtful=True)
    assert kinds_left(flags) == {"C3": ["nl-bsn"]}


def test_rows_that_say_nothing_by_which_the_list_names_somebody_are_told(suppress):
    own = "dossier;bsn;voornamen;achternaam;geboortedatum\nC1;;Sanne;Berg;2009-04-25\nC2;111222333;Tim;Bos;00000000\n"
    _, suppressed = suppress("bsn\n123456782\n", own)
    assert suppressed == Suppressed(unrecognisable=(2,))
    _, suppressed = suppress("voornamen;achternaam;geboortedatum\nMila;Kok;2010-02-03\n", own, "nl-bsn,person")
    assert suppressed == Suppressed(unrecognisable=(3,))


@pytest.mark.parametrize("cell", ["06-12345678 (moeder)", "123456782", "sanne@example.org"])
def test_a_harmless_column_with_a_number_in_it_refuses(suppress, cell):
    with pytest.raises(SuppressionError) as caught:
        suppress(f"bsn;opmerking\n123456782;rustig\n111222333;{cell}\n")
    assert caught.value.problems == ("column 2 is not read, and a cell of it looks like a number of somebody",)


def test_a_word_for_nothing_beside_a_number_is_no_reason_to_refuse(suppress):
    flags, _ = suppress("bsn;telefoon\n123456782;onbekend\n")
    assert "C1" not in kinds_left(flags)


def test_a_column_without_a_name_is_looked_into(suppress):
    own = "dossier;bsn;telefoon;\nC1;111222333;;0612345678\n"
    with pytest.raises(SuppressionError, match="column 4 looks like telefoon"):
        suppress("telefoon\n0612345678\n", own, "nl-bsn")
