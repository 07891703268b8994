"""`psimatch identity new`."""

from __future__ import annotations

from pathlib import Path

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.options import PATH, example, force_option
from psimatch.cli.outputs import check_output


def public_path(path: Path) -> Path:
    """Return the name of the public file that belongs to a secret one: `care.identity` has `care.public`."""
    return path.with_suffix(".public") if path.suffix == ".identity" else path.with_name(path.name + ".public")


@click.command(
    "new",
    epilog=example(
        'psimatch identity new care.identity --name "Jeugdzorg Noord"',
    ),
)
@click.argument("path", type=PATH, metavar="FILE")
@click.option("--name", required=True, help="The name of your organisation, as the agreement will show it.")
@click.option(
    "--passphrase-file", type=PATH, metavar="FILE", help="Seal it with the first line of this file instead of asking."
)
@click.option("--no-passphrase", is_flag=True, help="Leave it unsealed: whoever gets the file has the identity.")
@force_option
def new_identity(path: Path, name: str, passphrase_file: Path | None, no_passphrase: bool, force: bool) -> None:
    """Make the keys of an organisation.

    Writes FILE, which is secret and stays with you, and beside it a .public file to send to the peer. At a terminal
    it asks for a passphrase, with which the secret file is sealed.
    """
    if passphrase_file is not None and no_passphrase:
        raise click.UsageError("--passphrase-file and --no-passphrase exclude each other")
    if path.suffix == ".public":
        raise click.UsageError("the secret file can't be named .public: name it .identity")
    public_file = public_path(path)
    # Both or none: a secret identity whose public one is another's helps nobody.
    for file in (path, public_file):
        check_output(file, force=force)
    identity = psimatch.Identity.generate(name)
    passphrase = passphrases.choose(passphrase_file, without=no_passphrase)
    psimatch.write_identity(path, identity, passphrase, force=force)
    psimatch.write_public(public_file, identity.public, force=force)
    click.echo(f"{name}\nfingerprint {identity.public.fingerprint_text}")
    messages.note(f"wrote {path} (secret, {'not ' if passphrase is None else ''}sealed) and {public_file} (to send)")
    messages.note("compare the fingerprint by telephone when the peer has the .public file")
