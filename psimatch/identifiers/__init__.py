"""Identifiers: raw text of a list of flags -> the value that is compared, one file a kind (psimatch-1 §13)."""

from psimatch.identifiers.address import nl_address
from psimatch.identifiers.bag import nl_bag
from psimatch.identifiers.bsn import nl_bsn
from psimatch.identifiers.email import email
from psimatch.identifiers.exact_text import STRIPPED, text
from psimatch.identifiers.handle import handle
from psimatch.identifiers.iban import iban
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.nothing import is_word_for_nothing, may_be_a_name
from psimatch.identifiers.padding import dummy
from psimatch.identifiers.person import NAME as PERSON
from psimatch.identifiers.person import PERSON_KIND, person, rank_of, rule_of
from psimatch.identifiers.person_rules import RULES, Rule
from psimatch.identifiers.phone import NAME as PHONE
from psimatch.identifiers.phone import PHONE_REGION, phone, phone_kind, regions
from psimatch.identifiers.plate import plate
from psimatch.identifiers.registry import KINDS, kind_named
from psimatch.identifiers.vnumber import nl_vnumber

__all__ = [
    "KINDS",
    "PERSON",
    "PERSON_KIND",
    "PHONE",
    "PHONE_REGION",
    "RULES",
    "STRIPPED",
    "Field",
    "Identifier",
    "Kind",
    "Rule",
    "dummy",
    "email",
    "handle",
    "iban",
    "is_word_for_nothing",
    "kind_named",
    "may_be_a_name",
    "nl_address",
    "nl_bag",
    "nl_bsn",
    "nl_vnumber",
    "person",
    "rank_of",
    "phone",
    "phone_kind",
    "plate",
    "regions",
    "rule_of",
    "text",
]
