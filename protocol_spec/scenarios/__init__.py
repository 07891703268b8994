"""What writes the vectors: the reference computes each scenario, and refuses it where it must.

The full set goes where the caller says. Of it the tree keeps the core set (`core.py`) and the digest of the full one:
the SHA-256 of the file SHA256SUMS, which has a line for each scenario. Both are the same bytes each time.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from protocol_spec.scenarios import (
    agreements,
    agreements_at_limits,
    attacks,
    audit_files,
    beginnings,
    core,
    envelopes,
    files,
    group,
    kinds,
    kinds_at_limits,
    ledgers,
    matches,
    messages,
    messages_at_limits,
    order_of_checks,
    other_places,
    out_of_place,
    own_ledgers,
    persons_at_limits,
    refusing_ledgers,
    sessions,
    two_chunks,
    wrong_envelopes,
)

VECTORS = Path(__file__).parents[1] / "vectors"
FULL_SET = Path(__file__).parents[2] / "build" / "vectors"
SUMS, DIGEST = "SHA256SUMS", "SHA256SUMS.sha256"
# 1 January 2026, the date of every file in an archive.
WRITTEN = 1_767_225_600
# Published by others, or written by hand.
KEPT = {"README.md", "rfc9497-ristretto255-sha512.json", DIGEST}
# What takes longest begins first, and is never of the core set.
SLOW = two_chunks
MODULES = (
    group,
    agreements,
    agreements_at_limits,
    files,
    messages,
    messages_at_limits,
    matches,
    audit_files,
    ledgers,
    own_ledgers,
    envelopes,
    order_of_checks,
    beginnings,
    sessions,
    attacks,
    wrong_envelopes,
    other_places,
    out_of_place,
    refusing_ledgers,
    kinds,
    kinds_at_limits,
    persons_at_limits,
    two_chunks,
)
Files = Mapping[str, str]


def files_of(name: str) -> dict[str, str]:
    """Return the text of each file of one of the modules, by its path below the vectors."""
    found: dict[str, str] = {}
    for scenario in next(module for module in MODULES if module.__name__ == name).scenarios():
        if scenario.file in found:
            raise SystemExit(f"{scenario.file} is there twice")
        found[scenario.file] = json.dumps(scenario.content(), indent=1, ensure_ascii=False) + "\n"
    return found


def vector_files(core_only: bool = False) -> dict[str, str]:
    """Compute the text of every file by its path; two processes share the work.

    The order is that of MODULES. `core_only` leaves out the sessions of two chunks, which no core set has.
    """
    names = [module.__name__ for module in MODULES]
    first = [] if core_only else [SLOW.__name__]
    with ProcessPoolExecutor(2) as pool:
        made = {name: pool.submit(files_of, name) for name in (*first, *(n for n in names if n != SLOW.__name__))}
        found: dict[str, str] = {}
        for name in [name for name in names if name in made]:
            files = made[name].result()
            if twice := found.keys() & files.keys():
                raise SystemExit(f"{min(twice)} is there twice")
            found |= files
    return found


def sums(files: Files) -> str:
    """Return the text of SHA256SUMS: a line for each file in the order of their paths, as sha256sum writes it."""
    return "".join(f"{hashlib.sha256(files[name].encode()).hexdigest()}  {name}\n" for name in sorted(files))


def digest_line(files: Files) -> str:
    """Return the text of SHA256SUMS.sha256, which names a whole set."""
    return f"{hashlib.sha256(sums(files).encode()).hexdigest()}  {SUMS}\n"


def files_in(folder: Path) -> dict[str, str]:
    """Return the text of each file that a folder has of a set."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("*/*"))
        if path.is_file()
    }


def put(folder: Path, files: Files) -> None:
    """Make a folder hold these files, and no other in the folders of operations."""
    there = files_in(folder)
    for name in there.keys() - files.keys():
        (folder / name).unlink()
        if not any((folder / name).parent.iterdir()):
            (folder / name).parent.rmdir()
    for name, text in files.items():
        if there.get(name) != text:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


def write_full_set(folder: Path, files: Files) -> None:
    """Write the full set with its SHA256SUMS into a folder of its own, beside what the tree has for all readers."""
    if folder.resolve() == VECTORS.resolve():
        raise SystemExit("the tree keeps the core set alone: name another folder for the full one")
    # A folder of somebody's files is not emptied.
    if folder.exists() and any(folder.iterdir()) and not (folder / SUMS).is_file():
        raise SystemExit(f"{folder} has other files in it: name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    # A run that is cut short leaves no old sums beside new files.
    (folder / SUMS).write_text("", encoding="utf-8")
    put(folder, files)
    for name in KEPT - {DIGEST}:
        shutil.copyfile(VECTORS / name, folder / name)
    (folder / SUMS).write_text(sums(files), encoding="utf-8", newline="\n")


def write_archive(folder: Path, archive: Path) -> None:
    """Write a full set into a .tar.gz file: of the same set the same bytes, whoever writes it and when."""
    top = archive.name.removesuffix(".tar.gz")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            data = path.read_bytes()
            entry = tarfile.TarInfo(f"{top}/{path.relative_to(folder).as_posix()}")
            entry.size, entry.mode, entry.mtime = len(data), 0o644, WRITTEN
            tar.addfile(entry, io.BytesIO(data))


def differences(wanted: Files, core_only: bool = False) -> list[str]:
    """Say how the tree's core set, and its digest of the full set, differ from what was computed."""
    chosen, there = core.chosen(wanted), files_in(VECTORS)
    found = [f"{name}: stale" for name in there if name not in chosen]
    found += [f"{name}: missing" for name in chosen if name not in there]
    found += [f"{name}: different" for name in chosen if there.get(name, chosen[name]) != chosen[name]]
    if not core_only:
        kept = VECTORS / DIGEST
        if not kept.is_file() or kept.read_text(encoding="utf-8") != digest_line(wanted):
            found.append(f"{DIGEST}: not the digest of the full set, {digest_line(wanted).split()[0]}")
    return found


def check_tree(wanted: Files, core_only: bool = False) -> int:
    """Print how the tree differs from what was computed; return 1 where it does."""
    found = differences(wanted, core_only)
    counted = f"{len(core.chosen(wanted))} scenarios of the core set"
    counted += "" if core_only else f", and the digest of all {len(wanted)},"
    print("\n".join(found) or f"{counted} are what the reference computes")
    return 1 if found else 0


def renew_tree(wanted: Files) -> None:
    """Write the core set and the digest of the full set into the tree."""
    put(VECTORS, core.chosen(wanted))
    (VECTORS / DIGEST).write_text(digest_line(wanted), encoding="utf-8", newline="\n")
    print(f"{len(core.chosen(wanted))} of {len(wanted)} scenarios are in the core set")
