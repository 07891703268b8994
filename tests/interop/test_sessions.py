"""Whole sessions between the package and the reference, in both castings."""

import importlib.util
import sys
from datetime import date
from pathlib import Path

import pytest
from sessions import chunks_of

from psimatch import (
    Admission,
    AdmissionNeeded,
    Agreement,
    AuditBegun,
    AuditRecord,
    Charge,
    ChargeNeeded,
    ClientSession,
    Finished,
    Identifier,
    Identity,
    Role,
    Send,
    ServerSession,
    Standing,
    Submission,
    SubmittedRow,
    Terms,
    audit,
)
from psimatch.errors import PeerAbortedError

SPEC = Path(__file__).parents[2] / "protocol_spec"
TODAY = date(2027, 1, 15)


def load_reference():
    if "psimatch_reference" not in sys.modules:
        found = importlib.util.spec_from_file_location("psimatch_reference", SPEC / "reference.py")
        module = importlib.util.module_from_spec(found)
        sys.modules["psimatch_reference"] = module
        found.loader.exec_module(module)
    return sys.modules["psimatch_reference"]


ref = load_reference()
# Numbers that pass the eleven-test.
BSNS = [b"000000012", b"000000024", b"000000036", b"000000048", b"000000061", b"000000073", b"000000085"]
CLIENT_ITEMS = {("nl-bsn", 1, bsn): f"care {i}" for i, bsn in enumerate(BSNS[:5])}
SERVER_ITEMS = {("nl-bsn", 1, bsn): f"police {i}" for i, bsn in enumerate(BSNS[2:])}
COMMON = set(CLIENT_ITEMS) & set(SERVER_ITEMS)
TERMS = {
    "both": {},
    "both, no contacts": {"contact_size": 0},
    "client": {"reveal": "client", "contact_size": 0},
    "audited": {"auditor": ref.crockford(ref.AUDITOR.public.fingerprint, 52)},
    "audited, client": {
        "auditor": ref.crockford(ref.AUDITOR.public.fingerprint, 52),
        "reveal": "client",
        "contact_size": 0,
    },
}
CASE_REFS = {("nl-bsn", 1, BSNS[2]): "case 2"}
AUDITOR = Identity.from_seed("auditor", ref.AUDITOR.seed)


class Package:
    """A session of the package with the face of the reference's Peer; grants what it is asked for."""

    def __init__(self, role, terms, items):
        seeds = {"client": ref.CLIENT.seed, "server": ref.SERVER.seed}
        parties = {name: Identity.from_seed(name, seed) for name, seed in seeds.items()}
        agreement = Agreement(Terms.from_fields(terms)).sign(parties["client"]).sign(parties["server"])
        kind, other = (ClientSession, "server") if role == "client" else (ServerSession, "client")
        rows = [SubmittedRow((Identifier(*item),), contact, CASE_REFS.get(item, "")) for item, contact in items.items()]
        own, auditor = Submission(rows, agreement.terms), AUDITOR.public if terms["auditor"] else None
        self.session = kind(agreement, parties[role], parties[other].public, own, today=TODAY, auditor=auditor)
        self.audit_file = self.owner_seed = b""
        self.matches = self.result = None
        self.charged = 0

    def start(self):
        return self._collect(self.session.start(Standing(1, 0)))

    def _granted(self, needed):
        if isinstance(needed, AdmissionNeeded):
            return Admission(needed, Standing(1, 0))
        self.charged += needed.evaluations
        return Charge(needed, bytes([7]) * 32)

    def accept(self, envelope):
        return self._collect(self.session.receive(envelope))

    def _collect(self, outputs):
        sent, needed = [], None
        for output in outputs:
            if isinstance(output, Send):
                sent.append(output.envelope)
            elif isinstance(output, AdmissionNeeded | ChargeNeeded):
                needed = output
            elif isinstance(output, AuditBegun):
                self.audit_file, self.owner_seed = output.header, output.owner_seed
            elif isinstance(output, AuditRecord):
                self.audit_file += output.record
            elif isinstance(output, Finished):
                self.result = output.result
                found = self.result.matches or ()
                self.matches = [
                    ref.Match(
                        (m.identifier.kind, m.identifier.version, m.identifier.value), m.reference, m.peer_contact
                    )
                    for m in found
                ]
        if needed is not None:
            sent += self._collect(self.session.grant(self._granted(needed)))
        return sent


def reference(role, terms, items):
    own, peer = (ref.CLIENT, ref.SERVER) if role == "client" else (ref.SERVER, ref.CLIENT)
    rows = [ref.OwnRow([item], contact, CASE_REFS.get(item, "")) for item, contact in items.items()]
    return ref.Peer(role, own, peer.public, terms, rows, auditor=ref.AUDITOR.public.sealing)


def check_audits(terms, client, server):
    """Open every row of both audit files: what the reference keeps proves to the package what the package's does."""
    parties = {
        Role.CLIENT: Identity.from_seed("c", ref.CLIENT.seed),
        Role.SERVER: Identity.from_seed("s", ref.SERVER.seed),
    }
    publics = {role: party.public for role, party in parties.items()}
    for role, side, items in ((Role.CLIENT, client, CLIENT_ITEMS), (Role.SERVER, server, SERVER_ITEMS)):
        contents = audit.AuditContents.decode(side.audit_file)
        header = contents.header
        info = ref.audit_info("seed", role.value, header.agreement_id, header.session_id)
        auditor_seed = ref.hpke_open(ref.AUDITOR.sealing, info, header.sealed_seed)
        owner_seed = side.owner_seed if isinstance(side, Package) else side.channel.owner_seed
        shares = {place: ref.audit_share(owner_seed, place) for place in range(header.set_size + 1)}
        opening = audit.Opening(auditor_seed, shares)
        report = audit.check_audit(contents, Terms.from_fields(terms), publics, opening)
        assert report.violations == ()
        assert report.proves_set
        assert report.matches == (3 if terms["reveal"] == "both" else None)
        opened = {row.identifier: row.case_ref for row in report.opened if row.identifier}
        assert opened == {Identifier(*item): CASE_REFS.get(item, "") for item in items}


