"""Agreements that show something else than they say, and names that nobody has signed."""

import pytest
from sessions import CARE, POLICE, make_agreement, make_terms

from psimatch import visible
from psimatch.agreement_text import read_agreement, write_agreement
from psimatch.cli.explain import explained
from psimatch.cli.terms_text import terms_lines
from psimatch.errors import AgreementFormatError
from psimatch.identity import PublicIdentity
from psimatch.parameters import Role

BLANK = ["\u034f", "\u115f", "\u3164", "\uffa0", "\u2800", "\ufe0f", "\U000e0100"]


@pytest.mark.parametrize("character", BLANK)
def test_what_shows_as_nothing_shows_to_whoever_signs(character):
    """Unicode calls it a letter, a mark or a symbol, so the terms may hold it; the name would read like another's."""
    terms = make_terms(purpose=f"Find{character} runaways")
    shown = f"Find<U+{ord(character):04X}> runaways"
    assert any(shown in line for line in terms_lines(terms))
    assert any(shown in line for line in explained(terms, "en"))
    assert visible(shown) == shown


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200b", "\u200d", "\u00ad", "\ufeff", "\u2028", "\x1b", "\x00"]
)
def test_what_reorders_hides_or_breaks_lines_is_no_term(character):
    with pytest.raises(AgreementFormatError, match="printable"):
        make_terms(title=f"Pilot{character}")


def test_comments_are_shown_nowhere():
    agreement = make_agreement()
    text = write_agreement(agreement)
    assert read_agreement(f"# purpose = 'Anything \u202e at all'\n{text}") == agreement
    assert not any("Anything" in line for line in terms_lines(agreement.terms))


def test_the_name_in_a_public_file_is_nobodys():
    agreement = make_agreement()
    renamed = PublicIdentity("Jeugdzorg Noord", POLICE.public.signing_key, POLICE.public.sealing_key)
    assert renamed.fingerprint == POLICE.public.fingerprint
    assert agreement.name_of(renamed) == "Politie"
    assert agreement.role_of(renamed) is Role.SERVER
    assert agreement.role_of(CARE.public) is Role.CLIENT
