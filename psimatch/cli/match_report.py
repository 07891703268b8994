"""What a match was like: who, how much, who learned what, what it cost. Never an identifier or a contact."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psimatch
from psimatch.cli.lists import (
    account_lines,
    counts_text,
    list_fields,
    suppressed_text,
)

# The shape of `--json`; a change that breaks a reader gets the next number.
FORMAT = "psimatch-match-1"


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What the summary is made of; bytes are those of the envelopes, without the few of TCP's frames."""

    terms: psimatch.Terms
    result: psimatch.SessionResult
    flags: psimatch.FlagList
    suppressed: psimatch.Suppressed | None
    spent: psimatch.Spending
    rows_written: int
    output: Path | None
    skipped: Path | None
    bytes_sent: int
    bytes_received: int
    seconds: float
    audit: Path | None = None

    @property
    def peer(self) -> psimatch.Party:
        """The party that was matched with."""
        return self.terms.party(self.result.role.peer)

    @property
    def sizes(self) -> tuple[int, int]:
        """The padded sizes of the own set and the peer's."""
        sizes = self.result.client_set_size, self.result.server_set_size
        return sizes if self.result.role is psimatch.Role.CLIENT else sizes[::-1]

    @property
    def matches_by_kind(self) -> dict[str, int] | None:
        """How many matches there are of each kind; None if this side learns none."""
        if self.result.matches is None:
            return None
        return dict(Counter(match.identifier.label for match in self.result.matches))

    @property
    def matches(self) -> int | None:
        """How many matches there are of all kinds; None if this side learns none."""
        return None if self.matches_by_kind is None else sum(self.matches_by_kind.values())


def report_fields(report: MatchReport) -> dict[str, Any]:
    """Return the report for JSON."""
    result, (own_size, peer_size) = report.result, report.sizes
    return {
        "format": FORMAT,
        "role": result.role.value,
        "agreement_id": report.terms.id_text,
        "session_id": result.session_id.hex(),
        "peer": {"name": report.peer.name, "fingerprint": report.peer.fingerprint_text},
        "list": list_fields(report.flags),
        "own_set_size": own_size,
        "peer_set_size": peer_size,
        "matches": report.matches,
        "matches_by_kind": report.matches_by_kind,
        "peer_learned_matches": _peer_learned(report),
        "rows_written": report.rows_written,
        "evaluations_charged_to_peer": peer_size,
        "evaluations_left_to_peer": report.spent.left(report.terms),
        "suppressed": report.suppressed.identifiers if report.suppressed else 0,
        "suppressed_rows": report.suppressed.rows if report.suppressed else 0,
        "rows_at_suppressed_address": report.suppressed.rows_at_address if report.suppressed else 0,
        "rows_unrecognisable": list(report.suppressed.unrecognisable) if report.suppressed else [],
        "bytes_sent": report.bytes_sent,
        "bytes_received": report.bytes_received,
        "seconds": round(report.seconds, 3),
        "kernel": psimatch.kernel_name(),
        "audit": None if report.audit is None else str(report.audit),
        "output": None if report.output is None else str(report.output),
        "skipped": None if report.skipped is None else str(report.skipped),
    }


def report_lines(report: MatchReport) -> list[str]:
    """Return the report for a person."""
    result, (own_size, peer_size) = report.result, report.sizes
    left = report.spent.left(report.terms)
    own = report.flags.counts()
    lines = [
        f"matched with {report.peer.name} ({result.role.peer.value}); this side was the {result.role.value}",
        f"  own list     {sum(own.values()):,} identifiers: {counts_text(own)};"
        f" duplicates merged: {sum(report.flags.duplicates.per_kind.values()):,}",
        *(f"  {line}" for line in account_lines(report.flags)),
    ]
    if report.skipped is not None:
        lines.append(f"  skipped      {len(report.flags.invalid):,} rows, listed in {report.skipped}")
    if report.suppressed is not None:
        lines.append(f"  suppressed   {suppressed_text(report.suppressed)}")
    lines += [f"  you learned  {_own_matches(report)}", f"  peer learned {_peer_matches(report)}"]
    alike = _alike(report)
    if alike:
        lines.append(
            f"  check first  {alike:,} of them by names that sound or begin alike: a twin or another child may be meant"
        )
    if report.audit is not None:
        lines.append(f"  for audit    {report.audit}, sealed; its key file lies beside it")
    lines += [
        f"  stays hidden every identifier that did not match, and how many you have: the peer saw {own_size:,}, padded",
        f"  cost         {peer_size:,} evaluations charged to the peer; {report.bytes_sent:,} bytes sent,"
        f" {report.bytes_received:,} received; {report.seconds:.2f} s with kernel {psimatch.kernel_name()}",
        f"  budget       {left:,} of {report.terms.max_evaluations:,} evaluations left to the peer",
        f"  output       {_output(report)}",
    ]
    return lines


def _alike(report: MatchReport) -> int:
    """Return how many persons matched by another rule than that all names and the date are equal."""
    found = (match.identifier for match in report.result.matches or ())
    return sum(psimatch.rank_of(token) > 0 for token in found if token.kind == psimatch.PERSON)


def _output(report: MatchReport) -> str:
    if report.output is None:
        return "no file, since this side learns no matches"
    return f"{report.output} ({report.rows_written:,} {'row' if report.rows_written == 1 else 'rows'})"


def _peer_learned(report: MatchReport) -> bool:
    return report.terms.reveal is psimatch.Reveal.BOTH or report.result.role is psimatch.Role.SERVER


def _own_matches(report: MatchReport) -> str:
    counts = report.matches_by_kind
    if counts is None:
        return "nothing: the agreement reveals the matches to the client alone"
    return f"{report.matches:,} matches" + (f": {counts_text(counts)}" if counts else "")


def _peer_matches(report: MatchReport) -> str:
    if not _peer_learned(report):
        return "nothing: the agreement reveals the matches to the client alone"
    if report.matches is None:
        return "the matches, whose number this side does not see"
    contacts = " and your contact for each" if report.terms.contact_size else ""
    return f"the same {report.matches:,} matches{contacts}"
