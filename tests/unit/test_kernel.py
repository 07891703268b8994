"""Every kernel that runs here against figures of RFC 9496 and against the group laws."""

import os
import secrets
import subprocess
import sys
import threading
import time
from array import array

import pytest

from psimatch import errors
from psimatch.kernel import select

ORDER = 2**252 + 27742317777372353535851937790883648493

# RFC 9496, appendix A.1: multiples of the generator from 1 to 3.
MULTIPLES = [
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
]

# RFC 9496, appendix A.2: encodings that must be refused.
REFUSED = [
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
]


@pytest.fixture(scope="module", params=select.available())
def kernel(request):
    return select.load(request.param)


def test_the_fastest_kernel_serves_unless_one_is_named(monkeypatch):
    monkeypatch.delenv(select.VARIABLE, raising=False)
    assert select.available()[-1] == select.chosen().NAME
    monkeypatch.setenv(select.VARIABLE, "rbcl")
    assert select.chosen().NAME == "rbcl"


def scalar(number):
    return (number % ORDER).to_bytes(32, "little")


def test_multiples_of_the_generator(kernel):
    multiples = kernel.multiply_base(scalar(1) + scalar(2) + scalar(3))
    assert multiples.hex() == "".join(MULTIPLES)
    assert kernel.add(multiples[:32], multiples[32:64]) == multiples[64:]


@pytest.mark.parametrize("encoding", REFUSED)
def test_refused_encodings(kernel, encoding):
    element = bytes.fromhex(encoding)
    generator = bytes.fromhex(MULTIPLES[0])
    with pytest.raises(errors.InvalidElementError):
        kernel.multiply(scalar(2), element)
    with pytest.raises(errors.InvalidElementError):
        kernel.add(generator, element)
    with pytest.raises(errors.InvalidElementError):
        kernel.weighted_sum(scalar(0) + scalar(1), element + generator)


def test_weighted_sum_is_the_sum(kernel):
    numbers = [secrets.randbelow(ORDER - 1) + 1 for _ in range(9)]
    weights = [secrets.randbelow(2**128) for _ in range(8)] + [0]
    elements = kernel.multiply_base(b"".join(map(scalar, numbers)))
    total = sum(weight * number for weight, number in zip(weights, numbers, strict=True))
    assert kernel.weighted_sum(b"".join(map(scalar, weights)), elements) == kernel.multiply_base(scalar(total))


def test_scalars(kernel):
    one, other = secrets.randbelow(ORDER - 1) + 1, secrets.randbelow(ORDER - 1) + 1
    assert kernel.scalar_multiply(scalar(one), scalar(other)) == scalar(one * other)
    assert kernel.scalar_subtract(scalar(one), scalar(other)) == scalar(one - other)
    assert kernel.invert_each(scalar(one) + scalar(other)) == scalar(pow(one, -1, ORDER)) + scalar(
        pow(other, -1, ORDER)
    )
    assert kernel.reduce_scalars(b"\xff" * 64) == scalar(2**512 - 1)
    with pytest.raises(ValueError, match="zero"):
        kernel.invert_each(scalar(one) + scalar(0))
    with pytest.raises(ValueError, match="zero"):
        kernel.multiply_base(scalar(0))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63])
def test_batch_sizes(kernel, count):
    elements = kernel.hash_to_group(os.urandom(64 * count))
    assert len(elements) == 32 * count
    factor = secrets.randbelow(ORDER - 1) + 1
    back = kernel.invert_each(scalar(factor))
    assert kernel.multiply(back, kernel.multiply(scalar(factor), elements)) == elements


def test_ragged_input_is_refused(kernel):
    with pytest.raises(ValueError, match="multiple of 32"):
        kernel.multiply_base(bytes(33))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        kernel.add(bytes(32), bytes(64))


