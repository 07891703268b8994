"""The account of a list: what each column is, what each kind gives, and which cell is bad. Nothing goes unseen."""

import pytest

from psimatch.columns import ColumnUse
from psimatch.errors import FlagFileError, InvalidRowsError
from psimatch.flag_files import read_flags
from psimatch.identifiers import KINDS, kind_named, nl_address, nl_bsn, phone
from psimatch.profiles import Profile


@pytest.fixture
def read(tmp_path):
    def read_text(text, kinds="nl-bsn,nl-address", **options):
        (tmp_path / "flags.csv").write_text(text)
        return read_flags(tmp_path / "flags.csv", [kind_named(name) for name in kinds.split(",")], **options)

    return read_text


def uses(flags):
    return {column.name: (column.use, column.field) for column in flags.account}


@pytest.mark.parametrize(
    ("name", "kind", "cell"),
    [
        *(
            (name, "nl-bsn", "123456782")
            for name in ("BSN", "B.S.N.", "bsn_", "burgerservicenummer", "Burgerservicenr")
        ),
        *((name, "nl-bsn", "123456782") for name in ("BSN-nummer", "Burger Service Nummer", "\u200bbsn")),
        *((name, "phone", "0612345678") for name in ("Telefoon", "telefoon-nummer", "Phone number", "TELEFOONNR.")),
        *((name, "nl-vnumber", "2801234567") for name in ("V-nummer", "v number", "Vreemdelingennummer")),
        *((name, "nl-bag", "0363200000123456") for name in ("nummeraanduidingIdentificatie", "BAG ID")),
        *((name, "email", "a@example.org") for name in ("E-mail", "e-mailadres", "Email address")),
    ],
)
def test_official_names_are_read_however_they_are_spelt(read, name, kind, cell):
    flags = read(f"dossier;{name}\nA1;{cell}\n", kind)
    assert [len(flag.identifiers) for flag in flags.rows] == [1]
    assert not flags.resembling


@pytest.mark.parametrize(
    "name", ["Huisnummer toevoeging", "huisnummer_toevoeging", "Toevoeging", "house-number addition"]
)
def test_the_suffix_of_an_address_is_never_lost(read, name):
    flags = read(f"postcode;huisnummer;{name}\n1234AB;12;A\n1234AB;12;B\n")
    assert set(flags.items()) == {nl_address("1234AB", "12", "A"), nl_address("1234AB", "12", "B")}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *((name, "telefoon") for name in ("tel", "GSM", "mobiel", "Tel. moeder", "telefoon thuis", "telefoonthuis")),
        ("sofinummer", "bsn"),
        ("BSN kind", "bsn"),
        ("bsnkind", "bsn"),
        ("burgerservicenumer", "bsn"),
        ("postcode school", "postcode"),
    ],
)
def test_what_looks_like_a_column_is_named_with_a_line_for_a_profile(read, name, field):
    flags = read(f"nl-x;{name};postcode;huisnummer\n;;1234AB;12\n", "nl-bsn,nl-address,phone")
    (column,) = flags.resembling
    assert (column.field, column.profile_line) == (field, f'{field} = "{name}"')


def test_what_is_not_known_is_carried_along_and_told(read):
    flags = read("bsn;opmerking;groep\n123456782;x;y\n", "nl-bsn")
    assert uses(flags)["opmerking"] == uses(flags)["groep"] == (ColumnUse.CARRIED, "")


def test_a_column_of_numbers_under_an_unknown_name_is_named(read):
    flags = read("Nr. overheid;postcode;huisnummer\n123456782;1234AB;12\n111222333;1234AC;5\n;1234AD;7\n")
    (column,) = flags.resembling
    assert (column.name, column.field) == ("Nr. overheid", "bsn")
    assert not read(
        "Nr. overheid;postcode;huisnummer\n123456782;1234AB;12\n", profile=Profile(ignore=("nr overheid",))
    ).resembling


def test_a_kind_without_a_column_is_named(read):
    flags = read("bsn\n123456782\n")
    assert [(kind.label, kind.missing) for kind in flags.kinds] == [
        ("nl-bsn/1", ()),
        ("nl-address/1", ("postcode", "huisnummer")),
    ]
    flags.check_kinds()


def test_half_a_kind_is_refused_with_what_it_may_be(read):
    flags = read("bsn;postcode;huisnr\n123456782;1234AB;12\n")
    with pytest.raises(InvalidRowsError, match="nl-address/1, but not huisnummer") as caught:
        flags.check_kinds()
    assert 'huisnummer = "huisnr"' in caught.value.hint


def test_a_bad_cell_costs_its_own_kind_only(read):
    flags = read(
        "bsn;postcode;huisnummer;kenteken\n123456782;9000;12;\n111222333;;;1-ABC-234\n999990482;1234AB;;\n900026236;;12;\n"
        "123456783;1234AB;12;\n123456783;;;\n",
        "nl-bsn,nl-address,plate",
    )
    assert [flag.row for flag in flags.rows] == [2, 3, 4, 5, 6]
    assert [(row, cell.kind) for row, cell in flags.bad_cells] == [
        (2, "nl-address/1"),
        (3, "plate/1"),
        (4, "nl-address/1"),
        (5, "nl-address/1"),
        (6, "nl-bsn/1"),
    ]
    assert flags.rows[0].identifiers == (nl_bsn("123456782"),)
    assert [row.row for row in flags.invalid] == [7]
    assert "9000" not in repr(flags) + "".join(str(cell.error) for _, cell in flags.bad_cells)


