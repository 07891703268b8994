"""`psimatch agreement new`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.figures import warn_of_budget
from psimatch.cli.options import PATH, AgreementId, Day, Kinds, example, force_option, today
from psimatch.cli.terms_text import terms_lines

_CONTACT_SIZE = 128
_SESSIONS = 26


@click.command(
    "new",
    epilog=example(
        "psimatch agreement new pilot.agreement.toml \\",
        "  --client care.public --server police.public \\",
        "  --kinds nl-bsn,nl-address --max-items 128 \\",
        '  --purpose "Find runaways whom both know" \\',
        '  --legal-basis "Covenant of 1 March, article 4" --valid-until 2027-05-31',
    ),
)
@click.argument("path", type=PATH, metavar="FILE")
@click.option(
    "--client",
    "client_file",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Public identity of the client, whose list is protected longest: usually the care institution.",
)
@click.option(
    "--server",
    "server_file",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Public identity of the server.",
)
@click.option("--kinds", type=Kinds(), required=True, help="What may be compared, such as nl-bsn,nl-address.")
@click.option(
    "--phone-region",
    default=psimatch.PHONE_REGION,
    show_default=True,
    metavar="COUNTRY",
    help="The country of telephone numbers that don't say theirs, with the kind phone.",
)
@click.option("--max-items", type=int, required=True, help="The most identifiers a party may submit in a session.")
@click.option(
    "--max-evaluations",
    type=int,
    help="The most identifiers a party may have tested in all sessions together;"
    f" by default {_SESSIONS} times --max-items: a session a week for half a year, or {_SESSIONS} nights, one a night.",
)
@click.option("--sessions-per-day", type=int, default=3, show_default=True, help="The most sessions on a day (UTC).")
@click.option(
    "--minutes-between-sessions", type=int, default=0, show_default=True, help="The least time between two sessions."
)
@click.option(
    "--retention-days", type=int, default=90, show_default=True, help="How long a party may keep the files of a match."
)
@click.option(
    "--renews",
    "predecessor",
    type=AgreementId(),
    default="",
    metavar="FILE|ID",
    help="The agreement that this one renews: what was spent of it counts on.",
)
@click.option(
    "--auditor",
    "auditor_file",
    type=PATH,
    metavar="FILE",
    help="Public identity of an auditor, made for this agreement alone: both parties then keep, sealed, what they"
    " submitted, so that the auditor can check it afterwards.",
)
@click.option(
    "--large-budget-reason",
    default="",
    help="Why a party may test more than a hundredth of all values of a kind, where it may.",
)
@click.option("--purpose", required=True, help="What the matches are for.")
@click.option("--legal-basis", required=True, help="The law or consent that allows it.")
@click.option("--valid-until", type=Day(), required=True, help="The last day.")
@click.option("--valid-from", type=Day(), help="The first day; by default today (UTC).")
@click.option("--title", help="By default made from the names of the parties.")
@click.option("--lang", type=click.Choice(("nl", "en")), default="nl", show_default=True, help="Of the default title.")
@click.option(
    "--reveal",
    type=click.Choice([reveal.value for reveal in psimatch.Reveal]),
    default=psimatch.Reveal.BOTH.value,
    show_default=True,
    help="Who learns the matches.",
)
@click.option(
    "--contact-size",
    type=int,
    help=f"Bytes of a contact; by default {_CONTACT_SIZE}, or 0 if only the client learns.",
)
@force_option
def new_agreement(
    path: Path,
    client_file: Path,
    server_file: Path,
    auditor_file: Path | None,
    phone_region: str,
    reveal: str,
    contact_size: int | None,
    max_items: int,
    max_evaluations: int | None,
    valid_from: date | None,
    title: str | None,
    lang: str,
    force: bool,
    **given: object,
) -> None:
    """Write an agreement for both parties to read and sign.

    FILE becomes a text with comments. Until somebody signs it you may edit it; any later change of its terms voids
    the signatures.
    """
    client, server = psimatch.read_public(client_file), psimatch.read_public(server_file)
    shown = psimatch.Reveal(reveal)
    kinds = {label.partition("/")[0] for label in given["kinds"]}  # type: ignore[attr-defined]
    default_size = _CONTACT_SIZE if shown is psimatch.Reveal.BOTH else 0
    terms = psimatch.Terms(
        title=title or _default_title(client.name, server.name, lang),
        client=psimatch.Party.of(client),
        server=psimatch.Party.of(server),
        auditor=psimatch.read_public(auditor_file).fingerprint_text if auditor_file else "",
        phone_region=phone_region if psimatch.PHONE in kinds else "",
        reveal=shown,
        max_items=max_items,
        max_evaluations=max_items * _SESSIONS if max_evaluations is None else max_evaluations,
        contact_size=default_size if contact_size is None else contact_size,
        valid_from=valid_from or today(),
        **given,  # type: ignore[arg-type]
    )
    psimatch.new_agreement_file(path, psimatch.Agreement(terms), force=force)
    click.echo("\n".join(terms_lines(terms)))
    warn_of_budget(terms)
    messages.note(f"wrote {path}; both parties sign it with psimatch agreement sign")


def _default_title(client: str, server: str, lang: str) -> str:
    """Return a title from the names, cut to what a title may have."""
    return f"{client} {'en' if lang == 'nl' else 'and'} {server}"[: psimatch.LIMITS.term_characters].strip()