def test_an_import_leaves_no_file_in_the_temporary_folder(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import psimatch.kernel"], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def test_an_input_longer_than_its_length_prefix_is_refused(kernel):
    element = bytes.fromhex(MULTIPLES[0])
    assert len(kernel.finalize_each([bytes(65535)], element)) == 64
    with pytest.raises((ValueError, OverflowError)):
        kernel.finalize_each([bytes(65536)], element)


_c = pytest.importorskip("psimatch.kernel._c") if "portable" in select.available() else None
needs_c = pytest.mark.skipif(_c is None, reason="the C kernels were not built")
TAG = b"\x00\x40\x00tag\x03"


@needs_c
@pytest.mark.parametrize("lengths", [[], [2], [4], [2**32 - 1, 4], [3, 0, 1]])
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match="add up"):
        _c.hash(0, TAG, b"abc", array("I", lengths))


@needs_c
def test_arguments_of_the_extension_are_checked():
    element, three = bytes.fromhex(MULTIPLES[0]), array("I", [3])
    for error, call, arguments in [
        (TypeError, _c.add, (0, element)),
        (TypeError, _c.add, (0, element, element, element)),
        (TypeError, _c.add, (0, element, "text")),
        (TypeError, _c.add, (None, element, element)),
        (ValueError, _c.add, (-1, element, element)),
        (ValueError, _c.add, (len(_c.KERNELS), element, element)),
        (OverflowError, _c.add, (2**64, element, element)),
        (ValueError, _c.multiply, (0, bytes(64), element)),
        (ValueError, _c.multiply, (0, b"", element)),
        (ValueError, _c.hash, (0, b"\x00\x40\x00", b"abc", three)),
        (ValueError, _c.hash, (0, TAG, b"abc", bytes(3))),
        (ValueError, _c.blind, (0, TAG, b"abc", three, bytes(31))),
        (ValueError, _c.evaluate, (0, TAG, b"abc", three, bytes(64))),
        (ValueError, _c.finalize, (0, b"abc", three, bytes(64))),
        (ValueError, _c.unblind, (0, bytes(32), bytes(32), element)),
        (ValueError, _c.unblind, (0, memoryview(bytes(61441))[1:], bytes(32), element)),
        (ValueError, _c.fixed_table, (bytes(33),)),
        (ValueError, _c.scalar_multiply, (bytes(32), bytes(31))),
        (ValueError, _c.reduce_scalars, (bytes(63),)),
    ]:
        with pytest.raises(error):
            call(*arguments)
    with pytest.raises(BufferError):
        _c.add(0, memoryview(element * 2)[::2], element)


@needs_c
def test_buffers_are_released_and_results_not_leaked():
    data, lengths = bytearray(64), array("I", [64])
    before = sys.getrefcount(None)
    for _ in range(100):
        assert _c.multiply(0, bytes(32), data) is None
        with pytest.raises(ValueError, match="longer"):
            _c.add(0, data, data[:32])
        _c.hash(0, TAG, data, lengths)
    data.append(0)  # a BufferError if one were held still
    lengths.append(0)
    assert abs(sys.getrefcount(None) - before) < 50


@needs_c
def test_lengths_that_change_meanwhile_lead_nowhere():
    """Another thread writes to the lengths while the kernel reads them: out of bounds, were they not copied."""
    count = 20000
    packed, lengths = os.urandom(count), array("I", [1]) * count
    expected = _c.hash(0, TAG, packed, lengths)
    results = []

    def work():
        try:
            results.append(_c.hash(0, TAG, packed, lengths))
        except ValueError:  # it began late
            results.append(expected)

    worker = threading.Thread(target=work)
    worker.start()
    time.sleep(0.01)
    lengths[-1] = 2**31
    worker.join()
    assert results == [expected]


@needs_c
def test_lengths_need_no_alignment():
    three = bytes(array("I", [3]))
    shifted = memoryview(b"x" + three)[1:]
    assert _c.hash(0, TAG, b"abc", shifted) == _c.hash(0, TAG, b"abc", three)
