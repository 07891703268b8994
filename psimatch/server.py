"""The server: holds the session's key, publishes its tags, evaluates what it is asked (psimatch-1 §7.3)."""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterator
from functools import partial
from typing import ClassVar

from psimatch import messages, oprf, randomness, wire
from psimatch.digest import NO_DIGEST, digest
from psimatch.envelope import check_ephemeral_key, session_id_of
from psimatch.errors import (
    CommitmentError,
    ContactCountError,
    CountError,
    LocalProtocolError,
    RepeatedClaimError,
    UnknownClaimError,
)
from psimatch.kernel.records import ascends, find, order, take
from psimatch.kernel.wiping import wipe
from psimatch.messages import (
    CLAIM_BYTES,
    ELEMENT_BYTES,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    LedgerHead,
    Message,
    ServerHello,
    Standing,
    Tags,
)
from psimatch.outputs import Admission, Charge, Output, Progress, ReceiptSigned
from psimatch.padding import check_set_size, chunks, slots
from psimatch.parallel import Pipeline, spread
from psimatch.parameters import LIMITS, Label, Role
from psimatch.prf import CLAIM, OUTPUT_BYTES, TAG, chunk_context, server_key
from psimatch.receipt import Receipt
from psimatch.session import CHUNKS_HELD, Session
from psimatch.states import State
from psimatch.terms import Reveal


