"""`psimatch audit open`."""

from __future__ import annotations

from pathlib import Path

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.audits import agreement_option, audit_argument
from psimatch.cli.options import (
    PATH,
    beside,
    example,
    force_option,
    identity_option,
    ledger_option,
    operator_option,
    passphrase_file_option,
)


@click.command(
    "open",
    epilog=example(
        "psimatch audit open client-1f0c2a9be4d07735.audit client.request --agreement pilot.agreement.toml \\",
        "  --identity care.identity --output client.answer",
    ),
)
@audit_argument
@click.argument("request_path", type=PATH, metavar="REQUEST")
@agreement_option
@identity_option
@click.option("-o", "--output", type=PATH, required=True, metavar="FILE", help="Where to write the answer.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@passphrase_file_option
@ledger_option
@operator_option
@force_option
def open_audit(
    path: Path,
    request_path: Path,
    agreement_path: Path,
    identity_path: Path,
    output: Path,
    yes: bool,
    passphrase_file: Path | None,
    ledger_path: Path | None,
    operator: str,
    force: bool,
) -> None:
    """Open the rows that an auditor asks for, to that auditor alone. For the party whose file it is.

    Takes the key file beside the audit file. The answer is sealed to the auditor; the ledger records how many rows
    were opened. Rows that were not asked for stay closed.
    """
    contents = psimatch.audit.read_audit_file(path)
    agreement = psimatch.read_agreement_file(agreement_path)
    auditor = psimatch.find_auditor(agreement.terms, agreement_path.parent)
    if auditor is None or agreement.terms.id != contents.header.agreement_id:
        raise psimatch.AuditFileError("the audit file belongs to another agreement", hint="name that agreement")
    request = psimatch.audit.read_request(request_path)
    request.check_of(contents)
    seed = psimatch.audit.read_owner_seed(path.with_suffix(psimatch.audit.KEY_SUFFIX), contents)
    identity = psimatch.read_identity(identity_path, passphrases.source(passphrase_file))
    if agreement.role_of(identity.public) is not contents.header.role:
        raise psimatch.NotAPartyError("the audit file is the other party's", hint="each party opens its own")
    count = contents.header.set_size if request.places is None else len(request.places)
    if not yes:
        click.confirm(f"Show {count:,} rows of {contents.header.set_size:,} to the auditor?", abort=True, err=True)
    with psimatch.Ledger(ledger_path or beside(identity_path), identity, operator=operator) as ledger:
        # Before the answer exists, so that nothing is opened unrecorded.
        ledger.record_opening(agreement, contents.header.session_id, count)
        psimatch.audit.write_answer(output, contents, request, seed, identity, auditor, force=force)
    messages.note(f"wrote {output}, which opens {count:,} rows to the auditor; it is in the ledger")
