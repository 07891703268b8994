"""A session in memory under an agreement that names an auditor, and what the auditor then finds."""

from dataclasses import replace

import pytest
from second_implementation import ref
from sessions import AUDITOR, CARE, POLICE, Wire, make_agreement, make_client, make_server

from psimatch import audit, wire
from psimatch.audit import trail
from psimatch.audit.rows import share
from psimatch.digest import NO_DIGEST, digest
from psimatch.envelope import Place, SignedMessage, signed_bytes
from psimatch.identifiers import text
from psimatch.messages import Receipt as ReceiptMessage
from psimatch.parameters import LIMITS, Label, Role
from psimatch.receipt import Receipt

IDENTITIES = {Role.CLIENT: CARE, Role.SERVER: POLICE}
PARTIES = {role: identity.public for role, identity in IDENTITIES.items()}
TERMS = {"auditor": AUDITOR.public.fingerprint_text}
CASE_REFS = {text("a"): "case a", text("c"): "case c"}
BOTH = pytest.mark.parametrize("role", Role)


def items(words):
    return {text(word): f"ring {word}" for word in words}


def audited(care="abcd", police="cdef", **changed):
    """Run a session under an agreement that names an auditor; return agreement and wire."""
    agreement = make_agreement(**TERMS, **changed)
    contacts = agreement.terms.contact_size
    one, other = (items(words) if contacts else dict.fromkeys(items(words), "") for words in (care, police))
    options = {"auditor": AUDITOR.public, "case_refs": CASE_REFS}
    wire = Wire(make_client(agreement, one, **options), make_server(agreement, other, **options)).run()
    return agreement, wire


def contents_of(wire, role):
    return audit.AuditContents.decode(wire.audits[role])


def said_in(contents):
    """The messages of a file, each with who sent it and how many it had received."""
    return [(signed.sender, signed.received, wire.decode(signed.message)) for signed in contents.messages]


def signed_anew(contents, said, *, receipts=False):
    """The file with these messages in the place of its own, each signed by its sender for where it stands.

    With `receipts` those are made over the messages before them; else they stay as they are.
    """
    header = contents.header
    digests = {role: [] for role in Role}
    messages = []
    for sender, received, message in said:
        own, other = digests[sender], digests[sender.peer]
        if receipts and isinstance(message, ReceiptMessage):
            client = digests[Role.CLIENT][-1 if sender is Role.CLIENT else -2]
            made = replace(
                Receipt.from_body(message.body), client_digest=client, server_digest=digests[Role.SERVER][-1]
            )
            message = made.signed_by(IDENTITIES[sender], sender)
        fingerprints = PARTIES[sender].fingerprint + PARTIES[sender.peer].fingerprint
        session_id = contents.messages[0].session_id if not messages else header.session_id
        place = Place(sender, len(own), fingerprints, header.agreement_id, session_id)
        last = other[received - 1] if received else NO_DIGEST
        packed = wire.encode(message)
        text = signed_bytes(place, own[-1] if own else NO_DIGEST, received, last, packed)
        messages.append(SignedMessage(sender, session_id, received, packed, IDENTITIES[sender].sign(text)))
        own.append(digest(Label.MESSAGE_DIGEST, text))
    return replace(contents, messages=tuple(messages))


def opening_of(wire, role, places=None):
    header = contents_of(wire, role).header
    info = trail.seed_info(role, header.agreement_id, header.session_id)
    seed = AUDITOR.sealing_key.open(header.sealed_seed, info)
    wanted = range(header.set_size + 1) if places is None else [*places, header.set_size]
    return audit.Opening(seed, {place: share(wire.owner_seeds[role], place) for place in wanted})


def check(agreement, wire, role, contents=None, opening=None):
    """Return the report of an audit; the reference's auditor must find something wrong where it does."""
    found, opening = contents or contents_of(wire, role), opening or opening_of(wire, role)
    report = audit.check_audit(found, agreement.terms, PARTIES, opening)
    auditor = second_opinion(agreement.terms, found, opening)
    assert bool(auditor.broken) == bool(report.violations), (auditor.broken, report.violations)
    if not report.violations:
        assert auditor.receipt is report.complete
        opened = {place: item[1:] for place, item in auditor.opened.items()}
        assert {row.place: row.case_ref for row in report.opened} == {place: each[-1] for place, each in opened.items()}
    return report


def second_opinion(terms, contents, opening):
    """Return what the reference's auditor makes of the same file and the same opening."""
    header = contents.header
    file = ref.AuditFile(
        int(header.role is Role.SERVER), header.agreement_id, header.session_id, header.set_size, header.sealed_seed,
        list(contents.leaves), list(contents.sealed_rows), contents.sealed_key_seed,
        [(int(m.sender is Role.SERVER), m.session_id, m.received, m.message, m.signature) for m in contents.messages],
    )  # fmt: skip
    parties = [ref.PublicIdentity(party.signing_key, party.sealing_key) for party in (CARE.public, POLICE.public)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ref, "CHUNK", LIMITS.chunk_items)
        auditor = ref.Auditor(file, terms.as_fields(), parties)
        auditor.open(opening.auditor_seed, opening.owner_shares)
    return auditor
