"""Draws the figures of `results/*.json` as SVG and PNG beside them. Needs the extra `bench`."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measuring import RESULTS, Figures, parser

OWN, OTHER = "#0b6e4f", "#8d99ae"
KERNEL_COLOURS = {"rbcl": "#8d99ae", "portable": "#2a6fbb", "avx2": "#7fb069", "ifma": "#0b6e4f"}
TITLES = {
    "hash_to_group": "hash to group",
    "own_set": "own set",
    "prove": "prove (sum)",
    "verify": "verify (two sums)",
}


def read(folder: Path, name: str) -> Figures | None:
    """Return the results of a benchmark; None where it has not been run."""
    path = folder / f"{name}.json"
    figures: Figures | None = json.loads(path.read_text()) if path.exists() else None
    return figures


def origin(report: Figures) -> str:
    """Say in one line where the figures come from."""
    machine = report["machine"]
    return f"{machine['processor']}, {machine['cores']} cores; commit {machine['commit']}, {machine['day']}"


def tidy(axes: Any, title: str, report: Figures) -> None:
    """Give a drawing its title and origin, and take away what says nothing."""
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.figure.text(0.01, 0.01, origin(report), fontsize=7, color="#666666")


def plain(axis: Any) -> None:
    """Label an axis 0.1, 10, 1,000 and not by powers."""
    axis.set_major_formatter(lambda value, _: f"{value:,g}")
    axis.set_minor_formatter(lambda *_: "")


def largest_common(runs: list[Figures]) -> tuple[int, int]:
    """Return the size that most contestants ran; of those, the largest."""
    sizes = [(run["client_items"], run["server_items"]) for run in runs]
    return max(set(sizes), key=lambda pair: (sizes.count(pair), sum(pair)))


def draw_peers(plt: Any, report: Figures) -> Any:
    """Bars of the time an item of each contestant on one core; logarithmic, since they lie far apart."""
    pair = largest_common(report["runs"])
    runs = [run for run in report["runs"] if (run["client_items"], run["server_items"]) == pair and run["cores"] == 1]
    runs.sort(key=lambda run: -run["microseconds_per_item"])
    figure, axes = plt.subplots(figsize=(9, 0.5 * len(runs) + 1.7))
    times = [run["microseconds_per_item"] for run in runs]
    colours = [OWN if run["name"].startswith("psimatch") else OTHER for run in runs]
    axes.barh([run["name"] for run in runs], times, color=colours)
    axes.set_xscale("log")
    axes.set_xlim(min(times) / 2, max(times) * 6)
    plain(axes.xaxis)
    for place, run in enumerate(runs):
        proofs = "with proofs, signed, sealed" if run["name"].startswith("psimatch") else "semi-honest"
        text = f" {run['microseconds_per_item']:.1f} µs, {proofs}"
        axes.text(run["microseconds_per_item"], place, text, va="center", fontsize=9)
    axes.set_xlabel("µs an item, both parties' work on one core (logarithmic)")
    own = min((run for run in runs if run["name"].startswith("psimatch")), key=lambda run: run["seconds"], default=None)
    slower = [run for run in runs if own and not run["name"].startswith("psimatch") and run["seconds"] > own["seconds"]]
    others = [run for run in runs if not run["name"].startswith("psimatch")]
    says = f"{own['name']} beats {len(slower)} of {len(others)} semi-honest peers" if own else "the peers"
    tidy(axes, f"{pair[0]:,} x {pair[1]:,} items: {says}", report)
    return figure


def draw_scaling(plt: Any, report: Figures) -> Any:
    """Draw lines of seconds against items, one a number of cores, and the fitted exponent at the end of each."""
    figure, axes = plt.subplots(figsize=(8, 5))
    for fit, colour in zip(report["fits"], (KERNEL_COLOURS["portable"], OWN), strict=False):
        runs = [run for run in report["runs"] if run["cores"] == fit["cores"]]
        counts, seconds = [run["client_items"] for run in runs], [run["seconds"] for run in runs]
        axes.loglog(counts, seconds, marker="o", color=colour)
        label = f" {fit['cores']} core{'s' if fit['cores'] > 1 else ''}: {seconds[-1]:.2g} s, n^{fit['exponent']:.2f}"
        axes.text(counts[-1] * 1.08, seconds[-1], label, color=colour, va="center", fontsize=10)
    axes.set_xlim(right=max(run["client_items"] for run in report["runs"]) * 5)
    plain(axes.xaxis)
    plain(axes.yaxis)
    axes.set_xlabel("items a side")
    axes.set_ylabel("seconds of a whole match")
    exponents = " and ".join(f"n^{fit['exponent']:.2f}" for fit in report["fits"])
    tidy(axes, f"A match takes time in {exponents} (kernel {report['machine']['kernel']})", report)
    return figure


def draw_operations(plt: Any, report: Figures) -> Any:
    """Draw bars of each operation by kernel, at the largest batch."""
    batch = max(run["batch"] for run in report["runs"])
    runs = [run for run in report["runs"] if run["batch"] == batch]
    kernels = list(dict.fromkeys(run["kernel"] for run in runs))
    names = list(dict.fromkeys(run["operation"] for run in runs))
    figure, axes = plt.subplots(figsize=(10, 5))
    width = 0.8 / len(kernels)
    for number, kernel in enumerate(kernels):
        times = [run["microseconds_per_item"] for run in runs if run["kernel"] == kernel]
        places = [place + (number - (len(kernels) - 1) / 2) * width for place in range(len(names))]
        bars = axes.bar(places, times, width, color=KERNEL_COLOURS[kernel], label=kernel)
        axes.bar_label(bars, [f"{value:.2g}" if value < 10 else f"{value:.0f}" for value in times], fontsize=7)
    axes.set_yscale("log")
    axes.set_ylim(top=axes.get_ylim()[1] * 3)
    plain(axes.yaxis)
    axes.set_xticks(range(len(names)), [TITLES.get(name, name) for name in names], fontsize=9)
    axes.set_ylabel("µs an item, one core (logarithmic)")
    axes.legend(title="kernel", frameon=False, ncols=len(kernels), loc="upper right", bbox_to_anchor=(1, 1.02))
    evaluate = {run["kernel"]: run["microseconds_per_item"] for run in runs if run["operation"] == "evaluate"}
    fastest, slowest = min(evaluate, key=evaluate.__getitem__), max(evaluate, key=evaluate.__getitem__)
    says = f"{fastest} multiplies {evaluate[slowest] / evaluate[fastest]:.1f} times as fast as {slowest}"
    tidy(axes, f"In batches of {batch:,}, {says}", report)
    return figure


DRAWINGS: dict[str, Callable[[Any, Figures], Any]] = {
    "peers": draw_peers,
    "scaling": draw_scaling,
    "operations": draw_operations,
}


def main() -> None:
    """Draw what has been measured."""
    options = parser(__doc__, "")
    options.add_argument("--results", type=Path, default=RESULTS, help="where the JSON is, and the drawings go")
    given = options.parse_args()
    if find_spec("matplotlib") is None:
        print("skipped: matplotlib is not installed; pip install 'psimatch[bench]'")
        return
    import matplotlib as mpl

    mpl.use("Agg")
    # The same figures give the same files.
    mpl.rcParams["svg.hashsalt"] = "psimatch"
    from matplotlib import pyplot as plt

    for name, draw in DRAWINGS.items():
        report = read(given.results, name)
        if report is None or not report["runs"]:
            print(f"skipped: there are no results of {name}.py in {given.results}")
            continue
        figure = draw(plt, report)
        figure.tight_layout(rect=(0, 0.03, 1, 1))
        figure.savefig(given.results / f"{name}.png", dpi=120)
        figure.savefig(given.results / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)
        print(f"drawn: {given.results / name}.svg and .png")


if __name__ == "__main__":
    main()
