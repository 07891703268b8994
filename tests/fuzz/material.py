"""A finished session with an auditor: both ledgers and both audit files, as files that targets change."""

from repeatable import repeatable
from scratch import FOLDER
from sessions import AUDITOR, CARE, POLICE, Wire, chunks_of, make_agreement, make_client, make_server, new_ledger

from psimatch import audit
from psimatch.errors import AbortCode
from psimatch.identifiers import text
from psimatch.ledger import Ledger
from psimatch.outputs import AdmissionNeeded, ChargeNeeded, ReceiptSigned
from psimatch.parameters import Role
from psimatch.receipt_files import write_receipts

AGREEMENT = make_agreement(auditor=AUDITOR.public.fingerprint_text, max_items=3)
OWNERS = {Role.CLIENT: CARE, Role.SERVER: POLICE}
PARTIES = {role: owner.public for role, owner in OWNERS.items()}
CHUNK = 2


class RecordedWire(Wire):
    """Sessions whose sides ask their ledgers."""

    def __init__(self, client, server, ledgers):
        super().__init__(client, server)
        self.ledgers = ledgers

    def _take_one(self, role, output):
        ledger, peer = self.ledgers[role], PARTIES[role.peer]
        match output:
            case AdmissionNeeded() | ChargeNeeded():
                self.asked[role] = ledger.grant(AGREEMENT, peer, output, role)
            case ReceiptSigned():
                ledger.record_receipt(AGREEMENT, peer, output)
            case _:
                super()._take_one(role, output)


def audited_pair(case_refs=None):
    """Return two sessions under the agreement that names an auditor."""
    options = {"auditor": AUDITOR.public, "case_refs": case_refs or {text("a"): "Qz7Kanarie"}}
    contacts = {text(word): "ring 918273645" for word in ("a", "Qz7Kanarie", "c")}
    others = {text(word): "ring" for word in ("c", "d")}
    return make_client(AGREEMENT, contacts, **options), make_server(AGREEMENT, others, **options)


def _record():
    ledgers = {role: new_ledger(owner) for role, owner in OWNERS.items()}
    ledgers[Role.CLIENT] = Ledger(FOLDER / "care.ledger", CARE, operator="mw. J.", clock=ledgers[Role.SERVER]._clock)
    ledgers[Role.CLIENT].open_session(AGREEMENT, POLICE.public, 8)
    with chunks_of(CHUNK):
        conversation = RecordedWire(*audited_pair(), ledgers).run()
    if conversation.errors:
        raise conversation.errors.popitem()[1]
    ledgers[Role.CLIENT].record_abort(AGREEMENT, POLICE.public, b"", AbortCode.FAILED.name)
    ledgers[Role.CLIENT].correct("K7QF-3M2X", "another person")
    ledgers[Role.CLIENT].acknowledge(AGREEMENT, "a new machine")
    return conversation, ledgers


with repeatable():
    CONVERSATION, LEDGERS = _record()
    LEDGER = LEDGERS[Role.CLIENT]
    AUDITS = CONVERSATION.audits
    CONTENTS = {role: audit.AuditContents.decode(AUDITS[role]) for role in Role}
    # All rows, and two of them: an answer has the owner's seed, or shares.
    REQUESTS = {
        role: (audit.AuditRequest.everything(contents), audit.AuditRequest.sample(contents, 2))
        for role, contents in CONTENTS.items()
    }
    write_receipts(FOLDER / "police.receipts", LEDGERS[Role.SERVER], CARE.public.fingerprint)
    RECEIPTS = (FOLDER / "police.receipts").read_bytes()
ROWS = tuple(LEDGER._store.rows())


def read_answer(role, request, path):
    """Read an answer as the auditor does."""
    return audit.read_opening(path, CONTENTS[role], request, PARTIES[role], AUDITOR)


def answer(role, request):
    """Return the owner's answer to a request as the file has it."""
    seed = CONVERSATION.owner_seeds[role]
    audit.write_answer(FOLDER / "own.answer", CONTENTS[role], request, seed, OWNERS[role], AUDITOR.public, force=True)
    return (FOLDER / "own.answer").read_bytes()


def opening(role, request):
    """Return what opens the rows of a request."""
    answer(role, request)
    return read_answer(role, request, FOLDER / "own.answer")
