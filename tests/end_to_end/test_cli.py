from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from terminal import at_terminal, two_groups

import psimatch
from psimatch.cli.exit_codes import MEANINGS, exit_code_of

EXAMPLES = Path(__file__).parents[2] / "examples"
Run = Callable[..., tuple[int, str, str]]


def sign(run: Run, name: str, path: str = "pilot.toml") -> tuple[int, str, str]:
    return run("agreement", "sign", path, "--identity", f"{name}.identity", "--yes")


def match(run: Run, *arguments: object, identity: str = "care.identity") -> tuple[int, str, str]:
    """Try to connect once to where nobody listens; exit code 4 means that all checks before have passed."""
    files = ("--agreement", "pilot.toml", "--identity", identity, "--output", "matches.csv")
    flags = EXAMPLES / "care" / "flags.csv"
    return run("match", flags, *files, "--connect", "127.0.0.1:1", "--wait", "0", *arguments)


# agreement


def test_an_agreement_is_signed_by_both_and_shown(folder: Path, run: Run) -> None:
    code, output, errors = sign(run, "care")
    assert code == 0
    assert output.startswith("signed by care as client\nid ")
    assert "police has yet to sign" in errors
    assert "  server       not signed" in run("agreement", "show", "pilot.toml")[1]
    assert sign(run, "police")[0] == 0
    before = (folder / "pilot.toml").read_bytes()
    assert sign(run, "care") == (0, "already signed by care as client\n", "")
    assert (folder / "pilot.toml").read_bytes() == before
    with (folder / "pilot.toml").open("a", encoding="utf-8") as file:
        file.write("# but nobody signed this comment\n")
    code, output, errors = run("agreement", "show", "pilot.toml")
    assert (code, errors) == (0, "")
    assert "  client       signed, verified" in output
    assert "in force today" in output
    assert "comment" not in output
    shown = json.loads(run("agreement", "show", "pilot.toml", "--json")[1])
    assert shown["signatures"] == {"client": "signed, verified", "server": "signed, verified"}
    assert (shown["format"], shown["in_force_today"]) == ("psimatch-agreement-1", True)
    assert shown["terms"]["max_items"] == 128
    (folder / "police.public").unlink()
    assert "  server       signed, not checked: no public identity found" in run("agreement", "show", "pilot.toml")[1]


def test_terms_that_changed_after_the_other_signed_are_not_signed(folder: Path, run: Run) -> None:
    sign(run, "care")
    text = (folder / "pilot.toml").read_text("utf-8")
    (folder / "pilot.toml").write_text(text.replace("max_items = 128", "max_items = 129"), "utf-8")
    for name in ("care", "police"):
        code, output, errors = sign(run, name)
        assert (code, output) == (3, "")
        assert "the signature of the client (care) does not belong to these terms" in errors
    code, output, errors = run("agreement", "show", "pilot.toml")
    assert (code, "they changed after it was made" in output, "psimatch: error:" in errors) == (3, True, True)


def test_the_others_signature_is_not_passed_over_for_want_of_its_public_identity(folder: Path, run: Run) -> None:
    sign(run, "care")
    (folder / "care.public").rename(folder / "elsewhere")
    code, _, errors = sign(run, "police")
    assert code == 3
    assert "--peer" in errors
    arguments = ("--identity", "police.identity", "--yes", "--peer", "elsewhere")
    assert run("agreement", "sign", "pilot.toml", *arguments)[0] == 0


def test_signing_needs_a_yes(folder: Path, run: Run) -> None:
    arguments = ("agreement", "sign", "pilot.toml", "--identity", "care.identity")
    code, _, errors = run(*arguments)
    assert code == 2
    assert "then give --yes" in errors
    code, shown = at_terminal(
        folder, [*two_groups(psimatch.read_public("police.public").fingerprint_text), ("[y/N]", "n")], *arguments
    )
    assert code == 130
    assert psimatch.read_public("police.public").fingerprint_text in shown
    assert "not signed" in shown
    assert not psimatch.read_agreement_file("pilot.toml").signatures
    assert (
        at_terminal(
            folder, [*two_groups(psimatch.read_public("police.public").fingerprint_text), ("[y/N]", "y")], *arguments
        )[0]
        == 0
    )
    assert psimatch.Role.CLIENT in psimatch.read_agreement_file("pilot.toml").signatures


