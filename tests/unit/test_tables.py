"""Lists that are no CSV, and lists whose columns have other names."""

import datetime
import re
import zipfile

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from psimatch.errors import FlagFileError
from psimatch.flag_files import read_flags
from psimatch.identifiers import KINDS, PERSON_KIND, kind_named, nl_bsn
from psimatch.match_files import write_matches
from psimatch.parameters import Role
from psimatch.profiles import Profile, read_profile
from psimatch.tables import Sheet

ROWS = [
    ("dossier", "bsn", "achternaam", "voornamen", "geboortedatum"),
    ("c1", 123456782, "Berg", "Sanne", datetime.datetime(2009, 4, 25)),
    (None, None, None, None, None),
    ("c2", 12345672.0, "Bos", None, datetime.date(2010, 2, 3)),
    ("c3", "12", None, None, None),
]
ALL = [kind_named("nl-bsn"), PERSON_KIND]


def workbook(path):
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.create_sheet("other").append(["nothing"])
    book.save(path)


def parquet(path):
    texts = [[str(cell) if cell is not None else None for cell in row] for row in ROWS[1:]]
    columns = dict(zip(ROWS[0], map(list, zip(*texts, strict=True)), strict=True))
    columns["bsn"] = [123456782, None, 12345672, 12]
    columns["geboortedatum"] = [datetime.date(2009, 4, 25), None, datetime.date(2010, 2, 3), None]
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


@pytest.mark.parametrize(
    ("name", "make"), [("list.xlsx", workbook), ("list.parquet", parquet), ("LIST.XLSX", workbook)]
)
def test_a_table_reads_like_the_csv_that_it_could_be(tmp_path, name, make):
    make(tmp_path / name)
    flags = read_flags(tmp_path / name, ALL)
    assert flags.columns == ROWS[0]
    assert [flag.row for flag in flags.rows] == [2, 4]
    assert [flag.identifiers[0] for flag in flags.rows] == [nl_bsn("123456782"), nl_bsn("012345672")]
    assert [identifier.kind for identifier in flags.rows[0].identifiers].count("person") > 1
    assert [(bad.row, bad.errors[0].field) for bad in flags.invalid] == [(5, "bsn")]
    assert flags.rows[1].case_ref == "c2"
    assert write_matches(tmp_path / "out.csv", flags, [], Role.CLIENT) == 0


@pytest.mark.parametrize("name", ["list.xlsx", "list.parquet"])
@pytest.mark.parametrize("data", [b"", b"bsn\n123456782\n", b"PK\x03\x04" + bytes(40), b"PAR1" + bytes(40) + b"PAR1"])
def test_a_table_that_is_none(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FlagFileError, match="damaged, or no such table"):
        read_flags(tmp_path / name, ALL)
    with pytest.raises(FlagFileError):
        read_flags(tmp_path / f"missing-{name}", ALL)


@pytest.mark.parametrize(("name", "package"), [("list.xlsx", "openpyxl"), ("list.parquet", "pyarrow")])
def test_without_the_package_the_error_says_what_to_install(tmp_path, monkeypatch, name, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FlagFileError, match=package) as caught:
        read_flags(tmp_path / name, ALL)
    assert "psimatch[tables]" in caught.value.hint


# Profiles.


def profile(tmp_path, text):
    (tmp_path / "export.toml").write_text(text)
    return read_profile(tmp_path / "export.toml")


