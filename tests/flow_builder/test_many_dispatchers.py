"""Several dispatchers, and several shards that enqueue, on one PostgreSQL: which is stopped in between, too."""

import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import pytest

from pipelines.flow_builder.outbox.locks import outboxes
from pipelines.operations import open_operations, transaction
from tests.flow_builder.line import Line
from tests.flow_builder.marts import DFW, NOW, SOCAL, Marts
from tests.flow_builder.processes import BOUND, STORE_FAILED, Job, delivering, ended, start
from tests.servers.postgres import PostgresServer, postgres
from tests.simulator.flow_builder.receiver import Receiver, Reply

MINUTE = timedelta(minutes=1)
STATES = (1.0, 2.0, 4.0)
AT_ONCE = 8  # sends of one dispatcher


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """One that a test may stop."""
    with postgres() as server:
        yield server


@pytest.fixture
def town(own_server: PostgresServer, tmp_path: Path, receiver: Receiver) -> Line:
    """Nobody was told anything yet."""
    line = Line(tmp_path, operations_url=own_server.create("operations"))
    line.configure(flow_builder_trigger_url=f"{receiver.url}/trigger")
    receiver.clock = lambda: line.now
    return line


def settle_in(line: Line, customers: int, tenant_id: int = SOCAL) -> int:
    """Each with three messages; how many in all."""
    ids = range(1001, 1001 + customers)
    for customer_id in ids:
        line.marts.customer(customer_id, tenant_id=tenant_id)
        before = line.now - 90 * MINUTE
        line.marts.enters(6.0, customer_id, is_baseline=True, occurred_at=before, tenant_id=tenant_id)
    line.sync()
    for customer_id in ids:
        for state in STATES:
            at = line.now - 60 * MINUTE + state * MINUTE
            line.marts.enters(state, customer_id, occurred_at=at, tenant_id=tenant_id)
    line.sync()
    return len(STATES) * customers


def dispatcher(line: Line, failpoint: str = "") -> Job:
    settings = line.settings
    return Job(
        data_dir=settings.data_dir,
        now=line.now,
        trigger_url=settings.flow_builder_trigger_url or "",
        failpoint=failpoint,
        operations_url=line.changes["operations_url"],
    )


def wait_for(receiver: Receiver, messages: int) -> None:
    end = monotonic() + BOUND
    while len(receiver.received) < messages and monotonic() < end:
        sleep(0.01)


def assert_each_arrived_in_order(line: Line, receiver: Receiver, messages: int, repeats: int) -> None:
    assert line.ask("select status, count(*) from deliveries group by status") == [("delivered", messages)]
    bytes_of, order = defaultdict(set), defaultdict(list)
    for received in receiver.received:
        assert received.verified
        bytes_of[received.id].add(received.raw)
    assert Counter(map(len, bytes_of.values())) == {1: messages}
    for received in receiver.delivered():
        order[received.body["data"]["customer_id"]].append(received.body["data"]["to_state"])
    assert {tuple(states) for states in order.values()} == {STATES}
    assert len(receiver.received) - messages <= repeats
    ((attempts,),) = line.ask("select count(*) from attempts")
    assert len(receiver.received) <= attempts


def deliver_the_rest(line: Line) -> None:
    """What was on its way when somebody died is due when its lease is over."""
    line.now += 2 * MINUTE
    line.deliver()


