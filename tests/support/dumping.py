"""The command `psimatch`, stopped where its memory is to be read: `python dumping.py FILE POINTS ARGUMENTS...`.

All that is secret is appended to FILE as it is made, by no copy in this process: the name of its sort, its length, it.
The process stops itself (SIGSTOP) before the envelopes whose numbers are among POINTS leave, where a client has PRF
outputs in its hands (`outputs` among POINTS), and when the session is over, whatever its end (`over`). With `unwiped`
among POINTS nothing is wiped.
"""

import itertools
import os
import signal
import sys

import psimatch
from psimatch import client, oprf, randomness
from psimatch.cli import main
from psimatch.identity import Identity
from psimatch.oprf import dleq, keys, voprf
from psimatch.transports.tcp import TcpTransport

# What calls for randomness, by the function that does.
DRAWN = {
    "generate": "ephemeral seed",
    "_admitted": "server key seed",
    "random_scalars": "what blinds come from",
    "shuffle": "keys of the shuffle",
    "fill": "dummies",
    "<genexpr>": "audit seeds",
}


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)


def teller(path):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(name, secret):
        os.write(file, f"{name} {len(secret)}\n".encode())
        os.write(file, secret)

    return tell


def watch_randomness(tell):
    draw = randomness.random_bytes

    def telling(length):
        drawn = draw(length)
        name = DRAWN.get(sys._getframe(1).f_code.co_name)
        if name is not None:
            tell(name, drawn)
        return drawn

    randomness.random_bytes = telling


def watch(owner, function, name, tell, secret_of=lambda result: result):
    original = getattr(owner, function)

    def telling(*arguments, **options):
        result = original(*arguments, **options)
        tell(name, secret_of(result))
        return result

    setattr(owner, function, telling)


def watch_nonces(tell):
    prove = dleq._prove_with

    def telling(key, batch, nonce):
        tell("proof nonce", nonce)
        return prove(key, batch, nonce)

    dleq._prove_with = telling


def watch_all(tell):
    watch_randomness(tell)
    watch_nonces(tell)
    watch(oprf, "blind", "blinds", tell, lambda blinding: blinding.blinds)
    watch(keys, "hash_to_scalar", "server key", tell)
    watch(voprf.kernel, "finalize_each", "outputs", tell)
    watch(Identity, "from_seed", "identity seed", tell, lambda identity: identity.seed)
    # Encoding makes a copy, which the interpreter drops at once, as it does those of its own.
    watch(psimatch, "read_passphrase", "passphrase", tell, str.encode)


def stop_wiping():
    for module in [module for name, module in sys.modules.items() if name.startswith("psimatch")]:
        if hasattr(module, "wipe"):
            module.wipe = lambda *secrets: None


def stop_at(points):
    if "unwiped" in points:
        stop_wiping()
    counter = itertools.count(1)
    send, find = TcpTransport.send, client.find

    def stopping_send(self, envelope, **options):
        if str(next(counter)) in points:
            stop()
        send(self, envelope, **options)

    def stopping_find(*arguments):
        if "outputs" in points:
            stop()
        return find(*arguments)

    TcpTransport.send, client.find = stopping_send, stopping_find
    if "over" in points:
        for name in ("run_connecting", "run_listening"):
            stop_after(name)


def stop_after(name):
    run = getattr(psimatch, name)

    def stopping(*arguments, **options):
        try:
            return run(*arguments, **options)
        finally:
            stop()

    setattr(psimatch, name, stopping)


if __name__ == "__main__":
    watch_all(teller(sys.argv[1]))
    stop_at(sys.argv[2].split(","))
    main(sys.argv[3:])
