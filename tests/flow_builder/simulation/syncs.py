"""The syncs of a seed: what the world has become is derived and enqueued, and compared with what the oracle says."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from pipelines.operations import stamp, transaction
from pipelines.readings import Reading
from tests.flow_builder.simulation.bodies import look_at_body
from tests.flow_builder.simulation.comparison import compare
from tests.flow_builder.simulation.current import current
from tests.flow_builder.simulation.endpoint import promise
from tests.flow_builder.simulation.stage import Stage
from tests.flow_builder.simulation.world import TENANTS

OLD_ROW = """
    insert into deliveries (
        webhook_id, transition_id, tenant_id, customer_id, told_state, occurred_at, kind, created_at, status, reason,
        was_ahead, seen_as
    ) values (?, ?, ?, ?, ?, ?, 'changed', '2026-11-01T00:00:00.000000Z', 'not_sent', 'baseline', 1, 1)
"""


class Syncs(Stage):
    def take_over(self) -> None:
        """The outbox is one of 0.1.0: history has rows, and one that is none, for there it was started over."""
        key = self.chance.choice(self.world.customers())
        started_over = self.world.enter(key, 1.0, self.clock() - timedelta(days=1))
        started_over.was_news = True
        self.world.derive(self.chance, self.clock())
        self.started_over = {one.id for one in self.world.log.values() if not one.is_baseline}
        for one in self.world.log.values():
            self.con.execute(OLD_ROW, [one.id, one.id, *one.key, one.to_state, stamp(one.occurred_at)])
        self.con.execute("insert into history_removal values (1, 0)")
        self.con.executemany(
            "insert into enqueues (tenant_id, read_at) values (?, '')", [[tenant_id] for tenant_id in TENANTS]
        )

    def sync(self) -> None:
        """Cut off before or in its enqueue, it has changed nothing."""
        self.world.derive(self.chance, self.clock())
        self.read()
        was_enqueued = self.con.execute("select 1 from enqueues").fetchone()
        if was_enqueued and self.chance.random() < 0.1:
            return
        if self.chance.random() < 0.05:
            self.lose_the_outbox()
        if was_enqueued and self.chance.random() < 0.05:
            self.con.execute("begin")
            self.enqueue()
            self.con.execute("rollback")
            return
        self.enqueue_as_said()
        self.forget_history()

    def read(self) -> None:
        """Each tenant, to the end or not."""
        for tenant_id, before in self.readings.items():
            fails = not self.endpoint.is_good and self.chance.random() < self.fails_to_read
            self.readings[tenant_id] = Reading(self.clock(), before.whole_from if fails else self.clock())

    def enqueue_as_said(self) -> None:
        before = self.rows()
        whole_from = {tenant_id: reading.whole_from for tenant_id, reading in self.readings.items()}
        expected = self.oracle.after_sync(before, self.clock(), whole_from, self.switches.shadows)
        with transaction(self.con):
            if self.is_idle():
                self.product.checkpoints.note_readings(self.con, TENANTS, self.readings, self.clock())
            else:
                promise(self.enqueue(), "no outbox is lost but one that is")
        rows = self.rows()
        compare(expected, rows)
        self.switches.note_sync({tenant_id: reading.asked_at for tenant_id, reading in self.readings.items()})
        self.told = {row.webhook_id for row in rows if row.told}
        active = [key for key in self.world.customers() if self.world.is_active(key)]
        self.operator.current = {one.id for key in self.world.customers() for one in current(self.world.history(key))}
        self.operator.active = {one.id for key in active for one in self.world.history(key)}
        query = "select webhook_id, body from deliveries where attempt_id is null and status in ('pending', 'held')"
        self.bodies = dict(self.con.execute(query))
        for row in rows:
            if row.waits:
                look_at_body(self.world, rows, row, self.bodies[row.webhook_id])
        told = {row.webhook_id for row in rows if row.kind == "changed"}
        news = {one.id for one in self.world.log.values() if not one.is_baseline}
        promise(news <= told, "every news has one delivery")

    def look(self) -> Any:
        return self.product.enqueue.look(self.log, self.con, self.world.derivation, lambda: self.world.changed)

    def is_idle(self) -> bool:
        return bool(self.product.enqueue.is_idle(self.look(), self.con, self.settings))

    def enqueue(self) -> bool:
        """Whether the outbox is found to be the one that was told of the log."""
        run = self.product.enqueue.EnqueueRun
        try:
            run(self.log, self.con, self.look(), self.settings, self.clock(), self.readings).write()
        except self.product.enqueue.OutboxLost:
            return False
        return True

    def lose_the_outbox(self) -> None:
        """And find it again."""
        self.con.begin()
        lost = self.chance.choice([TENANTS, TENANTS[:1]])
        for table in ("endpoint_failures", "attempts", "decisions"):
            self.con.execute(f"delete from {table}")
        for table in ("deliveries", "enqueues"):
            self.con.execute(f"delete from {table} where tenant_id <= ?", [max(lost)])
        was_told = bool(self.log.earlier_news(self.clock(), lost))
        promise(self.enqueue() is not was_told, "a lost outbox is noticed")
        self.con.rollback()

    def forget_history(self) -> None:
        if self.chance.random() < 0.5:
            self.product.history_removal.remove_history(self.log, self.con, Path())
            rows = self.rows()
            left = {row.webhook_id for row in rows if row.reason == "baseline"}
            is_kept = self.started_over <= {row.webhook_id for row in rows}
            promise(is_kept and left <= self.started_over, "of what 0.1.0 took as told, only history is forgotten")
