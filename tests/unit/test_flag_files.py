from __future__ import annotations

import os
import stat
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from psimatch.errors import FlagFileError, OutputError
from psimatch.files import write_private
from psimatch.flag_files import read_flags
from psimatch.flags import FlagList
from psimatch.identifiers import KINDS, nl_address, nl_bsn, text
from psimatch.match_files import write_matches, write_skipped
from psimatch.parameters import LIMITS, Role

ALL = tuple(KINDS.values())
BOM = b"\xef\xbb\xbf"
Read = Callable[..., FlagList]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_data(data: bytes | str, **options: Any) -> FlagList:
        path = tmp_path / "flags.csv"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_flags(path, options.pop("kinds", ALL), **options)

    return read_data


def match(identifier: object, reference: str = "K7QF-3M2X", contact: str = "desk 1") -> Any:
    return SimpleNamespace(identifier=identifier, reference=reference, peer_contact=contact)


def test_a_row_gives_an_identifier_of_each_kind_that_it_fills(read: Read) -> None:
    flags = read(
        "Dossier; BSN ;postcode;HUISNUMMER;text;Contact;other\n"
        "d1;123456782;1234 ab;12-1;;groep A;x\n"
        "\n"
        ";;;;;;\n"
        'd2;;;; a b ;"groep ""B""; C";x\n'
    )
    first, second = flags.rows
    assert (first.row, second.row) == (2, 5)
    assert first.identifiers == (nl_address("1234AB", "12-1"), nl_bsn("123456782"))
    assert (first.case_ref, first.contact) == ("d1", "groep A")
    assert second.identifiers == (text(" a b "),)
    assert second.contact == 'groep "B"; C'
    assert flags.columns == ("Dossier", " BSN ", "postcode", "HUISNUMMER", "text", "Contact", "other")
    assert flags.delimiter == ";"
    assert flags.counts() == {"nl-bsn/1": 1, "nl-address/1": 1, "text/1": 1}


@pytest.mark.parametrize("mark", [b"", BOM])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_mark_and_line_ends_do_not_matter(read: Read, mark: bytes, end: bytes) -> None:
    flags = read(mark + end.join([b"case_ref,text", b"a,x", b"b,y", b""]))
    assert [(flag.row, flag.cells) for flag in flags.rows] == [(2, ("a", "x")), (3, ("b", "y"))]
    assert flags.byte_order_mark == bool(mark)


def test_a_line_break_inside_quotes_is_one_row_of_a_spreadsheet(read: Read) -> None:
    flags = read('note,text\n"two\nlines",x\n,y\n')
    assert [flag.row for flag in flags.rows] == [2, 3]
    assert flags.rows[0].cells == ("two\nlines", "x")


def test_only_the_kinds_of_the_agreement_are_read(read: Read) -> None:
    flags = read("bsn,text\nnonsense,x\n", kinds=[KINDS["text"]])
    assert flags.rows[0].identifiers == (text("x"),)


def test_the_first_row_of_a_repeated_identifier_gives_the_contact(read: Read) -> None:
    flags = read("bsn,text,contact\n123456782,,first\n1234.56.782,x,second\n,x,third\n012345672,,\n")
    assert flags.items() == {nl_bsn("123456782"): "first", text("x"): "second", nl_bsn("12345672"): ""}
    assert flags.duplicates.per_kind == {"nl-bsn/1": 1, "text/1": 1}
    assert flags.duplicates.rows == (3, 4)


def test_a_row_without_an_identifier_is_listed(read: Read) -> None:
    flags = read("dossier,bsn\na,\nb,123456782\n c, \n")
    assert flags.rows_without_identifier == (2, 4)
    assert not flags.invalid


