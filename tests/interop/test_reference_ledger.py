"""The ledgers of the package and of the reference, asked for the same, grant the same and are equal byte for byte."""

import os
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from second_implementation import ref
from sessions import CARE, POLICE, make_agreement

from psimatch import Agreement, Identity, Ledger, Party, PsimatchError, Role, Standing
from psimatch.outputs import AdmissionNeeded, ChargeNeeded

NOON = 1_800_014_400  # on 15 January 2027
# The same party in the eyes of a reader, with other keys.
RENAMED = Identity.from_seed("JEUGDZORG  noord", bytes([3]) * 32)


def agreements():
    """Return agreements of one party: at first, at the same time, later, renewed with new keys, and not renewed."""
    first = make_agreement(max_items=8, max_evaluations=40, sessions_per_day=3, minutes_between_sessions=2).terms
    later = {"valid_from": date(2027, 1, 17), "valid_until": date(2027, 12, 1)}
    other = {**later, "client": Party.of(RENAMED.public)}
    changed = ({}, {"title": "at the same time"}, later, {**other, "predecessor": first.id_text}, other)
    return [Agreement(replace(first, **changes)) for changes in changed]


AGREEMENTS = agreements()
KNOWN = dict.fromkeys(range(5), CARE) | {3: RENAMED, 4: RENAMED}
# Most steps are sessions that an honest peer asks for, some time after the last; else nothing is ever granted.
SESSION = st.tuples(
    st.just("session"),
    st.sampled_from([0, 0, 0, 1, 2, 2, 3, 4]),
    st.sampled_from([1, 1, 1, 1, 0, 2]),
    st.sampled_from([0, 0, 0, 0, -1, 8]),
    st.sampled_from([1, 8, 8, 16]),
    st.sampled_from([False] * 5 + [True]),
    st.sampled_from([180, 180, 180, 60, 86_400, -100, -300]),
)
# A clock that is set to another day, and then accepted, where that is needed.
TURN = st.tuples(st.just("turn"), st.sampled_from([-400, -2, -1, 1, 399, 401]), st.booleans())
NOTE = st.tuples(st.sampled_from(["acknowledged", "acknowledged", "withdrawn"]), st.integers(0, 4))
STEPS = st.lists(st.one_of(SESSION, SESSION, SESSION, NOTE, TURN), min_size=4, max_size=14)


class Both:
    """The same party's ledger by both programs, on one clock, and how often its peer has opened a session."""

    def __init__(self):
        self.time, self.number, self.sessions, self.charged = NOON, 0, 0, 0
        self.package = Ledger(None, POLICE, clock=lambda: self.time)
        self.reference = ref.OwnLedger(ref.Identity(POLICE.seed), POLICE.public.name, clock=lambda: self.time)

    def ask(self, package, reference):
        """Do the same on both; return whether it was granted."""
        outcomes = []
        for ask in (package, reference):
            try:
                ask()
                outcomes.append(True)
            except (PsimatchError, ref.RefusedError):
                outcomes.append(False)
        assert outcomes[0] is outcomes[1]
        assert [row[0].decode() for row in self.reference.rows] == [entry.body for entry in self.package.entries()]
        return outcomes[0]

    def session(self, which, more_sessions, more_charged, evaluations, again, seconds):
        self.time += seconds
        agreement, peer = AGREEMENTS[which], KNOWN[which].public
        self.number += not (again and self.number)
        session, hello = bytes([self.number]) * 32, bytes([self.number + 100]) * 32
        told = self.sessions + more_sessions, max(0, self.charged + more_charged), bytes(32)
        terms, other = agreement.terms.as_fields(), ref.PublicIdentity(peer.signing_key, peer.sealing_key)
        needed = AdmissionNeeded(session, hello, evaluations, 8, Standing(*told))
        granted = self.ask(
            lambda: self.package.admit(agreement, peer, needed, Role.SERVER),
            lambda: self.reference.admit(terms, other, session, hello, told, evaluations, 8, opening=True),
        )
        if granted:
            self.sessions, self.charged = told[:2]
            self.ask(
                lambda: self.package.charge(agreement, peer, ChargeNeeded(session, peer.fingerprint, evaluations)),
                lambda: self.reference.charge(terms, other, session, evaluations),
            )

    def turn(self, days, accepted):
        self.time += 86_400 * days
        if accepted:
            self.ask(lambda: self.package.accept_clock("set right"), lambda: self.reference.accept_clock("set right"))

    def note(self, kind, which):
        agreement, peer = AGREEMENTS[which], KNOWN[which].public
        under = {"agreement": agreement.terms.id.hex(), "peer": peer.fingerprint.hex()}
        if kind == "acknowledged":
            fields = {**under, "reason": "telephoned"}
            self.ask(
                lambda: self.package.acknowledge(agreement, "telephoned"), lambda: self.reference.append(kind, **fields)
            )
        elif not self.reference.of(kind, agreement=under["agreement"]):
            self.ask(lambda: self.package.withdraw(agreement), lambda: self.reference.append(kind, **under, by="self"))


@pytest.fixture(scope="module", autouse=True)
def one_salt():
    """Salts are random; here both ledgers draw the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", lambda size: bytes([7]) * size)
        yield


@settings(max_examples=40)
@given(STEPS)
def test_both_ledgers_grant_the_same(steps):
    both = Both()
    for kind, *given_ in steps:
        if kind == "session":
            both.session(*given_)
        elif kind == "turn":
            both.turn(*given_)
        else:
            both.note(kind, *given_)
    for agreement, peer in zip(AGREEMENTS, KNOWN.values(), strict=True):
        told = both.package.standing(peer.public)
        other = ref.PublicIdentity(peer.public.signing_key, peer.public.sealing_key)
        assert both.reference.standing(other) == (told.sessions, told.charged, told.last_receipt), agreement.terms.title
    assert ref.verify_ledger(both.reference.rows)[1] == both.package.verify().head
    both.package.close()
