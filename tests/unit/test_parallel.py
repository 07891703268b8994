"""What a session has handed to an executor: it is dropped with the session."""

from concurrent.futures import Executor, Future

import pytest
from sessions import STANDING, Wire, make_agreement, make_client, make_server

from psimatch.identifiers import text
from psimatch.outputs import Admission, Progress
from psimatch.parallel import Pipeline
from psimatch.parameters import LIMITS, Role

# Three chunks a side.
COUNT = 2 * LIMITS.chunk_items + 1


class Busy(Executor):
    """Runs calls at once until it is handed one of the function `busy_with`, which it leaves to wait with all others."""

    def __init__(self, busy_with, after=0):
        self.busy_with, self.after = busy_with, after
        self.waiting = []

    def submit(self, function, /, *arguments):
        call = Future()
        name = getattr(function, "func", function).__name__
        self.after -= name == self.busy_with
        if self.after < 0:
            self.waiting.append(call)
        else:
            call.set_result(function(*arguments))
        return call


def sessions(role, executor):
    agreement = make_agreement(max_items=COUNT, contact_size=0)
    items = {text(str(number)): "" for number in range(COUNT)}
    return {
        each: make(agreement, items, executor=executor if each is role else None)
        for each, make in ((Role.CLIENT, make_client), (Role.SERVER, make_server))
    }


@pytest.mark.parametrize(("role", "function"), [(Role.SERVER, "blind_evaluate"), (Role.CLIENT, "finalize")])
def test_calls_that_wait_are_cancelled_with_the_session(role, function):
    executor = Busy(function)
    both = sessions(role, executor)
    wire = Wire(both[Role.CLIENT], both[Role.SERVER])
    for each, session in both.items():
        wire.take(each, session.start(STANDING))
    # Whoever waits for the executor would wait for ever: nobody takes a step after that.
    while not executor.waiting and any(not executor.waiting and wire.step(each) for each in Role):
        pass
    assert executor.waiting
    assert not any(call.cancelled() for call in executor.waiting)
    both[role].cancel()
    assert all(call.cancelled() for call in executor.waiting)


@pytest.mark.parametrize(("role", "function"), [(Role.SERVER, "evaluate"), (Role.CLIENT, "blind")])
def test_calls_that_wait_are_cancelled_while_the_outputs_are_still_suspended(role, function):
    executor = Busy(function, after=1)
    both = sessions(role, executor)
    (hello,) = both[Role.CLIENT].start(STANDING)
    list(both[Role.SERVER].start())
    (asked,) = both[Role.SERVER].receive(hello.envelope)
    outputs = both[Role.SERVER].grant(Admission(asked, STANDING))
    if role is Role.CLIENT:
        (asked,) = both[role].receive(next(outputs).envelope)
        outputs = both[role].grant(Admission(asked, STANDING))
    while not isinstance(next(outputs), Progress):
        pass
    assert len(executor.waiting) == 2
    both[role].cancel()
    assert all(call.cancelled() for call in executor.waiting)
    assert list(outputs) == []


def test_a_call_that_is_waited_for_is_cancelled_too_where_the_wait_is_interrupted():
    class Interrupted(Future):
        def result(self, timeout=None):
            raise KeyboardInterrupt

    class Shared(Executor):
        def submit(self, function, /, *arguments):
            calls.append(Interrupted())
            return calls[-1]

    calls = []
    pipeline = Pipeline(Shared())
    pipeline.submit(len, b"")
    pipeline.submit(len, b"")
    with pytest.raises(KeyboardInterrupt):
        next(pipeline.results())
    pipeline.cancel()
    assert [call.cancelled() for call in calls] == [True, True]
