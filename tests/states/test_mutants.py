"""Sessions that break one rule each: the machine finds them, and names the invariant."""

from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from observed import ObservedClient, ObservedServer
from session_machine import Sessions

from psimatch import oprf
from psimatch.errors import RemoteProtocolError
from psimatch.messages import Claims
from psimatch.oprf import dleq
from psimatch.outputs import Finished, ReceiptSigned, Send, SessionResult
from psimatch.parameters import LIMITS
from psimatch.states import State


class EvaluatesBeforeTheCharge(ObservedServer):
    def _ask_charge(self, message):
        oprf.blind_evaluate(self._key, message.elements, context=b"")
        yield from super()._ask_charge(message)


class BlindedBeforeTheCharge(ObservedClient):
    def _ask_charge(self, message):
        yield self._next_blinded()
        yield from super()._ask_charge(message)


class SkipsTheProof(ObservedClient):
    def _take_evaluated(self, message):
        with patch.object(dleq, "verify", lambda batch, proof: None):
            yield from super()._take_evaluated(message)


class ClaimsEarly(ObservedClient):
    def _take_evaluated(self, message):
        yield from super()._take_evaluated(message)
        if self.state is State.RECEIVING_EVALUATED:
            yield self._send(Claims(False, b"", b""))


class NarrowWindow(ObservedClient):
    def _take_tags(self, message):
        most = LIMITS.chunks_in_flight
        object.__setattr__(LIMITS, "chunks_in_flight", most - 1)
        try:
            yield from super()._take_tags(message)
        finally:
            object.__setattr__(LIMITS, "chunks_in_flight", most)


class ReleasesEarly(ObservedClient):
    def _send_receipt(self, ledger):
        yield from super()._send_receipt(ledger)
        receipt = self._own_receipt
        sizes = receipt.client_set_size, receipt.server_set_size
        ids = receipt.session_id, receipt.agreement_id
        yield Finished(SessionResult(self.role, *ids, self._named_matches(), *sizes, receipt, self._signature, b""))


class ReceiptBeforeTheLedger(ObservedClient):
    def _send_receipt(self, ledger):
        return (output for output in super()._send_receipt(ledger) if not isinstance(output, ReceiptSigned))


class CounterSignsBeforeTheLedger(ObservedServer):
    def _take_receipt(self, message):
        yield from sorted(super()._take_receipt(message), key=lambda output: not isinstance(output, Send))


class AnswersAnAbort(ObservedServer):
    def _aborted_by_peer(self, reason):
        super()._aborted_by_peer(reason)
        return RemoteProtocolError("the peer ended the session")


class TellsTheReason(ObservedClient):
    def _abort(self, reason):
        self._evaluated = False
        return super()._abort(reason)


class KeepsItsKey(ObservedServer):
    def _forget(self):
        key = getattr(self, "_key", None)
        super()._forget()
        self._key = key


MUTANTS = {
    EvaluatesBeforeTheCharge: "charged_before_evaluated",
    BlindedBeforeTheCharge: "charged_before_blinded_leaves",
    SkipsTheProof: "proved_before_unblinded",
    ClaimsEarly: "all_proofs_before_claims",
    NarrowWindow: "the_window_is_used",
    ReleasesEarly: "finished_before_matches",
    ReceiptBeforeTheLedger: "signed_before_receipt",
    CounterSignsBeforeTheLedger: "finished_before_counter_signature",
    AnswersAnAbort: "nothing_after_the_end",
    TellsTheReason: "no_reason_after_the_first_evaluated",
    KeepsItsKey: "secrets_are_dropped",
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_machine_finds_a_session_that_breaks_a_rule(mutant):
    class Mutated(Sessions):
        pass

    setattr(Mutated, "client_class" if issubclass(mutant, ObservedClient) else "server_class", mutant)
    searching = settings(
        max_examples=200,
        stateful_step_count=20,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError, match=MUTANTS[mutant]):
        run_state_machine_as_test(Mutated, settings=searching)
