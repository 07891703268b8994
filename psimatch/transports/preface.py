"""The line that each side sends first, so that strays and mistakes show early (psimatch-1 §10.1)."""

from __future__ import annotations

import re
from typing import Final

from psimatch.errors import NotPsimatchError, RoleError, VersionError
from psimatch.parameters import PROTOCOL_VERSION, Role

PREFACE_BYTES: Final = 18

_PROTOCOL, _VERSION = PROTOCOL_VERSION.encode().split(b"/")
_ANY_VERSION = re.compile(re.escape(_PROTOCOL) + rb"/([1-9][0-9]{0,4}) ")


def preface(role: Role) -> bytes:
    """Write the preface of a role, 18 bytes."""
    return f"{PROTOCOL_VERSION} {role.value}\n".encode()


def check_preface(received: bytes, role: Role) -> None:
    """Check what has come so far, up to 18 bytes, against what the peer of `role` sends; no byte of it is shown.

    Whoever is not the peer shows at its first wrong byte, so nobody waits for the rest.

    Raises:
        VersionError: it is psimatch in another version.
        RoleError: the peer has our own role.
        NotPsimatchError: it is anything else.
    """
    if preface(role.peer).startswith(received):
        return
    version = _ANY_VERSION.match(received)
    if version is not None and version[1] != _VERSION:
        raise VersionError(
            f"the peer speaks {_PROTOCOL.decode()}/{int(version[1])}, this side {PROTOCOL_VERSION}",
            hint="agree with the other party on one version of psimatch",
        )
    own = preface(role)
    if received == own:
        raise RoleError(
            f"both sides run as the {role.value}",
            hint=f"the agreement says which party is the {role.peer.value}; check which identity each uses",
        )
    # Part of our own preface or of a version's number may yet become one of the two above.
    if own.startswith(received) or _may_become_version(received):
        return
    raise NotPsimatchError(
        "what is at the other end does not speak psimatch", hint="check the address, and what else uses that port"
    )


def _may_become_version(received: bytes) -> bool:
    start = _PROTOCOL + b"/"
    digits = received.removeprefix(start)
    return len(digits) < len(received) <= len(start) + 5 and digits.isdigit() and not digits.startswith(b"0")
