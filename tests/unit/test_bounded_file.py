"""A small file takes little memory to read, however large it might have been; a pipe is read to its bound too."""

import json
import os
import threading
import tracemalloc

import pytest

from psimatch import audit
from psimatch.errors import AuditFileError, ReceiptsError
from psimatch.files import read_at_most
from psimatch.flag_files import read_flags
from psimatch.identifiers import KINDS
from psimatch.receipt_files import read_receipts


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_a_file_is_read_up_to_the_bound(tmp_path, size):
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    assert read_at_most(tmp_path / "file", 200_000) == data
    assert read_at_most(tmp_path / "file", 65_537) == data[:65_537]


@pytest.mark.parametrize("most", [1_000, 100_000, 1_000_000])
def test_a_pipe_is_read_up_to_the_bound(most):
    data = os.urandom(300_000)
    reading, writing = os.pipe()

    def write():
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)

    thread = threading.Thread(target=write)
    thread.start()
    assert read_at_most(f"/dev/fd/{reading}", most) == data[:most]
    # What was not read is, lest the writer waits for ever.
    with os.fdopen(reading, "rb") as rest:
        rest.read()
    thread.join()


def test_memory_is_taken_for_what_is_there(tmp_path):
    (tmp_path / "flags.csv").write_bytes(b"bsn\n123456782\n")
    (tmp_path / "receipts").write_bytes(b"{}")
    (tmp_path / "request").write_bytes(json.dumps({"format": "x"}).encode())
    tracemalloc.start()
    try:
        assert len(read_flags(tmp_path / "flags.csv", (KINDS["nl-bsn"],)).rows) == 1
        with pytest.raises(ReceiptsError):
            read_receipts(tmp_path / "receipts")
        with pytest.raises(AuditFileError):
            audit.read_request(tmp_path / "request")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
