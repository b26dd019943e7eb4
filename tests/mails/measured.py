"""Life histories, what the product makes of them, and the Flow Builders that hear of it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.mails.recording import RecordingEnded, Syncs
from tests.simulator.clock import ManualClock
from tests.simulator.flow_builder.books import Books
from tests.simulator.flow_builder.flows import FlowBuilder, Gate, Manner
from tests.simulator.flow_builder.judge import Judge
from tests.simulator.flow_builder.wanted import Wish, Wishes
from tests.simulator.office.days import STORIES, Office
from tests.simulator.office.rhythm import OPENS, once_a_day
from tests.simulator.office.stories import Story
from tests.simulator.office.trades import OFFICES
from tests.simulator.world import START, Profile, World

MARKS = tuple(timedelta(minutes=minutes) for minutes in (15, 45, 110, 185))  # after an office opens
TAKES = timedelta(minutes=3)  # from the reading of the records to the messages
OUT_OF_REACH = 9  # once in so many days one of the tenants is, for two hours
PAUSED = 13  # the same


class Ear:
    """One Flow Builder with its judge."""

    def __init__(self, manner: Manner, gate: Gate | None = None) -> None:
        self.manner, self.flows, self.judge = manner, FlowBuilder(manner, gate), Judge()
        self.wishes = Wishes(self.judge)


@dataclass(frozen=True)
class Listener:
    """A line, and who hears what it brings: without a gate nobody who asks."""

    line: Syncs
    ears: Sequence[Ear]

    @classmethod
    def of(cls, line: Syncs) -> "Listener":
        asking = [Ear(Manner.ASKING, line.gate)] if line.gate else []
        return cls(line, [Ear(Manner.NAIVE), Ear(Manner.HEEDING), *asking])


@dataclass(frozen=True)
class Sync:
    """``tenants``: those that are read; ``paused``: those that nothing leaves of."""

    at: datetime
    tenants: Collection[int]
    paused: Collection[int] = ()

    @property
    def heard(self) -> list[int]:
        return [one for one in self.tenants if one not in self.paused]


class Measurement:
    """``households`` per company, over so many ``days``."""

    def __init__(
        self,
        listeners: Callable[[World], Mapping[str, Listener]],
        households: int,
        days: int,
        seed: int = 1,
        offices: Sequence[Profile] = OFFICES,
        stories: Mapping[Story, int] = STORIES,
    ) -> None:
        self.world, self.days = World(offices, ManualClock(START)), days
        within = timedelta(days=days / 4)
        self.office = Office(self.world, households, seed, rhythm=once_a_day, come_within=within, stories=stories)
        self.listeners = listeners(self.world)
        self.ears = [ear for listener in self.listeners.values() for ear in listener.ears]
        self.then = {company.tenant_id: Books(company).as_they_stand() for company in self.world.companies.values()}
        self.ended_at = START
        self._facts_seen = dict.fromkeys(self.office.truths, 0)

    def run(self, said: Callable[[datetime], object] = str) -> None:
        with suppress(RecordingEnded):
            for sync in self.plan():
                self.mails_until(sync.at)
                self.sync(sync)
                self.ended_at = sync.at
                said(sync.at)
            self.mails_until(sync.at + 2 * TAKES)

    def plan(self) -> Iterator[Sync]:
        """Often while the office works, for what happens then is what a mail may miss."""
        tenants = list(self.world.companies)
        yield Sync(START, tenants)
        midnight = START.replace(hour=0)
        for day in range(self.days):
            lost = tenants[day // OUT_OF_REACH % len(tenants)] if day % OUT_OF_REACH == 4 else None
            braked = [tenants[day // PAUSED % len(tenants)]] if day % PAUSED == 6 else []
            for place, mark in enumerate(MARKS):
                reached = [one for one in tenants if one != lost or not 1 <= place < len(MARKS) - 1]
                yield Sync(midnight + timedelta(days=day) + OPENS + mark, reached, braked if place < 2 else ())

    def sync(self, sync: Sync) -> None:
        self.comes(sync.at)
        for tenant_id in sync.heard:
            self.then[tenant_id] = self.now(tenant_id).as_they_stand()
        for listener in self.listeners.values():
            listener.line.pause(sync.paused)
            for webhook_id, body in listener.line.sync(sync.tenants):
                for ear in listener.ears:
                    ear.flows.take(webhook_id, body, sync.at + TAKES)
        for tenant_id in sync.heard:
            self.wish(tenant_id, sync.at)

    def mails_until(self, moment: datetime) -> None:
        while (at := self.next_mail) and at < moment:
            self.comes(at)
            self.mails_at(at)

    @property
    def next_mail(self) -> datetime | None:
        return min((at for ear in self.ears if (at := ear.flows.next_at)), default=None)

    def comes(self, moment: datetime) -> None:
        """The moment, and what the office does until then."""
        self.office.until(moment)
        self.world.clock.set(moment)

    def mails_at(self, at: datetime) -> None:
        books = {tenant_id: self.now(tenant_id) for tenant_id in self.world.companies}
        for ear in self.ears:
            for mail in ear.flows.due(at):
                ear.judge.look(mail, books[mail.tenant_id], self.then[mail.tenant_id])

    def wish(self, tenant_id: int, at: datetime) -> None:
        facts = self.office.truths[tenant_id].facts
        for ear in self.ears:
            ear.judge.look_back(tenant_id, self.then[tenant_id], at)
            ear.wishes.add(facts[self._facts_seen[tenant_id] :], tenant_id)
            ear.wishes.look(tenant_id, self.then[tenant_id], at)
        self._facts_seen[tenant_id] = len(facts)

    def now(self, tenant_id: int) -> Books:
        return Books(self.world.companies[tenant_id])

    def missing(self, ear: Ear) -> list[Wish]:
        return ear.wishes.missing({tenant_id: self.now(tenant_id) for tenant_id in self.world.companies})
