"""Writes the figures of `results/*.json` into benchmarks/README.md, between its two markers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from measuring import RESULTS, ROOT, Figures, parser, size
from plots import TITLES, origin, read

import psimatch

README = ROOT / "benchmarks" / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a table in Markdown; all columns but the first are figures."""
    columns = list(head)
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *map(list, rows)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def left_out(report: Figures) -> list[str]:
    """Say what was not run, and why."""
    lines = []
    for each in report["left_out"]:
        why = each.get("why") or f"would take about {each['estimated_seconds']:,.0f} s"
        lines += ["", f"Left out: {each['what']}, which {why}."]
    return lines


def match_lines(report: Figures) -> list[str]:
    """Return the section on whole matches."""
    rows = []
    for one, two in zip(report["runs"][::2], report["runs"][1::2], strict=True):
        peak = one["peak_megabytes"]
        rows.append(
            [
                size(one["client_items"], one["server_items"]),
                f"{one['seconds']:.3f}",
                f"{one['microseconds_per_item']:.1f}",
                f"{two['seconds']:.3f}",
                f"{one['seconds'] / two['seconds']:.2f}",
                f"{one['bytes_per_item']:.1f}",
                f"{peak['client']:.0f}, {peak['server']:.0f}",
            ]
        )
    head = ("client x server", "s, one core", "µs/item", "s, two cores", "ratio", "B/item", "MB client, server")
    proofs = [f"The proofs take {report['proof_share']:.0%} of the longest run's time on one core."] if rows else []
    kernel = report["machine"]["kernel"]
    lines = [f"### A whole match, kernel `{kernel}`", "", *table(head, rows), "", *proofs, *left_out(report), ""]
    return [*lines, *floor_lines(report), "", *target_lines(report)] if rows else lines


# Seconds on one core: what a match was meant to take (see "Targets" in the README).
TARGETS = {(1_000, 1_000): 0.03, (10_000, 10_000): 0.14, (100_000, 100_000): 1.4, (1_000_000, 1_000_000): 14}


def floor_lines(report: Figures) -> list[str]:
    """Return where the processor's time goes in the longest run, and how far that is from the kernel's operations."""
    largest = next(run for run in report["runs"] if [run["client_items"], run["server_items"]] == report["largest"])
    total = sum(largest["processor_seconds"].values())
    rows = [
        [state, f"{seconds:.2f}", f"{seconds / total:.0%}"]
        for state, seconds in sorted(largest["processor_seconds"].items(), key=lambda item: -item[1])
        if seconds > total / 100
    ]
    floor, seconds = report["floor_seconds"], largest["seconds"]
    return [
        f"### Where the time goes, {size(*report['largest'])} on one core",
        "",
        f"The kernel's operations alone, measured in a batch, take {floor:.2f} s: the match takes {seconds / floor:.2f}"
        " times that. The states in which the parties spend their processor time:",
        "",
        *table(("state", "s", "share"), rows),
    ]


def target_lines(report: Figures) -> list[str]:
    """Return what a match was meant to take on one core, and what it takes."""
    rows = [
        [size(*items), f"{target:.2f}", f"{run['seconds']:.3f}", f"{run['seconds'] / target:.1f}"]
        for run in report["runs"]
        for items, target in TARGETS.items()
        if (run["client_items"], run["server_items"], run["cores"]) == (*items, 1)
    ]
    return ["### Against the targets", "", *table(("client x server", "target, s", "seen, s", "ratio"), rows)]


def peers_lines(report: Figures) -> list[str]:
    """Return the section on other libraries: a row a size and contestant, one and two cores side by side."""
    rows, gives = [], {}
    # By size and then by time, so that what competes stands together.
    on_one = [run for run in report["runs"] if run["cores"] == 1]
    for one in sorted(on_one, key=lambda run: (run["client_items"] + run["server_items"], run["seconds"])):
        same = ("name", "client_items", "server_items")
        two = [run for run in report["runs"] if run["cores"] == 2 and all(run[key] == one[key] for key in same)]
        gives["psimatch" if one["name"].startswith("psimatch") else one["name"]] = one["gives"]
        rows.append(
            [
                one["name"] + ("" if one["right"] else ", **wrong result**"),
                size(one["client_items"], one["server_items"]),
                f"{one['seconds']:.2f}",
                f"{one['microseconds_per_item']:.1f}",
                f"{two[0]['microseconds_per_item']:.1f}" if two else "",
                f"{one['bytes_per_item']:.0f}" if one["bytes_per_item"] else "",
                f"{max(one['peak_megabytes'].values()):.0f}",
            ]
        )
    head = ("", "client x server", "s, one core", "µs/item, one core", "µs/item, two cores", "B/item", "MB")
    what = [f"- {name}: {text}." for name, text in gives.items()]
    drawing = ["![µs an item of each](results/peers.svg)", ""]
    return ["### Beside other libraries, one run", "", *drawing, *table(head, rows), "", *what, *left_out(report)]


