"""Lists of flags, and the texts in their cells: whatever a case system, a spreadsheet or a hand has made of them."""

import csv
import datetime
import io
import warnings
import zipfile

from bounds import refusals
from choices import Choices, assert_silent, edited, with_canaries
from scratch import FOLDER, written
from sessions import make_terms

from psimatch import crockford
from psimatch.contact import check_contact, disarm
from psimatch.errors import AgreementFormatError, FieldError, FlagFileError, InputError, TooManyItemsError
from psimatch.flag_files import read_flags, read_pairs
from psimatch.identifiers import KINDS, PERSON_KIND, Identifier, kind_named, phone_kind
from psimatch.identifiers.person_rules import RULES_BY_NAME
from psimatch.match_files import write_skipped
from psimatch.own_set import OwnSet
from psimatch.profiles import Profile
from psimatch.submission import Submission
from psimatch.terms import kinds_from_names, read_day
from psimatch.transports import format_address, parse_address

ALL = tuple(KINDS.values())
LISTS = (
    ALL,
    tuple(kind for kind in ALL if kind.name in {"nl-bsn", "nl-address"}),
    (PERSON_KIND, phone_kind("BE"), KINDS["email"], KINDS["handle"]),
    (KINDS["iban"], KINDS["nl-bag"], KINDS["plate"], KINDS["text"]),
)
PROFILES = (None, Profile({"bsn": ("Burgerservicenr",), "dossier": ("Zaak",)}))


def flags(data):
    """Read a list; no error names what stands in a cell, and what is usable a session can use."""
    choices = Choices(data)
    kinds, profile, contact_bytes = choices.one_of(LISTS), choices.one_of(PROFILES), choices.one_of((0, 48, 512))
    path = written("flags.csv", with_canaries(choices.rest()))
    with refusals(FlagFileError):
        read_pairs(path)
    with refusals(FlagFileError):
        _use(read_flags(path, kinds, contact_bytes=contact_bytes, profile=profile), kinds, contact_bytes)


def _terms(kinds, contact_bytes):
    """Terms under which a list of these kinds may be submitted."""
    chosen = {kind.name: kind for kind in kinds}
    return make_terms(
        kinds=tuple(sorted(kind.label for kind in kinds)), contact_size=contact_bytes, max_items=1_000,
        max_evaluations=1_000, phone_region="NL" if "phone" in chosen else "",
    )  # fmt: skip


def _use(found, kinds, contact_bytes):
    assert_silent(repr((found.rows, found.invalid)), found.counts(), found.duplicates)
    for invalid in found.invalid:
        for error in invalid.errors:
            assert_silent(error, error.hint, repr(error))
    with refusals(FieldError, TooManyItemsError):
        OwnSet(Submission(found.rows, _terms(kinds, contact_bytes))).fill()
    if found.invalid:
        write_skipped(FOLDER / "skipped.csv", found, force=True)
        assert len((FOLDER / "skipped.csv").read_bytes()) > len(found.invalid)


def tables(data):
    """Read a workbook with one part of its inside changed, or a Parquet file with edits."""
    choices = Choices(data)
    if choices.number(4):
        path = written("flags.xlsx", _workbook(choices))
    else:
        path = written("flags.parquet", edited(PARQUET, choices))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with refusals(FlagFileError):
            _use(read_flags(path, LISTS[0], contact_bytes=48), LISTS[0], 48)
    # A file that is left open is said when Python finds it, which may be many inputs later.
    said = [warning for warning in said if not issubclass(warning.category, ResourceWarning)]
    assert not said, "a package warns of what stands in the input"


def _workbook(choices):
    """Return the genuine workbook with one part of it changed; the archive around it is in order."""
    name = choices.one_of(sorted(PARTS))
    part = with_canaries(choices.rest() if choices.number(2) else edited(PARTS[name], choices))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for other, content in PARTS.items():
            archive.writestr(other, part if other == name else content)
    return data.getvalue()


def kinds(data):
    """Read text as each kind; what it gives is in its one form, and stays the same when it is read again."""
    choices = Choices(data)
    number = choices.number(len(ALL) + len(TEXTS))
    if number >= len(ALL):
        TEXTS[number - len(ALL)](_text(choices))
        return
    kind = ALL[number]
    if kind.name == "person":
        kind = PERSON_KIND
    elif kind.name == "phone":
        kind = phone_kind(choices.one_of(("NL", "BE", "US", "GB")))
    raw = choices.rest()
    assert kind.has_form(raw) in (True, False)
    cells = _decoded(with_canaries(raw)).split("\x1f")
    with refusals(FieldError):
        for identifier in kind.parse(dict(zip((field.name for field in kind.fields), cells, strict=False))):
            _check_identifier(kind, identifier)


def _check_identifier(kind, identifier):
    assert (identifier.kind, identifier.version) == (kind.name, kind.version)
    assert kind.has_form(identifier.value)
    assert_silent(repr(identifier))
    if kind.name == "person":
        assert identifier.value.split(b"|")[0].decode() in RULES_BY_NAME
    elif len(kind.fields) == 1:
        field = kind.fields[0].name
        assert kind.parse({field: identifier.value.decode()}) == (identifier,)


def _decoded(data):
    """Return text, with lone surrogates where the bytes have some: a program can hand them in."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _text(choices):
    return _decoded(choices.rest())


def _contact(text):
    shown = disarm(text)
    assert disarm(shown) == shown
    assert shown.isprintable() or all(character.isprintable() or character.isspace() for character in shown)
    assert len(shown.encode()) <= 512
    assert shown[:1] not in {"=", "+", "-", "@"}
    with refusals(FieldError):
        check_contact(text.replace("$", "Qz7Kanarie"))


def _address(text):
    with refusals(InputError):
        host, port = parse_address(text)
        assert parse_address(format_address(host, port)) == (
            host.removeprefix("::ffff:") if "." in host else host,
            port,
        )


def _fingerprint(text):
    try:
        data = crockford.decode(text, 32)
    except ValueError:
        return
    assert crockford.decode(crockford.encode(data), 32) == data


def _day(text):
    with refusals(AgreementFormatError):
        assert read_day("valid_from", text).isoformat() == text


def _kind_name(text):
    with refusals(FieldError):
        assert kind_named(text).label.startswith(text)
    with refusals(FieldError):
        kinds_from_names(text.split(","))


def _identifier(text):
    with refusals(FieldError):
        Identifier(text[:8], len(text), text.encode("utf-8", "replace"))


TEXTS = (_contact, _address, _fingerprint, _day, _kind_name, _identifier)


def _parts():
    """Return the parts of a workbook that openpyxl makes, by name."""
    import openpyxl

    book = openpyxl.Workbook()
    day = datetime.date(2027, 1, 15)
    for row in (("bsn", "postcode", "huisnummer", "contact"), ("123456782", "1234AB", 12, "ring"), (1.5, day, True)):
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    with zipfile.ZipFile(data) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _parquet():
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"bsn": ["123456782", None], "contact": ["ring", "desk"]})
    data = io.BytesIO()
    pyarrow.parquet.write_table(table, data, compression="none")
    return data.getvalue()


def csv_of(*lines, delimiter=","):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(lines)
    return text.getvalue().encode()


PARTS, PARQUET = _parts(), _parquet()
