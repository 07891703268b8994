"""Does the time of a group operation depend on its secret? Welch's t-test between a fixed and random secrets.

The method is that of Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", 2017: calls with one fixed
secret and with random ones in random turn, and t over all times and over those below a series of percentiles, since
what interrupts a call adds noise that is larger than any leak. The largest |t| is told. Above 4.5 there may be a leak,
or something else on the machine that came and went with one of the classes: measure again, and see what memcheck and
the traces of `run.sh` say of the same code, which no noise disturbs. So this tells, and fails only where it can't find
two leaks that are there: a product whose length goes by the scalar's lowest bits (three parts in a hundred), and a comparison
that ends at the first difference.

In a proof, the weight by which RFC 9497 multiplies the folded pair hashes what everybody sees, and goes into a sum of
variable time; the pair depends on the key, so this weight is held fixed here. With it free, "prove, key" showed |t| of 6
to 9 in each of eight runs of 6,000 calls (`ifma`), and held fixed no more than 3.3.

Calls go through Python, as a session's do: what it adds is under a microsecond, and the same for both classes.

Seen on an AMD EPYC of two cores under a load of 1 to 2.5, with 4,000 calls:

    kernel     largest |t| of an operation     of the control by length     of the control that ends early
    rbcl       3.3 blind, inputs               32.1                         2173.3
    portable   3.9 evaluate, key               42.8                         1307.3
    avx2       3.2 invert_each                 55.4                         1132.0
    ifma       3.0 multiply                    55.7                         2193.0

    make deep-timing                 all kernels, 4,000 calls each
    .venv/bin/python tests/deep/timing.py --calls 40000 --kernel portable
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import random
import sys
import time
from collections.abc import Callable

from psimatch import kernel as chosen
from psimatch.kernel import select
from psimatch.oprf import dleq, keys
from psimatch.oprf.suite import Mode, hash_to_group_dst

ITEMS = 16
SUSPECT, CERTAIN = 4.5, 8.0
PERCENTILES = [1 - 0.5 ** (10 * (step + 1) / 100) for step in range(100)]

Operation = tuple[Callable[[], bytes], Callable[[bytes], object]]


def welch(ones, others):
    """Return Welch's t between two lists of times; 0 where either has too few."""
    if min(len(ones), len(others)) < 100:
        return 0.0
    means = [math.fsum(times) / len(times) for times in (ones, others)]
    spread = sum(
        math.fsum((value - mean) ** 2 for value in times) / (len(times) - 1) / len(times)
        for times, mean in zip((ones, others), means, strict=True)
    )
    return (means[0] - means[1]) / math.sqrt(spread) if spread else 0.0


def largest_t(times):
    """Return the t of largest magnitude, over all times and over those below each percentile."""
    together = sorted([*times[0], *times[1]])
    limits = [math.inf, *(together[int(share * len(together))] for share in PERCENTILES if share * len(together) > 200)]
    found = [welch(*([value for value in part if value < limit] for part in times)) for limit in limits]
    return max(found, key=abs)


