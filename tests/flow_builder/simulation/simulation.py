"""One seed: syncs, dispatchers, crashes, stalls, operators, switches, outages in an order that chance decides; then all
is well again, and the promises must hold."""

import asyncio
import math
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pipelines.flow_builder.delivery import Key
from pipelines.flow_builder.sender import Sender, http_client
from pipelines.operations import MIGRATIONS, moment, stamp, statements, transaction
from pipelines.readings import Reading
from pipelines.settings import Settings
from tests.flow_builder.line import settings_for
from tests.flow_builder.simulation.bodies import look_at_body
from tests.flow_builder.simulation.comparison import compare
from tests.flow_builder.simulation.current import current
from tests.flow_builder.simulation.endpoint import (
    MAX_AGE,
    MIXED_TROUBLES,
    POISONS,
    TROUBLES,
    Endpoint,
    Wire,
    promise,
)
from tests.flow_builder.simulation.expected import ExpectedEndpoint
from tests.flow_builder.simulation.happenings import ANYTHING, PAPERS, VISITS, happen, history_of_before
from tests.flow_builder.simulation.looking_back import look_back
from tests.flow_builder.simulation.operator import Operator
from tests.flow_builder.simulation.oracle import Oracle
from tests.flow_builder.simulation.process import Crash, Process
from tests.flow_builder.simulation.product import Product
from tests.flow_builder.simulation.reasons import Rules
from tests.flow_builder.simulation.rows import ON_ITS_WAY, Row, read_rows
from tests.flow_builder.simulation.switches import Switches
from tests.flow_builder.simulation.virtual_time import VirtualLoop
from tests.flow_builder.simulation.world import EDITED, STATES, TENANTS, World
from tests.flow_builder.simulation.world_log import WorldLog

PAUSES = [1, 1, 10, 10, 40, 300, 1700, 3500, 9000, 14 * 3600, 80 * 3600]
TALE_PAUSES = [30, 30, 30, 300, 300, 1800, 3900, 8000, 8000, 20 * 3600, 90 * 3600]
TABLES = (
    *("decisions", "endpoint_failures", "attempts", "deliveries", "enqueues", "history_removal", "gate_facts"),
    "tenant_switches",
)
OLD_ROW = """
    insert into deliveries (
        webhook_id, transition_id, tenant_id, customer_id, told_state, occurred_at, kind, created_at, status, reason,
        was_ahead, seen_as
    ) values (?, ?, ?, ?, ?, ?, 'changed', '2026-11-01T00:00:00.000000Z', 'not_sent', 'baseline', 1, 1)
"""
HEALTHY = """
    update endpoint set down_since = null, because = null, refuses = 0, probes = 0, probe_id = null,
        next_probe_at = null, got_through_at = null, waits_until = null
"""
ROUNDS = 60  # until a good world must have come to rest
HOUR = 3600.0


class Simulation:
    def __init__(self, product: Product, over_http: bool = False) -> None:
        self.product = product
        self.over_http = over_http
        self.con = sqlite3.connect(":memory:", isolation_level=None)
        for migration in MIGRATIONS:
            for statement in statements(migration.read_text()):
                self.con.execute(statement)
        variants = [(skip, hold) for skip in ("send", "skip") for hold in (0, 1, 500)]
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


