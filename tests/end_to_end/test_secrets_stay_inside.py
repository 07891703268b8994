"""No secret on a command line, in --json, in what a crash prints, or in a file that a crash leaves."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from shown import ShownError, refuse

import psimatch
from psimatch.cli import main
from psimatch.cli.app import app
from psimatch.cli.exit_codes import ExitCode

PASSPHRASE = "paard batterij nietje"  # noqa: S105
CANARIES = {"identifier": "quagga8842", "contact": "ring okapi", "case reference": "case-zebu"}
Finish = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sealed(pair: Any) -> Any:
    """Two parties whose identities lie under a passphrase, and whose lists have canaries."""
    for name, side in (("care", pair.care), ("police", pair.police)):
        identity = pair.identities[name]
        psimatch.write_identity(side.folder / f"{name}.identity", identity, PASSPHRASE, force=True)
        (side.folder / "passphrase").write_text(PASSPHRASE, "utf-8")
        (side.folder / "passphrase").chmod(0o600)
        rows = f"case_ref,text,contact\r\ncase-zebu,quagga8842,ring okapi\r\ncase-zebu,{name},ring okapi\r\n"
        (side.folder / "flags.csv").write_text(rows, "utf-8")
    return pair


def secrets(pair: Any) -> dict[str, Any]:
    seeds = {f"seed of {name}": identity.seed for name, identity in pair.identities.items()}
    return {**CANARIES, **seeds, "passphrase": PASSPHRASE}


def test_what_others_see_of_a_process(sealed: Any, finish: Finish) -> None:
    """Its command line, which `ps` shows to all, and its children, of which it has none."""
    listening, address = sealed.police.listen("--passphrase-file", "passphrase", "--json")
    process = Path(f"/proc/{listening.pid}")
    refuse(secrets(sealed), arguments=(process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    assert [task.read_text() for task in process.glob("task/*/children")] == [""] * len(list(process.glob("task/*")))
    # Of a process that crashes no memory goes to a disk.
    limit = re.search(r"Max core file size +(\S+)", (process / "limits").read_text())
    assert limit
    assert limit[1] == "0"
    connecting = sealed.care.match("--connect", address, "--passphrase-file", "passphrase", "--json")
    for ended in (connecting, listening):
        code, output, errors = finish(ended)
        assert code == 0, errors
        assert json.loads(output)["matches"] == 1
        refuse(secrets(sealed), output=output, errors=errors)


CRASHES = {
    "a fault of the memory": "import ctypes; ctypes.string_at(0)",
    "abort": "import os; os.abort()",
    "an error that nobody foresaw": "raise ValueError(repr(session_items()))",
}


@pytest.mark.parametrize("name", CRASHES)
def test_what_a_crash_prints(sealed: Any, finish: Finish, name: str) -> None:
    """In Python's development mode too, with its fault handler on, in the midst of a match."""
    program = sealed.care.folder / "crash.py"
    program.write_text(
        "from psimatch import cli, own_set\n"
        "begin = own_set.OwnSet.__init__\n"
        "def crash(self, submission):\n"
        "    session_items = lambda: bytes(submission._packed)\n"
        "    begin(self, submission)\n"
        f"    {CRASHES[name]}\n"
        "own_set.OwnSet.__init__ = crash\n"
        "cli.main()\n",
        "utf-8",
    )
    crashing = sealed.care.match(
        "--connect",
        "127.0.0.1:1",
        "--passphrase-file",
        "passphrase",
        program=("-X", "dev", "-X", "faulthandler", "crash.py"),
    )
    code, output, errors = finish(crashing)
    assert code in (-signal.SIGSEGV, -signal.SIGABRT, ExitCode.INTERNAL), (code, errors)
    assert "crash" in errors or "internal error: ValueError" in errors
    refuse(secrets(sealed), output=output, errors=errors)
    assert not [path for path in sealed.care.folder.iterdir() if path.name.startswith("core")]


def commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from commands(command)
        else:
            yield command


def test_no_command_takes_a_secret_on_its_command_line() -> None:
    """What a command takes is a file, a flag, or something that is no secret; a new parameter is to be thought about."""
    taken = {
        parameter.name
        for command in commands(app)
        for parameter in command.params
        if not (isinstance(parameter.type, click.Path) or getattr(parameter, "is_flag", False))
    }
    assert {name for name in taken if name and re.search("pass|secret|key|seed|identifier|bsn|value", name)} == set()
    secret = {
        parameter for command in commands(app) for parameter in command.params if "passphrase" in (parameter.name or "")
    }
    assert {parameter.name for parameter in secret} == {"passphrase_file", "no_passphrase"}


def test_a_secret_that_is_printed_is_found(sealed: Any) -> None:
    for shown in (PASSPHRASE, "QUAGGA8842", sealed.identities["care"].seed.hex(), repr(sealed.identities["care"].seed)):
        with pytest.raises(ShownError):
            refuse(secrets(sealed), output=f"psimatch: error: {shown}")


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o700, False), (0o755, False), (0o775, True), (0o777, True), (0o1777, False)]
)
def test_a_folder_that_others_may_write_to_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: int, warned: bool
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(SystemExit) as exited:
        main(["identity", "new", str(folder / "care.identity"), "--name", "care", "--no-passphrase"])
    assert not exited.value.code
    assert ("others on this computer can replace files in the folder" in capsys.readouterr().err) == warned
