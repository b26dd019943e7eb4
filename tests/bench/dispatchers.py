"""Deliveries a second of 1, 2 and 4 dispatchers on PostgreSQL, near and 1 ms away, against one on SQLite:
``python -m tests.bench.dispatchers [--deliveries N]``.

Both stores wait for their disk; each run has a store of its own, filled alike: five messages of each customer, of
twenty tenants. Receiver, server and every dispatcher are processes of their own; rates are the receiver's, from the
first message to the last. All take turns, and the best of each counts. What the receiver heard is held against the
store: nothing lost, nothing twice, each customer's in order. ``through a proxy`` is what the way to 1 ms away costs by
itself.
"""

import argparse
import asyncio
import multiprocessing
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psycopg

from pipelines.analytics.customer_index import value_hash
from pipelines.flow_builder.deliver import deliver
from pipelines.operations import Place, PostgresUrl, open_operations, stamp, transaction
from tests.bench.delivery import ANSWER, NOW, Receiver
from tests.bench.measures import report
from tests.bench.ticks import cpu
from tests.flow_builder.line import settings_for
from tests.servers.between import between
from tests.servers.postgres import PostgresServer, postgres

# A server that has imported everything forks each process in milliseconds.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.flow_builder.processes"])
MESSAGES, TENANTS = 5, 20  # of each customer; of all
ROW = """
    insert into deliveries (
        sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, occurred_at, body,
        created_at, status
    ) values (?, ?, 'changed', ?, ?, ?, 2.0, 'a flow', ?, ?, ?, 'pending')
"""
SENT = "select webhook_id, customer_id, status from deliveries order by sequence"
SPENT = "select xact_commit, pg_current_wal_lsn() - '0/0' from pg_stat_database where datname = current_database()"
INDEX = "insert into customer_index values (1, 'customer_contacts', ?, ?, ?)"
INDEX_SIZE = "select pg_total_relation_size('customer_index')"
SIZE = "select pg_total_relation_size('deliveries') + pg_total_relation_size('attempts')"
REQUEST = b"POST /trigger HTTP/1.1\r\nhost: x\r\nwebhook-id: x\r\ncontent-length: 1100\r\n\r\n" + b"x" * 1100
CONNECTIONS = 32  # as many as four dispatchers have
SQLITE, NEAR, PROXY, FAR = "SQLite", "PostgreSQL", "PostgreSQL, through a proxy", "PostgreSQL, 1 ms away"
WAYS = {NEAR: None, PROXY: 0.0, FAR: 0.001}  # seconds that a proxy adds to each round trip; None: there is none
CASES = ((SQLITE, 1), *((store, dispatchers) for store in WAYS for dispatchers in (1, 2, 4)))
KEYS = {
    (SQLITE, 1): "dispatchers_sqlite",
    (NEAR, 1): "dispatchers_1",
    (NEAR, 2): "dispatchers_2",
    (NEAR, 4): "dispatchers_4",
    (FAR, 1): "dispatchers_far_1",
    (FAR, 2): "dispatchers_far_2",
    (FAR, 4): "dispatchers_far_4",
}
Heard = list[tuple[str, float]]


class Run(NamedTuple):
    """Deliveries a second; of each delivery milliseconds of CPU, of dispatchers and of PostgreSQL, its transactions and
    round trips, KB of its log, and KB that are there in the end; ``wrong``: lost, twice or out of order."""

    rate: float
    own: float
    servers: float = 0.0
    transactions: float = 0.0
    trips: float = 0.0
    wal: float = 0.0
    kept: float = 0.0
    wrong: int = 0


class Ear(Receiver):
    """Notes whose request came when."""

    heard: Heard = []

    def take(self, head: bytes) -> None:
        name = head.lower().partition(b"webhook-id:")[2].split(b"\r\n")[0]
        self.heard.append((name.strip().decode(), time.perf_counter()))


def listen(pipe: Connection, answer_after: float) -> None:
    """Asked for what it has heard, it forgets it."""
    Ear.answer_after = answer_after

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Ear, "127.0.0.1", 0)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/trigger")
        while await asyncio.to_thread(pipe.recv):
            pipe.send(Ear.heard.copy())
            Ear.heard.clear()
        server.close()

    asyncio.run(serve())


