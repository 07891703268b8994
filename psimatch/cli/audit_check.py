"""`psimatch audit check`."""

from __future__ import annotations

import json
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.audits import (
    agreement_option,
    audit_argument,
    chances,
    read_signed,
    report_fields,
    report_lines,
)
from psimatch.cli.exit_codes import ExitCode
from psimatch.cli.options import PATH, example, force_option, json_option, passphrase_file_option


@click.command(
    "check",
    epilog=example(
        "psimatch audit check client-1f0c2a9be4d07735.audit --agreement pilot.agreement.toml \\",
        "  --auditor-key auditor.identity --request client.request --answer client.answer --rows opened.csv",
    ),
)
@audit_argument
@agreement_option
@click.option("--auditor-key", type=PATH, metavar="FILE", help="The secret identity of the auditor.")
@click.option("--request", "request_path", type=PATH, metavar="FILE", help="Your own request, as you made it.")
@click.option("--answer", "answer_path", type=PATH, metavar="FILE", help="The party's answer to it.")
@click.option("--rows", "rows_path", type=PATH, metavar="FILE", help="Where to list the opened rows.")
@passphrase_file_option
@force_option
@json_option
def check_audit(
    path: Path,
    agreement_path: Path,
    auditor_key: Path | None,
    request_path: Path | None,
    answer_path: Path | None,
    rows_path: Path | None,
    passphrase_file: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Check an audit file, and the rows that its owner opened. For the auditor.

    Without an answer only what both parties signed is checked, which takes no key. With one, each opened row is held
    against the root that the party committed to, and against what was evaluated. What can't be opened counts as a
    violation. Whether a case reference is genuine only the case system can tell.
    """
    given = (auditor_key, request_path, answer_path)
    if any(given) and not all(given):
        raise click.UsageError("give --auditor-key, --request and --answer together, or none of them")
    if rows_path is not None and answer_path is None:
        raise click.UsageError("--rows lists opened rows, so it takes an answer")
    contents = psimatch.audit.read_audit_file(path)
    terms, parties = read_signed(agreement_path)
    opening = None
    if auditor_key and request_path and answer_path:
        request = psimatch.audit.read_request(request_path)
        auditor = psimatch.read_identity(auditor_key, passphrases.source(passphrase_file))
        owner = parties[contents.header.role]
        opening = psimatch.audit.read_opening(answer_path, contents, request, owner, auditor)
    report = psimatch.audit.check_audit(contents, terms, parties, opening)
    if rows_path is not None:
        psimatch.audit.write_opened_rows(rows_path, report, force=force)
    lines = report_lines(report) + (chances(report.set_size, report.asked) if report.asked else [])
    click.echo(json.dumps(report_fields(report)) if as_json else "\n".join(lines))
    if rows_path is not None:
        messages.note(f"wrote {rows_path}: compare each case reference with the party's case system, then destroy it")
    return ExitCode.VIOLATION if report.violations else ExitCode.SUCCESS
