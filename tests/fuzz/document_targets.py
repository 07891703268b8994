"""Small files that come from another party or from a disk: identities, receipts, requests, answers, keys, profiles."""

import contextlib
import json

from bounds import refusals
from choices import Choices, edited, with_canaries
from material import CONTENTS, CONVERSATION, LEDGER, OWNERS, RECEIPTS, REQUESTS, answer, read_answer
from scratch import FOLDER, written
from sessions import AUDITOR, CARE

from psimatch import audit, identity_files
from psimatch.audit.trail import answer_info
from psimatch.errors import AuditFileError, FlagFileError, IdentityError, ReceiptsError
from psimatch.parameters import Role
from psimatch.profiles import read_profile
from psimatch.receipt_files import check_receipts, read_receipts
from psimatch.sealing import seal


def _identity(data):
    with refusals(IdentityError):
        identity = identity_files.read_identity(written("some.identity", data))
        assert identity.seed.hex().encode() in data


def _public(data):
    with refusals(IdentityError):
        public = identity_files.read_public(written("some.public", data))
        identity_files.write_public(FOLDER / "again.public", public, force=True)
        assert identity_files.read_public(FOLDER / "again.public") == public


def _either(data):
    with refusals(IdentityError):
        identity_files.read_public_part(written("some.identity", data))


def _receipts(data):
    with refusals(ReceiptsError):
        holder, receipts = read_receipts(written("some.receipts", data))
        check_receipts(LEDGER, holder, receipts)


def _request(data):
    with refusals(AuditFileError):
        request = audit.read_request(written("some.request", data))
        request.check_of(CONTENTS[request.role])
        assert len(request.shares_wanted(CONTENTS[request.role])) <= CONTENTS[request.role].header.set_size + 1


def _answer(data):
    for role in Role:
        for request in REQUESTS[role]:
            with refusals(AuditFileError):
                read_answer(role, request, written("some.answer", data))


def _key(data):
    for role in Role:
        with refusals(AuditFileError):
            assert len(audit.read_owner_seed(written("some.audit-key", data), CONTENTS[role])) == 32


def _profile(data):
    # It names fields and columns, and what is said of it repeats the former.
    with contextlib.suppress(FlagFileError):
        profile = read_profile(written("some.toml", data))
        assert profile.columns or profile.ignore or profile.names
        texts = [text for named in profile.columns.values() for text in named]
        assert all(isinstance(text, str) for text in (*texts, *profile.columns, *profile.ignore, *profile.names))


def _sealed_answer(data):
    """An owner seals anything to the auditor, signed or not."""
    choices = Choices(data)
    role, signed = choices.one_of(tuple(Role)), choices.number(2)
    request, given = choices.one_of(REQUESTS[role]), choices.rest()
    header = CONTENTS[role].header
    info = answer_info(role, header.agreement_id, header.session_id, request.places)
    inside = OWNERS[role].sign(info + given) + given if signed else given
    about = {"format": "psimatch-audit-answer-1", "role": role.value, "session": header.session_id.hex()}
    document = {**about, "sealed": seal(inside, AUDITOR.public.sealing_key, info).hex()}
    with refusals(AuditFileError):
        read_answer(role, request, written("some.answer", json.dumps(document).encode()))


READERS = (_identity, _public, _either, _receipts, _request, _answer, _key, _profile)


def documents(data):
    """One of the files: any bytes, or a genuine one with edits, or with another value in one field."""
    choices = Choices(data)
    number = choices.number(len(READERS) + 1)
    if number == len(READERS):
        _sealed_answer(choices.rest())
        return
    text = choices.one_of((_raw, _changed, _another_value))(number, choices)
    READERS[number](with_canaries(text))


def _raw(_number, choices):
    return choices.rest()


def _changed(number, choices):
    return edited(choices.one_of(GENUINE[number]), choices)


def _another_value(number, choices):
    """Any value, or no value at all, in one field of a document in JSON; in TOML on one line."""
    genuine = choices.one_of(GENUINE[number])
    if not genuine.startswith(b"{"):
        lines = genuine.splitlines(keepends=True)
        at = choices.number(len(lines))
        lines[at] = lines[at].partition(b"=")[0] + b"= " + choices.rest() + b"\n"
        return b"".join(lines)
    document = json.loads(genuine)
    holder = choices.one_of((document, *document.get("receipts", ())))
    name = choices.one_of(sorted(holder))
    mark = "in its place"
    holder[name] = mark
    return json.dumps(document).encode().replace(f'"{mark}"'.encode(), choices.rest() or b"0")


def _genuine():
    """Return what psimatch itself writes, by the number of its reader."""
    identity_files.write_identity(FOLDER / "own.identity", CARE, None, force=True)
    identity_files.write_public(FOLDER / "own.public", CARE.public, force=True)
    own, public = (FOLDER / "own.identity").read_bytes(), (FOLDER / "own.public").read_bytes()
    # Sealed by a passphrase, which nobody gives here: it takes half a second each time.
    sealed = b'format = "psimatch-identity-1"\nname = "a"\nsalt = "%s"\nsealed = "%s"\n' % (b"0" * 32, b"0" * 144)
    profile = b'ignore = ["x"]\nnames = ["Null"]\n[columns]\nbsn = "Burgerservicenr"\ntelefoon = ["1", "2"]\n'
    requests = tuple(_written_request(request) for role in Role for request in REQUESTS[role])
    answers = tuple(answer(role, request) for role in Role for request in REQUESTS[role])
    keys = tuple(_key_file(role) for role in Role)
    return ((own, sealed), (public,), (own, public), (RECEIPTS,), requests, answers, keys, (profile,))


def _written_request(request):
    audit.write_request(FOLDER / "own.request", request, force=True)
    return (FOLDER / "own.request").read_bytes()


def _key_file(role):
    about = {"format": "psimatch-audit-key-1", "role": role.value, "session": CONTENTS[role].header.session_id.hex()}
    return json.dumps({**about, "seed": CONVERSATION.owner_seeds[role].hex()}).encode()


GENUINE = _genuine()
