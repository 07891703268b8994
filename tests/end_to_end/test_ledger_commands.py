"""What two parties see of budget and ledger: two processes match, then people ask, verify, correct and withdraw."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from terminal import at_terminal, two_groups

import psimatch

Finish = Callable[..., tuple[int, str, str]]
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(pair: Any, finish: Finish) -> Ask:
    """Return what runs one command in a party's folder."""

    def run(side: Any, *arguments: str) -> tuple[int, str, str]:
        return finish(side.start(*arguments))

    return run


def run_match(pair: Any, finish: Finish, *care: str, police: tuple[str, ...] = ()) -> list[tuple[int, str, str]]:
    listening, address = pair.care.listen("--force", *care)
    connecting = pair.police.match("--connect", address, "--force", *police)
    return [finish(process) for process in (listening, connecting)]


def change_terms(pair: Any, **changed: Any) -> psimatch.Terms:
    terms = psimatch.Terms.from_fields({**pair.terms.as_fields(), **changed})
    for side in (pair.care, pair.police):
        side.sign(pair.signed(terms))
    return terms


def test_a_budget_is_shown_and_runs_out(pair: Any, finish: Finish, ask: Ask) -> None:
    change_terms(pair, max_evaluations=128)
    assert [code for code, _, _ in run_match(pair, finish)] == [0, 0]
    code, output, _ = ask(pair.care, "budget", "pilot.toml", "--json")
    shown = json.loads(output)
    assert (code, shown["spent"], shown["left"], shown["sessions_today"]) == (0, 64, 64, 1)
    assert [code for code, _, _ in run_match(pair, finish)] == [0, 0]
    code, output, _ = ask(pair.care, "budget", "pilot.toml")
    assert "police has spent 128 of 128 evaluations; 0 are left" in output
    assert "nothing is left" in output
    # Refused at once, before anybody waits for anybody.
    code, _, errors = ask(
        pair.care, *(["match", "flags.csv", "--agreement", "pilot.toml", "--identity", "care.identity"]),
        *(["--output", "again.csv", "--connect", "127.0.0.1:1"]),
    )  # fmt: skip
    assert code == 8
    assert "budget does not allow" in errors
    assert "hint: psimatch budget" in errors


def test_the_peer_is_called_as_in_the_agreement_and_not_as_in_the_file_with_its_keys(pair: Any, ask: Ask) -> None:
    file = pair.care.folder / "police.public"
    file.write_text(file.read_text().replace('name = "police"', 'name = "somebody else"'))
    process = pair.care.match("--listen", "127.0.0.1:0", "--wait", "0")
    assert "for police, 0 seconds" in process.communicate(timeout=60)[1]
    code, output, errors = ask(pair.care, "budget", "pilot.toml")
    assert (code, errors) == (0, "")
    assert "police has spent 0 of" in output


def test_who_is_refused_hears_why(pair: Any, finish: Finish) -> None:
    # Some is left, but not for a whole session.
    change_terms(pair, max_evaluations=100)
    assert [code for code, _, _ in run_match(pair, finish)] == [0, 0]
    (care_code, _, care_errors), (code, _, errors) = run_match(pair, finish)
    assert (care_code, code) == (6, 8)
    assert "budget" in errors
    assert "the budget of the agreement does not allow this session" in care_errors


def test_what_is_suppressed_takes_no_part(pair: Any, finish: Finish) -> None:
    (pair.care.folder / "shelters.csv").write_text("text\nshared secret\nanother shelter\n")
    (code, output, errors), (police_code, _, _) = run_match(pair, finish, "--suppress", "shelters.csv")
    assert (code, police_code) == (0, 0)
    assert (
        "identifiers taken out: 1, rows taken out: 1; rows at a suppressed address that take part otherwise: 0"
        in output
    )
    assert "shared secret" not in output + errors
    assert pair.care.rows() == pair.police.rows() == []
    (pair.care.folder / "shelters.csv").write_text(f"text\n{'y' * 2_000}\n")
    process = pair.care.match("--connect", "127.0.0.1:1", "--suppress", "shelters.csv", "--force")
    code, _, errors = finish(process)
    assert code == 1
    assert "nothing was sent" in errors


