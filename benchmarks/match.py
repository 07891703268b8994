"""How long does a whole match take, on one core and on two; what of it are the proofs; what does it send and hold?

Both parties, sealed and signed, every proof checked, over TCP on this machine; each in a process of its own. Half of
the shorter list is common, `max_items` is the longer list, there are no contacts. Every result is checked against the
true intersection. Compare figures of one run only: machines are noisy.
"""

from __future__ import annotations

from measuring import Figures, add_budget, estimator, parser, read_size, size, within, write
from two_parties import Run, measure

from psimatch import OperationTimes, measure_operations

SIZES = ["10", "1000", "10000", "100000", "1000000", "1000x100000"]
HEAD = "         items client x server  cores   seconds  us/item  B/item   peak MB client, server"


def line(run: Figures) -> str:
    """Return one run as text."""
    peak = ", ".join(f"{megabytes:.0f}" for megabytes in run["peak_megabytes"].values())
    return (
        f"{size(run['client_items'], run['server_items']):>30}  {run['cores']:>5}  {run['seconds']:>8.3f}"
        f"  {run['microseconds_per_item']:>7.1f}  {run['bytes_per_item']:>6.1f}   {peak}"
    )


def shares(run: Figures) -> str:
    """Return what part of the processor time each party spent in which state."""
    total = sum(run["processor_seconds"].values())
    lines = [f"processor time by state, {size(run['client_items'], run['server_items'])} on {run['cores']} core(s):"]
    by_time = sorted(run["processor_seconds"].items(), key=lambda item: -item[1])
    return "\n".join(lines + [f"  {seconds / total:>6.1%}  {state}" for state, seconds in by_time[:8]])


def proof_share(times: OperationTimes, run: Figures) -> float:
    """Return what part of a run on one core the sums for the proofs take."""
    return float(run["client_items"] * (times.prove + times.verify) / 1e6 / run["seconds"])


def pair(client_items: int, server_items: int) -> list[Figures]:
    """Run one size on one core, then on two."""
    runs = [measure(Run(client_items, server_items, cores)) for cores in (1, 2)]
    for run in runs:
        print(line(run), flush=True)
    return runs


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "match")
    options.add_argument("--sizes", nargs="+", default=SIZES, metavar="N[xM]", help="items a side, or client x server")
    add_budget(options)
    given = options.parse_args()
    estimate, left_out, runs = estimator(), list[Figures](), list[Figures]()
    print(HEAD)
    for client_items, server_items in map(read_size, given.sizes):
        expected = estimate(client_items, server_items)
        if within(size(client_items, server_items), expected, given.budget, left_out):
            runs += pair(client_items, server_items)
    if runs:
        # The largest says most: the start of a session counts least in it.
        largest = max(runs[::2], key=lambda run: run["seconds"])
        speed_up = largest["seconds"] / runs[runs.index(largest) + 1]["seconds"]
        times = measure_operations(seconds=0.4)
        proofs = proof_share(times, largest)
        floor = times.estimate(largest["client_items"], largest["server_items"]).both_seconds
        print(shares(largest))
        print(f"the kernel's operations alone take {floor:.2f} s of its {largest['seconds']:.2f} s")
        print(f"the proofs take {proofs:.0%} of that time; two cores are {speed_up:.2f} times as fast as one")
        summary = {
            "largest": [largest["client_items"], largest["server_items"]],
            "floor_seconds": floor,
            "proof_share": proofs,
            "two_cores_speed_up": speed_up,
        }
    else:
        summary = {}
    write(given.output, "match", {"runs": runs, "left_out": left_out, **summary})


if __name__ == "__main__":
    main()
