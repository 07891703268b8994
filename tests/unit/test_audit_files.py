"""The files of an audit: written during a session, asked for, answered, read; and destroyed in the end."""

import errno
import json
import os
import stat
import threading
from dataclasses import replace

import pytest
from ledger_sessions import items
from sessions import AUDITOR, CARE, POLICE, STRANGER, make_agreement, make_client, make_server

from psimatch import audit, drive
from psimatch.errors import AuditFileError, LocalProtocolError, OutputError
from psimatch.files import Fate, destroy
from psimatch.outputs import AuditBegun, AuditRecord
from psimatch.parameters import Role
from psimatch.retention import Purged
from psimatch.transports import memory_pair

AGREEMENT = make_agreement(auditor=AUDITOR.public.fingerprint_text, retention_days=30)
OWNERS = {Role.CLIENT: CARE, Role.SERVER: POLICE}
PARTIES = {Role.CLIENT: CARE.public, Role.SERVER: POLICE.public}


@pytest.fixture
def files(tmp_path, ledgers):
    """Run a session whose sides write their audit files; return the folder's audit files by role."""
    client = make_client(AGREEMENT, items("abcd"), auditor=AUDITOR.public)
    server = make_server(AGREEMENT, items("cdef"), auditor=AUDITOR.public)
    one, other = memory_pair()

    def run(session, transport, ledger):
        with transport:
            drive.run_session(session, transport, ledger, audit_folder=tmp_path)

    thread = threading.Thread(target=run, args=(server, other, ledgers[1]))
    thread.start()
    run(client, one, ledgers[0])
    thread.join()
    return {role: next(tmp_path.glob(f"{role.value}-*.audit")) for role in Role}


def key_of(path):
    return path.with_suffix(audit.KEY_SUFFIX)


def answered(folder, path, request):
    contents = audit.read_audit_file(path)
    audit.write_request(folder / "request", request)
    again = audit.read_request(folder / "request")
    assert again == request
    seed = audit.read_owner_seed(key_of(path), contents)
    count = audit.write_answer(folder / "answer", contents, again, seed, OWNERS[contents.header.role], AUDITOR.public)
    return contents, count


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("rows", [None, 3])
def test_from_session_to_report(tmp_path, files, role, rows):
    contents = audit.read_audit_file(files[role])
    request = audit.AuditRequest.everything(contents) if rows is None else audit.AuditRequest.sample(contents, rows)
    contents, count = answered(tmp_path, files[role], request)
    opening = audit.read_opening(tmp_path / "answer", contents, request, PARTIES[role], AUDITOR)
    report = audit.check_audit(contents, AGREEMENT.terms, PARTIES, opening)
    assert report.violations == ()
    assert count == report.asked == len(report.opened) == (rows or 8)
    assert report.proves_set == (rows is None)
    if rows is not None:
        # The owner's seed did not leave: the shares that did open no other row.
        assert set(opening.owner_shares) - {8} == set(request.places)
    written = audit.write_opened_rows(tmp_path / "rows.csv", report)
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert lines[0] == "row,kind,value,persons,case_ref"
    assert len(lines) == written + 1


def test_only_the_owner_can_read_them(tmp_path, files):
    for path in files.values():
        for file in (path, key_of(path)):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(key_of(path).read_text())["seed"].encode() not in path.read_bytes()


def test_the_retention_destroys_the_key(tmp_path, files, ledgers, clock):
    copy = files[Role.CLIENT].read_bytes()
    assert ledgers[0].purge() == Purged()
    clock.now += 30 * 86_400
    assert sorted(ledgers[0].purge().removed) == sorted([files[Role.CLIENT], key_of(files[Role.CLIENT])])
    kinds = [entry.kind for entry in ledgers[0].entries()]
    assert sorted(kinds[-2:]) == ["key destroyed", "purged"]
    files[Role.CLIENT].write_bytes(copy)
    with pytest.raises(AuditFileError):
        audit.read_owner_seed(key_of(files[Role.CLIENT]), audit.read_audit_file(files[Role.CLIENT]))


def test_a_link_in_the_place_of_the_key_is_no_key_destroyed(tmp_path, files, ledgers, clock):
    key = key_of(files[Role.CLIENT])
    key.rename(tmp_path / "elsewhere")
    key.symlink_to(tmp_path / "elsewhere")
    clock.now += 30 * 86_400
    ledgers[0].purge()
    assert (tmp_path / "elsewhere").exists()
    assert "key destroyed" not in [entry.kind for entry in ledgers[0].entries()]


def test_a_session_with_an_auditor_needs_a_folder(ledgers, tmp_path):
    def session():
        return make_client(AGREEMENT, items("ab"), auditor=AUDITOR.public)

    one, _ = memory_pair()
    with pytest.raises(LocalProtocolError):
        drive.run_session(session(), one, ledgers[0])
    assert "opened" not in [entry.kind for entry in ledgers[0].entries()]