@pytest.mark.parametrize("word", ["onbekend", "NVT", "n.v.t.", "geen", "Geheim", "-", ".", "null", "XXX", "FNU", "N/A"])
def test_words_for_nothing_are_empty_and_named(read, word):
    flags = read(
        f"platform;account;bsn;text\ninsta;{word};123456782;x1\ninsta;x2;{word};{word}\n", "handle,nl-bsn,text"
    )
    assert [sorted(item.kind for item in flag.identifiers) for flag in flags.rows] == [["nl-bsn", "text"], ["handle"]]
    assert [(remark.row, remark.field) for remark in flags.remarks] == [(2, "account"), (3, "bsn"), (3, "text")]
    assert not list(flags.bad_cells)


def test_a_word_for_nothing_as_a_name_can_be_allowed(read):
    rows = "voornamen;achternaam;geboortedatum\nNan;Null;2009-04-25\nSanne;onbekend;2009-04-25\n"
    flags = read(rows, "person")
    assert [(remark.row, remark.field) for remark in flags.remarks] == [
        (2, "achternaam"),
        (2, "voornamen"),
        (3, "achternaam"),
    ]
    assert not any(flag.row == 2 for flag in flags.rows)
    assert "names = [" in flags.remarks[0].remedy
    allowed = read(rows, "person", profile=Profile(names=("Null", "Nan")))
    assert [remark.row for remark in allowed.remarks] == [3]


def test_a_second_column_of_a_kind_takes_part_when_a_profile_names_it(read):
    rows = "Telefoon;Telefoonnummer;bsn\n0612345678;0201234567;123456782\n;0612345679;\n"
    with pytest.raises(FlagFileError, match="columns 1 and 2 are both telefoon") as caught:
        read(rows, "phone,nl-bsn")
    assert 'telefoon = ["Telefoon", "Telefoonnummer"]' in caught.value.hint
    both = Profile({"telefoon": ("telefoon", "telefoonnummer")})
    first, second = read(rows, "phone,nl-bsn", profile=both).rows
    assert first.identifiers == (phone("0612345678"), phone("0201234567"), nl_bsn("123456782"))
    assert second.identifiers == (phone("0612345679"),)
    with pytest.raises(FlagFileError, match="for telefoon"):
        read(rows, "phone", profile=Profile({"telefoon": ("telefoon", "telefoon 3")}))


def test_two_addresses_of_one_row(read):
    rows = "postcode;postcode2;huisnummer;nr2;toev2;bsn\n1234AB;1234AC;12;5;B;123456782\n;1234AD;;7;;\n"
    profile = {"postcode": ("postcode", "postcode2"), "huisnummer": ("huisnummer", "nr2")}
    first, second = read(rows, profile=Profile(profile)).rows
    assert set(first.identifiers) == {nl_bsn("123456782"), nl_address("1234AB", "12"), nl_address("1234AC", "5")}
    assert second.identifiers == (nl_address("1234AD", "7"),)
    with pytest.raises(FlagFileError, match="2 columns for one field, and 1 for toevoeging"):
        read(rows, profile=Profile({**profile, "toevoeging": ("toev2",)}))


@pytest.mark.parametrize(
    ("given", "family", "rows"),
    [
        ("Zo\u00c3\u00ab", "Berg", 1),
        ("Sanne", "Br\u00c3\u00bcckner", 1),
        ("Zo\ufffd", "Berg", 1),
        ("Zo?", "Berg", 1),
        ("Sanne", "Br?ckner", 1),
        ("Zo\u00eb", "Br\u00fcckner", 0),
        ("Jo\u00e3o", "\u0141uczak", 0),
        ("\u041e\u043b\u044c\u0433\u0430", "\u0418\u0432\u0430\u043d\u043e\u0432\u0430", 0),
    ],
)
def test_damaged_names_are_named(read, given, family, rows):
    flags = read(f"voornamen;achternaam;geboortedatum\n{given};{family};2009-04-25\n", "person")
    assert [remark.row for remark in flags.remarks if remark.damaged] == [2] * rows


def test_a_formula_that_failed_is_a_bad_cell(read):
    flags = read("bsn;text\n#N/A;a\n123456782;#VERW!\n")
    assert [(row, cell.error.field) for row, cell in flags.bad_cells] == []
    flags = read("bsn;text\n#N/A;a1\n123456782;#VERW!\n", "nl-bsn,text")
    assert [(row, cell.error.field) for row, cell in flags.bad_cells] == [(2, "bsn"), (3, "text")]


def test_every_alias_is_read_and_every_near_name_is_named(read):
    for kind in KINDS.values():
        for field in kind.fields:
            for name in field.near:
                header = ";".join(["text" if kind.name != "text" else "bsn", f'"{name}"'])
                other = "text" if kind.name != "text" else "nl-bsn"
                flags = read(
                    f"{header}\nabc1;\n" if other == "text" else f"{header}\n123456782;\n", f"{other},{kind.name}"
                )
                assert [column.field for column in flags.resembling] == [field.name], name


@pytest.mark.parametrize(
    "first", ["Sanne bsn 123456782,x", "sanne.email@example.org,x", "Achternaam van Sanne,25-04-2009"]
)
def test_a_list_without_a_header_shows_nothing_of_its_first_row(tmp_path, first):
    (tmp_path / "list.csv").write_text(f"{first}\n1,2\n")
    with pytest.raises(FlagFileError, match="row 1 has no column") as caught:
        read_flags(tmp_path / "list.csv", list(KINDS.values()))
    assert "anne" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("name", ["Hs.ltr", "Appartement", "Toevoeging huisnr"])
def test_more_names_of_a_suffix_are_named(read, name):
    [column] = read(f"postcode,huisnummer,{name}\n1234AB,12,A\n").resembling
    assert column.field in ("huisletter", "toevoeging")
