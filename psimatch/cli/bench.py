"""`psimatch bench`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

import click

import psimatch
from psimatch.cli.options import example, json_option

# The shape of `--json`; a change that breaks a reader gets the next number.
FORMAT: Final = "psimatch-bench-1"
_SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
# What each operation is, and who needs it for which items.
_OPERATIONS: Final = {
    "hash_to_group": ("hash to group", "a part of blind and own set"),
    "blind": ("blind", "client"),
    "evaluate": ("evaluate", "server, for the client's items"),
    "own_set": ("own set", "server, for its own items"),
    "prove": ("prove", "server, for the client's items"),
    "verify": ("verify", "client"),
    "unblind": ("unblind", "client"),
    "finalize": ("finalize", "both, for the own items"),
}


@click.command("bench", epilog=example("psimatch bench --items 25000"))
@click.option(
    "--items",
    type=click.IntRange(min=1),
    multiple=True,
    help="Estimate a match of so many items a side; may be repeated.  [default: 1000 to 1000000]",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, max=600),
    default=1.2,
    show_default=True,
    help="How long to measure, about.",
)
@json_option
def bench(items: tuple[int, ...], seconds: float, as_json: bool) -> None:
    """Measure how fast this machine matches.

    Tells which kernel is in use, what each of its operations takes, and what a match would take of them. That is an
    estimate for one core, without network. The environment variable PSIMATCH_KERNEL selects another kernel.
    """
    times = psimatch.measure_operations(seconds=seconds, on_progress=_show_progress if sys.stderr.isatty() else None)
    estimates = [times.estimate(count, count) for count in items or _SIZES]
    click.echo(json.dumps(_fields(times, estimates)) if as_json else _text(times, estimates))


def _show_progress(done: int, total: int) -> None:
    # Whoever looks sees one line that grows; the last call of this leaves none.
    end = "\r" if done < total - 1 else "\r\033[K"
    click.echo(f"psimatch: measuring, {done + 1} of {total}{end}", nl=False, err=True)


def _fields(times: psimatch.OperationTimes, estimates: Iterable[psimatch.MatchEstimate]) -> dict[str, Any]:
    microseconds = asdict(times)
    return {
        "format": FORMAT,
        "kernel": microseconds.pop("kernel"),
        "kernels": list(psimatch.kernel_names()),
        "microseconds": {name: round(value, 3) for name, value in microseconds.items()},
        "estimates": [{**asdict(estimate), "both_seconds": estimate.both_seconds} for estimate in estimates],
    }


def _text(times: psimatch.OperationTimes, estimates: Iterable[psimatch.MatchEstimate]) -> str:
    from rich.console import Console
    from rich.table import Table

    others = ", ".join(name for name in psimatch.kernel_names() if name != times.kernel) or "none"
    microseconds = asdict(times)
    operations = Table("operation", "whose", title="one core", title_justify="left")
    operations.add_column("µs an item", justify="right")
    for name, (title, whose) in _OPERATIONS.items():
        operations.add_row(title, whose, f"{microseconds[name]:.2f}")
    matches = Table(title="a match, estimated in seconds", title_justify="left")
    for title in ("items a side", "client", "server", "both on one core"):
        matches.add_column(title, justify="right")
    for each in estimates:
        seconds = (each.client_seconds, each.server_seconds, each.both_seconds)
        matches.add_row(f"{each.client_items:,}", *(f"{value:,.3g}" for value in seconds))
    console = Console()
    with console.capture() as captured:
        console.print(operations, matches)
    return (
        f"kernel {times.kernel} (others that run here: {others}; PSIMATCH_KERNEL selects)\n"
        f"{captured.get()}"
        "The estimate is of the group operations alone: no network, no sealing, no reading of lists."
    )
