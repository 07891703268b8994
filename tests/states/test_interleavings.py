"""Whatever happens to two sessions, in whatever order: the invariants of `session_invariants` hold.

PSIMATCH_DEEP is the number of examples; `make deep` asks for many, and then prints what they covered.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from session_invariants import TABLE
from session_machine import FIGURES, Sessions

EXAMPLES = int(os.environ.get("PSIMATCH_DEEP", "30"))
DETERMINISTIC = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    database=None,
    # To shrink an example takes minutes, and is for the one who looks for its cause.
    phases=[Phase.generate, *([Phase.shrink] if "PSIMATCH_SHRINK" in os.environ else [])],
    suppress_health_check=list(HealthCheck),
)


def test_every_interleaving_keeps_the_invariants():
    FIGURES.clear()
    run_state_machine_as_test(Sessions, settings=DETERMINISTIC)
    print(f"\n{EXAMPLES:,} examples, {FIGURES['events']:,} events in the traces")
    for key, count in sorted(FIGURES.items(), key=str):
        print(f"{count:>10,}  {' -> '.join(key) if isinstance(key, tuple) else key}")
    taken = {key for key in FIGURES if isinstance(key, tuple)}
    assert taken <= set(TABLE)
    # A few examples may miss a step.
    assert taken == set(TABLE) or EXAMPLES < 500
