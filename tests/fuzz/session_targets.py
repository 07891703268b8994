"""A peer that holds the right keys and changes what it says, in any state and in either role."""

from dataclasses import fields

from bounds import refusals
from choices import Choices, assert_silent, edited
from sessions import AUDITOR, Wire, chunks_of, make_agreement, make_client, make_server

from psimatch import canonical, wire
from psimatch.errors import PsimatchError, RemoteProtocolError
from psimatch.identifiers import text
from psimatch.messages import Evaluated, Receipt
from psimatch.outputs import Send
from psimatch.parameters import Role
from psimatch.terms import Reveal

ROLES = tuple(Role)
# With chunks of two, each side has two of them.
WORDS = {Role.CLIENT: ("Qz7Kanarie", "918273645", "shared"), Role.SERVER: ("shared", "Qz7Kanarie b")}
AGREEMENTS = {
    (reveal, audited): make_agreement(
        reveal=reveal, max_items=3, **({"auditor": AUDITOR.public.fingerprint_text} if audited else {})
    )
    for reveal in Reveal
    for audited in (False, True)
}
SHARED = {text("shared")}
# No side sends more messages than these.
MESSAGES = 8


def sessions(data):
    """Run a session whose one side changes one of its messages, and then goes on as if nothing were."""
    choices = Choices(data)
    hostile, reveal, audited = choices.one_of(ROLES), choices.one_of(tuple(Reveal)), bool(choices.number(2))
    agreement = AGREEMENTS[reveal, audited]
    with chunks_of(2):
        pair = {role: make(agreement, _items(role, agreement), **_options(audited)) for role, make in MAKERS.items()}
        change = _Change(pair[hostile], choices)
        conversation = Wire(pair[Role.CLIENT], pair[Role.SERVER], change.tamper).run()
    victim = hostile.peer
    for role, error in conversation.errors.items():
        with refusals(RemoteProtocolError if role is victim else PsimatchError):
            raise error
    _check_result(conversation, victim, change)


MAKERS = {Role.CLIENT: make_client, Role.SERVER: make_server}


def _options(audited):
    return {"auditor": AUDITOR.public} if audited else {}


def _items(role, agreement):
    contact = "Qz7Kanarie 918273645" if agreement.terms.contact_size else ""
    return {text(word): contact for word in WORDS[role]}


def _check_result(conversation, victim, change):
    """Whatever the peer does, a side matches nothing but what both have, and takes nothing that is not proven."""
    result = conversation.results.get(victim)
    if result is None:
        return
    assert {match.identifier for match in result.matches or ()} <= SHARED
    assert not change.must_fail, "a changed message was taken for an honest one"
    assert result.receipt.matches in (None, 0, 1)
    assert_silent(repr(result))


class _Change:
    """Changes the message of a session whose number is chosen; and perhaps drops, repeats or swaps its envelope."""

    def __init__(self, session, choices):
        self._session, self._choices = session, choices
        self._at, self._seen, self._held = choices.number(MESSAGES), -1, None
        self._way = choices.one_of((*_WAYS, None))
        self._road = choices.number(4) if self._way is None else 0
        self.must_fail = False
        self._honest = session._send
        session._send = self.send

    def send(self, message, fill_to=0):
        self._seen += 1
        if self._seen != self._at or self._way is None:
            return self._honest(message, fill_to)
        before = wire.encode(message)
        after, fill = self._way(message, self._choices, fill_to)
        # What has a proof or a signature of its own can't be changed unnoticed.
        self.must_fail = after != before and isinstance(message, Evaluated | Receipt)
        return Send(self._session._channel.seal(after, fill))

    def tamper(self, role, number, envelope):
        if role is not self._session.role or number != self._at:
            return [envelope]
        match self._road:
            case 0:
                return [envelope]
            case 1:
                return []
            case 2:
                return [envelope, envelope]
            case _:
                return [edited(envelope, self._choices)]


def _bytes(message, choices, fill):
    return edited(wire.encode(message), choices), fill


def _anything(_message, choices, _fill):
    return choices.rest(), 0


def _another(message, choices, fill):
    """Another type with the same fields."""
    _, *values = canonical.decode(wire.encode(message))
    return canonical.encode([choices.number(12), *values]), fill


def _field(message, choices, fill):
    """Another value in one field, in the encoding that it belongs in."""
    number, *values = canonical.decode(wire.encode(message))
    at = choices.number(len(fields(message)))
    values[at] = _value(values[at], choices)
    if choices.number(2):
        fill += choices.number(256)
    return canonical.encode([number, *values]), fill


def _value(before, choices):
    kind = choices.number(8)
    if isinstance(before, bytes) and kind < 5:
        return _packed(before, kind, choices)
    if isinstance(before, int) and kind < 5:
        return (before + int.from_bytes(choices.take(1), "big", signed=True)) % 2**64 if kind else 2**32 - 1
    return (None, True, choices.rest())[kind - 5]


def _packed(before, kind, choices):
    """Longer, shorter, in another order, with a part repeated, or with some bytes changed."""
    unit = choices.one_of((1, 16, 32, 64))
    match kind:
        case 0:
            return before + choices.take(unit).ljust(unit, b"\0")
        case 1:
            return before[:-unit]
        case 2:
            return before[unit:] + before[:unit]
        case 3:
            return before[:unit] + before[:-unit]
        case _:
            return edited(before, choices)


def _filled(message, choices, _fill):
    return wire.encode(message), choices.number(4_096)


_WAYS = (_bytes, _anything, _another, _field, _field, _filled)
