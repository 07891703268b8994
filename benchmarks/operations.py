"""How long does each operation take an item, on each kernel that runs here, in batches of different sizes?"""

from __future__ import annotations

from measuring import Figures, parser, write

from psimatch.kernel.select import available, load
from psimatch.timing import best_seconds, operations

BATCHES = [1, 8, 64, 512, 2_048]


def measure(name: str, batch: int, seconds: float) -> list[Figures]:
    """Measure one kernel at one batch size, in this process and on whatever core it is on."""
    return [
        {
            "kernel": name,
            "batch": batch,
            "operation": operation,
            "microseconds_per_item": best_seconds(call, seconds) / batch * 1e6,
        }
        for operation, call in operations(load(name), batch).items()
    ]


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "operations")
    options.add_argument("--kernels", nargs="+", choices=available(), default=list(available()))
    options.add_argument("--batches", type=int, nargs="+", default=BATCHES, metavar="N", help="items a batch")
    options.add_argument("--seconds", type=float, default=0.15, help="how long each figure is measured (0.15)")
    given = options.parse_args()
    runs = []
    for kernel in given.kernels:
        print(f"kernel {kernel}: us/item in batches of {', '.join(map(str, given.batches))}")
        of_kernel = [measure(kernel, batch, given.seconds) for batch in given.batches]
        for of_operation in zip(*of_kernel, strict=True):
            shown = "".join(f"{run['microseconds_per_item']:>10.2f}" for run in of_operation)
            print(f"  {of_operation[0]['operation']:<14}{shown}")
        runs += [run for of_batch in of_kernel for run in of_batch]
    write(given.output, "operations", {"runs": runs})


if __name__ == "__main__":
    main()
