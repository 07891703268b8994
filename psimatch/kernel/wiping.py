"""Overwrite secrets in memory once nobody needs them. What it can't reach: see protocol_spec/secrets.md."""

from __future__ import annotations

try:
    from psimatch.kernel import _c as compiled
except ImportError:
    compiled = None  # type: ignore[assignment]


def wipe(*secrets: bytes | bytearray) -> None:
    """Overwrite with zeros what only the caller has, and nobody reads again.

    Python holds bytes for constant, so never hand in what another may have too: an argument, a constant, a key of a
    dictionary. Without the C kernels only a bytearray can be overwritten; bytes stay until their memory is used again.
    """
    if compiled is not None:
        compiled.wipe(*secrets)
        return
    for secret in secrets:
        if isinstance(secret, bytearray):
            secret[:] = bytes(len(secret))