def test_every_error_of_a_row_is_reported_without_its_text(read: Read) -> None:
    flags = read("bsn,postcode,house_number,addition,contact\n123456789,9999QQ,,bis,hidden\x07contact\n123456782,,,,\n")
    (invalid,) = flags.invalid
    assert [error.field for error in invalid.errors] == ["house_number", "bsn", "contact"]
    assert invalid.row == 2
    assert len(flags.rows) == 1
    shown = repr(flags) + repr(invalid) + repr(flags.rows) + "".join(f"{e} {e.hint}" for e in invalid.errors)
    for secret in ("123456789", "123456782", "9999", "hidden"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ("1234AB,,,", ["huisnummer"]),
        (",12,,", ["postcode"]),
        (",,a,", ["postcode", "huisnummer"]),
        ("1234AB,12,,,", ["row"]),
        ("1234AB,12", ["row"]),
        ("x" * 65_000 + ",12,," + "x" * 600, ["row"]),
    ],
)
def test_a_bad_row_names_its_fields(read: Read, row: str, fields: list[str]) -> None:
    (invalid,) = read(f"postcode,huisnummer,huisletter,note\n{row}\n").invalid
    assert [error.field for error in invalid.errors] == fields
    assert all(error.remedy for error in invalid.errors)


def test_contacts_are_bounded_by_the_agreement_or_ignored(read: Read) -> None:
    data = "text,contact\nx,éé\ny,ééé\n"
    flags = read(data, contact_bytes=4)
    assert [flag.row for flag in flags.rows] == [2]
    assert flags.invalid[0].errors[0].field == "contact"
    ignored = read(data, contact_bytes=0)
    assert ignored.contacts_ignored
    assert set(ignored.items().values()) == {""}
    assert not read("text\nx\n", contact_bytes=0).contacts_ignored


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (b"", "is empty", "first row"),
        (BOM + b"\n \n", "is empty", "first row"),
        (b"\n123456782\n", "row 1 is blank", "names the columns"),
        (b"text\n\xe9\n", "byte 5, in line 2", "UTF-8"),
        (BOM + b"text\nx\n\xe9\n", "byte 10, in line 3", "UTF-8"),
        ("text\nx\n".encode("utf-16"), "UTF-16", "UTF-8"),
        ("text\nx\n".encode("utf-16-le"), "NUL character in line 1", "UTF-8"),
        (b"text\nx\0\n", "NUL character in line 2", "UTF-8"),
        (b"bsn\ttext\n", "separated by tabs", "commas or semicolons"),
        (b"sep=;\nbsn;text\n", "only names the separator", "remove"),
        (b"note,contact,dossier\n", "no column with an identifier", "postcode, huisnummer"),
        (b"bsn,BSN \n", "columns 1 and 2 are both bsn", "rename"),
        (b"postcode,huisnummer,x,house_number\n", "columns 2 and 4", "rename"),
        (b"text,dossier,case_ref\n", "columns 2 and 3", "rename"),
        (b"bsn,match_reference,peer_contact\n", "match_reference, peer_contact", "list of flags"),
        (b'text\nx\n"y\nz\n', "row 3 has a quote", "double each quote"),
        (b'text\n"x"y\n', "row 2 has a quote", "double each quote"),
        (b'"text\nx\n', "row 1 is blank, or has a quote", "names the columns"),
        (b"text,note\nx," + b"y" * 200_000 + b"\n", "row 2 .* too long", "shorten"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(read: Read, data: bytes, message: str, hint: str) -> None:
    with pytest.raises(FlagFileError, match=message) as caught:
        read(data)
    assert "flags.csv: " in str(caught.value)
    assert hint in caught.value.hint


def test_a_missing_file_is_a_flag_file_error(tmp_path: Path) -> None:
    with pytest.raises(FlagFileError, match="can't be read"):
        read_flags(tmp_path / "none.csv", ALL)
    with pytest.raises(FlagFileError, match="can't be read"):
        read_flags(tmp_path, ALL)


def test_a_huge_file_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psimatch.flag_files._MAX_FILE_BYTES", 10)
    with pytest.raises(FlagFileError, match="larger than 10 bytes"):
        read("text\nabcdefg\n")
    monkeypatch.setattr("psimatch.flag_files._MAX_FILE_BYTES", 100)
    monkeypatch.setattr("psimatch.flag_files._MAX_ROWS", 2)
    with pytest.raises(FlagFileError, match="more than 2 rows"):
        read("text\na\nb\n")
    assert LIMITS.max_items > 2


def test_all_matched_rows_are_written_as_they_were(read: Read, tmp_path: Path) -> None:
    flags = read(BOM + b'naam;bsn;text\r\n"a;b ""c""\n";0123.45.672;\r\nno;123456782;\r\nd;12345672;x\r\n')
    found = [match(text("x"), "R2", "=cmd()"), match(nl_bsn("012345672"), "R1", "desk\x1b[2J")]
    out = tmp_path / "matches.csv"
    assert write_matches(out, flags, found, Role.CLIENT) == 3
    assert out.read_bytes() == BOM + (
        b"naam;bsn;text;match_reference;matched_kind;matched_rule;peer_contact\r\n"
        b'"a;b ""c""\n";0123.45.672;;R1;nl-bsn;;desk\r\n'
        b"d;12345672;x;R1;nl-bsn;;desk\r\n"
        b"d;12345672;x;R2;text;;'=cmd()\r\n"
    )
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_no_match_gives_a_header_alone(read: Read, tmp_path: Path) -> None:
    out = tmp_path / "matches.csv"
    assert write_matches(out, read("text\nx\n"), [], Role.CLIENT) == 0
    assert out.read_bytes() == b"text,match_reference,matched_kind,matched_rule,peer_contact\r\n"


def test_a_match_of_another_list_is_refused(read: Read, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="1 matches belong to no row"):
        write_matches(tmp_path / "m.csv", read("text\nx\n"), [match(text("y"))], Role.CLIENT)
    assert not (tmp_path / "m.csv").exists()


def test_a_file_of_matches_is_not_a_list_of_flags(read: Read, tmp_path: Path) -> None:
    flags = read("text\nx\n")
    write_matches(tmp_path / "m.csv", flags, [match(text("x"))], Role.CLIENT)
    with pytest.raises(FlagFileError, match="looks like a file of matches"):
        read_flags(tmp_path / "m.csv", ALL)


def test_skipped_rows_come_with_the_reason_and_can_be_read_again(read: Read, tmp_path: Path) -> None:
    flags = read("bsn,contact\n12,a\x07\n123456782,b\n1,2,3\n")
    out = tmp_path / "skipped.csv"
    assert write_skipped(out, flags) == 3
    lines = out.read_text().split("\n")
    assert lines[0] == "row,field,problem,remedy,bsn,contact"
    assert [line.split(",")[:2] for line in lines[1:4]] == [["2", "bsn"], ["2", "contact"], ["4", "row"]]
    assert lines[3].endswith(",1,2,3")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert read_flags(out, ALL).columns[4:] == ("bsn", "contact")


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o644)
    with pytest.raises(OutputError, match="exists already"):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"
    write_private(path, b"new", force=True)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o277)
    try:
        write_private(tmp_path / "a", b"")
        write_private(tmp_path / "b", b"", mode=0o644)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o644