def test_receipts_and_a_ledger_that_was_cut_off(pair: Any, finish: Finish, ask: Ask) -> None:
    for _ in range(2):
        assert [code for code, _, _ in run_match(pair, finish, "--operator", "mw. J.")] == [0, 0]
    code, output, _ = ask(pair.care, "ledger", "show")
    assert code == 0
    assert output.count("finished, receipt signed by both: 1 matches  [mw. J.]") == 2
    assert "shared secret" not in output
    assert ask(pair.police, "receipts", "export", "-o", str(pair.care.folder / "police.receipts"))[0] == 0
    code, output, _ = ask(pair.care, "ledger", "verify", "--receipts", "police.receipts")
    assert (code, "receipts of police: 2" in output) == (0, True)
    connection = sqlite3.connect(pair.care.folder / "care.ledger")
    trigger = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'no_DELETE'").fetchone()[0]
    connection.execute("DROP TRIGGER no_DELETE")
    connection.execute("DELETE FROM entries WHERE number > 6")
    # Put back, as whoever does this well would.
    connection.execute(trigger)
    connection.commit()
    connection.close()
    assert ask(pair.care, "ledger", "verify")[0] == 0
    code, _, errors = ask(pair.care, "ledger", "verify", "--receipts", "police.receipts")
    assert code == 7
    assert "cut off" in errors
    # The next session shows it too, until an operator has looked.
    (care_code, _, _), (code, _, errors) = run_match(pair, finish)
    assert (care_code, code) == (6, 8)
    assert "says less than it did before" in errors
    for side, other in ((pair.police, "care"), (pair.care, "police")):
        reason = ("--reason", f"{other} lost a disk", "--identity", f"{side.name}.identity")
        assert ask(side, "ledger", "acknowledge", "pilot.toml", *reason)[0] == 0
    assert [code for code, _, _ in run_match(pair, finish)] == [0, 0]


