"""What holds for every target: only the errors that it names come out, and memory stays within a bound."""

import contextlib
import tracemalloc

from choices import assert_silent


@contextlib.contextmanager
def refusals(*allowed):
    """Let the documented errors pass, and look at what they say."""
    try:
        yield
    except allowed as error:
        assert_silent(error, getattr(error, "hint", ""))


def run_bounded(function, data, base, factor):
    """Run it, and check that what Python allocates meanwhile is below a base and so many bytes for each of the input."""
    allowed = base + factor * len(data)
    taken = _taken_by(function, data)
    if taken > allowed:
        # A table that the process makes larger once, for all that ran before, is no fault of this input.
        taken = _taken_by(function, data)
    assert taken <= allowed, f"{taken:,} bytes were allocated for an input of {len(data):,} bytes"


def _taken_by(function, data):
    if not tracemalloc.is_tracing():
        tracemalloc.start(1)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    function(data)
    return tracemalloc.get_traced_memory()[1] - before
