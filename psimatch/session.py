"""What client and server share: bytes in; bytes and events out. No socket, file, thread or clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from datetime import date
from typing import Any, ClassVar

from psimatch import states, wire
from psimatch.agreement import Agreement
from psimatch.audit.trail import AuditTrail
from psimatch.digest import NO_DIGEST
from psimatch.disclosure import open_contact, seal_contact, sealed_contact_size
from psimatch.envelope import Channel, check_ephemeral_key, max_envelope_bytes, session_id_of
from psimatch.errors import (
    AbortCode,
    LocalProtocolError,
    MessageFormatError,
    NotAPartyError,
    OtherSessionError,
    PeerAbortedError,
    RemoteProtocolError,
)
from psimatch.identity import Identity, PublicIdentity
from psimatch.matching import Candidates, Match, references
from psimatch.messages import Abort, Claims, Contacts, Hello, Message, ServerHello, Standing
from psimatch.outputs import (
    ABORT_REASONS,
    Admission,
    AdmissionNeeded,
    Charge,
    ChargeNeeded,
    Finished,
    Grant,
    Output,
    Send,
    SessionResult,
)
from psimatch.own_set import OwnSet
from psimatch.parallel import Pipeline
from psimatch.parameters import LIMITS, Role
from psimatch.prf import input_prefix
from psimatch.receipt import Receipt
from psimatch.selector import Selector
from psimatch.states import State
from psimatch.submission import Submission
from psimatch.terms import Reveal

# Chunks that the executor works on while the peer is not answered yet; it keeps more on their way (§7.2 step 4).
CHUNKS_HELD = LIMITS.chunks_in_flight // 2


class Session(ABC):
    """One side of one run of the protocol. Use it once, as `ClientSession` or `ServerSession`.

    `start`, `receive` and `grant` return iterators: deliver each output as it comes, and iterate to the end before the
    next call (what asks for a grant is the last of its call). An error of the peer is raised after the Abort that
    tells it so has been yielded.
    """

    role: ClassVar[Role]

    def __init__(
        self,
        agreement: Agreement,
        identity: Identity,
        peer: PublicIdentity,
        submission: Submission,
        *,
        today: date,
        executor: Executor | None = None,
        auditor: PublicIdentity | None = None,
    ) -> None:
        """Take what this side brings; other sessions may take the same.

        Args:
            agreement: signed by both parties and in force on `today` (UTC).
            identity: this party's secret keys; the agreement gives it this session's role.
            peer: the public identity of the other party.
            submission: made for this agreement.
            today: the day on which the session runs, in UTC.
            executor: works on the chunks of the set, several at once; threads serve, since the kernel releases the
                lock. Processes and clusters serve too: they are handed this party's secrets of the session.
            auditor: the public identity that the agreement names, where it names one.

        Raises:
            AgreementError: not signed by both, changed since, not in force, or not between these two.
            NotAPartyError: the auditor is another than the agreement names, or one where it names none.
            LocalProtocolError: the submission was made for another agreement.
        """
        self._check_parties(agreement, identity, peer, today)
        if submission.agreement_id != agreement.terms.id:
            raise LocalProtocolError(
                "the submission was made for another agreement", hint="make one from the rows for this agreement"
            )
        self.agreement, self.terms = agreement, agreement.terms
        self.peer = peer
        self.state = State.NEW
        self.peer_confirmed = self._evaluated = self._broken = self._withheld = False
        self.set_size = submission.set_size
        self.sealed_contact_size = sealed_contact_size(self.terms.contact_size)
        self.max_envelope_bytes = max_envelope_bytes(self.sealed_contact_size)
        self._ledger_head = NO_DIGEST
        self._own = OwnSet(submission)
        self.selector = Selector(self.terms.id, identity, peer)
        self._identity, self._executor = identity, executor
        self._pipelines: list[Pipeline[Any]] = []
        self._trail = AuditTrail(self.role, self.terms, auditor)
        keep, limit = self._trail.keep_message, self.max_envelope_bytes
        self._channel = Channel(self.role, self.terms.id, identity, peer, limit, keep)
        self._needed: AdmissionNeeded | ChargeNeeded | None = None
        self._pending: Message | None = None
        self._candidates = Candidates()
        self._contacts: list[str] = []
        self._matches: tuple[Match, ...] | None = None
        self._match_count: int | None = None
        self._peer_set_size = self._filled_length = 0
        self._running: object | None = None
        self._forget()

    def _check_parties(self, agreement: Agreement, identity: Identity, peer: PublicIdentity, today: date) -> None:
        # §3.3 step 2
        agreement.verify(identity.public, peer, today)
        if agreement.role_of(identity.public) is not self.role:
            raise NotAPartyError(
                f"the agreement makes this identity the {self.role.peer.value}, not the {self.role.value}"
            )

    @property
    def ended(self) -> bool:
        """Whether the session is finished or aborted."""
        return self.state in states.FINAL

    # What a driver calls.

    def start(self, standing: Standing | None = None) -> Iterator[Output]:
        """Begin: a client sends its Hello with its standing toward the server, a server waits for one."""
        return self._guarded(lambda: self._start(standing))

    def receive(self, envelope: bytes) -> Iterator[Output]:
        """Take the next envelope of the peer.

        Raises:
            RemoteProtocolError: a subclass says what the peer did wrong; the session is over.
            LocalProtocolError: called out of turn.
        """
        return self._guarded(lambda: self._receive(envelope))

    def grant(self, grant: Grant) -> Iterator[Output]:
        """Go on after an `AdmissionNeeded` or a `ChargeNeeded`.

        Raises:
            LocalProtocolError: not what was asked for, or nothing was.
            RemoteProtocolError: as `receive`.
        """
        return self._guarded(lambda: self._grant(grant))

    def cancel(self, reason: AbortCode = AbortCode.CANCELLED) -> tuple[Send, ...]:
        """End the session at once, for a reason of this side's own; return the Abort to deliver, if there is one.

        Allowed at any moment: a suspended iterator yields nothing more. Before it has begun, a client alone has
        something to say: that its ledger does not allow it. Nobody has in place of a message that was not yielded yet.
        """
        unheard = self.state is State.NEW and (self.role is Role.SERVER or reason is AbortCode.CANCELLED)
        if unheard or self._withheld:
            self._end(State.ABORTED)
        return () if self.ended else (self._abort(reason),)

    # How each call runs.

    def _guarded(self, steps: Callable[[], Iterator[Output]]) -> Iterator[Output]:
        if self._running is not None or self._broken:
            raise LocalProtocolError("the outputs of the call before were not iterated to the end")
        call = self._running = object()
        asked = False
        try:
            for output in steps():
                self._withheld = isinstance(output, Send)
                yield from self._trail.take()
                self._withheld = False
                asked = isinstance(output, AdmissionNeeded | ChargeNeeded)
                if self.state is not State.ABORTED:
                    yield output
                if asked or self.state is State.ABORTED:
                    return
            yield from self._trail.take()
        except RemoteProtocolError as error:
            if isinstance(error, PeerAbortedError):
                self._end(State.ABORTED)
                yield from self._trail.take()
            else:
                abort = self._abort(error.code)
                yield from self._trail.take()
                yield abort
            raise
        except BaseException as error:
            # Half a step is done, so no other may follow; the channel stays for the Abort of `cancel`.
            # Who leaves the loop where a grant is asked for leaves nothing undone.
            if not asked and not isinstance(error, LocalProtocolError):
                self._broken = True
                self._drop_secrets()
            raise
        finally:
            if self._running is call:
                self._running = None

    def _start(self, standing: Standing | None) -> Iterator[Output]:
        if self.state is not State.NEW:
            raise LocalProtocolError("a session starts once")
        yield from self._begin(standing)

    def _receive(self, envelope: bytes) -> Iterator[Output]:
        if self.ended or self.state is State.NEW or self._needed is not None:
            raise LocalProtocolError(f"nothing can be received while the session is {self.state.value}")
        # §6.4
        opened = self._channel.open(envelope)
        message = wire.decode(opened.message)
        if opened.filled_length != len(opened.message) and not isinstance(message, Claims | Contacts):
            raise MessageFormatError("a message that has no slots is zero-filled")
        self._filled_length = opened.filled_length
        if isinstance(message, Abort):
            # One that was signed after a message of this session is no recording.
            self.peer_confirmed = self.peer_confirmed or self._channel.acknowledged > 0
            raise self._aborted_by_peer(message.code)
        states.check_expected(self.role, self.state, type(message).__name__)
        if not isinstance(message, Hello):
            self._check_session(opened.session_id, message)
            self.peer_confirmed = True
        yield from self._handle(message)

    def _check_session(self, session_id: bytes, message: Message) -> None:
        # §6.3
        expected = self._channel.session_id
        if isinstance(message, ServerHello):
            expected = session_id_of(self.terms.id, self._channel.last_sent, message.nonce, message.ephemeral_key)
        if session_id != expected:
            raise OtherSessionError("a message belongs to another session")
        if isinstance(message, ServerHello):
            check_ephemeral_key(message.ephemeral_key)
            self._enter_session(expected, message.ephemeral_key)

    def _enter_session(self, session_id: bytes, peer_ephemeral_key: bytes) -> None:
        """From here on seal to the peer's ephemeral key, under the session id."""
        self._channel.session_id = session_id
        self._channel.peer_ephemeral_key = peer_ephemeral_key

    def _check_fill(self, full: Message) -> None:
        """Check that the message is zero-filled to the length of one with all its slots in use."""
        # §8.2
        if self._filled_length != len(wire.encode(full)):
            raise MessageFormatError("a message with slots is not zero-filled to its full length")

    def _grant(self, grant: Grant) -> Iterator[Output]:
        # §7.4
        kind = Admission if isinstance(self._needed, AdmissionNeeded) else Charge
        if self._pending is None or grant.needed != self._needed or not isinstance(grant, kind):
            raise LocalProtocolError("this was not asked for")
        message, self._needed, self._pending = self._pending, None, None
        if isinstance(grant, Admission):
            self._advance("admit")
            yield from self._admitted(grant)
        else:
            self._advance("charge")
            self._ledger_head = grant.ledger_head
            yield from self._charged(grant, message)

    def _ask_admission(self, hello: bytes, message: Hello | ServerHello) -> Iterator[Output]:
        """Keep the message until this side's ledger has allowed the session; `hello` is the digest of the Hello."""
        session_id = self._channel.session_id
        sizes = self._peer_set_size, self.set_size
        yield from self._ask(message, AdmissionNeeded(session_id, hello, *sizes, message.standing))

    def _ask_charge(self, message: Message) -> Iterator[Output]:
        """Keep the message until the peer is charged for its whole padded set."""
        needed = ChargeNeeded(self._channel.session_id, self.peer.fingerprint, self._peer_set_size)
        yield from self._ask(message, needed)

    def _ask(self, message: Message, needed: AdmissionNeeded | ChargeNeeded) -> Iterator[Output]:
        self._pending, self._needed = message, needed
        # Nothing follows, so `grant` may be called from within the loop over these outputs, and outlive it.
        self._running = None
        yield self._needed

    def _send(self, message: Message, fill_to: int = 0) -> Send:
        return Send(self._channel.seal(wire.encode(message), fill_to))

    def _advance(self, event: str) -> None:
        self.state = states.after(self.role, self.state, event)

    def _abort(self, reason: AbortCode) -> Send:
        # §9.2
        try:
            return self._send(Abort(AbortCode.FAILED if self._evaluated else reason))
        finally:
            self._end(State.ABORTED)

    def _aborted_by_peer(self, reason: AbortCode) -> PeerAbortedError:
        told = f"the peer ended the session: {ABORT_REASONS[reason]}"
        return PeerAbortedError(told, reason, hint="ask the other side what it saw")

    def _end(self, state: State) -> None:
        # §9.1
        self.state = state
        self._channel.drop_keys()
        self._drop_secrets()

    def _drop_secrets(self) -> None:
        self._own.clear()
        self._trail.drop()
        self._candidates.clear()
        self._contacts = []
        self._needed = self._pending = self._matches = None
        for pipeline in self._pipelines:
            pipeline.cancel()
        self._wipe()
        self._forget()

    # Common steps.

    def _pipeline(self) -> Pipeline[Any]:
        """Return a way to the executor; the calls that still wait there when the session ends are cancelled."""
        self._pipelines.append(Pipeline(self._executor))
        return self._pipelines[-1]

    def _inputs(self, places: slice) -> list[bytes]:
        """Return the PRF inputs of these places of the own set."""
        return self._own.inputs(input_prefix(self.terms.id, self._channel.session_id), places)

    def _contact(self, place: int) -> str:
        """Return what the peer is shown of a match at this place."""
        return self._own.contact(place)

    def _sealed_contacts(self, piece: slice) -> bytes:
        """Return this side's contacts for a slice of the matches, sealed and packed."""
        size, session_id = self.terms.contact_size, self._channel.session_id
        pairs = zip(self._candidates.places[piece], self._candidates.secrets(piece), strict=True)
        return b"".join(
            seal_contact(self._contact(place), size, secret, session_id, self.role.peer) for place, secret in pairs
        )

    def _open_contacts(self, packed: bytes, piece: slice) -> None:
        """Keep the peer's contacts for a slice of the matches."""
        size, session_id = self.sealed_contact_size, self._channel.session_id
        for at, secret in enumerate(self._candidates.secrets(piece)):
            self._contacts.append(open_contact(packed[size * at : size * (at + 1)], secret, session_id, self.role))

    def _named_matches(self) -> tuple[Match, ...]:
        secrets = self._candidates.secrets(slice(0, len(self._candidates)))
        named = references(secrets, self._channel.session_id)
        found = zip(self._candidates.places, named, self._contacts, strict=True)
        return tuple(Match(self._own.identifier(place), reference, contact) for place, reference, contact in found)

    def _receipt(self, client_digest: bytes, server_digest: bytes, peer_ledger_head: bytes) -> Receipt:
        matches = self._match_count if self.terms.reveal is Reveal.BOTH else None
        sizes = (self.set_size, self._peer_set_size)
        heads = (self._ledger_head, peer_ledger_head)
        if self.role is Role.SERVER:
            sizes, heads = sizes[::-1], heads[::-1]
        session_id = self._channel.session_id
        return Receipt(session_id, self.terms.id, client_digest, server_digest, *sizes, matches, *heads)

    def _finish(self, receipt: Receipt, signature: bytes, peer_signature: bytes) -> Finished:
        self._advance("Receipt")
        ids, sizes = (receipt.session_id, receipt.agreement_id), (receipt.client_set_size, receipt.server_set_size)
        result = SessionResult(self.role, *ids, self._matches, *sizes, receipt, signature, peer_signature)
        self._end(State.FINISHED)
        return Finished(result)

    # What a role fills in.

    @abstractmethod
    def _begin(self, standing: Standing | None) -> Iterator[Output]:
        """Send what opens the session."""

    @abstractmethod
    def _handle(self, message: Message) -> Iterator[Output]:
        """Take one message that the state allows."""

    @abstractmethod
    def _admitted(self, admission: Admission) -> Iterator[Output]:
        """Go on with the session, which the ledger now allows."""

    @abstractmethod
    def _charged(self, _charge: Charge, message: Message) -> Iterator[Output]:
        """Take the message for which the peer is now charged."""

    @abstractmethod
    def _wipe(self) -> None:
        """Overwrite this role's keys, blinds and PRF outputs."""

    @abstractmethod
    def _forget(self) -> None:
        """Drop this role's keys, blinds and sets."""
