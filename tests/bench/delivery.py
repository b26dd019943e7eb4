"""Delivery, enqueue and the sensor's question: ``python -m tests.bench.delivery``.

The receiver is a process of its own that answers after 20 ms. The floor is httpx with the same requests, eight at a
time, and no outbox; both run in turns, and the best of each counts, so that a busy moment of the machine does not.
"""

import argparse
import asyncio
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.enqueue import enqueue
from pipelines.flow_builder.sender import MAX_IN_FLIGHT, http_client
from pipelines.operations import Place, open_operations, stamp, transaction
from pipelines.settings import Settings
from pipelines.webhooks import signed_headers
from tests.bench.measures import report
from tests.flow_builder.line import Line, settings_for
from tests.flow_builder.stored import due

ANSWER_AFTER = 0.02
ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"ok": true}'
NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)

CUSTOMERS = """
    insert into staging.stg_servicetitan__customers
    select 410387862, i, null, true, false, false, 'Ada Lovelace', 'Residential' from range(?, ?) as numbers (i)
"""
# Five of each customer, an hour old.
TRANSITIONS = """
    insert into marts.customer_state_transitions
    select
        md5(i || ':' || state), 410387862, 'socal', i, null, state - 1, state, 'from', 'to', 'a flow', 'an event',
        'event:' || i || ':' || state, null, null, timestamptz '2026-11-22 14:00:00+00' + to_seconds(state), null, null,
        ?, false, state
    from range(?, ?) as numbers (i), range(1, 6) as states (state)
"""
ROWS = """
    insert into deliveries (
        sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, occurred_at, body,
        created_at, status, attempts, delivered_at, last_status
    )
    with recursive numbers (i) as (select 1 where :rows > 0 union all select i + 1 from numbers where i < :rows)
    select i, lower(hex(randomblob(16))), 'changed', lower(hex(randomblob(16))), 1, i % :customers, 2.0, 'a flow', :now,
        :body, :now, :status, :status = 'delivered', :now, 200 from numbers
"""


class Receiver(asyncio.Protocol):
    """Reads one request at a time; ours come in one piece or two."""

    answer_after = ANSWER_AFTER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if found and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            self.buffer = b""
            self.take(head)
            loop = asyncio.get_running_loop()
            loop.call_later(self.answer_after, self.transport.write, ANSWER)  # type: ignore[attr-defined]

    def take(self, head: bytes) -> None:
        """For who wants to know what came."""


def receive(pipe: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/trigger")
        await asyncio.to_thread(pipe.recv)
        server.close()

    asyncio.run(serve())


@contextmanager
def receiver() -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=receive, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(10)


def seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def fill(operations: Place, rows: int, status: str) -> None:
    """Deliveries with a body of the usual size, each customer with one."""
    with open_operations(operations) as con, transaction(con):
        values = {"rows": rows, "customers": rows, "now": stamp(NOW), "body": b"x" * 1100, "status": status}
        con.execute(ROWS, values)


def by_outbox(folder: Path, url: str, rows: int) -> float:
    settings = settings_for(folder, flow_builder_trigger_url=url)
    fill(settings.operations, rows, "pending")
    counts = []
    took = seconds(lambda: counts.append(deliver(settings, lambda: NOW)))
    assert counts[0].delivered == rows, counts
    return took


def by_httpx_alone(settings: Settings, url: str, rows: int) -> float:
    body = b"x" * 1100

    async def work(client: Any, numbers: Iterator[int]) -> None:
        for number in numbers:
            headers = signed_headers(str(number), NOW, body, settings.flow_builder_signing_secrets)
            response = await client.post(url, content=body, headers=headers)
            assert response.status_code == 200

    async def send() -> None:
        numbers = iter(range(rows))
        async with http_client() as client:
            await asyncio.gather(*(work(client, numbers) for _ in range(MAX_IN_FLIGHT)))

    return seconds(lambda: asyncio.run(send()))


def best(*works: Callable[[], float], turns: int) -> list[float]:
    """The shortest time of each, taken in turns."""
    return [min(times) for times in zip(*([work() for work in works] for _ in range(turns)), strict=True)]


def measure_delivery(rows: int, turns: int) -> None:
    with receiver() as url, tempfile.TemporaryDirectory() as folder:
        numbered = (Path(folder) / str(n) for n in range(turns))
        settings = settings_for(Path(folder))
        ours, floor = best(
            lambda: by_outbox(next(numbered), url, rows), lambda: by_httpx_alone(settings, url, rows), turns=turns
        )
    print(f"{rows:,} deliveries: {rows / ours:,.0f}/s from the outbox, {rows / floor:,.0f}/s by httpx alone")
    report("delivery", floor / ours)


def grow(line: Line, first: int, customers: int, is_baseline: bool) -> None:
    line.marts.con.execute(CUSTOMERS, [first, first + customers])
    line.marts.con.execute(TRANSITIONS, [is_baseline, first, first + customers])


def measure_enqueue(known: int, new: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder), flow_builder_hold_above=1_000_000)
        grow(line, 10_000, known // 5, is_baseline=True)
        print(f"{known:,} transitions of the baseline enqueued: {enqueued(line):.1f} s")
        print(f"idle enqueue over them: {enqueued(line):.2f} s")
        grow(line, 10_000 + known // 5, new // 5, is_baseline=False)
        print(f"{new:,} new transitions on top: {enqueued(line):.1f} s")
        line.marts.retract(line.marts.enters(2.0))
        print(f"one more: {enqueued(line):.2f} s")
        print(f"idle again, {new:,} on their way: {enqueued(line):.2f} s")


def enqueued(line: Line) -> float:
    """Seconds, without those of the derivation before it."""
    line.marts.derive(line.now)
    return seconds(lambda: enqueue(line.marts.con, line.settings, line.now))


def measure_sensor(rows: int) -> None:
    for name, count in {"an empty outbox": 0, f"{rows:,} delivered rows": rows}.items():
        print(f"a sensor's look with {name}: {1000 * look(count):.1f} ms")


def look(delivered: int) -> float:
    """Seconds of the shortest."""
    with tempfile.TemporaryDirectory() as folder:
        outbox = Path(folder) / "outbox.sqlite"
        fill(outbox, delivered, "delivered")
        return min(seconds(lambda: due(outbox, NOW)) for _ in range(20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--known", type=int, default=2_000_000)
    parser.add_argument("--new", type=int, default=100_000)
    parser.add_argument("--delivered", type=int, default=1_000_000)
    asked = parser.parse_args()
    measure_delivery(asked.deliveries, asked.turns)
    measure_enqueue(asked.known, asked.new)
    measure_sensor(asked.delivered)


if __name__ == "__main__":
    main()