def test_a_profile_names_columns(tmp_path):
    (tmp_path / "list.csv").write_text("Zaaknr;Burgerservicenr;bsn\n7;123456782;not this one\n")
    named = profile(tmp_path, '[columns]\nbsn = "Burgerservicenr"\ndossier = "zaaknr "\npostcode = "PC"\n')
    (flag,) = read_flags(tmp_path / "list.csv", [KINDS["nl-bsn"]], profile=named).rows
    assert (flag.case_ref, flag.identifiers) == ("7", (nl_bsn("123456782"),))
    with pytest.raises(FlagFileError, match="for postcode"):
        read_flags(tmp_path / "list.csv", [KINDS["nl-bsn"], KINDS["nl-address"]], profile=named)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "one table"),
        ("[columns]\n", "one table"),
        ("columns = 5\n", "one table"),
        ('[columns]\nbsn = "a"\n[more]\n', "no 'more' in a profile"),
        ("[columns\n", "is not TOML"),
        ("columns=" + "[" * 3_000, "is not TOML"),
        ("columns=" + "1" * 5_000, "larger than"),
        ('[columns]\nbsn = "a"\nbsn = "b"\n', "is not TOML"),
        ('[columns]\nnumber = "a"\n', "there is no field"),
        ("[columns]\nbsn = 5\n", "is not a text"),
        ('[columns]\nbsn = " "\n', "is not a text"),
        ('[columns]\nbsn = "a"\ndossier = "A "\n', "for two fields"),
    ],
)
def test_profiles_of_another_form(tmp_path, text, problem):
    with pytest.raises(FlagFileError, match=problem) as caught:
        profile(tmp_path, text)
    assert caught.value.hint


def test_a_profile_that_cant_be_read(tmp_path):
    with pytest.raises(FlagFileError, match="can't be read"):
        read_profile(tmp_path / "missing.toml")


def test_what_a_workbook_says_of_its_size_is_not_believed(tmp_path):
    workbook(tmp_path / "list.xlsx")
    for number, dimension in enumerate(('<dimension ref="A1:B2"/>', "")):
        changed = tmp_path / f"{number}.xlsx"
        with zipfile.ZipFile(tmp_path / "list.xlsx") as source, zipfile.ZipFile(changed, "w") as target:
            for item in source.infolist():
                data = source.read(item)
                if item.filename.endswith("sheet1.xml"):
                    data = re.sub(rb"<dimension[^>]*/>", dimension.encode(), data)
                target.writestr(item, data)
        flags = read_flags(changed, ALL)
        assert [flag.row for flag in flags.rows] == [2, 4]
        assert [bad.row for bad in flags.invalid] == [5]


@pytest.mark.parametrize("field", ["contact", "dossier"])
def test_a_number_can_never_be_the_contact_or_the_case_reference(tmp_path, field):
    (tmp_path / "list.csv").write_text(f"{field},x\n123456782,y\n")
    with pytest.raises(FlagFileError, match="must not"):
        read_flags(tmp_path / "list.csv", [KINDS["nl-bsn"]], profile=Profile({"bsn": (field,)}))


@pytest.mark.filterwarnings("always")
def test_no_warning_of_a_package_shows_a_cell(tmp_path, recwarn):
    book = openpyxl.Workbook()
    for row in (["bsn"], [123456782]):
        book.active.append(row)
    # A spreadsheet shows a number that is too large for a day as ######, and openpyxl warns of it.
    book.active["A2"].number_format = "yyyy-mm-dd"
    book.save(tmp_path / "flags.xlsx")
    flags = read_flags(tmp_path / "flags.xlsx", ALL)
    assert [invalid.row for invalid in flags.invalid] == [2]
    assert [str(warning.message) for warning in recwarn] == []


# What a workbook hides, and what it never computed.


def hiding(path, change):
    book = openpyxl.Workbook()
    for row in (["bsn", "text"], [123456782, "a1"], [111222333, "a2"], [999990482, "a3"]):
        book.active.append(row)
    change(book)
    book.save(path)
    return path


def hide_row(book):
    book.active.row_dimensions[3].hidden = True


def hide_column(book):
    book.active.column_dimensions["B"].hidden = True


def hide_sheet(book):
    book.create_sheet("old").append(["bsn"])
    book["old"].sheet_state = "hidden"


def hide_first_sheet(book):
    book.active.sheet_state = "veryHidden"
    book.create_sheet("list").append(["bsn"])
    book["list"].append([123456782])


