"""The operations of each kernel under pytest-benchmark: `pytest benchmarks/test_operations.py --benchmark-enable`."""

from typing import Any

import pytest

from psimatch.kernel.select import available, load
from psimatch.timing import operations

NAMES = ["hash_to_group", "blind", "evaluate", "own_set", "prove", "verify", "unblind", "finalize"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kernel", available())
def test_operation(benchmark: Any, kernel: str, name: str) -> None:
    """Measure one operation on a chunk; an ordinary run of the tests calls it once on next to nothing."""
    batch = 3 if benchmark.disabled else 2_048
    benchmark.group, benchmark.extra_info["batch"] = name, batch
    if not benchmark(operations(load(kernel), batch)[name]):
        pytest.fail("the operation gave nothing")
