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
from psimatch.profiles import read_profile

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
    assert write_matches(tmp_path / "out.csv", flags, []) == 0


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
        ('[columns]\nbsn = "a"\n[more]\n', "one table"),
        ("[columns\n", "is not TOML"),
        ("columns=" + "[" * 3_000, "is not TOML"),
        ("columns=" + "1" * 5_000, "too long"),
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
        read_flags(tmp_path / "list.csv", [KINDS["nl-bsn"]], profile={"bsn": field})


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
