"""The README tells the truth: its commands run, its Python runs, and the demo prints what it shows."""

import csv
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
LIMIT = 60


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def section(name):
    return README.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def fenced(name):
    return re.search(r"```\w*\n(.*?)```", section(name), re.DOTALL)[1]


def command(line, port):
    arguments = shlex.split(line.replace(":7443", f":{port}"))
    assert arguments[0] == "psimatch"
    # A person is asked whether to sign; here nobody is there to answer.
    if arguments[1:3] == ["agreement", "sign"]:
        arguments.append("--yes")
    return [sys.executable, "-m", *arguments]


def test_the_commands_run(tmp_path, free_port):
    for party in ("care", "police"):
        (tmp_path / f"{party}.csv").write_bytes((ROOT / "examples" / party / "flags.csv").read_bytes())
    lines = fenced("commands").splitlines()
    matches = [line for line in lines if line.startswith("psimatch match")]
    assert len(matches) == 2
    for line in lines:
        if line not in matches:
            done = subprocess.run(
                command(line, free_port),
                cwd=tmp_path,
                input="y\n",
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
            assert done.returncode == 0, (line, done.stderr)
    running = [
        subprocess.Popen(command(line, free_port), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in matches
    ]
    for process in running:
        _, errors = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, errors
    found = []
    for party, separator in (("care", ";"), ("police", ",")):
        with (tmp_path / f"{party}-matches.csv").open(encoding="utf-8-sig", newline="") as file:
            found.append({row["match_reference"] for row in csv.DictReader(file, delimiter=separator)})
    assert found[0] == found[1]
    assert len(found[0]) == 11


def test_the_json_is_the_one_that_the_readme_describes():
    shape = (ROOT / "psimatch" / "cli" / "match_report.py").read_text()
    body = shape.partition("def report_fields")[2].partition("def report_lines")[0]
    fields = set(re.findall(r'^        "(\w+)":', body, re.MULTILINE))
    described = set()
    for line in section("json").splitlines()[2:]:
        described |= set(re.findall(r"`(\w+)`", line.split("|")[1]))
    assert described == fields
    assert "psimatch-match-1" in section("json")
    assert '"psimatch-match-1"' in shape


def test_the_python_runs():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", fenced("python")],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4} desk 4, 050 765 43 21", first)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", second)
    assert third == "13 entries, as they were written"


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"make (\w+)", re.sub(r"<!--.*?-->", "", README))) - {"it"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_links_resolve():
    for path, anchor in re.findall(r"\]\(([\w./-]+)(#[\w-]+)?\)", README):
        assert (ROOT / path).exists(), path
        if anchor:
            headings = [line.lstrip("# ").lower() for line in (ROOT / path).read_text().splitlines() if line[:1] == "#"]
            assert anchor[1:] in {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings}


def words_of(text):
    """The words of a text without what differs between two runs: figures, references, and thus the order of kinds."""
    text = re.sub(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b", "#", text)
    text = re.sub(r"nl-(bsn|address)", "kind", text)
    return re.sub(r"[\d][\d.,]*", "#", text).split()


def test_the_demo_prints_what_the_readme_shows():
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "demo.py")],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
        env={**os.environ, "COLUMNS": "100"},
    )
    shown = fenced("demo").strip()
    assert len(shown.splitlines()) >= 10
    assert words_of(shown) == words_of(done.stdout)[-len(words_of(shown)) :]
