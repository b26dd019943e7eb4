"""Customers and their transition log, as dbt would keep it, in memory."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import md5
from random import Random

from pipelines.derivation.freshness import LastDerivation
from pipelines.flow_builder.event import EventFacts
from pipelines.flow_builder.event_facts import Send
from pipelines.flow_builder.policy import Transition
from pipelines.flow_builder.transition_log import ID_BYTES, BaselineRow, History, Key, Known, TransitionLog, Turned
from pipelines.operations import stamp

TENANTS = (1, 2)
STATES = {0.0: None, 1.0: "one", 2.0: "two", 2.5: "two and a half", 3.0: "three"}


@dataclass
class World:
    """``log``: each transition and whose it is; ``merged``: customers that are another now; ``touched``: who is not as
    at the last derivation, and ``changed``: who was not then as at the one before."""

    size: int = 2  # customers of each tenant
    past: set[str] = field(default_factory=set)  # transitions of the baseline
    log: dict[str, tuple[Key, Transition]] = field(default_factory=dict)
    inactive: set[Key] = field(default_factory=set)
    merged: set[Key] = field(default_factory=set)
    touched: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    derivation: LastDerivation | None = None

    def derive(self, chance: Random, now: datetime) -> None:
        is_full = self.derivation is None or chance.random() < 0.1
        if not (is_full or self.touched):
            return
        before = self.derivation
        number = int(before.id) + 1 if before else 1
        self.derivation = LastDerivation(now, str(number), None if is_full else str(number - 1), 0)
        aliases = {key for key in self.merged if self.survivor(key) in self.touched}
        self.changed = {*self.customers()} if is_full else self.touched | aliases
        self.touched = set()

    @staticmethod
    def survivor(key: Key) -> Key:
        return Key(key.tenant_id, 2 if key.customer_id == 1 else 1)

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

    def enter(
        self,
        key: Key,
        state: float,
        occurred_at: datetime,
        now: datetime,
        is_baseline: bool = False,
        is_reclassified: bool = False,
    ) -> None:
        transition_id = md5(f"{key}{len(self.log)}".encode()).hexdigest()
        made = Transition(transition_id, state, STATES[state], occurred_at, now, is_reclassified=is_reclassified)
        self.log[transition_id] = (key, made)
        self.touched.add(key)
        if is_baseline:
            self.past.add(transition_id)

    def turn(self, transition_id: str, stands: bool) -> None:
        key, transition = self.log[transition_id]
        self.log[transition_id] = (key, replace(transition, stands=stands))
        self.touched.add(key)

    def merge(self, loser: Key, survivor: Key) -> None:
        self.merged.add(loser)
        self.touched |= {loser, survivor}
        for transition_id, (key, transition) in self.log.items():
            if key == loser:
                self.log[transition_id] = (survivor, transition)


class WorldLog(TransitionLog):
    """The same questions that the product asks the warehouse, answered from a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.new: set[str] = set()
        self.rows: dict[str, tuple[Key, Transition]] = {}

    def baselines(self) -> list[int]:
        return list(TENANTS)

    def earlier_news(self, moment: datetime, tenants: Sequence[int]) -> dict[int, int]:
        world = self.world
        news = [k.tenant_id for one, (k, t) in world.log.items() if one not in world.past and t.detected_at < moment]
        return {tenant_id: news.count(tenant_id) for tenant_id in tenants if tenant_id in news}

    def look_at(self, whole: Sequence[int], changed: Collection[Key]) -> None:
        self.asked = {*changed}
        self.rows = {
            one: (key, transition)
            for one, (key, transition) in self.world.log.items()
            if key.tenant_id in whole or key in changed
        }

    def ids(self) -> list[str]:
        return [one for one, (key, _) in self.rows.items() if key in self.asked]

    def compare(self, known: Iterable[Known]) -> list[Turned]:
        rows = {one: (group.stands, group.is_newest) for group in known for one in split(group.ids)}
        self.new = self.rows.keys() - rows.keys() - self.world.past
        turned = [self.turned(one, stood) for one, (stood, _) in rows.items()]
        return [
            one for one in turned if rows[one.transition_id] not in ((one.stands, one.is_newest), (one.stands, None))
        ]

    def turned(self, one: str, stood: bool) -> Turned:
        if one not in self.rows:
            return Turned(one, None, stood, stands=False, is_newest=False)
        key, transition = self.rows[one]
        newest = self.world.history(key)[-1:]
        return Turned(one, key, stood, transition.stands, is_newest=newest == [transition])

    def forget_news(self) -> None:
        self.new = set()

    def gone(self, transition_ids: Sequence[str]) -> list[str]:
        return [one for one in transition_ids if one not in self.rows or not self.rows[one][1].stands]

    def standing(self, transition_ids: Sequence[str]) -> set[str]:
        return {one for one in transition_ids if self.world.log[one][1].stands}

    def baseline_among(self, transition_ids: Sequence[str]) -> list[str]:
        return [one for one in transition_ids if one in self.world.past]

    def past(self) -> Iterator[BaselineRow]:
        for one in sorted(self.new):
            key, transition = self.world.log[one]
            yield BaselineRow(one, *key, transition.to_state, stamp(transition.occurred_at), transition.stands)

    def customers_with_news(self) -> set[Key]:
        return {self.world.log[one][0] for one in self.new}

    def disagreeing(self, told: Mapping[Key, float]) -> set[Key]:
        return {key for key, state in told.items() if self.world.is_active(key) and self.world.state(key) != state}

    def histories(self, keys: Sequence[Key]) -> Iterator[History]:
        for key in keys:
            transitions = [
                replace(transition, known=transition.transition_id in self.world.past)
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
    survivor = world.survivor(key)
    what = chance.random()
    if what < 0.5 or not mine:
        age = chance.choice([0, 0, 1, 60, 3600, 80 * 3600])
        is_reclassified = chance.random() < 0.1
        world.enter(
            key, chance.choice(list(STATES)), now - timedelta(seconds=age), now, is_reclassified=is_reclassified
        )
    elif what < 0.85:
        one = chance.choice(mine)
        world.turn(one, not world.log[one][1].stands)
    elif what < 0.93:
        world.inactive ^= {key}
        world.touched.add(key)
    elif not world.merged & {key, survivor}:
        world.merge(key, survivor)


def history_of_before(world: World, chance: Random, now: datetime) -> None:
    for key in world.customers():
        if chance.random() < 0.5:
            world.enter(key, chance.choice(list(STATES)), now - timedelta(days=9), now, is_baseline=True)
