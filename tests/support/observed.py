"""Real sessions that leave a trace: each state, message, ledger entry, and operation of the kernel, in order."""

import contextlib
from dataclasses import dataclass
from unittest.mock import patch

from psimatch import kernel
from psimatch.client import ClientSession
from psimatch.messages import Abort
from psimatch.oprf import dleq
from psimatch.outputs import Send
from psimatch.parameters import Role
from psimatch.server import ServerSession


@dataclass(frozen=True)
class Moved:
    before: object
    after: object


@dataclass(frozen=True)
class Accepted:
    """The session took a message of its peer as the next one."""

    message: object


@dataclass(frozen=True)
class Sent:
    """An envelope left; `message` is what the session sealed in it."""

    message: object


@dataclass(frozen=True)
class Entered:
    """The own ledger has an entry more, durably."""

    kind: str
    fields: dict


@dataclass(frozen=True)
class Kept:
    """A record of the audit file, or its beginning, is durable."""

    record: object


@dataclass(frozen=True)
class Blinded:
    """The kernel blinded inputs of this side."""


@dataclass(frozen=True)
class Multiplied:
    """The kernel multiplied elements by the session's key."""

    elements: bytes


@dataclass(frozen=True)
class Proved:
    """A chunk's proof has passed."""


@dataclass(frozen=True)
class Unblinded:
    """The kernel unblinded elements of a chunk."""


@dataclass(frozen=True)
class Released:
    """The session gave its result to the one who drives it."""

    result: object


@dataclass(frozen=True)
class Failed:
    """A call raised."""

    error: Exception


@dataclass(frozen=True)
class Rested:
    """A call was iterated to its end, and no grant is asked for: the session waits for the peer."""


class Observed:
    """Records what a session does, before and after the code that does it; changes nothing.

    `alter` is what a hostile owner makes of the next message, in bytes, before it is signed.
    """

    def __new__(cls, *_arguments, **_options):
        session = super().__new__(cls)
        session.trace, session.messages, session.secrets = [], {}, set()
        session.alter = None
        return session

    def __setattr__(self, name, value):
        if name == "state" and "state" in self.__dict__:
            self.trace.append(Moved(self.state, value))
        super().__setattr__(name, value)

    def _send(self, message, fill_to=0):
        alter, self.alter = self.alter, None
        send = super()._send(message, fill_to) if alter is None else Send(self._channel.seal(alter(message), fill_to))
        self.messages[send.envelope] = message
        return send

    def _handle(self, message):
        self.trace.append(Accepted(message))
        return super()._handle(message)

    def _aborted_by_peer(self, reason):
        self.trace.append(Accepted(Abort(reason)))
        return super()._aborted_by_peer(reason)

    def signed(self, message):
        """Return the envelope of any message at all, signed for the next place: what a hostile owner can make."""
        return super()._send(message).envelope


class ObservedClient(Observed, ClientSession):
    pass


class ObservedServer(Observed, ServerSession):
    pass


class KernelObserver:
    """Tells the session that is acting what the kernel does for it."""

    def __init__(self):
        self.acting = None
        self._verifying = 0

    @contextlib.contextmanager
    def watching(self):
        names = ("multiply", "multiply_each", "blind_inputs", "unblind", "invert_each", "finalize_each")
        with contextlib.ExitStack() as stack:
            for name in names:
                watch = getattr(self, name)
                stack.enter_context(patch.object(kernel, name, self._watched(name, getattr(kernel, name), watch)))
            stack.enter_context(patch.object(dleq, "verify", self._verified(dleq.verify)))
            yield

    def _watched(self, name, operation, watch):
        def call(*arguments):
            if self.acting is None:
                return operation(*arguments)
            watch(*arguments)
            result = operation(*arguments)
            if name == "finalize_each":
                self._keep(result, 64)
            return result

        return call

    def _verified(self, verify):
        def call(batch, proof):
            self._verifying += 1
            try:
                verify(batch, proof)
            finally:
                self._verifying -= 1
            if not self._verifying and self.acting is not None:
                self.acting.trace.append(Proved())

        return call

    def _keep(self, packed, size):
        # Copies: a session overwrites its own when it is done with them.
        copy = bytearray(packed)
        self.acting.secrets.update(bytes(copy[start : start + size]) for start in range(0, len(packed), size))

    def multiply(self, scalar, elements):
        session = self.acting
        if session.role is Role.SERVER and session._key is not None and scalar == session._key.secret:
            self._keep(scalar, 32)
            session.trace.append(Multiplied(elements))

    def multiply_each(self, scalars, elements):
        if self.acting.role is Role.CLIENT and self.acting.state.value == "awaiting Tags":
            self._blinded(scalars)

    def blind_inputs(self, dst, inputs, blinds):
        self._blinded(blinds)

    def _blinded(self, blinds):
        self._keep(blinds, 32)
        self.acting.trace.append(Blinded())

    def unblind(self, public_key, blinds, elements):
        self.acting.trace.append(Unblinded())

    def invert_each(self, blinds):
        self.acting.trace.append(Unblinded())

    def finalize_each(self, inputs, elements):
        pass
