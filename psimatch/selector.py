"""Which agreement a server means that connects: told to the listening client alone (psimatch-1 §10.1).

A client that connects names its agreement in its Hello. A server that connects sends nothing before the client's
Hello, so a client that listens for several agreements could not know under which to say it. The server therefore sends
a selector right after its preface: the agreement id, sealed to the client's long-term key. It is not signed. Whoever
knows the agreement id and the client's public identity can make one, and whoever records one can send it again. Both
win the client's Hello and no more; the envelopes decide as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from psimatch.digest import DIGEST_BYTES, length_prefixed
from psimatch.errors import AgreementMismatchError
from psimatch.identity import Identity, PublicIdentity
from psimatch.parameters import Label
from psimatch.sealing import SEAL_OVERHEAD, CannotOpenError, seal

SELECTOR_BYTES: Final = DIGEST_BYTES + SEAL_OVERHEAD
_INFO: Final = length_prefixed(Label.SELECTOR)


def seal_selector(agreement_id: bytes, client: PublicIdentity) -> bytes:
    """Return a fresh selector (1,168 bytes) of an agreement for the client of it that listens."""
    # §10.1
    return seal(agreement_id, client.sealing_key, _INFO)


def open_selector(sealed: bytes, client: Identity) -> bytes:
    """Return the agreement id (32 bytes) that a selector names; whether the client serves it is still to be seen.

    Raises:
        AgreementMismatchError: it is sealed to another client, damaged, or no selector at all.
    """
    # §10.1
    try:
        named = client.sealing_key.open(sealed, _INFO)
    except CannotOpenError:
        raise AgreementMismatchError(
            "the selector of a server can't be opened: it is damaged, or sealed to another client",
            hint="check that both sides use the .public files that the agreement names",
        ) from None
    if len(named) != DIGEST_BYTES:
        raise AgreementMismatchError(
            "the selector of a server names no agreement", hint="check who is at the other end"
        )
    return named


@dataclass(frozen=True, slots=True)
class Selector:
    """What the two sides of one session do with selectors: the server seals one, the client checks it."""

    agreement_id: bytes
    own: Identity = field(repr=False)
    peer: PublicIdentity

    def sealed(self) -> bytes:
        """Return what a server sends to the client that it connects to."""
        return seal_selector(self.agreement_id, self.peer)

    def check(self, sealed: bytes) -> None:
        """Check that a server that has connected means the agreement of this session.

        Raises:
            AgreementMismatchError: it means another one, or what it sent is no selector for this client.
        """
        if open_selector(sealed, self.own) != self.agreement_id:
            raise AgreementMismatchError(
                "the peer names an agreement that is not served here",
                hint="compare the agreement ids that psimatch agreement show prints",
            )
