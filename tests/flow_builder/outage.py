"""Flow Builder in trouble for hours, over real HTTP: the line goes on under a clock that is moved, as the sensor would
start `deliver`."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from pipelines.flow_builder.deliver import deliver
from pipelines.operations import moment
from tests.flow_builder.line import Line
from tests.flow_builder.stored import due
from tests.simulator.flow_builder.receiver import Receiver, Reply

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TICK = timedelta(seconds=5)  # of the sensor
CLOSED = "http://127.0.0.1:9/trigger"
UNVERIFIED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"
MOMENTS = """
    select min(next_attempt_at) from deliveries where status in ('retry', 'sending') and next_attempt_at > ?
    union all select next_probe_at from endpoint where next_probe_at > ?
    union all select waits_until from endpoint where waits_until > ?
"""


class Failing(httpx.AsyncBaseTransport):
    """A wire that fails as it is told, at once: nobody wants to wait 20 s for each attempt."""

    def __init__(self, error: httpx.TransportError) -> None:
        self.error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        raise self.error


@dataclass(frozen=True)
class Trouble:
    """What meets every attempt: an answer, a closed port, or a wire that fails."""

    reply: Reply | None = None
    error: httpx.TransportError | None = None


TROUBLES = {
    "refused connections": Trouble(),
    "no answer in time": Trouble(error=httpx.ReadTimeout("")),
    "broken TLS": Trouble(error=httpx.ConnectError(UNVERIFIED)),
    "cut connections": Trouble(Reply(drop=True)),
    "500": Trouble(Reply(500)),
    "503": Trouble(Reply(503)),
    "503, Retry-After 120": Trouble(Reply(503, {"retry-after": "120"})),
    "429, Retry-After 3600": Trouble(Reply(429, {"retry-after": "3600"})),
    "401": Trouble(Reply(401)),
    "404": Trouble(Reply(404)),
    "307": Trouble(Reply(307, {"location": "/elsewhere"})),
    "422": Trouble(Reply(422)),
    "402": Trouble(Reply(402)),
}


@dataclass
class Played:
    """``begun``: when each attempt of the trouble began."""

    ended_at: datetime
    begun: list[datetime] = field(default_factory=list)
    statuses: dict[tuple[str, str | None], int] = field(default_factory=dict)
    in_order: bool = False
    came_after: timedelta | None = None  # the last of what was still to be sent, after the end of the trouble

    def gaps(self) -> list[float]:
        """Seconds between attempts, from the first second's on."""
        return [(b - a).total_seconds() for a, b in zip(self.begun, self.begun[1:], strict=False) if b > a]


def play(line: Line, receiver: Receiver, trouble: Trouble, hours: float) -> Played:
    """Forty customers have two messages each when it begins, and every two hours one more customer has one."""
    for customer_id in range(1, 41):
        book(line, customer_id, (1.0, 2.0))
    line.sync()
    played = Played(line.now + hours * HOUR)
    attempt = ask(line, "select ifnull(max(attempt_id), 0) from attempts")[0]
    begin(line, receiver, trouble)
    news_at, customer_id = line.now + 2 * HOUR, 100
    while line.now < played.ended_at:
        if line.now >= news_at:
            book(line, customer_id := customer_id + 1, (2.0,))
            line.sync(after=timedelta(0))
            news_at += 2 * HOUR
        tick(line, trouble)
        line.now = min(next_moment(line), news_at, played.ended_at)
    begun = "select started_at from attempts where attempt_id > ? order by attempt_id"
    played.begun = [moment(text) for text in ask(line, begun, attempt)]
    look_at_the_end(line, receiver, played)
    return played


def look_at_the_end(line: Line, receiver: Receiver, played: Played) -> None:
    receiver.otherwise = Reply()
    line.configure(flow_builder_trigger_url=f"{receiver.url}/trigger")
    for _ in range(100):
        line.sync(after=timedelta(0))
        tick(line, Trouble(Reply()))
        if not ask(line, "select 1 from deliveries where status in ('pending', 'sending', 'retry')"):
            break
        line.now = next_moment(line)
    played.came_after = line.now - played.ended_at
    query = "select status, reason, count(*) from deliveries group by status, reason"
    played.statuses = {(status, reason): count for status, reason, count in line.ask(query)}
    played.in_order = arrived_in_order(line, receiver)


def arrived_in_order(line: Line, receiver: Receiver) -> bool:
    sequences = dict(line.ask("select webhook_id, sequence from deliveries"))
    arrived = defaultdict(list)
    for received in receiver.delivered():
        arrived[received.body["data"]["customer_id"]].append(sequences[str(received.id)])
    return all(order == sorted(order) for order in arrived.values())


def begin(line: Line, receiver: Receiver, trouble: Trouble) -> None:
    if trouble.reply:
        receiver.otherwise = trouble.reply
    elif not trouble.error:
        line.configure(flow_builder_trigger_url=CLOSED)


def tick(line: Line, trouble: Trouble) -> None:
    if due(line.settings.operations, line.now):
        transport = Failing(trouble.error) if trouble.error else None
        deliver(line.settings, lambda: line.now, transport)


def next_moment(line: Line) -> datetime:
    now = line.now.isoformat(timespec="microseconds").replace("+00:00", "Z")
    moments = [moment(text) for text in ask(line, MOMENTS, *[now] * 3) if text]
    return min(moments, default=line.now + MINUTE)


def book(line: Line, customer_id: int, states: tuple[float, ...]) -> None:
    line.marts.customer(customer_id)
    for state in states:
        line.marts.enters(state, customer_id=customer_id, occurred_at=line.now - HOUR + state * MINUTE)


def ask(line: Line, query: str, *values: Any) -> list[Any]:
    return [row[0] for row in line.ask(query, *values)]
