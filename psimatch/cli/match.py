"""`psimatch match`."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.events import LineEvents
from psimatch.cli.match_preparation import MatchOptions, Prepared, prepare
from psimatch.cli.match_report import MatchReport, report_fields, report_lines
from psimatch.cli.options import (
    PATH,
    Seconds,
    example,
    force_option,
    identity_option,
    json_option,
    ledger_option,
    operator_option,
    passphrase_file_option,
    peer_option,
    profile_option,
)
from psimatch.cli.progress import ProgressBars

# Up to one chunk there is nothing to share out between threads.
_THREADS_ABOVE: Final = 2_048


@click.command(
    "match",
    epilog=example(
        "psimatch match flags.csv --agreement pilot.agreement.toml \\",
        "  --identity care.identity --listen 0.0.0.0:7443 --output matches.csv",
        "psimatch match flags.csv --agreement pilot.agreement.toml \\",
        "  --identity police.identity --connect care.example:7443 --output matches.csv",
    ),
)
@click.argument("path", type=PATH, metavar="LIST")
@click.option(
    "--agreement", "agreement_path", type=PATH, required=True, metavar="FILE", help="The agreement, signed by both."
)
@identity_option
@click.option("--listen", metavar="HOST:PORT", help="Wait for the peer at this address of your own machine.")
@click.option("--connect", metavar="HOST:PORT", help="Go to the peer, which listens there.")
@click.option("--output", type=PATH, required=True, metavar="FILE", help="Where to write the matching rows.")
@profile_option
@peer_option
@passphrase_file_option
@ledger_option
@operator_option
@click.option(
    "--suppress",
    "suppress_path",
    type=PATH,
    metavar="FILE",
    help="A list of identifiers that never take part, such as shelters: counted, never named.",
)
@click.option(
    "--audit-folder",
    "audit_folder_path",
    type=PATH,
    metavar="FOLDER",
    help="Where the audit file goes, if the agreement names an auditor; by default beside the identity.",
)
@click.option("--skip-invalid", is_flag=True, help="Match without the rows that can't be used, and list them.")
@click.option(
    "--skipped", type=PATH, metavar="FILE", help="Where to list skipped rows; by default <output>.skipped.csv."
)
@click.option(
    "--wait",
    type=Seconds(zero=True),
    default=300,
    show_default=True,
    help="How long to wait for the peer; 0 is one try.",
)
@click.option("--idle-timeout", type=Seconds(), help="After how much silence the peer counts as gone.")
@force_option
@json_option
@click.option("--quiet", is_flag=True, help="Tell nothing but errors and the result.")
def match(**given: object) -> None:
    """Match a list with the peer's.

    Writes those rows of the list that the peer has too, each with a match reference that is the same on both sides.

    One side listens, the other connects; who is client and who is server says the agreement. All that can go wrong
    on this side is checked before anything is sent. The list itself never leaves this machine.
    """
    options = MatchOptions(**given)  # type: ignore[arg-type]
    address = options.address
    prepared = prepare(options)
    with prepared.ledger:
        with _cancellable(prepared):
            result = _run(options, prepared, address)
        # The peer has its result by now, so this side must not lose its own to an impatient key.
        with psimatch.HeldInterrupt():
            _print(options, _write(options, prepared, result))


def _print(options: MatchOptions, report: MatchReport) -> None:
    text = json.dumps(report_fields(report), ensure_ascii=False) if options.as_json else "\n".join(report_lines(report))
    try:
        click.echo(text)
    except OSError:
        messages.warning("the summary can't be printed, but the match is finished and its files are written")


def _run(options: MatchOptions, prepared: Prepared, address: tuple[str, int]) -> psimatch.SessionResult:
    threads = os.cpu_count() or 1
    large = prepared.agreement.terms.max_items > _THREADS_ABOVE and threads > 1
    with (
        ThreadPoolExecutor(threads) if large else contextlib.nullcontext() as prepared.executor,
        ProgressBars(quiet=options.quiet) as bars,
    ):
        prepared.check_session()
        return _over_tcp(options, prepared, address, bars)


def _over_tcp(
    options: MatchOptions, prepared: Prepared, address: tuple[str, int], bars: ProgressBars
) -> psimatch.SessionResult:
    events = LineEvents(quiet=options.quiet)
    timeouts = psimatch.Timeouts() if options.idle_timeout is None else psimatch.Timeouts(idle=options.idle_timeout)
    if options.connect is not None:
        return psimatch.run_connecting(
            prepared.make_session,
            address,
            prepared.ledger,
            wait=options.wait,
            timeouts=timeouts,
            audit_folder=options.audit_folder,
            on_progress=bars,
            on_event=events.not_connected,
        )
    with psimatch.TcpListener(*address) as listener:
        events.listening(listener.address, prepared.agreement.name_of(prepared.peer), options.wait)
        return psimatch.run_listening(
            prepared.make_session,
            listener,
            prepared.ledger,
            wait=options.wait,
            timeouts=timeouts,
            audit_folder=options.audit_folder,
            on_progress=bars,
            on_event=events.refused,
        )


@contextlib.contextmanager
def _cancellable(prepared: Prepared) -> Iterator[None]:
    """Turn Ctrl-C into words; the driver has sent the Abort by then, if there was anybody to send it to."""
    try:
        yield
    except KeyboardInterrupt:
        begun = prepared.last is not None and prepared.last.bytes_sent > 0
        raise messages.CancelledError(
            "cancelled; the peer was told" if begun else "cancelled; nothing was sent"
        ) from None


def _write(options: MatchOptions, prepared: Prepared, result: psimatch.SessionResult) -> MatchReport:
    seconds = prepared.last.seconds if prepared.last else 0.0
    # A file without rows would say that there is no match; who learns none gets no file.
    rows, output = 0, None if result.matches is None else options.output
    skipped = options.skipped_path if prepared.flags.invalid else None
    try:
        if output is not None and result.matches is not None:
            # Before the file, so that it can't outlive its term unseen.
            prepared.ledger.keep_until(output, result.session_id, prepared.agreement.terms)
            rows = psimatch.write_matches(output, prepared.flags, result.matches, force=options.force)
        if skipped is not None:
            prepared.ledger.keep_until(skipped, result.session_id, prepared.agreement.terms)
            psimatch.write_skipped(skipped, prepared.flags, force=options.force)
    except psimatch.OutputError as error:
        hint = f"{error.hint}; the peer has its result: run the match again for yours"
        raise psimatch.OutputError(f"the match is finished, but {error}", hint=hint) from error
    return MatchReport(
        terms=prepared.agreement.terms,
        result=result,
        flags=prepared.flags,
        suppressed=prepared.suppressed,
        spent=prepared.spent_by_peer,
        rows_written=rows,
        output=output,
        skipped=skipped,
        bytes_sent=prepared.last.bytes_sent if prepared.last else 0,
        bytes_received=prepared.last.bytes_received if prepared.last else 0,
        seconds=seconds,
        persons=prepared.links.persons({match.identifier for match in result.matches or ()}),
        audit=_audit_file(options, result) if prepared.auditor else None,
    )


def _audit_file(options: MatchOptions, result: psimatch.SessionResult) -> Path:
    return psimatch.audit.audit_paths(options.audit_folder, result.role, result.session_id)[0]
