"""The client: blinds, learns first, and proves its matches by claims (psimatch-1 §7.2)."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import chain, repeat
from typing import ClassVar

from psimatch import oprf, randomness, wire
from psimatch.digest import NO_DIGEST, digest
from psimatch.errors import ContactCountError, CountError, LocalProtocolError, TagOrderError
from psimatch.kernel.records import ascends, find
from psimatch.kernel.wiping import wipe
from psimatch.messages import (
    CLAIM_BYTES,
    TAG_BYTES,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    LedgerHead,
    Message,
    Receipt,
    ServerHello,
    Standing,
    Tags,
)
from psimatch.outputs import Admission, Charge, Output, Progress, ReceiptSigned
from psimatch.padding import check_set_size, chunks, slots
from psimatch.parallel import Pipeline, spread
from psimatch.parameters import LIMITS, Label, Role
from psimatch.prf import OUTPUT_BYTES, TAG, chunk_context
from psimatch.session import CHUNKS_HELD, Session
from psimatch.states import State
from psimatch.terms import Reveal


class ClientSession(Session):
    """The client's side of one session; see `Session`."""

    role: ClassVar[Role] = Role.CLIENT

    def _begin(self, standing: Standing | None) -> Iterator[Output]:
        # §7.2 step 1
        if standing is None:
            raise LocalProtocolError("a client starts with its standing, which its ledger gives")
        self._advance("start")
        nonce, key = randomness.random_bytes(32), self._channel.ephemeral_public_key
        yield self._send(Hello(nonce, key, self.set_size, *standing.fields))

    def _forget(self) -> None:
        self._public_key = b""
        self._blindings: deque[tuple[slice, oprf.Blinding]] = deque()
        # Those whose chunk the executor works on.
        self._unblinding: deque[oprf.Blinding] = deque()
        self._unsent: deque[Blinded] = deque()
        self._finalizing: Pipeline[bytes] = self._pipeline()
        self._tags = bytearray()
        self._chunks_received = 0
        # For each finalized chunk its PRF outputs, and where their tags are among the server's.
        self._found: list[tuple[bytes, array[int]]] = []
        self._looked_up = 0
        self._places: deque[slice] = deque()
        # By place: what the peer is shown of a claim.
        self._spoken: dict[int, str] = {}

    def _wipe(self) -> None:
        wipe(*(blinding.blinds for _, blinding in self._blindings), *(blinding.blinds for blinding in self._unblinding))
        wipe(*(outputs for outputs, _ in self._found))

    def _handle(self, message: Message) -> Iterator[Output]:
        match message:
            case ServerHello():
                yield from self._take_server_hello(message)
            case Tags() if self.state is State.AWAITING_TAGS:
                # §7.2 step 3
                self._advance("Tags")
                yield from self._ask_charge(message)
            case Tags():
                yield from self._take_tags(message)
            case Evaluated():
                yield from self._take_evaluated(message)
            case Contacts():
                self._take_contacts(message)
            case LedgerHead():
                yield from self._send_receipt(message)
            case Receipt():
                yield from self._take_receipt(message)

    def _take_server_hello(self, hello: ServerHello) -> Iterator[Output]:
        # §7.2 step 2
        self._advance("ServerHello")
        check_set_size(hello.set_size, self.terms.max_items)
        oprf.check_public_key(hello.public_key)
        self._trail.check_peer_root(hello.root)
        self._peer_set_size, self._public_key = hello.set_size, hello.public_key
        yield from self._ask_admission(self._channel.last_sent, hello)

    def _admitted(self, _admission: Admission) -> Iterator[Output]:
        yield from self._blind_own_set()

    def _charged(self, _charge: Charge, message: Message) -> Iterator[Output]:
        if isinstance(message, Tags):
            yield from self._take_tags(message)

    def _blind_own_set(self) -> Iterator[Output]:
        self._own.fill()
        self._own.shuffle()
        self._trail.begin(self._channel.session_id, self._own, self.set_size)
        pieces = chunks(self.set_size)
        calls = ((self._inputs(piece),) for piece in pieces)
        for piece, blinding in zip(pieces, spread(self._pipeline(), oprf.blind, calls), strict=True):
            self._blindings.append((piece, blinding))
            self._trail.keep_rows(self._own, piece, blinding)
            yield Progress("blinding", piece.stop, self.set_size)
        elements = [blinding.blinded_elements for _, blinding in self._blindings]
        roots = chain([self._trail.root()], repeat(b""))
        self._unsent.extend(map(Blinded, commitments(elements), elements, roots))

    def _take_tags(self, message: Tags) -> Iterator[Output]:
        self._check_tags(message)
        self._tags += message.tags
        yield Progress("receiving tags", len(self._tags) // TAG_BYTES, self._peer_set_size)
        if not message.last:
            self._advance("Tags")
            return
        self._advance("last Tags")
        # §7.2 step 4
        for _ in range(min(LIMITS.chunks_in_flight, len(self._unsent))):
            yield self._next_blinded()

    def _check_tags(self, message: Tags) -> None:
        left = self._peer_set_size - len(self._tags) // TAG_BYTES
        count = len(message.tags) // TAG_BYTES
        if count != min(left, LIMITS.chunk_items) or message.last != (count == left):
            raise CountError("the server's tags are fewer or more than its set size")
        if not ascends(self._tags[-TAG_BYTES:] + message.tags, TAG_BYTES):
            raise TagOrderError("the server's tags are not sorted, or one is repeated")

    def _next_blinded(self) -> Output:
        return self._send(self._unsent.popleft())

    def _take_evaluated(self, message: Evaluated) -> Iterator[Output]:
        # §7.2 step 5, §4.3
        self._evaluated = True
        # Chunks are ahead of their answers until all are answered, and then no answer is expected (§7.1).
        number = self._chunks_received
        finalize = partial(oprf.finalize, context=chunk_context(self._channel.session_id, number))
        piece, blinding = self._blindings.popleft()
        evaluation = oprf.Evaluation(message.elements, message.proof)
        self._unblinding.append(blinding)
        self._finalizing.submit(finalize, self._public_key, self._inputs(piece), blinding, evaluation)
        self._chunks_received += 1
        yield from self._match(leave=CHUNKS_HELD if self._blindings else 0)
        if self._unsent:
            yield self._next_blinded()
        if self._blindings:
            self._advance("Evaluated")
            return
        self._advance(f"last Evaluated, reveal {self.terms.reveal.value}")
        yield from self._end_of_evaluation()

    def _match(self, leave: int) -> Iterator[Output]:
        """Take out what is finalized, until `leave` chunks are left, and look it up among the tags."""
        for outputs in self._finalizing.results(leave):
            wipe(self._unblinding.popleft().blinds)
            self._found.append((outputs, find(self._tags, outputs, OUTPUT_BYTES, TAG)))
            self._looked_up += len(outputs) // OUTPUT_BYTES
            yield Progress("matching", self._looked_up, self.set_size)

    def _choose(self) -> None:
        """Make the candidates of what was found, one for each claim; takes longer the more there are."""
        first = 0
        # By place: the PRF output, as where in which chunk it is.
        found: dict[int, tuple[bytes, int]] = {}
        for outputs, places in self._found:
            for number, at in enumerate(places):
                # A dummy matches nothing.
                if at >= 0 and not self._own.is_dummy(first + number):
                    found[first + number] = outputs, number
            first += len(places)
        self._spoken = self._own.claims(list(found))
        for place in self._spoken:
            self._candidates.add(*found[place], place)
        wipe(*(outputs for outputs, _ in self._found))
        self._found.clear()
        self._candidates.sort()
        self._match_count = len(self._candidates)

    def _contact(self, place: int) -> str:
        return self._spoken[place]

    def _end_of_evaluation(self) -> Iterator[Output]:
        # §7.2 step 6
        if self.terms.reveal is Reveal.BOTH:
            self._choose()
            yield from self._send_claims()

    def _send_claims(self) -> Iterator[Output]:
        # §8.2
        smaller = min(self.set_size, self._peer_set_size)
        self._places.extend(chunks(slots(len(self._candidates), smaller)))
        for piece in tuple(self._places):
            places, last = piece.stop - piece.start, piece is self._places[-1]
            full = Claims(last, bytes(CLAIM_BYTES * places), bytes(self.sealed_contact_size * places))
            claims = Claims(last, self._candidates.claims(piece), self._sealed_contacts(piece))
            yield self._send(claims, len(wire.encode(full)))

    def _take_contacts(self, message: Contacts) -> None:
        # §7.2 step 7
        piece = self._places.popleft()
        claimed, places = len(self._candidates.places[piece]), piece.stop - piece.start
        size = self.sealed_contact_size
        if message.count != claimed or len(message.contacts) != size * claimed:
            raise ContactCountError("the server sent fewer or more contacts than there are claims")
        self._check_fill(Contacts(places, bytes(size * places)))
        self._open_contacts(message.contacts, piece)
        self._advance("Contacts" if self._places else "last Contacts")

    def _send_receipt(self, ledger: LedgerHead) -> Iterator[Output]:
        # §7.2 step 8
        self._advance("LedgerHead")
        receipt = self._receipt(self._channel.last_sent, self._channel.last_received, ledger.head)
        message = receipt.signed_by(self._identity, self.role)
        self._own_receipt, self._signature = receipt, message.signature
        yield ReceiptSigned(receipt, None, message.signature)
        yield self._send(message)
        if self.terms.reveal is Reveal.CLIENT:
            # Not before: the server would see how long it took.
            self._choose()
            self._contacts = [""] * len(self._candidates)

    def _take_receipt(self, message: Receipt) -> Iterator[Output]:
        # §7.2 step 9
        receipt, signature = self._own_receipt, self._signature
        receipt.check(message, self.peer, self.role.peer)
        self._matches = self._named_matches()
        yield ReceiptSigned(receipt, self._match_count, signature, message.signature)
        yield self._finish(receipt, signature, message.signature)


def commitments(elements: list[bytes]) -> list[bytes]:
    """Return for each chunk the commitment to all chunks after it; 32 bytes each, zero for the last."""
    # §5.4
    rests = [NO_DIGEST]
    for chunk in reversed(elements[1:]):
        rests.append(digest(Label.COMMITMENT, chunk, rests[-1]))
    return rests[::-1]
