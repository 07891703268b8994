"""What must hold in every session, whatever the peer, the network and the caller do: each a function of its trace.

Numbers in brackets are sections of psimatch-1. A trace is the list that an `Observed` session leaves; the ledger's
entries of other sessions are not in it.
"""

import gc
from pathlib import Path

from observed import (
    Accepted,
    Blinded,
    Entered,
    Kept,
    Moved,
    Multiplied,
    Proved,
    Released,
    Rested,
    Sent,
    Unblinded,
)

from psimatch import messages
from psimatch.audit.records import decode_all
from psimatch.envelope import SignedMessage
from psimatch.errors import AbortCode
from psimatch.oprf import ServerKey
from psimatch.outputs import AuditBegun
from psimatch.parameters import LIMITS, Role
from psimatch.sealing import SealingKey
from psimatch.terms import Reveal

SPEC = Path(__file__).parents[2] / "protocol_spec" / "psimatch-1.md"
FINAL = {"finished", "aborted"}
WINDOW = 4


def spec_table():
    """Return the steps of [7.1] as its text has them: (role, state, next state) to event."""
    shown = SPEC.read_text().partition("<!-- states -->")[2].partition("<!-- /states -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown.strip().splitlines()[2:]]
    table = {(role, state, after): event for role, state, event, after in rows}
    assert len(table) == len(rows) == 25
    return table


TABLE = spec_table()


def steps(role, trace):
    """Return the steps of the table that were taken: (role, state, event, next state)."""
    moves = [(event.before.value, event.after.value) for event in trace if isinstance(event, Moved)]
    return [(role.value, *move) for move in moves if move[0] not in FINAL and move[1] != "aborted"]


class Seen:
    """A trace up to a moment, counted."""

    def __init__(self, session, trace):
        self.session, self.trace = session, trace

    def sent(self, kind):
        return [event.message for event in self.trace if isinstance(event, Sent) and isinstance(event.message, kind)]

    def accepted(self, kind):
        found = [event for event in self.trace if isinstance(event, Accepted) and isinstance(event.message, kind)]
        return [event.message for event in found]

    def entries(self, kind):
        return [event.fields for event in self.trace if isinstance(event, Entered) and event.kind == kind]

    def count(self, kind):
        return sum(isinstance(event, kind) for event in self.trace)

    @property
    def state(self):
        moves = [event.after.value for event in self.trace if isinstance(event, Moved)]
        return moves[-1] if moves else "new"

    @property
    def peer_set_size(self):
        return self.accepted((messages.Hello, messages.ServerHello))[0].set_size

    @property
    def chunks(self):
        """How many chunks the own set has."""
        return -(-self.session.set_size // LIMITS.chunk_items)

    @property
    def charges(self):
        return [entry["evaluations"] for entry in self.entries("charged")]


# Of one event, given what came before it.


def charged_before_evaluated(event, seen):
    """[7.3.2, 7.4, 11.4.2] Nothing is multiplied by the key, or sent, without one charge for the whole padded set."""
    if isinstance(event, Multiplied) or (isinstance(event, Sent) and isinstance(event.message, messages.Evaluated)):
        assert seen.charges == [seen.peer_set_size]


def evaluated_once(event, seen):
    """[7.3.3] Each chunk is multiplied once, in order, and no more elements than were paid for."""
    if isinstance(event, Multiplied):
        chunks = [message.elements for message in seen.accepted(messages.Blinded)]
        if event.elements in chunks:
            done = [each.elements for each in seen.trace if isinstance(each, Multiplied) and each.elements in chunks]
            assert [*done, event.elements] == chunks[: len(done) + 1]
            assert sum(map(len, [*done, event.elements])) // 32 <= sum(seen.charges)


def evaluated_is_answered_in_order(event, seen):
    """[7.3.3] An Evaluated answers the next chunk, which was multiplied before."""
    if isinstance(event, Sent) and isinstance(event.message, messages.Evaluated):
        chunk = seen.accepted(messages.Blinded)[len(seen.sent(messages.Evaluated))]
        assert Multiplied(chunk.elements) in seen.trace
        assert len(event.message.elements) == len(chunk.elements)


def charged_once(event, seen):
    """[7.4, 11.2] A session charges its peer once."""
    if isinstance(event, Entered) and event.kind == "charged":
        assert not seen.charges


def opened_before_anything_leaves(event, seen):
    """[11.4.1] `opened` before Hello; `opened` and `admitted` before ServerHello; `admitted` before blinding."""
    if isinstance(event, Sent) and isinstance(event.message, messages.Hello):
        assert len(seen.entries("opened")) == 1
    if isinstance(event, Sent) and isinstance(event.message, messages.ServerHello):
        assert len(seen.entries("opened")) == len(seen.entries("admitted")) == 1
    if isinstance(event, Blinded):
        assert len(seen.entries("admitted")) == 1


def charged_before_blinded_leaves(event, seen):
    """[7.2.3, 11.4.2] No Blinded leaves before the server is charged, and all its tags are there, sorted."""
    if isinstance(event, Sent) and isinstance(event.message, messages.Blinded):
        assert seen.charges == [seen.peer_set_size]
        tags = b"".join(message.tags for message in seen.accepted(messages.Tags))
        split = [tags[start : start + 16] for start in range(0, len(tags), 16)]
        assert len(split) == seen.peer_set_size
        assert split == sorted(set(split))


def tags_before_evaluated(event, seen):
    """[7.3.1] All the server's tags leave before it multiplies, or even takes, one blinded element."""
    if isinstance(event, Accepted) and isinstance(event.message, messages.Blinded):
        assert sum(len(message.tags) for message in seen.sent(messages.Tags)) == 16 * seen.session.set_size


def proved_before_unblinded(event, seen):
    """[4.3.3, 7.2.5] No chunk is unblinded before its proof has passed."""
    if isinstance(event, Unblinded):
        assert seen.count(Unblinded) < seen.count(Proved) <= len(seen.accepted(messages.Evaluated))


def at_most_a_window_ahead(event, seen):
    """[7.2.4] A client keeps at most 4 chunks ahead of what was answered."""
    if isinstance(event, Sent) and isinstance(event.message, messages.Blinded):
        assert len(seen.sent(messages.Blinded)) < len(seen.accepted(messages.Evaluated)) + WINDOW


def the_window_is_used(event, seen):
    """[7.2.4, 7.3.3] Whoever waits has left nothing undone: else both sides could wait for each other."""
    if isinstance(event, Rested) and seen.state == "receiving Evaluated":
        answered = len(seen.accepted(messages.Evaluated))
        assert len(seen.sent(messages.Blinded)) == min(seen.chunks, answered + WINDOW)
    if isinstance(event, Rested) and seen.state == "receiving Blinded":
        assert len(seen.accepted(messages.Blinded)) - len(seen.sent(messages.Evaluated)) < WINDOW


def all_proofs_before_claims(event, seen):
    """[7.2.6, 7.2.8] No Claims, no Receipt, and no result before all chunks are proved and unblinded."""
    told = isinstance(event, Sent) and isinstance(event.message, messages.Claims | messages.Receipt)
    if seen.session.role is Role.CLIENT and (told or isinstance(event, Released)):
        assert seen.count(Unblinded) == seen.count(Proved) == len(seen.accepted(messages.Evaluated)) == seen.chunks


def charged_before_contacts(event, seen):
    """[7.3.4] A contact leaves the server only after all claims, and all evaluations that were paid for."""
    if isinstance(event, Sent) and isinstance(event.message, messages.Contacts):
        assert seen.charges == [seen.peer_set_size]
        assert seen.accepted(messages.Claims)[-1].last
        elements = b"".join(message.elements for message in seen.sent(messages.Evaluated))
        assert len(elements) == 32 * seen.peer_set_size


def signed_before_receipt(event, seen):
    """[11.4.3] The client's Receipt leaves when its ledger has it as `signed`, and once."""
    if seen.session.role is Role.CLIENT and isinstance(event, Sent) and isinstance(event.message, messages.Receipt):
        (entry,) = seen.entries("signed")
        assert entry["body"] == event.message.body.hex()
        assert entry["signature"] == event.message.signature.hex()
        assert not seen.sent(messages.Receipt)


def finished_before_counter_signature(event, seen):
    """[11.4.4] The counter-signature leaves when the server's ledger has both signatures, and once."""
    if seen.session.role is Role.SERVER and isinstance(event, Sent) and isinstance(event.message, messages.Receipt):
        (entry,) = seen.entries("finished")
        (theirs,) = seen.accepted(messages.Receipt)
        assert entry["body"] == event.message.body.hex() == theirs.body.hex()
        assert entry["signature"] == event.message.signature.hex()
        assert entry["peer_signature"] == theirs.signature.hex()
        assert not seen.sent(messages.Receipt)


def finished_before_matches(event, seen):
    """[7.2.9, 7.3.6, 11.4.4] A result is given once, with the peer's signature, and when the ledger has both."""
    if isinstance(event, Released):
        (entry,) = seen.entries("finished")
        (theirs,) = seen.accepted(messages.Receipt)
        result = event.result
        assert entry["body"] == result.receipt.body.hex() == theirs.body.hex()
        assert entry["peer_signature"] == result.peer_signature.hex() == theirs.signature.hex()
        assert not seen.count(Released)
        assert seen.state == "finished"
        learns_none = seen.session.role is Role.SERVER and seen.session.terms.reveal is Reveal.CLIENT
        assert (result.matches is None) == learns_none


def ledger_in_order(event, seen):
    """[11.4] The entries of a session come in their order, each once, and nothing but an abort after them."""
    if isinstance(event, Entered):
        order = ["opened", "admitted", "charged", *(["signed"] if seen.session.role is Role.CLIENT else []), "finished"]
        kinds = [each.kind for each in seen.trace if isinstance(each, Entered)] + [event.kind]
        before = kinds[:-1] if event.kind == "aborted" else kinds
        assert before == order[: len(before)], kinds


def steps_are_in_the_table(event, seen):
    """[7.1] Each step is one of the table, or an abort, and none leaves an end."""
    if isinstance(event, Moved):
        before, after = event.before.value, event.after.value
        if before in FINAL:
            # To end is said twice, by the table and with the keys.
            assert after == before
            return
        assert after == "aborted" or (seen.session.role.value, before, after) in TABLE


def nothing_after_the_end(event, seen):
    """[9.1, 9.2] After an Abort, or the peer's, nothing leaves; after the end, the counter-signature or one Abort."""
    if isinstance(event, Sent):
        assert not seen.sent(messages.Abort)
        assert not seen.accepted(messages.Abort)
        ends = [each for each in seen.trace if isinstance(each, Moved) and each.after.value in FINAL]
        if ends:
            last = messages.Abort if ends[0].after.value == "aborted" else messages.Receipt
            assert isinstance(event.message, last)
            assert seen.session.role is Role.SERVER or last is messages.Abort
    if isinstance(event, Accepted | Multiplied | Unblinded | Blinded):
        assert not any(isinstance(each, Moved) and each.after.value in FINAL for each in seen.trace)


def no_reason_after_the_first_evaluated(event, seen):
    """[9.2] Once an Evaluated was sent or received, an Abort tells nothing."""
    evaluated = seen.sent(messages.Evaluated) or seen.accepted(messages.Evaluated)
    if evaluated and isinstance(event, Sent) and isinstance(event.message, messages.Abort):
        assert event.message.code is AbortCode.FAILED


def audited_before_it_leaves(event, seen):
    """[12.4] With an auditor, each message is in the audit file before the next one leaves."""
    if not seen.session.terms.auditor:
        assert not isinstance(event, Kept)
    elif isinstance(event, Sent) and not isinstance(event.message, messages.Hello | messages.Abort):
        records = [each.record for each in seen.trace if isinstance(each, Kept)]
        assert isinstance(records[0], AuditBegun)
        kept = [*decode_all(b"".join(record.record for record in records[1:]))]
        own = [record for record in kept if isinstance(record, SignedMessage) and record.sender is seen.session.role]
        assert len(own) > seen.count(Sent)


EVENTS = (
    charged_before_evaluated,
    evaluated_once,
    evaluated_is_answered_in_order,
    charged_once,
    opened_before_anything_leaves,
    charged_before_blinded_leaves,
    tags_before_evaluated,
    proved_before_unblinded,
    at_most_a_window_ahead,
    the_window_is_used,
    all_proofs_before_claims,
    charged_before_contacts,
    signed_before_receipt,
    finished_before_counter_signature,
    finished_before_matches,
    ledger_in_order,
    steps_are_in_the_table,
    nothing_after_the_end,
    no_reason_after_the_first_evaluated,
    audited_before_it_leaves,
)


class Checked:
    """Checks each event of a session once, as the trace grows."""

    def __init__(self, session):
        self.session, self._done = session, 0

    def check(self):
        trace = self.session.trace
        while self._done < len(trace):
            seen = Seen(self.session, trace[: self._done])
            for holds in EVENTS:
                try:
                    holds(trace[self._done], seen)
                except (AssertionError, ValueError, IndexError) as error:
                    raise AssertionError(f"{self.session.role.value}: {holds.__name__}") from error
            self._done += 1


# Of a session that has ended, and of both.

# What belongs to the caller, and what the observation keeps itself.
_OUTSIDE = ("agreement", "terms", "peer", "_identity", "trace", "messages", "secrets", "alter", "role")


def secrets_are_dropped(session, values):
    """[4.2, 9.1] From an ended session no key, blind or PRF output can be reached, and none of its `values`."""
    found = {id(session)} | {id(value) for name, value in vars(session).items() if name in _OUTSIDE}
    found |= {id(session._channel._identity), id(session._channel._peer)}
    waiting = [value for name, value in vars(session).items() if name not in _OUTSIDE]
    rows = {secret[16:64] for secret in session.secrets if len(secret) == 64}
    while waiting:
        each = waiting.pop()
        if id(each) in found or isinstance(each, type) or callable(each):
            continue
        found.add(id(each))
        assert not isinstance(each, SealingKey | ServerKey | AuditBegun), "secrets_are_dropped"
        if isinstance(each, bytes | bytearray | memoryview):
            held = bytes(each)
            assert not any(secret in held for secret in (*session.secrets, *rows, *values)), "secrets_are_dropped"
        waiting.extend(gc.get_referents(each))


def both_agree(client, server):
    """[5.5, 8.4] Two results of one session say the same: receipt, matches, references."""
    assert client.session_id == server.session_id
    assert client.receipt.body == server.receipt.body
    if server.matches is not None:
        named = [{(match.identifier, match.reference) for match in result.matches} for result in (client, server)]
        assert named[0] == named[1]
