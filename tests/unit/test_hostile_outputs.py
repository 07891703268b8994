"""Output that would land on something else than a file of its own."""

import os

import pytest
from sessions import make_terms

from psimatch.cli.outputs import check_output
from psimatch.errors import OutputError
from psimatch.files import Fate, destroy, write_private
from psimatch.retention import Purged


def test_a_device_or_a_pipe_is_not_replaced_even_by_force(tmp_path):
    """Root may rename a file onto /dev/null, and every program of that machine would write into it."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OutputError, match="device or a pipe"):
            write_private(tmp_path / name, b"matches", force=True)
        with pytest.raises(OutputError, match="device or a pipe"):
            check_output(tmp_path / name, force=True)
    assert (tmp_path / "pipe").is_fifo()


def test_force_replaces_a_link_and_not_what_it_points_at(tmp_path):
    (tmp_path / "care.identity").write_bytes(b"keys")
    (tmp_path / "out.csv").symlink_to(tmp_path / "care.identity")
    write_private(tmp_path / "out.csv", b"matches", force=True)
    assert (tmp_path / "care.identity").read_bytes() == b"keys"
    assert (tmp_path / "out.csv").read_bytes() == b"matches"
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600


def test_what_another_name_holds_on_to_is_neither_written_nor_wiped_by_way_of_a_link(tmp_path):
    (tmp_path / "list.csv").write_bytes(b"mine")
    os.link(tmp_path / "list.csv", tmp_path / "hard.csv")
    write_private(tmp_path / "hard.csv", b"matches", force=True)
    (tmp_path / "soft.csv").symlink_to(tmp_path / "list.csv")
    assert destroy(tmp_path / "soft.csv") is Fate.NAME_ONLY
    assert (tmp_path / "list.csv").read_bytes() == b"mine"


def test_nothing_is_left_in_a_folder_that_can_be_guessed_or_read(tmp_path, monkeypatch):
    """The data are in no file that others can read, at any moment, whatever the umask."""
    seen = []
    link = os.link

    def looked_at(source, target):
        seen.append(os.stat(source).st_mode & 0o777)
        link(source, target)

    monkeypatch.setattr(os, "link", looked_at)
    before = os.umask(0)
    try:
        write_private(tmp_path / "out.csv", b"matches")
    finally:
        os.umask(before)
    assert seen == [0o600]
    assert os.listdir(tmp_path) == ["out.csv"]


def test_purge_removes_whatever_bears_the_name_of_a_file_of_matches(ledgers, clock, tmp_path):
    """A file of another content that took its name goes too; one that was moved away stays (review)."""
    terms = make_terms(retention_days=1)
    write_private(tmp_path / "out.csv", b"matches")
    ledgers[0].keep_until(tmp_path / "out.csv", bytes(32), terms)
    (tmp_path / "out.csv").rename(tmp_path / "moved.csv")
    (tmp_path / "out.csv").write_bytes(b"something else")
    clock.now += 86_400
    assert ledgers[0].purge() == Purged(removed=[tmp_path / "out.csv"])
    assert [file.name for file in tmp_path.glob("*.csv")] == ["moved.csv"]
