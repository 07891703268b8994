"""Statistics that raise `SkewedError` when data are not as uniform as they should be, each a false alarm once in 10^12.

`bits` and `unit_interval` go by bounds that hold for every number of samples (Hoeffding 1963; Massart 1990), `counts`
by the chi-square distribution, which is near enough with 30 expected in a cell.
"""

import math

FALSE_ALARM = 1e-12


class SkewedError(AssertionError):
    """The data show something that they should not."""


def tail(statistic, freedom):
    """The chance that chi-square with so many degrees of freedom (rounded up to an even number) is larger."""
    half, term, total = statistic / 2, 1.0, 1.0
    for i in range(1, (freedom + 1) // 2):
        term *= half / i
        total += term
    return math.exp(-half) * total


def counts(what, found, expected=None):
    """Check the number of samples in each cell; the cells are equally likely unless `expected` has their shares."""
    found = list(found)
    total = sum(found)
    shares = expected or [1 / len(found)] * len(found)
    wanted = [total * share / math.fsum(shares) for share in shares]
    if min(wanted) < 30:
        raise ValueError(f"{what}: too few samples, {min(wanted):.0f} in a cell")
    statistic = math.fsum((have - want) ** 2 / want for have, want in zip(found, wanted, strict=True))
    if tail(statistic, len(found) - 1) < FALSE_ALARM:
        raise SkewedError(f"{what}: chi-square {statistic:.0f} with {len(found) - 1} degrees of freedom")


def bits(what, samples, fixed=()):
    """Check each bit of byte strings of one length, bit 0 the lowest of the first byte; `fixed` ones must be zero."""
    width, total = 8 * len(samples[0]), len(samples)
    ones = [0] * width
    for sample in samples:
        number = int.from_bytes(sample, "little")
        for bit in range(width):
            ones[bit] += number >> bit & 1
    limit = math.sqrt(total * math.log(2 * width / FALSE_ALARM) / 2)
    for bit, found in enumerate(ones):
        if bit in fixed:
            if found:
                raise SkewedError(f"{what}: bit {bit} is set {found} times and never should be")
        elif abs(found - total / 2) > limit:
            raise SkewedError(f"{what}: bit {bit} is set {found} times of {total}")


def unit_interval(what, samples):
    """Check numbers from 0 to 1 by the largest distance of their distribution from the diagonal."""
    ordered, total = sorted(samples), len(samples)
    largest = max(max((i + 1) / total - value, value - i / total) for i, value in enumerate(ordered))
    if largest > math.sqrt(math.log(2 / FALSE_ALARM) / (2 * total)):
        raise SkewedError(f"{what}: {largest:.3f} from uniform over {total} samples")


def all_different(what, samples):
    """Check that no sample comes twice; for samples of at least 16 bytes."""
    if len(set(samples)) != len(samples):
        raise SkewedError(f"{what}: {len(samples) - len(set(samples))} of {len(samples)} come again")


def cut(packed, size):
    """Packed items as a list."""
    return [bytes(packed[start : start + size]) for start in range(0, len(packed), size)]
