"""What the signed messages of an audit file prove by themselves (psimatch-1 §12.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import Final, TypeVar

from psimatch import wire
from psimatch.audit.contents import AuditContents
from psimatch.audit.merkle import merkle_root
from psimatch.digest import NO_DIGEST, digest
from psimatch.envelope import NO_SESSION, Place, SignedMessage, session_id_of, signed_bytes
from psimatch.errors import ReceiptError, RemoteProtocolError, SetSizeError
from psimatch.identity import PublicIdentity, WrongSignatureError
from psimatch.kernel.records import ascends
from psimatch.messages import (
    CLAIM_BYTES,
    ELEMENT_BYTES,
    TAG_BYTES,
    Abort,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    LedgerHead,
    Message,
    ServerHello,
    Tags,
)
from psimatch.messages import Receipt as ReceiptMessage
from psimatch.padding import check_set_size, chunks, slots
from psimatch.parameters import Label, Role
from psimatch.receipt import Receipt
from psimatch.terms import Reveal, Terms

# What each party sends, in this order; only what is sent in chunks more than once.
_ORDER: Final[Mapping[Role, tuple[type[Message], ...]]] = {
    Role.CLIENT: (Hello, Blinded, Claims, ReceiptMessage, Abort),
    Role.SERVER: (ServerHello, Tags, Evaluated, Contacts, LedgerHead, ReceiptMessage, Abort),
}
_IN_CHUNKS: Final = Tags | Blinded | Evaluated | Claims | Contacts

_Kind = TypeVar("_Kind", bound=Message)


@dataclass(slots=True)
class Evidence:
    """What both parties signed, in order, and what is wrong with it; each violation is one line."""

    sent: dict[Role, list[tuple[Message, bytes]]] = field(default_factory=lambda: {role: [] for role in Role})
    received: dict[Role, int] = field(default_factory=lambda: dict.fromkeys(Role, 0))
    violations: list[str] = field(default_factory=list)
    root: bytes = b""
    receipt: Receipt | None = None

    def of(self, role: Role, kind: type[_Kind]) -> list[_Kind]:
        """Return the messages of one type that a party signed."""
        return [message for message, _ in self.sent[role] if isinstance(message, kind)]

    @property
    def elements(self) -> list[bytes]:
        """The blinded elements that the client signed, by chunk."""
        return [message.elements for message in self.of(Role.CLIENT, Blinded)]

    @property
    def tags(self) -> bytes:
        """The server's tags, packed."""
        return b"".join(message.tags for message in self.of(Role.SERVER, Tags))

    @property
    def claims(self) -> bytes:
        """The client's claims, packed."""
        return b"".join(message.claims for message in self.of(Role.CLIENT, Claims))


def examine(contents: AuditContents, terms: Terms, parties: Mapping[Role, PublicIdentity]) -> Evidence:
    """Check signatures, chain, root, sizes and receipt; what comes after a message that fails is not looked at."""
    # §12.5
    evidence = Evidence()
    for signed in contents.messages:
        problem = _take(evidence, signed, terms, parties)
        if problem:
            evidence.violations.append(f"message {sum(map(len, evidence.sent.values())) + 1:,} {problem}")
            break
    evidence.violations += _problems(evidence, contents, terms)
    evidence.violations += _receipt_problems(evidence, terms, parties, contents.header.session_id)
    return evidence