KINDS_HERE = [kind_named("nl-bsn"), kind_named("text")]


@pytest.mark.parametrize(
    ("change", "what", "included", "skipped"),
    [
        (hide_row, "hidden rows: 3", [2, 3, 4], [2, 4]),
        (hide_column, "hidden columns, such as number 2", [2, 3, 4], [2, 3, 4]),
        (hide_sheet, "hidden sheets: old", [2, 3, 4], [2, 3, 4]),
        (hide_first_sheet, "hidden sheets: Sheet", [2, 3, 4], [2]),
    ],
)
def test_what_is_hidden_needs_a_choice(tmp_path, change, what, included, skipped):
    path = hiding(tmp_path / "list.xlsx", change)
    with pytest.raises(FlagFileError, match=what) as caught:
        read_flags(path, KINDS_HERE)
    assert "--hidden" in caught.value.hint
    rows = {
        choice: [flag.row for flag in read_flags(path, KINDS_HERE, sheet=Sheet(hidden=choice)).rows]
        for choice in ("include", "skip")
    }
    assert rows == {"include": included, "skip": skipped}


def test_hidden_columns_are_left_out_whole(tmp_path):
    path = hiding(tmp_path / "list.xlsx", hide_column)
    assert read_flags(path, KINDS_HERE, sheet=Sheet(hidden="skip")).columns == ("bsn",)


def test_a_sheet_is_chosen_by_its_name_and_the_others_are_told(tmp_path):
    path = hiding(tmp_path / "list.xlsx", hide_first_sheet)
    flags = read_flags(path, KINDS_HERE, sheet=Sheet("LIST"))
    assert ([flag.row for flag in flags.rows], flags.other_sheets) == ([2], ("Sheet (hidden)",))
    with pytest.raises(FlagFileError, match="no sheet of that name") as caught:
        read_flags(path, KINDS_HERE, sheet=Sheet("other"))
    assert "list" in caught.value.hint
    (tmp_path / "list.csv").write_text("bsn\n123456782\n")
    with pytest.raises(FlagFileError, match="no workbook"):
        read_flags(tmp_path / "list.csv", KINDS_HERE, sheet=Sheet("list"))


def test_merged_cells_of_several_rows_are_refused(tmp_path):
    path = hiding(tmp_path / "list.xlsx", lambda book: book.active.merge_cells("B2:B3"))
    with pytest.raises(FlagFileError, match="merged cells, 'B2:B3'"):
        read_flags(path, KINDS_HERE)
    assert len(read_flags(hiding(path, lambda book: book.active.merge_cells("B1:C1")), KINDS_HERE).rows) == 3


def test_a_formula_without_a_value_is_a_bad_cell(tmp_path):
    def formulas(book):
        book.active["A2"] = "=123456780+2"
        book.active["B4"] = '="a"&"3"'
        book.active["C1"], book.active["C2"] = "note", "=1+1"

    flags = read_flags(hiding(tmp_path / "list.xlsx", formulas), KINDS_HERE)
    assert [(row, cell.error.field) for row, cell in flags.bad_cells] == [(2, "bsn"), (4, "text")]
    assert flags.rows[0].cells == ("", "a1", "")


def test_a_small_parquet_file_does_not_become_millions_of_cells(tmp_path):
    names = pyarrow.array(["x"] * 1_000_000).dictionary_encode()
    pyarrow.parquet.write_table(pyarrow.table({f"c{n}": names for n in range(8)}), tmp_path / "list.parquet")
    assert (tmp_path / "list.parquet").stat().st_size < 40_000
    with pytest.raises(FlagFileError, match="more cells than a list of its size"):
        read_flags(tmp_path / "list.parquet", KINDS_HERE)


def test_nested_columns_are_refused_before_they_are_made(tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"bsn": [["1"], ["2"]]}), tmp_path / "list.parquet")
    with pytest.raises(FlagFileError, match="neither text nor number nor day"):
        read_flags(tmp_path / "list.parquet", KINDS_HERE)
