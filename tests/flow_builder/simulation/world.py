"""A few customers of two tenants and their transition log, as dbt would keep it, in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import md5
from random import Random

from pipelines.derivation.freshness import LastDerivation
from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.records import Event, Job, Person, StateRule, Transition, Visit

TENANTS = (1, 2)
ALL, MAILS = ("by_hand", "do_not_service", "do_not_mail"), ("marketing_opt_out",)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STATES = {
    0.0: StateRule(None),
    1.0: StateRule("one", 4 * DAY, suppressed_by=("converted", *ALL, *MAILS)),
    2.0: StateRule("two", 8 * DAY, suppressed_by=("past", "twice", *ALL), is_each_job=True),
    2.5: StateRule("two and a half", 4 * DAY, HOUR, ("over", "cancel_reason", *ALL, *MAILS)),
    3.0: StateRule("three", 4 * DAY, 2 * HOUR, (*ALL, *MAILS)),
    5.0: StateRule("five", 8 * DAY, suppressed_by=("past", *ALL)),
    6.0: StateRule("six", 4 * DAY, suppressed_by=("over", *ALL, *MAILS), is_each_job=True),
}
# As somebody may edit them.
EDITED = STATES | {
    1.0: replace(STATES[1.0], suppressed_by=("no_address", "converted", "commercial", "by_hand", "do_not_mail")),
    2.0: replace(STATES[2.0], suppressed_by=("twice", "do_not_mail", "past"), settle=HOUR / 2),
    5.0: replace(STATES[5.0], suppressed_by=("commercial", "no_address"), is_each_job=True),
}


@dataclass
class World:
    """``merged``: customers that are another now; ``touched``: who is not as at the last derivation, and ``changed``:
    who was not then as at the one before."""

    size: int = 2  # customers of each tenant
    states: dict[float, StateRule] = field(default_factory=lambda: STATES)
    people: dict[Key, Person] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    log: dict[str, Transition] = field(default_factory=dict)
    histories: dict[Key, list[Transition]] = field(default_factory=dict)  # what stands, in the fold's order
    merged: set[Key] = field(default_factory=set)
    touched: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    derivation: LastDerivation | None = None

    def __post_init__(self) -> None:
        self.people = {key: Person() for key in self.customers()}

    def customers(self) -> list[Key]:
        return [Key(tenant_id, customer_id) for tenant_id in TENANTS for customer_id in range(1, self.size + 1)]

    @staticmethod
    def other(key: Key) -> Key:
        """Into whom this one may be merged."""
        return Key(key.tenant_id, key.customer_id + 1 if key.customer_id % 2 else key.customer_id - 1)

    def owner(self, key: Key) -> Key:
        return self.other(key) if key in self.merged else key

    def is_active(self, key: Key) -> bool:
        return key not in self.merged and self.people[key].is_active

    def history(self, key: Key) -> list[Transition]:
        return self.histories.get(key, [])

    def state(self, key: Key) -> float:
        return next((transition.to_state for transition in reversed(self.history(key))), 0.0)

    def job_of(self, transition: Transition) -> Job | None:
        return self.jobs[transition.job_id] if transition.job_id else None

    def enter(self, key: Key, state: float, occurred_at: datetime, **what: object) -> Event:
        name = md5(f"{key}{len(self.events)}".encode()).hexdigest()
        self.events[name] = event = Event(name, key, state, occurred_at, **what)  # type: ignore[arg-type]
        self.touched.add(key)
        return event

    def open_job(self, location_id: int | None = None) -> Job:
        number = len(self.jobs) + 1
        self.jobs[number] = Job(number, location_id)
        return self.jobs[number]

    def add_visit(self, job: Job, start: datetime) -> Visit:
        number = 1000 * job.id + len(job.visits)
        job.visits[number] = Visit(number, start, start + 2 * HOUR)
        return job.visits[number]

    def retract(self, name: str | None) -> None:
        self.set_standing(name, stands=False)

    def bring_back(self, name: str | None) -> None:
        self.set_standing(name, stands=True)

    def set_standing(self, name: str | None, *, stands: bool) -> None:
        if event := self.events.get(name or ""):
            event.stands = stands
            self.touched.add(self.owner(event.key))

    def leave(self, key: Key) -> None:
        self.people[key].is_active = False
        self.touched.add(key)

    def come_back(self, key: Key) -> None:
        self.people[key].is_active = True
        self.touched.add(key)

    def state_now(self, key: Key, now: datetime) -> float:
        """By now, though nobody has derived it."""
        return next((one.to_state for one in [*self.fold(self.owner(key), now)][::-1]), 0.0)

    def merge(self, loser: Key) -> None:
        if not self.merged & {loser, self.other(loser)}:
            self.merged.add(loser)
            self.touched |= {loser, self.other(loser)}

    def derive(self, chance: Random, now: datetime) -> None:
        is_first, before = self.derivation is None, self.derivation
        for key in self.customers():
            self.derive_one(key, now, is_first)
        is_full = is_first or chance.random() < 0.1
        if not (is_full or self.touched):
            return
        number = int(before.id) + 1 if before else 1
        self.derivation = LastDerivation(now, str(number), None if is_full else str(number - 1), 0)
        aliases = {key for key in self.merged if self.other(key) in self.touched}
        self.changed = {*self.customers()} if is_full else self.touched | aliases
        self.touched = set()

    def derive_one(self, key: Key, now: datetime, is_first: bool) -> None:
        """Brings the log up to date, and notes whose part of it has changed."""
        before = self.history(key)
        after = []
        for made in self.fold(key, now):
            after.append(self.as_known(made) or replace(made, is_baseline=is_first and not self.was_news(made)))
        if after == before:
            return
        for one in before:
            if self.log[one.id].key == key:
                self.log[one.id] = replace(one, stands=False)
        self.log |= {one.id: one for one in after}
        self.histories[key] = after
        self.touched.add(key)

    def as_known(self, made: Transition) -> Transition | None:
        known = self.log.get(made.id)
        return known and replace(made, detected_at=known.detected_at, is_baseline=known.is_baseline)

    def was_news(self, made: Transition) -> bool:
        return made.id in self.events and self.events[made.id].was_news

    def fold(self, key: Key, now: datetime) -> Iterator[Transition]:
        """Another state is entered, or the same one for a job of its own."""
        state, entered, jobs = 0.0, None, set[int]()
        for event in self.happened(key, now):
            if entered and (reset := self.reset(key, entered, event.occurred_at, now)):
                yield reset
                state, entered = 0.0, reset
            is_another = (
                self.states[event.to_state].is_each_job and event.job_id is not None and event.job_id not in jobs
            )
            if event.to_state == state and not is_another:
                continue
            jobs = jobs if event.to_state == state else set()
            jobs |= {event.job_id} if event.job_id else set()
            state, entered = event.to_state, self.transition(key, event, now)
            yield entered
        if entered and (reset := self.reset(key, entered, now, now)):
            yield reset

    def happened(self, key: Key, now: datetime) -> Sequence[Event]:
        standing = (one for one in self.events.values() if one.stands and one.occurred_at <= now)
        mine = [one for one in standing if self.owner(one.key) == key]
        return sorted(mine, key=lambda one: (one.occurred_at, one.to_state, one.id))

    def reset(self, key: Key, entered: Transition, until: datetime, now: datetime) -> Transition | None:
        after = self.states[entered.to_state].reset_after
        if after is None or until < entered.occurred_at + after:
            return None
        name = md5(f"reset:{entered.id}".encode()).hexdigest()
        return Transition(name, key, 0.0, None, entered.occurred_at + after, now, resets=entered.id)

    @staticmethod
    def transition(key: Key, event: Event, now: datetime) -> Transition:
        return Transition(
            event.id,
            key,
            event.to_state,
            event.job_id,
            event.occurred_at,
            now,
            is_reclassified=event.is_reclassified,
            is_completion=event.is_completion,
        )
