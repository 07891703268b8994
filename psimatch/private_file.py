"""A file that only its owner can read, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path
from typing import Final

from psimatch.errors import OutputError

_OWNER_ONLY: Final = 0o600
_ZEROS: Final = 1 << 20


def write_private(path: str | os.PathLike[str], data: bytes, *, force: bool = False, mode: int = _OWNER_ONLY) -> None:
    """Write `data` to `path` such that at any moment, a crash included, it holds all of them or what it held before.

    An existing file stays as it is unless `force`; so does one that another program makes meanwhile. The data are on
    disk when this returns. `mode` is set on the file whatever the umask.

    Raises:
        OutputError: the file exists and not `force`, is a device, or the folder or the file can't be written.
    """
    target = Path(path)
    try:
        # Tell at once; the link below is what guarantees it.
        if not force and target.is_symlink() | target.exists():
            raise FileExistsError
        if target.exists() and not (target.is_file() or target.is_dir()):
            raise OutputError(f"{target} is a device or a pipe, which is not replaced", hint="name a file")
        _write(target, data, force=force, mode=mode)
    except FileExistsError:
        raise OutputError(f"{target} exists already", hint="choose another name, or force it to be replaced") from None
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = "make room on that disk" if full else "choose a folder that exists and that you may write to"
        raise OutputError(f"{target} can't be written: {error.strerror or error}", hint=hint) from error


def destroy(path: str | os.PathLike[str]) -> bool:
    """Overwrite a file with zeros, then remove it; of a link the link alone. Return whether it was overwritten.

    On a disk that writes elsewhere than where it read (flash, snapshots, copies) old data can survive.

    Raises:
        FileNotFoundError: there is none.
        OSError: it can't be removed.
    """
    target = Path(path)
    whole = target.is_file() and not target.is_symlink()
    if whole:
        target.chmod(_OWNER_ONLY)
        with target.open("r+b", buffering=0) as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                left -= file.write(bytes(min(left, _ZEROS)))
            os.fsync(file.fileno())
    target.unlink()
    _sync_folder(target.parent)
    return whole


def _write(target: Path, data: bytes, *, force: bool, mode: int) -> None:
    # In the same folder, since only within one file system a name can be given in one step.
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            temporary.chmod(mode)
            os.fsync(file.fileno())
        if force:
            temporary.replace(target)
            _sync_folder(target.parent)
        else:
            place_new(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


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


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too; systems that can't sync a folder don't need it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
