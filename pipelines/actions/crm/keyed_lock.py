"""Turns by name, within this process: two requests for one person must not both find nobody and both create."""

from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager
from threading import TIMEOUT_MAX, Lock

from pipelines.servicetitan.api.deadline import Deadline, DeadlineExceeded

_guard = Lock()
_turns: dict[Hashable, tuple[Lock, int]] = {}


@contextmanager
def one_at_a_time(tenant_id: int, *reaches: str | None, deadline: Deadline) -> Iterator[None]:
    """``reaches``: phone numbers, e-mail addresses and contacts; in one order everywhere, so that nobody waits in a
    circle. Who has his turn may ask for one by `of_customer`, and for nothing else.

    Raises `DeadlineExceeded`.
    """
    with ExitStack() as stack:
        for reach in sorted(filter(None, reaches)):
            stack.enter_context(_turn((tenant_id, reach), deadline))
        yield


@contextmanager
def of_customer(tenant_id: int, customer_id: int, deadline: Deadline) -> Iterator[None]:
    """Behind those of who it is. Raises `DeadlineExceeded`."""
    with _turn((tenant_id, customer_id), deadline):
        yield


@contextmanager
def _turn(name: Hashable, deadline: Deadline) -> Iterator[None]:
    with _guard:
        turn, waiting = _turns.get(name, (Lock(), 0))
        _turns[name] = (turn, waiting + 1)
    try:
        if not turn.acquire(timeout=min(deadline.seconds, TIMEOUT_MAX)):
            raise DeadlineExceeded("another request for this person is under way")
        try:
            yield
        finally:
            turn.release()
    finally:
        with _guard:
            turn, waiting = _turns.pop(name)
            if waiting > 1:
                _turns[name] = (turn, waiting - 1)
