"""Sessions between two threads, each with the ledger of its side, under a clock that a test sets."""

import threading
from datetime import UTC, datetime

from sessions import TODAY, make_client, make_server

from psimatch import drive
from psimatch.identifiers import text
from psimatch.parameters import Role
from psimatch.transports import memory_pair

NOON = int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp())


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


def items(words):
    return {text(word): "" for word in words}


def match(agreement, ledgers, care="abcd", police="cdef"):
    """Run a session between two threads; return what each side gave or raised."""
    client, server = make_client(agreement, items(care)), make_server(agreement, items(police))
    one, other = memory_pair()
    outcomes = {}

    def run(role, session, transport, ledger):
        try:
            with transport:
                outcomes[role] = drive.run_session(session, transport, ledger)
        except Exception as error:
            outcomes[role] = error

    thread = threading.Thread(target=run, args=(Role.SERVER, server, other, ledgers[1]))
    thread.start()
    run(Role.CLIENT, client, one, ledgers[0])
    thread.join()
    return outcomes[Role.CLIENT], outcomes[Role.SERVER]


def finish(agreement, ledgers, **words):
    """Run a session that must succeed."""
    client, server = match(agreement, ledgers, **words)
    for outcome in (client, server):
        if isinstance(outcome, Exception):
            raise outcome
    return client, server


def kinds(ledger):
    return [entry.kind for entry in ledger.entries()]
