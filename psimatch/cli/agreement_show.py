"""`psimatch agreement show`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import psimatch
from psimatch.cli.options import PATH, example, json_option, peer_option, today
from psimatch.cli.terms_text import VOID, signature_lines, signature_states, terms_lines


@click.command(
    "show",
    epilog=example(
        "psimatch agreement show pilot.agreement.toml",
    ),
)
@click.argument("path", type=PATH, metavar="AGREEMENT")
@peer_option
@json_option
def show_agreement(path: Path, peer_path: Path | None, as_json: bool) -> None:
    """Show the terms of an agreement, who has signed them, and whether they are in force today.

    Shows what is signed and nothing else: no comment of the file. A signature is verified with the .public files
    beside the agreement.
    """
    agreement = psimatch.read_agreement_file(path)
    states = signature_states(agreement, path.parent, peer_path)
    try:
        agreement.check_in_force(today())
        in_force, words = True, f"in force today, {today()} (UTC)"
    except psimatch.AgreementNotInForceError as error:
        in_force, words = False, str(error)
    if as_json:
        click.echo(json.dumps(_fields(agreement, states, in_force), ensure_ascii=False))
    else:
        click.echo("\n".join([*terms_lines(agreement.terms), *_signed(states), words]))
    if VOID in states.values():
        raise psimatch.AgreementChangedError(
            f"{path} has a signature that does not belong to its terms: they changed after it was made",
            hint="undo the change, or make the new terms a new agreement that both parties sign",
        )


def _signed(states: Any) -> list[str]:
    return ["", "signatures", *(f"  {line}" for line in signature_lines(states)), ""]


def _fields(agreement: psimatch.Agreement, states: Any, in_force: bool) -> dict[str, object]:
    return {
        "format": "psimatch-agreement-1",
        "id": agreement.terms.id_text,
        "terms": agreement.terms.as_fields(),
        "signatures": {role.value: state for role, state in states.items()},
        "in_force_today": in_force,
    }
