"""An audit as its three people see it: two processes match, the auditor asks, the parties answer, the auditor checks."""

from __future__ import annotations

import csv
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import psimatch

Finish = Callable[..., tuple[int, str, str]]
AGREEMENT = ("--agreement", "pilot.toml")


@pytest.fixture
def auditor(pair: Any, tmp_path: Path) -> Any:
    """Name an auditor in the agreement of both; return it, with a folder that has what an auditor is given."""
    identity = psimatch.Identity.generate("Inspectie")
    made = type(pair.care)("inspectie", tmp_path / "inspectie")
    made.folder.mkdir()
    psimatch.write_identity(made.folder / "inspectie.identity", identity, None)
    terms = psimatch.Terms.from_fields({**pair.terms.as_fields(), "auditor": identity.public.fingerprint_text})
    for side in (pair.care, pair.police, made):
        side.sign(pair.signed(terms))
        psimatch.write_public(side.folder / "inspectie.public", identity.public, force=True)
    for name, identity in pair.identities.items():
        psimatch.write_public(made.folder / f"{name}.public", identity.public, force=True)
    return made


def run_match(pair: Any, finish: Finish) -> None:
    listening, address = pair.police.listen()
    connecting = pair.care.match("--connect", address)
    for process in (connecting, listening):
        code, output, errors = finish(process)
        assert code == 0, errors
        assert "for audit    " in output


def hand_over(party: Any, auditor: Any) -> str:
    """Give the auditor a party's audit file, but not its key file; return its name."""
    (path,) = party.folder.glob("*.audit")
    shutil.copy(path, auditor.folder)
    return str(path.name)


@pytest.mark.parametrize("rows", ["all", "10"])
def test_from_match_to_report(pair: Any, auditor: Any, finish: Finish, rows: str) -> None:
    run_match(pair, finish)
    for party in (pair.care, pair.police):
        name = hand_over(party, auditor)
        code, output, errors = finish(
            auditor.start("audit", "sample", name, *AGREEMENT, "--rows", rows, "-o", f"{party.name}.request")
        )
        assert code == 0, errors
        assert "with a receipt that both parties signed" in output
        assert ("at least 14.6% to meet one of 1 bad rows" in output) == (rows == "10")
        shutil.copy(auditor.folder / f"{party.name}.request", party.folder / "request")
        identity = f"{party.name}.identity"
        answering = ("audit", "open", name, "request", *AGREEMENT, "--identity", identity, "-o", "answer", "--yes")
        code, _, errors = finish(party.start(*answering))
        assert code == 0, errors
        shutil.copy(party.folder / "answer", auditor.folder / f"{party.name}.answer")
        checking = (
            *("audit", "check", name, *AGREEMENT, "--auditor-key", "inspectie.identity", "--json"),
            *("--request", f"{party.name}.request", "--answer", f"{party.name}.answer", "--rows", f"{party.name}.csv"),
        )
        code, output, errors = finish(auditor.start(*checking))
        assert code == 0, errors
        report = json.loads(output)
        assert (report["violations"], report["matches"], report["set_size"]) == ([], 1, 64)
        assert report["proves_set"] == (rows == "all")
        assert report["opened"] == (64 if rows == "all" else 10)
        with (auditor.folder / f"{party.name}.csv").open(newline="") as file:
            opened = {row["case_ref"]: row["value"] for row in csv.DictReader(file)}
        with (party.folder / "flags.csv").open(newline="") as file:
            submitted = {row["case_ref"]: row["text"] for row in csv.DictReader(file)}
        assert opened == submitted if rows == "all" else opened.items() <= submitted.items()
        code, output, _ = finish(party.start("ledger", "show"))
        assert f"{report['opened']} rows opened to the auditor" in output
        assert finish(party.start("ledger", "verify"))[0] == 0