def test_a_link_to_nowhere_and_a_folder_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder"):
        with pytest.raises(OutputError, match="exists already"):
            write_private(tmp_path / name, b"new")
    with pytest.raises(OutputError, match="can't be written"):
        write_private(tmp_path / "folder", b"new", force=True)
    with pytest.raises(OutputError, match="can't be written"):
        write_private(tmp_path / "none" / "f", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "link"]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("psimatch.files.os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_private(tmp_path / "f", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"theirs")
    monkeypatch.setattr(Path, "exists", lambda _self: False)
    with pytest.raises(OutputError, match="exists already"):
        write_private(path, b"ours")
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("taken", [False, True])
def test_a_file_system_without_links_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool) -> None:
    def no_links(*_paths: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "f"
    monkeypatch.setattr("psimatch.files.os.link", no_links)
    if taken:
        path.write_bytes(b"theirs")
        monkeypatch.setattr(Path, "exists", lambda _self: False)
        with pytest.raises(OutputError, match="exists already"):
            write_private(path, b"ours")
    else:
        write_private(path, b"ours")
    assert path.read_bytes() == (b"theirs" if taken else b"ours")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_short_list_takes_little_memory(tmp_path: Path) -> None:
    (tmp_path / "flags.csv").write_text("text\nabc\n", "utf-8")
    tracemalloc.start()
    try:
        read_flags(tmp_path / "flags.csv", ALL)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
