"""What ServiceTitan's records become: raw tables, and the marts that dbt makes of them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.derivation.derive import derive
from pipelines.servicetitan.raw_tables import TENANTS
from tests.simulator.environment import ZONES
from tests.simulator.office.loads import Loads
from tests.simulator.world import World
from tests.states.ledger import syncs
from tests.states.warehouse import Warehouse


class Source:
    """``read`` some tenants, and derive where something is new; ``read_at``: when each was read last."""

    def __init__(self, world: World, folder: Path, work_dir: Path, rules_dir: Path | None = None) -> None:
        self.world, self.rules_dir = world, rules_dir
        self.loads, self.warehouse = Loads(world), Warehouse(folder / "warehouse.duckdb", work_dir)
        self.derivations = self.syncs = 0
        self.read_at: dict[int, datetime] = {}

    def read(self, tenants: Collection[int]) -> None:
        """Once at each moment, however many listen."""
        now = self.world.now()
        if now in self.read_at.values():
            return
        self.load(tenants, now)
        derivation = derive(
            self.warehouse.path, now, work_dir=self.warehouse.work_dir, rules_dir=self.rules_dir, tests=False
        )
        self.derivations += derivation.reason is not None

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(self.warehouse.path) as con:
            con.execute("set TimeZone = 'UTC'")
            yield con

    def load(self, tenants: Collection[int], now: datetime) -> None:
        """Once a day all contacts are compared, for no export tells which are gone."""
        is_new_day = self.read_at and max(self.read_at.values()).date() < now.date()
        self.read_at |= dict.fromkeys(tenants, now)
        tables: dict[str, Any] = {**self.loads.take(tenants)}
        if is_new_day:
            self.warehouse.load({"customer_contacts": self.loads.missing_contacts()})
        if not self.syncs:
            tables[TENANTS.name] = [
                {"tenant_id": one.tenant_id, "tenant_name": one.name, "timezone": ZONES.get(one.name, "UTC")}
                for one in self.world.companies.values()
            ]
        if any(len(rows) for rows in tables.values()):
            self.syncs += 1
            self.warehouse.load(tables | syncs(tenants, (), self.syncs))
