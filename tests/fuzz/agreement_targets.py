"""Agreements: the text that a peer sends to be signed."""

import json

from bounds import refusals
from choices import Choices, edited
from scratch import written
from sessions import CARE, POLICE, TODAY, make_agreement

from psimatch.agreement_files import read_agreement_file
from psimatch.agreement_text import read_agreement, write_agreement
from psimatch.errors import AgreementError

AGREEMENT = make_agreement(
    kinds=("nl-bsn/1", "person/2", "phone/1"), max_evaluations=3_200, phone_region="NL", large_budget_reason=""
)
TEXT = write_agreement(AGREEMENT)
# Each line that gives a field a value, and the line itself.
FIELDS = tuple(line for line in TEXT.splitlines() if " = " in line)


def agreements(data):
    """Read an agreement, use all that it says, write it, and read it again."""
    choices = Choices(data)
    text = choices.one_of((_raw, _changed, _another_value, _another_text))(choices)
    with refusals(AgreementError):
        agreement = read_agreement_file(written("agreement.toml", text))
        again = read_agreement(write_agreement(agreement))
        assert again == agreement
        assert again.terms.id == agreement.terms.id
        _use(agreement)


def _use(agreement):
    terms = agreement.terms
    assert terms.kinds_known
    assert terms.budget_share >= 0
    for name in (terms.title, terms.purpose, terms.legal_basis, terms.client.name, terms.server.name):
        assert name.isprintable()
    for step in (
        lambda: agreement.check_in_force(TODAY),
        lambda: agreement.verify_signature(CARE.public),
        lambda: AGREEMENT.merged(agreement),
        lambda: agreement.sign(POLICE).verify(CARE.public, POLICE.public, TODAY),
    ):
        with refusals(AgreementError):
            step()


def _raw(choices):
    return choices.rest()


def _changed(choices):
    return edited(TEXT.encode(), choices)


def _another_value(choices):
    """Any TOML in place of one value."""
    line = choices.one_of(FIELDS)
    name = line.partition(" = ")[0]
    return TEXT.encode().replace(line.encode(), f"{name} = ".encode() + choices.rest(), 1)


def _another_text(choices):
    line = choices.one_of(FIELDS)
    name = line.partition(" = ")[0]
    value = json.dumps(choices.rest().decode("utf-8", "replace"), ensure_ascii=False)
    return TEXT.replace(line, f"{name} = {value}", 1).encode()
