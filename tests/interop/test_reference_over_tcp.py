"""`psimatch match` and the reference as two processes over a socket, each in both roles and at both ends."""

import contextlib
import csv
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from second_implementation import REFERENCE, ref

import psimatch
from psimatch.ledger_entries import ChainCheck, Entry
from psimatch.ledger_store import LedgerStore

# No test should come near it; a machine under load may.
PATIENCE = 60
OTHER = {"client": "server", "server": "client"}
COMMON = {"123456782": "shared 1", "111222333": "shared 2"}
OURS, THEIRS = ["000000012", *COMMON], [*COMMON, "999999990", "100000009"]


@pytest.fixture
def files(tmp_path):
    """Make what both sides need: identities, lists, and how to sign an agreement."""
    made = Files(tmp_path)
    yield made
    for process in made.running:
        process.kill()
        process.communicate()


class Files:
    """A folder with the files of both sides, and the processes that were started in it; psimatch is `package`."""

    def __init__(self, folder):
        self.folder = folder
        self.identities = {name: psimatch.Identity.generate(name) for name in ("package", "reference")}
        self.running = []
        for name, identity in self.identities.items():
            psimatch.write_identity(folder / f"{name}.identity", identity, None)
            psimatch.write_public(folder / f"{name}.public", identity.public)

    def sign(self, reference_role, reveal="both", sessions_per_day=10):
        """Sign an agreement in which the reference has this role; contacts only where both learn the matches."""
        parties = {reference_role: "reference", OTHER[reference_role]: "package"}
        today = datetime.now(UTC).date()
        terms = psimatch.Terms(
            title="interop", purpose="a test", legal_basis="none is needed", kinds=("nl-bsn/1",),
            **{role: psimatch.Party.of(self.identities[name].public) for role, name in parties.items()},
            reveal=psimatch.Reveal(reveal), max_items=8, max_evaluations=1_000, sessions_per_day=sessions_per_day,
            contact_size=12 if reveal == "both" else 0, valid_from=today, valid_until=today + timedelta(days=1),
        )  # fmt: skip
        agreement = psimatch.Agreement(terms)
        for identity in self.identities.values():
            agreement = agreement.sign(identity)
        psimatch.new_agreement_file(self.folder / "pilot.toml", agreement)
        self.write_lists()
        return agreement

    def write_lists(self):
        with (self.folder / "flags.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["bsn", "contact"])
            rows.writerows([number, f"our {number[-3:]}"] for number in OURS)
        lines = [{"kind": "nl-bsn/1", "bsn": number, "contact": f"their {number[-3:]}"} for number in THEIRS]
        (self.folder / "items.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    def start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=self.folder, text=True, encoding="utf-8", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "error"},
        )  # fmt: skip
        self.running.append(process)
        return process

    def package(self, *where):
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "matches.csv").unlink()
        own = ("--agreement", "pilot.toml", "--identity", "package.identity", "--output", "matches.csv", "--json")
        return self.start("-m", "psimatch", "match", "flags.csv", *own, *where)

    def reference(self, role, *where):
        own = ("--seed", "reference.identity", "--peer", "package.public", "--agreement", "pilot.toml")
        return self.start(str(REFERENCE), role, *own, "--items", "items.jsonl", "--ledger", "reference.ledger", *where)

    def session(self, role, listener):
        """Run a session in which the reference has this role; return the report of psimatch and the lines of it."""
        listen = ("--listen", "127.0.0.1:0")
        first = self.reference(role, *listen) if listener == "reference" else self.package(*listen)
        connect = ("--connect", address_of(first))
        second = self.package(*connect) if listener == "reference" else self.reference(role, *connect)
        package, reference = (second, first) if listener == "reference" else (first, second)
        report, lines = ended(package), ended(reference)
        return json.loads(report), [json.loads(line) for line in lines.splitlines()]

    def rows(self):
        with (self.folder / "matches.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def address_of(process):
    found = re.search(r"listening on (127\.0\.0\.1:\d+)", process.stderr.readline())
    assert found
    return found[1]


def ended(process, code=0):
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, errors
    return output


def check_matches(files, report, lines):
    assert report["matches"] == len(lines) == 2
    ours = {row["bsn"]: (row["match_reference"], row["peer_contact"]) for row in files.rows()}
    theirs = {line["value"]: (line["reference"], line["contact"]) for line in lines}
    assert set(ours) == set(theirs) == set(COMMON)
    for number in COMMON:
        assert ours[number][0] == theirs[number][0]
        assert (ours[number][1], theirs[number][1]) == (f"their {number[-3:]}", f"our {number[-3:]}")


@pytest.mark.parametrize(("role", "listener"), [("client", "package"), ("server", "reference")])
def test_only_the_client_learns_the_matches(files, role, listener):
    files.sign(role, "client")
    report, lines = files.session(role, listener)
    assert report["matches"] == (None if role == "client" else 2)
    assert {line["value"] for line in lines} == (set(COMMON) if role == "client" else set())
    if role == "server":
        assert {row["bsn"] for row in files.rows()} == set(COMMON)


@pytest.mark.parametrize("role", ["client", "server"])
def test_both_learn_the_matches_and_each_verifies_the_ledger_of_the_other(files, role):
    agreement = files.sign(role)
    for listener in ("package", "reference"):
        # The standing that the second session tells must fit what the other side kept of the first.
        check_matches(files, *files.session(role, listener))
    with contextlib.closing(sqlite3.connect(files.folder / "package.ledger")) as ledger:
        written = ledger.execute("SELECT body, signature FROM entries ORDER BY number").fetchall()
    rows = [(body.encode(), signature) for body, signature in written]
    assert ref.verify_ledger(rows)[0] == files.identities["package"].public.fingerprint

    identity = ref.Identity(files.identities["reference"].seed)
    own = ref.OwnLedger(identity, "reference", files.folder / "reference.ledger")
    chain = ChainCheck()
    for number, (body, signature) in enumerate(own.rows):
        chain.take(number, body.decode(), signature)
    store = LedgerStore(files.folder / "copy.ledger", create=True)
    with store.writing():
        for body, signature in own.rows:
            store.append(Entry.from_body(body.decode()), signature)
    store.close()
    with psimatch.LedgerView(files.folder / "copy.ledger") as view:
        assert view.verify().head == chain.head == ref.verify_ledger(own.rows)[1]
    ended(files.start("-m", "psimatch", "ledger", "verify", "--ledger", "copy.ledger"))

    # Both say the same of both sessions, and each tells the head that the other has signed.
    kinds = [
        "opened ledger",
        "accepted",
        "declared",
        *2 * ["opened", "admitted", "charged", *["signed"] * (role == "client"), "finished"],
    ]
    assert [entry["kind"] for entry in own.entries] == kinds
    package = [ref.read_entry(body) for body, _ in rows]
    for mine, theirs in zip(own.of("finished"), [e for e in package if e["kind"] == "finished"], strict=True):
        assert (mine["receipt"], mine["body"], mine["matches"]) == (theirs["receipt"], theirs["body"], 2)
        assert (mine["signature"], mine["peer_signature"]) == (theirs["peer_signature"], theirs["signature"])
    assert own.standing(ref.PublicIdentity(*keys(files.identities["package"].public))) == (2, 16, own.receipts()[-1])
    assert agreement.terms.id.hex() == own.entries[1]["agreement"]


STRAYS = {
    "closes within the preface": b"psimatch/1",
    "speaks something else": b"GET / HTTP/1.1\r\n\r\n",
    "closes after the preface": b"psimatch/1 client\n",
    "announces an endless frame": b"psimatch/1 client\n\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", list(STRAYS)[2:])
def test_a_stray_does_not_keep_the_reference_from_psimatch(files, name):
    files.sign("client")
    waiting = files.package("--listen", "127.0.0.1:0")
    address = address_of(waiting)
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as stray:
        stray.sendall(STRAYS[name])
    lines = ended(files.reference("client", "--connect", address)).splitlines()
    assert json.loads(ended(waiting))["matches"] == len(lines) == 2


@pytest.mark.parametrize("name", list(STRAYS)[:2])
def test_a_stray_does_not_keep_psimatch_from_the_reference(files, name):
    files.sign("server")
    waiting = files.reference("server", "--listen", "127.0.0.1:0")
    address = address_of(waiting)
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as stray:
        stray.sendall(STRAYS[name])
    report = json.loads(ended(files.package("--connect", address)))
    assert report["matches"] == len(ended(waiting).splitlines()) == 2


@pytest.mark.parametrize("listener", ["package", "reference"])
def test_a_server_that_names_another_agreement_hears_no_hello(files, listener):
    agreement = files.sign("client" if listener == "reference" else "server")
    listen = ("--listen", "127.0.0.1:0")
    waiting = files.reference("client", *listen) if listener == "reference" else files.package(*listen)
    address = address_of(waiting)
    host, _, port = address.rpartition(":")
    client = files.identities[listener].public
    for named in (bytes(32), agreement.terms.id[:-1] + b"\0"):
        with socket.create_connection((host, int(port))) as stray:
            stray.sendall(b"psimatch/1 server\n" + psimatch.seal_selector(named, client))
            stray.shutdown(socket.SHUT_WR)
            assert b"".join(iter(lambda: stray.recv(4_096), b"")) == b"psimatch/1 client\n"
    connect = ("--connect", address)
    peer = files.package(*connect) if listener == "reference" else files.reference("server", *connect)
    ended(peer)
    ended(waiting)


# As the server the reference is told a standing that it knows better; as the client it tells one that no new ledger
# can know. In both the budget is spent too, and comes second (§7.4).
REFUSALS = {
    "server": ("no session: standing", "its ledger and yours contradict each other"),
    "client": ("aborted by the peer, code 14", "is not one that this ledger knows of"),
}


@pytest.mark.parametrize("role", REFUSALS)
def test_a_psimatch_that_lost_its_ledger_gets_no_second_session_from_the_reference(files, role):
    files.sign(role, sessions_per_day=1)
    files.session(role, "package")
    (files.folder / "package.ledger").unlink()
    waiting = files.reference(role, "--listen", "127.0.0.1:0")
    package = files.package("--connect", address_of(waiting))
    for process, told in zip((waiting, package), REFUSALS[role], strict=True):
        assert told in process.communicate(timeout=PATIENCE)[1]
        assert process.returncode != 0


def test_the_reference_runs_no_agreement_that_is_not_signed_by_both(files):
    files.sign("client")
    path = files.folder / "pilot.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('title = "interop"', 'title = "another"'), encoding="utf-8")
    process = files.reference("client", "--connect", "127.0.0.1:1")
    assert "no session: agreement signature" in process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1


def keys(public):
    return public.signing_key, public.sealing_key
