"""From the marts to Flow Builder, by what every release has, `enqueue` and `deliver`; and the gate, if there is one."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson

from pipelines.operations import open_operations
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.mails.product import Product, product
from tests.mails.source import Source
from tests.simulator.credentials import APP_KEY
from tests.simulator.environment import SIGNING_SECRET, ZONES
from tests.simulator.flow_builder.flows import Data, Gate
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import World

Message = tuple[str, Mapping[str, Any]]  # webhook-id and body


class Line:
    """``sync`` reads some tenants and brings what is new to Flow Builder; it gives the messages that came. Several
    lines may tell of one source, each with an outbox of its own in ``folder``."""

    def __init__(self, source: Source, folder: Path, used: Product | None = None) -> None:
        self.source, self.clock, self.product = source, source.world.now, used or product()
        self.settings = settings_for(source.world, folder)
        self.paused: set[int] = set()
        self.receiver = Receiver([SIGNING_SECRET], self.clock)
        self.transport = httpx.ASGITransport(self.receiver.app)

    @property
    def derivations(self) -> int:
        return self.source.derivations

    def pause(self, tenants: Collection[int]) -> None:
        """These, and no others; where the product has a brake."""
        switches, by_id = self.product.switches, {one.id: one for one in directory.all(self.settings)}
        for turn, changed in (("pause", {*tenants} - self.paused), ("resume", self.paused - {*tenants})):
            if switches and changed:
                asked = {"reason": "asked", "by": "the measurement", "now": self.clock()}
                switches.turn(self.settings.operations, [by_id[one] for one in changed], turn, **asked)
        self.paused = {*tenants}

    def sync(self, tenants: Collection[int]) -> Iterator[Message]:
        self.source.read(tenants)
        with self.source.opened() as con:
            self.product.enqueue(con, self.settings, self.clock(), **self.readings())
        before = len(self.receiver.received)
        self.product.deliver(self.settings, self.clock, self.transport)
        for one in self.receiver.received[before:]:
            assert one.verified, one
            yield str(one.id), one.body

    def readings(self) -> dict[str, Any]:
        """When each tenant was read last, where the product wants to know."""
        reading = self.product.reading
        return {"readings": {tenant: reading(at, at) for tenant, at in self.source.read_at.items()}} if reading else {}

    @property
    def gate(self) -> Gate | None:
        return self.ask if self.product.check else None

    def ask(self, transition_id: str) -> Data | None:
        with open_operations(self.settings.operations) as con:
            answer = self.product.check(con, self.settings, transition_id, self.clock())
        return None if answer is None else dict(orjson.loads(orjson.dumps(answer, option=orjson.OPT_UTC_Z)))


def settings_for(world: World, folder: Path) -> Settings:
    tenants = {
        one.name: {"id": one.tenant_id, "client_id": "id", "client_secret": "secret", "timezone": ZONES.get(one.name)}
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
