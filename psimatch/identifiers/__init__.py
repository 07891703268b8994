"""Identifiers: raw text of a list of flags -> the canonical value that is compared, one file a kind."""

from psimatch.identifiers.address import nl_address
from psimatch.identifiers.bsn import nl_bsn
from psimatch.identifiers.exact_text import text
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.padding import dummy
from psimatch.identifiers.registry import KINDS, kind_named

__all__ = [
    "KINDS",
    "Field",
    "Identifier",
    "Kind",
    "dummy",
    "kind_named",
    "nl_address",
    "nl_bsn",
    "text",
]
