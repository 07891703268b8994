"""Kind `nl-address` version 1: a Dutch address, as postcode, house number and suffix.

The value is `1234AB 12`, `1234AB 12 BIS` or `1234AB TO 12`, in ASCII: the postcode without a space, the number without
leading zeros, and the suffix, which is the house letter and the addition in one, in capitals, without separators. One
space stands between the parts and none within them, so `12-1` is `12 1` and never `121` (decision 3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from stdnum.exceptions import InvalidComponent, ValidationError
from stdnum.nl import postcode as postcodes

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.separators import plain_separators

_NAME: Final = "nl-address"
_VERSION: Final = 1
_POSTCODE: Final = "postcode"
_NUMBER: Final = "huisnummer"
_LETTER: Final = "huisletter"
_ADDITION: Final = "toevoeging"
_INDICATION: Final = "aanduiding"

# The BAG, the Dutch register of addresses, holds about ten million of them: 23.3 bits.
_ADDRESSES: Final = 10_000_000

_AS_TEXT: Final = "format the column as text and write the address as the BAG does, e.g. 12 or 12-2"
# One to five digits, and whatever follows the last of them.
_NUMBER_AND_REST: Final = re.compile(r"0*([1-9][0-9]{0,4})(?![0-9])(.*)", re.DOTALL)
# A number that a spreadsheet made a decimal ("12.0", "1.200"): no way to know what stood there.
_DECIMAL: Final = re.compile(r"[0-9][.,][0-9]")
# What a spreadsheet makes of 12-1: a date, or the name of a month.
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_MONTH: Final = re.compile(r"[0-9]{0,2}(JAN|FEB|MRT|MAR|MAA|APR|MEI|MAY|JUN|JUL|AUG|SEP|OKT|OCT|NOV|DEC)[0-9]{0,2}")
# What exports write for "there is none"; as a suffix it would part this address from the peer's, unseen.
_PLACEHOLDERS: Final = frozenset({"NVT", "GEEN", "NULL", "NONE", "NAN"})
_SUFFIX_CHARACTERS: Final = re.compile(r"[A-Za-z0-9 ./-]*")
_SEPARATORS: Final = re.compile(r"[ ./-]+")
_SEPARATED_DIGITS: Final = re.compile(r"[0-9][ ./-]+[0-9]")
# The BAG's own bounds: one letter, and an addition of up to four letters and digits.
_SUFFIX: Final = re.compile(r"[A-Z0-9]{0,4}|[A-Z][A-Z0-9]{4}")


# A houseboat or caravan stands opposite or near a number, and has that one's (BRP: aanduiding bij huisnummer).
_BESIDE: Final = r"(t[./ ]?o\.?|tegenover|by|bij)"
_BEFORE: Final = re.compile(rf"{_BESIDE}[ .]*(?=[0-9])", re.ASCII | re.IGNORECASE)
_BEHIND: Final = re.compile(rf"(?<![A-Z0-9]){_BESIDE}[ .]*\Z", re.ASCII | re.IGNORECASE)
_FORM: Final = re.compile(rb"[1-9][0-9]{3}(?!S[ADS])[A-Z]{2} (TO |BY )?[1-9][0-9]{0,4}( (?!TO\Z|BY\Z)[A-Z0-9]{1,5})?")


def nl_address(postcode: str, number: str, letter: str = "", addition: str = "", indication: str = "") -> Identifier:
    """Return the identifier of an address; the suffix may stand in the number, the letter or the addition.

    That it stands opposite the number (`t/o`, `TO`) or near it (`bij`, `BY`) may be said before the number, behind it,
    as the addition or as the indication: that is one form.

    Raises:
        FieldError: a part can't be read, or could be read in two ways; its field is the Dutch column name.
    """
    before, number = _beside(_BEFORE, _NUMBER, number)
    behind, number = _beside(_BEHIND, _NUMBER, number)
    added, addition = _beside(_BEHIND, _ADDITION, addition)
    said, left = _beside(_BEHIND, _INDICATION, indication)
    if left.strip():
        raise FieldError(_INDICATION, "is not TO or BY", "write TO for opposite the number, BY for near it")
    house_number, rest = _split_number(number)
    suffix = _join_suffix(rest, _letter(letter), _letters_and_digits(_ADDITION, addition))
    found = {before, behind, added, said} - {""}
    if suffix in ("TO", "BY"):
        found, suffix = found | {suffix}, ""
    if len(found) > 1:
        raise FieldError(_NUMBER, "is said to be both opposite a number and near it", "write one of TO and BY")
    parts = [_postcode(postcode), *found, house_number, suffix]
    return Identifier(_NAME, _VERSION, " ".join(part for part in parts if part).encode("ascii"))


def _beside(place: re.Pattern[str], field: str, raw: str) -> tuple[str, str]:
    """Return TO, BY or nothing, as a text says at this place, and the rest of the text."""
    text = plain_separators(raw)
    found = place.search(text) if place is _BEHIND else place.match(text)
    if found is None:
        return "", raw
    rest = text[found.end() :] if place is _BEFORE else text[: found.start()].rstrip(" ,")
    if place is _BEHIND and field is _NUMBER and not rest.strip():
        raise FieldError(_NUMBER, "has no number", _AS_TEXT)
    return ("TO" if found[1][0] in "tT" else "BY"), rest


def _postcode(raw: str) -> str:
    text = plain_separators(raw)
    remedy = "write four digits and two letters, e.g. 1234 AB"
    # stdnum folds some foreign characters into ASCII; what is odd here is refused, not guessed.
    if not text.isascii():
        raise FieldError(_POSTCODE, "has a character that no postcode has", remedy)
    try:
        return postcodes.validate(text).replace(" ", "")
    except InvalidComponent:
        raise FieldError(_POSTCODE, "ends in SA, SD or SS, which are never issued", remedy) from None
    except ValidationError:
        raise FieldError(_POSTCODE, "is not a Dutch postcode", remedy) from None


def _split_number(raw: str) -> tuple[str, str]:
    """Return the number without leading zeros, and the canonical suffix that stands behind it in the same cell."""
    text = plain_separators(raw)
    if _DECIMAL.search(text):
        raise FieldError(_NUMBER, "has a decimal point or comma", _AS_TEXT)
    if _DATE.fullmatch(text):
        raise FieldError(_NUMBER, "is a date", _AS_TEXT)
    found = _NUMBER_AND_REST.fullmatch(text)
    if found is None:
        raise FieldError(_NUMBER, "does not begin with a number from 1 to 99999", _AS_TEXT)
    return found[1], _letters_and_digits(_NUMBER, found[2])


def _letter(raw: str) -> str:
    letter = _letters_and_digits(_LETTER, raw)
    if len(letter) > 1 or letter.isdigit():
        raise FieldError(_LETTER, "is not one letter", "write what is longer or a digit under toevoeging")
    return letter


def _letters_and_digits(field: str, raw: str) -> str:
    """Return part of a suffix in capitals and without separators; refuse what that would change the meaning of."""
    text = plain_separators(raw)
    if not _SUFFIX_CHARACTERS.fullmatch(text):
        raise FieldError(field, "has something else than letters A to Z and digits in the suffix", _AS_TEXT)
    # 1-1 and 11 may be two dwellings of one house, so here the separator can't be dropped.
    if _SEPARATED_DIGITS.search(text):
        raise FieldError(field, "has two numbers in the suffix", _AS_TEXT)
    return _SEPARATORS.sub("", text).upper()


def _join_suffix(rest: str, letter: str, addition: str) -> str:
    field = _NUMBER if rest else _ADDITION
    if rest and (letter or addition):
        # 12a with the letter A may mean 12 A or 12 AA.
        raise FieldError(_NUMBER, "has a suffix, and so has another column", "write the suffix in one place")
    suffix = rest + letter + addition
    if suffix in _PLACEHOLDERS:
        raise FieldError(field, "has a word for an empty cell", "leave the cell empty if there is no suffix")
    if _MONTH.fullmatch(suffix):
        raise FieldError(field, "is a date that a spreadsheet made", _AS_TEXT)
    if not _SUFFIX.fullmatch(suffix):
        raise FieldError(field, "has a suffix that is longer than any in the BAG", _AS_TEXT)
    return suffix


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (nl_address(*(fields.get(name, "") for name in (_POSTCODE, _NUMBER, _LETTER, _ADDITION, _INDICATION))),)


def _has_form(value: bytes) -> bool:
    found = _FORM.fullmatch(value)
    try:
        return found is not None and _join_suffix("", "", (found[2] or b"").decode().strip()) is not None
    except FieldError:
        return False


NL_ADDRESS: Final = Kind(
    _NAME,
    _VERSION,
    _ADDRESSES,
    (
        Field(_POSTCODE, ("postal code", "postcode nl"), near=("pc", "pc6", "zip", "zip code", "postcd")),
        Field(_NUMBER, ("house number",), near=("huisnr", "huisno", "hnr", "house no", "house nr", "huisnum")),
        Field(
            _LETTER, ("house letter",), required=False, near=("letter", "hletter", "huislet", "ltr", "huisltr", "hsltr")
        ),
        Field(
            _ADDITION,
            ("addition", "huisnummer toevoeging", "house number addition", "huisnummertoev"),
            required=False,
            near=(
                "toev",
                "toevoeg",
                "huisnr toevoeging",
                "huisnr toev",
                "suffix",
                "house number suffix",
                "toevoeging huisnr",
                "toevoeging huisnummer",
                "appartement",
                "bisnummer",
            ),
        ),
        Field(
            _INDICATION,
            ("aanduiding bij huisnummer", "aanduiding huisnummer", "house number indication"),
            required=False,
            near=("aanduiding bij", "aanduiding huisnr", "aanduiding bij huisnr"),
        ),
    ),
    _parse,
    _has_form,
)
