"""The records of an audit file: header, rows, the server's key seed, and signed messages (psimatch-1 §12.4)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from psimatch import canonical
from psimatch.audit.rows import SEAL_BYTES
from psimatch.digest import DIGEST_BYTES
from psimatch.envelope import SignedMessage
from psimatch.errors import AuditFileError, MessageFormatError
from psimatch.parameters import LIMITS, Role

FORMAT: Final = 1
ROLES: Final = (Role.CLIENT, Role.SERVER)
# A frame of rows is the largest: 2,048 of them, each a leaf and a sealed row of some 1,500 bytes.
_MAX_RECORD_BYTES: Final = 8 << 20
_MOST_FIELDS: Final = 8


@dataclass(frozen=True, slots=True)
class Header:
    """Whose audit file of which session it is; `sealed_seed` is the auditor's seed, sealed to the auditor."""

    role: Role
    agreement_id: bytes
    session_id: bytes
    set_size: int
    row_bytes: int
    sealed_seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """The leaves (32 bytes each) of the next chunk of places, and as many sealed rows."""

    leaves: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySeed:
    """The seed of the server's key, sealed as one more row."""

    sealed: bytes = field(repr=False)


Record = Header | Rows | KeySeed | SignedMessage


def encode(record: Record) -> bytes:
    """Return the record behind its length, as it stands in the file."""
    # §12.4
    match record:
        case Header():
            sizes = record.set_size, record.row_bytes
            ids = record.agreement_id, record.session_id
            values: list[Any] = [0, FORMAT, ROLES.index(record.role), *ids, *sizes, record.sealed_seed]
        case Rows():
            values = [1, record.leaves, record.sealed]
        case KeySeed():
            values = [2, record.sealed]
        case SignedMessage():
            signed = record.received, record.message, record.signature
            values = [3, ROLES.index(record.sender), record.session_id, *signed]
    packed = canonical.encode(values)
    return len(packed).to_bytes(4, "big") + packed


def decode_all(data: bytes) -> Iterator[Record]:
    """Read the records of a file that is in memory, as `decode_stream` does.

    Raises:
        AuditFileError: a record has another form.
    """
    return decode_stream(io.BytesIO(data))


def decode_stream(stream: BinaryIO) -> Iterator[Record]:
    """Read the records of a file one by one, no further than a malformed one.

    One that is cut off at the end, where a crash stopped it, is left out.

    Raises:
        AuditFileError: a record has another form.
    """
    # §12.4
    while len(prefix := stream.read(4)) == 4:
        length = int.from_bytes(prefix, "big")
        if length > _MAX_RECORD_BYTES:
            raise _malformed()
        packed = stream.read(length)
        if len(packed) < length:
            return
        yield _record(packed)


def _malformed() -> AuditFileError:
    return AuditFileError("the audit file has a record of another form", hint="ask the party for the file as it was")


def _record(packed: bytes) -> Record:
    try:
        fields = canonical.decode(packed, longest_array=_MOST_FIELDS)
        # To Python true is the number 1, and a record has numbers alone.
        if not isinstance(fields, list) or any(isinstance(field, bool) for field in fields):
            raise _malformed()
        match fields:
            case [0, int(version), int(role), bytes(agreement), bytes(session), int(size), int(row), bytes(seed)]:
                if version != FORMAT or not _are_digests(agreement, session):
                    raise _malformed()
                if not (1 <= size <= LIMITS.max_items and 1 <= row <= LIMITS.row_bytes):
                    raise _malformed()
                return Header(ROLES[_index(role)], agreement, session, size, row, seed)
            case [1, bytes(leaves), bytes(sealed)]:
                return Rows(leaves, sealed)
            case [2, bytes(sealed)] if len(sealed) == 32 + SEAL_BYTES:
                return KeySeed(sealed)
            case [3, int(sender), bytes(session), int(received), bytes(message), bytes(signature)]:
                if not 0 <= received < 2**32 or len(session) != DIGEST_BYTES:
                    raise _malformed()
                return SignedMessage(ROLES[_index(sender)], session, received, message, signature)
    except MessageFormatError:
        pass
    raise _malformed()


def _index(number: int) -> int:
    if not 0 <= number < len(ROLES):
        raise _malformed()
    return number


def _are_digests(*values: bytes) -> bool:
    return all(len(value) == DIGEST_BYTES for value in values)
