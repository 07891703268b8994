"""A folder for files that targets read; it goes when the process ends, unless the fuzzer ends it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# In memory where there is such a folder, since each run writes one.
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
FOLDER = Path(tempfile.mkdtemp(prefix="psimatch-fuzz-", dir=os.environ.get("TMPDIR", _MEMORY)))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def written(name, data):
    """Write a file that its owner alone can read, and return its path."""
    path = FOLDER / name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return path