@contextmanager
def listening(answer_after: float) -> Iterator[tuple[str, Callable[[], Heard]]]:
    ours, theirs = multiprocessing.Pipe()
    process = CONTEXT.Process(target=listen, args=(theirs, answer_after), daemon=True)
    process.start()

    def heard() -> Heard:
        ours.send(True)
        found: Heard = ours.recv()
        return found

    try:
        yield ours.recv(), heard
    finally:
        ours.send(False)
        process.join(10)


def alone(url: str, requests: int) -> float:
    """Answers a second of the receiver at the least: whoever asks takes part of the machine, too."""

    async def ask(host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for _ in range(requests // CONNECTIONS):
            writer.write(REQUEST)
            await reader.readexactly(len(ANSWER))
        writer.close()

    async def all_ask() -> float:
        parts, began = urlsplit(url), time.perf_counter()
        await asyncio.gather(*(ask(parts.hostname or "", parts.port or 0) for _ in range(CONNECTIONS)))
        return requests / (time.perf_counter() - began)

    return asyncio.run(all_ask())


def fill(place: Place, rows: int) -> None:
    """As many messages, and contacts in the index of customers."""
    customers, now = max(1, rows // MESSAGES), stamp(NOW)
    with open_operations(place) as con, transaction(con):
        con.executemany(
            ROW,
            (
                (n + 1, f"w{n:07}", f"t{n:07}", 1 + n % customers % TENANTS, n % customers, now, b"x" * 1100, now)
                for n in range(rows)
            ),
        )
        con.executemany(INDEX, ((n, n // 2, value_hash(b"salt", "phone", f"{n}")) for n in range(rows)))


def dispatch(pipe: Connection, ready: Barrier, data_dir: Path, operations_url: str | None, trigger_url: str) -> None:
    settings = settings_for(data_dir, flow_builder_trigger_url=trigger_url, operations_url=operations_url)
    ready.wait(120)
    before = time.process_time()
    done = deliver(settings, lambda: NOW)
    pipe.send((done.delivered, time.process_time() - before))


def dispatched(count: int, *args: Any) -> tuple[int, float]:
    """Deliveries, and seconds of CPU, of so many at once."""
    ours, theirs = multiprocessing.Pipe()
    ready = CONTEXT.Barrier(count)
    started = [CONTEXT.Process(target=dispatch, args=(theirs, ready, *args), daemon=True) for _ in range(count)]
    for process in started:
        process.start()
    found = []
    for process in started:
        process.join(600)
        assert process.exitcode == 0, f"a dispatcher ended with {process.exitcode}"
        found.append(ours.recv())
    delivered, spent = zip(*found, strict=True)
    return sum(delivered), sum(spent)


def wrong_in(rows: Iterable[tuple[str, int, str]], heard: Sequence[str]) -> int:
    """Messages that were lost, came twice, or before an earlier one of their customer."""
    sent, came = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    of, unfinished = dict[str, int](), 0
    for webhook_id, customer, status in rows:
        sent[customer].append(webhook_id)
        of[webhook_id] = customer
        unfinished += status != "delivered"
    for webhook_id in heard:
        came[of[webhook_id]].append(webhook_id)
    return unfinished + sum(
        abs(len(ids) - len(came[customer])) + sum(a != b for a, b in zip(ids, came[customer], strict=False))
        for customer, ids in sent.items()
    )


def rate_of(heard: Heard) -> float:
    times = [at for _, at in heard]
    return (len(times) - 1) / (max(times) - min(times))


class Stores:
    """Filled once, and a copy for each run."""

    def __init__(self, folder: Path, server: PostgresServer, rows: int) -> None:
        self.folder, self.server, self.rows, self.runs = folder, server, rows, 0
        fill(settings_for(folder / "filled").operations, rows)
        url = server.create("filled")
        fill(PostgresUrl(url), rows)
        with closing(psycopg.connect(url, autocommit=True)) as con:
            con.execute("vacuum analyze")
            con.execute("checkpoint")
            found = con.execute(INDEX_SIZE).fetchone()
        assert found
        self.index = found[0] / rows / 1024  # KB of a contact

    def run(self, case: tuple[str, int], trigger_url: str, heard: Callable[[], Heard]) -> Run:
        store, dispatchers = case
        self.runs += 1
        folder = self.folder / f"run{self.runs}"
        shutil.copytree(self.folder / "filled", folder)
        if store == SQLITE:
            return self.checked(settings_for(folder).operations, heard, dispatched(1, folder, None, trigger_url))
        url, delay = self.server.create(folder.name, "filled"), WAYS[store]
        try:
            if delay is None:
                return self.on_server(url, url, dispatchers, folder, trigger_url, heard)
            with between(self.server.port, delay) as gate:
                through = url.replace(f":{self.server.port}/", f":{gate.port}/")
                run = self.on_server(url, through, dispatchers, folder, trigger_url, heard)
                return run._replace(trips=gate.trips / self.rows)
        finally:
            self.server.drop(folder.name)

    def on_server(
        self, url: str, through: str, dispatchers: int, folder: Path, trigger_url: str, heard: Callable[[], Heard]
    ) -> Run:
        with closing(psycopg.connect(url, autocommit=True)) as con:
            assert self.server.process
            before, spent = cpu([self.server.process]), con.execute(SPENT).fetchone()
            done = dispatched(dispatchers, folder, through, trigger_url)
            time.sleep(0.5)  # until its processes have ended, and are counted
            servers = cpu([self.server.process]) - before
            now, size = con.execute(SPENT).fetchone(), con.execute(SIZE).fetchone()
        assert spent
        assert now
        assert size
        return self.checked(PostgresUrl(url), heard, done)._replace(
            servers=servers * 1000 / self.rows,
            transactions=(now[0] - spent[0]) / self.rows,
            wal=float(now[1] - spent[1]) / self.rows / 1024,
            kept=size[0] / self.rows / 1024,
        )

    def checked(self, place: Place, heard: Callable[[], Heard], done: tuple[int, float]) -> Run:
        found = heard()
        with open_operations(place) as con:
            wrong = wrong_in(con.execute(SENT), [webhook_id for webhook_id, _ in found])
        delivered, spent = done
        return Run(rate_of(found), spent * 1000 / self.rows, wrong=wrong + abs(self.rows - delivered))


def bench(
    rows: int, turns: int, answer_after: float, folder: Path, server: PostgresServer
) -> tuple[dict[Any, Run], float]:
    """The best of each case; KB of an indexed contact in PostgreSQL."""
    stores = Stores(folder, server, rows)
    best: dict[tuple[str, int], Run] = {}
    with listening(answer_after) as (url, heard):
        for _ in range(turns):
            for case in CASES:
                run = stores.run(case, url, heard)
                print(f"{case[0]}, {case[1]}: {run.rate:,.0f} a second", flush=True)
                better = max(run, best.get(case, run), key=lambda one: one.rate)
                best[case] = better._replace(wrong=run.wrong + best.get(case, Run(0, 0)).wrong)
    server.drop("filled")
    return best, stores.index


def shown(best: dict[Any, Run]) -> None:
    print(
        f"{'':30}{'dispatchers':>12}{'a second':>10}{'times':>7}{'own ms':>8}{'server ms':>10}{'commits':>9}"
        f"{'trips':>7}{'log KB':>8}{'kept KB':>9}{'wrong':>7}"
    )
    for (store, dispatchers), run in best.items():
        times = run.rate / best[SQLITE, 1].rate
        print(
            f"{store:30}{dispatchers:>12}{run.rate:>10,.0f}{times:>7.2f}{run.own:>8.2f}{run.servers:>10.2f}"
            f"{run.transactions:>9.2f}{run.trips:>7.1f}{run.wal:>8.1f}{run.kept:>9.1f}{run.wrong:>7}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--answers", type=float, nargs="+", default=[20, 0], help="ms that the receiver takes")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and all that it started ends
    wrong = 0
    with listening(0) as (url, _):
        at_least = alone(url, 20_000)
    print(f"the receiver alone answers {at_least:,.0f} a second, or more", flush=True)
    with ExitStack() as stack:
        server = stack.enter_context(postgres(durable=True))
        for answer in asked.answers:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            best, index = bench(asked.deliveries, asked.turns, answer / 1000, folder, server)
            print(
                f"\n{asked.deliveries:,} deliveries, answered after {answer:g} ms; what follows is of each", flush=True
            )
            shown(best)
            wrong += sum(run.wrong for run in best.values())
    print()
    for case, key in KEYS.items():
        report(key, best[case].rate)
    report("dispatchers_own_cpu", best[NEAR, 1].own)
    report("dispatchers_server_cpu", best[NEAR, 1].servers)
    report("dispatchers_commits", best[NEAR, 1].transactions)
    report("dispatchers_log", best[NEAR, 1].wal)
    report("dispatchers_kept", best[NEAR, 1].kept)
    report("dispatchers_index", index)
    report("dispatchers_wrong", wrong)


if __name__ == "__main__":
    main()
