"""The Dutch texts use one word for each thing: afspraak, match, lijst, code, logboek, tegoed."""

import re
from pathlib import Path

import pytest

import psimatch
from psimatch.cli import explain_texts, figures, ledger_page, ledgers, session_count

TEXTS = {
    "explain": explain_texts.TEXTS["nl"],
    "kinds": figures.KIND_NAMES["nl"],
    "shares": figures._SHARES["nl"],
    "sessions": session_count._WORDS["nl"],
    "page": ledger_page._WORDS["nl"],
    "entries": ledgers._WORDS["nl"],
}
# What means two things at once, what is no word for a match, and English where there is Dutch.
FORBIDDEN = re.compile(
    r"overeenkomst|treffer|\bhits?\b|budget|\bledger\b(?! correct)|referentie|contract", re.IGNORECASE
)


@pytest.mark.parametrize("name", TEXTS)
def test_no_other_words(name):
    for key, text in TEXTS[name].items():
        assert not FORBIDDEN.search(re.sub(r"{\w+}", "", text)), (name, key)


def test_no_other_words_in_what_a_privacy_officer_reads():
    pages = sorted((Path(__file__).parents[2] / "protocol_spec" / "privacy" / "nl").glob("*.md"))
    assert pages
    for page in pages:
        # Commands, fields and addresses are as they are.
        text = re.sub(r"`[^`]*`|\]\([^)]*\)|\(psimatch [^)]*\)", "", page.read_text("utf-8"))
        assert not FORBIDDEN.search(text), (page.name, FORBIDDEN.search(text))


def test_all_dutch_texts_are_looked_at():
    """A module of the command line that has a table "nl" stands above."""
    folder = Path(psimatch.__file__).parent / "cli"
    found = {
        path.stem for path in folder.glob("*.py") if re.search(r'^ {4}"nl": ', path.read_text("utf-8"), re.MULTILINE)
    }
    assert found == {"explain_texts", "figures", "ledger_page", "ledgers", "session_count"}


def test_both_languages_have_the_same_texts():
    for table in (explain_texts.TEXTS, ledger_page._WORDS, ledgers._WORDS, session_count._WORDS):
        assert table["nl"].keys() == table["en"].keys()
