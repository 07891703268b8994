"""The auditor of psimatch for the vectors."""

from vector_refusals import h, public_of

from psimatch import Identity, Role, Terms, audit
from psimatch.audit.trail import seed_info


def audit_file(given):
    contents = audit.AuditContents.decode(h(given["file"]))
    terms, parties = Terms.from_fields(given["terms"]), {role: public_of(given[role.value]) for role in Role}
    audit.check_audit(contents, terms, parties)
    header = contents.header
    info = seed_info(header.role, header.agreement_id, header.session_id)
    seed = Identity.from_seed("Auditor", h(given["auditor_identity_seed"])).sealing_key.open(header.sealed_seed, info)
    opening = audit.Opening(seed, {each["place"]: h(each["share"]) for each in given["shares"]})
    report = audit.check_audit(contents, terms, parties, opening)
    if report.violations:
        return {"violation": True}
    rows = [
        {"place": row.place, **shown(row.identifier), "persons": list(row.persons), "case_ref": row.case_ref}
        for row in report.opened
    ]
    return {"violation": False, "complete": report.complete, "rows": rows}


def shown(identifier):
    """An identifier by name; a dummy has none."""
    if identifier is None:
        return {"kind": "dummy", "version": 1, "value": b""}
    return {"kind": identifier.kind, "version": identifier.version, "value": identifier.value}