def test_a_fingerprint_that_is_another_is_not_signed(folder: Path, run: Run) -> None:
    arguments = ("agreement", "sign", "pilot.toml", "--identity", "care.identity")
    code, shown = at_terminal(folder, [(": ", "AAAA"), (": ", "AAAA")] * 3, *arguments)
    assert (code, "not signed: the fingerprint is another one" in shown) == (130, True)
    assert shown.count("are not those of the fingerprint") == 3
    assert "[y/N]" not in shown
    assert not psimatch.read_agreement_file("pilot.toml").signatures
    # The numbers stand right above the question.
    _, shown = at_terminal(
        folder,
        [(": ", "A"), (": ", "A"), *two_groups(psimatch.read_public("police.public").fingerprint_text), ("[y/N]", "n")],
        *arguments,
    )
    last = shown.partition("Do you sign these terms?")[0].splitlines()[-5:]
    assert [line[:13].strip() for line in last] == ["at most", "", "budget", "", ""], last


def test_two_half_signed_copies_merge(folder: Path, run: Run) -> None:
    (folder / "copy.toml").write_bytes((folder / "pilot.toml").read_bytes())
    sign(run, "care")
    sign(run, "police", "copy.toml")
    code, output, _ = run("agreement", "merge", "pilot.toml", "copy.toml")
    assert code == 0
    assert output.startswith("added: server\n")
    assert len(psimatch.read_agreement_file("pilot.toml").signatures) == 2
    assert run("agreement", "merge", "pilot.toml", "copy.toml")[1].startswith("added: nothing")


def test_copies_that_differ_or_hold_a_void_signature_do_not_merge(folder: Path, run: Run) -> None:
    text = (folder / "pilot.toml").read_text("utf-8")
    (folder / "copy.toml").write_text(text.replace("128", "64", 1), "utf-8")
    before = (folder / "pilot.toml").read_bytes()
    assert run("agreement", "merge", "pilot.toml", "copy.toml")[0] == 3
    void = f'\n[[signature]]\nparty = "server"\ned25519 = "{"00" * 64}"\n'
    (folder / "copy.toml").write_text(text + void, "utf-8")
    code, _, errors = run("agreement", "merge", "pilot.toml", "copy.toml")
    assert code == 3
    assert "the signature of the server (police) does not belong to these terms" in errors
    assert (folder / "pilot.toml").read_bytes() == before


# check


def test_check_counts_a_good_list(run: Run) -> None:
    code, output, errors = run("check", EXAMPLES / "police" / "flags.csv")
    assert (code, errors) == (0, "")
    assert "91 usable rows, 0 bad rows" in output
    assert "60 distinct identifiers, 1 duplicates merged" in output


def test_check_names_every_bad_row_and_no_cell(run: Run) -> None:
    bad = EXAMPLES / "bad" / "flags.csv"
    code, output, errors = run("check", bad)
    assert code == 1
    assert "psimatch: error: " in errors
    assert "row 3: bsn: " in output
    shown = json.loads(run("check", bad, "--json")[1])
    assert (shown["format"], shown["bad_rows"]) == ("psimatch-check-1", len({e["row"] for e in shown["errors"]}))
    assert all(set(error) == {"row", "field", "problem", "remedy"} and error["remedy"] for error in shown["errors"])
    for cell in ("twaalf", "999990018", "1.0E+09", "0511 HJ"):
        assert cell not in output + errors


