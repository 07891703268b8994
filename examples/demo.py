"""Two organisations match their lists: two folders stand for two computers, and two processes meet over TCP.

Run it with `make demo`. It needs no network but this machine's own, and leaves nothing behind.
"""

from __future__ import annotations

import csv
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psimatch

EXAMPLES: Final = Path(__file__).parent
# Two processes on 11 matches take under a second; a machine under load may take its time.
PATIENCE: Final = 60
SHOWN_MATCHES: Final = 2
# Youths without a BSN on both lists.
SHARED_PERSONS: Final = 4


class DemoError(Exception):
    """Something did not go as it should."""


@dataclass(frozen=True)
class Side:
    """One party: its name, and the folder that stands for its computer."""

    name: str
    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start psimatch as this party."""
        command = [sys.executable, "-m", "psimatch", *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, *arguments: str, lines: int | None = None) -> None:
        """Show a command as this party types it, run it, and show the first lines of what it prints."""
        self.show(arguments)
        self.finish(self.start(*arguments), lines=lines)

    def finish(self, process: subprocess.Popen[str], *, lines: int | None = None) -> None:
        """Wait for a command and show what it printed.

        Raises:
            DemoError: it failed, or took too long.
        """
        try:
            output, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise DemoError(f"a command of {self.name} did not end within {PATIENCE} s") from None
        if process.returncode:
            raise DemoError(f"a command of {self.name} ended with {process.returncode}:\n{errors}")
        for line in output.splitlines()[:lines]:
            print(f"    {line}")

    def show(self, arguments: Sequence[str]) -> None:
        """Print a command, broken before an option where it gets long."""
        line = f"  {self.name}$ psimatch"
        for number, argument in enumerate(arguments):
            word = shlex.quote(argument)
            # An option stays with its value.
            value = arguments[number + 1] if argument.startswith("--") and number + 1 < len(arguments) else ""
            if len(line) + len(word) + len(value) > 110:
                print(f"{line} \\")
                line = "       "
            line += f" {word}"
        print(line)

    def send(self, name: str, other: Side) -> None:
        """Copy a file to the other party, as a mail would."""
        shutil.copy(self.folder / name, other.folder / name)

    def read_list(self) -> psimatch.FlagList:
        """Read this party's list, which only this demonstration may lay beside the other's."""
        return psimatch.read_flags(self.folder / "flags.csv", [psimatch.kind_named(kind) for kind in KINDS])

    def read_rows(self, name: str) -> dict[str, dict[str, str]]:
        """Return the rows of a file of matches by their reference."""
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            return {row["match_reference"]: row for row in csv.DictReader(file)}

    def read_matches(self) -> dict[str, set[psimatch.Identifier]]:
        """Return the identifiers of the rows that were written, by match reference."""
        by_case = {flag.case_ref: flag for flag in self.read_list().rows}
        with (self.folder / "matches.csv").open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            rows = list(csv.DictReader([head, *file], delimiter=";" if head.count(";") > head.count(",") else ","))
        found: dict[str, set[psimatch.Identifier]] = {}
        for row in rows:
            flag = by_case[row.get("dossier") or row["case_ref"]]
            same = {item for item in flag.identifiers if item.kind == row["matched_kind"]}
            found.setdefault(row["match_reference"], set()).update(same)
        return found


KINDS: Final = ("nl-bsn", "nl-address")


def heading(text: str) -> None:
    """Print the heading of a step."""
    print(f"\n{text}")


def prepare(care: Side, police: Side) -> None:
    """Make identities and an agreement that both sign."""
    heading("1. Each makes its keys, sends the .public file to the other, and reads the fingerprint out by telephone.")
    for side, other, name in ((care, police, "De Lindehof (care)"), (police, care, "Team mensenhandel (police)")):
        shutil.copy(EXAMPLES / side.name / "flags.csv", side.folder)
        side.run("identity", "new", f"{side.name}.identity", "--name", name, "--no-passphrase")
        side.send(f"{side.name}.public", other)
    heading("2. Care writes down what may be matched, by whom, why, and until when.")
    until = (datetime.now(UTC) + timedelta(days=180)).date().isoformat()
    agreement = "pilot.agreement.toml"
    terms = ("--kinds", ",".join(KINDS), "--max-items", "128", "--valid-until", until)
    reasons = ("--purpose", "Find runaways whom both flag", "--legal-basis", "Example covenant, article 4")
    parties = ("--client", "care.public", "--server", "police.public")
    care.run("agreement", "new", agreement, *parties, *terms, *reasons)
    heading("3. Both sign it (without --yes each is shown the terms and asked). Any later change voids the signatures.")
    care.run("agreement", "sign", agreement, "--identity", "care.identity", "--yes", lines=1)
    care.send(agreement, police)
    police.run("agreement", "sign", agreement, "--identity", "police.identity", "--yes", lines=1)
    police.send(agreement, care)


def match(care: Side, police: Side, name: str, agreement: str, output: str, *, quiet: bool = False) -> float:
    """Match over TCP in two processes; return the seconds from the start of both to the end of both."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    begun = time.monotonic()
    running = []
    for side, way in ((care, "--listen"), (police, "--connect")):
        files = ("--agreement", agreement, "--identity", f"{side.name}.identity")
        arguments = ("match", name, *files, way, address, "--output", output)
        running.append((side, arguments, side.start(*arguments)))
    try:
        for side, arguments, process in running:
            side.show(arguments)
            side.finish(process, lines=0 if quiet else None)
    finally:
        for _, _, process in running:
            process.kill()
    return time.monotonic() - begun


