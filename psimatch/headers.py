"""What a column is called, and what it may be though it is called otherwise."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers import Field, email, iban, nl_bag, nl_bsn, plate

CASE_REF: Final = Field(
    "dossier",
    (
        *("case ref", "case reference", "case number", "zaaknummer", "zaaknr", "zaak nummer", "zaak nr"),
        *("dossiernummer", "dossiernr", "dossier nr", "zaakidentificatie"),
    ),
    required=False,
)
CONTACT: Final = Field("contact", (), required=False)
# What a file of matches adds: in a list of flags it means that somebody picked the wrong file.
RESULT_COLUMNS: Final = ("match_reference", "matched_kind", "matched_rule", "peer_contact")

# Columns of a list that protects somebody which name nobody: texts of people, and what else is known of a place.
HARMLESS: Final = frozenset(
    str.split(
        "opmerking opmerkingen toelichting notitie notities omschrijving beschrijving reden bron status soort type"
        " volgnummer nr regel instelling organisatie naaminstelling naamopvang naamorganisatie instellingsnaam plaats"
        " woonplaats gemeente provincie land straat straatnaam geslacht nationaliteit leeftijd ingangsdatum einddatum"
        " datumingang datumeinde aanmaakdatum mutatiedatum datummelding meldingsdatum geboorteplaats geboorteland"
        " school groep klantnummer burgerlijkestaat"
        " remark remarks comment comments note notes description reason source category institution organisation"
        " organization shelter city town municipality province country street gender nationality age"
    )
)

_WORDS: Final = re.compile(r"[^\W\d_]+")
# Words that stand in too many headers to mean anything there unless they are the whole header.
_GENERIC: Final = frozenset(
    str.split(
        "naam name letter app auto bank medium user suffix netwerk network profiel profile mail bag text contact"
        " prefix handle plate addition account platform initials street nr geb geboren x"
    )
)
_ALIKE: Final = 0.84
_SHORTEST_ALIKE: Final = 6


def folded(name: str) -> str:
    """Return the name of a column without regard to case, spaces, dots, hyphens and underscores."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in text if not (letter in "._" or _is_space_or_hyphen(letter))).strip(":*#\"'")


def _is_space_or_hyphen(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in {"Pd", "Cf", "Cc"}


@cache
def names_of(field: Field) -> tuple[str, ...]:
    """Return the names under which a field is read, folded."""
    return tuple(map(folded, field.names))


def resembles(header: str, fields: Iterable[Field]) -> str:
    """Return the name of the field that a column may be by what it is called; nothing where it is called otherwise."""
    name, fields = folded(header), tuple(fields)
    words = {folded(word) for word in _WORDS.findall(header)} - _GENERIC
    known = [(field.name, {*names_of(field), *map(folded, field.near)}) for field in fields]
    # The whole name says more than one of its words, and a word more than a likeness.
    by_name = (field for field, names in known if name in names)
    by_word = (field for field, names in known if words & names)
    by_likeness = (
        field.name
        for field in fields
        if any(_is_alike(name, other) for other in names_of(field) if other not in _GENERIC)
    )
    return next(chain(by_name, by_word, by_likeness), "")


def _is_alike(name: str, known: str) -> bool:
    if len(known) < _SHORTEST_ALIKE:
        return name.startswith(known) or name.endswith(known)
    if known in name:
        return True
    # No two texts are more alike than their lengths; and a long header would take long.
    most = 2 * min(len(name), len(known)) / (len(name) + len(known))
    matcher = difflib.SequenceMatcher(None, name, known, autojunk=False)
    return most >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except FieldError:
        return False
    return True


_POSTCODE: Final = re.compile(r"[1-9][0-9]{3} ?[A-Za-z]{2}", re.ASCII)
_PHONE: Final = re.compile(
    r"(?<![0-9])((\+|00)[1-9]([ ()./-]*[0-9]){7,13}|0[1-9]([ ()./-]*[0-9]){8})(?![0-9])", re.ASCII
)


def holds(field: str, text: str) -> bool:
    """Say whether a cell looks like a value of a field: of those alone whose values have a form of their own."""
    match field:
        case "bsn":
            return _parses(nl_bsn, text)
        case "bag_id":
            return _parses(nl_bag, text)
        case "iban":
            return _parses(iban, text)
        case "email":
            return "@" in text and _parses(email, text)
        case "kenteken":
            return _parses(plate, text)
        case "postcode":
            return _POSTCODE.fullmatch(text.strip()) is not None
        case "telefoon":
            return _PHONE.search(text) is not None
        case _:
            return False


def holds_mostly(texts: Sequence[str], fields: Iterable[Field]) -> str:
    """Return the name of the field that most of these cells look like a value of, or nothing."""
    found: Mapping[str, int] = {
        field.name: sum(holds(field.name, text) for text in texts) for field in fields if not field.shared
    }
    best = max(found, key=lambda name: found[name], default="")
    return best if best and 2 * found[best] > len(texts) else ""
