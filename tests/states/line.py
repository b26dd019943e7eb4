"""The line behind ServiceTitan: a warehouse that a test fills, the outbox, and a receiver."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import duckdb

from pipelines.derivation.derive import derive
from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.enqueue import enqueue
from pipelines.settings import Settings
from tests.simulator.flow_builder.receiver import Receiver
from tests.states.ledger import syncs
from tests.states.warehouse import Warehouse

MINUTE = timedelta(minutes=1)


class Line:
    """Warehouse, outbox and receiver; ``sync`` loads, derives, enqueues and delivers, and counts messages by tenant."""

    def __init__(
        self, warehouse: Warehouse, settings: Settings, receiver: Receiver, tenants: Iterable[int], now: datetime
    ) -> None:
        self.warehouse, self.settings, self.receiver, self.tenants = warehouse, settings, receiver, list(tenants)
        self.now, self.number = now, 0
        self.rules = settings.data_dir / "rules"
        receiver.clock = lambda: self.now

    def sync(self, rows: Mapping[str, Iterable[Mapping[str, Any]]] | None = None) -> Counter[int]:
        return Counter(data["tenant_id"] for data in self.told(rows))

    def told(self, rows: Mapping[str, Iterable[Mapping[str, Any]]] | None = None) -> list[dict[str, Any]]:
        """What the messages say."""
        self.now, self.number = self.now + 5 * MINUTE, self.number + 1
        self.warehouse.load({**(rows or {})} | syncs(self.tenants, (), self.number))
        derive(self.warehouse.path, self.now, work_dir=self.warehouse.work_dir, rules_dir=self.rules, tests=False)
        before = len(self.receiver.received)
        with duckdb.connect(self.warehouse.path) as con:
            con.execute("set TimeZone = 'UTC'")
            enqueue(con, self.settings, self.now)
        deliver(self.settings, lambda: self.now)
        return [one.body["data"] for one in self.receiver.received[before:]]

    def reclassified(self) -> Counter[int]:
        log = "select tenant_id from marts.customer_state_transitions where is_reclassified"
        return Counter(tenant_id for (tenant_id,) in self.warehouse.rows(log))
