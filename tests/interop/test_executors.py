"""A session works the same with threads, with processes, and on a cluster of two workers."""

import contextlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
from distributed import Client, LocalCluster
from sessions import Wire, make_agreement, make_client, make_server

from psimatch import errors
from psimatch.identifiers import text
from psimatch.messages import Evaluated
from psimatch.parameters import LIMITS, Role

# Five chunks a side, so that several are under way at once.
COUNT = 4 * LIMITS.chunk_items + 100


@contextlib.contextmanager
def on_cluster():
    """An executor whose scheduler and workers are processes of this machine; nothing listens beyond it."""
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, Client(cluster) as client:
        yield client.get_executor()


EXECUTORS = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    "cluster": on_cluster,
}


def flags(*words):
    return {text(f"{word} {number}"): "" for word in words for number in range(COUNT // len(words))}


@pytest.fixture(params=EXECUTORS, scope="module")
def executor(request):
    with EXECUTORS[request.param]() as made:
        yield made


def test_it_finds_the_intersection(executor):
    agreement = make_agreement(max_items=COUNT, contact_size=0)
    client = make_client(agreement, flags("both", "client"), executor=executor)
    server = make_server(agreement, flags("both", "server"), executor=executor)
    wire = Wire(client, server).run()
    assert wire.errors == {}
    for role in Role:
        found = {match.identifier.value.decode() for match in wire.results[role].matches}
        assert found == {f"both {number}" for number in range(COUNT // 2)}


def test_a_wrong_proof_ends_the_session(executor):
    agreement = make_agreement(max_items=COUNT, contact_size=0)
    client = make_client(agreement, flags("both"), executor=executor)
    server = make_server(agreement, flags("both"))
    honest = server._send

    def send(message, fill_to=0):
        return honest(replace(message, proof=bytes(64)) if isinstance(message, Evaluated) else message, fill_to)

    server._send = send
    wire = Wire(client, server).run()
    assert isinstance(wire.errors[Role.CLIENT], errors.ProofError)
    assert isinstance(wire.errors[Role.SERVER], errors.PeerAbortedError)
    assert wire.results == {}