def check(client, server, reveal, contacts, common=COMMON):
    assert {match.identifier for match in client.matches} == common
    named = {match.identifier: match for match in client.matches}
    for identifier, match in named.items():
        assert match.contact == (SERVER_ITEMS[identifier] if contacts else "")
    if reveal == "client":
        assert not server.matches
        return
    assert {match.identifier for match in server.matches} == common
    for match in server.matches:
        assert match.reference == named[match.identifier].reference
        assert match.contact == (CLIENT_ITEMS[match.identifier] if contacts else "")


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize(
    ("client_side", "server_side"), [(Package, reference), (reference, Package), (Package, Package)]
)
def test_session(client_side, server_side, name):
    terms = ref.example_terms(**TERMS[name])
    bare = dict.fromkeys
    with_contacts = bool(terms["contact_size"])
    client = client_side("client", terms, CLIENT_ITEMS if with_contacts else bare(CLIENT_ITEMS, ""))
    server = server_side("server", terms, SERVER_ITEMS if with_contacts else bare(SERVER_ITEMS, ""))
    ref.run_session(client, server)
    check(client, server, terms["reveal"], with_contacts)
    if terms["auditor"]:
        check_audits(terms, client, server)
    for side in (client, server):
        if isinstance(side, Package):
            assert side.session.ended
            assert side.charged == 8
            assert side.result.receipt.matches == (3 if terms["reveal"] == "both" else None)


@pytest.fixture(params=[1, 3])
def short_chunks(request, monkeypatch):
    # A chunk of 2,048 takes the reference many seconds; chunks of 1 and 3 pass through the same code.
    monkeypatch.setattr(ref, "CHUNK", request.param)
    with chunks_of(request.param):
        yield request.param


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize(("client_side", "server_side"), [(Package, reference), (reference, Package)])
def test_many_chunks(client_side, server_side, name):
    terms = ref.example_terms(**TERMS[name], **({"max_items": 10} if name == "both" else {}))
    with_contacts = bool(terms["contact_size"])
    client = client_side("client", terms, CLIENT_ITEMS if with_contacts else dict.fromkeys(CLIENT_ITEMS, ""))
    server = server_side("server", terms, SERVER_ITEMS if with_contacts else dict.fromkeys(SERVER_ITEMS, ""))
    ref.run_session(client, server)
    check(client, server, terms["reveal"], with_contacts)
    if terms["auditor"]:
        check_audits(terms, client, server)


@pytest.mark.parametrize(("client_side", "server_side"), [(Package, reference), (reference, Package)])
def test_nothing_in_common(client_side, server_side):
    terms = ref.example_terms()
    client = client_side("client", terms, {})
    server = server_side("server", terms, SERVER_ITEMS)
    ref.run_session(client, server)
    check(client, server, "both", True, set())


@pytest.mark.parametrize(("client_side", "server_side"), [(Package, reference), (reference, Package)])
def test_sizes_that_are_not_shown(client_side, server_side):
    # The lengths of all envelopes are the same whether there are matches or none.
    def lengths(client_items):
        client = client_side("client", ref.example_terms(), client_items)
        server = server_side("server", ref.example_terms(), SERVER_ITEMS)
        seen, to_client, to_server = [], server.start(), client.start()
        while to_client or to_server:
            queue, side, back = (to_server, server, to_client) if to_server else (to_client, client, to_server)
            seen.append(len(queue[0]))
            back += side.accept(queue.pop(0))
        return seen

    assert lengths(CLIENT_ITEMS) == lengths({})


def test_abort_of_the_package_reaches_the_reference():
    client, server = reference("client", ref.example_terms(), CLIENT_ITEMS), Package("server", ref.example_terms(), {})
    assert server.start() == []
    sent = server.accept(client.start()[0])
    [abort] = [output.envelope for output in server.session.cancel() if isinstance(output, Send)]
    assert client.accept(sent[0]) == []
    client.accept(sent[1])
    with pytest.raises(ref.AbortedError) as raised:
        client.accept(abort)
    assert raised.value.code == 2


@pytest.mark.parametrize("answered", [False, True])
def test_abort_of_the_reference_reaches_the_package(answered):
    client, server = reference("client", ref.example_terms(), CLIENT_ITEMS), Package("server", ref.example_terms(), {})
    assert server.start() == []
    sent = server.accept(client.start()[0])
    if answered:
        client.accept(sent[0])
    abort = client.channel.seal(ref.pack([ref.ABORT, 2]))
    assert (abort[15:47] != bytes(32)) is answered
    with pytest.raises(PeerAbortedError):
        server.accept(abort)


def test_signatures_of_both_libraries_agree():
    signature = ref.CLIENT.sign(b"message")
    package = Identity.from_seed("client", ref.CLIENT.seed)
    assert package.sign(b"message") == signature
    package.public.verify(b"message", signature)
    assert not ref.signature_holds(ref.SERVER.public.signing, signature, b"message")
