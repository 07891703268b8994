"""`psimatch agreement sign`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.figures import warn_of_budget
from psimatch.cli.free_text import marked, screen_width
from psimatch.cli.options import PATH, example, identity_option, passphrase_file_option, peer_option, today
from psimatch.cli.terms_text import terms_lines

_TRIES = 3


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

    First you are asked for two groups of the peer's fingerprint: let the peer read them out over the telephone, or read
    them from paper that it gave you. The signature goes to the end of the file, whose text stays as it is.
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
    if yes:
        warn_of_budget(agreement.terms)
    else:
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
    """Ask whether the fingerprint is the peer's, then whether these are the terms, right under their numbers."""
    try:
        _compare(peer)
        click.echo("\n".join(terms_lines(terms)), err=True)
        warn_of_budget(terms)
        agreed = click.confirm("Do you sign these terms?", err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError("nobody is there to ask: read the terms with agreement show, then give --yes") from None
    if not agreed:
        raise messages.CancelledError("not signed")


def _compare(peer: psimatch.Party) -> None:
    """Ask for two groups of the peer's fingerprint, which are not on the screen.

    Raises:
        CancelledError: they were wrong three times.
    """
    check = psimatch.FingerprintCheck.of(peer.fingerprint)
    one, other = check.places
    lines = [
        *marked("peer", peer.name, screen_width()),
        f"Its fingerprint in this agreement, without the groups {one} and {other}:",
        check.shown,
        "Let the peer read these two out over the telephone, or read them from paper that it gave you.",
    ]
    click.echo("\n".join(lines), err=True)
    for _ in range(_TRIES):
        typed = [click.prompt(f"group {place}", err=True) for place in check.places]
        try:
            check.verify(*typed)
        except psimatch.FingerprintError as error:
            messages.error(str(error), error.hint)
        else:
            return
    raise messages.CancelledError("not signed: the fingerprint is another one")
