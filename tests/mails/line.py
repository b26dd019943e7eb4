"""From the records to Flow Builder, by what every release has: `derive`, `enqueue`, `deliver`."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import httpx

from pipelines.derivation.derive import derive
from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.enqueue import enqueue
from pipelines.servicetitan.raw_tables import TENANTS
from pipelines.settings import Settings
from tests.simulator.credentials import APP_KEY
from tests.simulator.environment import SIGNING_SECRET, ZONES
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.loads import Loads
from tests.simulator.world import World
from tests.states.ledger import syncs
from tests.states.warehouse import Warehouse

Message = tuple[str, Mapping[str, Any]]  # webhook-id and body


class Line:
    """``sync`` reads some tenants and brings what is new to Flow Builder; it gives the messages that came."""

    def __init__(self, world: World, folder: Path, work_dir: Path, rules_dir: Path | None = None) -> None:
        self.world, self.rules_dir = world, rules_dir
        self.loads, self.warehouse = Loads(world), Warehouse(folder / "warehouse.duckdb", work_dir)
        self.settings = settings_for(world, folder)
        self.receiver = Receiver([SIGNING_SECRET], world.now)
        self.transport = httpx.ASGITransport(self.receiver.app)
        self.syncs = self.derivations = 0
        self.read_at: dict[int, datetime] = {}

    def sync(self, tenants: Collection[int]) -> Iterator[Message]:
        now = self.world.now()
        self.load(tenants, now)
        derivation = derive(
            self.warehouse.path, now, work_dir=self.warehouse.work_dir, rules_dir=self.rules_dir, tests=False
        )
        self.derivations += derivation.reason is not None
        self.enqueue(now)
        before = len(self.receiver.received)
        deliver(self.settings, self.world.now, self.transport)
        for one in self.receiver.received[before:]:
            assert one.verified, one
            yield str(one.id), one.body

    def load(self, tenants: Collection[int], now: datetime) -> None:
        is_new_day = self.read_at and max(self.read_at.values()).date() < now.date()
        self.read_at |= dict.fromkeys(tenants, now)
        tables: dict[str, Any] = {**self.loads.take(tenants)}
        if is_new_day:
            self.warehouse.load({"customer_contacts": self.loads.missing_contacts()})
        if not self.syncs:
            tables[TENANTS.name] = [
                {"tenant_id": one.tenant_id, "tenant_name": one.name, "timezone": ZONES[one.name]}
                for one in self.world.companies.values()
            ]
        if any(len(rows) for rows in tables.values()):
            self.syncs += 1
            self.warehouse.load(tables | syncs(tenants, (), self.syncs))

    def enqueue(self, now: datetime) -> None:
        with duckdb.connect(self.warehouse.path) as con:
            con.execute("set TimeZone = 'UTC'")
            enqueue(con, self.settings, now, **self.readings())

    def readings(self) -> dict[str, Any]:
        """When each tenant was read last, where the product wants to know."""
        reading = getattr(import_module("pipelines.flow_builder.enqueue"), "Reading", None)
        return {"readings": {tenant: reading(at, at) for tenant, at in self.read_at.items()}} if reading else {}


def settings_for(world: World, folder: Path) -> Settings:
    tenants = {
        one.name: {"id": one.tenant_id, "client_id": "id", "client_secret": "secret", "timezone": ZONES[one.name]}
        for one in world.companies.values()
    }
    return Settings(
        _env_file=None,
        servicetitan_app_key=APP_KEY,
        servicetitan_tenants=tenants,
        data_dir=folder,
        flow_builder_trigger_url="http://127.0.0.1:9/trigger",
        flow_builder_signing_secrets=SIGNING_SECRET,
        flow_builder_hold_above=1_000_000,
    )
