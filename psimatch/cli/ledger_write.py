"""Commands that add to a ledger: `ledger correct`, `acknowledge` and `accept-clock`, `agreement withdraw`, `purge`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.exit_codes import ExitCode
from psimatch.cli.free_text import marked, screen_width
from psimatch.cli.ledgers import moment
from psimatch.cli.options import (
    PATH,
    beside,
    example,
    identity_option,
    ledger_option,
    operator_option,
    passphrase_file_option,
)


def _writing(command: Any) -> Any:
    """Add the options of a command that signs an entry."""
    for option in (operator_option, ledger_option, passphrase_file_option, identity_option):
        command = option(command)
    return command


def _open(
    identity_path: Path, passphrase_file: Path | None, ledger_path: Path | None, operator: str
) -> psimatch.Ledger:
    identity = psimatch.read_identity(identity_path, passphrases.source(passphrase_file))
    return psimatch.Ledger(ledger_path or beside(identity_path), identity, operator=operator)


reason_option = click.option(
    "--reason", required=True, help="In words, without anything that says who a child is: it is kept for good."
)


@click.command(
    "correct",
    epilog=example('psimatch ledger correct K7QF-3M2X --reason "another person" --identity care.identity'),
)
@click.argument("reference", metavar="REFERENCE")
@reason_option
@_writing
def correct(reference: str, reason: str, **given: Any) -> None:
    """Record that a match turned out to be false, by its reference.

    Tell the other party the reference too, so that it corrects what it wrote down.
    """
    with _open(**given) as ledger:
        ledger.correct(reference.upper(), reason)
    messages.note("recorded; tell the other party the reference, so that it records it too")


@click.command(
    "acknowledge",
    epilog=example(
        "psimatch ledger acknowledge pilot.agreement.toml \\",
        '  --reason "police restored a backup, desk 4 confirmed it by telephone" --identity care.identity',
    ),
)
@click.argument("agreement_path", type=PATH, metavar="AGREEMENT")
@reason_option
@_writing
def acknowledge(agreement_path: Path, reason: str, **given: Any) -> None:
    """Accept that a ledger was lost, replaced or put back, after you have found out why.

    The next session with the peer of the agreement then takes what the peer says of its ledger as it is.
    """
    agreement = psimatch.read_agreement_file(agreement_path)
    with _open(**given) as ledger:
        ledger.acknowledge(agreement, reason)
    messages.note("recorded; the next session may run")


@click.command(
    "accept-clock",
    epilog=example(
        "psimatch ledger accept-clock \\",
        '  --reason "the clock was a year ahead on 3 March, set right by desk 4" --identity care.identity',
    ),
)
@reason_option
@_writing
def accept_clock(reason: str, **given: Any) -> None:
    """Go on from the present clock, where the ledger refuses it.

    A ledger refuses a clock that is before its last entry, or more than 400 days after it. Set a clock that is wrong
    now right; accept it only if it is right, and was wrong when the last entry was made, or nobody matched for so long.
    What was charged stays charged.
    """
    with _open(**given) as ledger:
        before, now = ledger.accept_clock(reason)
    messages.note(f"recorded; the last entry was of {moment(before)} UTC, time goes on from {moment(now)} UTC")


@click.command("withdraw", epilog=example("psimatch agreement withdraw pilot.agreement.toml --identity care.identity"))
@click.argument("agreement_path", type=PATH, metavar="AGREEMENT")
@click.option("--yes", is_flag=True, help="Don't ask.")
@_writing
def withdraw(agreement_path: Path, yes: bool, **given: Any) -> None:
    """Refuse all later sessions under an agreement. There is no way back but a new agreement.

    The peer is told when it tries its next session, and refuses from then on too.
    """
    agreement = psimatch.read_agreement_file(agreement_path)
    if not yes:
        click.echo("\n".join(marked("title", agreement.terms.title, screen_width())), err=True)
        click.confirm("Withdraw this agreement for good?", abort=True, err=True)
    with _open(**given) as ledger:
        ledger.withdraw(agreement)
    messages.note("withdrawn; it is in the ledger")


@click.command("purge", epilog=example("psimatch purge --identity care.identity"))
@_writing
def purge(**given: Any) -> int:
    """Remove the files of matches and audits whose retention is over, and record that.

    It knows the files that psimatch wrote, at the place where it wrote them, and overwrites each before it removes it.
    Of a file that has a second name (a hard link) only the own one is removed, and the exit code is 1.
    Once its key file is gone, no copy of an audit file can be opened. Other copies are yours to remove.
    """
    with _open(**given) as ledger:
        purged = ledger.purge()
    for path in purged.missing:
        messages.warning(f"{path} is not there any more; if it was moved, remove it yourself")
    if purged.left_behind:
        messages.note(f"removed {purged.left_behind:,} temporary files of runs that were killed")
    for path in purged.living_on:
        messages.error(
            f"{path} is removed but not overwritten, since its data have another name (a hard link)",
            "find the other name and remove it too: its retention is over",
        )
    messages.note(f"removed {len(purged.removed):,} files" if purged.removed else "no file is due")
    for path in purged.removed:
        click.echo(str(path))
    return ExitCode.INPUT if purged.living_on else ExitCode.SUCCESS
