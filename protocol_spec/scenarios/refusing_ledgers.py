"""Sessions that a side's own ledger does not allow (§7.4, §9.2)."""

from __future__ import annotations

from collections.abc import Iterator

from protocol_spec.scenarios.attacks import case
from protocol_spec.scenarios.scenario import Scenario
from protocol_spec.scenarios.sessions import Run

# What each side may be refused: at which question, and why.
REFUSALS = [
    ("client", "admission", "withdrawn"),
    ("client", "admission", "standing"),
    ("client", "charge", "budget"),
    ("server", "admission", "withdrawn"),
    ("server", "admission", "standing"),
    ("server", "admission", "replayed"),
    ("server", "charge", "budget"),
]


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    for role, at, because in REFUSALS:
        run = Run(case(), more={role: {"ledger_refuses": {"at": at, "because": because}}}).finish()
        about = f"The {role}'s own ledger refuses the {at}: {because}."
        given = run.input(role)
        yield Scenario(
            "session", f"{role}, its ledger refuses the {at}, {because}", about, "§7.4, §9.2", given, because
        )
