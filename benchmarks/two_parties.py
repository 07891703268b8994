"""One match between two processes over TCP on this machine: sealed, signed, every proof and the result checked.

Each party is a process of its own, so that each has its own peak memory. Both are pinned to the same cores: on one
core the time from the first step to the last is the work of both parties.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory
from typing import Any

from inputs import peak_megabytes, pin, values
from measuring import Figures, size

from psimatch import (
    Agreement,
    ClientSession,
    Identifier,
    Identity,
    Ledger,
    Output,
    Party,
    Role,
    Send,
    ServerSession,
    Session,
    Standing,
    Submission,
    TcpListener,
    Terms,
    kernel_name,
    run_connecting,
    run_listening,
    text,
)


@dataclass(frozen=True)
class Run:
    """What to match, and on what; `executor` is none, threads (one a core), or the address of a Dask scheduler."""

    client_items: int
    server_items: int
    cores: int = 1
    kernel: str = ""
    executor: str = "threads"


def parties(run: Run) -> tuple[Identity, Identity, Agreement]:
    """Return the same two identities and agreement in every process."""
    client, server = (Identity.from_seed(name, name[:1].encode() * 32) for name in ("Client", "Server"))
    today = datetime.now(UTC).date()
    terms = Terms(
        title="Benchmark",
        purpose="To measure",
        legal_basis="None: all values are made up",
        client=Party.of(client.public),
        server=Party.of(server.public),
        kinds=("text/1",),
        max_items=max(run.client_items, run.server_items),
        max_evaluations=2**40,
        sessions_per_day=1_000,
        valid_from=today,
        valid_until=today,
        contact_size=0,
    )
    return client, server, Agreement(terms).sign(client).sign(server)


class Clocked(Session):
    """Books what each call takes of this process's processor time under the state it began in, and what it sends."""

    def start(self, standing: Standing | None = None) -> Iterator[Output]:
        """Begin, and book."""
        self.phases: dict[str, float] = {}
        self.bytes_sent = 0
        return self._booked(super().start(standing))

    def receive(self, envelope: bytes) -> Iterator[Output]:
        """Take an envelope, and book."""
        return self._booked(super().receive(envelope))

    def grant(self, grant: Any) -> Iterator[Output]:
        """Go on, and book."""
        return self._booked(super().grant(grant))

    def _booked(self, outputs: Iterator[Output]) -> Iterator[Output]:
        phase = f"{self.role.value}: {self.state.value}"
        while True:
            before = time.process_time()
            output = next(outputs, None)
            self.phases[phase] = self.phases.get(phase, 0.0) + time.process_time() - before
            if output is None:
                return
            if isinstance(output, Send):
                self.bytes_sent += len(output.envelope)
            yield output


class ClockedClient(Clocked, ClientSession):
    """A client that books."""


class ClockedServer(Clocked, ServerSession):
    """A server that books."""


def executor_of(run: Run) -> AbstractContextManager[Executor | None]:
    """Return what spreads the work of one party."""
    if run.executor == "threads":
        return ThreadPoolExecutor(run.cores) if run.cores > 1 else nullcontext()
    return nullcontext() if run.executor == "none" else _dask(run.executor)


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    distributed: Any = import_module("distributed")
    with distributed.Client(address) as client:
        yield client.get_executor()


def party(run: Run, role: Role, pipe: Connection) -> None:
    """Be one party: get everything ready, say so, and match when told the address."""
    pin(run.cores)
    client, server, agreement = parties(run)
    own, peer = (client, server.public) if role is Role.CLIENT else (server, client.public)
    of_role = dict(zip((Role.CLIENT, Role.SERVER), values(run.client_items, run.server_items), strict=True))
    submission = Submission({text(value): "" for value in of_role[role]}, agreement.terms)
    del of_role
    ready = peak_megabytes()
    made: list[Clocked] = []
    # On a disk, as it is for a user: each charge waits for it.
    with (
        TemporaryDirectory() as folder,
        Ledger(f"{folder}/own.ledger", own) as ledger,
        executor_of(run) as executor,
        TcpListener("127.0.0.1", 0) as listener,
    ):

        def make_session() -> Clocked:
            kind = ClockedClient if role is Role.CLIENT else ClockedServer
            day = agreement.terms.valid_from
            made.append(kind(agreement, own, peer, submission, today=day, executor=executor))
            return made[-1]

        pipe.send(listener.address)
        address = pipe.recv()
        began = time.perf_counter()
        if role is Role.SERVER:
            result = run_listening(make_session, listener, ledger, wait=60)
        else:
            result = run_connecting(make_session, address, ledger, wait=60)
        ended = time.perf_counter()
    pipe.send(
        {
            "kernel": kernel_name(),
            "began": began,
            "ended": ended,
            "phases": made[-1].phases,
            "bytes_sent": made[-1].bytes_sent,
            "peak_megabytes": peak_megabytes(),
            "megabytes_before": ready,
            "matches": {match.identifier for match in result.matches or ()},
        }
    )


def measure(run: Run) -> Figures:
    """Run one match and return its figures; a wrong result ends the benchmark."""
    pipes, processes = [], []
    context = multiprocessing.get_context("spawn")
    for role in (Role.SERVER, Role.CLIENT):
        pipe, theirs = context.Pipe()
        process = context.Process(target=party, args=(run, role, theirs))
        with _kernel_variable(run.kernel):
            process.start()
        theirs.close()
        pipes.append(pipe)
        processes.append(process)
    addresses = [pipe.recv() for pipe in pipes]
    for pipe in pipes:
        pipe.send(addresses[0])
    server, client = (pipe.recv() for pipe in pipes)
    for process in processes:
        process.join()
    return _figures(run, client, server)


@contextmanager
def _kernel_variable(name: str) -> Iterator[None]:
    before = os.environ.get("PSIMATCH_KERNEL")
    if name:
        os.environ["PSIMATCH_KERNEL"] = name
    yield
    if name:
        os.environ.pop("PSIMATCH_KERNEL")
        if before is not None:
            os.environ["PSIMATCH_KERNEL"] = before


def _figures(run: Run, client: Figures, server: Figures) -> Figures:
    lists = values(run.client_items, run.server_items)
    truth = {text(value) for value in set(lists[0]) & set(lists[1])}
    check(run, client["matches"], truth)
    check(run, server["matches"], truth)
    seconds = max(client["ended"], server["ended"]) - min(client["began"], server["began"])
    items = run.client_items + run.server_items
    return {
        "client_items": run.client_items,
        "server_items": run.server_items,
        "cores": run.cores,
        "kernel": client["kernel"],
        "executor": run.executor.partition(":")[0],
        "seconds": seconds,
        "microseconds_per_item": seconds / items * 1e6,
        "bytes_per_item": (client["bytes_sent"] + server["bytes_sent"]) / items,
        "matches": len(truth),
        "processor_seconds": client["phases"] | server["phases"],
        "peak_megabytes": {"client": client["peak_megabytes"], "server": server["peak_megabytes"]},
        "megabytes_before": {"client": client["megabytes_before"], "server": server["megabytes_before"]},
    }


def check(run: Run, found: set[Identifier], truth: set[Identifier]) -> None:
    """End the benchmark where a result is not the true intersection."""
    if found != truth:
        raise SystemExit(f"{size(run.client_items, run.server_items)}: the result is not the true intersection")
