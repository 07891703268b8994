"""What the commands of an audit share: options, the check itself, and how a report is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import psimatch
from psimatch.cli.options import PATH

audit_argument = click.argument("path", type=PATH, metavar="AUDIT-FILE")
agreement_option = click.option(
    "--agreement",
    "agreement_path",
    type=PATH,
    required=True,
    metavar="FILE",
    help="The agreement of the session, with the .public files of both parties and of the auditor beside it.",
)


def read_signed(path: Path) -> tuple[psimatch.Terms, dict[psimatch.Role, psimatch.PublicIdentity]]:
    """Return the terms of an agreement, whose two signatures must hold, and its parties from the files beside it.

    Raises:
        AgreementError, IdentityError: what can't be used.
    """
    agreement = psimatch.read_agreement_file(path)
    parties = {role: psimatch.find_public(agreement.terms.party(role), path.parent) for role in psimatch.Role}
    for public in parties.values():
        agreement.verify_signature(public)
    return agreement.terms, parties


def report_lines(report: psimatch.audit.AuditReport) -> list[str]:
    """Return what an audit found, in words."""
    dummies = sum(row.identifier is None for row in report.opened)
    ended = "with a receipt that both parties signed" if report.complete else "early: there is no receipt"
    lines = [
        f"session      {report.session_id.hex()}",
        f"file of      the {report.role.value}",
        f"ended        {ended}",
        f"rows         {report.set_size:,}, dummies included",
    ]
    if report.matches is not None:
        lines.append(f"matches      {report.matches:,}, as both parties signed")
    if report.asked:
        lines.append(f"opened       {len(report.opened):,} of {report.asked:,} asked for; {dummies:,} are dummies")
    lines += [f"VIOLATION    {violation}" for violation in report.violations]
    if not report.violations:
        lines.append(f"proves       {_proven(report)}")
    return lines


def _proven(report: psimatch.audit.AuditReport) -> str:
    if report.proves_set:
        withheld = ", and that it withheld no match" if report.proves_claims else ""
        return f"which identifiers this party ran with{withheld}; not that a case reference is genuine"
    if report.opened and all(row.ran for row in report.opened):
        return "that these rows are what the party committed to and ran with; nothing about the others"
    if report.opened:
        return "that the party committed to these rows; the file ends before it shows what the party ran with"
    if not report.bound:
        return "nothing: the session ended before the party was bound to its rows"
    return "that both parties signed these messages; nothing about the rows, since none is opened"


def chances(total: int, sample: int) -> list[str]:
    """Return how probably a sample finds a bad row, for a few numbers of them."""
    # §12.5
    shown = sorted({1, max(1, total // 100), max(1, total // 10)})
    found = {bad: 1 - (1 - bad / total) ** sample for bad in shown if sample < total}
    return [
        f"chance       at least {p:.1%} to meet one of {bad:,} bad rows, if so many are" for bad, p in found.items()
    ]


def report_fields(report: psimatch.audit.AuditReport) -> dict[str, Any]:
    """Return what an audit found, for programs; without the rows."""
    return {
        "session": report.session_id.hex(),
        "role": report.role.value,
        "set_size": report.set_size,
        "bound": report.bound,
        "complete": report.complete,
        "matches": report.matches,
        "asked": report.asked,
        "opened": len(report.opened),
        "dummies": sum(row.identifier is None for row in report.opened),
        "proves_set": report.proves_set,
        "proves_claims": report.proves_claims,
        "violations": list(report.violations),
    }
