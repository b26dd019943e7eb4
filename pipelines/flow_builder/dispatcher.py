"""The loop that keeps eight sends on their way: a turn settles what came back and claims what comes next, in one
transaction."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.outbox.queue import Claim, Claimed, Outbox
from pipelines.flow_builder.retry_policy import AttemptResult, Settlement, outcome
from pipelines.flow_builder.sender import DEADLINE, MAX_IN_FLIGHT
from pipelines.flow_builder.statuses import Status
from pipelines.operations import OperationsError, transaction

STORE_RETURNS = (0, 0.5, 1, 2, 4, 8)  # seconds; all of them less than a lease

Clock = Callable[[], datetime]
Send = Callable[[str, bytes], Awaitable[AttemptResult]]
Apart = Callable[[Callable[[], Claimed]], Awaitable[Claimed]]
Judge = Callable[..., Settlement]


@dataclass(slots=True)
class Delivered:
    """Counts of one run. ``again``: sent once more after an attempt that was cut off."""

    delivered: int = 0
    retry: int = 0
    dead: int = 0
    expired: int = 0
    again: int = 0
    down: bool = False  # the endpoint, in the end
    waits_until: datetime | None = None  # the endpoint asked for a pause

    @property
    def failed(self) -> bool:
        return self.down or self.dead > 0


class Dispatcher:
    """``apart`` runs a turn where its disk does not hold up the network: in a thread, or, in a simulation, at once.
    Nothing is begun once ``is_over`` says so of the moment."""

    def __init__(
        self,
        outbox: Outbox,
        send: Send,
        clock: Clock,
        chance: random.Random,
        apart: Apart,
        judge: Judge = outcome,
        is_over: Callable[[datetime], bool] = lambda _now: False,
    ) -> None:
        self.outbox = outbox
        self.post = send
        self.clock = clock
        self.chance = chance
        self.apart = apart
        self.judge = judge
        self.is_over = is_over
        self.in_flight: dict[asyncio.Task[AttemptResult], Claim] = {}
        self.came_back: list[tuple[Claim, AttemptResult]] = []
        self.counts = Delivered()
        self.died: set[str] = set()
        self.store_failed = False

    async def run(self) -> Delivered:
        try:
            while await self.step():
                pass
        except OperationsError:
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
        in_order = [task for task in self.in_flight if task in done]
        self.came_back += [(self.in_flight.pop(task), task.result()) for task in in_order]

    async def save_what_comes_back(self) -> None:
        """The store failed: begin nothing, but lose no answer that it may take after all. A server that is started anew
        is waited for."""
        if self.in_flight:
            await self.gather(asyncio.ALL_COMPLETED)
        self.store_failed = True
        for pause in STORE_RETURNS if self.outbox.con.is_shared else (0,):
            await asyncio.sleep(pause)
            with suppress(OperationsError):
                await self.apart(self.turn)
                return

    async def send(self, claim: Claim) -> AttemptResult:
        if self.clock() + timedelta(seconds=DEADLINE) > claim.lease_until:
            return AttemptResult(begun=False)
        failpoint("delivery.sending")
        answer = await self.post(claim.webhook_id, claim.body)
        failpoint("delivery.answered")
        return answer

    def turn(self) -> Claimed:
        now, back = self.clock(), list[str]()
        with transaction(self.outbox.con):
            self.outbox.join(self.came_back)
            outcomes = []
            for claim, answer in self.came_back:
                outcome = self.outcome(claim, answer, now)
                outcomes.append((claim.webhook_id, outcome))
                back += self.outbox.settle(claim, answer, outcome, now)
            ends = self.store_failed or self.is_over(now)
            claimed = Claimed() if ends else self.outbox.claim(now, MAX_IN_FLIGHT - len(self.in_flight))
            is_down = self.outbox.endpoint().down_since is not None
            failpoint("delivery.written")
        failpoint("delivery.committed")
        self.came_back.clear()
        self.count(claimed, outcomes, back, is_down)
        return claimed

    def outcome(self, claim: Claim, answer: AttemptResult, now: datetime) -> Settlement:
        stays_down = self.outbox.endpoint().stays_down(answer)
        was_cut_off = answer.status == 409 and self.outbox.was_cut_off(claim)
        return self.judge(answer, claim.attempts, now, self.chance, stays_down=stays_down, was_cut_off=was_cut_off)

    def count(
        self, claimed: Claimed, outcomes: Sequence[tuple[str, Settlement]], back: Sequence[str], is_down: bool
    ) -> None:
        statuses = [outcome.status for _, outcome in outcomes]
        self.died |= {webhook_id for webhook_id, outcome in outcomes if outcome.status == Status.DEAD}
        not_dead = self.died.intersection(back)  # after all: the endpoint is down
        self.died -= not_dead
        self.counts.delivered += statuses.count(Status.DELIVERED)
        self.counts.retry += statuses.count(Status.RETRY) + len(not_dead)
        self.counts.dead += statuses.count(Status.DEAD) + claimed.dead - len(not_dead)
        self.counts.expired += claimed.expired
        self.counts.again += claimed.again
        self.counts.down = is_down
        self.counts.waits_until = max(
            [outcome.waits_until for _, outcome in outcomes if outcome.waits_until],
            default=self.counts.waits_until,
        )
