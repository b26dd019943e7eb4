"""Customers and their transition log, as dbt would keep it, in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import md5
from random import Random

from pipelines.flow_builder.event import EventFacts
from pipelines.flow_builder.event_facts import Send
from pipelines.flow_builder.policy import Transition
from pipelines.flow_builder.transition_log import ID_BYTES, BaselineRow, History, Key, LogDiff, TransitionLog
from pipelines.operations import stamp

TENANTS = (1, 2)
STATES = {0.0: None, 1.0: "one", 2.0: "two", 2.5: "two and a half", 3.0: "three"}


@dataclass
class World:
    """``log``: each transition and whose it is; ``merged``: customers that are another now."""

    size: int = 2  # customers of each tenant
    past: set[str] = field(default_factory=set)  # transitions of the baseline
    log: dict[str, tuple[Key, Transition]] = field(default_factory=dict)
    inactive: set[Key] = field(default_factory=set)
    merged: set[Key] = field(default_factory=set)

    def customers(self) -> list[Key]:
        return [Key(tenant_id, customer_id) for tenant_id in TENANTS for customer_id in range(1, self.size + 1)]

    def is_active(self, key: Key) -> bool:
        return key not in self.inactive and key not in self.merged

    def history(self, key: Key) -> list[Transition]:
        """What stands, in the fold's order."""
        standing = [transition for owner, transition in self.log.values() if owner == key and transition.stands]
        return sorted(standing, key=lambda one: (one.occurred_at, one.to_state, one.transition_id))

    def state(self, key: Key) -> float:
        return next((transition.to_state for transition in reversed(self.history(key))), 0.0)

    def enter(self, key: Key, state: float, occurred_at: datetime, now: datetime, is_baseline: bool = False) -> None:
        transition_id = md5(f"{key}{len(self.log)}".encode()).hexdigest()
        self.log[transition_id] = (
            key,
            Transition(transition_id, state, STATES[state], occurred_at, now),
        )
        if is_baseline:
            self.past.add(transition_id)

    def turn(self, transition_id: str, stands: bool) -> None:
        key, transition = self.log[transition_id]
        self.log[transition_id] = (key, replace(transition, stands=stands))

    def merge(self, loser: Key, survivor: Key) -> None:
        self.merged.add(loser)
        for transition_id, (key, transition) in self.log.items():
            if key == loser:
                self.log[transition_id] = (survivor, transition)


class WorldLog(TransitionLog):
    """The same questions that the product asks the warehouse, answered from a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.new: set[str] = set()

    def fingerprint(self) -> str:
        return str(sorted((one, transition.stands) for one, (_, transition) in self.world.log.items()))

    def baselines(self) -> list[int]:
        return list(TENANTS)

    def size(self) -> int:
        return len(self.world.log)

    def news_until(self, moment: datetime) -> int:
        return sum(t.detected_at <= moment for name, (_, t) in self.world.log.items() if name not in self.world.past)

    def compare(self, standing: bytes, gone: bytes, all_is_past: bool) -> LogDiff:  # noqa: ARG002
        known = dict.fromkeys(split(standing), True) | dict.fromkeys(split(gone), False)
        self.new = {one for one in self.world.log if one not in known}
        self.turned = {
            one: transition.stands
            for one, (_, transition) in self.world.log.items()
            if one in known and known[one] != transition.stands
        }
        return LogDiff(len(self.new), self.turned)

    def past(self) -> Iterator[BaselineRow]:
        for one in sorted(self.new & self.world.past, key=lambda one: self.world.log[one][0]):
            key, transition = self.world.log[one]
            yield BaselineRow(one, *key, transition.to_state, stamp(transition.occurred_at), transition.stands)

    def customers_with_news(self) -> set[Key]:
        return {self.world.log[one][0] for one in (*self.new - self.world.past, *self.turned)}

    def disagreeing(self, told: Mapping[Key, float]) -> set[Key]:
        return {key for key, state in told.items() if self.world.is_active(key) and self.world.state(key) != state}

    def histories(self, keys: Sequence[Key]) -> Iterator[History]:
        for key in keys:
            transitions = [
                transition
                for owner, transition in self.world.log.values()
                if owner == key and (transition.stands or transition.transition_id in self.new)
            ]
            transitions.sort(key=lambda one: (one.occurred_at, one.to_state, one.transition_id))
            yield History(key, self.world.is_active(key), transitions)

    def facts(self, sends: Sequence[Send], include_contact: bool) -> Iterator[EventFacts]:  # noqa: ARG002
        for tenant_id, customer_id, transition_id in sends:
            occurred_at = self.world.log[transition_id][1].occurred_at if transition_id else None
            yield EventFacts(tenant_id, "t", None, None, customer_id, "s", transition_id, occurred_at=occurred_at)


def split(ids: bytes) -> list[str]:
    text = ids.decode()
    return [text[i : i + ID_BYTES] for i in range(0, len(text), ID_BYTES)]


def move(world: World, chance: Random, now: datetime) -> None:
    """One thing happens to one customer."""
    key = chance.choice(world.customers())
    mine = [one for one, (owner, _) in world.log.items() if owner == key]
    survivor = Key(key.tenant_id, 2 if key.customer_id == 1 else 1)
    what = chance.random()
    if what < 0.5 or not mine:
        age = chance.choice([0, 0, 1, 60, 3600, 80 * 3600])
        world.enter(key, chance.choice(list(STATES)), now - timedelta(seconds=age), now)
    elif what < 0.85:
        one = chance.choice(mine)
        world.turn(one, not world.log[one][1].stands)
    elif what < 0.93:
        world.inactive ^= {key}
    elif not world.merged & {key, survivor}:
        world.merge(key, survivor)


def history_of_before(world: World, chance: Random, now: datetime) -> None:
    for key in world.customers():
        if chance.random() < 0.5:
            world.enter(key, chance.choice(list(STATES)), now - timedelta(days=9), now, is_baseline=True)
