"""A town that is lived through with a sync at every moment, and rehearsed afterwards."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from pipelines.rehearsal.rehearse import Asked, Step, rehearse
from pipelines.tenants import directory
from tests.mails.line import Line, Message
from tests.mails.source import Source
from tests.simulator.clock import ManualClock
from tests.simulator.office import stories as s
from tests.simulator.office import turns as t
from tests.simulator.office import works as w
from tests.simulator.office.days import STORIES, Office, draw
from tests.simulator.office.going_on import from_the_start
from tests.simulator.office.household import Household
from tests.simulator.office.people import Visit
from tests.simulator.office.stories import Script, Story
from tests.simulator.office.trades import OFFICES
from tests.simulator.world import START, World

SPREAD = 40.0  # days over which people come
DAY = timedelta(days=1)

# Every change of a record has a date that stays: nothing is moved, retyped, merged, taken back or opted out of.
DATED: tuple[Story, ...] = (
    *(s.sale, s.no_sale, s.dismissed, s.canceled, s.canceled_at_the_door, s.tidied_up, s.rebooked, s.entered_twice),
    *(s.entered_afterwards, s.became_a_service_call, w.project, w.project_cut_short, w.two_houses, w.two_visits),
    *(w.call_back, w.under_warranty, w.install_canceled, w.forgotten, w.closed_late, w.service, w.service_canceled),
    t.sold_at_the_table,
)


class Planned(Household):
    """Whose visits stay where they are."""

    def moves(self, visit: Visit, start: datetime) -> None:
        pass


class Mailed(NamedTuple):
    """One flow that starts: what a live run and a rehearsal of it must say alike. ``at``: the sync."""

    id: str
    flow: str
    customer_id: int
    occurred_at: datetime
    at: datetime
    appointment_id: int | None
    start: datetime | None


class Town:
    """``households`` per company; the first ones begin with one story each. ``steps``: of the newest rehearsal, as it
    said them."""

    def __init__(
        self, folder: Path, work_dir: Path, households: int, stories: Sequence[Story], people: type[Household]
    ) -> None:
        self.world = World(OFFICES, ManualClock(START))
        self.office = Office(self.world, households=0)
        self.odds = {story: STORIES[story] for story in stories}
        for company in self.world.companies.values():
            for number in range(households):
                household = people(company, self.office.truths[company.tenant_id], Random(f"{company.name}:{number}"))
                first = stories[number] if number < len(stories) else None
                self.office.enter(START + household.days(0, SPREAD), self.life(household, first))
        self.line = Line(Source(self.world, folder, work_dir), folder)

    def life(self, household: Household, first: Story | None) -> Script:
        yield from from_the_start(household, first or draw(household.random, self.odds))
        while True:
            yield household.days(1, 30)
            yield from draw(household.random, self.odds)(household)

    @property
    def tenants(self) -> Collection[int]:
        return self.world.companies.keys()

    def live(self, moments: Sequence[datetime]) -> dict[int, list[Mailed]]:
        """With a sync at each moment, the first of which takes the baseline; by tenant."""
        found: dict[int, list[Mailed]] = {tenant_id: [] for tenant_id in self.tenants}
        for moment in moments:
            self.office.until(moment)
            self.world.clock.set(moment)
            for message in self.line.sync(self.tenants):
                if mailed := of_message(message, moment):
                    found[message[1]["data"]["tenant_id"]].append(mailed)
        return found

    def rehearsed(self, tenant_id: int, days: int) -> list[Mailed]:
        settings = self.line.settings
        asked = Asked(directory.find(settings, tenant_id), days)
        self.steps = list[Step]()
        return [*of_rehearsal(rehearse(settings, asked, nullcontext, self.steps.append).started)]


@dataclass(frozen=True)
class Lived:
    """``mails``: what a live run started, by tenant."""

    town: Town
    days: int
    mails: Mapping[int, Sequence[Mailed]]


def days_from(first: datetime, days: int) -> list[datetime]:
    return [first + DAY * day for day in range(days + 1)]


def of_message(message: Message, at: datetime) -> Mailed | None:
    webhook_id, body = message
    data: Mapping[str, Any] = body["data"]
    if not body["type"].endswith("customer_state.changed") or data["flow_name"] is None:
        return None
    visit = data.get("appointment") or {}
    start = visit.get("start")
    return Mailed(
        webhook_id,
        data["flow_name"],
        data["customer_id"],
        datetime.fromisoformat(data["occurred_at"]),
        at,
        visit.get("id"),
        start and datetime.fromisoformat(start),
    )


def of_rehearsal(mails: Sequence[Any]) -> Iterator[Mailed]:
    for one in mails:
        yield Mailed(
            one.id,
            one.flow,
            one.customer_id,
            one.occurred_at,
            one.told_at,
            one.appointment_id,
            one.appointment_start,
        )
