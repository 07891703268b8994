"""Every command under what a user or the system does: never an internal error, never a traceback."""

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from psimatch.cli.app import app, main

LONG = "n" * 300


def leaves(command, path=()):
    if hasattr(command, "commands"):
        return [leaf for name, part in command.commands.items() for leaf in leaves(part, (*path, name))]
    return [path]


TERMS = ("--kinds", "nl-bsn", "--max-items", "8", "--purpose", "p", "--legal-basis", "l", "--valid-until", "2099-01-01")


def arguments(name):
    """Return the arguments of each command, with `name` as each file that it names."""
    identity, agreement = ("--identity", name), ("--agreement", name)
    return {
        ("identity", "new"): (name, "--name", "Care", "--no-passphrase"),
        ("identity", "show"): (name,),
        ("agreement", "new"): (name, "--client", name, "--server", name, *TERMS),
        ("agreement", "sign"): (name, *identity, "--yes"),
        ("agreement", "merge"): (name, name),
        ("agreement", "show"): (name,),
        ("agreement", "withdraw"): (name, *identity, "--yes"),
        ("ledger", "show"): ("--ledger", name),
        ("ledger", "verify"): ("--ledger", name, "--receipts", name),
        ("ledger", "export"): ("--ledger", name, "--output", f"{name}.html"),
        ("ledger", "correct"): ("K7QF-3M2X", "--reason", "r", *identity, "--ledger", name),
        ("ledger", "acknowledge"): (name, "--reason", "r", *identity),
        ("ledger", "accept-clock"): ("--reason", "r", *identity, "--ledger", name),
        ("receipts", "export"): ("--ledger", name, "--output", name),
        ("linkage", "evaluate"): (name, name, "--truth", name),
        ("audit", "sample"): (name, *agreement, "--rows", "1", "--output", name),
        ("audit", "open"): (name, name, *agreement, *identity, "--output", name, "--yes"),
        ("audit", "check"): (name, *agreement),
        ("explain",): (name,),
        ("check",): (name, "--json"),
        ("match",): (name, *agreement, *identity, "--connect", "127.0.0.1:1", "--output", name, "--wait", "0"),
        ("budget",): (name, "--ledger", name),
        ("purge",): (*identity, "--ledger", name),
        ("bench",): ("--seconds", "0.01"),
    }


def in_child(words, folder, prepare):
    """Run a command in a child of this process, which has all modules loaded; return exit code and stderr."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(writing, 2)
            sys.stdin, sys.stdout, sys.stderr = (
                os.fdopen(number, mode, closefd=False) for number, mode in enumerate("rww")
            )
            prepare()
            try:
                main(list(words))
            except SystemExit as ended:
                os._exit(int(ended.code or 0))
            except BaseException as error:
                os.write(writing, f"Traceback: {error!r}".encode())
        os._exit(99)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        errors = stream.read().decode(errors="replace")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), errors


def closed(number):
    def prepare():
        os.close(number)
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)

    return prepare


def full(number):
    def prepare():
        os.dup2(os.open("/dev/full", os.O_WRONLY), number)

    return prepare


def nobody():
    os.setgid(65534)
    os.setuid(65534)


def no_file_may_grow():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


CONDITIONS = {
    "name too long": (LONG, lambda: None),
    "folder that is a file": ("file/name", lambda: None),
    "folder that may not be entered": ("closed/name", nobody),
    "no end": ("/dev/zero", lambda: None),
    "no such file": ("absent", lambda: None),
    "a folder": ("closed", lambda: None),
    "stdin closed": ("file", closed(0)),
    "stdout closed": ("file", closed(1)),
    "stderr closed": ("file", closed(2)),
    "stdout full": ("file", full(1)),
    "stderr full": ("file", full(2)),
    "files may not grow": ("new", no_file_may_grow),
    "in /proc": ("/proc/new", lambda: None),
}


def test_every_command_is_here():
    assert set(arguments("x")) == set(leaves(app))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_command_ends_in_an_internal_error(condition, tmp_path):
    name, prepare = CONDITIONS[condition]
    (tmp_path / "file").write_bytes(b"nothing")
    (tmp_path / "closed").mkdir(mode=0o700)
    for words, rest in arguments(name).items():
        if prepare is nobody and words == ("bench",):
            # It names no file, and loads modules that only root may read on some machines.
            continue
        code, errors = in_child((*words, *rest), tmp_path, prepare)
        assert code not in {70, 99}, (words, code, errors)
        assert 0 <= code <= 10 or code == 130, (words, code, errors)
        assert "Traceback" not in errors, (words, errors)
        assert "internal error" not in errors, (words, errors)


@pytest.mark.parametrize("prepare", [full(1), closed(1)])
def test_output_that_can_not_be_delivered_has_an_exit_code_of_its_own(prepare, tmp_path):
    assert in_child(("identity", "new", "a.identity", "--name", "A", "--no-passphrase"), tmp_path, prepare)[0] == 10
    code, errors = in_child(("identity", "show", "a.public"), tmp_path, prepare)
    assert code == 10
    assert "could not be delivered" in errors


@pytest.mark.parametrize("program", [("--version",), ("check", "list.csv")])
def test_an_unknown_kernel_is_told_in_words(program, tmp_path):
    (tmp_path / "list.csv").write_bytes(b"bsn\r\n")
    environment = {**os.environ, "PSIMATCH_KERNEL": "none"}
    command = [sys.executable, "-m", "psimatch", *program]
    ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode == (0 if program == ("--version",) else 1), ended.stderr
    assert "Traceback" not in ended.stderr
    assert program == ("--version",) or "may be one of rbcl" in ended.stderr


def test_real_processes_end_with_their_own_exit_code(tmp_path):
    """Python ends with 120 where it can't flush at its own end."""
    (tmp_path / "list.csv").write_bytes(b"bsn\r\n")
    command = f"cd {tmp_path}; {sys.executable} -m psimatch check list.csv"
    for redirected, expected in (
        (">/dev/full", 10),
        (">&-", 10),
        ("2>&- >/dev/null", 0),
        ("2>/dev/full", 0),
        ("<&-", 0),
    ):
        ended = subprocess.run(["sh", "-c", f"{command} {redirected}"], capture_output=True, text=True, timeout=60)
        assert ended.returncode == expected, (redirected, ended.stderr)
        assert "Traceback" not in ended.stderr
    assert Path(tmp_path / "list.csv").exists()