class ServerSession(Session):
    """The server's side of one session; see `Session`."""

    role: ClassVar[Role] = Role.SERVER

    def _begin(self, _standing: Standing | None) -> Iterator[Output]:
        self._advance("start")
        yield from ()

    def _wipe(self) -> None:
        if self._key is not None:
            wipe(self._key.secret)
        wipe(self._outputs, self._claims)

    def _forget(self) -> None:
        self._key: oprf.ServerKey | None = None
        # PRF outputs by place, the places in the order of their claims, and these claims.
        self._outputs = bytearray()
        self._by_claim: array[int] = array("I")
        self._claims = b""
        self._rest: bytes | None = None
        self._evaluating: Pipeline[oprf.Evaluation] = self._pipeline()
        self._chunks_received = 0
        self._answered = 0
        self._claimed: list[int] = []
        self._last_claim = b""

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
            case messages.Receipt():
                yield from self._take_receipt(message)
            case Blinded():
                yield from self._evaluate(self._charge, message)

    def _admitted(self, admission: Admission) -> Iterator[Output]:
        # §7.3 step 1
        seed = randomness.random_bytes(32)
        self._key = server_key(seed, self.terms.id, self._channel.session_id)
        self._own.fill()
        self._own.shuffle()
        root = yield from self._commit(seed)
        wipe(seed)
        key, public_key = self._channel.ephemeral_public_key, self._key.public_key
        yield self._send(ServerHello(self._nonce, key, public_key, self.set_size, *admission.standing.fields, root))
        yield from self._send_tags(self._key)

    def _commit(self, seed: bytes) -> Generator[Output, None, bytes]:
        """Keep rows and key seed for the auditor, if there is one, and return the root."""
        # §12.2
        if not self._trail.active:
            return b""
        self._trail.begin(self._channel.session_id, self._own, self.set_size)
        for piece in chunks(self.set_size):
            self._trail.keep_rows(self._own, piece)
            yield Progress("sealing", piece.stop, self.set_size)
        self._trail.keep_key_seed(seed)
        return self._trail.root()

    def _charged(self, _charge: Charge, message: Message) -> Iterator[Output]:
        self._charge = _charge
        if isinstance(message, Blinded):
            yield from self._evaluate(_charge, message)

    def _take_hello(self, hello: Hello) -> Iterator[Output]:
        # §7.3 step 1
        self._advance("Hello")
        check_ephemeral_key(hello.ephemeral_key)
        check_set_size(hello.set_size, self.terms.max_items)
        self._peer_set_size = hello.set_size
        self._nonce = randomness.random_bytes(32)
        channel = self._channel
        session_id = session_id_of(self.terms.id, channel.last_received, self._nonce, channel.ephemeral_public_key)
        self._enter_session(session_id, hello.ephemeral_key)
        yield from self._ask_admission(channel.last_received, hello)

    def _send_tags(self, key: oprf.ServerKey) -> Iterator[Output]:
        pieces = chunks(self.set_size)
        calls = ((key, self._inputs(piece)) for piece in pieces)
        # At its full size at once: what grows leaves copies behind.
        self._outputs = bytearray(OUTPUT_BYTES * self.set_size)
        for piece, outputs in zip(pieces, spread(self._pipeline(), oprf.evaluate, calls), strict=True):
            self._outputs[OUTPUT_BYTES * piece.start : OUTPUT_BYTES * piece.stop] = outputs
            wipe(outputs)
            yield Progress("tagging", piece.stop, self.set_size)
        by_tag = order(self._outputs, OUTPUT_BYTES, TAG)
        for piece in pieces:
            tags = take(self._outputs, OUTPUT_BYTES, TAG, by_tag[piece])
            yield self._send(Tags(piece.stop == self.set_size, tags))
        if self.terms.reveal is Reveal.BOTH:
            self._by_claim = order(self._outputs, OUTPUT_BYTES, CLAIM)
            self._claims = take(self._outputs, OUTPUT_BYTES, CLAIM, self._by_claim)
        else:
            wipe(self._outputs)
            self._outputs.clear()

    def _evaluate(self, charge: Charge, message: Blinded) -> Iterator[Output]:
        # §7.3 step 3, §4.3
        number = self._chunks_received
        done = number * LIMITS.chunk_items + self._check_blinded(message)
        last = done == self._peer_set_size
        if self._key is None or charge.needed.evaluations < done:
            raise LocalProtocolError("the session has no key, or no charge for so many evaluations")
        evaluate = partial(oprf.blind_evaluate, context=chunk_context(self._channel.session_id, number))
        self._evaluating.submit(evaluate, self._key, message.elements)
        self._chunks_received += 1
        self._advance(f"last Blinded, reveal {self.terms.reveal.value}" if last else "Blinded")
        for evaluation in self._evaluating.results(leave=0 if last else CHUNKS_HELD):
            self._evaluated = True
            yield self._send(Evaluated(evaluation.elements, evaluation.proof))
            self._answered += len(evaluation.elements) // ELEMENT_BYTES
            yield Progress("evaluating", self._answered, self._peer_set_size)
        # §7.3 step 5
        if last and self.terms.reveal is Reveal.CLIENT:
            yield self._send(LedgerHead(self._ledger_head))

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
        self._trail.check_peer_root(message.root, first=not self._chunks_received)
        self._rest = message.rest
        return count

    def _take_claims(self, message: Claims) -> Iterator[Output]:
        # §7.3 step 4
        self._check_claims(message)
        first = len(self._candidates)
        for found in find(self._claims, message.claims, CLAIM_BYTES, slice(0, CLAIM_BYTES)):
            if found < 0 or self._own.is_dummy(place := self._by_claim[found]):
                raise UnknownClaimError("a claim belongs to none of the published tags")
            self._candidates.add(self._outputs, place, place)
        self._open_contacts(message.contacts, slice(first, len(self._candidates)))
        self._claimed.append(len(self._candidates) - first)
        if not message.last:
            self._advance("Claims")
            return
        self._advance("last Claims")
        self._match_count = len(self._candidates)
        yield from self._send_contacts()

    def _check_claims(self, message: Claims) -> None:
        claims = len(message.claims) // CLAIM_BYTES
        if not ascends(self._last_claim + message.claims, CLAIM_BYTES):
            raise RepeatedClaimError("a claim is repeated, or the claims are not sorted")
        if len(message.contacts) != self.sealed_contact_size * claims:
            raise ContactCountError("the client sent fewer or more contacts than claims")
        self._last_claim = (self._last_claim + message.claims)[-CLAIM_BYTES:]
        smaller = min(self.set_size, self._peer_set_size)
        # The number of messages follows from that of claims, which the last message completes.
        total = len(self._candidates) + claims
        count = slots(total, smaller) if message.last else smaller
        left = count - len(self._claimed) * LIMITS.chunk_items
        full = min(left, LIMITS.chunk_items)
        if full <= 0 or message.last != (full == left):
            raise CountError("the claims come in fewer or more messages than their number calls for")
        short = self._claimed and self._claimed[-1] < LIMITS.chunk_items
        if claims > full or (claims and short):
            raise CountError("a message has more claims than places, or the one before had places left")
        self._check_fill(Claims(message.last, bytes(CLAIM_BYTES * full), bytes(self.sealed_contact_size * full)))

    def _send_contacts(self) -> Iterator[Output]:
        # §8.2
        smaller = min(self.set_size, self._peer_set_size)
        for piece in chunks(slots(len(self._candidates), smaller)):
            places, claimed = piece.stop - piece.start, len(self._candidates.places[piece])
            full = Contacts(places, bytes(self.sealed_contact_size * places))
            yield self._send(Contacts(claimed, self._sealed_contacts(piece)), len(wire.encode(full)))
        yield self._send(LedgerHead(self._ledger_head))

    def _take_receipt(self, message: messages.Receipt) -> Iterator[Output]:
        # §7.3 step 6
        # The client's digest is that of its message before this one: a Hello came at least.
        before = self._channel.received[-2]
        receipt = self._receipt(before, self._channel.last_sent, Receipt.from_body(message.body).client_ledger_head)
        receipt.check(message, self.peer, self.role.peer)
        if self.terms.reveal is Reveal.BOTH:
            self._matches = self._named_matches()
        own = receipt.signed_by(self._identity, self.role)
        yield ReceiptSigned(receipt, self._match_count, own.signature, message.signature)
        # Both or neither: once the counter-signature can leave, this side is finished too.
        counter_signed = self._send(own)
        finished = self._finish(receipt, own.signature, message.signature)
        yield counter_signed
        yield finished
