"""Every seed, and every case that fuzzing has found, through its target; the fuzzer itself runs in `make deep`."""

import tracemalloc

import pytest
from seeds import SEEDS, seeds, vector_bytes
from targets import FOUND, TARGETS, found


@pytest.fixture(scope="module", autouse=True)
def traced():
    """The targets have their memory traced; the tests after these run much faster without."""
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name):
    for data in seeds(name):
        TARGETS[name].run(data)


CASES = [(name, what) for name in TARGETS for what in found(name)]


@pytest.mark.parametrize(("name", "what"), CASES, ids=lambda value: value)
def test_found_cases(name, what):
    TARGETS[name].run(found(name)[what])


def test_every_target_has_seeds_and_every_case_a_target():
    assert set(SEEDS) == set(TARGETS)
    assert all(len(seeds(name)) >= 10 for name in TARGETS)
    assert {path.name for path in FOUND.iterdir()} <= set(TARGETS)
    assert len(vector_bytes()) > 300
