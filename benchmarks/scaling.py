"""How does the time of a match grow with the lists, and shrink with the cores?

Fits seconds = a * n^b to each number of cores (least squares over the logarithms): b is 1 where an item costs the same
in a list of any length.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from measuring import Figures, add_budget, estimator, parser, size, within, write
from two_parties import Run, measure

SIZES = [250, 1_000, 4_000, 16_000, 64_000]


def power_law(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the exponent and the factor of the power law through the pairs."""
    points = [(log(x), log(y)) for x, y in pairs]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    variance = sum((x - mean_x) ** 2 for x, _ in points)
    exponent = sum((x - mean_x) * (y - mean_y) for x, y in points) / variance if variance else 1.0
    return exponent, exp(mean_y - exponent * mean_x)


def fitted(runs: list[Figures]) -> Figures:
    """Return the exponent and the factor of the power law through the runs."""
    exponent, factor = power_law([(run["client_items"], run["seconds"]) for run in runs])
    return {"cores": runs[0]["cores"], "exponent": exponent, "factor": factor}


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "scaling")
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="items a side")
    options.add_argument("--cores", type=int, nargs="+", default=[1, 2], metavar="N")
    add_budget(options)
    given = options.parse_args()
    estimate, left_out, runs, fits = estimator(), list[Figures](), list[Figures](), list[Figures]()
    kept = [n for n in given.sizes if within(size(n, n), estimate(n, n), given.budget, left_out)]
    for cores in given.cores:
        of_cores = [measure(Run(count, count, cores)) for count in kept]
        for run in of_cores:
            print(f"{run['client_items']:>9,} a side on {cores} core(s): {run['seconds']:>8.3f} s")
        if of_cores:
            fits.append(fitted(of_cores))
            print(f"on {cores} core(s) the time grows with n to the {fits[-1]['exponent']:.3f}")
        runs += of_cores
    write(given.output, "scaling", {"runs": runs, "fits": fits, "left_out": left_out})


if __name__ == "__main__":
    main()
