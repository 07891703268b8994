"""What the exit code of `psimatch` says: one table, which also stands in its help."""

from __future__ import annotations

from enum import IntEnum

import psimatch


class ExitCode(IntEnum):
    """How a command ended; scripts may rely on the numbers."""

    SUCCESS = 0
    INPUT = 1
    USAGE = 2
    AGREEMENT = 3
    CONNECTION = 4
    PEER = 5
    PEER_ABORTED = 6
    LEDGER = 7
    REFUSED = 8
    VIOLATION = 9
    OUTPUT = 10
    INTERNAL = 70
    CANCELLED = 130


MEANINGS = {
    ExitCode.SUCCESS: "success; a match without any result is one too",
    ExitCode.INPUT: "an own file or address can't be used: rows, sizes, an output that exists",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.AGREEMENT: "the agreement or an identity can't be used",
    ExitCode.CONNECTION: "the connection failed: nobody came, the peer is gone, time is up",
    ExitCode.PEER: "the peer broke the protocol, or is not the party of the agreement",
    ExitCode.PEER_ABORTED: "the peer ended the session",
    ExitCode.LEDGER: "the ledger can't be used, is damaged, or contradicts a peer's receipts",
    ExitCode.REFUSED: "the ledger does not allow the session: budget, withdrawal, or what the peer's ledger says",
    ExitCode.VIOLATION: "an audit found that a party did not do what it committed to",
    ExitCode.OUTPUT: "done, but its output (of a match: that of --json) could not be delivered",
    ExitCode.INTERNAL: "an error of psimatch itself",
    ExitCode.CANCELLED: "cancelled, by Ctrl-C or at a question",
}

# The first class that fits counts, so a class stands before the ones that it derives from.
_BY_CLASS: tuple[tuple[type[psimatch.PsimatchError], ExitCode], ...] = (
    (psimatch.PeerAbortedError, ExitCode.PEER_ABORTED),
    (psimatch.RemoteProtocolError, ExitCode.PEER),
    (psimatch.TransportError, ExitCode.CONNECTION),
    (psimatch.IdentityError, ExitCode.AGREEMENT),
    (psimatch.AgreementError, ExitCode.AGREEMENT),
    (psimatch.InputError, ExitCode.INPUT),
    (psimatch.RefusedError, ExitCode.REFUSED),
    (psimatch.LedgerError, ExitCode.LEDGER),
    (psimatch.ReceiptsError, ExitCode.LEDGER),
)


def exit_code_of(error: psimatch.PsimatchError) -> ExitCode:
    """Return the exit code for an error; what has none of its own is an error of this program."""
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), ExitCode.INTERNAL)


def table() -> str:
    """Return the table for the help; the first character keeps click from wrapping it."""
    return "\b\nExit codes:\n" + "\n".join(f"  {code:<4}{meaning}" for code, meaning in MEANINGS.items())
