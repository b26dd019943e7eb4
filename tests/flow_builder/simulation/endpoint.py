"""Flow Builder behind a network that chance decides; it checks what it is sent, when, and in which order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import orjson

from pipelines.operations import Connection, moment
from tests.flow_builder.simulation.records import BOOKED
from tests.flow_builder.simulation.rows import named

MAX_AGE = timedelta(hours=72)
DEADLINE = 20.0
LATENCIES = [0.02, 0.02, 0.5, 5.0, 15.0, 25.0]
# What becomes of a request that got through, and how often.
FATES: dict[str, int] = {
    "taken": 8,
    "taken, answer lost": 2,
    "lost": 2,
    "500": 2,
    "503 with Retry-After": 1,
    "429": 1,
    "404": 1,
    "400": 1,
    "409": 1,
    "402": 1,
    "no connection": 1,
}
# What may be wrong with all requests for long.
TROUBLES = ["500", "503", "lost", "no connection", "no TLS", "503 with Retry-After", "429", "404", "422", "402"]
MIXED_TROUBLES = [("422", "lost"), ("422", "500", "no connection"), ("500", "404"), ("429", "500")]
POISONS = ["500", "lost", "422", "409", "409 after no connection"]


class Broken(AssertionError):
    """A promise of delivery.md does not hold."""


def promise(holds: bool, words: str) -> None:
    if not holds:
        raise Broken(words)


@dataclass
class Endpoint:
    con: Connection
    answer_class: Any  # the product's
    chance: Random
    clock: Callable[[], datetime]
    is_good: bool = False  # no fault from now on
    fates: Sequence[str] = ()  # one of them meets every request, for the time being
    poison: dict[str, str] = field(default_factory=dict)  # the fate of some messages, for ever
    deadline: float = DEADLINE  # that whoever asks keeps; infinite where the product's own post does
    bodies: dict[str, bytes] = field(default_factory=dict)
    arrived: list[str] = field(default_factory=list)  # ids, as often as they arrived
    open: set[str] = field(default_factory=set)

    async def __call__(self, webhook_id: str, body: bytes) -> Any:
        self.look_at(webhook_id, body)
        self.open.add(webhook_id)
        try:
            return await self.answer(webhook_id)
        finally:
            self.open.discard(webhook_id)

    async def answer(self, webhook_id: str) -> Any:
        slow = self.poison.keys() - {webhook_id} and self.chance.random() < 0.5
        latency = (15.0 if slow else 0.02) if self.is_good else self.chance.choice(LATENCIES)
        fate = self.poison.get(webhook_id) or self.fate_of_others()
        if fate.startswith("409 after"):
            self.poison[webhook_id], fate = "409", "no connection"
        await asyncio.sleep(min(latency, self.deadline))
        if fate.startswith("taken"):
            self.arrived.append(webhook_id)
        if latency > self.deadline or fate in ("lost", "taken, answer lost"):
            return self.answer_class(error="Timeout")
        if fate in ("no connection", "no TLS"):
            return self.answer_class(error=f"ConnectError: {fate}")
        if fate in ("429", "503 with Retry-After"):
            return self.answer_class(int(fate[:3]), retry_after=self.chance.choice(["60", "600", "7200"]))
        return self.answer_class(200 if fate == "taken" else int(fate))

    def fate_of_others(self) -> str:
        if self.is_good:
            return "taken"
        return self.chance.choice(self.fates) if self.fates else self.chance.choices([*FATES], [*FATES.values()])[0]

    def look_at(self, webhook_id: str, body: bytes) -> None:
        row = self.row(webhook_id)
        promise(self.bodies.setdefault(webhook_id, body) == body, "every attempt sends the same bytes")
        promise(webhook_id not in self.open, "no delivery is on its way twice at the same time")
        promise(row["noted"] > 0, "an attempt is written before its request")
        promise(row["earlier"] == 0, "a later transition waits for the earlier one")
        promise(row["attempts"] <= 7, "at most seven attempts are made")
        data = orjson.loads(body)["data"]
        promise(not (data["flow_name"] and data["superseded"]), "what is superseded starts no flow")
        promise(row["kind"] == "changed" or data["flow_name"] is None, "a correction starts no flow")
        if row["kind"] == "changed" and not row["overrides"]:
            # claimed a moment ago, at most the lease's slack
            slack = timedelta(seconds=60)
            is_ahead = is_visit_ahead(data["to_state"], row["was_ahead"], row["appointment"], self.clock() - slack)
            age = self.clock() - moment(row["occurred_at"])
            promise(is_ahead or age <= MAX_AGE + slack, "what is too old is not sent")

    def row(self, webhook_id: str) -> dict[str, Any]:
        cursor = self.con.execute(
            """select kind, overrides, occurred_at, attempts, was_ahead, appointment,
                (select count(*) from attempts where webhook_id = d.webhook_id and ended_at is null) as noted,
                (
                    select count(*) from deliveries as e
                    where (e.tenant_id, e.customer_id) = (d.tenant_id, d.customer_id) and e.sequence < d.sequence
                        and e.status in ('pending', 'sending', 'retry', 'held')
                ) as earlier
            from deliveries as d where webhook_id = ?""",
            [webhook_id],
        )
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def is_visit_ahead(state: float | None, was_ahead: bool, appointment: str | None, now: datetime) -> bool:
    """A booking's, as the newest sync saw it."""
    told = named(appointment)
    return state in BOOKED and was_ahead and told is not None and told.end > now


class Wire(httpx.AsyncBaseTransport):
    """The endpoint, for the product's own HTTP client."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.endpoint(request.headers["webhook-id"], await request.aread())
        if answer.status is None:
            connected = not answer.error.startswith("Connect")
            raise httpx.ReadError("lost") if connected else httpx.ConnectError("no connection")
        headers = {"retry-after": answer.retry_after} if answer.retry_after else {}
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(b"an answer"))
