"""`deliver --watch`: a worker that stays, and posts as soon as something is due."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.dispatcher import Clock, Delivered
from pipelines.flow_builder.outbox.queue import watched
from pipelines.operations import OperationsError, open_operations
from pipelines.settings import Settings

LOOK_INTERVAL = 0.5  # seconds
ROUND = timedelta(minutes=1)  # then it says what it has done, however much is still due


def watch(settings: Settings, clock: Clock, is_over: Callable[[], bool]) -> Iterator[Delivered | OperationsError]:
    """What came of each look, until it ``is_over``; or why the store cannot be used, for as long as it cannot.

    Raises `OperationsError` where it cannot at first, and `pipelines.settings.settings.ConfigurationError`.
    """
    with open_operations(settings.operations):
        pass  # a file that is not there is made
    with watched(settings.operations) as due:
        while not is_over():
            try:
                is_due = due(clock())
                yield deliver(settings, clock, begin_for=ROUND, is_over=is_over) if is_due else Delivered()
            except OperationsError as error:
                yield error
            time.sleep(LOOK_INTERVAL)
