"""The reference enforces the states of the specification, as the package does."""

import re
from pathlib import Path

import pytest
from second_implementation import ref

from psimatch import states

SPEC = Path(__file__).parents[2] / "protocol_spec" / "psimatch-1.md"


def test_one_table_in_the_specification_the_package_and_the_reference():
    shown = re.search(r"<!-- states -->\n(.*)<!-- /states -->", SPEC.read_text(encoding="utf-8"), re.DOTALL)[1]
    rows = [tuple(cell.strip() for cell in line.strip("| ").split("|")) for line in shown.splitlines()[2:]]
    package = {(item.role.value, item.state.value, item.event): item.after.value for item in states.TRANSITIONS}
    assert {row[:3]: row[3] for row in rows} == package == ref.STATES


@pytest.mark.parametrize(("role", "state"), sorted({key[:2] for key in ref.STATES}))
def test_both_allow_the_same_messages(role, state):
    for name in ref.NAMES[1:]:
        try:
            states.check_expected(states.Role(role), states.State(state), name)
        except states.UnexpectedMessageError:
            assert not ref.state_allows(role, state, name)
        else:
            assert ref.state_allows(role, state, name)


@pytest.mark.parametrize("removed", sorted(ref.STATES))
def test_a_session_needs_every_row_of_the_table(monkeypatch, removed):
    # Without the row the session is refused where it would be taken: the table is what the flow runs by.
    _, _, event = removed
    monkeypatch.setattr(ref, "CHUNK", 2)
    monkeypatch.delitem(ref.STATES, removed)
    with pytest.raises(ref.RefusedError, match="state"):
        ref.run_session(*peers("client" if "reveal client" in event else "both"))


def peers(reveal):
    """Return a client and a server of three identifiers, in two chunks each."""
    own = {role: ref.Identity(role.encode().ljust(32, b"\0")) for role in ("client", "server")}
    parties = {
        role: {"name": role, "fingerprint": ref.crockford(identity.public.fingerprint, 52)}
        for role, identity in own.items()
    }
    terms = {
        "protocol": "psimatch/1", "title": "t", "purpose": "p", "legal_basis": "l", **parties, "kinds": ["text/1"],
        "reveal": reveal, "max_items": 3, "max_evaluations": 3, "sessions_per_day": 1, "minutes_between_sessions": 0,
        "large_budget_reason": "", "contact_size": 0, "valid_from": "2027-01-01", "valid_until": "2027-12-31",
        "predecessor": "", "phone_region": "", "auditor": "", "retention_days": 1,
    }  # fmt: skip
    items = {("text", 1, b"%d" % number): "" for number in range(3)}
    return [
        ref.Peer(role, own[role], own[other].public, terms, ref.rows_of(items))
        for role, other in (("client", "server"), ("server", "client"))
    ]
