"""What an auditor is handed: changed, cut short, made up, or not opened."""

import contextlib
from dataclasses import replace

import pytest
from audits import BOTH, IDENTITIES, PARTIES, TERMS, audited, check, contents_of, opening_of, said_in, signed_anew
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sessions import CARE, POLICE, chunks_of, make_agreement

from psimatch import audit, canonical
from psimatch.audit import records
from psimatch.errors import AbortCode, AuditFileError, NotAPartyError
from psimatch.messages import Abort, Blinded, Claims, Contacts, Evaluated, LedgerHead, ServerHello, Tags
from psimatch.messages import Receipt as ReceiptMessage
from psimatch.parameters import Role
from psimatch.receipt import Receipt


def test_the_parties_are_those_of_the_agreement():
    agreement, wire = audited()
    swapped = {Role.CLIENT: POLICE.public, Role.SERVER: CARE.public}
    with pytest.raises(NotAPartyError):
        audit.check_audit(contents_of(wire, Role.CLIENT), agreement.terms, swapped)


def test_arrays_in_arrays_are_refused_at_once():
    wide = b"\x92\x01\xdd" + (1 << 20).to_bytes(4, "big") + b"\x90" * (1 << 20)
    with pytest.raises(AuditFileError):
        audit.AuditContents.decode(len(wide).to_bytes(4, "big") + wide)


# A party that changes its file, or does not open it.


@BOTH
def test_what_cant_be_opened_is_a_violation(role):
    agreement, wire = audited()
    opening = opening_of(wire, role)
    wrong = {**opening.owner_shares, 2: bytes(32), 5: opening.owner_shares[4]}
    report = check(agreement, wire, role, opening=replace(opening, owner_shares=wrong))
    assert report.violations == ("row 3 can't be opened", "row 6 can't be opened")
    report = check(agreement, wire, role, opening=replace(opening, auditor_seed=bytes(32)))
    assert len(report.violations) >= 8


def test_the_server_must_open_its_key():
    agreement, wire = audited()
    opening, contents = opening_of(wire, Role.SERVER), contents_of(wire, Role.SERVER)
    without = {place: part for place, part in opening.owner_shares.items() if place < 8}
    for changed_opening, changed in (
        (replace(opening, owner_shares=without), contents),
        (opening, replace(contents, sealed_key_seed=b"")),
    ):
        report = check(agreement, wire, Role.SERVER, changed, changed_opening)
        assert report.violations == ("the server's key can't be opened",)
        assert not report.proves_set