def test_a_file_that_cant_be_written_ends_the_session(ledgers, tmp_path):
    server = make_server(AGREEMENT, items("ab"), auditor=AUDITOR.public)
    client = make_client(AGREEMENT, items("ab"), auditor=AUDITOR.public)
    one, other = memory_pair()
    raised = {}

    def run(name, session, transport, ledger, folder):
        try:
            with transport:
                drive.run_session(session, transport, ledger, audit_folder=folder)
        except Exception as error:
            raised[name] = error

    thread = threading.Thread(target=run, args=("server", server, other, ledgers[1], tmp_path / "missing"))
    thread.start()
    run("client", client, one, ledgers[0], tmp_path)
    thread.join()
    assert isinstance(raised["server"], OutputError)
    assert set(raised) == {"client", "server"}
    assert [entry.kind for entry in ledgers[1].entries()][-1] == "aborted"


def test_a_full_disk_ends_the_session(ledgers, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = audit.AuditWriter(tmp_path, Role.CLIENT, AuditBegun(bytes(32), b"header", bytes(32)))
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OutputError, match="can't be written") as caught:
        writer.append(AuditRecord(b"record"))
    assert caught.value.hint == "make room on that disk"
    writer.close()


def test_a_link_is_removed_and_what_it_names_stays(tmp_path):
    (tmp_path / "kept").write_bytes(b"kept")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    destroy(tmp_path / "link")
    assert (tmp_path / "kept").read_bytes() == b"kept"
    (tmp_path / "read-only").write_bytes(b"secret")
    (tmp_path / "read-only").chmod(0o400)
    (tmp_path / "other name").hardlink_to(tmp_path / "read-only")
    assert destroy(tmp_path / "read-only") is Fate.LIVES_ON
    assert (tmp_path / "other name").read_bytes() == b"secret"
    with (tmp_path / "other name").open("rb") as held:
        assert destroy(tmp_path / "other name") is Fate.OVERWRITTEN
        assert held.read() == bytes(6)
    with pytest.raises(FileNotFoundError):
        destroy(tmp_path / "read-only")


# What does not fit together.


def test_answers_to_others(tmp_path, files):
    contents = audit.read_audit_file(files[Role.CLIENT])
    request = audit.AuditRequest.sample(contents, 3)
    answered(tmp_path, files[Role.CLIENT], request)
    answer = tmp_path / "answer"
    another = replace(request, places=tuple(place for place in range(8) if place not in request.places)[:3])
    other = audit.read_audit_file(files[Role.SERVER])
    for wrong in (
        lambda: audit.read_opening(answer, contents, audit.AuditRequest.sample(contents, 4), CARE.public, AUDITOR),
        lambda: audit.read_opening(answer, contents, another, CARE.public, AUDITOR),
        lambda: audit.read_opening(answer, contents, audit.AuditRequest.everything(contents), CARE.public, AUDITOR),
        lambda: audit.read_opening(answer, contents, request, CARE.public, STRANGER),
        lambda: audit.read_opening(answer, contents, request, POLICE.public, AUDITOR),
        lambda: audit.read_opening(answer, replace(contents, leaves=()), request, CARE.public, AUDITOR),
        lambda: audit.read_opening(answer, other, request, POLICE.public, AUDITOR),
        lambda: audit.read_opening(answer, other, audit.AuditRequest.sample(other, 3), POLICE.public, AUDITOR),
        lambda: audit.write_answer(tmp_path / "x", other, request, bytes(32), POLICE, AUDITOR.public),
        lambda: audit.read_owner_seed(key_of(files[Role.CLIENT]), other),
        lambda: audit.AuditRequest.sample(contents, 9),
        lambda: audit.AuditRequest.sample(contents, 0),
        lambda: audit.read_audit_file(tmp_path / "nowhere"),
        lambda: audit.read_audit_file(answer),
        lambda: audit.read_request(answer),
    ):
        with pytest.raises(AuditFileError):
            wrong()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "rows", ["some", [], [0, 0], [1, 0], [-1], [1.0], [True], ["1"], [8], [1 << 24], {"0": 1}, None, 5]
)
def test_requests_of_another_form(tmp_path, files, rows):
    contents = audit.read_audit_file(files[Role.CLIENT])
    audit.write_request(tmp_path / "request", audit.AuditRequest.everything(contents))
    document = json.loads((tmp_path / "request").read_text())
    (tmp_path / "request").write_text(json.dumps({**document, "rows": rows}))
    with pytest.raises(AuditFileError):
        audit.read_request(tmp_path / "request").check_of(contents)


@pytest.mark.parametrize(
    "changed",
    [{"format": "x"}, {"role": "peer"}, {"session": "00"}, {"session": "zz" * 32}, {"more": 1}, {"session": 5}],
)
def test_documents_of_another_form(tmp_path, files, changed):
    contents = audit.read_audit_file(files[Role.CLIENT])
    audit.write_request(tmp_path / "request", audit.AuditRequest.everything(contents))
    document = json.loads((tmp_path / "request").read_text())
    (tmp_path / "request").write_text(json.dumps({**document, **changed}))
    with pytest.raises(AuditFileError):
        audit.read_request(tmp_path / "request")
    for text in ("", "[]", "nonsense", "[" * 100_000):
        (tmp_path / "request").write_text(text)
        with pytest.raises(AuditFileError):
            audit.read_request(tmp_path / "request")


def test_samples_differ(files):
    contents = audit.read_audit_file(files[Role.CLIENT])
    drawn = {audit.AuditRequest.sample(contents, 4).places for _ in range(40)}
    assert len(drawn) > 10
    assert set().union(*drawn) == set(range(8))
