"""The command `psimatch`, killed at a point: `python crashing.py POINT NUMBER ARGUMENTS...`.

POINT is `send` or `sent` (before or after the NUMBERth envelope leaves), `append` (within the transaction, after the
NUMBERth entry is written and before it is committed), `committed` (right after) or `write` (before a file of matches).
"""

import itertools
import os
import signal
import sys

from psimatch import match_files
from psimatch.cli import main
from psimatch.ledger_store import LedgerStore
from psimatch.transports.tcp import TcpTransport


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def install(point, number):
    counter = itertools.count(1)
    send, append, writing, write = (
        TcpTransport.send,
        LedgerStore.append,
        LedgerStore.writing,
        match_files.write_private,
    )
    written = []

    def crashing_send(self, envelope, **options):
        here = next(counter) == number
        if here and point == "send":
            die()
        send(self, envelope, **options)
        if here and point == "sent":
            die()

    def crashing_append(self, entry, signature):
        append(self, entry, signature)
        written.append(entry.kind)
        if point == "append" and len(written) == number:
            die()

    class Writing:
        def __init__(self, store):
            self.inner = writing(store)

        def __enter__(self):
            return self.inner.__enter__()

        def __exit__(self, *error):
            result = self.inner.__exit__(*error)
            if point == "committed" and len(written) >= number:
                die()
            return result

    def crashing_write(*arguments, **options):
        if point == "write":
            die()
        return write(*arguments, **options)

    TcpTransport.send = crashing_send
    LedgerStore.append = crashing_append
    LedgerStore.writing = Writing
    match_files.write_private = crashing_write
    # A class as an attribute is no method: give it the store.
    LedgerStore.writing = lambda self: Writing(self)


if __name__ == "__main__":
    install(sys.argv[1], int(sys.argv[2]))
    main(sys.argv[3:])
