"""delivery.md section 2 once more, in plain Python, written from its text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import md5

from pipelines.flow_builder.policy import Transition
from pipelines.flow_builder.transition_log import Key
from tests.flow_builder.simulation.world import World

ON_ITS_WAY = ("pending", "sending", "retry", "held")


@dataclass(frozen=True)
class Row:
    """One delivery, as far as section 2 speaks of it."""

    webhook_id: str
    kind: str
    transition_id: str | None
    tenant_id: int
    customer_id: int
    state: float
    flow_name: str | None
    status: str
    reason: str | None
    begun: bool

    @property
    def key(self) -> Key:
        return Key(self.tenant_id, self.customer_id)

    @property
    def told(self) -> bool:
        return self.status in (*ON_ITS_WAY, "delivered") or (self.status == "canceled" and self.begun)


@dataclass
class Oracle:
    world: World
    max_age: timedelta
    skip_superseded: bool
    hold_above: int

    def after_sync(self, rows: list[Row]) -> list[Row]:
        """``rows`` and the result are in the order in which they leave."""
        rows = [self.canceled(row) for row in rows]
        before = list(rows)
        for key in self.world.customers():
            self.tell(key, rows)
        return self.held(before, rows)

    def stands(self, transition_id: str | None) -> bool:
        return transition_id is not None and self.world.log[transition_id][1].stands

    def canceled(self, row: Row) -> Row:
        unfinished = row.status in ON_ITS_WAY
        if unfinished and row.transition_id and not self.stands(row.transition_id):
            return replace(row, status="canceled", reason="retracted")
        return row

    def newest_told(self, key: Key, rows: list[Row]) -> Row | None:
        return next((row for row in reversed(rows) if row.key == key and row.told), None)

    def tell(self, key: Key, rows: list[Row]) -> None:
        standing = self.world.history(key)
        for transition in self.in_order(key):
            if transition.transition_id in self.world.past:
                continue
            known = next((row for row in rows if row.webhook_id == transition.transition_id), None)
            if known and not self.is_back(known):
                continue
            if known:
                rows.remove(known)
            reason = self.reason(key, transition, standing, rows)
            newest = bool(standing) and transition == standing[-1]
            status = "pending" if not reason else "canceled" if reason == "retracted" else "not_sent"
            flow = transition.flow_name if newest and not reason else None
            names = (transition.transition_id, "changed", transition.transition_id)
            rows.append(Row(*names, *key, transition.to_state, flow, status, reason, begun=False))
        self.correct(key, standing, rows)

    def in_order(self, key: Key) -> Iterator[Transition]:
        mine = [transition for owner, transition in self.world.log.values() if owner == key]
        yield from sorted(mine, key=lambda one: (one.occurred_at, one.to_state, one.transition_id))

    def is_back(self, row: Row) -> bool:
        return (row.status, row.reason, row.begun) == ("canceled", "retracted", False) and self.stands(
            row.transition_id
        )

    def reason(self, key: Key, transition: Transition, standing: list[Transition], rows: list[Row]) -> str | None:
        told = self.newest_told(key, rows)
        later = standing[standing.index(transition) + 1 :] if transition in standing else []
        told_ids = {row.transition_id for row in rows if row.told and row.kind == "changed"}
        if not transition.stands:
            return "retracted"
        if transition.is_reclassified:
            return "reclassified"
        if not self.world.is_active(key):
            return "inactive"
        if transition.to_state == 0 and not told:
            return "untold"
        if told and told.state == transition.to_state and not self.stands(told.transition_id):
            return "replaced"
        if any(one.transition_id in told_ids for one in later):
            return "late"
        if transition.detected_at - transition.occurred_at > self.max_age:
            return "stale"
        return "superseded" if later and self.skip_superseded else None

    def correct(self, key: Key, standing: list[Transition], rows: list[Row]) -> None:
        told = self.newest_told(key, rows)
        state = standing[-1].to_state if standing else 0.0
        if told and told.state != state and self.world.is_active(key):
            prefix = md5(f"{key.tenant_id}:{key.customer_id}".encode()).hexdigest()
            k = 1 + sum(row.webhook_id.startswith(prefix) for row in rows)
            names = (f"{prefix}-corrected-{k}", "corrected", standing[-1].transition_id if standing else None)
            rows.append(Row(*names, *key, state, None, "pending", None, begun=False))

    def held(self, before: list[Row], rows: list[Row]) -> list[Row]:
        new = [row for row in rows if row not in before and row.status == "pending"]
        counted = [row.key.tenant_id for row in new if row.flow_name or row.kind == "corrected"]
        too_many = {tenant_id for tenant_id in counted if counted.count(tenant_id) > self.hold_above}
        return [replace(row, status="held") if row in new and row.key.tenant_id in too_many else row for row in rows]
