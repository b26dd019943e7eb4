"""delivery.md section 2 once more, in plain Python, written from its text: what a sync makes of the rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.chapter import Chapter
from tests.flow_builder.simulation.page import Scene
from tests.flow_builder.simulation.reasons import Rules
from tests.flow_builder.simulation.rows import Row
from tests.flow_builder.simulation.world import HOUR, World


@dataclass
class Oracle:
    """``marked``: rows whose transition was retracted since they were written."""

    world: World
    rules: Rules
    hold_above: int
    marked: set[tuple[str, int]] = field(default_factory=set)

    def after_sync(
        self,
        rows: Sequence[Row],
        now: datetime,
        whole_from: Mapping[int, datetime | None],
        shadows: Collection[int] = (),
    ) -> list[Row]:
        """``whole_from``: when of each tenant the newest sync began that read all. Each customer's rows are in the
        order in which they leave."""
        known = {row.transition_id for row in rows if row.kind == "changed"}
        after, written = list[Row](), set[str]()
        for key, mine in self.by_customer(rows).items():
            tenant_id = key.tenant_id
            scene = Scene(self.world, self.rules, now, whole_from[tenant_id], tenant_id in shadows)
            chapter = Chapter(scene, key, mine, self.marked, known)
            after += chapter.play()
            written |= chapter.written
        return self.held(after, written, now)

    def by_customer(self, rows: Sequence[Row]) -> dict[Key, list[Row]]:
        """Of each customer the rows about his transitions, of whomever they were told, and those that name him about
        what stands no longer: nothing says who he is now of whom that was told."""
        mine: dict[Key, list[Row]] = {key: [] for key in self.world.customers()}
        for row in rows:
            about = self.world.log.get(row.transition_id or "")
            mine[about.key if about and about.stands else row.key].append(row)
        return mine

    def held(self, rows: list[Row], written: Collection[str], now: datetime) -> list[Row]:
        """What this sync wrote, where with what the last hour did it starts and ends too many flows."""
        sent = {row.webhook_id for row in rows if row.webhook_id in written and row.status == "pending"}
        counted = [
            row.tenant_id
            for row in rows
            if (row.flow_name or row.ends) and (row.webhook_id in sent or self.is_of_the_last_hour(row, now))
        ]
        too_many = {tenant_id for tenant_id in counted if counted.count(tenant_id) > self.hold_above}
        return [
            replace(row, status="held", batch="*") if row.webhook_id in sent and row.tenant_id in too_many else row
            for row in rows
        ]

    @staticmethod
    def is_of_the_last_hour(row: Row, now: datetime) -> bool:
        is_sent = row.status not in ("canceled", "not_sent") and row.batch is None
        return is_sent and row.created_at is not None and row.created_at > now - HOUR
