"""Which ledger a command means, and how its entries are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.figures import number
from psimatch.cli.options import PATH

ledger_file_option = click.option(
    "--ledger",
    "ledger_path",
    type=PATH,
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


def warn_of_new_count(found: psimatch.NotCounted | None) -> None:
    """Warn where an agreement allows the peer a whole budget anew, beside what an earlier one allowed."""
    if found is not None:
        messages.warning(
            f"this agreement does not count {found.evaluations:,} evaluations that the peer was charged for under"
            " earlier agreements: it renews none of them, so the peer has the whole budget anew. If that is not meant,"
            f" make a new agreement with --renews {found.last}, and withdraw this one"
        )


def entry_text(entry: psimatch.Entry, names: Mapping[str, str], lang: str = "en") -> str:
    """Return what an entry tells, in words; `names` has those of the peers by fingerprint."""
    words, matches = _WORDS[lang], entry.fields.get("matches", 0)
    fields = {name: number(value, lang) if isinstance(value, int) else value for name, value in entry.fields.items()}
    peer = names.get(str(fields.get("peer", "")), words["peer"])
    session = f"{words['session']} {str(fields.get('session', ''))[:8] or words['none']}"
    matched = words["unknown"] if matches == -1 else f"{number(matches, lang)} {words['matches']}"
    return words[entry.kind].format(**{**fields, "peer": peer, "session": session, "matched": matched})


_WORDS: Final = {
    "en": {
        "peer": "a peer",
        "session": "session",
        "none": "(none)",
        "unknown": "this side learns no matches",
        "matches": "matches",
        "opened ledger": "the ledger of {name} begins",
        "accepted": 'agreement "{title}" with {peer} first used: {max_evaluations} evaluations until {valid_until}',
        "declared": "{peer} is told a set size of {set_size}, the largest so far",
        "opened": "session number {sessions} with {peer} opened",
        "admitted": "{session} admitted",
        "charged": "{session}: {peer} charged for {evaluations} evaluations, {charged} in all",
        "signed": "{session}: receipt signed by this side",
        "finished": "{session} finished, receipt signed by both: {matched}",
        "aborted": "{session} ended early: {reason}",
        "withdrawn": "agreement with {peer} withdrawn by {by}",
        "refused": "what the ledger of {peer} says refused: {reason}",
        "acknowledged": "what the ledger of {peer} says acknowledged: {reason}",
        "clock accepted": "clock of this machine accepted, time goes on from here: {reason}",
        "corrected": "match {reference} was false: {reason}",
        "purged": "{session}: {files} files removed",
        "key destroyed": "{session}: the key of the audit file destroyed",
        "rows opened": "{session}: {rows} rows opened to the auditor",
    },
    "nl": {
        "peer": "een andere partij",
        "session": "sessie",
        "none": "(geen)",
        "unknown": "deze kant leert geen matches",
        "matches": "matches",
        "opened ledger": "het logboek van {name} begint",
        "accepted": 'afspraak "{title}" met {peer} voor het eerst gebruikt: {max_evaluations} pogingen tot en met'
        " {valid_until}",
        "declared": "{peer} krijgt de omvang {set_size} te zien, de grootste tot nu toe",
        "opened": "sessie nummer {sessions} met {peer} geopend",
        "admitted": "{session} toegelaten",
        "charged": "{session}: {peer} belast voor {evaluations} pogingen, {charged} in totaal",
        "signed": "{session}: bewijs ondertekend door deze kant",
        "finished": "{session} afgerond, bewijs ondertekend door beide: {matched}",
        "aborted": "{session} voortijdig beëindigd: {reason}",
        "withdrawn": "afspraak met {peer} ingetrokken door {by}",
        "refused": "wat het logboek van {peer} zegt geweigerd: {reason}",
        "acknowledged": "wat het logboek van {peer} zegt aanvaard: {reason}",
        "clock accepted": "klok van deze computer aanvaard, de tijd gaat vanaf hier verder: {reason}",
        "corrected": "match met code {reference} was onjuist: {reason}",
        "purged": "{session}: {files} bestanden verwijderd",
        "key destroyed": "{session}: de sleutel van het controlebestand vernietigd",
        "rows opened": "{session}: {rows} regels geopend voor de controleur",
    },
}
