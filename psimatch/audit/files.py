"""Files of an audit: what a session keeps, what an auditor asks for, and the owner's answer (psimatch-1 §12)."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from psimatch import randomness
from psimatch.audit.check import AuditReport, Opening
from psimatch.audit.contents import AuditContents
from psimatch.audit.rows import SHARE_BYTES, share
from psimatch.audit.trail import answer_info, seed_info
from psimatch.contact import disarm
from psimatch.digest import DIGEST_BYTES
from psimatch.errors import AuditFileError, OutputError
from psimatch.files import append_only, read_file, reading, reason, write_private
from psimatch.identity import SIGNATURE_BYTES, Identity, PublicIdentity, WrongSignatureError
from psimatch.outputs import AuditBegun, AuditRecord
from psimatch.parameters import LIMITS, Role
from psimatch.sealing import CannotOpenError, seal

AUDIT_SUFFIX: Final = ".audit"
# What the owner alone can open rows with; destroyed when the retention is over.
KEY_SUFFIX: Final = ".audit-key"

_KEY_FORMAT: Final = "psimatch-audit-key-1"
_REQUEST_FORMAT: Final = "psimatch-audit-request-1"
_ANSWER_FORMAT: Final = "psimatch-audit-answer-1"
# Of a larger set the auditor asks for all rows, or for fewer.
_MOST_ROWS: Final = 1 << 20
# The answer to such a request: 32 bytes a row, in hexadecimal.
_MAX_TEXT_BYTES: Final = 80 << 20
_AS_WRITTEN: Final = "ask for the file as it was written"


class AuditWriter:
    """Writes the audit file of one session into a folder, and the owner's key file beside it.

    Their names are the role and the beginning of the session id, so that no session replaces another's.
    """

    def __init__(self, folder: str | os.PathLike[str], role: Role, begun: AuditBegun) -> None:
        """Begin both files, readable by their owner alone.

        Raises:
            OutputError: one can't be written.
        """
        self.path, self.key_path = audit_paths(folder, role, begun.session_id)
        key = {"format": _KEY_FORMAT, **_about(role, begun.session_id), "seed": begun.owner_seed.hex()}
        write_private(self.key_path, json.dumps(key, indent=1).encode() + b"\n")
        write_private(self.path, begun.header)
        try:
            self._descriptor = append_only(self.path)
        except OSError as error:
            raise self._cannot(error) from error

    def append(self, record: AuditRecord) -> None:
        """Append a record; it is on disk when this returns.

        Raises:
            OutputError: it can't be written.
        """
        # §12.4
        rest = memoryview(record.record)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._cannot(error) from error

    def _cannot(self, error: OSError) -> OutputError:
        return OutputError(f"{self.path} can't be written: {reason(error)}", hint="make room on that disk")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def audit_paths(folder: str | os.PathLike[str], role: Role, session_id: bytes) -> tuple[Path, Path]:
    """Return where the audit file of a session and its key file lie."""
    path = Path(folder) / f"{role.value}-{session_id[:8].hex()}{AUDIT_SUFFIX}"
    return path, path.with_suffix(KEY_SUFFIX)


def read_audit_file(path: str | os.PathLike[str]) -> AuditContents:
    """Read an audit file.

    Raises:
        AuditFileError: it can't be read, or has another form.
    """
    with reading(path, AuditFileError) as stream:
        return AuditContents.read(stream)


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """The rows that an auditor wants to see of one audit file: their places from 0, sorted; None stands for all."""

    role: Role
    session_id: bytes
    places: tuple[int, ...] | None

    @classmethod
    def sample(cls, contents: AuditContents, rows: int) -> AuditRequest:
        """Ask for so many rows, drawn at random from the operating system.

        Raises:
            AuditFileError: the file has fewer.
        """
        count = len(contents.leaves)
        if not 1 <= rows <= min(count, _MOST_ROWS):
            count = min(count, _MOST_ROWS)
            raise AuditFileError(
                f"the audit file has {count:,} rows", hint=f"ask for 1 to {count:,} of them, or for all"
            )
        # 2^64 is far above the number of rows, so no order is noticeably likelier than another.
        keys = randomness.random_bytes(8 * count)
        order = sorted(range(count), key=lambda place: keys[8 * place : 8 * place + 8])
        return cls(contents.header.role, contents.header.session_id, tuple(sorted(order[:rows])))

    @classmethod
    def everything(cls, contents: AuditContents) -> AuditRequest:
        """Ask for all rows."""
        return cls(contents.header.role, contents.header.session_id, None)

    def check_of(self, contents: AuditContents) -> None:
        """Check that it asks for rows of this file.

        Raises:
            AuditFileError: it does not.
        """
        _check_same(self.role, self.session_id, contents, "request")
        if self.places is not None and (not self.places or self.places[-1] >= contents.header.set_size):
            raise AuditFileError("the request asks for rows that the session has not", hint="ask for a new request")

    def shares_wanted(self, contents: AuditContents) -> list[int]:
        """Return the places whose shares answer it: on a server that of the key too."""
        places = range(contents.header.set_size) if self.places is None else self.places
        return [*places, *([contents.header.set_size] if self.role is Role.SERVER else [])]


def write_request(path: str | os.PathLike[str], request: AuditRequest, *, force: bool = False) -> None:
    """Write a request, for the owner of the file.

    Raises:
        OutputError: the file exists and not `force`, or can't be written.
    """
    rows: Any = "all" if request.places is None else list(request.places)
    document = {"format": _REQUEST_FORMAT, **_about(request.role, request.session_id), "rows": rows}
    write_private(path, json.dumps(document).encode() + b"\n", force=force)


def read_request(path: str | os.PathLike[str]) -> AuditRequest:
    """Read a request.

    Raises:
        AuditFileError: it can't be read, or has another form.
    """
    role, session_id, rows = _read_document(Path(path), _REQUEST_FORMAT, "rows")
    if rows == "all":
        return AuditRequest(role, session_id, None)
    numbers = (
        isinstance(rows, list)
        and len(rows) <= _MOST_ROWS
        and all(type(row) is int and 0 <= row < LIMITS.max_items for row in rows)
    )
    if not numbers or rows != sorted(set(rows)):
        raise _malformed(Path(path))
    return AuditRequest(role, session_id, tuple(rows))


def write_answer(
    path: str | os.PathLike[str],
    contents: AuditContents,
    request: AuditRequest,
    owner_seed: bytes,
    owner: Identity,
    auditor: PublicIdentity,
    *,
    force: bool = False,
) -> int:
    """Write what opens the rows that a request asks for, signed and sealed to the auditor; return how many rows.

    Only the shares of these rows leave; with those of other rows nothing can be done.

    Raises:
        AuditFileError: the request is for another file.
        OutputError: the answer exists and not `force`, or can't be written.
    """
    # §12.5
    request.check_of(contents)
    places = request.shares_wanted(contents)
    given = owner_seed if request.places is None else b"".join(share(owner_seed, place) for place in places)
    info = _answer_info(contents, request)
    sealed = seal(owner.sign(info + given) + given, auditor.sealing_key, info)
    document = {"format": _ANSWER_FORMAT, **_about(request.role, request.session_id), "sealed": sealed.hex()}
    write_private(path, json.dumps(document).encode() + b"\n", force=force)
    return len(places) - (request.role is Role.SERVER)


def read_opening(
    path: str | os.PathLike[str],
    contents: AuditContents,
    request: AuditRequest,
    owner: PublicIdentity,
    auditor: Identity,
) -> Opening:
    """Read an owner's answer to a request.

    Raises:
        AuditFileError: it can't be read, belongs to another file or request, is sealed to another auditor, or is not
            signed by the owner.
    """
    request.check_of(contents)
    if len(contents.leaves) != contents.header.set_size:
        raise AuditFileError(
            "the audit file does not have all its rows", hint="check it without an answer, which tells why"
        )
    role, session_id, sealed = _read_document(Path(path), _ANSWER_FORMAT, "sealed")
    _check_same(role, session_id, contents, "answer")
    header = contents.header
    info = seed_info(header.role, header.agreement_id, header.session_id)
    auditor_seed = _opened(header.sealed_seed, auditor, info, "the audit file")
    asked = _answer_info(contents, request)
    answer = _opened(_hex(Path(path), sealed), auditor, asked, "the answer answers another request, or")
    signature, given = answer[:SIGNATURE_BYTES], answer[SIGNATURE_BYTES:]
    try:
        owner.verify(asked + given, signature)
    except WrongSignatureError:
        raise AuditFileError("the answer is not signed by the party", hint="ask the party for it again") from None
    places = request.shares_wanted(contents)
    if request.places is None:
        if len(given) != SHARE_BYTES:
            raise _other_request()
        return Opening(auditor_seed, {place: share(given, place) for place in places})
    if len(given) != SHARE_BYTES * len(places):
        raise _other_request()
    parts = (given[SHARE_BYTES * number : SHARE_BYTES * (number + 1)] for number in range(len(places)))
    return Opening(auditor_seed, dict(zip(places, parts, strict=True)))


def read_owner_seed(path: str | os.PathLike[str], contents: AuditContents) -> bytes:
    """Read the key file that belongs to an audit file; 32 bytes.

    Raises:
        AuditFileError: it can't be read (after the retention it is destroyed), or belongs to another session.
    """
    role, session_id, seed = _read_document(Path(path), _KEY_FORMAT, "seed")
    _check_same(role, session_id, contents, "key")
    found = _hex(Path(path), seed)
    if len(found) != SHARE_BYTES:
        raise _malformed(Path(path))
    return found


def write_opened_rows(path: str | os.PathLike[str], report: AuditReport, *, force: bool = False) -> int:
    """List the opened rows that are no dummies, as CSV: place from 1, kind, value, persons, case reference.

    The numbers of persons say which tokens the party takes for one person's. Returns how many rows it lists.

    Mode 0600, whole or not at all. Case references are disarmed, since the party wrote them.

    Raises:
        OutputError: the file exists and not `force`, or can't be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("row", "kind", "value", "persons", "case_ref"))
    real = [(row, row.identifier) for row in report.opened if row.identifier is not None]
    for row, identifier in real:
        value = identifier.value.decode(errors="backslashreplace")
        persons = " ".join(str(number + 1) for number in row.persons)
        writer.writerow((row.place + 1, identifier.kind, disarm(value), persons, disarm(row.case_ref)))
    write_private(path, text.getvalue().encode(), force=force)
    return len(real)


