"""What does a ledger cost, and does that grow with what is in it?

Every session is written as a session's driver does: opened and admitted, charged, receipt signed by one, by both; each
step is on disk before the next. Time is taken per thousand sessions, so that a ledger that slows down shows. Fits
seconds = a * n^b to the sessions so far: b is 1 where a session costs the same in a ledger of any length.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Figures, parser, write
from scaling import power_law
from two_parties import Run, parties

from psimatch import (
    AdmissionNeeded,
    Agreement,
    ChargeNeeded,
    Identity,
    Ledger,
    LedgerView,
    PublicIdentity,
    Receipt,
    ReceiptSigned,
    Role,
    Standing,
    check_receipts,
    read_receipts,
    write_receipts,
)

SESSIONS, STEP = 10_000, 1_000
ITEMS = 128


class Clock:
    """A clock that the benchmark sets: a session each 100 seconds, since an agreement bounds those of a day."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def one_session(ledger: Ledger, agreement: Agreement, client: Identity, server: Identity, number: int) -> None:
    """Write what a client's driver writes of a session."""
    peer: PublicIdentity = server.public
    session = number.to_bytes(32, "big")
    standing = ledger.open_session(agreement, peer, ITEMS)
    told = Standing(number, standing.charged, standing.last_receipt)
    ledger.admit(agreement, peer, AdmissionNeeded(session, session, ITEMS, ITEMS, told), Role.CLIENT)
    charge = ledger.charge(agreement, peer, ChargeNeeded(session, peer.fingerprint, ITEMS))
    receipt = Receipt(session, agreement.terms.id, session, session, ITEMS, ITEMS, 3, charge.ledger_head, session)
    signed = ReceiptSigned(receipt, 3, receipt.signed_by(client, Role.CLIENT).signature)
    ledger.record_receipt(agreement, peer, signed)
    ledger.record_receipt(
        agreement, peer, replace(signed, peer_signature=receipt.signed_by(server, Role.SERVER).signature)
    )


def append(path: Path, sessions: int, step: int) -> list[Figures]:
    """Write so many sessions; return the seconds of each step and of all so far."""
    client, server, agreement = parties(Run(ITEMS, ITEMS))
    clock, runs, total = Clock(), list[Figures](), 0.0
    clock.now = time.time()
    with Ledger(path, client, operator="benchmark", clock=clock) as ledger:
        for first in range(0, sessions, step):
            began = time.perf_counter()
            for number in range(first + 1, first + step + 1):
                clock.now += 100
                one_session(ledger, agreement, client, server, number)
            seconds = time.perf_counter() - began
            total += seconds
            runs.append({"sessions": first + step, "seconds": seconds, "total_seconds": total})
            print(f"{first + step:>7,} sessions: {1e3 * seconds / step:.2f} ms each of the last {step:,}")
    return runs


def check(path: Path, folder: Path) -> Figures:
    """Verify a ledger, alone and beside the receipts of it."""
    _, server, _ = parties(Run(ITEMS, ITEMS))
    with LedgerView(path) as view:
        began = time.perf_counter()
        entries = view.verify().entries
        verified = time.perf_counter()
        write_receipts(folder / "receipts", view, server.public.fingerprint)
        _, receipts = read_receipts(folder / "receipts")
        # The peer's file has the same receipts with the signatures the other way round.
        turned = [replace(item, signature=item.peer_signature, peer_signature=item.signature) for item in receipts]
        before = time.perf_counter()
        checked = check_receipts(view, server.public, turned).checked
        return {
            "entries": entries,
            "megabytes": path.stat().st_size / 1e6,
            "verify_seconds": verified - began,
            "receipts": checked,
            "receipts_seconds": time.perf_counter() - before,
        }


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "ledger")
    options.add_argument("--sessions", type=int, default=SESSIONS, metavar="N")
    options.add_argument("--step", type=int, default=STEP, metavar="N")
    given = options.parse_args()
    checks = []
    with TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        runs = append(folder / "all.ledger", given.sessions, given.step)
        exponent, _ = power_law([(run["sessions"], run["total_seconds"]) for run in runs])
        print(f"the time to write grows with the number of sessions to the {exponent:.3f}")
        append(folder / "tenth.ledger", given.sessions // 10, max(1, given.sessions // 10))
        for path in (folder / "tenth.ledger", folder / "all.ledger"):
            (folder / "receipts").unlink(missing_ok=True)
            found = check(path, folder)
            checks.append(found)
            print(f"{found['entries']:>7,} entries verified in {found['verify_seconds']:.2f} s")
            print(f"{found['receipts']:>7,} receipts checked in {found['receipts_seconds']:.2f} s")
    write(given.output, "ledger", {"runs": runs, "exponent": exponent, "checks": checks})


if __name__ == "__main__":
    main()
