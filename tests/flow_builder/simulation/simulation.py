"""The product under simulation, and one seed after the other."""

from pathlib import Path
from random import Random

from pipelines.operations import PATIENCE, PostgresUrl
from pipelines.operations.database import postgres
from pipelines.operations.sqlite import connect
from tests.flow_builder.line import settings_for
from tests.flow_builder.simulation.product import Product
from tests.flow_builder.simulation.scenario import Scenario
from tests.flow_builder.simulation.virtual_time import VirtualLoop

TABLES = (
    *("decisions", "endpoint_failures", "attempts", "deliveries", "enqueues", "history_removal", "gate_facts"),
    "tenant_switches",
)
HEALTHY = """
    update endpoint set down_since = null, because = null, refuses = 0, probes = 0, probe_id = null,
        next_probe_at = null, got_through_at = null, waits_until = null
"""


class Simulation:
    """``operations_url``: of an empty PostgreSQL store, in place of SQLite's in memory."""

    def __init__(self, product: Product, over_http: bool = False, operations_url: str | None = None) -> None:
        self.product = product
        self.over_http = over_http
        self.con = postgres(PostgresUrl(operations_url), PATIENCE) if operations_url else connect(Path(":memory:"))
        self.con.migrate()
        variants = [(skip, hold) for skip in ("send", "skip") for hold in (0, 1, 500, 500)]
        self.variants = [
            settings_for(Path("unused"), flow_builder_superseded=skip, flow_builder_hold_above=hold)
            for skip, hold in variants
        ]

    def run(self, seed: int) -> None:
        for table in TABLES:
            self.con.execute(f"delete from {table}")
        self.con.execute(HEALTHY)
        chance = Random(seed)
        loop = VirtualLoop()  # each its own, so that nothing of one seed goes on in another
        loop.set_exception_handler(lambda *_: None)  # of sends whose dispatcher is gone
        try:
            loop.run(Scenario(self, loop.clock, chance, chance.choice(self.variants)).play())
        finally:
            loop.close()

    def close(self) -> None:
        self.con.close()
