"""One seed: syncs, dispatchers, crashes, stalls and operators in an order that chance decides; then all is well again,
and the promises must hold."""

import asyncio
import math
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

from pipelines.flow_builder.post import Post, http_client
from pipelines.operations import MIGRATIONS, moment, stamp, statements, transaction
from pipelines.settings import Settings
from tests.flow_builder.line import settings_for
from tests.flow_builder.simulation.endpoint import MAX_AGE, Endpoint, Wire, promise
from tests.flow_builder.simulation.oracle import ON_ITS_WAY, Oracle, Row
from tests.flow_builder.simulation.product import Product
from tests.flow_builder.simulation.virtual_time import VirtualLoop
from tests.flow_builder.simulation.world import World, WorldLog, history_of_before, move

PAUSES = [1, 1, 10, 10, 40, 300, 3600, 14 * 3600, 80 * 3600]
TABLES = ("decisions", "attempts", "deliveries", "known_log")
LEASE = 30.0  # seconds
ROUNDS = 40  # until a good world must have come to rest
TURNS = 1000  # of all dispatchers of a seed; what goes on for longer goes on for ever


class Crash(BaseException):
    """The process is gone, and with it all that was not committed."""


class Simulation:
    def __init__(self, product: Product, over_http: bool = False) -> None:
        self.product = product
        self.over_http = over_http
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(lambda *_: None)  # of sends whose dispatcher is gone
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
        self.con.execute(
            "update endpoint set stopped_at = null, stopped_status = null, tried_at = null, waits_until = null"
        )
        chance = Random(seed)
        self.loop.run(Scenario(self, chance, chance.choice(self.variants)).play())

    def close(self) -> None:
        self.loop.close()
        self.con.close()


