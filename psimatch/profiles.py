"""A profile says which column of a case system's export is which field."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from psimatch.columns import CASE_REF, CONTACT, folded
from psimatch.errors import FlagFileError
from psimatch.files import read_file
from psimatch.identifiers import KINDS
from psimatch.toml_text import parse_toml

_LONGEST = 4_096


def read_profile(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Read a profile: TOML with a table `columns` of field = "name in the header of the export".

    Fields go by the first of their names, such as `bsn`, `postcode`, `achternaam`, `dossier` and `contact`.

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
    columns = given.get("columns")
    if set(given) != {"columns"} or not isinstance(columns, dict) or not columns:
        raise FlagFileError(f"{file} has not one table [columns]", hint='begin it with [columns], then bsn = "..."')
    known = sorted({CASE_REF.name, CONTACT.name, *(field.name for kind in KINDS.values() for field in kind.fields)})
    for name, header in columns.items():
        if name not in known:
            raise FlagFileError(f"{file}: there is no field {name[:40]!a}", hint=f"the fields are {', '.join(known)}")
        if not isinstance(header, str) or not header.strip():
            raise FlagFileError(f"{file}: the column of {name} is not a text", hint="write its name in the header")
    if len(set(map(folded, columns.values()))) != len(columns):
        raise FlagFileError(f"{file} names a column for two fields", hint="give each field a column of its own")
    return columns
