"""`psimatch audit sample`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.audits import agreement_option, audit_argument, chances, read_signed, report_lines
from psimatch.cli.exit_codes import ExitCode
from psimatch.cli.options import PATH, example, force_option

_ALL: Final = "all"


class RowCount(click.ParamType):  # type: ignore[type-arg]
    """How many rows: a number, or `all`."""

    name = "NUMBER|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return the number; None stands for all."""
        if value == _ALL or value is None:
            return None
        if not str(value).isascii() or not str(value).isdigit() or int(value) < 1:
            self.fail("is neither a number of rows nor all", param, ctx)
        return int(value)


@click.command(
    "sample",
    epilog=example(
        "psimatch audit sample client-1f0c2a9be4d07735.audit --agreement pilot.agreement.toml \\",
        "  --rows 50 --output client.request",
    ),
)
@audit_argument
@agreement_option
@click.option("--rows", type=RowCount(), required=True, help="How many rows, drawn at random; or all of them.")
@click.option("-o", "--output", type=PATH, required=True, metavar="FILE", help="Where to write the request.")
@force_option
def sample_audit(path: Path, agreement_path: Path, rows: int | None, output: Path, force: bool) -> int:
    """Ask a party to open rows of its audit file. For the auditor.

    What both parties signed is checked first. By then the party is bound to its rows, so it can't know which of them
    will be drawn. Keep the request, and send the party a copy.
    """
    contents = psimatch.audit.read_audit_file(path)
    report = psimatch.audit.check_audit(contents, *read_signed(agreement_path))
    click.echo("\n".join(report_lines(report)))
    if report.violations:
        return ExitCode.VIOLATION
    if not report.bound:
        raise psimatch.AuditFileError(
            "the session ended before the party was bound to its rows",
            hint="nothing was evaluated, so nothing is to open",
        )
    make = psimatch.audit.AuditRequest
    request = make.everything(contents) if rows is None else make.sample(contents, rows)
    psimatch.audit.write_request(output, request, force=force)
    for line in chances(report.set_size, report.set_size if rows is None else rows):
        click.echo(line)
    messages.note(f"wrote {output}; the party answers it with psimatch audit open")
    if report.role is psimatch.Role.SERVER:
        messages.warning(
            "the answer brings the server's key: it tests any value against tags and claims, and opens contacts"
        )
    return ExitCode.SUCCESS
