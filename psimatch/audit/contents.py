"""An audit file as an auditor, or its owner, reads it (psimatch-1 §12.4)."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from psimatch.audit.records import Header, KeySeed, Rows, decode_stream
from psimatch.audit.rows import SEAL_BYTES
from psimatch.digest import DIGEST_BYTES
from psimatch.envelope import SignedMessage
from psimatch.errors import AuditFileError
from psimatch.parameters import LIMITS, Role

_HINT: Final = "ask the party for the file as it was"
# A kilobyte for each item of the largest set, contacts included: so a file without end is not read without end.
_MOST_MESSAGE_BYTES: Final = LIMITS.max_items << 10


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
        return cls.read(io.BytesIO(data))

    @classmethod
    def read(cls, stream: BinaryIO) -> AuditContents:
        """Read an audit file; memory is taken for its well-formed records alone, whatever follows them.

        Raises:
            AuditFileError: it has another form.
            OSError: it can't be read.
        """
        records = decode_stream(stream)
        header = next(records, None)
        if not isinstance(header, Header):
            raise AuditFileError("this is no audit file of psimatch", hint="name a file that ends in .audit")
        leaves, rows, seeds, messages = [], [], [], []
        size, message_bytes = header.row_bytes + SEAL_BYTES, 0
        for record in records:
            match record:
                case Rows():
                    leaves += _split(record.leaves, DIGEST_BYTES)
                    rows += _split(record.sealed, size)
                case KeySeed():
                    seeds.append(record.sealed)
                case SignedMessage():
                    messages.append(record)
                    message_bytes += len(record.message)
                case Header():
                    raise AuditFileError("the audit file begins twice", hint=_HINT)
            too_many = len(leaves) > header.set_size or len(seeds) > (header.role is Role.SERVER)
            if too_many or len(leaves) != len(rows) or message_bytes > _MOST_MESSAGE_BYTES:
                raise AuditFileError("the audit file has more rows, keys or messages than a session has", hint=_HINT)
        return cls(header, tuple(leaves), tuple(rows), b"".join(seeds), tuple(messages))


def _split(packed: bytes, size: int) -> list[bytes]:
    if len(packed) % size:
        raise AuditFileError("the audit file has a record that is cut short", hint=_HINT)
    return [packed[at : at + size] for at in range(0, len(packed), size)]
