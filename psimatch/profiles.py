"""A profile says which column of a case system's export is which field."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from psimatch.errors import FlagFileError
from psimatch.files import read_file
from psimatch.headers import CASE_REF, CONTACT, folded
from psimatch.identifiers import KINDS
from psimatch.toml_text import parse_toml

_LONGEST: Final = 4_096
_TABLES: Final = {"columns", "ignore", "names"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What the columns of one case system's exports are.

    `columns` has for some fields, by their first name (`bsn`, `telefoon`), what the header calls them; a field of which
    a row has several values has several columns. `ignore` names columns that are not what they look like, and are not
    to be mentioned any more. `names` are words for nothing, such as Null, that are names of people in this list.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    ignore: tuple[str, ...] = ()
    names: tuple[str, ...] = field(repr=False, default=())

    def ignores(self, name: str) -> bool:
        """Say whether a column of this name is not to be mentioned."""
        return folded(name) in map(folded, self.ignore)

    def has_name(self, text: str) -> bool:
        """Say whether this word for nothing is the name of somebody in this list."""
        return folded(text) in map(folded, self.names)


def read_profile(path: str | os.PathLike[str]) -> Profile:
    """Read a profile: TOML with a table `columns` of field = "name in the header of the export".

    Fields go by the first of their names, such as `bsn`, `postcode`, `achternaam`, `dossier` and `contact`. A field
    with several columns has a list of their names. Before the table may stand `ignore` and `names`, lists of text.

    Raises:
        FlagFileError: it can't be read, names a field that does not exist, or a column twice.
    """
    file = Path(path)
    remedy = 'write lines such as bsn = "Burgerservicenr"'
    data = read_file(file, _LONGEST, FlagFileError, remedy=remedy)
    try:
        given = parse_toml(data.decode())
    except ValueError:
        raise FlagFileError(f"{file} is not TOML", hint=remedy) from None
    unknown = sorted(set(given) - _TABLES)
    if unknown:
        raise FlagFileError(f"{file}: there is no {unknown[0][:40]!a} in a profile", hint=_FORM)
    columns = given.get("columns", {})
    if not isinstance(columns, dict) or not any(given.values()):
        raise FlagFileError(f"{file} has not one table [columns]", hint=_FORM)
    named = {name: _texts(file, f"the column of {_field(file, name)}", value) for name, value in columns.items()}
    listed = [folded(text) for texts in named.values() for text in set(map(folded, texts))]
    if len(set(listed)) != len(listed):
        raise FlagFileError(f"{file} names a column for two fields", hint="give each field a column of its own")
    ignore, names = (_texts(file, key, given.get(key, []), several=True) for key in ("ignore", "names"))
    if set(map(folded, ignore)) & set(listed):
        raise FlagFileError(f"{file} names a column that it ignores", hint="remove it from one of the two")
    return Profile(MappingProxyType(named), ignore, names)


_FORM: Final = (
    'begin it with [columns], then lines such as bsn = "..."; ignore = ["..."] and names = ["..."] come before'
)


def _field(file: Path, name: str) -> str:
    known = sorted({CASE_REF.name, CONTACT.name, *(field.name for kind in KINDS.values() for field in kind.fields)})
    if name not in known:
        raise FlagFileError(f"{file}: there is no field {name[:40]!a}", hint=f"the fields are {', '.join(known)}")
    return name


def _texts(file: Path, what: str, value: Any, *, several: bool = False) -> tuple[str, ...]:
    """Return a text or a list of texts as a tuple of texts."""
    texts = [value] if isinstance(value, str) and not several else value
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
        raise FlagFileError(f"{file}: {what} is not a text", hint="write its name in the header, or a list of names")
    if not texts and not several:
        raise FlagFileError(f"{file}: {what} is an empty list", hint="name a column, or leave the line out")
    return tuple(texts)
