"""Every operation of every kernel against libsodium, on random inputs and on edge cases.

PSIMATCH_DEEP is the number of random inputs an operation; `make deep` asks for many.
"""

import os
import secrets

import pytest

from psimatch import errors
from psimatch.kernel import select

SIZE = int(os.environ.get("PSIMATCH_DEEP", "300"))
ORDER = 2**252 + 27742317777372353535851937790883648493
DST = b"HashToGroup-test"
SODIUM = select.load("rbcl")
EDGES = [1, 2, 7, 8, 9, 15, 16, 2**128 - 1, 2**252, ORDER - 2, ORDER - 1]
COUNTS = [0, 1, 2, 7, 8, 9, 63, 95, 96, 255, 256, 257, SIZE]


@pytest.fixture(scope="module", params=[name for name in select.available() if name != "rbcl"])
def kernel(request):
    return select.load(request.param)


def pack(numbers):
    return b"".join(number.to_bytes(32, "little") for number in numbers)


def scalars(count):
    return pack((EDGES + [secrets.randbelow(ORDER - 1) + 1 for _ in range(count)])[-count:] if count else [])


def elements(count):
    return SODIUM.hash_to_group(os.urandom(64 * count))


def inputs(count):
    return [os.urandom(secrets.choice([0, 1, 20, 60, 65, 66, 100, 127, 128, 129, 300])) for _ in range(count)]


@pytest.mark.parametrize("count", COUNTS)
def test_group_operations(kernel, count):
    points, others, factors = elements(count), elements(count), scalars(count)
    assert kernel.multiply_each(factors, points) == SODIUM.multiply_each(factors, points)
    assert kernel.multiply_base(factors) == SODIUM.multiply_base(factors)
    assert kernel.add(points, others) == SODIUM.add(points, others)
    assert kernel.add(points, bytes(32 * count)) == points
    wide = os.urandom(64 * count)
    assert kernel.hash_to_group(wide) == SODIUM.hash_to_group(wide)
    assert kernel.reduce_scalars(wide) == SODIUM.reduce_scalars(wide)
    assert kernel.invert_each(factors) == SODIUM.invert_each(factors)


@pytest.mark.parametrize("count", COUNTS)
def test_weighted_sums(kernel, count):
    points = elements(count)
    for bits in (0, 1, 128, 252):
        weights = pack([secrets.randbits(bits) for _ in range(count)])
        assert kernel.weighted_sum(weights, points) == SODIUM.weighted_sum(weights, points)


@pytest.mark.parametrize("count", COUNTS)
def test_prf_operations(kernel, count):
    items, blinds, key = inputs(count), scalars(count), scalars(1)
    public_key = SODIUM.multiply_base(key)
    assert kernel.hash_inputs(DST, items) == SODIUM.hash_inputs(DST, items)
    evaluated = SODIUM.evaluate_inputs(DST, key, items)
    assert kernel.evaluate_inputs(DST, key, items) == evaluated
    blinded = kernel.blind_inputs(DST, items, blinds)
    assert blinded == SODIUM.blind_inputs(DST, items, blinds)
    assert kernel.unblind(public_key, blinds, kernel.multiply(key, blinded)) == evaluated
    assert kernel.finalize_each(items, evaluated) == SODIUM.finalize_each(items, evaluated)


@pytest.mark.parametrize("number", EDGES)
def test_edge_scalars(kernel, number):
    factor, points = pack([number]), elements(9)
    assert kernel.multiply(factor, points) == SODIUM.multiply(factor, points)
    assert kernel.multiply_base(factor) == SODIUM.multiply_base(factor)
    assert kernel.weighted_sum(factor * 9, points) == SODIUM.weighted_sum(factor * 9, points)
    assert kernel.scalar_multiply(factor, pack([ORDER - 1])) == pack([ORDER - number])
    assert kernel.scalar_subtract(pack([0]), factor) == pack([ORDER - number])


INVALID = {
    "identity": bytes(32),
    "negative": pack([1]),
    "non-canonical": pack([2**255 - 19 + 2]),
    "p": pack([2**255 - 19]),
    "bit 255": (2**255 + int.from_bytes(SODIUM.multiply_base(pack([1])), "little")).to_bytes(32, "little"),
    "minus one, of order two": pack([2**255 - 20]),
    "off the group": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
}


@pytest.mark.parametrize("name", INVALID)
@pytest.mark.parametrize(("count", "place"), [(1, 0), (8, 7), (9, 0), (9, 8), (100, 99)])
def test_invalid_elements_are_refused(kernel, name, count, place):
    packed = elements(count)
    packed = packed[: 32 * place] + INVALID[name] + packed[32 * place + 32 :]
    factors = scalars(count)
    calls = [
        lambda: kernel.multiply(factors[:32], packed),
        lambda: kernel.multiply_each(factors, packed),
        lambda: kernel.weighted_sum(factors, packed),
        lambda: kernel.weighted_sum(bytes(32 * count), packed),
        lambda: kernel.unblind(SODIUM.multiply_base(factors[:32]), factors, packed),
        lambda: kernel.unblind(INVALID[name], factors, SODIUM.multiply_base(factors)),
    ]
    for call in calls:
        with pytest.raises(errors.InvalidElementError):
            call()


def test_random_encodings_are_judged_alike(kernel):
    for _ in range(SIZE):
        encoding = os.urandom(32)
        results = []
        for one in (kernel, SODIUM):
            try:
                results.append(one.multiply(pack([3]), encoding))
            except errors.InvalidElementError:
                results.append(None)
        assert results[0] == results[1]


def test_zero_scalars_and_ragged_buffers_are_refused(kernel):
    points = elements(9)
    with pytest.raises(errors.InvalidElementError):
        kernel.multiply(bytes(32), points)
    with pytest.raises(ValueError, match="zero"):
        kernel.multiply_base(scalars(8) + bytes(32))
    with pytest.raises(ValueError, match="multiple of 64"):
        kernel.hash_to_group(bytes(65))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        kernel.multiply_each(scalars(8), points)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        kernel.blind_inputs(DST, [b"x", b"y"], scalars(1))


def test_an_unknown_kernel_is_refused():
    with pytest.raises(errors.UnsupportedError, match="does not run here") as raised:
        select.load("none")
    assert "PSIMATCH_KERNEL may be one of rbcl" in raised.value.hint
