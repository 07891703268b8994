"""Whatever the spelling, the columns and the kinds: a suppressed row is honoured in every own row, or nothing runs."""

import tempfile
from pathlib import Path

from hypothesis import event, given, settings
from hypothesis import strategies as st

from psimatch.errors import InputError
from psimatch.flag_files import read_flags
from psimatch.identifiers import kind_named
from psimatch.profiles import Profile
from psimatch.suppression import every_kind_but, read_suppression

# What a child or an address is called by in each column; the first spelling of each value is the plain one.
CHILDREN = [
    {
        "bsn": ["123456782", "1234.56.782", " 123456782"],
        "names": [("Sanne", "van der Berg", "2009-04-25"), ("SANNE", "Berg, van der", "25-04-2009")],
        "telefoon": ["0612345678", "+31 6 12345678"],
        "address": [("8017JK", "41", ""), ("8017 jk", "41", "A")],
    },
    {
        "bsn": ["111222333", "111 222 333"],
        "names": [("Thijs", "Meijer", "2009-05-06")],
        "telefoon": ["0612345679"],
        "address": [("9711AA", "3", ""), ("9711AA", "3 bis", "")],
    },
    {
        "bsn": ["999990482"],
        "names": [("Yonas", "Tesfay", "2010-02-03")],
        "telefoon": ["0612345670"],
        "address": [("8017JK", "41", ""), ("1234AB", "12", "")],
    },
]
HEADERS = {
    "bsn": ["bsn", "BSN", "B.S.N.", "Burgerservicenummer", "bsn-nr", "BSN kind", "sofi", "Nr. overheid", "nummer"],
    "voornamen": ["voornamen", "Voornaam", "First name", "roepnaam", "Vorname"],
    "achternaam": ["achternaam", "Geslachtsnaam", "naam", "Nachname"],
    "geboortedatum": ["geboortedatum", "Geboorte datum", "geb.dat", "Geburtsdatum"],
    "telefoon": ["telefoon", "Telefoonnummer", "tel", "GSM", "nummer 2"],
    "postcode": ["postcode", "Postcode", "PC"],
    "huisnummer": ["huisnummer", "Huis nummer", "huisnr", "nr"],
    "toevoeging": ["toevoeging", "Huisnummer toevoeging", "toev."],
}
COLUMNS = [*HEADERS]


@st.composite
def tables(draw, plain):
    """Draw a list: each row is a child, and what of it is written. With `plain`, headers and cells are the usual ones."""
    present = draw(st.lists(st.sampled_from(["bsn", "names", "telefoon", "address"]), min_size=1, unique=True))
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        child = draw(st.integers(0, len(CHILDREN) - 1))
        cells = dict.fromkeys(COLUMNS, "")
        for what in present:
            if not draw(st.booleans()):
                continue
            value = CHILDREN[child][what][0] if plain else draw(st.sampled_from(CHILDREN[child][what]))
            keys = {"names": COLUMNS[1:4], "address": COLUMNS[5:]}.get(what, [what])
            cells.update(zip(keys, [value] if isinstance(value, str) else value, strict=True))
            if not plain and draw(st.integers(0, 19)) == 0:
                cells[keys[0]] = draw(st.sampled_from(["", "onbekend", "x?y", "123", "-"]))
        rows.append((child, cells))
    keys = {"bsn": ["bsn"], "names": COLUMNS[1:4], "telefoon": ["telefoon"], "address": COLUMNS[5:]}
    columns = [column for what in present for column in keys[what]]
    header = [column if plain else draw(st.sampled_from(HEADERS[column])) for column in columns]
    lines = [";".join(header), *(";".join(cells[column] for column in columns) for _, cells in rows)]
    return "\n".join(lines) + "\n", [{column: cells[column] for column in columns} for _, cells in rows]


def said(cells):
    """Return what a row says in words that do not depend on the spelling: whose number, name, telephone, house."""
    words = set()
    for number, child in enumerate(CHILDREN):
        if cells.get("bsn", "") in child["bsn"]:
            words.add(("bsn", number))
        if tuple(cells.get(key, "") for key in COLUMNS[1:4]) in child["names"]:
            words.add(("names", number))
        if cells.get("telefoon", "") in child["telefoon"]:
            words.add(("telefoon", number))
    house = tuple(cells.get(key, "") for key in COLUMNS[5:])
    known = {spelling: known for child in CHILDREN for spelling in child["address"] for known in [spelling[0]]}
    if house in known:
        words.add(("address", house[0].replace(" ", "").upper()))
    return words


@settings(max_examples=400, deadline=None)
@given(
    tables(plain=True),
    tables(plain=False),
    st.lists(st.sampled_from(["nl-bsn", "nl-address", "person", "phone"]), min_size=1, unique=True),
    st.booleans(),
    st.booleans(),
)
def test_each_suppressed_row_is_honoured_or_the_match_refuses(own, never, kinds, whole_rows, with_profile):
    profile = Profile({"bsn": ("Nr. overheid",), "telefoon": ("nummer 2",)}) if with_profile else None
    asked = [kind_named(kind) for kind in kinds]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "own.csv").write_text(own[0])
        (Path(folder) / "never.csv").write_text(never[0])
        try:
            flags = read_flags(Path(folder) / "own.csv", asked, also=every_kind_but(asked))
            suppression = read_suppression(Path(folder) / "never.csv", profile=profile)
            left, suppressed = suppression.apply(flags, whole_rows=whole_rows)
        except InputError:
            event("refused")
            return
    event("honoured")
    people = {word for row in never[1] for word in said(row) if word[0] != "address"}
    places = {word for row in never[1] for word in said(row) if word[0] == "address"}
    gone = {
        number
        for number, row in enumerate(own[1], start=2)
        if said(row) & people or (whole_rows and said(row) & places)
    }
    assert not gone & {flag.row for flag in left.rows}
    taking_part = set(left.items())
    for flag in flags.rows:
        if flag.row in gone:
            assert taking_part.isdisjoint((*flag.identifiers, *flag.not_compared))
    postcodes = {word[1] for word in places}
    assert not any(item.kind == "nl-address" and item.value.decode()[:6] in postcodes for item in taking_part)
    # Nobody else is left out.
    rest = {flag.row for flag in flags.rows} - gone - {flag.row for flag in left.rows}
    for flag in flags.rows:
        if flag.row in rest:
            assert not set(flag.identifiers) & taking_part
    assert suppressed.rows == len(flags.rows) - len(left.rows)
