"""The command `psimatch`: its parts, and how any error becomes a message and an exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import click

import psimatch
from psimatch.cli import messages, streams
from psimatch.cli.agreement_merge import merge
from psimatch.cli.agreement_new import new_agreement
from psimatch.cli.agreement_show import show_agreement
from psimatch.cli.agreement_sign import sign
from psimatch.cli.audit_check import check_audit
from psimatch.cli.audit_open import open_audit
from psimatch.cli.audit_sample import sample_audit
from psimatch.cli.bench import bench
from psimatch.cli.budget import budget
from psimatch.cli.check import check
from psimatch.cli.exit_codes import ExitCode, exit_code_of, table
from psimatch.cli.explain import explain
from psimatch.cli.identity_new import new_identity
from psimatch.cli.identity_show import show_identity
from psimatch.cli.ledger_show import export_ledger, show_ledger, verify_ledger
from psimatch.cli.ledger_write import accept_clock, acknowledge, correct, purge, withdraw
from psimatch.cli.linkage_evaluate import evaluate
from psimatch.cli.match import match
from psimatch.cli.receipts_export import export_receipts

TRACEBACK_VARIABLE: Final = "PSIMATCH_TRACEBACK"
_SETTINGS: Final = {"help_option_names": ["-h", "--help"]}


_STEPS: Final = """\b
In this order, on both sides:
  psimatch identity new      make the keys of your organisation, once
  psimatch agreement new     write down what may be matched (one side does)
  psimatch explain           read in plain words what it lets each side learn
  psimatch agreement sign    sign it (both sides do)
  psimatch check             see whether your list can be read
  psimatch match             match the two lists

\b
Beside these:
  psimatch budget            see what the other side has spent of the agreement
  psimatch ledger            show, verify and export what was done; correct a false match
  psimatch receipts          give the other side what it needs to check its ledger
  psimatch linkage           try on lists of your own how well persons without a number are found
  psimatch audit             let an auditor check what was submitted, where the agreement asks for it
  psimatch purge             remove files of matches whose time is over
  psimatch bench             measure how fast this machine matches"""


@click.group(epilog=f"{_STEPS}\n\n{table()}", context_settings=_SETTINGS)
@click.version_option(psimatch.__version__, prog_name="psimatch")
def app() -> None:
    """Find what two organisations both flag, and reveal nothing about anyone else."""
    # A kernel that does not run here is told of now, whatever the command.
    psimatch.kernel_name()


@app.group()
def identity() -> None:
    """Make and show the keys of an organisation."""


@app.group()
def agreement() -> None:
    """Make, sign and show the agreement of two organisations."""


@app.group()
def ledger() -> None:
    """Show, verify and export what was done, and add to it what only people know."""


@app.group()
def receipts() -> None:
    """Hand over what both sides have signed."""


@app.group()
def audit() -> None:
    """Check afterwards what a party submitted, where the agreement names an auditor.

    The auditor asks with sample, the party answers with open, the auditor checks with check.
    """


@app.group()
def linkage() -> None:
    """Try the rules by which persons are compared."""


identity.add_command(new_identity)
identity.add_command(show_identity)
for command in (new_agreement, sign, merge, show_agreement, withdraw):
    agreement.add_command(command)
for command in (show_ledger, verify_ledger, export_ledger, correct, acknowledge, accept_clock):
    ledger.add_command(command)
receipts.add_command(export_receipts)
linkage.add_command(evaluate)
for command in (sample_audit, open_audit, check_audit):
    audit.add_command(command)
for command in (explain, check, match, budget, purge, bench):
    app.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    _leave_no_core()
    # Who stops a service, or closes the terminal, ends a session as politely as who presses Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Under nohup it is ignored, and stays so.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    streams.prepare()
    code = _run(arguments)
    streams.finish()
    sys.exit(code)


def _leave_no_core() -> None:
    """Keep a crash from writing memory, with lists and keys in it, to a disk."""
    # Only some systems have it.
    with contextlib.suppress(ImportError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result = app.main(args=arguments, prog_name="psimatch", standalone_mode=False)
    except messages.CancelledError as cancelled:
        messages.note(str(cancelled))
        return ExitCode.CANCELLED
    except click.Abort:
        messages.note("cancelled")
        return ExitCode.CANCELLED
    except click.ClickException as error:
        return _usage(error)
    except psimatch.PsimatchError as error:
        messages.error(str(error), error.hint)
        _show_traceback()
        return exit_code_of(error)
    except streams.UndeliveredError as error:
        messages.error(f"the output could not be delivered: {error.strerror}", _UNDELIVERED)
        return ExitCode.OUTPUT
    except (OSError, MemoryError) as error:
        # What the system refuses, wherever it does, is no error of this program.
        reason = error.strerror if isinstance(error, OSError) else None
        messages.error(f"the system refused: {reason or type(error).__name__} (at {_place(error)})", _SYSTEM)
        _show_traceback()
        return ExitCode.INPUT
    except Exception as error:
        # The text of a foreign error may hold data, so only its class and place are told.
        messages.error(f"internal error: {type(error).__name__} at {_place(error)}", _REPORT)
        _show_traceback()
        return ExitCode.INTERNAL
    return result if isinstance(result, int) else ExitCode.SUCCESS


_UNDELIVERED: Final = "standard output is closed, full, or nobody reads it; what was to be done before is done"
_SYSTEM: Final = f"look at disk, memory and rights; {TRACEBACK_VARIABLE}=1 shows where it comes from"
_REPORT: Final = f"please report it; {TRACEBACK_VARIABLE}=1 shows where it comes from, and may show data of your list"


def _usage(error: click.ClickException) -> int:
    # Only newer versions of click have this class; in older ones the help is no error.
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        error.show()
        return ExitCode.USAGE
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "psimatch"
    text = " ".join(error.format_message().split())
    messages.error(text[:1].lower() + text[1:].removesuffix("."), f"see {command} --help")
    return ExitCode.USAGE


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(psimatch.__file__).parent in Path(frame.filename).parents] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"


def _show_traceback() -> None:
    if os.environ.get(TRACEBACK_VARIABLE) == "1":
        traceback.print_exc()
