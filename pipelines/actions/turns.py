"""Turns by name, within this process: two requests for one person must not both find nobody and both create."""

from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

_guard = Lock()
_turns: dict[Hashable, tuple[Lock, int]] = {}


@contextmanager
def one_at_a_time(tenant_id: int, *reaches: str | None) -> Iterator[None]:
    """``reaches``: phone numbers and e-mail addresses; in one order everywhere, so that nobody waits in a circle."""
    with ExitStack() as stack:
        for reach in sorted(filter(None, reaches)):
            stack.enter_context(_turn((tenant_id, reach)))
        yield


@contextmanager
def _turn(name: Hashable) -> Iterator[None]:
    with _guard:
        turn, waiting = _turns.get(name, (Lock(), 0))
        _turns[name] = (turn, waiting + 1)
    try:
        with turn:
            yield
    finally:
        with _guard:
            turn, waiting = _turns.pop(name)
            if waiting > 1:
                _turns[name] = (turn, waiting - 1)
