"""One side of a session as its caller has it: calls that may stop anywhere, a ledger, and what came and left."""

from collections import deque

from observed import Entered, Failed, Kept, Released, Rested, Sent
from session_invariants import Checked

from psimatch.errors import AbortCode, LocalProtocolError, RefusedError, RemoteProtocolError
from psimatch.outputs import (
    AdmissionNeeded,
    AuditBegun,
    AuditRecord,
    ChargeNeeded,
    Finished,
    Progress,
    ReceiptSigned,
    Send,
)
from psimatch.parameters import Role


class Party:
    """One side: its session, its ledger, and a caller who may stop anywhere."""

    def __init__(self, role, session, ledger, kernel):
        self.role, self.session, self.ledger, self.kernel = role, session, ledger, kernel
        self.checked = Checked(session)
        self.entries = len(list(ledger.entries()))
        self.inbox, self.outbox = deque(), []
        # Calls that are not iterated to their end; and those of them that asked for a grant, after which nothing comes.
        self.calls, self.asking = [], []
        self.asked = None
        self.abandoned = self.touched = False
        self.result = self.last = None

    @property
    def trace(self):
        return self.session.trace

    @property
    def alive(self):
        return not self.session.ended

    @property
    def begun(self):
        return self.alive and self.session.state.value != "new"

    @property
    def may_take(self):
        return bool(self.inbox) and self.may_receive

    @property
    def may_grant(self):
        return self.asked is not None and not self.busy and not self.abandoned

    @property
    def busy(self):
        """Whether a call is not iterated to its end, other than one that asked for a grant."""
        return bool(self.calls)

    @property
    def may_receive(self):
        closed = self.session.ended or self.session.state.value == "new"
        return not (closed or self.busy or self.abandoned or self.asked)

    def call(self, outputs, taken=None):
        """Begin a call that is in turn."""
        self.calls.append(outputs)
        self.go_on(taken)

    def go_on(self, taken=None):
        """Take so many outputs of the call, or all."""
        outputs = self.calls[-1]
        while taken is None or taken > 0:
            taken = None if taken is None else taken - 1
            output = self._next(outputs)
            if output is None:
                self.calls.remove(outputs)
                break
            if isinstance(output, AdmissionNeeded | ChargeNeeded):
                self.calls.remove(outputs)
                self.asking.append(outputs)
                break

    def _next(self, outputs):
        self.kernel.acting = self.session
        try:
            output = next(outputs, None)
        except RemoteProtocolError as error:
            self.trace.append(Failed(error))
            assert self.session.state.value == "aborted"
            return None
        finally:
            self.kernel.acting = None
        self.last = output
        if output is None and not self.session.ended:
            self.trace.append(Rested())
        self._carry_out(output)
        return output

    def _carry_out(self, output):
        agreement, peer = self.session.agreement, self.session.peer
        match output:
            case Send(envelope):
                self.trace.append(Sent(self.session.messages[envelope]))
                self.outbox.append(envelope)
            case AdmissionNeeded() | ChargeNeeded():
                self.asked = output
            case ReceiptSigned():
                self.ledger.record_receipt(agreement, peer, output)
                self.read_ledger()
            case AuditBegun() | AuditRecord():
                self.trace.append(Kept(output))
            case Finished(result):
                self.result = result
                self.trace.append(Released(result))
            case _:
                assert output is None or isinstance(output, Progress)

    def read_ledger(self):
        """Put what the ledger has now into the trace."""
        entries = list(self.ledger.entries())[self.entries :]
        self.entries += len(entries)
        for entry in entries:
            if entry.kind in {"opened", "admitted", "charged", "signed", "finished", "aborted"}:
                self.trace.append(Entered(entry.kind, dict(entry.fields)))

    def start(self, taken=None):
        standing = None
        if self.role is Role.CLIENT:
            try:
                standing = self.ledger.open_session(self.session.agreement, self.session.peer, self.session.set_size)
            except RefusedError as error:
                self.cancel(error.code)
                return
            finally:
                self.read_ledger()
        self.call(self.session.start(standing), taken)

    def grant(self, taken=None):
        """Have the ledger grant what was asked for, or refuse it."""
        asked = self.asked
        try:
            granted = self.ledger.grant(self.session.agreement, self.session.peer, asked, self.role)
        except RefusedError as error:
            self.cancel(error.code)
            return None
        finally:
            self.read_ledger()
        self.asked = None
        self.call(self.session.grant(granted), taken)
        return granted

    def cancel(self, reason=AbortCode.CANCELLED):
        ended, new = self.session.ended, self.session.state.value == "new"
        silent = ended or (new and (self.role is Role.SERVER or reason is AbortCode.CANCELLED))
        # While the audit file is written a message may be sealed that has not left: no Abort can take its place.
        writing = self.busy and isinstance(self.last, AuditBegun | AuditRecord)
        told = self.session.cancel(reason)
        assert len(told) == (0 if silent else 1) or (writing and not told)
        for send in told:
            self.trace.append(Sent(self.session.messages[send.envelope]))
            self.outbox.append(send.envelope)
        self.asked = None
        assert self.session.ended

    def refuse_locally(self, outputs):
        """A call out of turn raises, and changes nothing."""
        before = self.session.state, len(self.trace), self.session._needed, len(self.session._channel.sent)
        try:
            given = next(outputs, None)
        except LocalProtocolError:
            pass
        else:
            raise AssertionError(f"a call out of turn was taken, and gave {type(given).__name__}")
        after = self.session.state, len(self.trace), self.session._needed, len(self.session._channel.sent)
        assert before == after
