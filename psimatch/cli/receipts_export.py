"""`psimatch receipts export`."""

from __future__ import annotations

from pathlib import Path

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.ledgers import ledger_file_option, open_ledger
from psimatch.cli.options import PATH, example, force_option


@click.command("export", epilog=example("psimatch receipts export -o care.receipts"))
@ledger_file_option
@click.option("-o", "--output", type=PATH, required=True, metavar="FILE", help="Where to write them.")
@click.option("--peer", "peer_path", type=PATH, metavar="FILE", help="The peer, where the ledger knows more than one.")
@force_option
def export_receipts(ledger_path: Path | None, output: Path, peer_path: Path | None, force: bool) -> None:
    """Write all receipts of the sessions with a peer, signed by both, for the peer to check its ledger against.

    A receipt says which session, under which agreement, how large the padded lists were and how many matched. It names
    no child, and the peer has signed each.
    """
    with open_ledger(ledger_path, Path()) as ledger:
        peers = ledger.peers()
        if peer_path is not None:
            fingerprint = psimatch.read_public(peer_path).fingerprint
        elif len(peers) == 1:
            fingerprint = bytes.fromhex(next(iter(peers)))
        else:
            raise psimatch.ReceiptsError(
                f"the ledger knows {len(peers)} peers", hint="name one by its public identity: --peer police.public"
            )
        count = psimatch.write_receipts(output, ledger, fingerprint, force=force)
    messages.note(
        f"wrote {output}, receipts: {count:,}; the peer runs: psimatch ledger verify --receipts {output.name}"
    )
