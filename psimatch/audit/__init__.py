"""Audit by opening: what a session commits to and keeps, and how an auditor checks it (psimatch-1 §12).

A session's `AuditTrail` keeps, and `AuditWriter` writes. Later the auditor asks (`AuditRequest`), the owner answers
(`write_answer`), and the auditor checks (`check_audit`).
"""

from psimatch.audit.check import AuditReport, OpenedRow, Opening, check_audit
from psimatch.audit.contents import AuditContents
from psimatch.audit.files import (
    AUDIT_SUFFIX,
    KEY_SUFFIX,
    AuditRequest,
    AuditWriter,
    audit_paths,
    read_audit_file,
    read_opening,
    read_owner_seed,
    read_request,
    write_answer,
    write_opened_rows,
    write_request,
)

__all__ = [
    "AUDIT_SUFFIX",
    "KEY_SUFFIX",
    "AuditContents",
    "AuditReport",
    "AuditRequest",
    "AuditWriter",
    "OpenedRow",
    "Opening",
    "audit_paths",
    "check_audit",
    "read_audit_file",
    "read_opening",
    "read_owner_seed",
    "read_request",
    "write_answer",
    "write_opened_rows",
    "write_request",
]
