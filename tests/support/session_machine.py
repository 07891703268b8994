"""Two real sessions with real ledgers, and everything that may happen to them, in any order."""

import contextlib
import sys
from collections import Counter
from dataclasses import replace

from hostile_messages import FORGED, altered
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from observed import KernelObserver, ObservedClient, ObservedServer, Sent
from session_invariants import both_agree, secrets_are_dropped, steps
from session_party import Party
from sessions import AUDITOR, CARE, POLICE, STANDING, TODAY, chunks_of, make_agreement, new_ledger, submission

from psimatch.errors import AbortCode, RefusedError
from psimatch.identifiers import text
from psimatch.outputs import Admission, Charge, ChargeNeeded
from psimatch.parameters import Role
from psimatch.terms import Reveal

IDENTITIES = {Role.CLIENT: CARE, Role.SERVER: POLICE}
ROLES = st.sampled_from(list(Role))
# How many outputs of a call are taken before something else happens; mostly all.
TAKEN = st.one_of(st.none(), st.none(), st.integers(1, 4))
# Over all examples: rules that did something, steps of the table, how sessions ended.
FIGURES = Counter()


def where(condition):
    """The rule is drawn only where a party meets the condition, by name; `of` then finds it."""
    return precondition(lambda self: any(getattr(party, condition) for party in self.parties.values()))


