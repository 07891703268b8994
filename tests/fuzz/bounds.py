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


@contextlib.contextmanager
def bounded(data, base, factor):
    """Check that what Python allocates meanwhile stays below a base and so many bytes for each byte of the input."""
    if not tracemalloc.is_tracing():
        tracemalloc.start(1)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    yield
    taken = tracemalloc.get_traced_memory()[1] - before
    allowed = base + factor * len(data)
    assert taken <= allowed, f"{taken:,} bytes were allocated for an input of {len(data):,} bytes"
