"""Who and what is there in a seed, and what the outbox is asked about it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from pipelines.flow_builder.delivery import Key
from pipelines.flow_builder.sender import Sender, http_client
from pipelines.operations import moment, stamp
from pipelines.readings import Reading
from pipelines.settings import Settings
from tests.flow_builder.simulation.endpoint import MAX_AGE, Endpoint, Wire
from tests.flow_builder.simulation.expected import ExpectedEndpoint
from tests.flow_builder.simulation.happenings import ANYTHING
from tests.flow_builder.simulation.operator import Operator
from tests.flow_builder.simulation.oracle import Oracle
from tests.flow_builder.simulation.reasons import Rules
from tests.flow_builder.simulation.rows import ON_ITS_WAY, Row, read_rows
from tests.flow_builder.simulation.switches import Switches
from tests.flow_builder.simulation.world import EDITED, STATES, TENANTS, World
from tests.flow_builder.simulation.world_log import WorldLog

if TYPE_CHECKING:
    from tests.flow_builder.simulation.simulation import Simulation

HOUR = 3600.0


class Stage:
    def __init__(
        self, simulation: "Simulation", clock: Callable[[], datetime], chance: Random, settings: Settings
    ) -> None:
        self.product, self.con, self.clock = simulation.product, simulation.con, clock
        self.chance, self.settings = chance, settings
        self.world = World(chance.choice([2, 2, 2, 6]), chance.choice([STATES, STATES, EDITED]))
        self.log = WorldLog(self.world)
        self.endpoint = Endpoint(self.con, self.product.retry_policy.AttemptResult, chance, self.clock)
        self.expected = ExpectedEndpoint()
        self.tried_before: set[str] | None = None  # when the outage began
        self.started_over: set[str] = set()
        skips = settings.flow_builder_superseded == "skip"
        self.oracle = Oracle(self.world, Rules(MAX_AGE, skips), settings.flow_builder_hold_above)
        self.switches = Switches(self.con, chance, self.clock)
        self.operator = Operator(self.product, self.con, settings, chance, self.clock)
        self.readings = {one: Reading(self.clock(), None) for one in TENANTS}
        self.fails_to_read = chance.choice([0.0, 0.0, 0.4])
        self.bodies: dict[str, bytes] = {}  # of what was never attempted, as the newest sync wrote them
        self.told: set[str] = set()  # as the newest sync saw it
        self.post: Callable[[str, bytes], Awaitable[Any]] = self.endpoint
        if simulation.over_http:
            self.endpoint.deadline = math.inf
            self.post = Sender(http_client(Wire(self.endpoint)), settings, self.clock)
        self.running: set[asyncio.Task[None]] = set()
        self.favourites: list[Key] = []  # to whom all happens
        self.theme = ANYTHING
        self.turns = 0
        self.misery = chance.choice([0.0, 0.02, 0.02, 0.2])  # how often a process dies

    def ready(self) -> list[str]:
        """What could be sent now: of each customer the first that is not finished, where it is due, or where its last
        attempt brought the endpoint down."""
        query = """
            select webhook_id, tenant_id, customer_id, status, next_attempt_at,
                attempt_id in (select attempt_id from endpoint_failures), settles_at is not null or flow_until <= ?
            from deliveries order by sequence"""
        now, seen, ready = stamp(self.clock()), set(), []
        for webhook_id, tenant_id, customer_id, status, next_attempt_at, is_suspect, waits in self.con.execute(
            query, [now]
        ):
            if (tenant_id, customer_id) in seen:
                continue
            if status in ON_ITS_WAY or (next_attempt_at or "") > now:
                seen.add((tenant_id, customer_id))
            is_time = (next_attempt_at or "") <= now or (is_suspect and self.expected.down_since)
            if status in ON_ITS_WAY[:3] and is_time and not waits and self.switches.may_leave(tenant_id):
                ready.append(webhook_id)
        return ready

    def customer(self, webhook_id: str) -> Key:
        query = "select tenant_id, customer_id from deliveries where webhook_id = ?"
        ((tenant_id, customer_id),) = self.con.execute(query, [webhook_id]).fetchall()
        return Key(tenant_id, customer_id)

    def suspected(self) -> set[Key]:
        """Customers of what died since the last success."""
        dead = {row.webhook_id for row in self.rows() if row.status == "dead"}
        return {self.customer(webhook_id) for webhook_id in dead & {*self.expected.failed, *self.expected.refused}}

    def gone(self) -> set[str]:
        """Whose transition does not stand, as the newest sync saw it."""
        query = "select webhook_id from deliveries where kind = 'changed' and stands = 0"
        return {webhook_id for (webhook_id,) in self.con.execute(query)}

    def on_its_way(self) -> set[str]:
        query = "select webhook_id from deliveries where status = 'sending' and next_attempt_at > ?"
        return {webhook_id for (webhook_id,) in self.con.execute(query, [stamp(self.clock())])}

    def unfinished(self) -> bool:
        return any(row.status in ON_ITS_WAY for row in self.rows())

    def until_next(self) -> float:
        """Seconds until something more is due, and a little: what is due already waits for an earlier one."""
        query = """select min(next_attempt_at) from deliveries
            where status in ('retry', 'sending') and next_attempt_at > ?
            union all select min(settles_at) from deliveries where status in ('pending', 'held')
            union all select waits_until from endpoint union all select next_probe_at from endpoint"""
        due = [moment(text) for (text,) in self.con.execute(query, [stamp(self.clock())]) if text]
        return min(max([1.0, *((at - self.clock()).total_seconds() + 1 for at in due)]), 24 * HOUR)

    def until_soonest(self) -> float:
        """Seconds until `deliver` may do something."""
        query = """select next_attempt_at from deliveries where status in ('retry', 'sending')
            union all select waits_until from endpoint union all select next_probe_at from endpoint"""
        due = [(moment(text) - self.clock()).total_seconds() for (text,) in self.con.execute(query) if text]
        return min([HOUR, *(seconds + 0.1 for seconds in due if seconds > 0)])

    def must_stay_dead(self, webhook_id: str) -> bool:
        """Its transition is gone, or a later one of its customer arrived, or may have."""
        query = """
            select dead.kind != 'changed' or dead.stands = 1, http_status, error, later_attempts.attempt_id
            from deliveries as dead
            left join deliveries as later using (tenant_id, customer_id)
            left join attempts as later_attempts
                on later.webhook_id = later_attempts.webhook_id and later.sequence > dead.sequence
            where dead.webhook_id = ?"""
        for stands, status, error, attempt_id in self.con.execute(query, [webhook_id]):
            answered = status is not None and 300 <= status < 500
            if not stands or (attempt_id and not answered and not (error or "").startswith("Connect")):
                return True
        return False

    def product_endpoint(self) -> Any:
        return self.product.endpoint.Endpoint.read(self.con)

    def rows(self) -> list[Row]:
        return read_rows(self.con)