class Sessions(RuleBasedStateMachine):
    """What may happen; what must hold is in `session_invariants`."""

    client_class, server_class = ObservedClient, ObservedServer

    def __init__(self):
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.kernel = KernelObserver()
        self.stack.enter_context(chunks_of(2))
        self.stack.enter_context(self.kernel.watching())
        self.old_envelopes, self.old_grants = [], []
        # Whether a later session may be refused for what was done to a ledger, or told of one.
        self.spoilt = False
        self.parties = {}

    @initialize(
        reveal=st.sampled_from(Reveal),
        audited=st.booleans(),
        max_items=st.sampled_from([1, 5, 12]),
        common=st.integers(0, 5),
        before=st.booleans(),
        honest=st.integers(0, 16),
    )
    def begin(self, reveal, audited, max_items, common, before, honest):
        auditor = AUDITOR.public.fingerprint_text if audited else ""
        contact_size = 8 if reveal is Reveal.BOTH else 0
        options = {"reveal": reveal, "max_items": max_items, "contact_size": contact_size, "auditor": auditor}
        self.agreement = make_agreement(**options, max_evaluations=100 * max_items)
        self.audited, self.reveal = audited, reveal
        self.lists = {
            role: [text(f"flag {n} {'of both' if n < common else role.value}") for n in range(min(5, max_items))]
            for role in Role
        }
        # One for all sessions of a party, as a listener has it.
        self.submissions = {
            role: submission(self.agreement, dict.fromkeys(items, "")) for role, items in self.lists.items()
        }
        self.ledgers = {role: new_ledger(IDENTITIES[role]) for role in Role}
        self.new_sessions()
        if before:
            self.run_honestly(100)
            self.new_sessions()
        self.run_honestly(honest)

    def new_sessions(self):
        self.spoilt = self.spoilt or any(party.touched for party in self.parties.values())
        for role, party in self.parties.items():
            self.old_envelopes += [(role.peer, envelope) for envelope in party.outbox]
        options = {"today": TODAY, "auditor": AUDITOR.public if self.audited else None}
        for role, make in ((Role.CLIENT, self.client_class), (Role.SERVER, self.server_class)):
            identities = IDENTITIES[role], IDENTITIES[role.peer].public
            session = make(self.agreement, *identities, self.submissions[role], **options)
            self.parties[role] = Party(role, session, self.ledgers[role], self.kernel)
        self.honest = not self.spoilt
        for role in (Role.SERVER, Role.CLIENT):
            self.parties[role].start()
            self.post(role)

    def of(self, role, condition):
        """Return the party in this role, or its peer where that one alone meets the condition."""
        party = self.parties[role]
        return party if getattr(party, condition) else self.parties[role.peer]

    def post(self, role):
        """Put what left into the peer's inbox."""
        party = self.parties[role]
        posted = getattr(party, "posted", 0)
        self.parties[role.peer].inbox.extend(party.outbox[posted:])
        party.posted = len(party.outbox)

    # As it is meant.

    def run_honestly(self, most, taken=None):
        """Take so many steps as two careful callers over a good network would; of the last, so many outputs."""
        for left in reversed(range(most)):
            moved = [self.step(role, None if left else taken) for role in Role]
            if not any(moved):
                return

    def step(self, role, taken):
        party = self.parties[role]
        if party.busy:
            party.go_on(taken)
        elif party.asked and not party.abandoned:
            granted = party.grant(taken)
            if granted is not None:
                self.old_grants.append(granted)
        elif party.inbox and party.may_receive:
            party.call(party.session.receive(party.inbox.popleft()), taken)
        else:
            return False
        self.post(role)
        return True

    @rule(most=st.integers(1, 4), taken=TAKEN)
    def go_on_honestly(self, most, taken):
        FIGURES["go on honestly"] += 1
        self.run_honestly(most, taken)

    @where("may_take")
    @rule(role=ROLES, taken=TAKEN)
    def deliver(self, role, taken):
        FIGURES["deliver"] += 1
        party = self.of(role, "may_take")
        party.call(party.session.receive(party.inbox.popleft()), taken)
        self.post(party.role)

    @where("may_grant")
    @rule(role=ROLES, taken=TAKEN, end=st.sampled_from(["close", "go on", "later"]))
    def grant(self, role, taken, end):
        FIGURES["grant"] += 1
        party = self.of(role, "may_grant")
        granted = party.grant(taken)
        if granted is not None:
            self.old_grants.append(granted)
            if end != "later" and party.asking:
                self.end_what_asked(party, end == "close")
        self.post(party.role)

    @where("busy")
    @rule(role=ROLES, taken=st.integers(1, 3))
    def take_more(self, role, taken):
        FIGURES["take more"] += 1
        party = self.of(role, "busy")
        party.go_on(taken)
        self.post(party.role)

    # What a caller does wrong, or must be able to do at any moment.

    @where("busy")
    @rule(role=ROLES)
    def leave_half_way(self, role):
        FIGURES["leave half-way"] += 1
        self.honest = False
        party = self.of(role, "busy")
        party.calls.pop().close()
        party.abandoned = True

    @where("asking")
    @rule(role=ROLES, close=st.booleans())
    def end_a_call_that_asked(self, role, close):
        self.end_what_asked(self.of(role, "asking"), close)

    def end_what_asked(self, party, close):
        """Whatever else runs by now, the call that asked for a grant has nothing more to give, and disturbs nothing."""
        FIGURES["end a call that asked"] += 1
        outputs = party.asking.pop()
        if close:
            outputs.close()
        else:
            assert next(outputs, None) is None
        if party.busy:
            party.refuse_locally(party.session.receive(b""))

    @where("alive")
    @rule(role=ROLES, reason=st.sampled_from([AbortCode.CANCELLED, AbortCode.BUDGET]))
    def cancel(self, role, reason):
        FIGURES["cancel"] += 1
        self.honest = False
        party = self.of(role, "alive")
        party.cancel(reason)
        self.post(party.role)

    @rule(role=ROLES, what=st.sampled_from(["start", "receive", "grant"]))
    def call_out_of_turn(self, role, what):
        party = self.parties[role]
        session = party.session
        if what == "start" and not (session.state.value == "new" and not party.busy):
            calls = session.start(STANDING)
        elif what == "receive" and not party.may_receive:
            calls = session.receive(party.inbox[0] if party.inbox else b"")
        elif what == "grant" and party.asked is None and self.old_grants:
            calls = session.grant(self.old_grants[-1])
        else:
            return
        FIGURES[f"{what} out of turn"] += 1
        party.refuse_locally(calls)

    @where("asked")
    @rule(role=ROLES, how=st.sampled_from(["other", "more", "less", "kind", "old"]), at=st.integers(0, 10))
    def grant_wrongly(self, role, how, at):
        party = self.of(role, "asked")
        asked, other = party.asked, self.parties[party.role.peer].asked
        meant = Charge if isinstance(asked, ChargeNeeded) else Admission
        second = bytes(32) if meant is Charge else STANDING
        match how:
            case "more" | "less":
                changed = asked.evaluations + (1 if how == "more" else -1)
                grant = meant(replace(asked, evaluations=changed), second)
            case "other" if other is not None:
                grant = meant(other, second)
            case "kind":
                grant = Admission(asked, STANDING) if meant is Charge else Charge(asked, bytes(32))
            case "old" if self.old_grants:
                grant = self.old_grants[at % len(self.old_grants)]
            case _:
                return
        if grant.needed == asked and isinstance(grant, meant):
            # Both sides ask for the same admission where both ledgers are new.
            return
        FIGURES[f"grant wrongly: {how}"] += 1
        party.refuse_locally(party.session.grant(grant))

    @where("alive")
    @rule(role=ROLES, how=st.sampled_from(["withdraw", "spend"]))
    def let_the_ledger_refuse(self, role, how):
        FIGURES[f"ledger: {how}"] += 1
        self.honest, self.spoilt = False, True
        party, peer = self.parties[role], IDENTITIES[role.peer].public
        if how == "withdraw":
            party.ledger.withdraw(self.agreement)
        else:
            # Another session, on another machine with the same ledger, takes what is left.
            spent = party.ledger.standing(peer).charged
            left = self.agreement.terms.max_evaluations - spent
            if left > 0:
                session = bytes([len(list(party.ledger.entries())) % 256]) * 32
                told = {"peer_sessions": 0, "peer_charged": 0, "peer_receipt": bytes(32).hex()}
                about = party.ledger._about(self.agreement, peer)
                with party.ledger._store.writing():
                    # Without a standing, so that what the peer tells in this session fits as before.
                    admitted = {**about, "session": session.hex(), "hello": session.hex(), **told}
                    party.ledger._append("admitted", admitted)
                with contextlib.suppress(RefusedError):
                    party.ledger.charge(self.agreement, peer, ChargeNeeded(session, peer.fingerprint, left))
        party.entries = len(list(party.ledger.entries()))

    # What happens on the way.

    @where("alive")
    @rule(
        role=ROLES,
        how=st.sampled_from(["drop", "repeat", "reorder", "reflect", "old", "corrupt", "truncate", "lengthen"]),
        at=st.integers(0, 2**16),
    )
    def tamper(self, role, how, at):
        role = self.of(role, "inbox").role
        inbox, own = self.parties[role].inbox, self.parties[role].outbox
        old = [envelope for to, envelope in self.old_envelopes if to is role]
        passed = self.parties[role.peer].outbox
        if how == "reflect" and own:
            inbox.appendleft(own[at % len(own)])
        elif how == "old" and old:
            inbox.appendleft(old[at % len(old)])
        elif how == "repeat" and passed:
            inbox.appendleft(passed[at % len(passed)])
        elif not inbox or not inbox[0]:
            return
        elif how == "drop":
            inbox.popleft()
        elif how == "reorder" and len(inbox) > 1:
            inbox[0], inbox[1] = inbox[1], inbox[0]
        elif how == "corrupt":
            envelope = bytearray(inbox[0])
            envelope[at % len(envelope)] ^= 1 + at % 255
            inbox[0] = bytes(envelope)
        elif how == "truncate":
            inbox[0] = inbox[0][: at % len(inbox[0])]
        elif how == "lengthen":
            inbox[0] += bytes(1 + at % 64)
        else:
            return
        FIGURES[f"tamper: {how}"] += 1
        self.honest = False

    # What a peer does that holds the keys.

    @where("alive")
    @rule(role=ROLES, at=st.integers(0, 7), how=st.integers(0, 3))
    def sign_something_else(self, role, at, how):
        """The next message of a side is another one than its session meant."""
        FIGURES["sign something else"] += 1
        self.honest = False
        party = self.of(role, "alive")
        party.touched = True
        party.session.alter = lambda message: altered(message, at, how)

    @where("begun")
    @rule(role=ROLES, forged=st.sampled_from(FORGED), instead=st.booleans(), again=st.booleans(), at=st.integers(0, 50))
    def sign_out_of_place(self, role, forged, instead, again, at):
        """A side signs a message too many, or again; or instead of those that were not delivered yet."""
        party = self.of(role, "begun")
        peer = self.parties[party.role.peer]
        sent = [event.message for event in party.trace if isinstance(event, Sent)]
        if again and sent:
            forged = sent[at % len(sent)]
        FIGURES["sign out of place"] += 1
        self.honest = False
        party.touched = True
        if instead:
            party.session._channel.sent = party.session._channel.sent[: len(peer.session._channel.received)]
            peer.inbox.clear()
        peer.inbox.append(party.session.signed(forged))

    @rule(role=ROLES)
    def withhold(self, role):
        """A side takes back what it sent last and goes on, signing as if that had never been."""
        party, peer = self.parties[role], self.parties[role.peer]
        sent = party.session._channel.sent
        if sent and party.alive and party.outbox and peer.inbox and peer.inbox[-1] == party.outbox[-1]:
            FIGURES["withhold"] += 1
            self.honest = False
            party.touched = True
            peer.inbox.pop()
            sent.pop()

    @precondition(lambda self: self.parties and all(party.session.ended for party in self.parties.values()))
    @rule(honest=st.integers(0, 16))
    def begin_again(self, honest):
        self.end_of_sessions()
        FIGURES["begin again"] += 1
        self.new_sessions()
        self.run_honestly(honest)

    # What must hold.

    @invariant()
    def all_invariants_hold(self):
        for party in self.parties.values():
            party.checked.check()
            if party.session.ended and not party.busy:
                self.secrets_are_dropped(party)
        results = [self.parties[role].result for role in Role if role in self.parties]
        if results and all(results) and not any(party.touched for party in self.parties.values()):
            both_agree(*results)

    def secrets_are_dropped(self, party):
        values = [identifier.value for identifier in self.lists[party.role]]
        secrets_are_dropped(party.session, values)

    def end_of_sessions(self):
        if self.honest:
            self.run_honestly(100)
        for role, party in self.parties.items():
            assert party.result is not None or not self.honest, f"{role.value}: an honest session did not finish"
            self.the_peer_has_signed(party)
            party.ledger.verify()
            for step in steps(role, party.trace):
                FIGURES[step] += 1
            FIGURES[f"{role.value} {party.session.state.value}"] += 1
            FIGURES["events"] += len(party.trace)
        self.all_invariants_hold()
        if self.honest:
            found = {match.identifier for match in self.parties[Role.CLIENT].result.matches}
            assert found == set(self.lists[Role.CLIENT]) & set(self.lists[Role.SERVER])

    def the_peer_has_signed(self, party):
        """Whose session is finished, of that the peer's ledger has the receipt, if the peer is honest."""
        peer = self.parties[party.role.peer]
        if party.result is not None and not peer.touched:
            kind = "signed" if peer.role is Role.CLIENT else "finished"
            bodies = [entry.fields["body"] for entry in peer.ledger.entries() if entry.kind == kind]
            assert party.result.receipt.body.hex() in bodies

    def teardown(self):
        try:
            # Where a rule or an invariant has failed, that is what there is to tell.
            if self.parties and sys.exc_info()[0] is None:
                self.end_of_sessions()
        finally:
            self.stack.close()
            for ledger in getattr(self, "ledgers", {}).values():
                ledger.close()
