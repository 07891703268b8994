"""Which ledger a command means, and how its entries are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

import psimatch

ledger_file_option = click.option(
    "--ledger",
    "ledger_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="The ledger; by default the only one in this folder, or of the agreement's.",
)


def open_ledger(path: Path | None, folder: Path) -> psimatch.LedgerView:
    """Open the ledger at `path`, or else the only one in the folder.

    Raises:
        LedgerError: there is none, or more than one.
    """
    if path is not None:
        return psimatch.LedgerView(path)
    found = sorted(folder.glob("*.ledger"))
    if len(found) != 1:
        count = "no ledger lies" if not found else "more than one ledger lies"
        raise psimatch.LedgerError(f"{count} in {folder.resolve()}", hint="name one with --ledger")
    return psimatch.LedgerView(found[0])


def moment(seconds: int) -> str:
    """Return a time of an entry as people write it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def entry_text(entry: psimatch.Entry, names: Mapping[str, str]) -> str:
    """Return what an entry tells, in words; `names` has those of the peers by fingerprint."""
    fields = dict(entry.fields)
    peer = names.get(str(fields.get("peer", "")), "a peer")
    session = f"session {str(fields.get('session', ''))[:8] or '(none)'}"
    template = _TEMPLATES[entry.kind]
    return template.format(**{**fields, "peer": peer, "session": session, "matched": _matched(fields)})


def _matched(fields: Mapping[str, object]) -> str:
    matches = fields.get("matches", 0)
    return "this side learns no matches" if matches == -1 else f"{matches} matches"


_TEMPLATES: Final = {
    "opened ledger": "the ledger of {name} begins",
    "accepted": 'agreement "{title}" with {peer} first used: {max_evaluations:,} evaluations until {valid_until}',
    "opened": "session number {sessions} with {peer} opened",
    "admitted": "{session} admitted",
    "charged": "{session}: {peer} charged for {evaluations:,} evaluations, {charged:,} in all",
    "signed": "{session}: receipt signed by this side",
    "finished": "{session} finished, receipt signed by both: {matched}",
    "aborted": "{session} ended early: {reason}",
    "withdrawn": "agreement with {peer} withdrawn by {by}",
    "acknowledged": "what the ledger of {peer} says acknowledged: {reason}",
    "corrected": "match {reference} was false: {reason}",
    "purged": "{session}: {files} files removed",
}