def operations_lines(report: Figures) -> list[str]:
    """Return the section on operations, at each kernel's largest batch and at one item."""
    runs = {(run["kernel"], run["batch"], run["operation"]): run["microseconds_per_item"] for run in report["runs"]}
    kernels, batches, names = (list(dict.fromkeys(key[place] for key in runs)) for place in range(3))
    columns = [(kernel, batch) for kernel in kernels for batch in (min(batches), max(batches))]
    head = ["µs an item", *(f"`{kernel}`, {batch:,} at once" for kernel, batch in columns)]
    rows = [[TITLES.get(name, name), *(f"{runs[(*column, name)]:.2f}" for column in columns)] for name in names]
    drawing = ["![each operation by kernel](results/operations.svg)", ""]
    return ["### Each operation, one core", "", *drawing, *table(head, rows)]


def scaling_lines(report: Figures) -> list[str]:
    """Return the section on growth."""
    fits = [f"On {fit['cores']} core(s) the time grows with n to the {fit['exponent']:.3f}." for fit in report["fits"]]
    return ["### Growth", "", "![seconds against items](results/scaling.svg)", "", " ".join(fits), *left_out(report)]


def startup_lines(report: Figures) -> list[str]:
    """Return the section on what is beside the matching."""
    peaks = ", ".join(f"{megabytes:.0f} MB ({name})" for name, megabytes in report["peak_megabytes"].items())
    return [
        "### Start-up",
        "",
        f"`import psimatch` adds {report['import_seconds']:.3f} s to the start of Python; the first byte leaves"
        f" {report['first_byte_seconds']:.3f} s after the start of the process. Two `psimatch match` of ten with ten"
        f" take {report['match_of_ten_seconds']:.3f} s from start to exit, with peaks of {peaks}.",
    ]


def cluster_lines(report: Figures) -> list[str]:
    """Return the section on a cluster."""
    names = {"one_core": "one core", "no_executor": "two cores, no executor", "cluster": "two workers"}
    rows = [
        [
            size(each["client_items"], each["server_items"]),
            *(f"{each['runs'][name]['seconds']:.3f}" for name in names),
            f"{each['ratio']:.2f}",
        ]
        for each in report["compared"]
    ]
    head = ("client x server", *(f"s, {name}" for name in names.values()), "ratio to one core")
    return ["### On a Dask cluster of two workers", "", *table(head, rows)]


def ledger_lines(report: Figures) -> list[str]:
    """Return the section on the ledger."""
    first, last = report["runs"][0], report["runs"][-1]
    step = first["sessions"]
    rows = [
        [
            f"{each['entries']:,}",
            f"{each['megabytes']:.1f}",
            f"{each['verify_seconds']:.2f}",
            f"{1e6 * each['verify_seconds'] / each['entries']:.0f}",
            f"{each['receipts']:,}",
            f"{each['receipts_seconds']:.2f}",
        ]
        for each in report["checks"]
    ]
    return [
        "### The ledger",
        "",
        f"A session takes {1e3 * first['seconds'] / step:.1f} ms of its party's ledger among the first {step:,}, and"
        f" {1e3 * last['seconds'] / step:.1f} ms among the last {step:,} of {last['sessions']:,}: five waits for the"
        f" disk. The time to write all grows with their number to the {report['exponent']:.3f}.",
        "",
        *table(("entries", "MB", "s to verify", "µs an entry", "receipts", "s to check those"), rows),
    ]


def listener_lines(report: Figures) -> list[str]:
    """Return the section on strangers: a row a sort, a column a size of the listener's list."""
    runs = report["runs"]
    rows = [[name, *(f"{1e3 * run['seconds'][name]:.2f}" for run in runs)] for name in runs[0]["seconds"]]
    rows.append(["packing the list, once", *(f"{1e3 * run['packing_seconds']:.1f}" for run in runs)])
    rows.append(["a Hello that never arrived before", *(f"{1e3 * run['first_hello_seconds']:.0f}" for run in runs)])
    return [
        "### A stranger at a listener",
        "",
        f"Milliseconds of the listener's processor, the median of {report['visits']} visits: the same for every list,"
        " but for a Hello that was kept back, which a ledger can't tell from the peer's. At most a hundred of these are"
        " taken a day.",
        "",
        *table(("ms of one core", *(f"{run['items']:,} items" for run in runs)), rows),
    ]


