"""The server: holds the session's key, publishes its tags, evaluates what it is asked (psimatch-1 §7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from psimatch import oprf, randomness, wire
from psimatch.agreement import Reveal
from psimatch.digest import NO_DIGEST, digest
from psimatch.disclosure import open_contact, seal_contact
from psimatch.errors import (
    CommitmentError,
    ContactCountError,
    CountError,
    LocalProtocolError,
    RepeatedClaimError,
    UnknownClaimError,
)
from psimatch.matching import Candidate, Match, ascends, packed_items, references
from psimatch.messages import (
    CLAIM_BYTES,
    ELEMENT_BYTES,
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
from psimatch.prf import CLAIM, TAG, chunk_context, new_server_key, prf_inputs
from psimatch.session import Session, session_id_of
from psimatch.states import State


class ServerSession(Session):
    """The server's side of one session; see `Session`."""

    role: ClassVar[Role] = Role.SERVER

    def _begin(self) -> Iterator[Output]:
        self._forget()
        yield from ()

    def _forget(self) -> None:
        self._key: oprf.ServerKey | None = None
        self._by_claim: dict[bytes, Candidate] = {}
        self._rest: bytes | None = None
        self._chunks_received = 0
        self._claimed: list[list[Candidate]] = []
        self._contacts: list[str] = []
        self._last_claim: bytes | None = None

    def _handle(self, message: Message) -> Iterator[Output]:
        match message:
            case Hello():
                yield from self._take_hello(message)
            case Blinded() if self.state is State.AWAITING_BLINDED:
                # §7.3 step 2
                self._advance("Blinded")
                yield from self._ask_charge(message)
            case Claims():
                yield from self._take_claims(message)
            case Receipt():
                yield from self._take_receipt(message)
            case Blinded():
                yield from self._evaluate(self._charge, message)

    def _charged(self, _charge: Charge, message: Message) -> Iterator[Output]:
        self._charge = _charge
        if isinstance(message, Blinded):
            yield from self._evaluate(_charge, message)

    def _take_hello(self, hello: Hello) -> Iterator[Output]:
        # §7.3 step 1
        self._advance("Hello")
        check_set_size(hello.set_size, self.terms.max_items)
        self._peer_set_size = hello.set_size
        nonce = randomness.random_bytes(32)
        channel = self._channel
        session_id = session_id_of(self.terms.id, channel.last_received, nonce, channel.ephemeral_public_key)
        self._enter_session(session_id, hello.ephemeral_key)
        self._key = new_server_key(self.terms.id, channel.session_id)
        yield self._send(ServerHello(nonce, channel.ephemeral_public_key, self._key.public_key, self.set_size))
        yield from self._send_tags(self._key)

    def _send_tags(self, key: oprf.ServerKey) -> Iterator[Output]:
        identifiers = self._filled_set()
        inputs = prf_inputs(identifiers, self.terms.id, self._channel.session_id)
        tags = []
        for piece in chunks(self.set_size):
            outputs = oprf.evaluate(key, inputs[piece], executor=self._executor)
            for output, identifier in zip(outputs, identifiers[piece], strict=True):
                tags.append(output[TAG])
                self._by_claim[output[CLAIM]] = Candidate.of(output, identifier)
            yield Progress("tagging", piece.stop, self.set_size)
        tags.sort()
        for piece in chunks(self.set_size):
            yield self._send(Tags(piece.stop == self.set_size, b"".join(tags[piece])))

    def _evaluate(self, charge: Charge, message: Blinded) -> Iterator[Output]:
        # §7.3 step 3, §4.3
        number = self._chunks_received
        done = number * LIMITS.chunk_items + self._check_blinded(message)
        last = done == self._peer_set_size
        if self._key is None or charge.needed.evaluations < done:
            raise LocalProtocolError("the session has no key, or no charge for so many evaluations")
        context = chunk_context(self._channel.session_id, number)
        evaluation = oprf.blind_evaluate(self._key, message.elements, context=context, executor=self._executor)
        self._chunks_received += 1
        self._advance(f"last Blinded, reveal {self.terms.reveal.value}" if last else "Blinded")
        self._evaluated = True
        yield self._send(Evaluated(evaluation.elements, evaluation.proof))
        yield Progress("evaluating", done, self._peer_set_size)

    def _check_blinded(self, message: Blinded) -> int:
        """Return how many elements a chunk has, once it has as many as it must and keeps to the commitment."""
        # §5.3, §5.4
        left = self._peer_set_size - self._chunks_received * LIMITS.chunk_items
        count = len(message.elements) // ELEMENT_BYTES
        if count != min(left, LIMITS.chunk_items):
            raise CountError("a chunk has fewer or more blinded elements than the set size calls for")
        if self._rest is not None and digest(Label.COMMITMENT, message.elements, message.rest) != self._rest:
            raise CommitmentError("a chunk of blinded elements is not the one that was committed to")
        if (message.rest == NO_DIGEST) != (count == left):
            raise CommitmentError("the commitment covers fewer or more chunks than the set size calls for")
        self._rest = message.rest
        return count

    def _take_claims(self, message: Claims) -> Iterator[Output]:
        # §7.3 step 4
        self._check_claims(message)
        size = self.sealed_contact_size
        claimed = []
        for index, claim in enumerate(packed_items(message.claims, CLAIM_BYTES)):
            candidate = self._by_claim.get(claim)
            if candidate is None or candidate.identifier not in self._items:
                raise UnknownClaimError("a claim belongs to none of the published tags")
            sealed = message.contacts[size * index : size * (index + 1)]
            self._contacts.append(open_contact(sealed, candidate.secret, self._channel.session_id, Role.SERVER))
            claimed.append(candidate)
        self._claimed.append(claimed)
        if not message.last:
            self._advance("Claims")
            return
        self._advance("last Claims")
        self._match_count = len(self._contacts)
        yield from self._send_contacts()

    def _check_claims(self, message: Claims) -> None:
        claims = packed_items(message.claims, CLAIM_BYTES)
        if not ascends(claims, self._last_claim):
            raise RepeatedClaimError("a claim is repeated, or the claims are not sorted")
        if len(message.contacts) != self.sealed_contact_size * len(claims):
            raise ContactCountError("the client sent fewer or more contacts than claims")
        self._last_claim = claims[-1] if claims else self._last_claim
        smaller = min(self.set_size, self._peer_set_size)
        # The number of messages follows from that of claims, which the last message completes.
        total = len(self._contacts) + len(claims)
        place = len(self._claimed)
        pieces = chunks(slots(total, smaller)) if message.last else chunks(smaller)
        if place >= len(pieces) or message.last != (place == len(pieces) - 1):
            raise CountError("the claims come in fewer or more messages than their number calls for")
        full = pieces[place].stop - pieces[place].start
        short = self._claimed and len(self._claimed[-1]) < LIMITS.chunk_items
        if len(claims) > full or (claims and short):
            raise CountError("a message has more claims than places, or the one before had places left")
        self._check_fill(Claims(message.last, bytes(CLAIM_BYTES * full), bytes(self.sealed_contact_size * full)))

    def _send_contacts(self) -> Iterator[Output]:
        # §8.2
        smaller = min(self.set_size, self._peer_set_size)
        pieces = chunks(slots(len(self._contacts), smaller))
        for piece, claimed in zip(pieces, self._claimed, strict=True):
            contacts = b"".join(self._sealed_contact(candidate) for candidate in claimed)
            places = piece.stop - piece.start
            full = Contacts(places, bytes(self.sealed_contact_size * places))
            yield self._send(Contacts(len(claimed), contacts), len(wire.encode(full)))

    def _sealed_contact(self, candidate: Candidate) -> bytes:
        contact = self._items[candidate.identifier]
        size, session_id = self.terms.contact_size, self._channel.session_id
        return seal_contact(contact, size, candidate.secret, session_id, Role.CLIENT)

    def _take_receipt(self, message: Receipt) -> Iterator[Output]:
        # §7.3 step 5
        # The client's digest is that of its message before this one.
        before = self._channel.received[-2] if len(self._channel.received) > 1 else NO_DIGEST
        receipt = self._receipt(before, self._channel.last_sent)
        receipt.check(message, self._peer, self.role.peer)
        if self.terms.reveal is Reveal.BOTH:
            candidates = [candidate for claimed in self._claimed for candidate in claimed]
            named = references([candidate.secret for candidate in candidates], self._channel.session_id)
            self._matches = tuple(
                Match(candidate.identifier, reference, contact)
                for candidate, reference, contact in zip(candidates, named, self._contacts, strict=True)
            )
        # Both or neither: once the counter-signature can leave, this side is finished too.
        counter_signed = self._send(receipt.signed_by(self._identity, self.role))
        finished = self._finish(receipt, message.signature)
        yield counter_signed
        yield finished
