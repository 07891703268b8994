"""`psimatch linkage evaluate`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

import psimatch
from psimatch.cli import messages
from psimatch.cli.options import PATH, example, json_option


@click.command(
    "evaluate",
    epilog=example("psimatch linkage evaluate ours.csv theirs.csv --truth pairs.csv"),
)
@click.argument("one", type=PATH, metavar="LIST")
@click.argument("other", type=PATH, metavar="LIST")
@click.option(
    "--truth",
    type=PATH,
    required=True,
    metavar="FILE",
    help="The true pairs: CSV with a header, of each line the case references in the first and in the second list.",
)
@json_option
def evaluate(one: Path, other: Path, truth: Path, as_json: bool) -> None:
    """Say how well the rules for persons find who is who in two lists of your own, of which you know the truth.

    Both lists need a column case_ref. Nothing leaves this machine. A pair that is not in the truth counts as false, so
    the truth must be whole. What is found by chance grows with the product of the lists: rules that make no mistake
    among a thousand may make many among a million.
    """
    lists = [_read(path) for path in (one, other)]
    pairs = _pairs(truth, _places(lists[0]), _places(lists[1]))
    rules, policies = psimatch.evaluate_linkage(lists[0], lists[1], pairs)
    if as_json:
        fields = {"format": "psimatch-linkage-1", "pairs": len(pairs)}
        click.echo(json.dumps({**fields, "rules": _fields(rules), "policies": _fields(policies)}))
        return
    click.echo(f"{len(lists[0]):,} and {len(lists[1]):,} persons, {len(pairs):,} true pairs")
    for title, figures in (("rule", rules), ("policy", policies)):
        click.echo(f"\n{title:<28}{'found':>10}{'false':>10}{'precision':>11}{'recall':>9}{'F1':>9}")
        for item in figures:
            shares = f"{item.precision:>11.4f}{item.recall:>9.4f}{item.f1:>9.4f}"
            click.echo(f"{item.name:<28}{item.found:>10,}{item.found - item.true:>10,}{shares}")


def _fields(figures: Iterable[psimatch.Figures]) -> list[dict[str, object]]:
    return [
        {"name": item.name, "found": item.found, "true": item.true, "precision": item.precision, "recall": item.recall}
        for item in figures
    ]


def _read(path: Path) -> tuple[psimatch.Flag, ...]:
    flags = psimatch.read_flags(path, [psimatch.person_kind(psimatch.Policy.ANY)])
    if flags.invalid:
        messages.warning(f"{path}: {len(flags.invalid):,} rows can't be read and are left out; see psimatch check")
    return flags.rows


def _places(rows: tuple[psimatch.Flag, ...]) -> dict[str, int]:
    return {flag.case_ref: place for place, flag in enumerate(rows)}


def _pairs(path: Path, one: dict[str, int], other: dict[str, int]) -> set[tuple[int, int]]:
    """Read the true pairs; those of rows that could not be read count as not found."""
    unread = len(one) + len(other)
    named = enumerate(psimatch.read_pairs(path), start=unread)
    return {(one.get(first, number), other.get(second, number)) for number, (first, second) in named}
