"""The days of an office: who lives through what, in the order of time, as far as the clock has come."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from tests.simulator.office import stories as s
from tests.simulator.office import turns as t
from tests.simulator.office import works as w
from tests.simulator.office.facts import Fact, Truth
from tests.simulator.office.household import Household
from tests.simulator.office.rhythm import Rhythm, at_once
from tests.simulator.office.stories import Script, Story
from tests.simulator.office.trades import RENAMED
from tests.simulator.world import Company, World

# How often each is lived through among a hundred or so.
STORIES: dict[Story, int] = {
    **{s.sale: 14, s.no_sale: 9, s.changes_of_mind: 3, s.dismissed: 4, s.canceled: 6, s.canceled_at_the_door: 2},
    **{s.tidied_up: 2, s.rebooked: 5, s.entered_twice: 3, s.entered_afterwards: 3, s.taken_back: 4},
    **{s.became_a_service_call: 4, s.booked_on_the_double: 3, s.was_a_stranger: 2},
    **{w.project: 5, w.project_cut_short: 2, w.two_houses: 3, w.two_visits: 2, w.call_back: 3, w.under_warranty: 2},
    **{
        w.install_canceled: 3,
        w.forgotten: 2,
        w.closed_late: 2,
        w.turned_into_the_install: 2,
        w.entered_under_the_wrong_type: 2,
    },
    **{t.changes_the_hour: 4, t.canceled_for_nothing: 3, t.sold_at_the_table: 5, t.put_off: 3},
    **{t.moved_again_and_again: 4, t.entered_afterwards_and_given_a_day: 2, t.has_enough: 6, t.mends_the_address: 4},
    **{w.service: 12, w.service_canceled: 2, w.wishes: 9},
}
COME_WITHIN = timedelta(days=60)
RENAMES_AFTER = timedelta(days=45)


@dataclass(order=True)
class Due:
    at: datetime
    number: int
    script: Script = field(compare=False)


class Office:
    """So many households per company, which ``come_within`` so long from ``begins`` (default: the clock's now).

    The same seed makes the same records; each household has its own luck, whatever the others do. The first ones begin
    with one story each, so that every story is lived through. ``rhythm`` says when they get round to what is due.
    """

    def __init__(
        self,
        world: World,
        households: int = 100,
        seed: int = 1,
        begins: datetime | None = None,
        rhythm: Rhythm = at_once,
        come_within: timedelta = COME_WITHIN,
        stories: Mapping[Story, int] = STORIES,
    ) -> None:
        self.world, begins, self.rhythm = world, begins or world.now(), rhythm
        self.truths = {company.tenant_id: Truth() for company in world.companies.values()}
        self._queue: list[Due] = []
        for company in world.companies.values():
            truth = self.truths[company.tenant_id]
            self.enter(begins + RENAMES_AFTER, renames(company, truth))
            for number in range(households):
                random = Random(f"{seed}:{company.tenant_id}:{number}")
                household = Household(company, truth, random)
                first = list(stories)[number] if number < len(stories) else None
                self.enter(rhythm(begins, come_within * random.random()), life(household, first, stories))

    def until(self, moment: datetime) -> None:
        """All that happens up to then; the clock is not moved."""
        while self._queue and self._queue[0].at <= moment:
            due = heappop(self._queue)
            with self.world.lock, self.world.at(due.at):
                wait = next(due.script, None)
            if wait is not None:
                heappush(self._queue, Due(self.rhythm(due.at, wait), due.number, due.script))

    def advance(self, **duration: float) -> None:
        """Moves the clock, and what happens meanwhile has happened."""
        self.until(self.world.now() + timedelta(**duration))
        self.world.advance(**duration)

    def enter(self, at: datetime, script: Script) -> None:
        heappush(self._queue, Due(at, len(self._queue), script))


def life(household: Household, first: Story | None, stories: Mapping[Story, int]) -> Script:
    """One story after another, with months in between."""
    household.comes()
    yield household.days(0.001, 2)
    story = first or draw(household.random, stories)
    while True:
        household.story = story.__name__
        yield from story(household)
        household.story = ""
        if household.chance(0.02):
            household.leaves()
        if not household.is_customer:
            return
        yield household.days(15, 150)
        story = draw(household.random, stories)


def draw(random: Random, stories: Mapping[Story, int] = STORIES) -> Story:
    return random.choices(list(stories), list(stories.values()))[0]


def renames(company: Company, truth: Truth) -> Iterator[timedelta]:
    """The office gives some job types other names, one a week."""
    for job_type in company.records("job_types"):
        if name := RENAMED.get(job_type["name"]):
            company.change("job_types", job_type["id"], name=name)
            details = {"job_type_id": job_type["id"], "before": job_type["name"], "name": name}
            truth.add(Fact(company.now(), company.now(), None, "renamed", details=details))
            yield timedelta(days=7)
