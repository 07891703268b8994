from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import psimatch
from psimatch.cli import main
from psimatch.errors import InputError
from psimatch.transports import TcpListener

TODAY = datetime.now(UTC).date()
# No test should come near it; a machine under load may.
PATIENCE = 60
Run = Callable[..., tuple[int, str, str]]
TERMS = ("--kinds", "nl-bsn,nl-address", "--max-items", "128", "--purpose", "a test", "--legal-basis", "none")
PARTIES = ("--client", "care.public", "--server", "police.public")
UNTIL = ("--valid-until", "2099-05-31")
CRASHING = Path(__file__).parents[1] / "support" / "crashing.py"


@dataclass
class Side:
    """One party with a folder of its own; `run` and `start` are its command line."""

    name: str
    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str, program: Sequence[str] = ("-m", "psimatch")) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=self.folder,
            env=environment,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.running.append(process)
        return process

    def match(self, *arguments: str, program: Sequence[str] = ("-m", "psimatch")) -> subprocess.Popen[str]:
        files = ("--agreement", "pilot.toml", "--identity", f"{self.name}.identity", "--output", "matches.csv")
        return self.start("match", "flags.csv", *files, *arguments, program=program)

    def crash(self, point: str, number: int, *arguments: str) -> subprocess.Popen[str]:
        """Start a match that is killed at a point; `crashing.py` says which there are."""
        return self.match(*arguments, program=(str(CRASHING), point, str(number)))

    def listen(self, *arguments: str) -> tuple[subprocess.Popen[str], str]:
        """Start a listening match; return it with its address once it listens."""
        process = self.match("--listen", "127.0.0.1:0", *arguments)
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"listening on (\S+) for", line)
        assert found, line
        return process, found[1]

    def write_list(self, texts: Sequence[str], column: str = "text") -> None:
        with (self.folder / "flags.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["case_ref", column, "contact"])
            writer.writerows([f"{self.name}-{row}", text, f"desk {row}"] for row, text in enumerate(texts))

    def rows(self) -> list[dict[str, str]]:
        with (self.folder / "matches.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def sign(self, agreement: psimatch.Agreement) -> None:
        (self.folder / "pilot.toml").unlink(missing_ok=True)
        psimatch.new_agreement_file(self.folder / "pilot.toml", agreement)


@dataclass
class Pair:
    """Two parties with identities, and an agreement over `text` that both have signed."""

    care: Side
    police: Side
    identities: dict[str, psimatch.Identity]
    terms: psimatch.Terms

    def signed(self, terms: psimatch.Terms, *names: str) -> psimatch.Agreement:
        agreement = psimatch.Agreement(terms)
        for name in names or ("care", "police"):
            agreement = agreement.sign(self.identities[name])
        return agreement


@pytest.fixture
def finish() -> Callable[[subprocess.Popen[str]], tuple[int, str, str]]:
    """Return what waits for a process, and gives its exit code, stdout and the rest of stderr."""

    def wait(process: subprocess.Popen[str]) -> tuple[int, str, str]:
        output, errors = process.communicate(timeout=PATIENCE)
        return process.returncode, output, errors

    return wait


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    identities = {name: psimatch.Identity.generate(name) for name in ("care", "police")}
    parties = {name: psimatch.Party.of(identity.public) for name, identity in identities.items()}
    terms = psimatch.Terms(
        title="pilot",
        purpose="a test",
        legal_basis="none is needed",
        client=parties["care"],
        server=parties["police"],
        kinds=("text/1",),
        max_items=64,
        max_evaluations=64_000,
        sessions_per_day=1_000,
        valid_from=TODAY,
        # Still in force if midnight passes during the test.
        valid_until=TODAY + timedelta(days=1),
        contact_size=16,
    )
    sides = {name: Side(name, tmp_path / name) for name in identities}
    made = Pair(sides["care"], sides["police"], identities, terms)
    for name, side in sides.items():
        side.folder.mkdir()
        psimatch.write_identity(side.folder / f"{name}.identity", identities[name], None)
        side.sign(made.signed(terms))
        side.write_list([f"{name} 1", "shared secret", f"{name} 2"])
    for name, other in (("care", "police"), ("police", "care")):
        psimatch.write_public(sides[name].folder / f"{name}.public", identities[name].public)
        shutil.copy(sides[name].folder / f"{name}.public", sides[other].folder)
    yield made
    for side in sides.values():
        for process in side.running:
            process.kill()
            process.communicate()


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[TcpListener]:
    with contextlib.ExitStack() as stack:
        try:
            listening = stack.enter_context(TcpListener(request.param, 0))
        except InputError:
            pytest.skip(f"this machine has no {request.param}")
        yield listening


@pytest.fixture
def ipv4() -> Iterator[TcpListener]:
    with TcpListener("127.0.0.1", 0) as listening:
        yield listening


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the command line, run in this process: exit code, stdout, stderr. Nobody sits at a terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exited:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return int(exited.value.code or 0), output.out, output.err

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """The current folder, with the identities of both parties and an agreement that nobody has signed."""
    monkeypatch.chdir(tmp_path)
    for name in ("care", "police"):
        assert run("identity", "new", f"{name}.identity", "--name", name, "--no-passphrase")[0] == 0
    assert run("agreement", "new", "pilot.toml", *PARTIES, *TERMS, *UNTIL)[0] == 0
    return tmp_path
