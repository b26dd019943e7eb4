"""Bounded places to work in: a tenant whose ServiceTitan hangs fills its own, and nobody else's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from fastapi import Request

from pipelines.actions.web.problems import Problem
from pipelines.servicetitan.api.client import MAX_CALLS
from pipelines.servicetitan.api.deadline import Deadline
from pipelines.settings import Tenant

BRIEFLY = 2.0  # seconds that a request waits for a place
RETRY_AFTER = 5  # seconds

T = TypeVar("T")


class Places:
    """So many pieces of work at once, each in a thread; ``full`` is the answer to who found no place in time."""

    def __init__(self, at_once: int, full: Callable[[], Problem], patience: float = BRIEFLY) -> None:
        self._free, self._threads = asyncio.Semaphore(at_once), anyio.CapacityLimiter(at_once)
        self._full, self._patience = full, patience

    async def run(self, work: Callable[[], T]) -> T:
        """Raises `Problem`. Who gives up waiting here has begun nothing."""
        await self._enter()
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._free.release()

    async def _enter(self) -> None:
        """Raises `Problem`."""
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise self._full() from None


class Workers:
    """One tenant's. Writes have places of their own: one may wait for minutes, which no look-up should."""

    def __init__(self, tenant: Tenant) -> None:
        detail = f"{MAX_CALLS} requests for tenant {tenant.name} wait for ServiceTitan already"
        full = partial(Problem, "busy", detail, RETRY_AFTER)
        self.reads, self.writes = Places(MAX_CALLS, full), Places(MAX_CALLS, full)
        self.side_by_side = ThreadPoolExecutor(MAX_CALLS, f"calls of {tenant.name}")

    def stop(self) -> None:
        self.side_by_side.shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def waited_for(request: Request, seconds: float) -> AsyncIterator[Deadline]:
    """So long, or until the caller hangs up."""
    deadline = Deadline(seconds)
    watch = asyncio.create_task(_watch(request, deadline))
    try:
        yield deadline
    finally:
        watch.cancel()


async def _watch(request: Request, deadline: Deadline) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    deadline.hang_up()