def test_two_dispatchers_lose_nothing_and_double_nothing_but_what_was_on_its_way_when_the_server_was_started_anew(
    town: Line, receiver: Receiver, own_server: PostgresServer
) -> None:
    messages = settle_in(town, 24)
    receiver.otherwise = Reply(delay=0.05)
    both = [start(delivering, dispatcher(town)) for _ in range(2)]
    wait_for(receiver, messages // 3)
    own_server.stop("immediate")
    own_server.start()
    assert {ended(process) for process in both} <= {0, STORE_FAILED}
    deliver_the_rest(town)
    assert_each_arrived_in_order(town, receiver, messages, repeats=2 * AT_ONCE)


@pytest.mark.prove
@pytest.mark.parametrize(
    "point", ["delivery.answered:SIGKILL:9", "delivery.written:SIGKILL:5", "delivery.committed:SIGKILL:5"]
)
@pytest.mark.parametrize("stops", [("fast",), ("immediate", "fast", "immediate")])
def test_four_dispatchers_of_whom_one_is_killed_and_the_server_stopped(
    town: Line, receiver: Receiver, own_server: PostgresServer, point: str, stops: tuple[str, ...]
) -> None:
    messages = settle_in(town, 100)
    receiver.otherwise = Reply(delay=0.05)
    for nth, how in enumerate(stops, 1):
        four = [start(delivering, dispatcher(town, failpoint)) for failpoint in (point, "", "", "")]
        wait_for(receiver, nth * messages // (len(stops) + 2))
        own_server.stop(how)
        own_server.start()
        assert {ended(process) for process in four} <= {0, STORE_FAILED, -9}
        town.now += 2 * MINUTE
    deliver_the_rest(town)
    assert_each_arrived_in_order(town, receiver, messages, repeats=4 * AT_ONCE * len(stops))


@pytest.mark.prove
@pytest.mark.parametrize("dispatchers", [2, 3, 4])
def test_without_trouble_each_message_is_sent_once(town: Line, receiver: Receiver, dispatchers: int) -> None:
    messages = settle_in(town, 60)
    receiver.otherwise = Reply(delay=0.02)
    together = [start(delivering, dispatcher(town)) for _ in range(dispatchers)]
    assert {ended(process) for process in together} == {0}
    assert_each_arrived_in_order(town, receiver, messages, repeats=0)


def shards(url: str, folder: Path) -> list[Line]:
    """Two warehouses, of a tenant each, and one outbox."""
    made = []
    for tenant_id in (SOCAL, DFW):
        tenant = {"id": tenant_id, "client_id": "id", "client_secret": "secret"}
        line = Line(folder / str(tenant_id), operations_url=url, servicetitan_tenants={str(tenant_id): tenant})
        line.marts = Marts(tenant_id=tenant_id)
        line.marts.appointment(7, NOW + timedelta(days=30), tenant_id=tenant_id)
        made.append(line)
    return made


def test_two_shards_enqueue_at_once_each_its_own(town: Line, tmp_path: Path) -> None:
    both = shards(town.changes["operations_url"], tmp_path)
    for line, tenant_id in zip(both, (SOCAL, DFW), strict=True):
        line.sync()
        for customer_id in range(1002, 1102):
            line.marts.customer(customer_id, tenant_id=tenant_id)
            line.marts.enters(2.0, customer_id, tenant_id=tenant_id)
    with ThreadPoolExecutor(2) as threads:
        enqueued = list(threads.map(lambda line: line.enqueue(), both))
    assert [one.sent + sum(one.not_sent.values()) for one in enqueued] == [100, 100]
    counted = (
        "select tenant_id, count(distinct sequence) from deliveries group by tenant_id order by count(*), tenant_id"
    )
    assert town.ask(counted) == [(SOCAL, 100), (DFW, 100)]


def test_a_shard_waits_for_nobody_who_is_at_another_ones_outbox(town: Line, tmp_path: Path) -> None:
    socal, dfw = shards(town.changes["operations_url"], tmp_path)
    for line, tenant_id in ((socal, SOCAL), (dfw, DFW)):
        line.sync()
        line.marts.enters(2.0, 1001, tenant_id=tenant_id)
    dfw.sync()
    with open_operations(town.settings.operations) as con, transaction(con, *outboxes([DFW])):
        assert socal.sync().sent == 1
        town.now = socal.now
        assert town.deliver().delivered == 1
        assert town.ask("select tenant_id from deliveries where status = 'pending'") == [(DFW,)]
    assert town.deliver().delivered == 1


def test_an_answer_with_nul_is_kept(town: Line, receiver: Receiver) -> None:
    settle_in(town, 1)
    receiver.reply(Reply(422, body="a\0b"))
    town.deliver()
    assert town.ask("select answer from attempts order by attempt_id limit 1") == [("a\N{REPLACEMENT CHARACTER}b",)]


@pytest.mark.skipif(shutil.which("localedef") is None, reason="there is no order of a language on this machine")
def test_a_database_in_the_order_of_a_language_makes_no_difference(tmp_path: Path, receiver: Receiver) -> None:
    with TemporaryDirectory() as locales:  # the server's user enters no folder of pytest's
        Path(locales).chmod(0o755)
        subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", f"{locales}/en_US.UTF-8"], check=True)
        with postgres("en_US.UTF-8", Path(locales)) as server:
            line = Line(tmp_path, operations_url=server.create("operations"))
            line.configure(flow_builder_trigger_url=f"{receiver.url}/trigger")
            receiver.clock = lambda: line.now
            assert line.ask("select 'a' < 'B', '_' < 'A'") == [(True, True)]
            messages = settle_in(line, 3)
            line.deliver()
            assert_each_arrived_in_order(line, receiver, messages, repeats=0)
