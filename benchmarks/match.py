"""Time a whole match in memory: both parties in one process, sealed, signed, every proof checked.

Prints a table and writes JSON under `benchmarks/results/`. Half of each list is common, `max_items` = n, no contacts;
every result is checked against the true intersection. Compare figures of one run only: machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psimatch import (
    Agreement,
    Charge,
    ChargeNeeded,
    ClientSession,
    Finished,
    Identifier,
    Identity,
    Party,
    Progress,
    Role,
    Send,
    ServerSession,
    Session,
    Terms,
    text,
    write_public,
)
from psimatch import write_identity as write_secret
from psimatch.agreement_files import new_agreement_file
from psimatch.kernel import NAME

FOLDER = Path(__file__).parent / "results"
TODAY = datetime.now(UTC).date()


def lists(count: int) -> tuple[dict[Identifier, str], dict[Identifier, str]]:
    """Return two lists of `count` identifiers, half of each in common."""
    common = [f"both {number}" for number in range(count // 2)]
    rest = range(count - count // 2)
    return (
        {text(value): "" for value in common + [f"client {number}" for number in rest]},
        {text(value): "" for value in common + [f"server {number}" for number in rest]},
    )


def parties(count: int) -> tuple[Identity, Identity, Agreement]:
    """Return two identities and the agreement between them."""
    client, server = Identity.generate("Client"), Identity.generate("Server")
    terms = Terms(
        title="Benchmark",
        purpose="To measure",
        legal_basis="None: all values are made up",
        client=Party.of(client.public),
        server=Party.of(server.public),
        kinds=("text/1",),
        max_items=count,
        valid_from=TODAY,
        valid_until=TODAY,
        contact_size=0,
    )
    return client, server, Agreement(terms).sign(client).sign(server)


class Stopwatch:
    """Delivers envelopes between two sessions, and books the time of each call under who and what."""

    def __init__(self, client: Session, server: Session) -> None:
        self.sessions = {Role.CLIENT: client, Role.SERVER: server}
        self.inbox: dict[Role, deque[bytes]] = {role: deque() for role in Role}
        self.phases: dict[str, float] = {}
        self.sent = dict.fromkeys(Role, 0)
        self.matches: dict[Role, set[Identifier]] = {}

    def run(self) -> None:
        """Run both sessions to their end."""
        for role, session in self.sessions.items():
            self._take(role, session.start())
        while len(self.matches) < len(Role):
            for role in Role:
                while self.inbox[role]:
                    self._take(role, self.sessions[role].receive(self.inbox[role].popleft()))

    def _take(self, role: Role, outputs: Any) -> None:
        session = self.sessions[role]
        before, phase = time.perf_counter(), f"{role.value}: {session.state.value}"
        for output in outputs:
            match output:
                case Send(envelope):
                    self.sent[role] += len(envelope)
                    self.inbox[role.peer].append(envelope)
                case ChargeNeeded():
                    self._take(role, session.grant(Charge(output)))
                    return
                case Finished(result):
                    self.matches[role] = {found.identifier for found in result.matches or ()}
                case Progress():
                    pass
        self.phases[phase] = self.phases.get(phase, 0.0) + time.perf_counter() - before


def measure(count: int, cores: int) -> dict[str, Any]:
    """Run one match in this process; return its figures."""
    client, server, agreement = parties(count)
    client_items, server_items = lists(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pool: Any = ThreadPoolExecutor(cores) if cores > 1 else nullcontext()
    with pool as opened:
        executor: Executor | None = opened
        start = time.perf_counter()
        watch = Stopwatch(
            ClientSession(agreement, client, server.public, client_items, today=TODAY, executor=executor),
            ServerSession(agreement, server, client.public, server_items, today=TODAY, executor=executor),
        )
        watch.run()
        seconds = time.perf_counter() - start
    truth = set(client_items) & set(server_items)
    if watch.matches != dict.fromkeys(Role, truth):
        raise SystemExit("the result is not the true intersection")
    return {
        "items_a_side": count,
        "cores": cores,
        "seconds": seconds,
        "microseconds_per_item": seconds / (2 * count) * 1e6,
        "bytes_per_item": sum(watch.sent.values()) / (2 * count),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "megabytes_before": before / 1024,
        "phases": watch.phases,
        "matches": len(truth),
    }


def in_own_process(count: int, cores: int) -> dict[str, Any]:
    """Measure in a fresh process on so many cores, so that peak memory is this run's own."""
    available = sorted(os.sched_getaffinity(0))
    command = [sys.executable, __file__, "--one", str(count), str(cores)]
    done = subprocess.run(
        command, check=True, capture_output=True, preexec_fn=lambda: os.sched_setaffinity(0, available[:cores])
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def start_up() -> dict[str, float]:
    """Time the command line from process start to the first byte sent, for a list of ten; the best of five."""
    import socket

    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listener:
        folder, port = Path(name), listener.getsockname()[1]
        client, server, agreement = parties(10)
        write_secret(folder / "client.identity", client, None)
        for identity, file in ((client, "client.public"), (server, "server.public")):
            write_public(folder / file, identity.public)
        new_agreement_file(folder / "a.toml", agreement)
        (folder / "flags.csv").write_text("text\n" + "".join(f"flag {number}\n" for number in range(10)))
        command = [sys.executable, "-m", "psimatch", "match", "flags.csv", "--agreement", "a.toml", "--quiet"]
        command += ["--identity", "client.identity", "--connect", f"127.0.0.1:{port}", "--output", "out.csv"]
        first_byte, hello = [], []
        for _ in range(5):
            start = time.perf_counter()
            process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                first_byte.append(time.perf_counter() - start)
                connection.sendall(b"psimatch/1 server\n")
                connection.recv(100, socket.MSG_WAITALL)
                hello.append(time.perf_counter() - start)
            process.terminate()
            process.wait()
    return {"seconds_to_first_byte": min(first_byte), "seconds_to_hello": min(hello)}


def machine() -> dict[str, Any]:
    """Say what the figures were measured on."""
    model = "unknown"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), model)
    root = Path(__file__).parent.parent
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "kernel": NAME,
        "commit": git.stdout.strip() or "unknown",
    }