class Tags(HTMLParser):
    """Collects what a page refers to, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.refers: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.refers += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        self.refers += [tag] if tag in ("script", "link", "img", "iframe") else []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_page_for_the_privacy_officer(pair: Any, finish: Finish, ask: Ask) -> None:
    change_terms(pair, title="<script>alert(1)</script>")
    assert [code for code, _, _ in run_match(pair, finish)] == [0, 0]
    identity = ("--identity", "care.identity")
    code, _, errors = ask(pair.care, "ledger", "correct", "k7qf-3m2x", "--reason", "a <b>namesake</b>", *identity)
    assert (code, "tell the other party" in errors) == (0, True)
    assert ask(pair.care, "ledger", "export", "--output", "page.html", "--lang", "en")[0] == 0
    text = (pair.care.folder / "page.html").read_text(encoding="utf-8")
    page = Tags()
    page.feed(text)
    assert page.refers == []
    words = " ".join(page.words)
    assert "<script>alert(1)</script>" in words
    assert "match K7QF-3M2X was false: a <b>namesake</b>" in words
    assert "Evaluations charged: 64 of 64,000" in words
    assert "shared secret" not in text
    assert ask(pair.care, "ledger", "export", "--output", "all.json")[0] == 0
    assert ask(pair.care, "ledger", "export", "--output", "blad.html")[0] == 0
    dutch = (pair.care.folder / "blad.html").read_text(encoding="utf-8")
    assert '<html lang="nl">' in dutch
    assert "Pogingen verbruikt: 64 van 64.000 (0,1%)" in dutch
    assert "match met code K7QF-3M2X was onjuist: a &lt;b&gt;namesake&lt;/b&gt;" in dutch
    document = json.loads((pair.care.folder / "all.json").read_text(encoding="utf-8"))
    assert [entry["number"] for entry in document["entries"]] == list(range(9))
    code, _, errors = ask(pair.care, "ledger", "export", "--output", "page.pdf")
    assert (code, "ends in .html or .json" in errors) == (2, True)


def test_a_withdrawal_is_for_good_and_for_both(pair: Any, finish: Finish, ask: Ask) -> None:
    assert [code for code, _, _ in run_match(pair, finish)] == [0, 0]
    assert ask(pair.care, "agreement", "withdraw", "pilot.toml", "--yes", "--identity", "care.identity")[0] == 0
    # A peer that has not answered yet may be anybody, so whoever listens tells the refusal and goes on.
    listening, address = pair.care.listen("--force")
    assert finish(pair.police.match("--connect", address, "--force"))[0] == 6
    listening.send_signal(signal.SIGINT)
    code, _, errors = finish(listening)
    assert code == 130
    assert "refused: this side has withdrawn the agreement" in errors
    code, _, errors = finish(pair.police.match("--connect", "127.0.0.1:1", "--force"))
    assert code == 8
    assert "the peer has withdrawn" in errors
    _, output, _ = ask(pair.police, "budget", "pilot.toml")
    assert "withdrawn: no session may run" in output


def test_files_go_when_their_time_is_over(pair: Any, finish: Finish, ask: Ask) -> None:
    assert [code for code, _, _ in run_match(pair, finish)] == [0, 0]
    matches = pair.care.folder / "matches.csv"
    assert ask(pair.care, "purge", "--identity", "care.identity")[2] == "psimatch: no file is due\n"
    connection = sqlite3.connect(pair.care.folder / "care.ledger")
    ((path, due),) = connection.execute("SELECT path, due FROM files").fetchall()
    assert (path, due // 86_400 - 90) == (str(matches), pytest.approx(_today(), abs=1))
    # Ninety days later.
    connection.execute("UPDATE files SET due = 0")
    connection.commit()
    connection.close()
    code, output, _ = ask(pair.care, "purge", "--identity", "care.identity")
    assert (code, output) == (0, f"{matches}\n")
    assert not matches.exists()
    assert "1 files removed" in ask(pair.care, "ledger", "show", "--last", "1")[1]


def _today() -> int:
    import time

    return int(time.time()) // 86_400


@pytest.mark.parametrize(("language", "words"), [("nl", "Wat niemand leert"), ("en", "What nobody learns")])
def test_an_agreement_in_plain_words(pair: Any, ask: Ask, language: str, words: str) -> None:
    change_terms(pair, kinds=["nl-address/1", "nl-bsn/1"], minutes_between_sessions=60)
    code, output, _ = ask(pair.care, "explain", "pilot.toml", "--lang", language)
    assert code == 0
    assert words in output
    assert "{" not in output
    assert max(map(len, output.splitlines())) <= 100


def test_an_auditor_is_told_before_anybody_signs(pair: Any, ask: Ask) -> None:
    auditor = psimatch.Identity.generate("inspector").public.fingerprint_text
    terms = psimatch.Terms.from_fields({**pair.terms.as_fields(), "auditor": auditor})
    pair.care.sign(psimatch.Agreement(terms))
    code, _, errors = ask(pair.care, "agreement", "sign", "pilot.toml", "--identity", "care.identity")
    assert (code, "then give --yes" in errors) == (2, True)
    typed = [*two_groups(terms.server.fingerprint_text), ("[y/N]", "n")]
    code, shown = at_terminal(pair.care.folder, typed, "agreement", "sign", "pilot.toml", "--identity", "care.identity")
    assert code == 130
    assert auditor in shown
    assert "keeps a sealed list of all that it submitted" in " ".join(shown.split())
    assert not psimatch.read_agreement_file(pair.care.folder / "pilot.toml").signatures


def test_which_ledger_is_meant(pair: Any, ask: Ask, tmp_path: Path) -> None:
    code, _, errors = ask(pair.care, "ledger", "show")
    assert (code, "no ledger lies in" in errors, "--ledger" in errors) == (7, True, True)


def test_a_list_that_became_shorter_is_filled_up_to_what_it_was(pair: Any, finish: Finish) -> None:
    terms = change_terms(pair, max_items=2_000)
    with psimatch.Ledger(pair.care.folder / "care.ledger", pair.identities["care"]) as ledger:
        agreement = psimatch.Agreement(terms)
        ledger.open_session(agreement, pair.identities["police"].public, 1_536)
    shared = [f"both {number}" for number in range(1_100)]
    pair.care.write_list(shared)
    pair.police.write_list(shared)
    for code, output, errors in run_match(pair, finish, "--json", police=("--json",)):
        assert code == 0, errors
        told = json.loads(output)
        assert sorted((told["own_set_size"], told["peer_set_size"])) == [1_152, 1_536]
        assert (told["own_set_size"] == 1_536) == (told["peer"]["name"] == "police")