class Scenario:
    def __init__(self, simulation: Simulation, chance: Random, settings: Settings) -> None:
        self.product, self.con, self.clock = simulation.product, simulation.con, simulation.loop.clock
        self.chance, self.settings = chance, settings
        self.world = World(chance.choice([2, 2, 2, 6]))
        self.log = WorldLog(self.world)
        self.endpoint = Endpoint(self.con, self.product.outcome.Answer, chance, self.clock)
        self.entries = self.product.entries.Entries(self.con)
        self.oracle = Oracle(
            self.world, MAX_AGE, settings.flow_builder_superseded == "skip", settings.flow_builder_hold_above
        )
        self.post: Callable[[str, bytes], Awaitable[Any]] = self.endpoint
        if simulation.over_http:
            self.endpoint.deadline = math.inf
            self.post = Post(http_client(Wire(self.endpoint)), settings, self.clock)
        self.running: set[asyncio.Task[None]] = set()
        self.turns = 0
        self.misery = chance.choice([0.0, 0.02, 0.02, 0.2])  # how often a process dies

    async def play(self) -> None:
        history_of_before(self.world, self.chance, self.clock())
        self.sync()
        await asyncio.sleep(1)
        for _ in range(self.chance.randint(1, 4)):
            self.go_on()
            if self.chance.random() < 0.8:
                self.sync()
            if self.chance.random() < 0.5:
                self.operate()
            for _ in range(self.chance.choice([0, 1, 1, 2])):
                self.start()
            await self.pass_time(self.chance.choice(PAUSES))
            if self.chance.random() < 0.5:
                self.overtake()
        if self.chance.random() < 0.06:
            await self.have_a_bad_day()
        await self.come_to_rest()

    def go_on(self) -> None:
        if self.chance.random() < 0.1:
            for key in self.world.customers():
                self.world.enter(key, 1.0, self.clock(), self.clock())
        for _ in range(self.chance.randint(0, 3)):
            move(self.world, self.chance, self.clock())

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
        for webhook_id in sorted(self.endpoint.open & self.world.log.keys())[:1]:
            key, transition = self.world.log[webhook_id]
            self.world.turn(webhook_id, stands=False)
            self.world.enter(key, 1.0 if transition.to_state else 2.0, self.clock(), self.clock())
            self.sync()
            self.start()

    async def have_a_bad_day(self) -> None:
        """One and the same trouble for as long as a delivery is tried."""
        self.endpoint.fate = self.chance.choice(["500", "lost", "429", "404", "taken"])
        self.misery = 0.9 if self.endpoint.fate == "taken" else 0.02
        self.world.enter(self.world.customers()[0], 1.0, self.clock(), self.clock())
        self.sync()
        for _ in range(ROUNDS):
            self.start()
            await self.pass_time(self.until_next())
            if not self.con.execute("select 1 from deliveries where status in ('retry', 'sending')").fetchone():
                break

    def operate(self) -> None:
        action, deed = self.chance.choice([*self.product.operators.DEEDS.items()])
        rows = [row for row in self.rows() if row.status in deed.from_statuses]
        if rows := [row for row in rows if row.begun] or rows:
            self.decide(action, self.chance.choice(rows))

    def decide(self, action: str, row: Row) -> None:
        with transaction(self.con):
            decided = self.product.operators.decide_one(
                self.con, action, row.webhook_id, "because", "somebody", self.clock()
            )
        ((status,),) = self.con.execute("select status from deliveries where webhook_id = ?", [row.webhook_id])
        becomes = {"cancel": "dead" if row.status == "dead" else "canceled"}.get(action, "pending")
        promise(status == (row.status if decided.refused else becomes), "a deed does what it says")
        if action == "replay" and not decided.refused:
            promise(self.rows()[-1].webhook_id == row.webhook_id, "what is replayed leaves last")
        if action == "replay" and row.kind == "changed" and not decided.refused and not self.world.merged:
            # of a merge the outbox learns nothing
            promise(row.webhook_id == self.newest.get(row.key), "only the newest transition's flow is started again")

    def sync(self) -> None:
        expected = self.oracle.after_sync(self.rows())
        if not self.product.enqueue.is_idle(self.log, self.entries):
            with transaction(self.con):
                self.product.enqueue.Writing(self.log, self.entries, self.settings, self.clock()).write()
        rows = self.rows()
        promise(rows == expected, "a sync tells what delivery.md says")
        self.newest = {key: one[-1].transition_id for key in self.world.customers() if (one := self.world.history(key))}
        changed = {row.webhook_id for row in rows if row.kind == "changed"}
        promise(changed == self.world.log.keys(), "every transition has one delivery")

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
        for _ in range(ROUNDS):
            self.release_all()
            self.sync()
            self.start()
            await self.pass_time(60)
            if not self.unfinished() and self.product.enqueue.is_idle(self.log, self.entries):
                break
            await self.pass_time(self.until_next())
        promise(not self.unfinished(), "everything comes to an end")
        self.look_back()

    def ready(self) -> list[str]:
        """What could be sent now: of each customer the first that is not finished, where it is due."""
        query = (
            """select webhook_id, tenant_id, customer_id, status, next_attempt_at from deliveries order by sequence"""
        )
        now, seen, ready = stamp(self.clock()), set(), []
        for webhook_id, tenant_id, customer_id, status, next_attempt_at in self.con.execute(query):
            if (tenant_id, customer_id) in seen:
                continue
            if status in ON_ITS_WAY or (next_attempt_at or "") > now:
                seen.add((tenant_id, customer_id))
            if status in ON_ITS_WAY[:3] and (next_attempt_at or "") <= now:
                ready.append(webhook_id)
        return ready

    def unfinished(self) -> bool:
        return any(row.status in ON_ITS_WAY for row in self.rows())

    def until_next(self) -> float:
        """Seconds until something is due, and a little."""
        query = """select min(next_attempt_at) from deliveries where status in ('retry', 'sending')
            union all select waits_until from endpoint"""
        due = [moment(text) for (text,) in self.con.execute(query) if text]
        return min(max([1.0, *((at - self.clock()).total_seconds() + 1 for at in due)]), 24 * 3600)

    def release_all(self) -> None:
        for row in self.rows():
            if row.status == "held":
                self.decide("release", row)

    def look_back(self) -> None:
        rows = self.rows()
        last_arrival = {webhook_id: i for i, webhook_id in enumerate(self.endpoint.arrived)}
        query = "select webhook_id from deliveries where replayed and status = 'canceled'"
        in_vain = {webhook_id for (webhook_id,) in self.con.execute(query)}
        for row in rows:
            promise(row.status != "delivered" or row.webhook_id in last_arrival, "what is delivered has arrived")
        for key in self.world.customers():
            told = [row for row in rows if row.key == key and row.told]
            if not told or not self.world.is_active(key):
                continue
            promise(told[-1].state == self.world.state(key), "what was told last is the customer's state")
            arrivals = [last_arrival[row.webhook_id] for row in told if row.webhook_id in last_arrival.keys() - in_vain]
            promise(arrivals == sorted(arrivals), "what was told arrived in the order in which it was told")
        expired = "select count(*) from deliveries where replayed and reason = 'expired'"
        promise(self.con.execute(expired).fetchone() == (0,), "what a person sends again does not expire")

    def rows(self) -> list[Row]:
        query = """select webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, status,
            reason, attempt_id is not null from deliveries order by sequence"""
        return [Row(*values) for values in self.con.execute(query)]