def test_what_the_own_list_ignores_is_not_ignored_in_the_suppression_list(folder: Path, run: Run) -> None:
    (folder / "own.csv").write_text("bsn,Tel kind,telefoon\n,0612345678,0201234567\n")
    (folder / "never.csv").write_text("bsn,telefoon\n123456782,0612345678\n")
    (folder / "own.toml").write_text('ignore = ["telefoon"]\n[columns]\ntelefoon = "Tel kind"\n')
    code, out, _ = run("check", "own.csv", "--profile", "own.toml", "--suppress", "never.csv")
    assert code == 0
    assert "rows taken out: 1" in out


def test_check_reads_as_the_agreement_would(folder: Path, run: Run) -> None:
    flags = EXAMPLES / "care" / "flags.csv"
    assert run("check", flags, "--agreement", "pilot.toml")[0] == 0
    assert "nl-address" not in run("check", flags, "--kinds", "nl-bsn")[1]
    assert run("check", flags, "--kinds", "nl-bsn", "--agreement", "pilot.toml")[0] == 2
    text = (folder / "pilot.toml").read_text("utf-8")
    (folder / "pilot.toml").write_text(text.replace("max_items = 128", "max_items = 64"), "utf-8")
    code, _, errors = run("check", flags, "--agreement", "pilot.toml")
    assert code == 1
    assert "the list takes 65 places, one for each identifier; the agreement allows 64" in errors
    assert run("check", "missing.csv")[0] == 1


# match, up to the network


def test_match_checks_everything_before_it_connects(folder: Path, run: Run) -> None:
    code, _, errors = match(run)
    assert (code, "has not signed" in errors) == (3, True)
    sign(run, "care")
    code, _, errors = match(run)
    assert (code, "the server (police) has not signed" in errors) == (3, True)
    sign(run, "police")
    code, output, errors = match(run)
    assert (code, output, "nobody listens" in errors) == (4, "", True)
    for arguments, expected, message in (
        (("--identity", "none"), 3, "none can't be read"),
        (("--identity", "care.public"), 3, "where the secret one is needed"),
        (("--peer", "care.public"), 3, "is not the public identity of police"),
        (("--output", "no/matches.csv"), 1, "there is no folder no"),
        (("--output", "care.public"), 1, "care.public is read by this match"),
        (("--listen", "127.0.0.1:0"), 2, "one of --listen and --connect"),
        (("--connect", "nowhere"), 2, "the address has no valid host"),
        (("--wait", "-1"), 2, "--wait"),
    ):
        code, output, errors = match(run, *arguments)
        assert (code, output) == (expected, ""), errors
        assert message in errors
    assert not (folder / "matches.csv").exists()


def test_match_stops_at_bad_rows_unless_told_to_skip_them(folder: Path, run: Run) -> None:
    sign(run, "care")
    sign(run, "police")
    good = "bsn;contact\n999990019;x\n"
    (folder / "flags.csv").write_text(good + "123;x\n" * 30, "utf-8")
    files = ("--agreement", "pilot.toml", "--identity", "care.identity", "--output", "matches.csv")
    arguments = ("match", "flags.csv", *files, "--connect", "127.0.0.1:1", "--wait", "0")
    code, output, errors = run(*arguments)
    assert (code, output) == (1, "")
    assert "psimatch: row 3: bsn: " in errors
    assert "30 rows can't be used" in errors
    assert len(errors.splitlines()) < 25
    assert run(*arguments, "--skip-invalid")[0] == 4
    (folder / "matches.skipped.csv").touch()
    assert run(*arguments, "--skip-invalid")[0] == 1
    assert run(*arguments, "--skip-invalid", "--skipped", "others.csv")[0] == 4
    assert run(*arguments, "--skip-invalid", "--skipped", "matches.csv")[0] == 1
    assert run(*arguments, "--skip-invalid", "--output", "flags.csv", "--force")[0] == 1
    assert (folder / "flags.csv").read_text("utf-8").startswith(good)