class Scenario:
    def __init__(
        self, simulation: Simulation, clock: Callable[[], datetime], chance: Random, settings: Settings
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
        self.favourite: Key | None = None  # to whom all happens
        self.theme = ANYTHING
        self.turns = 0
        self.misery = chance.choice([0.0, 0.02, 0.02, 0.2])  # how often a process dies

    async def play(self) -> None:
        history_of_before(self.world, self.chance, self.clock())
        if self.chance.random() < 0.3:
            self.take_over()
        self.sync()
        await asyncio.sleep(1)
        if self.chance.random() < 0.5:
            await self.tell_a_tale()
        else:
            await self.live()
        await self.come_to_rest()

    async def tell_a_tale(self) -> None:
        """Much happens to one customer, and most of it is told at once."""
        self.favourite, self.endpoint.is_good = self.chance.choice(self.world.customers()), self.chance.random() < 0.7
        self.theme = self.chance.choice([ANYTHING, VISITS, VISITS, PAPERS])
        for _ in range(self.chance.randint(3, 12)):
            self.go_on(self.chance.choice([1, 1, 1, 2]))
            self.sync()
            if self.chance.random() < 0.2:
                self.operator.act()
            if self.chance.random() < 0.1:
                self.switches.turn()
            if self.chance.random() < 0.9:
                self.start()
            await self.pass_time(self.chance.choice(TALE_PAUSES))

    async def live(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            self.go_on(self.chance.randint(0, 4))
            if self.chance.random() < 0.8:
                self.sync()
            if self.chance.random() < 0.5:
                self.operator.act()
            if self.chance.random() < 0.25:
                self.switches.turn()
            for _ in range(self.chance.choice([0, 1, 1, 2])):
                self.start()
            await self.pass_time(self.chance.choice(PAUSES))
            if self.chance.random() < 0.5:
                self.overtake()
            if self.chance.random() < 0.2:
                self.darken()
        if self.chance.random() < 0.15:
            self.unwind()
        if self.chance.random() < 0.09:
            await self.have_a_bad_day()
        elif self.chance.random() < 0.09:
            await self.have_an_outage()
        elif self.chance.random() < 0.09:
            self.send_poison()

    def go_on(self, most: int = 3) -> None:
        if self.favourite is None and self.chance.random() < 0.1:
            for key in self.world.customers():
                self.news(key)
        for _ in range(most):
            happen(self.world, self.chance, self.clock(), self.favourite, self.theme)

    def news(self, key: Key) -> str:
        """Something that is told, at once."""
        state = self.world.state_now(key, self.clock())
        return self.world.enter(key, 2.0 if state == 1.0 else 1.0, self.clock()).id

    def unwind(self) -> None:
        """What happened to one customer is taken back, the newest first; some of it comes again."""
        key = self.chance.choice(self.world.customers())
        for transition in self.world.history(key)[::-1]:
            self.world.retract(transition.id)
            self.sync()
            if self.chance.random() < 0.3:
                self.world.enter(key, transition.to_state, self.clock())
                self.sync()

    async def pass_time(self, seconds: float) -> None:
        """Raises what a dispatcher has found broken meanwhile."""
        if self.running:
            await asyncio.wait(self.running, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in [task for task in self.running if task.done()]:
            self.running.discard(task)
            task.result()
        await asyncio.sleep(seconds)

    def overtake(self) -> None:
        """Something on its way stands no longer, and news of its customer comes after it."""
        for webhook_id in sorted(self.endpoint.open & self.world.events.keys())[:1]:
            self.world.retract(webhook_id)
            self.news(self.world.events[webhook_id].key)
            self.sync()
            self.start()

    def darken(self) -> None:
        """A tenant goes into shadow while something of it is tried again and again."""
        for row in [row for row in self.rows() if row.status == "retry" and row.flow_name][:1]:
            self.switches.turn_shadow(row.tenant_id)
            self.sync()

    async def have_a_bad_day(self) -> None:
        """Every process dies with what it was told, for as long as a delivery is tried."""
        self.endpoint.fates, self.misery = ["taken"], 0.9
        self.news(self.world.customers()[0])
        self.sync()
        for _ in range(ROUNDS):
            self.start()
            await self.pass_time(self.until_next())
            if not self.con.execute("select 1 from deliveries where status in ('retry', 'sending')").fetchone():
                break

    async def have_an_outage(self) -> None:
        """The same trouble with all requests, for long; news come in, and `deliver` runs whenever it may."""
        self.misery = self.chance.choice([0.0, 0.01])
        ends_at = self.clock() + timedelta(hours=self.chance.choice([1, 1, 1, 20, 72]))
        if self.chance.random() < 0.3:
            self.endpoint.fates = self.chance.choice(MIXED_TROUBLES)
        else:
            self.endpoint.fates = [self.chance.choice(TROUBLES)]
            self.tried_before = {row.webhook_id for row in self.rows() if row.begun}
        waiting = [key for _ in range(2) for key in self.world.customers()]
        at_once = self.chance.choice([1, 2, 3, len(waiting)])
        while self.clock() < ends_at:
            for key in waiting[:at_once]:
                self.news(key)
            del waiting[:at_once]
            if self.chance.random() < 0.1:
                self.go_on()
            if self.chance.random() < 0.1:
                self.retract_what_died()
            self.sync()
            self.start()
            await self.pass_time(self.until_soonest())

    def retract_what_died(self) -> None:
        for row in self.rows():
            if row.status == "dead":
                self.world.retract(row.webhook_id)

    def send_poison(self) -> None:
        """Messages that are never taken, while all others are, from now on."""
        self.tried_before, self.endpoint.is_good = {row.webhook_id for row in self.rows() if row.begun}, True
        good = [key for key in self.world.customers() if key not in self.world.merged]
        for key in good[: min(self.chance.choice([1, 1, 2, 3]), len(good) - 1)]:
            self.endpoint.poison[self.news(key)] = self.chance.choice(POISONS)

    def send_to_another(self) -> None:
        """What gets through beside a poison shows that it is at fault."""
        poisoned = {self.world.events[webhook_id].key for webhook_id in self.endpoint.poison}
        key = next(key for key in self.world.customers() if key not in poisoned | self.world.merged)
        self.world.people[key].is_active = True
        self.news(key)

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
        """And put a back-up in its place."""
        backup = sqlite3.connect(":memory:")
        self.con.backup(backup)
        lost = self.chance.choice([TENANTS, TENANTS[:1]])
        for table in ("deliveries", "enqueues"):
            self.con.execute(f"delete from {table} where tenant_id <= ?", [max(lost)])
        was_told = bool(self.log.earlier_news(self.clock(), lost))
        promise(self.enqueue() is not was_told, "a lost outbox is noticed")
        backup.backup(self.con)
        backup.close()

    def forget_history(self) -> None:
        if self.chance.random() < 0.5:
            self.product.history_removal.remove_history(self.log, self.con, Path())
            rows = self.rows()
            left = {row.webhook_id for row in rows if row.reason == "baseline"}
            is_kept = self.started_over <= {row.webhook_id for row in rows}
            promise(is_kept and left <= self.started_over, "of what 0.1.0 took as told, only history is forgotten")

    def start(self) -> None:
        self.running.add(asyncio.create_task(self.dispatch()))

    async def dispatch(self) -> None:
        process = Process(self)
        try:
            await process.dispatcher.run()
        except Crash:
            for task in process.dispatcher.in_flight:
                task.cancel()

    async def come_to_rest(self) -> None:
        """Faults end, a person decides about what is held, and time goes by."""
        self.endpoint.is_good = True
        self.switches.all_live()
        for _ in range(ROUNDS):
            alive = any(row.webhook_id in self.endpoint.poison and row.status in ON_ITS_WAY for row in self.rows())
            if alive and self.chance.random() < 0.5:
                self.send_to_another()
            self.operator.release_all()
            self.sync()
            self.start()
            await self.pass_time(60)
            if not self.unfinished() and self.is_idle() and self.stays_quiet():
                break
            await self.pass_time(self.until_next())
        promise(not self.unfinished(), "everything comes to an end")
        look_back(self, self.rows())
        self.look_back_at_outage()

    def stays_quiet(self) -> bool:
        """For three syncs more, unless a state resets by itself."""
        quiet, log = self.rows(), self.world.log.copy()
        for _ in range(3):
            self.world.derive(self.chance, self.clock())
            self.enqueue_as_said()
        promise(self.rows() == quiet or self.world.log != log, "once all is quiet nothing new is written")
        return self.world.log == log

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
        return Key(*self.con.execute(query, [webhook_id]).fetchone())

    def suspected(self) -> set[Key]:
        """Customers of what died since the last success."""
        dead = {row.webhook_id for row in self.rows() if row.status == "dead"}
        return {self.customer(webhook_id) for webhook_id in dead & {*self.expected.failed, *self.expected.refused}}

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

    def look_back_at_outage(self) -> None:
        """Only what was refused before three were may have been alone, and is dead then; and a poison."""
        dead = "select webhook_id from deliveries where status = 'dead' and reason is null"
        if self.tried_before is not None:
            fresh = {webhook_id for (webhook_id,) in self.con.execute(dead)} - self.tried_before
            fresh -= self.endpoint.poison.keys()
            lost = [webhook_id for webhook_id in fresh if not self.must_stay_dead(webhook_id)]
            few = len(self.expected.refusals.keys() - self.tried_before) < 3
            promise(not lost or (few and not self.endpoint.poison), "nothing but a poison becomes dead")

    def must_stay_dead(self, webhook_id: str) -> bool:
        """Its transition is gone, or a later one of its customer arrived, or may have."""
        query = """
            select dead.kind != 'changed' or dead.stands, http_status, error, later_attempts.attempt_id
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