def measure(operation, calls):
    """Return the largest t of an operation, and the median of its times in microseconds."""
    draw, call = operation
    fixed = draw()
    turns = [random.getrandbits(1) for _ in range(calls)]
    # All made before, and then copied one like the other, so that where they stand tells nothing of their class.
    drawn = [draw() if turn else fixed for turn in turns]
    secrets = [bytes(bytearray(secret)) for secret in drawn]
    again = range(repeats(call, secrets[0]))
    times: tuple[list[int], list[int]] = ([], [])
    gc.disable()
    for turn, secret in zip(turns, secrets, strict=True):
        before = time.perf_counter_ns()
        for _ in again:
            call(secret)
        times[turn].append(time.perf_counter_ns() - before)
    gc.enable()
    return largest_t(times), sorted([*times[0], *times[1]])[calls // 2] / 1000 / len(again)


def repeats(call, secret):
    """Return how often to call for one time of some microseconds: the steps of the clock look like leaks below that."""
    quickest = min(timed(call, secret) for _ in range(20))
    return max(1, 10_000 // max(1, quickest))


def timed(call, secret):
    """Return the nanoseconds of one call."""
    before = time.perf_counter_ns()
    call(secret)
    return time.perf_counter_ns() - before


def operations(kernel):
    """Return for each operation how a secret is drawn, and what is called with it; all else stays the same."""
    dst = hash_to_group_dst(Mode.VOPRF)
    one = lambda: kernel.reduce_scalars(os.urandom(64))  # noqa: E731
    many = lambda: kernel.reduce_scalars(os.urandom(64 * ITEMS))  # noqa: E731
    elements, blinds, key = kernel.hash_to_group(os.urandom(64 * ITEMS)), many(), one()
    inputs = [os.urandom(40) for _ in range(ITEMS)]
    cut = lambda packed: [packed[40 * i : 40 * i + 40] for i in range(ITEMS)]  # noqa: E731
    texts = lambda: os.urandom(40 * ITEMS)  # noqa: E731
    public_key = kernel.multiply_base(key)
    info = b"timing"
    return {
        "multiply": (one, lambda s: kernel.multiply(s, elements)),
        "multiply_each": (many, lambda s: kernel.multiply_each(s, elements)),
        "multiply_base": (many, kernel.multiply_base),
        "blind, blinds": (many, lambda s: kernel.blind_inputs(dst, inputs, s)),
        "blind, inputs": (texts, lambda s: kernel.blind_inputs(dst, cut(s), blinds)),
        "hash, inputs": (texts, lambda s: kernel.hash_inputs(dst, cut(s))),
        "evaluate, key": (one, lambda s: kernel.evaluate_inputs(dst, s, inputs)),
        "evaluate, inputs": (texts, lambda s: kernel.evaluate_inputs(dst, key, cut(s))),
        "unblind, blinds": (many, lambda s: kernel.unblind(public_key, s, elements)),
        "invert_each": (many, kernel.invert_each),
        "finalize, elements": (lambda: kernel.multiply(one(), elements), lambda s: kernel.finalize_each(inputs, s)),
        "scalar_multiply": (one, lambda s: kernel.scalar_multiply(key, s)),
        "scalar_subtract": (one, lambda s: kernel.scalar_subtract(key, s)),
        "prove, key": (
            one,
            lambda s: dleq._prove_with(keys.ServerKey(s, public_key), batch(public_key, elements), key),
        ),
        "prove, nonce": (
            one,
            lambda s: dleq._prove_with(keys.ServerKey(key, public_key), batch(public_key, elements), s),
        ),
        "derive_key_pair": (lambda: os.urandom(32), lambda s: keys.derive_key_pair(s, info)),
    }


def batch(public_key, elements):
    """Return a batch to prove; which elements are evaluated is public, and does not matter here."""
    return dleq.Batch(public_key, elements, elements, b"timing")


def controls(kernel):
    """Return operations that leak on purpose."""
    elements = kernel.hash_to_group(os.urandom(64 * 34))
    low = lambda: bytes([random.randrange(3)]) + kernel.reduce_scalars(os.urandom(64))[1:]  # noqa: E731
    expected = os.urandom(64)
    # Right for a time, then wrong: the fixed one up to the end.
    guesses = iter([expected])
    guess = lambda: next(guesses, None) or os.urandom(64)  # noqa: E731

    def ends_early(value):
        return next((False for one, other in zip(value, expected, strict=True) if one != other), True)

    fixed_low = iter([bytes([0]) + low()[1:]])
    return {
        "control: length by low bits": (
            lambda: next(fixed_low, None) or low(),
            lambda s: kernel.multiply(s, elements[: 32 * (32 + s[0])]),
        ),
        "control: ends early": (guess, ends_early),
    }


def use(kernel):
    """Let proofs and key derivation go through this kernel, and hold what is public in a proof."""
    for name in chosen.__all__:
        setattr(chosen, name, getattr(kernel, name))
    weight = kernel.reduce_scalars(os.urandom(64))
    dleq.Batch._rfc_weights = lambda self: weight


def main():
    """Measure, print a table, and fail where a control was not found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=4_000)
    parser.add_argument("--kernel", choices=select.available(), action="append")
    options = parser.parse_args()
    missed = []
    print(f"{'kernel':<10}{'operation':<30}{'microseconds':>14}{'largest |t|':>14}")
    for name in options.kernel or select.available():
        kernel = select.load(name)
        use(kernel)
        for what, operation in {**operations(kernel), **controls(kernel)}.items():
            t, median = measure(operation, options.calls)
            control = what.startswith("control")
            remark = "  found" if control and abs(t) > CERTAIN else "  measure again" if abs(t) > SUSPECT else ""
            print(f"{name:<10}{what:<30}{median:>14.1f}{abs(t):>14.1f}{remark}", flush=True)
            if control and abs(t) <= CERTAIN:
                missed.append(f"{name}, {what}")
    sys.exit(f"planted leaks were not found, so nothing was measured: {'; '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()
