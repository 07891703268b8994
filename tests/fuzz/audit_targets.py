"""Audit files of another party: the file, the messages in it, and rows that their owner made up."""

import contextlib
from dataclasses import replace

from bounds import refusals
from choices import Choices, assert_silent, edited
from material import AGREEMENT, CHUNK, CONTENTS, CONVERSATION, OWNERS, PARTIES, REQUESTS, audited_pair, opening
from scratch import FOLDER
from sessions import AUDITOR, Wire, chunks_of

from psimatch import audit
from psimatch.audit import records
from psimatch.audit.rows import CannotOpenRowError, Row, open_row, seal_row, share
from psimatch.audit.trail import seed_info
from psimatch.digest import NO_DIGEST, digest
from psimatch.envelope import Place, signed_bytes
from psimatch.errors import AuditFileError
from psimatch.parameters import Label, Role

ROLES = tuple(Role)
OPENINGS = {role: opening(role, REQUESTS[role][0]) for role in Role}


def whole_file(choices):
    """An audit file with edits, or anything."""
    role = choices.one_of(ROLES)
    data = edited(CONVERSATION.audits[role], choices) if choices.number(2) else choices.rest()
    with chunks_of(CHUNK), refusals(AuditFileError):
        contents = audit.AuditContents.decode(data)
        _assert_one_form(data)
        _check(contents)


def _assert_one_form(data):
    again = b"".join(map(records.encode, records.decode_all(data)))
    assert data.startswith(again), "a record was read that psimatch writes otherwise"


def signed_messages(choices):
    """Two parties who work together change a message, and sign all anew."""
    role = choices.one_of(ROLES)
    contents = CONTENTS[role]
    messages = list(contents.messages)
    at = choices.number(len(messages))
    received = choices.one_of((messages[at].received, choices.number(16)))
    messages[at] = replace(messages[at], message=edited(messages[at].message, choices), received=received)
    with chunks_of(CHUNK), refusals(AuditFileError):
        _check(replace(contents, messages=_signed_anew(messages)))


def _signed_anew(messages):
    """Return the messages, each signed for the place where it stands."""
    digests = {role: [] for role in Role}
    signed = []
    for message in messages:
        sender, received = message.sender, message.received
        own, other = digests[sender], digests[sender.peer]
        fingerprints = PARTIES[sender].fingerprint + PARTIES[sender.peer].fingerprint
        place = Place(sender, len(own), fingerprints, AGREEMENT.terms.id, message.session_id)
        acknowledged = other[received - 1] if 0 < received <= len(other) else NO_DIGEST
        text = signed_bytes(place, own[-1] if own else NO_DIGEST, received, acknowledged, message.message)
        own.append(digest(Label.MESSAGE_DIGEST, text))
        signed.append(replace(message, signature=OWNERS[sender].sign(text)))
    return tuple(signed)


def hostile_rows(choices):
    """An owner commits to rows of any content, and opens them."""
    role, place, part = choices.one_of(ROLES), choices.number(3), choices.number(3)
    given = choices.rest()
    with chunks_of(CHUNK):
        pair = audited_pair()
        session = pair[0] if role is Role.CLIENT else pair[1]
        _change_row(session._trail, place, part, given)
        conversation = Wire(*pair).run()
        if role not in conversation.audits:
            return
        with refusals(AuditFileError):
            contents = audit.AuditContents.decode(conversation.audits[role])
            seed = conversation.owner_seeds[role]
            shares = {number: share(seed, number) for number in range(contents.header.set_size + 1)}
            _check(contents, audit.Opening(_auditor_seed(contents), shares))


def _change_row(trail, place, part, given):
    honest = trail._keep
    count = 0

    def keep(record):
        nonlocal count
        if isinstance(record, records.Rows):
            first, count = count, count + len(record.leaves) // 32
            if first <= place < count:
                record = _with_row(trail, record, place, place - first, part, given)
                trail._leaves[place] = record.leaves[32 * (place - first) :][:32]
        honest(record)

    trail._keep = keep


def _with_row(trail, record, place, number, part, given):
    size = trail._row_bytes + 16
    shares = trail._shares(place)
    row = Row.decode(open_row(record.sealed[size * number : size * (number + 1)], shares))
    match part:
        case 0:
            row = replace(row, identifier=given[: trail._row_bytes - 96])
        case 1:
            row = replace(row, blinding=given[:33])
        case _:
            row = replace(row, case_ref=given.decode("utf-8", "replace")[:20])
    packed = row.encode(trail._row_bytes)
    leaves = record.leaves[: 32 * number] + row.leaf + record.leaves[32 * (number + 1) :]
    sealed = record.sealed[: size * number] + seal_row(packed, shares) + record.sealed[size * (number + 1) :]
    return records.Rows(leaves, sealed)


def one_row(choices):
    """Any bytes as a row that was opened."""
    data = choices.rest()
    with contextlib.suppress(CannotOpenRowError):
        assert Row.decode(data).encode(len(data)) == data


def _auditor_seed(contents):
    header = contents.header
    return AUDITOR.sealing_key.open(header.sealed_seed, seed_info(header.role, header.agreement_id, header.session_id))


def _check(contents, given=None):
    """Check it with nothing open, then with all rows."""
    openings = [None, given] if given else [None, OPENINGS[contents.header.role]]
    for item in openings:
        report = audit.check_audit(contents, AGREEMENT.terms, PARTIES, item)
        assert_silent(*report.violations, repr(report))
        if report.opened:
            audit.write_opened_rows(FOLDER / "rows.csv", report, force=True)


def audits(data):
    """Audit files, the messages in them, and their rows."""
    choices = Choices(data)
    choices.one_of((whole_file, whole_file, signed_messages, hostile_rows, one_row))(choices)
