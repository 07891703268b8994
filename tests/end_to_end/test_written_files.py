"""Every file that the commands write: who may read it, what a full disk or a link in its place does, what is left."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import psimatch
from psimatch.cli import main

# Secret: keys, and what opens a row. Personal: identifiers, contacts, case references. The rest says who matched when.
OWNER_ALONE = 0o600
# To be handed over: nothing in it is secret. An agreement keeps the rights that it was given.
ANYONE = 0o644
MODES = {
    "care.identity": OWNER_ALONE,
    "new.identity": OWNER_ALONE,
    "inspectie.identity": OWNER_ALONE,
    "care.ledger": OWNER_ALONE,
    "care.ledger-wal": OWNER_ALONE,
    "care.ledger-shm": OWNER_ALONE,
    "matches.csv": OWNER_ALONE,
    "matches.skipped.csv": OWNER_ALONE,
    "client.audit": OWNER_ALONE,
    f"client{psimatch.audit.KEY_SUFFIX}": OWNER_ALONE,
    "care.request": OWNER_ALONE,
    "care.answer": OWNER_ALONE,
    "opened.csv": OWNER_ALONE,
    "care.receipts": OWNER_ALONE,
    "ledger.html": OWNER_ALONE,
    "ledger.json": OWNER_ALONE,
    "care.public": ANYONE,
    "police.public": ANYONE,
    "inspectie.public": ANYONE,
    "new.public": ANYONE,
    "pilot.toml": ANYONE,
    "new.toml": ANYONE,
    "signed.toml": ANYONE,
    "merged.toml": ANYONE,
}
AGREEMENT = ("--agreement", "pilot.toml")
TERMS = (
    "--kinds",
    "text",
    "--max-items",
    "64",
    "--purpose",
    "a test",
    "--legal-basis",
    "none",
    "--valid-until",
    "2099-05-31",
)
# What is written, by which command, in an order in which each finds what it reads.
WRITERS = {
    "new.identity": ("identity", "new", "new.identity", "--name", "new", "--no-passphrase", "--force"),
    "new.toml": ("agreement", "new", "new.toml", "--client", "care.public", "--server", "police.public", *TERMS, "--force"),
    "signed.toml": ("agreement", "sign", "signed.toml", "--identity", "care.identity", "--yes"),
    "merged.toml": ("agreement", "merge", "merged.toml", "pilot.toml"),
    "ledger.html": ("ledger", "export", "--ledger", "care.ledger", "--output", "ledger.html", "--force"),
    "ledger.json": ("ledger", "export", "--ledger", "care.ledger", "--output", "ledger.json", "--force"),
    "care.receipts": ("receipts", "export", "--ledger", "care.ledger", "-o", "care.receipts", "--force"),
    "care.request": ("audit", "sample", "client.audit", *AGREEMENT, "--rows", "all", "-o", "care.request", "--force"),
    "care.answer": ("audit", "open", "client.audit", "care.request", *AGREEMENT, "--identity", "care.identity",
                    "-o", "care.answer", "--yes", "--force"),
    "opened.csv": ("audit", "check", "client.audit", *AGREEMENT, "--auditor-key", "inspectie.identity",
                   "--request", "care.request", "--answer", "care.answer", "--rows", "opened.csv", "--force"),
}  # fmt: skip
# Signatures are added to the file that a link leads to: it is the same agreement, by whatever name.
FOLLOWED = {"signed.toml", "merged.toml"}
# The umask of a shared machine that thinks of nobody's privacy, and the strictest in use.
UMASKS = {"none": 0o000, "strict": 0o077}


@pytest.fixture(params=UMASKS)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(UMASKS[request.param])
    yield
    os.umask(before)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Return the command line, run in this process: exit code and stderr."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def call(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as exited:
            main(list(arguments))
        return int(exited.value.code or 0), capsys.readouterr().err

    return call


def match(pair: Any, finish: Any) -> Path:
    """Run a match with an auditor and a bad row; return the client's folder, in which the auditor works too."""
    auditor = psimatch.Identity.generate("inspectie")
    folder: Path = pair.care.folder
    psimatch.write_identity(folder / "inspectie.identity", auditor, None)
    for side in (pair.care, pair.police):
        # Whatever the umask: a folder that others may write to is warned of.
        side.folder.chmod(0o700)
        side.sign(pair.signed(replace(pair.terms, auditor=auditor.public.fingerprint_text)))
        psimatch.write_public(side.folder / "inspectie.public", auditor.public)
    with (folder / "flags.csv").open("a", encoding="utf-8") as file:
        file.write(f"care-9,{'y' * 2_000},desk 9\r\n")
    listening, address = pair.police.listen()
    for process in (pair.care.match("--connect", address, "--skip-invalid"), listening):
        code, _, errors = finish(process)
        assert code == 0, errors
    # Their names have the session's id, which is another each time.
    for suffix in (".audit", psimatch.audit.KEY_SUFFIX):
        (found,) = folder.glob(f"*{suffix}")
        found.rename(folder / f"client{suffix}")
    return folder