def _take(evidence: Evidence, signed: SignedMessage, terms: Terms, parties: Mapping[Role, PublicIdentity]) -> str:
    """Add the next message; return what is wrong with it."""
    own, other = evidence.sent[signed.sender], evidence.sent[signed.sender.peer]
    if signed.received > len(other):
        return "acknowledges a message that is not there"
    if signed.received < evidence.received[signed.sender]:
        return "acknowledges fewer messages than the one before"
    fingerprints = parties[signed.sender].fingerprint + parties[signed.sender.peer].fingerprint
    place = Place(signed.sender, len(own), fingerprints, terms.id, signed.session_id)
    previous = own[-1][1] if own else NO_DIGEST
    acknowledged = other[signed.received - 1][1] if signed.received else NO_DIGEST
    text = signed_bytes(place, previous, signed.received, acknowledged, signed.message)
    try:
        parties[signed.sender].verify(text, signed.signature)
        message = wire.decode(signed.message)
    except WrongSignatureError:
        return "is not signed for this place in the session"
    except RemoteProtocolError:
        return "is malformed"
    if not _may_follow(own[-1][0] if own else None, message, signed.sender, terms.reveal):
        return "is not of a type that may stand there"
    own.append((message, digest(Label.MESSAGE_DIGEST, text)))
    # A client that gives up before it knows the session names none (§6.3).
    early = isinstance(message, Hello) or (isinstance(message, Abort) and isinstance(own[-2][0], Hello))
    if not (early and signed.session_id == NO_SESSION) and signed.session_id != _session_id(evidence, terms.id):
        own.pop()
        return "belongs to another session"
    evidence.received[signed.sender] = signed.received
    return ""


def _may_follow(last: Message | None, message: Message, sender: Role, reveal: Reveal) -> bool:
    """Say whether a party may send this after its last message, which is None before its first."""
    # §12.5
    order = _ORDER[sender]
    if type(message) not in order or (reveal is Reveal.CLIENT and isinstance(message, Claims | Contacts)):
        return False
    place = order.index(type(message))
    if last is None:
        return place == 0
    before = order.index(type(last))
    return place > before or (place == before and isinstance(message, _IN_CHUNKS))


def _session_id(evidence: Evidence, agreement_id: bytes) -> bytes:
    """Return the id that the next messages bear."""
    # §6.3
    if not all(evidence.sent.values()):
        return NO_SESSION
    (_, hello), (answer, _) = (evidence.sent[role][0] for role in (Role.CLIENT, Role.SERVER))
    if not isinstance(answer, ServerHello):
        return NO_SESSION
    return session_id_of(agreement_id, hello, answer.nonce, answer.ephemeral_key)


def _problems(evidence: Evidence, contents: AuditContents, terms: Terms) -> Iterator[str]:
    """Compare the messages with the file, and with what each party declared or committed to."""
    header = contents.header
    hellos, answers = evidence.of(Role.CLIENT, Hello), evidence.of(Role.SERVER, ServerHello)
    if not hellos or not answers:
        # The party's machine stopped before the session began: the file binds nobody to anything.
        return
    sizes = {Role.CLIENT: hellos[0].set_size, Role.SERVER: answers[0].set_size}
    try:
        for size in sizes.values():
            check_set_size(size, terms.max_items)
    except SetSizeError:
        yield "a set size is not one that the agreement allows"
        return
    if any(signed.session_id not in {NO_SESSION, header.session_id} for signed in contents.messages):
        yield "the messages belong to another session than the file"
    # §12.2
    committing = answers if header.role is Role.SERVER else evidence.of(Role.CLIENT, Blinded)
    if committing:
        evidence.root = committing[0].root
        if not sizes[header.role] == header.set_size == len(contents.leaves):
            yield "the file has fewer or more rows than the party declared"
        elif evidence.root != merkle_root(contents.leaves):
            yield "the rows of the file are not those that the party committed to"
    yield from _chunk_problems(evidence, sizes)


