"""Files: read up to a bound, written whole for their owner alone, and destroyed.

Whoever may write to a folder can at any moment put another file, or a link, in the place of a name. So what matters is
done on the open file, never on its name: the mode is set, the size is asked and zeros are written by descriptor.

A file that is written lies at first under a temporary name in the same folder. A program that is killed leaves it
there, perhaps with children who matched in it. `sweep` destroys such files; the next `write_private` into that folder
and `psimatch purge` call it. The program that writes holds a lock on the temporary file, which ends with the program,
so that a sweep does not take a file which another program still writes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

from psimatch import randomness
from psimatch.errors import OutputError, PsimatchError

# What comes from a pipe, which has no size, is read in pieces of this size.
_PIECE: Final = 1 << 16
_ZEROS: Final = 1 << 20
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
# A link is not followed, and a pipe that nobody reads or writes is not waited for.
_THE_NAME_ITSELF: Final = os.O_NOFOLLOW | os.O_NONBLOCK
_TEMPORARY: Final = re.compile(r"\.psimatch-[0-9a-f]{16}\.tmp")
# What SQLite puts beside a temporary file that is to become a ledger.
_BESIDE: Final = ("-wal", "-shm", "-journal")


def read_at_most(path: str | os.PathLike[str], most: int) -> bytes:
    """Return the first `most` bytes of a file, or all of it; memory is taken for what is there, not for what may be.

    Raises:
        OSError: the file can't be read.
    """
    with open(path, "rb") as stream:
        return _read(stream, most)


def read_file(
    path: str | os.PathLike[str], most: int, problem: type[PsimatchError], *, remedy: str = "name the right file"
) -> bytes:
    """Return a whole file of at most `most` bytes; `remedy` is the hint where it has more.

    Raises:
        PsimatchError: of the class `problem`: the file can't be read, or is larger.
    """
    return read_secret(path, most, problem, remedy=remedy)[0]


def read_secret(
    path: str | os.PathLike[str], most: int, problem: type[PsimatchError], *, remedy: str = "name the right file"
) -> tuple[bytes, bool]:
    """Return what `read_file` does, and whether the group of the file or others may read it or write to it.

    Raises:
        PsimatchError: as `read_file` does.
    """
    with reading(path, problem) as stream:
        mode = os.fstat(stream.fileno()).st_mode
        data = _read(stream, most + 1)
    if len(data) > most:
        raise problem(f"{path} is larger than {most} bytes", hint=remedy)
    return data, bool(mode & _OTHERS)


def _read(stream: BinaryIO, most: int) -> bytes:
    pieces: list[bytes] = []
    # One call for a whole file, since a list is large and must not be copied.
    piece = max(_PIECE, os.fstat(stream.fileno()).st_size + 1)
    while most > 0 and (data := stream.read(min(piece, most))):
        pieces.append(data)
        most -= len(data)
    return b"".join(pieces)


@contextlib.contextmanager
def reading(path: str | os.PathLike[str], problem: type[PsimatchError]) -> Iterator[BinaryIO]:
    """Open a file to read it, and close it at the end.

    Raises:
        PsimatchError: of the class `problem`: the system does not let it be read.
    """
    try:
        with open(path, "rb") as stream:
            yield stream
    except OSError as error:
        raise problem(f"{path} can't be read: {reason(error)}", hint="check the name and your rights") from None


def reason(error: OSError) -> str:
    """Return what the system says about a file, without its name."""
    return error.strerror or type(error).__name__


def write_private(path: str | os.PathLike[str], data: bytes, *, force: bool = False, mode: int = _OWNER_ONLY) -> None:
    """Write `data` to `path` such that at any moment, a crash included, it holds all of them or what it held before.

    An existing file stays as it is unless `force`; so does one that another program makes meanwhile. The data are on
    disk when this returns. `mode` is set on the file whatever the umask, before it holds any of the data. What killed
    programs left in the folder is destroyed.

    Raises:
        OutputError: the file exists and not `force`, is a device, or the folder or the file can't be written.
    """
    target = Path(path)
    try:
        # Tell at once; the link below is what guarantees it.
        if not force and os.path.lexists(target):
            raise FileExistsError
        if target.exists() and not (target.is_file() or target.is_dir()):
            raise OutputError(f"{target} is a device or a pipe, which is not replaced", hint="name a file")
        sweep(target.parent)
        _write(target, data, force=force, mode=mode)
    except FileExistsError:
        raise OutputError(f"{target} exists already", hint="choose another name, or force it to be replaced") from None
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = "make room on that disk" if full else "choose a folder that exists and that you may write to"
        raise OutputError(f"{target} can't be written: {reason(error)}", hint=hint) from error


def _write(target: Path, data: bytes, *, force: bool, mode: int) -> None:
    with temporary_file(target.parent) as (temporary, descriptor):
        os.fchmod(descriptor, mode)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
        if force:
            temporary.replace(target)
            _sync_folder(target.parent)
        else:
            place_new(temporary, target)


def append_only(path: Path) -> int:
    """Return a descriptor that appends to a file just written; a link that took its place is refused.

    Raises:
        OSError: it can't be opened.
    """
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)


@contextlib.contextmanager
def temporary_file(folder: Path) -> Iterator[tuple[Path, int]]:
    """Make an empty file in `folder` that its owner alone may read; give its name and descriptor, remove it at the end.

    It lies in the folder of the file that it will become, since only within one file system can a name be given in one
    step.

    Raises:
        OSError: it can't be made.
    """
    while True:
        temporary = folder / f".psimatch-{randomness.random_bytes(8).hex()}.tmp"
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _OWNER_ONLY)
        try:
            # A sweep between the two calls takes the file away; then another name is tried.
            if _lock(descriptor, sweeping=False) and os.fstat(descriptor).st_nlink:
                yield temporary, descriptor
                return
        finally:
            os.close(descriptor)
            for suffix in ("", *_BESIDE):
                Path(f"{temporary}{suffix}").unlink(missing_ok=True)


def place_new(temporary: Path, target: Path) -> None:
    """Give the file its name, durably, unless there is one of that name.

    Raises:
        FileExistsError: there is.
    """
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links, such as a memory stick's: reserve the name, then replace in one step.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
        try:
            temporary.replace(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


def sweep(folder: Path) -> int:
    """Destroy the temporary files that killed programs of this user left in a folder; return how many.

    One that can't be looked at or removed stays: whoever calls this has something else to do.
    """
    try:
        names = [name for name in os.listdir(folder) if _TEMPORARY.fullmatch(name)]
    except OSError:
        return 0
    return sum(_sweep_one(folder / name) for name in names)


def _sweep_one(temporary: Path) -> bool:
    try:
        # To write, since a lock over a network asks for that.
        descriptor = os.open(temporary, os.O_RDWR | _THE_NAME_ITSELF)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        left = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and _lock(descriptor, sweeping=True)
        if left:
            # With the lock held, so that a program which has just made the file notices.
            destroy(temporary)
            for suffix in _BESIDE:
                Path(f"{temporary}{suffix}").unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return left


def _lock(descriptor: int, *, sweeping: bool) -> bool:
    """Lock a file until its descriptor is closed; False where another program holds it.

    Where the file system has no locks a writer does without them, and a sweep leaves what another may still write.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.EWOULDBLOCK, errno.EACCES} and not sweeping
    return True


