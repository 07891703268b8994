"""What is fuzzed: everything that parses data of a peer or of a stranger, each as one function of bytes.

A target returns for whatever is refused as it should be, and raises for anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import agreement_targets
import audit_targets
import document_targets
import ledger_targets
import list_targets
import session_targets
import wire_targets
from bounds import run_bounded
from repeatable import repeatable

FOUND = Path(__file__).parent / "found"


@dataclass(frozen=True)
class Target:
    """A function of bytes; how many bytes it may allocate in all, and for each byte of its input; the longest input.

    Where a run is dear, a fuzzer leaves the count of what it allocates to the process's own limits.
    """

    function: Callable[[bytes], None]
    base_bytes: int = 2 << 20
    factor: int = 256
    longest: int = 4_096
    dear: bool = False

    def run(self, data, *, fuzzing=False):
        if fuzzing and self.dear:
            self._repeat(data)
        else:
            run_bounded(self._repeat, data, self.base_bytes, self.factor)

    def _repeat(self, data):
        with repeatable():
            self.function(data)


TARGETS = {
    "frames": Target(wire_targets.frames, longest=16_384),
    "envelopes": Target(wire_targets.envelopes, dear=True),
    "messages": Target(wire_targets.messages, longest=16_384),
    "sessions": Target(session_targets.sessions, dear=True),
    "agreements": Target(agreement_targets.agreements, longest=16_384),
    "flags": Target(list_targets.flags),
    "kinds": Target(list_targets.kinds),
    "documents": Target(document_targets.documents, longest=16_384),
    "ledgers": Target(ledger_targets.ledgers),
    "audits": Target(audit_targets.audits, dear=True),
    "tables": Target(list_targets.tables, dear=True),
}


def found(name):
    """Return the cases that fuzzing has found for a target, by what each was."""
    folder = FOUND / name
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}
