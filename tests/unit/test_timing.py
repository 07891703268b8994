from dataclasses import asdict

import pytest

import psimatch
from psimatch import timing
from psimatch.kernel import select


def test_the_estimate_adds_up_what_each_party_computes():
    times = psimatch.OperationTimes(
        "portable", 0.5, blind=1, evaluate=2, own_set=3, prove=4, verify=5, unblind=6, finalize=7
    )
    estimate = times.estimate(1_000_000, 2_000_000)
    assert estimate.client_seconds == 1 + 5 + 6 + 7
    assert estimate.server_seconds == 2 + 4 + 2 * (3 + 7)
    assert estimate.both_seconds == estimate.client_seconds + estimate.server_seconds


def test_every_operation_is_measured_once_at_least():
    told = []
    times = psimatch.measure_operations(seconds=0, batch=2, on_progress=lambda done, total: told.append((done, total)))
    microseconds = asdict(times)
    assert microseconds.pop("kernel") == psimatch.kernel_name()
    assert psimatch.kernel_name() in psimatch.kernel_names()
    assert all(value > 0 for value in microseconds.values())
    assert told == [(done, len(microseconds)) for done in range(len(microseconds))]


@pytest.mark.parametrize("name", select.available())
def test_the_operations_run_on_every_kernel(name):
    for operation in timing.operations(select.load(name), 3).values():
        assert operation()
