"""Whether an output file can be written, asked before the work that it is for."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import psimatch
from psimatch.cli import messages

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def check_output(path: Path, *, force: bool) -> None:
    """Check that `path` can become a new file, or replace one with `force`.

    Raises:
        OutputError: the file exists and not `force`, is a folder or a device, or its folder is missing or can't be
            written to.
    """
    try:
        _check(path, force=force)
    except OSError as error:
        raise psimatch.OutputError(
            f"{path} can't be written: {error.strerror}", hint="choose another name or folder"
        ) from None


def _check(path: Path, *, force: bool) -> None:
    if not str(path).isprintable():
        raise psimatch.OutputError(
            "the name of an output has characters that can't be kept", hint="choose another name"
        )
    if path.is_dir():
        raise psimatch.OutputError(f"{path} is a folder", hint="name a file")
    if path.exists() and not path.is_file():
        raise psimatch.OutputError(f"{path} is a device or a pipe, which is not replaced", hint="name a file")
    if not force and (path.exists() or path.is_symlink()):
        raise psimatch.OutputError(f"{path} exists already", hint="choose another name, or replace it with --force")
    folder = path.parent
    if not folder.is_dir():
        raise psimatch.OutputError(f"there is no folder {folder}", hint="make it first, or choose another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise psimatch.OutputError(f"the folder {folder} can't be written to", hint="choose another folder")
    warn_of_shared(folder)


def warn_of_shared(folder: Path) -> None:
    """Warn of a folder that others may write to: they can put another file in the place of one that lies there."""
    mode = folder.stat().st_mode
    if os.name == "posix" and mode & _OTHERS_WRITE and not mode & stat.S_ISVTX:
        messages.warning(f"others on this computer can replace files in the folder {folder.resolve()}: chmod go-w it")
