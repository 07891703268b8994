"""What does a stranger's connection cost a listener, and does that grow with its list?

A listener in a process of its own is visited by strangers, one after another: some close at once, some speak something
else, some send a preface, garbage, or a Hello that was recorded. Its processor time is taken from one refusal to the
next. Beside it stand what packing the list takes, once a listener, and what a Hello takes that never arrived before:
the one that a ledger can't tell from the peer's, and admits a hundred times a day at most.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import time
from multiprocessing.connection import Connection
from statistics import median

from inputs import values
from measuring import Figures, parser, write
from two_parties import Run, parties

from psimatch import (
    ClientSession,
    Ledger,
    Role,
    Send,
    ServerSession,
    Session,
    Standing,
    Submission,
    TcpListener,
    Timeouts,
    run_listening,
    seal_selector,
    text,
)

SIZES = (1_000, 10_000, 100_000)
STRANGERS = 30


def listen(size: int, role: Role, pipe: Connection) -> None:
    """Listen with a list of so many, and tell the processor time so far at each refusal."""
    client, server, agreement = parties(Run(size, size))
    own, peer = (client, server.public) if role is Role.CLIENT else (server, client.public)
    items = {text(value): "" for value in values(size, size)[role is Role.SERVER]}
    began = time.process_time()
    packed = Submission(items, agreement.terms)
    packing = time.process_time() - began
    del items

    def make_session() -> Session:
        kind = ClientSession if role is Role.CLIENT else ServerSession
        return kind(agreement, own, peer, packed, today=agreement.terms.valid_from)

    timeouts = Timeouts(handshake=5, goodbye=0.5)
    with Ledger(None, own) as ledger, TcpListener("127.0.0.1", 0) as listener:
        pipe.send((listener.address, packing))
        run_listening(
            make_session,
            listener,
            ledger,
            wait=600,
            timeouts=timeouts,
            on_event=lambda _: pipe.send(time.process_time()),
        )


def visit(address: tuple[str, int], said: bytes) -> None:
    """Say it, and take what is answered until the listener closes."""
    with socket.create_connection(address, timeout=60) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass


def strangers(size: int, role: Role) -> dict[str, bytes]:
    """Return what each sort of stranger says to a listener in this role."""
    client, server, agreement = parties(Run(size, size))
    front = f"psimatch/1 {role.peer.value}\n".encode()
    sorts = {"closes at once": b"", "HTTP": b"GET / HTTP/1.1\r\n\r\n"}
    if role is Role.CLIENT:
        selector = seal_selector(agreement.terms.id, client.public)
        return {
            "a false selector": front + selector[::-1],
            "a recorded selector, which gets a Hello": front + selector,
        }
    session = ClientSession(
        agreement, client, server.public, Submission({}, agreement.terms), today=agreement.terms.valid_from
    )
    (hello,) = (output.envelope for output in session.start(Standing(1, 0)) if isinstance(output, Send))
    framed = len(hello).to_bytes(4, "big") + hello
    return {
        **sorts,
        "a preface alone": front,
        "a preface and garbage": front + framed[:100] + bytes(len(framed) - 100),
        "a recorded Hello": front + framed,
    }


def measure(size: int, visits: int) -> Figures:
    """Return the processor time that a stranger of each sort costs a listener with a list of so many."""
    cost: dict[str, float] = {}
    packing = first = last = 0.0
    for role in (Role.SERVER, Role.CLIENT):
        pipe, theirs = multiprocessing.Pipe()
        listening = multiprocessing.get_context("spawn").Process(target=listen, args=(size, role, theirs))
        listening.start()
        try:
            address, packing = pipe.recv()
            for name, said in strangers(size, role).items():
                visit(address, said)
                before = pipe.recv()
                costs = []
                if name == "a recorded Hello":
                    # The one before was delivered for the first time.
                    first = before - last
                for _ in range(visits):
                    visit(address, said)
                    last = pipe.recv()
                    costs.append(last - before)
                    before = last
                cost[name] = median(costs)
        finally:
            listening.terminate()
            listening.join()
    return {"items": size, "packing_seconds": packing, "first_hello_seconds": first, "seconds": cost}


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "listener")
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    options.add_argument("--visits", type=int, default=STRANGERS, metavar="N", help="strangers of each sort (30)")
    given = options.parse_args()
    runs = []
    for size in given.sizes:
        run = measure(size, given.visits)
        runs.append(run)
        print(f"{size:>9,} items: packed in {1e3 * run['packing_seconds']:.1f} ms, once")
        for name, seconds in run["seconds"].items():
            print(f"{1e3 * seconds:>10.2f} ms  {name}")
        print(f"{1e3 * run['first_hello_seconds']:>10.2f} ms  a Hello that never arrived before")
    write(given.output, "listener", {"runs": runs, "visits": given.visits})


if __name__ == "__main__":
    main()