def test_an_agreement_out_of_force_is_refused(pair: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pair.care.folder)
    first = pair.terms.valid_from
    for terms, message in (
        (replace(pair.terms, valid_from=first - timedelta(9), valid_until=first - timedelta(2)), "expired"),
        (replace(pair.terms, valid_from=first + timedelta(9), valid_until=first + timedelta(9)), "not yet"),
    ):
        pair.care.sign(pair.signed(terms))
        code, _, errors = match(run)
        assert code == 3
        assert message in errors
    pair.care.sign(
        psimatch.Agreement(replace(pair.terms, valid_from=first - timedelta(9), valid_until=first - timedelta(2)))
    )
    assert sign(run, "care")[0] == 3


# bench


def test_bench_measures_and_estimates(run: Run) -> None:
    code, output, errors = run("bench", "--seconds", "0", "--items", "1000", "--items", "50", "--json")
    assert (code, errors) == (0, "")
    shown = json.loads(output)
    assert (shown["format"], shown["kernel"]) == ("psimatch-bench-1", psimatch.kernel_name())
    assert shown["kernel"] in shown["kernels"]
    assert [estimate["client_items"] for estimate in shown["estimates"]] == [1_000, 50]
    assert set(shown["microseconds"]) >= {"blind", "evaluate", "prove", "verify"}
    code, output, errors = run("bench", "--seconds", "0")
    assert (code, errors) == (0, "")
    for words in (f"kernel {psimatch.kernel_name()} (others", "PSIMATCH_KERNEL", "1,000,000", "unblind", "no network"):
        assert words in output
    assert run("bench", "--items", "0")[0] == 2


# errors and help


def test_usage_errors_are_lower_case_with_a_hint(run: Run) -> None:
    assert run("bogus") == (2, "", "psimatch: error: no such command 'bogus'\npsimatch: hint: see psimatch --help\n")
    code, output, errors = run("match")
    assert (code, output) == (2, "")
    assert "psimatch: hint: see psimatch match --help" in errors
    code, _, errors = run("agreement", "new", "x", "--valid-until", "31-05-2027")
    assert (code, "YYYY-MM-DD" in errors) == (2, True)
    code, _, errors = run("check", "x", "--kinds", "bsn")
    assert (code, "nl-bsn/1" in errors) == (2, True)
    assert run()[0] == 2


def test_the_help_lists_the_exit_codes_and_each_command_has_an_example(run: Run) -> None:
    code, output, _ = run("--help")
    assert code == 0
    for number, meaning in MEANINGS.items():
        assert f"  {number:<4}{meaning}" in output
    commands = ("identity new", "identity show", "agreement new", "agreement sign", "agreement merge")
    for command in (*commands, "agreement show", "check", "match", "bench"):
        code, output, _ = run(*command.split(), "--help")
        assert code == 0
        assert f"Example:\n    psimatch {command} " in output.replace("  Example", "Example")
    assert run("--version")[1] == f"psimatch, version {psimatch.__version__}\n"


def test_every_error_class_has_an_exit_code() -> None:
    def classes(of: type[psimatch.PsimatchError]) -> Iterator[type[psimatch.PsimatchError]]:
        yield of
        for each in of.__subclasses__():
            yield from classes(each)

    own = (psimatch.LocalProtocolError, psimatch.InputError)
    for each in classes(psimatch.PsimatchError):
        code = exit_code_of(each.__new__(each))
        expected_internal = each in (psimatch.PsimatchError, psimatch.ProtocolError) or issubclass(each, own[0])
        assert (code == 70) == expected_internal, each


@pytest.mark.parametrize("traceback", ["", "1"])
def test_an_internal_error_shows_no_data(run: Run, monkeypatch: pytest.MonkeyPatch, traceback: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("123456782")

    monkeypatch.setattr(psimatch, "read_flags", fail)
    monkeypatch.setenv("PSIMATCH_TRACEBACK", traceback)
    code, output, errors = run("check", "flags.csv")
    assert (code, output) == (70, "")
    assert errors.startswith("psimatch: error: internal error: KeyError at check.py:")
    assert ("Traceback" in errors) == ("123456782" in errors) == bool(traceback)
