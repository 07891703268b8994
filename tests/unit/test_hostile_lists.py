"""Lists, and what stands beside them, that an export, a spreadsheet or somebody's malice made dangerous."""

import zipfile

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from sessions import make_terms

from psimatch import tables
from psimatch.errors import FieldError, FlagFileError
from psimatch.flag_files import read_flags
from psimatch.identifiers import KINDS, Identifier, kind_named, nl_address, nl_bsn, person, rule_of, text
from psimatch.prf import decoded, encoded
from psimatch.submission import Submission, SubmittedRow

EVERY_KIND = make_terms(
    kinds=tuple(sorted(kind.label for kind in KINDS.values())), phone_region="NL", max_evaluations=1_000
)


SHEET = "xl/worksheets/sheet1.xml"
DOCUMENT = """<?xml version="1.0"?>{}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>
<row r="2"><c r="A2" t="inlineStr"><is><t>{}</t></is></c></row></sheetData></worksheet>"""
TEXT = [kind_named("text")]


def workbook(path, sheet):
    """Write a workbook whose sheet is these bytes; return its path."""
    openpyxl.Workbook().save(path.with_suffix(".plain.xlsx"))
    with zipfile.ZipFile(path.with_suffix(".plain.xlsx")) as plain, zipfile.ZipFile(path, "w", 8) as made:
        for part in plain.infolist():
            made.writestr(part.filename, sheet if part.filename == SHEET else plain.read(part))
    return path


def test_a_workbook_unpacks_to_so_much_and_no_more(tmp_path, monkeypatch):
    sheet = DOCUMENT.format("", "a" * 1_000_000).encode()
    path = workbook(tmp_path / "list.xlsx", sheet)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(tables, "_MOST_UNPACKED", len(sheet))
    with pytest.raises(FlagFileError, match="too large once it is unpacked"):
        read_flags(path, TEXT)


def test_a_part_of_a_workbook_that_lies_about_its_size_is_not_unpacked_further(tmp_path, monkeypatch):
    path = workbook(tmp_path / "list.xlsx", DOCUMENT.format("", "a" * 1_000_000).encode())
    with zipfile.ZipFile(path, "a") as archive:
        archive.getinfo(SHEET).file_size = 600
        archive.writestr("more.xml", b"")
    monkeypatch.setattr(tables, "_MOST_UNPACKED", 100_000)
    with pytest.raises(FlagFileError, match="damaged"):
        read_flags(path, TEXT)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        "<!DOCTYPE x [<!ENTITY a '"
        + "a" * 1_000
        + "'><!ENTITY b '"
        + "&a;" * 1_000
        + "'><!ENTITY e '"
        + "&b;" * 99
        + "'>]>",
    ],
    ids=["from outside", "that grow"],
)
def test_entities_of_a_workbook_are_not_followed(tmp_path, doctype):
    with pytest.raises(FlagFileError, match="damaged"):
        read_flags(workbook(tmp_path / "list.xlsx", DOCUMENT.format(doctype, "&e;").encode()), TEXT)


@pytest.mark.parametrize("cell", [b"secret", ["secret"], {"a": "secret"}])
def test_a_cell_that_is_no_text_does_not_become_one(tmp_path, cell):
    """As text it would stand in the list as `b'secret'`, match nothing, and nobody would know."""
    pyarrow.parquet.write_table(pyarrow.table({"text": [cell]}), tmp_path / "list.parquet")
    with pytest.raises(FlagFileError, match="neither text nor number nor day"):
        read_flags(tmp_path / "list.parquet", TEXT)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[
            ("nl-bsn", value)
            for value in (b"123456789", b"000000000", b"12345678", b"1234567820", "१२३४५६७८२".encode())
        ],
        *[("text", value) for value in (b"  ", b"\t", b"a\0", b"e\xcc\x81", b"\xff", "\U000e0fff".encode())],
        *[("nl-address", value) for value in (b"1234SS 1", b"1234AB 1 NVT", b"1234AB 1 JAN", b"1234AB 1 12345")],
        *[
            ("person", value)
            for value in (b"exact|A|B", b"exact|A|B|1|2", b"none|A|B|1", b"exact|A|B||1", b"exact|a|B|1")
        ],
        ("nl-bag", b"0003010000000001"),
        ("plate", b"AAAAAA"),
        ("handle", b"x a b"),
        ("phone", b"+31612345678x1"),
        ("iban", b"NL91ABNA0417164301"),
        ("email", b"A@example.org"),
    ],
)
def test_what_no_parser_writes_takes_no_part(kind, value):
    """Whoever passes by the parsers, or fills an audited list with what looks like numbers, is refused."""
    with pytest.raises(FieldError, match="canonical form"):
        Submission([SubmittedRow((Identifier(kind, KINDS[kind].version, value),))], EVERY_KIND)


def test_the_fast_eleven_test_is_that_of_the_parser():
    for number in range(123_456_000, 123_458_000):
        try:
            same = nl_bsn(str(number)).value == str(number).encode()
        except FieldError:
            same = False
        assert KINDS["nl-bsn"].has_form(str(number).encode()) is same
    for address in (nl_address("1234AB", "12"), nl_address("1234AB", "to 12 bis"), nl_address("1234AB", "12-a3")):
        assert KINDS["nl-address"].has_form(address.value)


def test_separators_in_a_record_make_no_token_of_another_rule():
    fields = {
        "voornamen": "exact|Anna|B",
        "achternaam": "Berg|20090425",
        "geboortedatum": "2009-04-25",
        "straat": "a|1",
    }
    for token in person(fields):
        assert token.value.count(b"|") == len(rule_of(token).parts)
        assert KINDS["text"].has_form(token.value)
        assert encoded(text(token.value.decode())) != encoded(token)


def test_a_text_that_holds_the_encoding_of_another_kind_stays_a_text():
    bsn = nl_bsn("123456782")
    for value in (bsn.value, encoded(bsn).replace(b"\0", b"0"), b"nl-bsn/1", b"dummy"):
        disguised = text(value.decode())
        assert decoded(encoded(disguised)) == disguised
        assert not encoded(bsn).endswith(encoded(disguised))
        assert encoded(disguised) != encoded(bsn)
