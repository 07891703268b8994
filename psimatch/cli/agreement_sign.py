"""`psimatch agreement sign`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.figures import warn_of_budget
from psimatch.cli.options import PATH, example, identity_option, passphrase_file_option, peer_option, today
from psimatch.cli.terms_text import terms_lines


@click.command(
    "sign",
    epilog=example(
        "psimatch agreement sign pilot.agreement.toml --identity care.identity",
    ),
)
@click.argument("path", type=PATH, metavar="AGREEMENT")
@identity_option
@peer_option
@passphrase_file_option
@click.option("--yes", is_flag=True, help="Don't ask; you have read the terms and compared the fingerprint.")
def sign(path: Path, identity_path: Path, peer_path: Path | None, passphrase_file: Path | None, yes: bool) -> None:
    """Sign an agreement after a look at its terms.

    Compare the peer's fingerprint over the telephone before you say yes. The signature goes to the end of the file,
    whose text stays as it is.
    """
    agreement = psimatch.read_agreement_file(path)
    identity = psimatch.read_identity(identity_path, passphrases.source(passphrase_file))
    role = agreement.role_of(identity.public)
    party, peer = agreement.terms.party(role), agreement.terms.party(role.peer)
    if role in agreement.signatures:
        agreement.verify_signature(identity.public)
        click.echo(f"already signed by {party.name} as {role.value}")
        return
    _check_peer(agreement, peer, path.parent, peer_path)
    if today() > agreement.terms.valid_until:
        agreement.check_in_force(today())
    warn_of_budget(agreement.terms)
    if not yes:
        _confirm(agreement.terms, peer)
    psimatch.append_signatures(path, agreement.sign(identity))
    click.echo(f"signed by {party.name} as {role.value}\nid {agreement.terms.id_text}")
    if role.peer not in agreement.signatures:
        messages.note(f"{peer.name} has yet to sign: send it {path}")


def _check_peer(agreement: psimatch.Agreement, peer: psimatch.Party, folder: Path, peer_path: Path | None) -> None:
    """Verify the peer's signature if there is one: it shows whether the terms changed after it was made.

    Raises:
        AgreementError, IdentityError: they changed, or nothing here can tell.
    """
    signed = any(agreement.terms.party(role) == peer for role in agreement.signatures)
    if signed or peer_path is not None:
        public = psimatch.find_public(peer, folder, peer_path)
        if signed:
            agreement.verify_signature(public)


def _confirm(terms: psimatch.Terms, peer: psimatch.Party) -> None:
    click.echo("\n".join(terms_lines(terms)), err=True)
    click.echo(f"\nCompare with {psimatch.visible(peer.name)} over the telephone:\n  {peer.fingerprint_text}", err=True)
    try:
        agreed = click.confirm("Is this its fingerprint, and do you sign these terms?", err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError("nobody is there to ask: read the terms with agreement show, then give --yes") from None
    if not agreed:
        raise messages.CancelledError("not signed")
