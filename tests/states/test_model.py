"""The formal model takes exactly the steps of the code's table, so that the two can't drift apart."""

import re
from pathlib import Path

from psimatch.states import TRANSITIONS, State

MODEL = Path(__file__).parents[2] / "protocol_spec" / "model"
TEXT = (MODEL / "session.pml").read_text()


def as_name(words):
    """Return how the model writes a state or an event of the table."""
    return re.sub(r"\W+", "_", words)


def test_the_model_has_the_steps_of_the_table():
    steps = re.findall(r"\bSTEP\((\w+), (\w+), (\w+), (\w+)\)", TEXT.partition("#define STEP")[2].partition("\n\n")[2])
    table = [
        (item.role.value, as_name(item.state.value), as_name(item.event), as_name(item.after.value))
        for item in TRANSITIONS
    ]
    assert sorted(steps) == sorted(table)


def test_the_model_has_the_states_of_the_table():
    named = re.search(r"mtype:state = \{([^}]*)\}", TEXT)[1].replace(",", " ").split()
    assert sorted(named) == sorted(as_name(state.value) for state in State)


def test_a_state_changes_only_by_a_step_an_end_or_a_new_session():
    changes = re.findall(r"\b(?:client|server)_state = (\w+)", TEXT)
    assert set(changes) <= {"aborted", "new", "awaiting_LedgerHead"}
    # What goes on after an Abort is a control.
    assert changes.count("awaiting_LedgerHead") == 1


def test_the_readme_names_every_claim_and_control():
    readme = (MODEL / "README.md").read_text()
    claims, controls = set(re.findall(r"^ltl (\w+)", TEXT, re.MULTILINE)), set(re.findall(r"CONTROL_\w+", TEXT))
    assert len(claims) > 10
    assert len(controls) > 8
    assert {name for name in claims | controls if f"`{name}`" not in readme} == set()
