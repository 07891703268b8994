"""`psimatch identity show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

import psimatch
from psimatch.cli import passphrases
from psimatch.cli.options import PATH, example, json_option, passphrase_file_option


@click.command(
    "show",
    epilog=example(
        "psimatch identity show police.public",
    ),
)
@click.argument("path", type=PATH, metavar="FILE")
@passphrase_file_option
@json_option
def show_identity(path: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Show name and fingerprint of an identity.

    FILE is a .public file, or your own secret one. Read the fingerprint out over the telephone, and let the other
    side compare: that shows that nobody exchanged the file on its way.
    """
    public = psimatch.read_public_part(path, passphrases.source(passphrase_file))
    if as_json:
        fields = {"format": "psimatch-identity-shown-1", "name": public.name, "fingerprint": public.fingerprint_text}
        click.echo(json.dumps(fields, ensure_ascii=False))
    else:
        click.echo(f"{public.name}\nfingerprint {public.fingerprint_text}")
