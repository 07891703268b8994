"""RFC 9497 on ristretto255-SHA512, in batches over packed bytes. This is the sharp door.

An OPRF output alone matches nothing and hides nothing from a party that may evaluate without bound; the
sessions of `psimatch` add keys for one session, proofs bound to it, agreements and padding. Use this package
to build something else, or to check us.

    client: blind(inputs) -> blinding                    server: key = generate_key_pair()
        blinding.blinded_elements  ->                        blind_evaluate(key, blinded_elements)
                                   <-                        Evaluation(elements, proof)
    finalize(public_key, inputs, blinding, evaluation)       evaluate(key, own_inputs)

Warning: RFC 9497's own batch proof (`context=None`) weights each pair by a hash of that pair alone. A server
can search for errors that cancel under such weights, at a cost that falls with the size of the batch, so by
default at most 16 elements go under one proof. With `context=` bytes that name the place of the batch, the
weights hash the whole batch, and any size is safe (psimatch-1 §4.4).
"""

from __future__ import annotations

from psimatch.oprf.keys import ServerKey, derive_key_pair, generate_key_pair
from psimatch.oprf.suite import Mode
from psimatch.oprf.voprf import Blinding, Evaluation, blind, blind_evaluate, check_public_key, evaluate, finalize

__all__ = [
    "Blinding",
    "Evaluation",
    "Mode",
    "ServerKey",
    "blind",
    "blind_evaluate",
    "check_public_key",
    "derive_key_pair",
    "evaluate",
    "finalize",
    "generate_key_pair",
]
