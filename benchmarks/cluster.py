"""What does a cluster bring: the same match with a Dask executor, two worker processes of one thread each?

Against the same two parties without any executor, both on one core; then on the cores of the cluster. Needs the extra
`cluster`.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from inputs import pin
from measuring import Figures, parser, read_size, size, write
from two_parties import Run, measure

WORKERS = 2


def compare(client_items: int, server_items: int, address: str) -> Figures:
    """Run one size on one core, on the cores of the cluster without it, and on the cluster."""
    runs = {
        "one_core": measure(Run(client_items, server_items, 1, executor="none")),
        "no_executor": measure(Run(client_items, server_items, WORKERS, executor="none")),
        "cluster": measure(Run(client_items, server_items, WORKERS, executor=address)),
    }
    ratio = runs["one_core"]["seconds"] / runs["cluster"]["seconds"]
    print(f"{size(client_items, server_items)}: the cluster is {ratio:.2f} times as fast as one core")
    for name, run in runs.items():
        print(f"  {name:<12}{run['seconds']:>8.3f} s", flush=True)
    return {"client_items": client_items, "server_items": server_items, "ratio": ratio, "runs": runs}


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "cluster")
    options.add_argument("--sizes", nargs="+", default=["10000", "100000"], metavar="N[xM]")
    given = options.parse_args()
    if find_spec("distributed") is None:
        print("skipped: the package distributed is not installed; pip install 'psimatch[cluster]'")
        return
    distributed: Any = import_module("distributed")
    pin(WORKERS)
    with distributed.LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster:
        compared = [compare(*read_size(given_size), cluster.scheduler_address) for given_size in given.sizes]
    write(given.output, "cluster", {"workers": WORKERS, "cores": os.cpu_count(), "compared": compared})


if __name__ == "__main__":
    main()
