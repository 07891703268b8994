"""`psimatch agreement merge`."""

from __future__ import annotations

from pathlib import Path

import click

import psimatch
from psimatch.cli.options import PATH, example, peer_option
from psimatch.cli.terms_text import VOID, signature_lines, signature_states


@click.command(
    "merge",
    epilog=example(
        "psimatch agreement merge pilot.agreement.toml from-police.agreement.toml",
    ),
)
@click.argument("path", type=PATH, metavar="AGREEMENT")
@click.argument("other_path", type=PATH, metavar="OTHER-COPY")
@peer_option
def merge(path: Path, other_path: Path, peer_path: Path | None) -> None:
    """Put the signatures of another copy into an agreement.

    For parties that sign at the same time, each its own copy. Both copies must have the same terms; comments may
    differ, and those of AGREEMENT stay.
    """
    agreement, other = psimatch.read_agreement_file(path), psimatch.read_agreement_file(other_path)
    merged = agreement.merged(other)
    states = signature_states(other, path.parent, peer_path)
    for role, state in states.items():
        if state == VOID:
            # Raised by the look at the signature itself, so that it says the same everywhere.
            other.verify_signature(psimatch.find_public(other.terms.party(role), path.parent))
    added = psimatch.append_signatures(path, other)
    click.echo(f"added: {', '.join(role.value for role in added) or 'nothing, all signatures were there'}")
    click.echo("\n".join(signature_lines(signature_states(merged, path.parent, peer_path))))
