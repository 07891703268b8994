"""Two parties, an agreement between them, and two real sessions driven against each other in memory."""

import contextlib
from collections import deque
from datetime import UTC, date, datetime

from psimatch import drive
from psimatch.agreement import Agreement
from psimatch.client import ClientSession
from psimatch.identity import Identity
from psimatch.ledger import Ledger
from psimatch.messages import Standing
from psimatch.outputs import (
    Admission,
    AdmissionNeeded,
    AuditBegun,
    AuditRecord,
    Charge,
    ChargeNeeded,
    Finished,
    Progress,
    ReceiptSigned,
    Send,
)
from psimatch.parameters import LIMITS, Role
from psimatch.server import ServerSession
from psimatch.submission import Submission, SubmittedRow
from psimatch.terms import Party, Reveal, Terms

TODAY = date(2027, 1, 15)
CARE = Identity.from_seed("Jeugdzorg Noord", bytes([1]) * 32)
POLICE = Identity.from_seed("Politie", bytes([2]) * 32)
STANDING = Standing(1, 0)
HEADS = {Role.CLIENT: bytes([4]) * 32, Role.SERVER: bytes([5]) * 32}
AUDITOR = Identity.from_seed("Inspectie", bytes([6]) * 32)
STRANGER = Identity.from_seed("Stranger", bytes([3]) * 32)


def make_terms(**changed):
    terms = {
        "title": "Pilot",
        "purpose": "Find youths whom both flag",
        "legal_basis": "An example",
        "client": Party.of(CARE.public),
        "server": Party.of(POLICE.public),
        "kinds": ("text/1",),
        "max_items": 8,
        "max_evaluations": 50_000,
        "sessions_per_day": 1_000,
        "valid_from": date(2027, 1, 1),
        "valid_until": date(2027, 6, 30),
        "contact_size": 48,
    }
    return Terms(**{**terms, **changed})


def make_agreement(**changed):
    if changed.get("reveal") is Reveal.CLIENT:
        changed.setdefault("contact_size", 0)
    return Agreement(make_terms(**changed)).sign(CARE).sign(POLICE)


def submission(agreement, items, case_refs=None, at_least=0):
    """Submit what a test has: a mapping from identifiers to contacts, perhaps with case references; or rows."""
    if case_refs:
        items = [SubmittedRow((item,), contact, case_refs.get(item, "")) for item, contact in items.items()]
    return Submission(items, agreement.terms, at_least=at_least)


def make_client(agreement, items, *, case_refs=None, at_least=0, **options):
    own = submission(agreement, items, case_refs, at_least)
    return ClientSession(agreement, CARE, POLICE.public, own, today=TODAY, **options)


def make_server(agreement, items, *, case_refs=None, at_least=0, **options):
    own = submission(agreement, items, case_refs, at_least)
    return ServerSession(agreement, POLICE, CARE.public, own, today=TODAY, **options)


@contextlib.contextmanager
def chunks_of(items):
    """Cut sets into chunks of so many: many chunks of few items go through the same code as of 2,048."""
    before = LIMITS.chunk_items
    object.__setattr__(LIMITS, "chunk_items", items)
    try:
        yield
    finally:
        object.__setattr__(LIMITS, "chunk_items", before)


def new_ledger(identity, **options):
    """Return a ledger in memory, whose clock stands at noon of the day of all sessions here."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp()
    return Ledger(None, identity, operator="mw. J.", **{"clock": lambda: noon, **options})


def run_session(session, transport, **options):
    """Run a session with a new ledger of its own."""
    return drive.run_session(session, transport, new_ledger(session._identity), **options)


def run_connecting(make_session, address, **options):
    """Run a session that connects, with a new ledger of its own."""
    return drive.run_connecting(make_session, address, new_ledger(make_session()._identity), **options)


def run_listening(make_session, listener, **options):
    """Run a session that listens, with a new ledger of its own."""
    return drive.run_listening(make_session, listener, new_ledger(make_session()._identity), **options)


class Wire:
    """Carries envelopes between two sessions; `tamper` may change what is sent.

    `tamper(role, number, envelope)` returns the envelopes to deliver in place of one; `errors` has what each raised.
    """

    def __init__(self, client, server, tamper=lambda role, number, envelope: [envelope]):
        self.sessions = {Role.CLIENT: client, Role.SERVER: server}
        self.queues = {Role.CLIENT: deque(), Role.SERVER: deque()}
        self.sent = {Role.CLIENT: [], Role.SERVER: []}
        self.results = {}
        self.errors = {}
        self.charges = {Role.CLIENT: [], Role.SERVER: []}
        self.asked = {}
        self.receipts = {Role.CLIENT: [], Role.SERVER: []}
        self.progress = {Role.CLIENT: [], Role.SERVER: []}
        self.audits, self.owner_seeds = {}, {}
        self.tamper = tamper

    def take(self, role, outputs):
        try:
            for output in outputs:
                self._take_one(role, output)
        except Exception as error:
            self.errors[role] = error

    def _take_one(self, role, output):
        match output:
            case Send(envelope):
                number = len(self.sent[role])
                self.sent[role].append(envelope)
                self.queues[role.peer].extend(self.tamper(role, number, envelope))
            case ChargeNeeded():
                self.charges[role].append(output)
                self.asked[role] = Charge(output, HEADS[role])
            case AdmissionNeeded():
                self.asked[role] = Admission(output, STANDING)
            case ReceiptSigned():
                self.receipts[role].append(output)
            case Finished(result):
                self.results[role] = result
            case AuditBegun():
                self.audits[role], self.owner_seeds[role] = output.header, output.owner_seed
            case AuditRecord():
                self.audits[role] += output.record
            case Progress():
                self.progress[role].append(output)

    def step(self, role):
        if role in self.asked and not self.sessions[role].ended:
            self.take(role, self.sessions[role].grant(self.asked.pop(role)))
            return True
        if self.queues[role] and not self.sessions[role].ended:
            self.take(role, self.sessions[role].receive(self.queues[role].popleft()))
            return True
        return False

    def run(self):
        for role, session in self.sessions.items():
            self.take(role, session.start(STANDING))
        while any([self.step(role) for role in Role]):
            pass
        return self
