"""`psimatch linkage evaluate`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

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
    pairs = psimatch.read_pairs(truth)
    _check_pairs(truth, pairs, (one, other))
    places = [_places(rows) for rows in lists]
    # Those of rows that could not be read count as not found.
    unread = len(lists[0]) + len(lists[1])
    numbered = enumerate(pairs, start=unread)
    true = {(places[0].get(first, number), places[1].get(second, number)) for number, (first, second) in numbered}
    figures = psimatch.evaluate_linkage(lists[0], lists[1], true)
    if as_json:
        *rules, together = _fields(figures)
        fields = {"format": "psimatch-linkage-2", "pairs": len(true)}
        click.echo(json.dumps({**fields, "rules": rules, "together": together}))
        return
    click.echo(f"{len(lists[0]):,} and {len(lists[1]):,} persons, {len(true):,} true pairs")
    click.echo(f"\n{'rule':<12}{'found':>10}{'false':>10}{'precision':>11}{'recall':>9}{'F1':>9}")
    for item in figures:
        shares = f"{item.precision:>11.4f}{item.recall:>9.4f}{item.f1:>9.4f}"
        click.echo(f"{item.name:<12}{item.found:>10,}{item.found - item.true:>10,}{shares}")


def _fields(figures: Iterable[psimatch.Figures]) -> list[dict[str, object]]:
    return [
        {"name": item.name, "found": item.found, "true": item.true, "precision": item.precision, "recall": item.recall}
        for item in figures
    ]


def _read(path: Path) -> tuple[psimatch.Flag, ...]:
    flags = psimatch.read_flags(path, [psimatch.PERSON_KIND])
    if flags.invalid:
        messages.warning(f"{path}: {len(flags.invalid):,} rows can't be read and are left out; see psimatch check")
    if flags.rows_without_identifier:
        without = len(flags.rows_without_identifier)
        messages.warning(f"{path}: {without:,} rows lack a name or the whole date of birth, and can't be found")
    return flags.rows


def _places(rows: tuple[psimatch.Flag, ...]) -> dict[str, int]:
    return {flag.case_ref: place for place, flag in enumerate(rows)}


def _check_pairs(truth: Path, pairs: Sequence[tuple[str, str]], lists: Sequence[Path]) -> None:
    """Check that each true pair names one row of each list; figures by any other truth would be wrong.

    Raises:
        FlagFileError: some name no row, or more than one; says how many, and in which column of the truth.
    """
    rows = [Counter(psimatch.read_case_refs(path, [psimatch.PERSON_KIND])) for path in lists]
    for problem, wrong in (("name no row", _is_absent), ("name more than one row", _is_repeated)):
        named = [[wrong(count[reference]) for count, reference in zip(rows, pair, strict=True)] for pair in pairs]
        if not any(map(any, named)):
            continue
        columns = [
            f"{sum(each[side] for each in named):,} by column {side + 1}, for {path}" for side, path in enumerate(lists)
        ]
        swapped = all(rows[1][first] and rows[0][second] for first, second in pairs)
        raise psimatch.FlagFileError(
            f"{truth}: {sum(map(any, named)):,} of {len(pairs):,} true pairs {problem}: {'; '.join(columns)}",
            hint="its columns stand the other way round" if swapped else _WRITE,
        )


def _is_absent(count: int) -> bool:
    return count == 0


def _is_repeated(count: int) -> bool:
    return count > 1


_WRITE: Final = "write the case references as in the lists, leading zeros included, and give each row its own"
