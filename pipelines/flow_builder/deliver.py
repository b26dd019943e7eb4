"""`deliver`: posts what is due now."""

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx

from pipelines.flow_builder import switches
from pipelines.flow_builder.dispatcher import Clock, Delivered, Dispatcher
from pipelines.flow_builder.outbox.locks import TURNS
from pipelines.flow_builder.outbox.queue import Claimed, Outbox
from pipelines.flow_builder.sender import Sender, http_client
from pipelines.operations import open_operations, transaction
from pipelines.settings import Settings
from pipelines.tenants import directory


def deliver(
    settings: Settings,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
    chance: random.Random | None = None,
    begin_for: timedelta | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Returns when nothing more is due; or, after ``begin_for`` or once it ``is_over``, when what was begun has ended.
    Safe beside others of its kind.

    Raises `pipelines.settings.settings.ConfigurationError` and `pipelines.operations.OperationsError`.
    """

    async def run(outbox: Outbox, thread: ThreadPoolExecutor) -> Delivered:
        async def apart(turn: Callable[[], Claimed]) -> Claimed:
            return await asyncio.get_running_loop().run_in_executor(thread, turn)

        async with http_client(transport) as client:
            post = Sender(client, settings, clock)
            return await Dispatcher(outbox, post, clock, chance or random.Random(), apart, is_over=ends).run()

    until = None if begin_for is None else clock() + begin_for

    def ends(now: datetime) -> bool:
        return is_over() or (until is not None and now >= until)

    max_age = timedelta(hours=settings.flow_builder_max_age_hours)
    with open_operations(settings.operations) as con, ThreadPoolExecutor(1) as thread:
        outbox = Outbox(con, max_age)
        with transaction(con, TURNS):
            switches.begin(con, directory.all(settings, con), clock())  # this may come before the first enqueue
            outbox.set_back(clock())
        return asyncio.run(run(outbox, thread))