class Process:
    """A dispatcher that may die or stall at each of its turns and sends."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.chance = scenario, scenario.chance
        product = scenario.product
        outbox = product.outbox.Outbox(scenario.con, MAX_AGE)
        self.dispatcher = product.dispatcher.Dispatcher(
            outbox, self.send, scenario.clock, scenario.chance, self.turn, product.outcome.outcome
        )
        self.stopped = False

    async def turn(self, turn: Callable[[], Any]) -> Any:
        await self.misfortune()
        self.scenario.turns += 1
        promise(self.scenario.turns < TURNS, "nothing goes on for ever")
        came_back = list(self.dispatcher.came_back)
        before = self.statuses() if came_back else {}
        claimed = turn()
        if came_back:
            self.look_at_settled(came_back, before, {claim.webhook_id for claim in claimed.claims})
        self.look_at_claimed(came_back, claimed)
        await self.misfortune()
        return claimed

    def statuses(self) -> dict[str, tuple[str, int]]:
        rows = self.scenario.con.execute("select webhook_id, status, attempt_id from deliveries")
        return {webhook_id: (status, attempt_id) for webhook_id, status, attempt_id in rows}

    def look_at_settled(self, came_back: list[Any], before: dict[str, tuple[str, int]], claimed: set[str]) -> None:
        after = self.statuses()
        for claim, answer in came_back:
            status, attempt_id = before[claim.webhook_id]
            if answer.status == 200:
                promise(after[claim.webhook_id][0] in ("delivered", "canceled"), "what was taken is delivered")
            elif (status, attempt_id) != ("sending", claim.attempt_id) and claim.webhook_id not in claimed:
                settled = ("sending", "delivered", "dead", "canceled")
                promise(status not in settled or after[claim.webhook_id][0] == status, "only who holds it settles it")
            promise(status != "canceled" or after[claim.webhook_id][0] == "canceled", "what was canceled stays so")

    def look_at_claimed(self, came_back: list[Any], claimed: Any) -> None:
        self.stopped |= any(answer.status == 404 for _, answer in came_back)
        promise(not (self.stopped and claimed.claims), "a wrong endpoint ends the run")
        waits = self.waits()
        promise(not (claimed.claims and waits), "the whole queue waits as it was asked to")
        if not (waits or self.stopped or self.is_full(claimed)):
            promise(not self.scenario.ready(), "what is due and first of its customer is not left lying")

    async def send(self, webhook_id: str, body: bytes) -> Any:
        promise(len(self.dispatcher.in_flight) <= 8, "at most eight are on their way")
        answer = await self.scenario.post(webhook_id, body)
        await self.misfortune()
        return answer

    async def misfortune(self) -> None:
        if self.scenario.endpoint.is_good:
            return
        draw = self.chance.random()
        if draw < self.scenario.misery:
            raise Crash
        if draw < self.scenario.misery + 0.04:
            stall = self.chance.choice([8.0, 45.0])
            if stall > LEASE:
                asyncio.get_running_loop().call_later(LEASE + 1, self.scenario.start)
            await asyncio.sleep(stall)

    def is_full(self, claimed: Any) -> bool:
        busy = len(self.dispatcher.in_flight) + len(claimed.claims)
        return busy >= (1 if self.dispatcher.outbox.endpoint().stopped_at else 8)

    def waits(self) -> bool:
        endpoint = self.scenario.product.outbox.Endpoint.read(self.scenario.con)
        return bool(endpoint.waits(self.scenario.clock()))