def _chunk_problems(evidence: Evidence, sizes: dict[Role, int]) -> Iterator[str]:
    # §5.3, §5.4
    lengths = [ELEMENT_BYTES * (piece.stop - piece.start) for piece in chunks(sizes[Role.CLIENT])]
    elements, evaluated = evidence.elements, evidence.of(Role.SERVER, Evaluated)
    if [len(chunk) for chunk in elements] != lengths[: len(elements)]:
        yield "the client sent fewer or more blinded elements than it declared"
    if [len(answer.elements) for answer in evaluated] != lengths[: len(evaluated)]:
        yield "the server evaluated fewer or more elements than it was sent"
    blinded = evidence.of(Role.CLIENT, Blinded)
    if any((message.rest == NO_DIGEST) != (number == len(lengths)) for number, message in enumerate(blinded, 1)):
        yield "the client committed to fewer or more chunks than it declared"
    if any(message.root for message in blinded[1:]):
        yield "the client commits to its rows more than once"
    for before, message in pairwise(blinded):
        if digest(Label.COMMITMENT, message.elements, message.rest) != before.rest:
            yield "the client sent other blinded elements than it committed to"
    tags = [len(message.tags) for message in evidence.of(Role.SERVER, Tags)]
    if tags != [TAG_BYTES * (piece.stop - piece.start) for piece in chunks(sizes[Role.SERVER])][: len(tags)]:
        yield "the server sent fewer or more tags than it declared"
    elif not ascends(evidence.tags, TAG_BYTES):
        yield "the server's tags are not sorted, or one is repeated"
    if not ascends(evidence.claims, CLAIM_BYTES):
        yield "the client's claims are not sorted, or one is repeated"


def _receipt_problems(
    evidence: Evidence, terms: Terms, parties: Mapping[Role, PublicIdentity], session_id: bytes
) -> Iterator[str]:
    """Check the receipt that both signed, where there is one; it says that the session came to its end."""
    # §5.5
    signed = {role: evidence.of(role, ReceiptMessage) for role in Role}
    if not all(signed.values()) or evidence.violations:
        return
    both = terms.reveal is Reveal.BOTH
    count = len(evidence.claims) // CLAIM_BYTES if both else None
    told = evidence.of(Role.SERVER, LedgerHead)
    if not told:
        yield "the session has a receipt, but no ledger head of the server's"
        return
    sizes = evidence.of(Role.CLIENT, Hello)[0].set_size, evidence.of(Role.SERVER, ServerHello)[0].set_size
    digests = _digest_before_receipt(evidence, Role.CLIENT), _digest_before_receipt(evidence, Role.SERVER)
    try:
        # The client tells its head in the body alone; the server's must be the one that it told before.
        client_head = Receipt.from_body(signed[Role.CLIENT][0].body).client_ledger_head
        heads = client_head, told[0].head
        receipt = Receipt(session_id, terms.id, *digests, *sizes, count, *heads)
        for role in Role:
            receipt.check(signed[role][0], parties[role], role)
    except ReceiptError:
        yield "the receipt says something else than the messages"
        return
    evidence.receipt = receipt
    evaluated = sum(len(answer.elements) for answer in evidence.of(Role.SERVER, Evaluated))
    sent = sum(map(len, evidence.elements)), evaluated, len(evidence.tags)
    if sent != (ELEMENT_BYTES * sizes[0], ELEMENT_BYTES * sizes[0], TAG_BYTES * sizes[1]):
        yield "the session has a receipt, but messages are missing"
    if count is not None:
        yield from _claims_problems(evidence, count, min(sizes))


def _claims_problems(evidence: Evidence, count: int, smaller: int) -> Iterator[str]:
    # §8.2
    cut = [max(0, min(count, piece.stop) - piece.start) for piece in chunks(slots(count, smaller))]
    if [len(message.claims) // CLAIM_BYTES for message in evidence.of(Role.CLIENT, Claims)] != cut:
        yield "the client's claims are not in the chunks that their number and the sets call for"
    if [message.count for message in evidence.of(Role.SERVER, Contacts)] != cut:
        yield "the server answered fewer or more claims than there are"


def _digest_before_receipt(evidence: Evidence, role: Role) -> bytes:
    before = takewhile(lambda sent: not isinstance(sent[0], ReceiptMessage), evidence.sent[role])
    return [NO_DIGEST, *(itself for _, itself in before)][-1]
