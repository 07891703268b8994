"""A session in memory under an agreement that names an auditor, and what the auditor then finds."""

import pytest
from sessions import AUDITOR, CARE, POLICE, Wire, make_agreement, make_client, make_server

from psimatch import audit
from psimatch.audit import trail
from psimatch.audit.rows import share
from psimatch.identifiers import text
from psimatch.parameters import Role

PARTIES = {Role.CLIENT: CARE.public, Role.SERVER: POLICE.public}
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


def opening_of(wire, role, places=None):
    contents = contents_of(wire, role)
    header = contents.header
    info = trail.seed_info(role, header.agreement_id, header.session_id)
    seed = AUDITOR.sealing_key.open(header.sealed_seed, info)
    wanted = range(header.set_size + 1) if places is None else [*places, header.set_size]
    return audit.Opening(seed, {place: share(wire.owner_seeds[role], place) for place in wanted})


def check(agreement, wire, role, contents=None, opening=None):
    found = contents or contents_of(wire, role)
    return audit.check_audit(found, agreement.terms, PARTIES, opening or opening_of(wire, role))
