"""`psimatch ledger show`, `verify` and `export`."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.ledger_page import page
from psimatch.cli.ledgers import entry_text, ledger_file_option, moment, open_ledger
from psimatch.cli.options import PATH, example, force_option, json_option


@click.command("show", epilog=example("psimatch ledger show --ledger care.ledger --last 20"))
@ledger_file_option
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True, help="How many entries, at most.")
@json_option
def show_ledger(ledger_path: Path | None, last: int, as_json: bool) -> None:
    """Show the last entries of a ledger, in words. It names no identifier, since a ledger holds none."""
    with open_ledger(ledger_path, Path()) as ledger:
        names, count = ledger.peers(), ledger.verify().entries
        for entry in islice(ledger.entries(), max(0, count - last), None):
            if as_json:
                click.echo(entry.body)
            else:
                who = f"  [{entry.operator}]" if entry.operator else ""
                click.echo(f"{entry.number:>6}  {moment(entry.time)}  {entry_text(entry, names)}{who}")


@click.command("verify", epilog=example("psimatch ledger verify", "psimatch ledger verify --receipts police.receipts"))
@ledger_file_option
@click.option(
    "--receipts",
    "receipts_path",
    type=PATH,
    metavar="FILE",
    help="What the peer made by psimatch receipts export: it shows whether this ledger was cut off or written anew.",
)
def verify_ledger(ledger_path: Path | None, receipts_path: Path | None) -> None:
    """Check that no entry of a ledger was changed, removed, inserted or put in another place.

    That the last entries are missing can't be seen in the ledger itself: a peer's receipts show it.
    """
    with open_ledger(ledger_path, Path()) as ledger:
        verified, owner = ledger.verify(), ledger.owner
        click.echo(f"the ledger of {owner.name} ({owner.fingerprint_text[:9]}...) is as it was written")
        click.echo(f"  {verified.entries:,} entries, the last of {moment(verified.last)} UTC")
        click.echo(f"  head {verified.head.hex()}")
        if receipts_path is None:
            messages.note("entries cut off at the end show only beside a peer's receipts: --receipts FILE")
            return
        peer, receipts = psimatch.read_receipts(receipts_path)
        if peer.fingerprint.hex() not in ledger.peers():
            raise psimatch.ReceiptsError(
                f"{receipts_path} is of a party that this ledger does not know", hint="ask the peer for its own file"
            )
        checked = psimatch.check_receipts(ledger, peer, receipts)
        newer = f"; {checked.newer:,} newer sessions are not among them" if checked.newer else ""
        name = ledger.peers()[peer.fingerprint.hex()]
        click.echo(f"  receipts of {name}: {checked.checked:,}, and it agrees with all of them{newer}")


@click.command(
    "export", epilog=example("psimatch ledger export --output care.html", "psimatch ledger export --output care.json")
)
@ledger_file_option
@click.option(
    "--output", type=PATH, required=True, metavar="FILE", help="A name in .html gives a page, one in .json all entries."
)
@click.option("--lang", type=click.Choice(("nl", "en")), default="nl", show_default=True, help="Of the page.")
@force_option
def export_ledger(ledger_path: Path | None, output: Path, lang: str, force: bool) -> None:
    """Write a ledger as a page for the privacy officer, or as JSON for a program.

    The page stands alone: it needs no network and no other file, prints well, and pictures how the budget was used.
    """
    with open_ledger(ledger_path, Path()) as ledger:
        verified = ledger.verify()
        if output.suffix == ".html":
            text = page(ledger, verified, lang)
        elif output.suffix == ".json":
            entries = [json.loads(entry.body) for entry in ledger.entries()]
            document = {"format": "psimatch-ledger-1", "head": verified.head.hex(), "entries": entries}
            text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        else:
            raise click.UsageError("--output ends in .html or .json, which says what is written")
        psimatch.write_private(output, text.encode(), force=force)
    messages.note(f"wrote {output}")
