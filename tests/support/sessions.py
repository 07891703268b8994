"""Two parties, an agreement between them, and two real sessions driven against each other in memory."""

from collections import deque
from datetime import date

from psimatch.agreement import Agreement, Party, Reveal, Terms
from psimatch.client import ClientSession
from psimatch.identity import Identity
from psimatch.outputs import Charge, ChargeNeeded, Finished, Progress, Send
from psimatch.parameters import Role
from psimatch.server import ServerSession

TODAY = date(2027, 1, 15)
CARE = Identity.from_seed("Jeugdzorg Noord", bytes([1]) * 32)
POLICE = Identity.from_seed("Politie", bytes([2]) * 32)
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
        "valid_from": date(2027, 1, 1),
        "valid_until": date(2027, 6, 30),
        "contact_size": 48,
    }
    return Terms(**{**terms, **changed})


def make_agreement(**changed):
    if changed.get("reveal") is Reveal.CLIENT:
        changed.setdefault("contact_size", 0)
    return Agreement(make_terms(**changed)).sign(CARE).sign(POLICE)


def make_client(agreement, items, **options):
    return ClientSession(agreement, CARE, POLICE.public, items, today=TODAY, **options)


def make_server(agreement, items, **options):
    return ServerSession(agreement, POLICE, CARE.public, items, today=TODAY, **options)


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
        self.progress = {Role.CLIENT: [], Role.SERVER: []}
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
            case Finished(result):
                self.results[role] = result
            case Progress():
                self.progress[role].append(output)

    def step(self, role):
        if self.charges[role] and self.sessions[role]._needed is not None:
            self.take(role, self.sessions[role].grant(Charge(self.charges[role][-1])))
            return True
        if self.queues[role] and not self.sessions[role].ended:
            self.take(role, self.sessions[role].receive(self.queues[role].popleft()))
            return True
        return False

    def run(self):
        for role, session in self.sessions.items():
            self.take(role, session.start())
        while any([self.step(role) for role in Role]):
            pass
        return self
