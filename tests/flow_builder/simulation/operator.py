"""A person with the outbox's commands."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random

from pipelines.operations import stamp, transaction
from tests.flow_builder.simulation.endpoint import promise
from tests.flow_builder.simulation.product import Product
from tests.flow_builder.simulation.rows import Row


class Operator:
    def __init__(
        self, product: Product, con: sqlite3.Connection, chance: Random, clock: Callable[[], datetime]
    ) -> None:
        self.product, self.con, self.chance, self.clock = product, con, chance, clock

    def act(self, rows: Sequence[Row]) -> None:
        action = self.chance.choice(["replay", "release", "cancel"])
        statuses = {
            "replay": ("dead", "not_sent", "delivered"),
            "release": ("held",),
            "cancel": ("pending", "sending", "retry", "held", "dead"),
        }[action]
        newest = {row.transition_id: row.webhook_id for row in rows if row.kind == "changed"}
        possible = [row for row in rows if row.status in statuses and row.reason != "baseline"]
        if action == "replay":
            possible = [row for row in possible if newest.get(row.transition_id) == row.webhook_id]
        if possible := [row for row in possible if row.begun] or possible:
            self.decide(action, self.chance.choice(possible))

    def decide(self, action: str, row: Row) -> None:
        now = stamp(self.clock())
        with transaction(self.con):
            if action == "release":
                self.con.execute("update deliveries set status='pending' where webhook_id = ?", [row.webhook_id])
            if action == "cancel" and row.status == "dead":
                self.con.execute("update deliveries set reason='accepted' where webhook_id = ?", [row.webhook_id])
            elif action == "cancel":
                self.con.execute(
                    "update deliveries set status='canceled', reason='operator', next_attempt_at ="
                    " case status when 'sending' then next_attempt_at end where webhook_id = ?",
                    [row.webhook_id],
                )
                self.product.queue.let_others_wait(self.con, row.webhook_id, self.clock())
            if action == "replay" and row.begun:
                self.con.execute(
                    "update deliveries set status='pending', reason=null, attempts=0, next_attempt_at=null,"
                    " overrides='reclassified stale expired', sequence=(select max(sequence)+1 from deliveries)"
                    " where webhook_id = ? and stands and (is_newest or kind != 'changed')",
                    [row.webhook_id],
                )
        promise(now is not None, "")

    def release_all(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.status == "held":
                self.decide("release", row)
