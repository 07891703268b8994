"""Ledgers in files, and the clock that they go by."""

import pytest
from ledger_sessions import Clock
from sessions import CARE, POLICE

from psimatch.ledger import Ledger


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledgers(tmp_path, clock):
    """The two parties' ledgers, in files."""
    made = [
        Ledger(tmp_path / f"{name}.ledger", identity, operator="mw. J.", clock=clock)
        for name, identity in (("care", CARE), ("police", POLICE))
    ]
    yield made
    for ledger in made:
        ledger.close()