def write_all(run: Callable[..., tuple[int, str]], folder: Path) -> None:
    unsigned = psimatch.read_agreement_file(folder / "pilot.toml")
    for name in ("signed.toml", "merged.toml"):
        psimatch.new_agreement_file(folder / name, psimatch.Agreement(unsigned.terms))
    for command in WRITERS.values():
        code, errors = run(*command)
        assert code == 0, (command, errors)


@pytest.fixture
def folder(pair: Any, finish: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = match(pair, finish)
    monkeypatch.chdir(made)
    return made


def modes(folder: Path) -> dict[str, int]:
    """The mode of each file but the list, which its owner wrote."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.name != "flags.csv"}


def test_who_may_read_what_is_written(umask: None, folder: Path, run: Callable[..., tuple[int, str]]) -> None:
    write_all(run, folder)
    found = modes(folder)
    assert set(MODES) - set(found) <= {"care.ledger-wal", "care.ledger-shm"}
    # Nothing else is left, whatever its name.
    assert found == {name: MODES.get(name) for name in found}


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    folder: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(run, folder)
    for name in FOLLOWED:
        unsigned = psimatch.Agreement(psimatch.read_agreement_file(folder / "pilot.toml").terms)
        (folder / name).unlink()
        psimatch.new_agreement_file(folder / name, unsigned)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name, command in WRITERS.items():
        before = {path.name: path.read_bytes() for path in folder.iterdir() if "ledger" not in path.suffix}
        with monkeypatch.context() as patched:
            patched.setattr("psimatch.files.os.fsync", full)
            code, errors = run(*command)
        assert code == 1, (name, errors)
        assert f"{name} can't be written: No space left on device" in errors
        assert "make room on that disk" in errors
        assert {path.name: path.read_bytes() for path in folder.iterdir() if "ledger" not in path.suffix} == before


def test_a_link_is_replaced_and_not_followed(folder: Path, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    write_all(run, folder)
    elsewhere = tmp_path / "elsewhere"
    for name, command in WRITERS.items():
        shutil.copy(folder / "pilot.toml", elsewhere)
        if name in FOLLOWED:
            unsigned = psimatch.Agreement(psimatch.read_agreement_file(folder / "pilot.toml").terms)
            psimatch.new_agreement_file(elsewhere, unsigned, force=True)
        before = elsewhere.read_bytes()
        (folder / name).unlink()
        (folder / name).symlink_to(elsewhere)
        code, errors = run(*command)
        assert code == 0, (name, errors)
        assert (folder / name).is_symlink() == (name in FOLLOWED)
        assert (elsewhere.read_bytes() == before) == (name not in FOLLOWED)


def test_no_link_in_the_place_of_a_ledger_leads_it_elsewhere(tmp_path: Path, pair: Any) -> None:
    """A link to nowhere could be made by another who may write to the folder, to have the ledger where they read it."""
    (tmp_path / "care.ledger").symlink_to(tmp_path / "nowhere")
    with pytest.raises(psimatch.LedgerError):
        psimatch.Ledger(tmp_path / "care.ledger", pair.identities["care"])
    assert not (tmp_path / "nowhere").exists()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []
