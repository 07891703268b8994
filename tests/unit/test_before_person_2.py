"""What was signed and kept before version 2 of persons: an agreement that names person/1, and a ledger under it."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from ledger_sessions import NOON, Clock
from sessions import CARE, POLICE, make_agreement

from psimatch.agreement_files import read_agreement_file
from psimatch.agreement_text import read_agreement
from psimatch.errors import AgreementFormatError
from psimatch.ledger import Ledger
from psimatch.ledger_view import LedgerView

FILES = Path(__file__).parents[1] / "fixtures" / "before_person_2"
SPENT = 64


def old_id():
    with pytest.raises(AgreementFormatError) as refused:
        read_agreement_file(FILES / "pilot.agreement.toml")
    assert "person/1" in str(refused.value)
    return refused.value.hint.partition("--renews ")[2].split()[0]


@pytest.fixture
def ledger(tmp_path):
    clock = Clock()
    clock.now = NOON + 86_400
    shutil.copy(FILES / "care.ledger", tmp_path / "care.ledger")
    with Ledger(tmp_path / "care.ledger", CARE, clock=clock) as opened:
        yield opened


def test_the_agreement_is_refused_with_the_id_by_which_a_new_one_renews_it(ledger):
    renewal = make_agreement(
        kinds=("person/2",), max_items=32, max_evaluations=832, predecessor=old_id(), valid_from=date(2027, 7, 1),
        valid_until=date(2027, 12, 31),
    )  # fmt: skip
    # The ledger knows the old agreement by that id, and what was spent of it counts on.
    assert ledger.spending(renewal, POLICE.public, ledger.now).evaluations == SPENT
    alone = make_agreement(
        kinds=("person/2",), max_items=32, max_evaluations=832, valid_from=date(2027, 7, 1), valid_until=date(2027, 12, 31)
    )  # fmt: skip
    assert ledger.spending(alone, POLICE.public, ledger.now).evaluations == 0


def test_the_ledger_is_shown_and_verified(tmp_path):
    shutil.copy(FILES / "care.ledger", tmp_path / "care.ledger")
    with LedgerView(tmp_path / "care.ledger") as view:
        view.verify()
        assert [entry.kind for entry in view.entries()].count("charged") == 2


def test_a_policy_is_refused_with_the_remedy():
    text = (FILES / "pilot.agreement.toml").read_text(encoding="utf-8").replace("person/1", "person/2")
    with pytest.raises(AgreementFormatError, match="person_policy") as refused:
        read_agreement(text)
    assert "--renews" in refused.value.hint
