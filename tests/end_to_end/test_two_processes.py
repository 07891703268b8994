from __future__ import annotations

import contextlib
import csv
import json
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import psimatch

Finish = Callable[[subprocess.Popen[str]], tuple[int, str, str]]

ODD = [
    "é",
    "e\u0301",
    "ﬁ",
    "ß",
    "İ",
    "Ⅷ",
    "日本",
    "עברית",
    "😀",
    '"',
    "'",
    ";",
    ",",
    "\n",
    "\t",
    "\\",
    "=",
    " ",
    "\u200d",
]
# Larger lists are run by hand; this many take two chunks of tags.
SIZES = [1_000]


def odd_texts(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < count:
        text = f"{len(texts)}{''.join(generator.choices(ODD, k=6))}{seed}"
        texts[unicodedata.normalize("NFC", text)] = None
    return list(texts)


def assert_silent(texts: list[str], *outputs: str) -> None:
    for output in outputs:
        assert not [text for text in texts if len(text) > 3 and text in output]


@pytest.mark.parametrize("size", SIZES)
def test_both_sides_find_the_plain_intersection(pair: Any, finish: Finish, size: int) -> None:
    terms = replace(pair.terms, max_items=2 * size)
    common, care, police = odd_texts(size // 2, 1), odd_texts(size // 2, 2), odd_texts(size // 2, 3)
    generator = random.Random(4)
    for side, own in ((pair.care, care), (pair.police, police)):
        side.sign(pair.signed(terms))
        # The other side composes its letters otherwise, and each has some rows twice.
        form = "NFD" if side is pair.police else "NFC"
        texts = [unicodedata.normalize(form, text) for text in [*common, *own, *common[:5]]]
        generator.shuffle(texts)
        side.write_list(texts)
    listening, address = pair.care.listen("--json")
    connecting = pair.police.match("--connect", address, "--json")
    found = []
    for side, process in ((pair.care, listening), (pair.police, connecting)):
        code, output, errors = finish(process)
        assert (code, errors) == (0, "")
        report = json.loads(output)
        assert (report["matches"], report["rows_written"]) == (len(common), len(common) + 5)
        assert_silent(common + care + police, output.replace("\\", ""))
        rows = side.rows()
        assert {unicodedata.normalize("NFC", row["text"]) for row in rows} == set(common)
        assert stat.S_IMODE((side.folder / "matches.csv").stat().st_mode) == 0o600
        found.append({unicodedata.normalize("NFC", row["text"]): row["match_reference"] for row in rows})
    assert found[0] == found[1]
    assert len(set(found[0].values())) == len(common)


def test_each_learns_the_contact_of_the_others_row_and_sees_a_summary_without_identifiers(
    pair: Any, finish: Finish
) -> None:
    listening, address = pair.police.listen()
    connecting = pair.care.match("--connect", address)
    for process, peer in ((listening, "care (client)"), (connecting, "police (server)")):
        code, output, errors = finish(process)
        assert (code, errors) == (0, "")
        assert f"matched with {peer}" in output
        assert "you learned  1 matches: text/1 1" in output
        assert "the peer saw 64, padded" in output
        assert "matches.csv (1 row)" in output
        assert_silent(["shared secret", "care 1", "care 2", "police 1", "police 2", "desk"], output, errors)
    (care,), (police,) = pair.care.rows(), pair.police.rows()
    assert (care["text"], care["case_ref"], care["peer_contact"]) == ("shared secret", "care-1", "desk 1")
    assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}", care["match_reference"])
    assert care["match_reference"] == police["match_reference"]


def test_where_only_the_client_learns_the_server_writes_no_file(pair: Any, finish: Finish) -> None:
    terms = replace(pair.terms, reveal=psimatch.Reveal.CLIENT, contact_size=0)
    for side in (pair.care, pair.police):
        side.sign(pair.signed(terms))
    listening, address = pair.care.listen("--json")
    connecting = pair.police.match("--connect", address, "--json")
    client, server = (json.loads(finish(process)[1]) for process in (listening, connecting))
    assert (client["matches"], client["peer_learned_matches"]) == (1, False)
    assert (server["matches"], server["matches_by_kind"], server["peer_learned_matches"]) == (None, None, True)
    assert server["output"] is None
    assert len(pair.care.rows()) == 1
    assert not (pair.police.folder / "matches.csv").exists()


def test_no_match_is_a_success_and_writes_a_file_without_rows(pair: Any, finish: Finish) -> None:
    pair.care.write_list(["nothing in common"])
    listening, address = pair.care.listen()
    connecting = pair.police.match("--connect", address)
    assert [finish(process)[0] for process in (listening, connecting)] == [0, 0]
    assert pair.care.rows() == pair.police.rows() == []


def test_the_json_has_the_documented_shape(pair: Any, finish: Finish) -> None:
    pair.care.write_list(["shared secret", "shared secret", "y" * 2_000, "alone"])
    listening, address = pair.care.listen("--json", "--skip-invalid")
    connecting = pair.police.match("--connect", address)
    code, output, _ = finish(listening)
    assert (code, finish(connecting)[0]) == (0, 0)
    report = json.loads(output)
    assert re.fullmatch("[0-9a-f]{64}", report.pop("session_id"))
    assert min(report.pop("bytes_sent"), report.pop("bytes_received"), report.pop("seconds")) > 0
    police = pair.identities["police"].public
    columns = {column["name"]: (column["use"], column["kinds"]) for column in report["list"].pop("columns")}
    assert columns["text"] == ("read", ["text/1"])
    assert report == {
        "format": "psimatch-match-1",
        "role": "client",
        "agreement_id": pair.terms.id_text,
        "peer": {"name": "police", "fingerprint": police.fingerprint_text},
        "list": {
            "usable_rows": 3,
            "bad_rows": 1,
            "rows_without_identifier": 0,
            "rows_without": [],
            "identifiers": {"text/1": 2},
            "duplicates_merged": {"text/1": 1},
            "kinds": {"text/1": {"identifiers": 2, "rows": 3, "missing_columns": [], "rows_that_give_none": []}},
            "bad_cells": [],
            "remarks": [],
            "other_sheets": [],
        },
        "own_set_size": 64,
        "peer_set_size": 64,
        "matches": 1,
        "matches_by_kind": {"text/1": 1},
        "peer_learned_matches": True,
        "rows_written": 2,
        "evaluations_charged_to_peer": 64,
        "evaluations_left_to_peer": 64_000 - 64,
        "suppressed": 0,
        "suppressed_rows": 0,
        "rows_at_suppressed_address": 0,
        "rows_unrecognisable": [],
        "audit": None,
        "kernel": psimatch.kernel_name(),
        "output": "matches.csv",
        "skipped": "matches.skipped.csv",
    }
    with (pair.care.folder / "matches.skipped.csv").open(encoding="utf-8", newline="") as file:
        (skipped,) = csv.DictReader(file)
    assert (skipped["row"], skipped["field"], len(skipped["text"])) == ("4", "text", 2_000)


def test_the_connecting_side_may_come_first(pair: Any, finish: Finish) -> None:
    # The port is taken and nobody listens, so the first try fails for sure.
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        connecting = pair.care.match("--connect", address)
        assert connecting.stderr is not None
        assert connecting.stderr.readline() == f"psimatch: nobody listens on {address}; trying again\n"
    listening = pair.police.match("--listen", address)
    assert (finish(connecting)[0], finish(listening)[0]) == (0, 0)


def test_a_stray_connection_is_told_and_turned_away(pair: Any, finish: Finish) -> None:
    listening, address = pair.care.listen()
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as stray:
        stray.sendall(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n")
        local = stray.getsockname()
    line = listening.stderr.readline()
    assert line.startswith(f"psimatch: connection from 127.0.0.1:{local[1]} refused: ")
    connecting = pair.police.match("--connect", address)
    assert (finish(connecting)[0], finish(listening)[0]) == (0, 0)


def test_nobody_comes_in_time(pair: Any, finish: Finish) -> None:
    listening, _ = pair.care.listen("--wait", "0.05")
    code, output, errors = finish(listening)
    assert (code, output) == (4, "")
    assert "psimatch: error: the peer did not come" in errors
    assert not (pair.care.folder / "matches.csv").exists()


def test_the_same_role_on_both_sides_is_the_peers_fault(pair: Any, finish: Finish) -> None:
    for name in ("care.identity", "flags.csv", "pilot.toml"):
        (pair.police.folder / name).unlink(missing_ok=True)
        (pair.police.folder / name).write_bytes((pair.care.folder / name).read_bytes())
        (pair.police.folder / name).chmod(0o600)
    pair.police.name = "care"
    _, address = pair.care.listen()
    code, output, errors = finish(pair.police.match("--connect", address, "--wait", "0"))
    assert (code, output) == (5, "")
    assert "psimatch: error: " in errors


def test_a_peer_with_another_agreement_is_refused_and_does_not_end_the_waiting(pair: Any, finish: Finish) -> None:
    pair.care.sign(pair.signed(replace(pair.terms, title="another")))
    listening, address = pair.police.listen()
    code, output, errors = finish(pair.care.match("--connect", address))
    assert (code, output) == (5, "")
    assert re.search("psimatch: error: .*agreement", errors)
    assert "refused" in listening.stderr.readline()
    pair.care.sign(pair.signed(pair.terms))
    assert finish(pair.care.match("--connect", address))[0] == 0
    assert finish(listening)[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_while_waiting_ends_politely(pair: Any, finish: Finish, number: signal.Signals) -> None:
    listening, _ = pair.care.listen()
    listening.send_signal(number)
    code, output, errors = finish(listening)
    assert (code, output) == (130, "")
    assert errors.strip().splitlines()[-1] == "psimatch: cancelled; nothing was sent"


class HeldLine:
    """A line between the two that holds back what the listening side answers after the prefaces."""

    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self._server = socket.create_connection((host, int(port)), timeout=60)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(60)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._client = self._server
        self._held = b""
        self._forward = threading.Thread(target=lambda: _pump(self._client, self._server))

    def __enter__(self) -> HeldLine:
        return self

    def until_answered(self) -> None:
        """Return when the listening side has received the first message and begun to answer it."""
        self._client, _ = self._listener.accept()
        self._client.settimeout(60)
        self._forward.start()
        self._client.sendall(self._server.recv(18, socket.MSG_WAITALL))
        # The answer to Hello has over a thousand bytes, whatever the lists.
        self._held = self._server.recv(1_000, socket.MSG_WAITALL)

    def let_go(self) -> None:
        """Pass on what was held and all that follows."""
        self._client.sendall(self._held)
        _pump(self._server, self._client)

    def __exit__(self, *_: object) -> None:
        for connection in (self._client, self._server):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._forward.ident is not None:
            self._forward.join()
        for connection in (self._client, self._server, self._listener):
            connection.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_in_a_session_is_told_to_the_peer(pair: Any, finish: Finish, number: signal.Signals) -> None:
    listening, address = pair.police.listen()
    with HeldLine(address) as line:
        connecting = pair.care.match("--connect", line.address)
        line.until_answered()
        listening.send_signal(number)
        line.let_go()
        code, output, errors = finish(listening)
        assert (code, output, errors.strip()) == (130, "", "psimatch: cancelled; the peer was told")
        code, output, errors = finish(connecting)
    assert (code, output) == (6, "")
    assert "psimatch: error: the peer ended the session: it was cancelled there" in errors
    assert not any((side.folder / "matches.csv").exists() for side in (pair.care, pair.police))


def test_a_peer_that_falls_silent_is_a_failed_connection(pair: Any, finish: Finish) -> None:
    _, address = pair.police.listen()
    with HeldLine(address) as line:
        connecting = pair.care.match("--connect", line.address, "--idle-timeout", "0.1")
        line.until_answered()
        code, output, errors = finish(connecting)
    assert (code, output) == (4, "")
    assert "psimatch: error: the peer sent no whole message in time" in errors


def test_a_peer_that_goes_is_a_failed_connection(pair: Any, finish: Finish) -> None:
    _, address = pair.police.listen()
    with HeldLine(address) as line:
        connecting = pair.care.match("--connect", line.address)
        line.until_answered()
    code, output, errors = finish(connecting)
    assert (code, output) == (4, "")
    assert "psimatch: error: the peer closed the connection" in errors


@pytest.mark.parametrize("option", ["--output", "--skipped"])
@pytest.mark.parametrize("name", ["flags.csv", "care.identity", "pilot.toml", "care.public", "../care/flags.csv"])
def test_nothing_that_a_match_reads_is_overwritten_even_by_force(
    pair: Any, finish: Finish, option: str, name: str
) -> None:
    source = pair.care.folder / name
    before = source.read_bytes()
    code, output, errors = finish(pair.care.match("--connect", "127.0.0.1:1", "--wait", "0", "--force", option, name))
    assert (code, output) == (1, "")
    assert "is read by this match" in errors
    assert source.read_bytes() == before


def test_a_result_that_cannot_be_printed_is_still_a_success(pair: Any, finish: Finish) -> None:
    listening, address = pair.care.listen()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "psimatch",
                "match",
                "flags.csv",
                "--agreement",
                "pilot.toml",
                "--identity",
                "police.identity",
                "--connect",
                address,
                "--output",
                "matches.csv",
            ],
            cwd=pair.police.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert finish(listening)[0] == 0
    assert "its files are written" in done.stderr
    assert done.returncode == 0
    assert pair.police.rows()