def table(runs: list[dict[str, Any]]) -> str:
    """Return the figures as text."""
    lines = ["items a side  cores   seconds  us/item  B/item  peak MB"]
    lines += [
        f"{run['items_a_side']:>12,}  {run['cores']:>5}  {run['seconds']:>8.3f}  {run['microseconds_per_item']:>7.1f}"
        f"  {run['bytes_per_item']:>6.1f}  {run['peak_megabytes']:>7.1f}"
        for run in runs
    ]
    return "\n".join(lines)


def shares(run: dict[str, Any]) -> str:
    """Return the share of each phase in one run as text."""
    lines = [f"phases of {run['items_a_side']:,} a side on {run['cores']} core(s):"]
    by_time = sorted(run["phases"].items(), key=lambda item: -item[1])
    return "\n".join(lines + [f"  {seconds / run['seconds']:>6.1%}  {phase}" for phase, seconds in by_time])


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 1_000, 10_000, 100_000], help="items a side")
    parser.add_argument("--output", type=Path, default=FOLDER / "match.json", help="where to write the JSON")
    parser.add_argument("--one", type=int, nargs=2, metavar=("N", "CORES"), help="run once, print JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return
    report: dict[str, Any] = {"format": "psimatch-benchmark-match-1", "machine": machine(), "runs": []}
    for count in options.sizes:
        for cores in (1, 2):
            report["runs"].append(in_own_process(count, cores))
            print(table(report["runs"][-1:]) if len(report["runs"]) == 1 else table(report["runs"][-1:]).split("\n")[1])
    print(shares(report["runs"][-2]))
    report["start_up"] = start_up()
    print(f"process start to first byte sent, list of ten: {report['start_up']['seconds_to_first_byte']:.3f} s;")
    print(f"to the whole Hello: {report['start_up']['seconds_to_hello']:.3f} s")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n")
    print(f"kernel {NAME}; written to {options.output}")


if __name__ == "__main__":
    main()