def test_what_goes_wrong_is_told(pair: Any, auditor: Any, finish: Finish) -> None:
    run_match(pair, finish)
    name = hand_over(pair.care, auditor)
    asking = ("audit", "sample", name, *AGREEMENT, "--rows", "all", "-o", "request")
    assert finish(auditor.start(*asking))[0] == 0
    shutil.copy(auditor.folder / "request", pair.care.folder)
    key = next(pair.care.folder.glob("*.audit-key"))
    opening = ("audit", "open", name, "request", *AGREEMENT, "-o", "answer", "--yes", "--identity")
    code, _, errors = finish(pair.care.start(*opening[:-2], *opening[-1:], "care.identity"))
    assert code == 130, "without --yes it asks, and nobody answers"
    assert finish(pair.care.start(*opening, "care.identity"))[0] == 0
    shutil.copy(pair.care.folder / "answer", auditor.folder)
    checking = ("audit", "check", name, *AGREEMENT, "--request", "request", "--answer", "answer")
    assert finish(auditor.start(*checking, "--auditor-key", "inspectie.identity"))[0] == 0
    assert finish(auditor.start("audit", "check", name, *AGREEMENT))[0] == 0
    assert finish(auditor.start(*checking))[0] == 2
    assert finish(auditor.start("audit", "sample", name, *AGREEMENT, "--rows", "65", "-o", "other"))[0] == 1
    assert finish(auditor.start("audit", "sample", name, *AGREEMENT, "--rows", "no", "-o", "other"))[0] == 2
    # Another's key, another's file, a key that is gone.
    psimatch.write_identity(auditor.folder / "other.identity", psimatch.Identity.generate("Another"), None)
    code, _, errors = finish(auditor.start(*checking, "--auditor-key", "other.identity"))
    assert code == 1
    assert "not sealed to this auditor key" in errors
    shutil.copy(pair.care.folder / name, pair.police.folder)
    shutil.copy(pair.care.folder / "request", pair.police.folder)
    shutil.copy(key, pair.police.folder)
    code, _, errors = finish(pair.police.start(*opening, "police.identity"))
    assert code == 3
    assert "the other party's" in errors
    key.unlink()
    code, _, errors = finish(pair.care.start(*opening, "care.identity", "--force"))
    assert code == 1
    assert "hint: " in errors
    # A file that was changed.
    changed = bytearray((auditor.folder / name).read_bytes())
    changed[-40] ^= 1
    (auditor.folder / name).write_bytes(changed)
    code, output, errors = finish(auditor.start(*checking, "--auditor-key", "inspectie.identity"))
    assert code == 9, errors
    assert "VIOLATION    message" in output


@pytest.mark.parametrize(
    ("name", "number"), [*(("care", number) for number in range(1, 5)), *(("police", number) for number in range(1, 7))]
)
def test_a_killed_side_leaves_a_file_that_reads(
    pair: Any, auditor: Any, finish: Finish, name: str, number: int
) -> None:
    victim, other = (pair.care, pair.police) if name == "care" else (pair.police, pair.care)
    listening, address = other.listen("--wait", "20")
    assert finish(victim.crash("send", number, "--connect", address))[0] == -signal.SIGKILL
    listening.terminate()
    finish(listening)
    for side in (victim, other):
        for path in side.folder.glob("*.audit"):
            # The message that never left is in the sender's file, and breaks nothing.
            shutil.copy(path, auditor.folder)
            code, output, errors = finish(auditor.start("audit", "check", path.name, *AGREEMENT))
            assert code == 0, output + errors
            assert path.with_suffix(".audit-key").exists()
    # The same command goes on, with an audit file of its own.
    before = len(list(victim.folder.glob("*.audit")))
    listening, address = other.listen("--force", "--wait", "20")
    again = victim.match("--connect", address)
    assert [finish(process)[0] for process in (again, listening)] == [0, 0]
    assert len(list(victim.folder.glob("*.audit"))) == before + 1
