"""The client: blinds, learns first, and proves its matches by claims (psimatch-1 §7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from psimatch import oprf, randomness, wire
from psimatch.agreement import Reveal
from psimatch.digest import NO_DIGEST, digest
from psimatch.disclosure import open_contact, seal_contact
from psimatch.errors import ContactCountError, CountError, TagOrderError
from psimatch.identifiers import Identifier
from psimatch.matching import Candidate, Match, ascends, packed_items, references
from psimatch.messages import (
    CLAIM_BYTES,
    TAG_BYTES,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    Message,
    Receipt,
    ServerHello,
    Tags,
)
from psimatch.outputs import Charge, Output, Progress
from psimatch.padding import check_set_size, chunks, slots
from psimatch.parameters import LIMITS, Label, Role
from psimatch.prf import TAG, chunk_context, prf_inputs
from psimatch.session import Session
from psimatch.states import State


class ClientSession(Session):
    """The client's side of one session; see `Session`."""

    role: ClassVar[Role] = Role.CLIENT

    def _begin(self) -> Iterator[Output]:
        # §7.2 step 1
        self._forget()
        yield self._send(Hello(randomness.random_bytes(32), self._channel.ephemeral_public_key, self.set_size))

    def _forget(self) -> None:
        self._public_key = b""
        self._identifiers: list[Identifier] = []
        self._blindings: list[oprf.Blinding] = []
        self._rests: list[bytes] = []
        self._tags: set[bytes] = set()
        self._last_tag: bytes | None = None
        self._chunks_sent = 0
        self._chunks_received = 0
        self._candidates: list[Candidate] = []
        self._claimed: list[list[Candidate]] = []
        self._places: list[int] = []
        self._contacts: list[str] = []

    def _handle(self, message: Message) -> Iterator[Output]:
        match message:
            case ServerHello():
                yield from self._blind_own_set(message)
            case Tags() if self.state is State.AWAITING_TAGS:
                # §7.2 step 3
                self._advance("Tags")
                yield from self._ask_charge(message)
            case Tags():
                yield from self._take_tags(message)
            case Evaluated():
                yield from self._take_evaluated(message)
            case Contacts():
                yield from self._take_contacts(message)
            case Receipt():
                yield from self._take_receipt(message)

    def _charged(self, _charge: Charge, message: Message) -> Iterator[Output]:
        if isinstance(message, Tags):
            yield from self._take_tags(message)

    def _blind_own_set(self, hello: ServerHello) -> Iterator[Output]:
        # §7.2 step 2
        self._advance("ServerHello")
        check_set_size(hello.set_size, self.terms.max_items)
        oprf.check_public_key(hello.public_key)
        self._peer_set_size, self._public_key = hello.set_size, hello.public_key
        self._identifiers = self._filled_set()
        inputs = prf_inputs(self._identifiers, self.terms.id, self._channel.session_id)
        for piece in chunks(self.set_size):
            self._blindings.append(oprf.blind(inputs[piece], executor=self._executor))
            yield Progress("blinding", piece.stop, self.set_size)
        self._rests = commitments([blinding.blinded_elements for blinding in self._blindings])

    def _take_tags(self, message: Tags) -> Iterator[Output]:
        self._check_tags(message)
        self._tags.update(packed_items(message.tags, TAG_BYTES))
        yield Progress("receiving tags", len(self._tags), self._peer_set_size)
        if not message.last:
            self._advance("Tags")
            return
        self._advance("last Tags")
        # §7.2 step 4
        for _ in self._blindings[: LIMITS.chunks_in_flight]:
            yield self._next_blinded()

    def _check_tags(self, message: Tags) -> None:
        left = self._peer_set_size - len(self._tags)
        expected = min(left, LIMITS.chunk_items)
        tags = packed_items(message.tags, TAG_BYTES)
        if len(tags) != expected or message.last != (len(tags) == left):
            raise CountError("the server's tags are fewer or more than its set size")
        if not ascends(tags, self._last_tag):
            raise TagOrderError("the server's tags are not sorted, or one is repeated")
        self._last_tag = tags[-1]

    def _next_blinded(self) -> Output:
        number = self._chunks_sent
        self._chunks_sent += 1
        return self._send(Blinded(self._rests[number], self._blindings[number].blinded_elements))

    def _take_evaluated(self, message: Evaluated) -> Iterator[Output]:
        # §7.2 step 5, §4.3
        self._evaluated = True
        number = self._chunks_received
        if number >= self._chunks_sent:
            raise CountError("the server answered a chunk that was not sent")
        outputs = oprf.finalize(
            self._public_key,
            self._blindings[number],
            oprf.Evaluation(message.elements, message.proof),
            context=chunk_context(self._channel.session_id, number),
            executor=self._executor,
        )
        self._chunks_received += 1
        start = number * LIMITS.chunk_items
        for output, identifier in zip(outputs, self._identifiers[start : start + len(outputs)], strict=True):
            # A dummy matches nothing; the contacts are kept for real identifiers only.
            if output[TAG] in self._tags and identifier in self._items:
                self._candidates.append(Candidate.of(output, identifier))
        yield Progress("matching", start + len(outputs), self.set_size)
        if self._chunks_sent < len(self._blindings):
            yield self._next_blinded()
        if self._chunks_received < len(self._blindings):
            self._advance("Evaluated")
            return
        self._advance(f"last Evaluated, reveal {self.terms.reveal.value}")
        yield from self._end_of_evaluation()

    def _end_of_evaluation(self) -> Iterator[Output]:
        # §7.2 step 6
        self._candidates.sort()
        self._match_count = len(self._candidates)
        if self.terms.reveal is Reveal.BOTH:
            yield from self._send_claims()
        else:
            self._contacts = [""] * len(self._candidates)
            yield from self._send_receipt()

    def _send_claims(self) -> Iterator[Output]:
        # §8.2
        smaller = min(self.set_size, self._peer_set_size)
        pieces = chunks(slots(len(self._candidates), smaller))
        self._claimed = [self._candidates[piece] for piece in pieces]
        self._places = [piece.stop - piece.start for piece in pieces]
        for number, (places, claimed) in enumerate(zip(self._places, self._claimed, strict=True)):
            last = number == len(pieces) - 1
            contacts = b"".join(self._sealed_contact(candidate) for candidate in claimed)
            full = Claims(last, bytes(CLAIM_BYTES * places), bytes(self.sealed_contact_size * places))
            claims = b"".join(candidate.claim for candidate in claimed)
            yield self._send(Claims(last, claims, contacts), len(wire.encode(full)))

    def _sealed_contact(self, candidate: Candidate) -> bytes:
        contact = self._items[candidate.identifier]
        size, session_id = self.terms.contact_size, self._channel.session_id
        return seal_contact(contact, size, candidate.secret, session_id, Role.SERVER)

    def _take_contacts(self, message: Contacts) -> Iterator[Output]:
        # §7.2 step 7
        claimed, places = self._claimed.pop(0), self._places.pop(0)
        size = self.sealed_contact_size
        if message.count != len(claimed) or len(message.contacts) != size * len(claimed):
            raise ContactCountError("the server sent fewer or more contacts than there are claims")
        self._check_fill(Contacts(places, bytes(size * places)))
        for index, candidate in enumerate(claimed):
            sealed = message.contacts[size * index : size * (index + 1)]
            self._contacts.append(open_contact(sealed, candidate.secret, self._channel.session_id, Role.CLIENT))
        if self._claimed:
            self._advance("Contacts")
            return
        self._advance("last Contacts")
        yield from self._send_receipt()

    def _send_receipt(self) -> Iterator[Output]:
        self._own_receipt = self._receipt(self._channel.last_sent, self._channel.last_received)
        yield self._send(self._own_receipt.signed_by(self._identity, self.role))

    def _take_receipt(self, message: Receipt) -> Iterator[Output]:
        # §7.2 step 8
        self._own_receipt.check(message, self._peer, self.role.peer)
        secrets = [candidate.secret for candidate in self._candidates]
        named = references(secrets, self._channel.session_id)
        self._matches = tuple(
            Match(candidate.identifier, reference, contact)
            for candidate, reference, contact in zip(self._candidates, named, self._contacts, strict=True)
        )
        yield self._finish(self._own_receipt, message.signature)


def commitments(elements: list[bytes]) -> list[bytes]:
    """Return for each chunk the commitment to all chunks after it; 32 bytes each, zero for the last."""
    # §5.4
    rests = [NO_DIGEST]
    for chunk in reversed(elements[1:]):
        rests.append(digest(Label.COMMITMENT, chunk, rests[-1]))
    return rests[::-1]