def _answer_info(contents: AuditContents, request: AuditRequest) -> bytes:
    header = contents.header
    return answer_info(header.role, header.agreement_id, header.session_id, request.places)


def _opened(sealed: bytes, auditor: Identity, info: bytes, what: str) -> bytes:
    try:
        return auditor.sealing_key.open(sealed, info)
    except CannotOpenError:
        raise AuditFileError(
            f"{what} is not sealed to this auditor key, or is damaged",
            hint="use the identity of the auditor that the agreement names",
        ) from None


def _about(role: Role, session_id: bytes) -> dict[str, str]:
    return {"role": role.value, "session": session_id.hex()}


def _check_same(role: Role, session_id: bytes, contents: AuditContents, what: str) -> None:
    if (role, session_id) != (contents.header.role, contents.header.session_id):
        raise AuditFileError(
            f"the {what} belongs to another audit file", hint="the files of one session bear its role and id"
        )


def _other_request() -> AuditFileError:
    return AuditFileError("the answer is to another request", hint="ask the party to answer this request")


def _malformed(path: Path) -> AuditFileError:
    return AuditFileError(f"{path} has another form than psimatch gives it", hint=_AS_WRITTEN)


def _hex(path: Path, text: object) -> bytes:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        raise _malformed(path) from None


def _read_document(path: Path, expected: str, name: str) -> tuple[Role, bytes, Any]:
    """Read one of the texts above; return the role, the session id, and the field that is its own."""
    data = read_file(path, _MAX_TEXT_BYTES, AuditFileError, remedy=_AS_WRITTEN)
    try:
        given = json.loads(data)
        if not isinstance(given, dict) or set(given) != {"format", "role", "session", name}:
            raise ValueError
        role, session_id = Role(given["role"]), _hex(path, given["session"])
    except (ValueError, RecursionError):
        raise _malformed(path) from None
    if given["format"] != expected or len(session_id) != DIGEST_BYTES:
        raise _malformed(path)
    return role, session_id, given[name]
