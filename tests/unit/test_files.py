"""Files under attack: names that are swapped while they are written or destroyed, and programs that are killed."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sessions import make_terms

from psimatch.errors import FlagFileError, IdentityError, OutputError
from psimatch.files import Fate, destroy, read_secret, sweep, write_private
from psimatch.identity_files import read_public
from psimatch.profiles import read_profile
from psimatch.retention import Purged

ROUNDS = 1_500
VICTIM = b"the identity of another, which nobody may touch"


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_bytes(VICTIM)
    path.chmod(0o640)
    yield path
    assert path.read_bytes() == VICTIM
    assert path.stat().st_mode & 0o777 == 0o640


@contextlib.contextmanager
def swapping(name, victim):
    """Put in turn a link, another name of the victim and a file of its own in the place of a name, without a pause."""
    stop = threading.Event()
    made = name.with_name("made")

    def swap():
        while not stop.is_set():
            for make in (
                lambda: made.symlink_to(victim),
                lambda: made.write_bytes(b"own"),
                lambda: made.hardlink_to(victim),
                lambda: made.write_bytes(b"own"),
            ):
                make()
                made.replace(name)
                # Of two names of one file a replacement leaves both.
                made.unlink(missing_ok=True)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_name_that_is_swapped_while_it_is_destroyed_leads_to_no_other_file(tmp_path, victim):
    fates = set()
    with swapping(tmp_path / "matches.csv", victim):
        for _ in range(ROUNDS):
            with contextlib.suppress(FileNotFoundError):
                fates.add(destroy(tmp_path / "matches.csv"))
    assert fates >= {Fate.OVERWRITTEN}


def test_a_name_that_is_swapped_while_it_is_written_leads_to_no_other_file(tmp_path, victim):
    """The mode is that of the file which is written, whatever bears a name meanwhile."""
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            for name in os.listdir(tmp_path):
                if name.startswith(".psimatch-"):
                    with contextlib.suppress(OSError):
                        (tmp_path / "link").symlink_to(victim)
                    with contextlib.suppress(OSError):
                        os.replace(tmp_path / "link", tmp_path / name)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(300):
            with contextlib.suppress(OutputError):
                write_private(tmp_path / "care.public", b"public", force=True, mode=0o644)
    finally:
        stop.set()
        thread.join()


def test_the_mode_is_set_by_descriptor_before_any_content(tmp_path, monkeypatch):
    seen = []
    fchmod = os.fchmod

    def looked_at(descriptor, mode):
        seen.append(os.fstat(descriptor).st_size)
        fchmod(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", looked_at)
    monkeypatch.setattr(os, "chmod", None)
    write_private(tmp_path / "file", b"content", mode=0o644)
    assert seen == [0]
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


KILLED = """
import os, signal, sys
from psimatch import files
def killed(descriptor):
    os.kill(os.getpid(), signal.SIGKILL)
os.fsync = killed
files.write_private(sys.argv[1], b"123456782 matched")
"""


def killed_in_mid_write(path):
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], timeout=60)
    assert ended.returncode == -signal.SIGKILL
    (left,) = path.parent.glob(".psimatch-*.tmp")
    assert left.read_bytes() == b"123456782 matched"
    return left


def test_the_next_write_destroys_what_a_killed_program_left(tmp_path):
    left = killed_in_mid_write(tmp_path / "matches.csv")
    with left.open("rb") as held:
        write_private(tmp_path / "other.csv", b"new")
        assert held.read() == bytes(17)
    assert os.listdir(tmp_path) == ["other.csv"]


def test_purge_destroys_what_a_killed_program_left_before_any_file_is_due(ledgers, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    ledgers[0].keep_until(folder / "matches.csv", bytes(32), make_terms(retention_days=90))
    killed_in_mid_write(folder / "matches.csv")
    assert ledgers[0].purge() == Purged(left_behind=1)
    assert os.listdir(folder) == []


def test_a_sweep_leaves_what_another_program_still_writes(tmp_path, monkeypatch):
    fsync, swept = os.fsync, []

    def meanwhile(descriptor):
        swept.append(sweep(tmp_path))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    write_private(tmp_path / "matches.csv", b"rows")
    assert set(swept) == {0}
    assert (tmp_path / "matches.csv").read_bytes() == b"rows"


def test_of_a_file_that_was_placed_before_the_kill_only_the_temporary_name_goes(tmp_path):
    (tmp_path / ".psimatch-0123456789abcdef.tmp").write_bytes(b"rows")
    (tmp_path / "matches.csv").hardlink_to(tmp_path / ".psimatch-0123456789abcdef.tmp")
    assert sweep(tmp_path) == 1
    assert (tmp_path / "matches.csv").read_bytes() == b"rows"


def test_a_file_with_another_name_is_told_by_purge(ledgers, clock, tmp_path):
    (tmp_path / "matches.csv").write_bytes(b"rows")
    ledgers[0].keep_until(tmp_path / "matches.csv", bytes(32), make_terms(retention_days=1))
    (tmp_path / "kept.csv").hardlink_to(tmp_path / "matches.csv")
    clock.now += 86_400
    assert ledgers[0].purge() == Purged(living_on=[tmp_path / "matches.csv"])
    assert (tmp_path / "kept.csv").read_bytes() == b"rows"
    assert not (tmp_path / "matches.csv").exists()


def test_whether_others_can_read_a_file_is_told_of_the_file_that_was_read(tmp_path):
    for mode, shared in ((0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o602, True)):
        (tmp_path / "file").write_bytes(b"secret")
        (tmp_path / "file").chmod(mode)
        assert read_secret(tmp_path / "file", 10, OutputError) == (b"secret", shared)
        (tmp_path / "file").unlink()


@pytest.mark.parametrize(
    ("read", "problem", "parts"), [(read_public, IdentityError, 8_000), (read_profile, FlagFileError, 2_000)]
)
def test_keys_of_thousands_of_parts_cost_no_time_in_any_toml(tmp_path, read, problem, parts):
    (tmp_path / "file").write_bytes(b"a" + b".a" * parts + b" = 1")
    began = time.process_time()
    with pytest.raises(problem):
        read(tmp_path / "file")
    assert time.process_time() - began < 0.2