def compare(care: Side, police: Side, seconds: float) -> None:
    """Show both files of matches, and check them against the plain intersection of the two lists.

    Raises:
        DemoError: they differ.
    """
    heading(
        "5. Each has a file matches.csv with its own rows. The reference is the same on both sides: ring and say it."
    )
    found, theirs = care.read_matches(), police.read_matches()
    for reference in sorted(found)[:SHOWN_MATCHES]:
        kinds = ", ".join(sorted(item.kind for item in found[reference]))
        print(f"    care: {reference} {kinds:<12} police: {reference if reference in theirs else 'missing'}")
    print(f"    and {max(0, len(found) - SHOWN_MATCHES)} more")
    ours, others = set(care.read_list().items()), set(police.read_list().items())
    if found != theirs or set().union(*found.values()) != ours & others or len(found) != len(ours & others):
        raise DemoError("the matches are not the plain intersection of the two lists")
    heading(f"Checked: these {len(found)} matches are exactly what the two lists, laid side by side, have in common.")
    print(f"  Learned: both sides, the {len(found)} matches, and whom to ring about each. No name, no case.")
    print(
        f"  Hidden:  {len(ours - others)} of care's {len(ours)} identifiers and {len(others - ours)} of the police's"
        f" {len(others)}, and these numbers themselves:"
    )
    print("           each side saw only that the other has at most the agreed 128.")
    print(f"  Cost:    see step 4 for evaluations and bytes; {seconds:.2f} s for both processes, start to exit.")


def persons(care: Side, police: Side) -> None:
    """Match youths without a BSN, and check that those found are the same youths.

    Raises:
        DemoError: they are not.
    """
    heading("6. Of some youths the police have no BSN. Rules find them by both names and date of birth.")
    for side in (care, police):
        shutil.copy(EXAMPLES / side.name / "persons.csv", side.folder)
    until = (datetime.now(UTC) + timedelta(days=180)).date().isoformat()
    agreement = "persons.agreement.toml"
    terms = ("--kinds", "person", "--max-items", "64", "--valid-until", until)
    reasons = ("--purpose", "Find runaways whom both flag", "--legal-basis", "Example covenant, article 4")
    care.run(
        "agreement", "new", agreement, "--client", "care.public", "--server", "police.public", *terms, *reasons, lines=0
    )
    for side, other in ((care, police), (police, care)):
        side.finish(side.start("agreement", "sign", agreement, "--identity", f"{side.name}.identity", "--yes"), lines=0)
        side.send(agreement, other)
    match(care, police, "persons.csv", agreement, "persons-found.csv", quiet=True)
    found = [side.read_rows("persons-found.csv") for side in (care, police)]
    for reference, row in found[0].items():
        other_row = found[1].get(reference)
        if other_row is None or row["case_ref"][2:] != other_row["case_ref"][2:]:
            raise DemoError("two different youths were taken for one")
        names = [" ".join((each["voornamen"], each["voorvoegsel"], each["achternaam"])) for each in (row, other_row)]
        print(f"    {reference}  {' '.join(names[0].split()):<22} is {' '.join(names[1].split())}")
        print(f"               by {row['matched_rule']}")
    if len(found[0]) != SHARED_PERSONS or len(found[1]) != SHARED_PERSONS:
        raise DemoError("not all youths of both lists were found")
    print("    Tim and Tom, twins, did not match; twins whose names sound alike can, and are marked to be checked.")


def main() -> int:
    """Run the demonstration; return the exit code."""
    print("Care (a youth-care institution) and the police each have a list of flags: youths and addresses.")
    print("They want to know which are on both lists, and nothing about the others. All data are made up.")
    with tempfile.TemporaryDirectory(prefix="psimatch-demo-") as folder:
        care, police = (Side(name, Path(folder) / name) for name in ("care", "police"))
        for side in (care, police):
            side.folder.mkdir()
        try:
            prepare(care, police)
            heading("4. They match: one listens, the other connects. The lists stay where they are.")
            seconds = match(care, police, "flags.csv", "pilot.agreement.toml", "matches.csv")
            compare(care, police, seconds)
            persons(care, police)
        except (DemoError, OSError, KeyError, psimatch.PsimatchError) as error:
            print(f"demo: error: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