def shares(item: Figures) -> list[str]:
    """Return false pairs, precision, recall and F1 as cells."""
    pairs = psimatch.Figures("", item["found"], item["true"], item["total"])
    return [f"{pairs.found - pairs.true:,}", f"{pairs.precision:.4f}", f"{pairs.recall:.4f}", f"{pairs.f1:.4f}"]


def linkage_lines(report: Figures) -> list[str]:
    """Return the section on persons."""
    head = ("false pairs", "precision", "recall", "F1")
    rows = [[f"{each['name']} {size(*each['sizes'])}", *shares(together(each))] for each in report["sets"]]
    rows += [
        [f"FEBRL4, Bloom filters (clkhash, anonlink) at {item['threshold']:.2f}", *shares(item)]
        for item in report["anonlink"]
    ]
    lines = ["### Persons without a number, beside other ways", "", *table(("", *head), rows), ""]
    people, false = report["false_pairs"]["people"], report["false_pairs"]["rules"]
    # The fourth, and without it what there is.
    main = {each["name"]: each for each in report["sets"]}
    shown = [main[name] for name in ("FEBRL4", "Dutch, made up") if name in main]
    rules = [
        [
            f"`{rule}`",
            f"{false.get(rule, 0):,}",
            *(cell for each in shown for cell in rule_cells(each, rule)),
        ]
        for rule in (item["name"] for item in shown[0]["rules"] if item["name"] != "all")
    ]
    columns = [f"{each['name']}: {what}" for each in shown for what in ("false", "recall")]
    tokens = ", ".join(f"{each['tokens']:.1f} in {each['name']}" for each in shown)
    return [
        *lines,
        f"By rule. The first figure: pairs of different youths that agree where both lists hold the same"
        f" {people:,}. Tokens a record: {tokens}.",
        "",
        *table(("rule", f"false among {people:,}", *columns), rules),
        *left_out(report),
    ]


def together(each: Figures) -> Figures:
    """Return the figures of all rules together on a set."""
    return next(item for item in each["rules"] if item["name"] == "all")


def persons_lines(report: Figures) -> list[str]:
    """Return the section on persons in lists like ours."""
    rows = [
        [
            f"{each['name']} {size(*each['sizes'])}",
            f"`{item['name']}`",
            f"{item['recall']:.4f}" if each["total"] else "",
            f"{item['false']:,}",
            f"{item['equal']:,}",
        ]
        for each in report["lists"]
        for item in each["rules"]
    ]
    text = (
        "Of the true pairs, those are found; of the false ones, those whose records are equal in all names and the date"
        " are counted apart, since nobody can tell them from one person."
    )
    return [
        "### Persons without a number",
        "",
        text,
        "",
        *table(("", "rule", "recall", "false pairs", "and equal in all"), rows),
    ]


def rule_cells(each: Figures, rule: str) -> list[str]:
    """Return false pairs and recall of a rule on a set."""
    false, _, recall, _ = shares(next(item for item in each["rules"] if item["name"] == rule))
    return [false, recall]


SECTIONS: dict[str, Callable[[Figures], list[str]]] = {
    "match": match_lines,
    "peers": peers_lines,
    "operations": operations_lines,
    "scaling": scaling_lines,
    "startup": startup_lines,
    "cluster": cluster_lines,
    "ledger": ledger_lines,
    "listener": listener_lines,
    "persons": persons_lines,
    "linkage": linkage_lines,
}


def figures(folder: Path) -> str:
    """Return all sections that there are results for."""
    lines = []
    for name, section in SECTIONS.items():
        report = read(folder, name)
        if report is not None:
            lines += [*section(report), "", f"{origin(report)}.", ""]
    return "\n".join(["", *lines])


def main() -> None:
    """Rewrite the part of the README between the markers."""
    options = parser(__doc__, "")
    options.add_argument("--results", type=Path, default=RESULTS, help="where the JSON is")
    options.add_argument("--readme", type=Path, default=README, help="the file to rewrite")
    given = options.parse_args()
    text = given.readme.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{given.readme} has no {BEGIN.strip()} or {END}")
    given.readme.write_text(before + begin + figures(given.results) + end + after)
    print(f"rewritten: {given.readme}")


if __name__ == "__main__":
    main()
