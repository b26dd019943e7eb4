"""The loop that keeps eight sends on their way: a turn settles what came back and claims what comes next, in one
transaction."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.outbox import Claim, Claimed, Outbox
from pipelines.flow_builder.outcome import Answer, Outcome, outcome
from pipelines.flow_builder.post import AT_ONCE, DEADLINE
from pipelines.operations import transaction

Clock = Callable[[], datetime]
Send = Callable[[str, bytes], Awaitable[Answer]]
Apart = Callable[[Callable[[], Claimed]], Awaitable[Claimed]]
Judge = Callable[[Answer, int, datetime, random.Random], Outcome]


@dataclass(slots=True)
class Delivered:
    """Counts of one run. ``again``: sent once more after an attempt that was cut off."""

    delivered: int = 0
    retry: int = 0
    dead: int = 0
    expired: int = 0
    again: int = 0
    stopped: bool = False  # the endpoint is wrong: nothing else was begun
    waits_until: datetime | None = None  # the endpoint asked for a pause

    @property
    def failed(self) -> bool:
        return self.stopped or self.dead > 0


class Dispatcher:
    """``apart`` runs a turn where its disk does not hold up the network: in a thread, or, in a simulation, at once."""

    def __init__(
        self, outbox: Outbox, send: Send, clock: Clock, chance: random.Random, apart: Apart, judge: Judge = outcome
    ) -> None:
        self.outbox = outbox
        self.post = send
        self.clock = clock
        self.chance = chance
        self.apart = apart
        self.judge = judge
        self.in_flight: dict[asyncio.Task[Answer], Claim] = {}
        self.came_back: list[tuple[Claim, Answer]] = []
        self.counts = Delivered()

    async def run(self) -> Delivered:
        try:
            while await self.step():
                pass
        except sqlite3.Error:
            await self.save_what_comes_back()
            raise
        return self.counts

    async def step(self) -> bool:
        claimed = await self.apart(self.turn)
        for claim in claimed.claims:
            self.in_flight[asyncio.create_task(self.send(claim))] = claim
        if self.in_flight:
            await self.gather(asyncio.FIRST_COMPLETED)
        return bool(self.came_back)

    async def gather(self, when: str) -> None:
        done, _ = await asyncio.wait(self.in_flight, return_when=when)
        self.came_back += [(self.in_flight.pop(task), task.result()) for task in done]

    async def save_what_comes_back(self) -> None:
        """The store failed: begin nothing, but lose no answer that it may take after all."""
        if self.in_flight:
            await self.gather(asyncio.ALL_COMPLETED)
        self.counts.stopped = True
        with suppress(sqlite3.Error):
            await self.apart(self.turn)

    async def send(self, claim: Claim) -> Answer:
        if self.clock() + timedelta(seconds=DEADLINE) > claim.lease_until:
            return Answer(begun=False)
        failpoint("delivery.sending")
        answer = await self.post(claim.webhook_id, claim.body)
        failpoint("delivery.answered")
        return answer

    def turn(self) -> Claimed:
        now = self.clock()
        judged = [(c, answer, self.judge(answer, c.attempts, now, self.chance)) for c, answer in self.came_back]
        stopped = self.counts.stopped or any(outcome.stops for *_, outcome in judged)
        with transaction(self.outbox.con):
            for settled in judged:
                self.outbox.settle(*settled, now)
            claimed = Claimed() if stopped else self.outbox.claim(now, self.room())
            failpoint("delivery.written")
        failpoint("delivery.committed")
        self.came_back.clear()
        self.count(claimed, [outcome for *_, outcome in judged])
        return claimed

    def room(self) -> int:
        """One at a time while the endpoint is stopped, until it delivers again."""
        return (1 if self.outbox.endpoint().stopped_at else AT_ONCE) - len(self.in_flight)

    def count(self, claimed: Claimed, outcomes: list[Outcome]) -> None:
        statuses = [outcome.status for outcome in outcomes]
        self.counts.delivered += statuses.count("delivered")
        self.counts.retry += statuses.count("retry")
        self.counts.dead += statuses.count("dead") + claimed.dead
        self.counts.expired += claimed.expired
        self.counts.again += claimed.again
        self.counts.stopped |= any(outcome.stops for outcome in outcomes)
        self.counts.waits_until = max(
            [outcome.waits_until for outcome in outcomes if outcome.waits_until], default=self.counts.waits_until
        )
