"""What a peer, or who records the traffic, sees of a session beside uniform bytes: its shape."""

from dataclasses import replace

from sessions import AUDITOR, Wire, chunks_of, make_agreement, make_client, make_server

from psimatch import wire
from psimatch.parameters import Role
from psimatch.submission import SubmittedRow

# Of what a session puts out, and the receipt says, all but digests, ids and signatures.
RECEIPT_FACTS = ("client_set_size", "server_set_size", "matches")


class Transcript:
    """A session in memory, and all that leaves it: in order for each envelope who sent it, what it is, its sizes."""

    def __init__(self, client, server, tamper=None):
        self.shape = []
        self.messages = {}
        self.ephemeral_keys = []
        for session in (client, server):
            self._listen(session)
        self.wire = Wire(client, server, tamper) if tamper else Wire(client, server)
        self.wire.run()
        if self.wire.errors and not tamper:
            raise next(iter(self.wire.errors.values()))

    def _listen(self, session):
        seal = session._channel.seal

        def listening(message, fill_to=0):
            envelope = seal(message, fill_to)
            decoded = wire.decode(message)
            name = type(decoded).__name__
            inside = [len(field) if isinstance(field, bytes) else field for field in fields_of(decoded)]
            if name in ("Hello", "ServerHello"):
                inside.append(decoded.standing)
            # Who opens Claims and Contacts may know how many they are; who sees them pass may not.
            own = () if name in ("Claims", "Contacts") else (len(message), *inside)
            self.shape.append((session.role, name, len(envelope), *own))
            self.messages.setdefault(name, []).append(decoded)
            return envelope

        session._channel.seal = listening

    @property
    def facts(self):
        """What both sides are charged, told and handed at the end, as far as it is no digest."""
        results = self.wire.results
        charges = {role: [needed.evaluations for needed in self.wire.charges[role]] for role in Role}
        receipts = {role: [getattr(results[role].receipt, name) for name in RECEIPT_FACTS] for role in Role}
        audits = {role: len(data) for role, data in self.wire.audits.items()}
        return self.shape, charges, receipts, audits


def fields_of(message):
    return [getattr(message, name) for name in type(message).__dataclass_fields__]


def listed(items, contact):
    """Submit each identifier with this contact, or each row, where a list of rows is given."""
    rows = [item for item in items if isinstance(item, SubmittedRow)]
    return [replace(row, contact=contact) for row in rows] if rows else dict.fromkeys(items, contact)


def transcript(
    care, police, *, contacts=("desk", "unit"), audited=False, chunk=None, prepare=lambda *_: None, **changed
):
    """Run a session between lists of identifiers; `prepare` gets both sessions before they start."""
    if audited:
        changed["auditor"] = AUDITOR.public.fingerprint_text
    options = {"auditor": AUDITOR.public} if audited else {}
    agreement = make_agreement(**changed)
    given = contacts if agreement.terms.contact_size else ("", "")

    def run():
        client = make_client(agreement, listed(care, given[0]), **options)
        server = make_server(agreement, listed(police, given[1]), **options)
        prepare(client, server)
        return Transcript(client, server)

    if chunk is None:
        return run()
    with chunks_of(chunk):
        return run()