@BOTH
def test_rows_swapped_left_out_or_added(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    leaves, rows = contents.leaves, contents.sealed_rows
    for changed in (
        replace(contents, leaves=(leaves[1], leaves[0], *leaves[2:]), sealed_rows=(rows[1], rows[0], *rows[2:])),
        replace(contents, leaves=leaves[:-1], sealed_rows=rows[:-1]),
        replace(contents, leaves=(*leaves, leaves[0]), sealed_rows=(*rows, rows[0])),
        replace(contents, leaves=(), sealed_rows=()),
    ):
        assert check(agreement, wire, role, changed).violations
    report = check(agreement, wire, role, replace(contents, sealed_rows=(rows[1], rows[0], *rows[2:])))
    assert report.violations == ("row 1 can't be opened", "row 2 can't be opened")


@BOTH
def test_every_message_is_bound(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    signed = contents.messages
    for number in range(len(signed)):
        flipped = replace(
            signed[number], signature=bytes([signed[number].signature[0] ^ 1]) + signed[number].signature[1:]
        )
        changed = {
            "flipped": (*signed[:number], flipped, *signed[number + 1 :]),
            "other": (
                *signed[:number],
                replace(signed[number], message=signed[number - 1].message),
                *signed[number + 1 :],
            ),
            "elsewhere": (*signed[:number], replace(signed[number], session_id=bytes([1]) * 32), *signed[number + 1 :]),
            "twice": (*signed[: number + 1], *signed[number:]),
        }
        if number + 2 < len(signed):
            changed["missing"] = (*signed[:number], *signed[number + 1 :])
        for way, messages in changed.items():
            report = check(agreement, wire, role, replace(contents, messages=tuple(messages)))
            assert report.violations, (number, way)
            assert not report.proves_set


def at_type(said, kind):
    """Where the first message of a type stands."""
    return next(at for at, (_, _, message) in enumerate(said) if isinstance(message, kind))


def with_heads(said, signers, **heads):
    """The messages with other ledger heads in the receipts of some, who sign that."""
    return [
        (
            sender,
            received,
            replace(Receipt.from_body(message.body), **heads).signed_by(IDENTITIES[sender], sender)
            if isinstance(message, ReceiptMessage) and sender in signers
            else message,
        )
        for sender, received, message in said
    ]


@BOTH
def test_the_receipt_has_the_ledger_heads_that_were_told(role):
    """The server tells its head in LedgerHead, the client in its Receipt; both sign what was told, or it shows."""
    agreement, wire = audited()
    contents = contents_of(wire, role)
    said = said_in(contents)
    assert signed_anew(contents, said) == contents
    for signers, name in (
        (tuple(Role), "server_ledger_head"),
        ((Role.CLIENT,), "client_ledger_head"),
        ((Role.SERVER,), "client_ledger_head"),
    ):
        changed = signed_anew(contents, with_heads(said, signers, **{name: bytes(32)}))
        report = check(agreement, wire, role, changed)
        assert report.violations == ("the receipt says something else than the messages",)
        assert not report.complete
    # Nobody but the client knows its head: what both signed is taken for it.
    changed = signed_anew(contents, with_heads(said, tuple(Role), client_ledger_head=bytes(32)))
    assert check(agreement, wire, role, changed).proves_set


@BOTH
def test_a_receipt_has_a_ledger_head_of_the_server_before_it(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    said = said_in(contents)
    told = at_type(said, LedgerHead)
    capped = [(sender, min(received, 3), message) for sender, received, message in said[told + 1 :]]
    report = check(agreement, wire, role, signed_anew(contents, [*said[:told], *capped]))
    assert report.violations == ("the session has a receipt, but no ledger head of the server's",)


@BOTH
@pytest.mark.parametrize(
    ("kind", "sender", "after"),
    [
        (ServerHello, Role.CLIENT, ServerHello),
        (Tags, Role.CLIENT, Tags),
        (Claims, Role.SERVER, Claims),
        (Blinded, Role.CLIENT, Claims),
        (Evaluated, Role.SERVER, LedgerHead),
        (LedgerHead, Role.SERVER, LedgerHead),
        (ReceiptMessage, Role.CLIENT, ReceiptMessage),
    ],
)
def test_messages_stand_in_the_order_of_their_party(role, kind, sender, after):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    said = said_in(contents)
    until = said[: at_type(said, after) + 1]
    received = max(received for who, received, _ in until if who is sender)
    changed = signed_anew(contents, [*until, (sender, received, said[at_type(said, kind)][2])])
    report = check(agreement, wire, role, changed)
    assert report.violations == (f"message {len(until) + 1} is not of a type that may stand there",)


@BOTH
def test_an_abort_ends_what_a_party_says(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    said = said_in(contents)[:-1]
    abort = (Role.CLIENT, said[-1][1], Abort(AbortCode.CANCELLED))
    assert check(agreement, wire, role, signed_anew(contents, [*said, abort])).violations == ()
    report = check(agreement, wire, role, signed_anew(contents, [*said, abort, abort]))
    assert report.violations == (f"message {len(said) + 2} is not of a type that may stand there",)


@BOTH
def test_received_does_not_go_back(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    *said, (sender, received, message) = said_in(contents)
    assert sender is Role.SERVER
    changed = signed_anew(contents, [*said, (sender, received - 2, message)])
    report = check(agreement, wire, role, changed)
    assert report.violations == (f"message {len(said) + 1} acknowledges fewer messages than the one before",)


@BOTH
def test_the_last_chunk_commits_to_no_more_and_the_others_do(role):
    with chunks_of(3):
        agreement, wire = audited()
        contents = contents_of(wire, role)
        said = said_in(contents)
        numbers = [at for at, (_, _, message) in enumerate(said) if isinstance(message, Blinded)]
        assert len(numbers) == 3
        sender, received, message = said[numbers[1]]
        until = [*said[: numbers[1]], (sender, received, replace(message, root=bytes(32)))]
        report = check(agreement, wire, role, signed_anew(contents, until))
        assert report.violations == ("the client commits to its rows more than once",)
        for at, rest in ((numbers[0], bytes(32)), (numbers[-1], b"\1" * 32)):
            sender, received, message = said[at]
            until = [*said[:at], (sender, received, replace(message, rest=rest))]
            report = check(agreement, wire, role, signed_anew(contents, until))
            assert "the client committed to fewer or more chunks than it declared" in report.violations


@BOTH
def test_claims_ascend_and_each_is_answered_in_its_chunk(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    said = said_in(contents)
    claims, contacts = (at_type(said, kind) for kind in (Claims, Contacts))
    sender, received, message = said[claims]
    swapped = replace(message, claims=message.claims[16:] + message.claims[:16])
    report = check(agreement, wire, role, signed_anew(contents, [*said[:claims], (sender, received, swapped)]))
    assert report.violations == ("the client's claims are not sorted, or one is repeated",)
    # The answer in two messages, of which the receipt says nothing.
    sender, received, message = said[contacts]
    size = len(message.contacts) // message.count
    halves = [
        (sender, received, replace(message, count=1, contacts=message.contacts[at : at + size])) for at in (0, size)
    ]
    changed = signed_anew(contents, [*said[:contacts], *halves, *said[contacts + 1 :]], receipts=True)
    report = check(agreement, wire, role, changed)
    assert report.violations == ("the server answered fewer or more claims than there are",)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kept", [0, 1])
def test_a_file_that_ends_before_the_session_began_binds_nobody(role, kept):
    """A machine that stops after the rows were written and before ServerHello was leaves such a file."""
    agreement, wire = audited()
    contents = contents_of(wire, role)
    report = check(agreement, wire, role, replace(contents, messages=contents.messages[:kept]))
    assert (report.violations, report.bound, report.opened, report.proves_set) == ((), False, (), False)


@BOTH
def test_a_file_that_ends_early_proves_no_more_than_it_has(role):
    agreement, wire = audited()
    contents = contents_of(wire, role)
    for count in range(2, len(contents.messages) - 1):
        report = check(agreement, wire, role, replace(contents, messages=contents.messages[:count]))
        assert report.violations == ()
        assert not report.complete
        assert not report.proves_set


@BOTH
def test_a_crash_at_any_byte_leaves_a_file_that_reads(role):
    agreement, wire = audited()
    data = wire.audits[role]
    header = 4 + int.from_bytes(data[:4], "big")
    for size in range(header, len(data), 97):
        contents = audit.AuditContents.decode(data[:size])
        report = audit.check_audit(contents, agreement.terms, PARTIES)
        assert not report.complete
        # Rows are written before anything binds the party to them.
        assert not report.bound or len(contents.leaves) == 8


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_hostile_file_is_an_error_or_a_violation(data):
    role = data.draw(st.sampled_from(list(Role)))
    if role not in _HONEST:
        _HONEST[role] = audited()
    agreement, wire = _HONEST[role]
    changed = bytearray(wire.audits[role])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] ^= data.draw(st.integers(1, 255))
    assume(bytes(changed) != wire.audits[role])
    try:
        contents = audit.AuditContents.decode(bytes(changed))
        # Not the reference's opinion too: it takes a hundred times as long.
        report = audit.check_audit(contents, agreement.terms, PARTIES, opening_of(wire, role))
    except AuditFileError:
        return
    # Only the auditor's sealed seed and the length of the last record have no other way to show.
    assert (
        report.violations
        or not report.complete
        or contents.header.sealed_seed != contents_of(wire, role).header.sealed_seed
    )


_HONEST = {}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for prefix in (b"", len(data).to_bytes(4, "big")):
        with contextlib.suppress(AuditFileError):
            audit.AuditContents.decode(prefix + data)


def test_another_agreement():
    _, wire = audited()
    other = make_agreement(**TERMS, title="Another")
    with pytest.raises(AuditFileError):
        audit.check_audit(contents_of(wire, Role.CLIENT), other.terms, PARTIES)


def test_records_have_one_form():
    _, wire = audited()
    data = wire.audits[Role.SERVER]
    again = b"".join(map(records.encode, records.decode_all(data)))
    assert again == data


@pytest.mark.parametrize(("number", "field"), [(0, 0), (0, 1), (0, 2), (0, 5), (1, 0), (3, 1), (3, 3)])
def test_truth_is_no_number_in_a_record(number, field):
    _, wire = audited()
    data = wire.audits[Role.CLIENT]
    for record in records.decode_all(data):
        packed = records.encode(record)[4:]
        fields = canonical.decode(packed)
        if fields[0] == number:
            packed = canonical.encode([*fields[:field], bool(fields[field]), *fields[field + 1 :]])
            with pytest.raises(AuditFileError):
                list(records.decode_all(len(packed).to_bytes(4, "big") + packed))