class Fate(Enum):
    """What `destroy` did with a name."""

    # Overwritten with zeros, then removed.
    OVERWRITTEN = "overwritten"
    # A link, a pipe, a socket or a device: removed, and nothing was written to it.
    NAME_ONLY = "name only"
    # A file that has other names: this one is removed, and the data live on under the others.
    LIVES_ON = "lives on"


def destroy(path: str | os.PathLike[str]) -> Fate:
    """Overwrite a file with zeros, then remove it; of a link, and of a file with other names, remove the name alone.

    Whatever is put in the place of the name meanwhile is never written to. On a disk that writes elsewhere than where
    it read (flash, snapshots, copies) old data can survive.

    Raises:
        FileNotFoundError: there is none.
        OSError: it can't be removed.
    """
    target = Path(path)
    descriptor = _open_to_overwrite(target)
    if descriptor is None:
        fate = Fate.NAME_ONLY
    else:
        try:
            fate = _overwrite(descriptor)
        finally:
            os.close(descriptor)
    # What was overwritten is gone, whoever removes its name.
    target.unlink(missing_ok=fate is Fate.OVERWRITTEN)
    _sync_folder(target.parent)
    return fate


def _open_to_overwrite(target: Path) -> int | None:
    """Open a file to write to it, as far as its mode allows; None for what is no file."""
    try:
        return os.open(target, os.O_WRONLY | _THE_NAME_ITSELF)
    except OSError as error:
        # A link (one of the first two, by system); a pipe or a socket.
        if error.errno in {errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EOPNOTSUPP}:
            return None
        if error.errno != errno.EACCES:
            raise
    # A file that its owner made read-only. Its mode is changed by descriptor; then it is opened anew.
    reading = os.open(target, os.O_RDONLY | _THE_NAME_ITSELF)
    try:
        if not _is_single(os.fstat(reading)):
            return os.dup(reading)
        os.fchmod(reading, _OWNER_ONLY)
        writing = os.open(target, os.O_WRONLY | _THE_NAME_ITSELF)
        if not os.path.samestat(os.fstat(reading), os.fstat(writing)):
            os.close(writing)
            raise OSError(errno.ESTALE, "another file took its place")
    finally:
        os.close(reading)
    return writing


def _overwrite(descriptor: int) -> Fate:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return Fate.NAME_ONLY
    if not _is_single(status):
        return Fate.LIVES_ON
    left = status.st_size
    while left > 0:
        left -= os.write(descriptor, bytes(min(left, _ZEROS)))
    os.fsync(descriptor)
    return Fate.OVERWRITTEN


def _is_single(status: os.stat_result) -> bool:
    """Say whether it is a file that no other name leads to; one that has just lost its last name counts too."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink <= 1


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too; systems that can't sync a folder don't need it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
