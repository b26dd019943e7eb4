"""What may happen to a customer while nobody looks."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.records import Event, Job
from tests.flow_builder.simulation.world import DAY, HOUR, World

AGES = [0, 0, 0, 60, 1800, 3600, 80 * 3600]  # seconds until a fact is seen
STARTS = [-20 * DAY, -30 * HOUR, -3 * HOUR, -HOUR, HOUR / 2, HOUR, 3 * HOUR, 26 * HOUR, 5 * DAY]
STREETS = [7, 7, 7, 8, None]
CONTACTS = [("someone@example.com", False), ("someone@example.com", True), ("none", False)]


T = TypeVar("T")


class Happening:
    """One thing, to one customer."""

    def __init__(self, world: World, chance: Random, now: datetime, key: Key) -> None:
        self.world, self.chance, self.now, self.key = world, chance, now, key

    def events(self, *states: float) -> list[Event]:
        mine = [event for event in self.world.events.values() if event.key == self.key]
        return [event for event in mine if not states or event.to_state in states]

    def jobs(self) -> list[Job]:
        return [self.world.jobs[event.job_id] for event in self.events(2.0, 5.0) if event.job_id]

    def newest(self, things: Sequence[T]) -> T:
        """Mostly one of the last two."""
        return self.chance.choice(things[-2:] if self.chance.random() < 0.7 else things)

    def before(self) -> datetime:
        return self.now - timedelta(seconds=self.chance.choice(AGES) + self.chance.random())

    def start(self) -> datetime:
        others = [visit.start for job in self.jobs() for visit in job.visits.values()]
        if others and self.chance.random() < 0.3:
            return self.chance.choice(others) + self.chance.choice([-1, 1, 3]) * timedelta(minutes=59)
        return self.now + self.chance.choice(STARTS) + timedelta(seconds=600 * self.chance.random())

    def touch(self) -> None:
        self.world.touched.add(self.world.owner(self.key))

    def lead(self) -> None:
        status = self.chance.choice(["Open", "Open", "Converted"])
        self.world.enter(self.key, 1.0, self.before(), lead_status=status)

    def book(self) -> None:
        job = self.world.open_job(self.chance.choice(STREETS))
        visit = self.world.add_visit(job, self.start())
        what = {"is_reclassified": self.chance.random() < 0.1}
        state = self.chance.choice([2.0, 2.0, 5.0, 5.0])
        self.world.enter(self.key, state, self.before(), job_id=job.id, visit_id=visit.id, **what)

    def double(self) -> None:
        """Two people enter one visit, or nearly."""
        if not (jobs := [job for job in self.jobs() if job.visits]):
            return self.book()
        first = self.newest(jobs)
        told, job = self.chance.choice([*first.visits.values()]), self.world.open_job(first.location_id)
        visit = self.world.add_visit(job, told.start + self.chance.choice([-1, 0, 1, 3]) * timedelta(minutes=59))
        self.world.enter(self.key, 2.0, self.before(), job_id=job.id, visit_id=visit.id)
        return None

    def install(self) -> None:
        """Of one house."""
        job = self.world.open_job(self.chance.choice(STREETS))
        self.world.add_visit(job, self.now - 3 * HOUR).status = "Done"
        job.status, job.ended_at = "Completed", self.before()
        self.world.enter(self.key, 6.0, job.ended_at, job_id=job.id, is_completion=True)

    def another_cause(self) -> None:
        """All that led to the state is dismissed, and another one has come."""
        state = self.world.state_now(self.key, self.now)
        for event in self.events(state):
            event.stands = False
        self.world.enter(self.key, state, self.before())
        self.touch()

    def estimate(self) -> None:
        self.world.enter(self.key, 3.0, self.before(), is_reclassified=self.chance.random() < 0.1)

    def set_by_hand(self) -> None:
        state = self.chance.choice([*self.world.states])
        self.world.enter(self.key, state, self.before(), starts_flow=self.chance.random() < 0.5)

    def end_job(self) -> None:
        """It is canceled, or done; or that is taken back."""
        if not (jobs := self.jobs()):
            return self.book()
        job = self.newest(jobs)
        if job.status != "Scheduled":
            return self.take_back(job)
        job.status, job.ended_at = self.chance.choice(["Canceled", "Canceled", "Completed"]), self.before()
        job.is_silent = self.chance.random() < 0.2
        if self.chance.random() < 0.4:
            for visit in job.visits.values():
                visit.status = "Canceled" if job.is_canceled else "Done"
        if self.chance.random() < 0.85:  # else another one of the customer's is still on
            is_done = job.status == "Completed"
            state = 6.0 if is_done else 2.5
            self.world.enter(self.key, state, job.ended_at, job_id=job.id, is_completion=is_done)
        return self.touch()

    def take_back(self, job: Job) -> None:
        job.status, job.ended_at = "Scheduled", None
        for event in self.events(2.5, 6.0):
            event.stands = event.stands and event.job_id != job.id
        for visit in job.visits.values():
            visit.status = "Scheduled"
            self.move(job)
        self.touch()

    def visit(self) -> None:
        """Something happens to one."""
        if not (jobs := [job for job in self.jobs() if job.visits]):
            return self.book()
        job = self.newest(jobs)
        visit = self.chance.choice([*job.visits.values()])
        match self.chance.choice(["move", "move", "cancel", "delete", "done", "add"]):
            case "move":
                self.move(job)
            case "cancel":
                visit.status = "Canceled" if visit.status == "Scheduled" else "Scheduled"
            case "delete":
                visit.is_active = not visit.is_active
            case "done":
                visit.status = "Done"
            case "add":
                self.world.add_visit(job, self.start())
        return self.touch()

    def move(self, job: Job) -> None:
        visit = self.chance.choice([*job.visits.values()])
        visit.start = self.chance.choice([self.start(), self.now + DAY, self.now + 2 * DAY])
        visit.end = visit.start + self.chance.choice([1, 2]) * HOUR
        self.touch()

    def turn(self) -> None:
        """What was so is so no longer, or again, and perhaps since later."""
        if not (events := self.events()):
            return self.lead()
        event = self.newest(events)
        event.stands = not event.stands
        if event.stands and self.chance.random() < 0.5:
            event.occurred_at = max(event.occurred_at, self.before())
        return self.touch()

    def lead_moves(self) -> None:
        if not (leads := self.events(1.0)):
            return self.lead()
        self.chance.choice(leads).lead_status = self.chance.choice(["Open", "Converted", "Converted"])
        return self.touch()

    def person(self) -> None:
        person = self.world.people[self.key]
        match self.chance.randrange(6):
            case 0:
                person.do_not_mail = not person.do_not_mail
            case 1:
                person.do_not_service = not person.do_not_service
            case 2:
                person.type = "Commercial" if person.type == "Residential" else "Residential"
            case _:
                person.emails = self.chance.sample(CONTACTS, self.chance.choice([0, 1, 2, 3]))
        self.touch()

    def activity(self) -> None:
        person = self.world.people[self.key]
        person.is_active = not person.is_active
        self.touch()

    def merge(self) -> None:
        self.world.merge(self.key)


Weights = dict[Callable[[Happening], None], int]

ANYTHING: Weights = {
    Happening.lead: 12,
    Happening.book: 16,
    Happening.double: 4,
    Happening.install: 4,
    Happening.estimate: 12,
    Happening.set_by_hand: 8,
    Happening.end_job: 14,
    Happening.visit: 16,
    Happening.turn: 20,
    Happening.another_cause: 4,
    Happening.lead_moves: 4,
    Happening.person: 8,
    Happening.activity: 4,
    Happening.merge: 4,
}
VISITS: Weights = {Happening.book: 3, Happening.visit: 8, Happening.end_job: 3, Happening.person: 1, Happening.turn: 1}
DOUBLES: Weights = {Happening.book: 2, Happening.double: 5, Happening.visit: 6, Happening.end_job: 2, Happening.turn: 2}
HOUSES: Weights = {
    Happening.book: 3,
    Happening.install: 5,
    Happening.turn: 4,
    Happening.another_cause: 4,
    Happening.person: 3,
}
PAPERS: Weights = {
    Happening.lead: 3,
    Happening.estimate: 3,
    Happening.set_by_hand: 2,
    Happening.turn: 5,
    Happening.another_cause: 1,
    Happening.lead_moves: 3,
    Happening.person: 4,
    Happening.activity: 1,
}
THEMES = [ANYTHING, ANYTHING, VISITS, VISITS, DOUBLES, HOUSES, PAPERS, PAPERS]


def happen(world: World, chance: Random, now: datetime, key: Key | None = None, what: Weights = ANYTHING) -> None:
    """To this customer, or to any."""
    key = key or chance.choice(world.customers())
    (chosen,) = chance.choices([*what], [*what.values()])
    chosen(Happening(world, chance, now, key))


def history_of_before(world: World, chance: Random, now: datetime) -> None:
    for key in world.customers():
        if chance.random() < 0.5:
            past = Happening(world, chance, now - 9 * DAY, key)
            chance.choice([past.lead, past.book, past.estimate, past.end_job])()
