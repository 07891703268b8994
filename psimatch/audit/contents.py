"""An audit file as an auditor, or its owner, reads it (psimatch-1 §12.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from psimatch.audit.records import Header, KeySeed, Rows, decode_all
from psimatch.audit.rows import SEAL_BYTES
from psimatch.digest import DIGEST_BYTES
from psimatch.envelope import SignedMessage
from psimatch.errors import AuditFileError
from psimatch.parameters import Role

_HINT = "ask the party for the file as it was"


@dataclass(frozen=True, slots=True)
class AuditContents:
    """What an audit file holds: `leaves` and `sealed_rows` by place, the sealed key seed of a server, messages."""

    header: Header
    leaves: tuple[bytes, ...] = field(repr=False)
    sealed_rows: tuple[bytes, ...] = field(repr=False)
    sealed_key_seed: bytes = field(repr=False)
    messages: tuple[SignedMessage, ...] = field(repr=False)

    @classmethod
    def decode(cls, data: bytes) -> AuditContents:
        """Read the bytes of an audit file.

        Raises:
            AuditFileError: it has another form.
        """
        records = decode_all(data)
        header = next(records, None)
        if not isinstance(header, Header):
            raise AuditFileError("this is no audit file of psimatch", hint="name a file that ends in .audit")
        leaves, rows, seeds, messages = [], [], [], []
        size = header.row_bytes + SEAL_BYTES
        for record in records:
            match record:
                case Rows():
                    leaves += _split(record.leaves, DIGEST_BYTES)
                    rows += _split(record.sealed, size)
                case KeySeed():
                    seeds.append(record.sealed)
                case SignedMessage():
                    messages.append(record)
                case Header():
                    raise AuditFileError("the audit file begins twice", hint=_HINT)
        if not len(leaves) == len(rows) <= header.set_size or len(seeds) > (header.role is Role.SERVER):
            raise AuditFileError("the audit file has more rows or keys than a session has", hint=_HINT)
        return cls(header, tuple(leaves), tuple(rows), b"".join(seeds), tuple(messages))


def _split(packed: bytes, size: int) -> list[bytes]:
    if len(packed) % size:
        raise AuditFileError("the audit file has a record that is cut short", hint=_HINT)
    return [packed[at : at + size] for at in range(0, len(packed), size)]
