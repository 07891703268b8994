"""Both ends of a TCP connection on the loopback, honest and hostile ones."""

import contextlib
import socket
import struct
import threading
from concurrent.futures import Future

from sessions import make_agreement, make_client, make_server

from psimatch.identifiers import text
from psimatch.parameters import Role
from psimatch.transports import Deadline, Timeouts, connect_tcp

MAX_ENVELOPE = 1_000
CLIENT_PREFACE = b"psimatch/1 client\n"
TLS_CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(192)
HTTP_REQUEST = b"GET /index.html HTTP/1.1\r\nHost: psi.example.org\r\n\r\n"
BRIEF = Timeouts(connect=5, handshake=0.05, idle=0.05, total=30, goodbye=0.05)
PATIENT = Timeouts(connect=20, handshake=20, idle=20, total=60, goodbye=5)
# Both ends in one thread: neither can wait for the other to say goodbye.
ONE_THREAD = Timeouts(connect=20, handshake=20, idle=20, total=60, goodbye=0.05)
AGREEMENT = make_agreement()


def items(words):
    return {text(word): f"ring {word}" for word in words}


def new_client():
    return make_client(AGREEMENT, items("abcd"))


def new_server():
    return make_server(AGREEMENT, items("cdef"))


def found(result):
    return {match.identifier.value.decode() for match in result.matches}


def in_background(call, *arguments, **options):
    future = Future()

    def run():
        try:
            future.set_result(call(*arguments, **options))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def accept(listener, timeouts=ONE_THREAD, role=Role.SERVER, limit=MAX_ENVELOPE):
    return listener.accept(Deadline.after(20)).greet(role, limit, timeouts)


def make_ends(listener, limit=MAX_ENVELOPE, timeouts=ONE_THREAD):
    """Connect a client's end and a server's end."""
    connecting = in_background(connect_tcp, listener.address, Role.CLIENT, limit, timeouts)
    server = accept(listener, timeouts, limit=limit)
    return connecting.result(20), server


@contextlib.contextmanager
def raw(listener, *said):
    """Connect a socket that says what no psimatch would."""
    with socket.create_connection(listener.address, timeout=20) as connection:
        for data in said:
            connection.sendall(data)
        yield connection


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
