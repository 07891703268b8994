"""Faults: both sides killed at every step, disks that are full, a Hello sent again. Nothing is lost or used twice."""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sessions import CARE, POLICE, make_agreement, make_client, make_server, new_ledger

import psimatch
from psimatch import drive
from psimatch.transports.frames import frame

# What each side sends and records in a session where both learn the matches.
SENDS = {"care": 4, "police": 6}
APPENDS = {"care": 7, "police": 6}
POINTS = [
    (name, point, number)
    for name in ("care", "police")
    for point, most in (("send", SENDS[name]), ("sent", SENDS[name]), ("append", APPENDS[name]), ("write", 1))
    for number in range(1, most + 1)
] + [(name, "committed", number) for name in ("care", "police") for number in (4, 5, APPENDS[name])]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def entries(side: Any) -> list[psimatch.Entry]:
    with psimatch.LedgerView(side.folder / f"{side.name}.ledger") as ledger:
        ledger.verify()
        return list(ledger.entries())


def charges(side: Any) -> list[str]:
    return [entry.fields["session"] for entry in entries(side) if entry.kind == "charged"]


@pytest.mark.parametrize(("name", "point", "number"), POINTS)
def test_a_killed_side_costs_at_most_one_charge_and_the_same_command_goes_on(
    pair: Any, finish: Callable[..., Any], name: str, point: str, number: int
) -> None:
    victim, other = (pair.care, pair.police) if name == "care" else (pair.police, pair.care)
    address = f"127.0.0.1:{free_port()}"
    listening = other.match("--listen", address, "--wait", "20")
    dying = victim.crash(point, number, "--connect", address, "--wait", "20")
    assert finish(dying)[0] == -signal.SIGKILL
    # The other side has its result, or an error, or still waits for somebody to come: then it is ended as well.
    with contextlib.suppress(subprocess.TimeoutExpired):
        listening.wait(0.5)
    listening.kill()
    finish(listening)
    assert not list(victim.folder.glob("matches.csv"))
    # Both give the same commands again.
    listening = other.match("--listen", address, "--wait", "20", "--force")
    again = victim.match("--connect", address, "--wait", "20")
    assert [finish(process)[0] for process in (listening, again)] == [0, 0]
    for side in (victim, other):
        charged = charges(side)
        assert len(charged) == len(set(charged)) <= 2
        assert [row["text"] for row in side.rows()] == ["shared secret"]
    # What one side evaluated, the other was charged for: a session with a receipt is charged on both sides.
    finished = [
        {entry.fields["session"] for entry in entries(side) if entry.kind == "finished"} for side in (victim, other)
    ]
    for side in (victim, other):
        assert finished[0] & finished[1] <= set(charges(side))
    for side, peer in ((pair.care, pair.police), (pair.police, pair.care)):
        receipts = peer.folder / "receipts.json"
        assert finish(peer.start("receipts", "export", "-o", str(receipts)))[0] == 0
        code, _, errors = finish(side.start("ledger", "verify", "--receipts", str(receipts)))
        assert code == 0, errors


@pytest.mark.parametrize("kilobytes", [1, 8, 24, 36, 44, 52, 60])
def test_a_full_disk_ends_in_a_clear_error_and_nothing_is_lost(
    pair: Any, finish: Callable[..., Any], kilobytes: int
) -> None:
    listening, address = pair.police.listen("--wait", "20")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10, kilobytes << 10))

    files = ("--agreement", "pilot.toml", "--identity", "care.identity", "--output", "matches.csv")
    full = subprocess.Popen(
        [sys.executable, "-m", "psimatch", "match", "flags.csv", *files, "--connect", address],
        cwd=pair.care.folder,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
    )
    code, _, errors = finish(full)
    assert code == 7
    assert "can't be used" in errors
    assert "hint: " in errors
    assert not (pair.care.folder / "matches.csv").exists()
    listening.terminate()
    finish(listening)
    # With room again the same command works, on the same ledger.
    listening, address = pair.police.listen("--wait", "20", "--force")
    room = pair.care.match("--connect", address, "--force")
    assert [finish(process)[0] for process in (room, listening)] == [0, 0]
    for side in (pair.care, pair.police):
        assert len(charges(side)) in (1, 2)


def test_a_hello_sent_again_is_refused_before_a_tag_is_made() -> None:
    agreement, ledger, heard = make_agreement(), new_ledger(POLICE), []
    shared = {psimatch.text("shared"): ""}

    def server() -> psimatch.Session:
        return make_server(agreement, shared)

    class Recording(psimatch.ClientSession):
        def start(self, standing: psimatch.Standing | None = None) -> Any:
            for output in super().start(standing):
                heard.append(output.envelope)
                yield output

    def recorded() -> psimatch.Session:
        made = make_client(agreement, shared)
        made.__class__ = Recording
        return made

    def run(listener: psimatch.TcpListener, results: list[Any]) -> threading.Thread:
        timeouts = psimatch.Timeouts(handshake=5, goodbye=0.05)
        thread = threading.Thread(
            target=lambda: results.append(
                drive.run_listening(server, listener, ledger, wait=30, timeouts=timeouts, on_event=results.append)
            )
        )
        thread.start()
        return thread

    own = new_ledger(CARE)
    late = [
        output.envelope
        for output in make_client(agreement, shared).start(own.open_session(agreement, POLICE.public, 8))
    ]
    with psimatch.TcpListener("127.0.0.1", 0) as listener:
        thread = run(listener, [])
        drive.run_connecting(recorded, listener.address, own, wait=20)
        thread.join()
        before = [entry.kind for entry in ledger.entries()]
        results: list[Any] = []
        thread = run(listener, results)
        with socket.create_connection(listener.address, timeout=20) as thief:
            thief.sendall(b"psimatch/1 client\n" + frame(heard[0]))
            answer = b""
            with contextlib.suppress(ConnectionError):
                while piece := thief.recv(65_536):
                    answer += piece
        assert [entry.kind for entry in ledger.entries()] == before
        # So is one that never arrived, and now tells of fewer sessions than were since.
        with socket.create_connection(listener.address, timeout=20) as thief:
            thief.sendall(b"psimatch/1 client\n" + frame(late[0]))
            with contextlib.suppress(ConnectionError):
                while thief.recv(65_536):
                    pass
        assert [entry.kind for entry in ledger.entries()] == before
        # A preface and one Abort, and no tags.
        assert len(answer) < 1_600
        drive.run_connecting(lambda: make_client(agreement, shared), listener.address, own, wait=20)
        thread.join()
    replayed, stale, finished = results
    assert isinstance(replayed.error, psimatch.HelloReplayedError)
    assert isinstance(stale.error, psimatch.StandingError)
    assert len(finished.matches) == 1
