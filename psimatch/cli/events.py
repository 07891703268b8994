"""What happens on the line before the peer is there, told on stderr."""

from __future__ import annotations

import psimatch
from psimatch.cli import messages


class LineEvents:
    """Tells that this side listens, and which connections came to nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._told = ""

    def listening(self, address: tuple[str, int], peer: str, wait: float) -> None:
        """Tell where the peer can connect to; with port 0 nobody could know otherwise."""
        if not self._quiet:
            messages.note(f"listening on {psimatch.format_address(*address)} for {peer}, {wait:g} seconds at most")

    def refused(self, event: psimatch.ConnectionRefused) -> None:
        """Tell of a stray connection, also when quiet: somebody tried."""
        messages.note(f"connection from {event.address} refused: {event.error}")
        if isinstance(event.error, psimatch.RefusedError):
            messages.note(f"hint: {event.error.hint}")

    def not_connected(self, event: psimatch.ConnectionRefused) -> None:
        """Tell that this side tries again, once for each reason: there are many tries."""
        reason = str(event.error)
        if not self._quiet and reason != self._told:
            messages.note(f"{reason}; trying again")
            self._told = reason
