"""A person with the outbox's commands, who now and then insists."""

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random

from pipelines.flow_builder.delivery import Key
from pipelines.operations import Connection, transaction
from pipelines.settings import Settings
from tests.flow_builder.simulation.endpoint import promise
from tests.flow_builder.simulation.product import Product
from tests.flow_builder.simulation.rows import Row, read_rows


class Operator:
    """``current``: the transitions that were so at the newest sync, which is all that is known here; ``active``: those
    whose customer was."""

    def __init__(
        self,
        product: Product,
        con: Connection,
        settings: Settings,
        chance: Random,
        clock: Callable[[], datetime],
    ) -> None:
        self.product, self.con, self.settings, self.chance, self.clock = product, con, settings, chance, clock
        self.current: set[str] = set()
        self.active: set[str] = set()

    def act(self) -> None:
        action, chosen = self.chance.choices([*self.product.operators.ACTIONS.items()], [2, 1, 1])[0]
        rows = [row for row in read_rows(self.con) if row.status in chosen.from_statuses]
        if rows := [row for row in rows if row.begun] if self.chance.random() < 0.5 else rows:
            self.decide(action, self.chance.choice(rows), anyway=self.chance.random() < 0.5)

    def silence(self, key: Key) -> None:
        """Cancels what waits of this customer and is no transition's news."""
        for row in read_rows(self.con):
            if row.key == key and row.waits and row.kind != "changed":
                self.decide("cancel", row)

    def insist(self, row: Row) -> None:
        if row.status in self.product.operators.ACTIONS["replay"].from_statuses:
            self.decide("replay", row, anyway=True)

    def release_all(self) -> None:
        for row in read_rows(self.con):
            if row.status == "held":
                self.decide("release", row)

    def decide(self, action: str, row: Row, anyway: bool = False) -> None:
        deciding = self.product.operators.Deciding(
            self.settings, action, "because", "somebody", self.clock(), dry_run=False, anyway=anyway
        )
        with transaction(self.con):
            refused = deciding.one(self.con, row.webhook_id).refused
        rows = read_rows(self.con)
        after = next(one for one in rows if one.webhook_id == row.webhook_id)
        becomes = {"cancel": "dead" if row.status == "dead" else "canceled"}.get(action, "pending")
        promise(after.status == (row.status if refused else becomes), "a decision does what it says")
        if action == "replay" and not refused:
            self.look_at_replayed(after, rows, row.sequence, anyway)

    def look_at_replayed(self, row: Row, rows: Sequence[Row], was_at: int, anyway: bool) -> None:
        promise(rows[-1] == row, "what is replayed leaves last")
        if row.kind == "changed":
            promise(row.transition_id in self.active, "nobody overrides that a customer is inactive")
            promise(anyway or row.transition_id in self.current, "only a current transition's flow is started again")
            about = [one for one in rows if (one.kind, one.transition_id) == ("changed", row.transition_id)]
            again = [one for one in about if one.sequence > was_at and one != row and one.told]
            promise(not again, "what was told again since is not told as it was before")
