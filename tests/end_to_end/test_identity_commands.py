from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal import at_terminal

import psimatch

Run = Callable[..., tuple[int, str, str]]


def test_a_new_identity_has_a_secret_and_a_public_file(folder: Path, run: Run) -> None:
    assert stat.S_IMODE((folder / "care.identity").stat().st_mode) == 0o600
    code, shown, errors = run("identity", "show", "care.public")
    fingerprint = psimatch.read_public("care.public").fingerprint_text
    assert (code, shown, errors) == (0, f"care\nfingerprint {fingerprint}\n", "")
    assert run("identity", "show", "care.identity")[1] == shown
    assert json.loads(run("identity", "show", "care.public", "--json")[1])["fingerprint"] == fingerprint


@pytest.mark.parametrize("kept", ["care.identity", "care.public"])
def test_neither_file_of_an_identity_is_replaced_without_force(folder: Path, run: Run, kept: str) -> None:
    (folder / ({"care.identity", "care.public"} - {kept}).pop()).unlink()
    before = (folder / kept).read_bytes()
    code, output, errors = run("identity", "new", "care.identity", "--name", "new", "--no-passphrase")
    assert (code, output) == (1, "")
    assert f"psimatch: error: {kept} exists already\npsimatch: hint: " in errors
    assert (folder / kept).read_bytes() == before
    assert len(list(folder.glob("care.*"))) == 1
    assert run("identity", "new", "care.identity", "--name", "new", "--no-passphrase", "--force")[0] == 0


def test_a_passphrase_comes_from_a_file_and_seals(folder: Path, run: Run) -> None:
    (folder / "right").write_text("correct horse\n", "utf-8")
    (folder / "wrong").write_text("incorrect horse\n", "utf-8")
    code, _, errors = run("identity", "new", "s.identity", "--name", "s", "--passphrase-file", "right")
    assert (code, "can be read by others" in errors) == (3, True)
    for name in ("right", "wrong"):
        (folder / name).chmod(0o600)
    code, output, errors = run("identity", "new", "s.identity", "--name", "s", "--passphrase-file", "right")
    assert (code, "correct" in output + errors) == (0, False)
    assert run("identity", "show", "s.identity", "--passphrase-file", "right")[0] == 0
    for arguments, message in (
        (("--passphrase-file", "wrong"), "the passphrase of s.identity is wrong"),
        (("--passphrase-file", "none"), "none can't be read"),
        ((), "s.identity is sealed, and no passphrase is given"),
    ):
        code, output, errors = run("identity", "show", "s.identity", *arguments)
        assert (code, output) == (3, "")
        assert f"psimatch: error: {message}" in errors
        assert "horse" not in errors


def test_without_a_terminal_or_an_option_the_identity_is_unsealed_and_that_is_told(folder: Path, run: Run) -> None:
    code, _, errors = run("identity", "new", "u.identity", "--name", "u")
    assert code == 0
    assert "psimatch: warning: there is no terminal" in errors
    assert run("identity", "show", "u.identity")[0] == 0


def test_at_a_terminal_the_passphrase_is_asked_twice_and_not_shown(folder: Path) -> None:
    new = ("identity", "new", "t.identity", "--name", "t")
    code, shown = at_terminal(folder, [("passphrase", "horse"), ("again", "hors")], *new)
    assert code == 3
    assert "the two passphrases differ" in shown
    assert not (folder / "t.identity").exists()
    code, shown = at_terminal(folder, [("passphrase", "horse"), ("again", "horse")], *new)
    assert code == 0
    assert "horse" not in shown
    assert at_terminal(folder, [("passphrase", "horse")], "identity", "show", "t.identity")[0] == 0
