"""The kinds that an agreement may name (psimatch-1 §13.2, §13.3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.address import NL_ADDRESS
from psimatch.identifiers.bag import NL_BAG
from psimatch.identifiers.bsn import NL_BSN
from psimatch.identifiers.email import EMAIL
from psimatch.identifiers.exact_text import TEXT
from psimatch.identifiers.handle import HANDLE
from psimatch.identifiers.iban import IBAN
from psimatch.identifiers.kind import Kind
from psimatch.identifiers.person import PERSON_KIND
from psimatch.identifiers.phone import PHONE_REGION, phone_kind
from psimatch.identifiers.plate import PLATE
from psimatch.identifiers.vnumber import NL_VNUMBER

# By name. The reserved kind `dummy` is not here: nobody can submit one by choice.
_CHOSEN: Final = (PERSON_KIND, phone_kind(PHONE_REGION))
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {kind.name: kind for kind in (EMAIL, HANDLE, IBAN, NL_ADDRESS, NL_BAG, NL_BSN, NL_VNUMBER, *_CHOSEN, PLATE, TEXT)}
)

# How much of an unknown name an error repeats: it may come from the peer's agreement.
_SHOWN: Final = 40


def kind_named(name: str) -> Kind:
    """Return the kind with this name (`nl-bsn`, the newest version) or label (`nl-bsn/1`).

    Raises:
        FieldError: there is no such kind, or not in this version; the remedy lists those that there are.
    """
    kind = KINDS.get(name.partition("/")[0])
    if kind is None or name not in (kind.name, kind.label):
        known = ", ".join(known.label for known in KINDS.values())
        raise FieldError("kinds", f"there is no kind {name[:_SHOWN]!a}", f"the kinds are {known}")
    return kind
