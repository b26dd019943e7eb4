"""A worker that stays: what is due is posted at once; killed, told to end, or without its store, it loses nothing."""

import signal
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from tests.flow_builder.line import Line
from tests.flow_builder.marts import DFW, Marts
from tests.flow_builder.test_many_dispatchers import STATES, settle_in
from tests.flow_builder.workers import Workers, env_of, within, workers
from tests.servers.postgres import PostgresServer, postgres
from tests.simulator.flow_builder.receiver import Receiver, Reply

MINUTE = timedelta(minutes=1)
LEASE = 30


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Workers]:
    with workers(tmp_path / "workers") as crew:
        yield crew


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """One that a test may stop."""
    with postgres() as server:
        yield server


def now_line(folder: Path, receiver: Receiver, **changes: str) -> Line:
    """Under the machine's clock, which is that of a process: two syncs before now, each five minutes later."""
    line = Line(folder, flow_builder_trigger_url=f"{receiver.url}/trigger", **changes)
    line.now = datetime.now(UTC) - 10 * MINUTE
    return line


def is_done(line: Line) -> bool:
    return {status for (status,) in line.ask("select distinct status from deliveries")} == {"delivered"}


def has_arrived(receiver: Receiver, messages: int) -> bool:
    return len(receiver.received) >= messages


def assert_each_arrived_once_in_order(receiver: Receiver, messages: int) -> None:
    bytes_of, order = defaultdict[str | None, set[bytes]](set), defaultdict[int, list[float]](list)
    for one in receiver.received:
        assert one.verified
        bytes_of[one.id].add(one.raw)
    assert len(bytes_of) == messages
    assert {len(variants) for variants in bytes_of.values()} == {1}
    for one in receiver.delivered():
        order[one.body["data"]["customer_id"]].append(one.body["data"]["to_state"])
    assert {tuple(states) for states in order.values()} == {STATES}


def test_where_nowhere_is_set_to_post_to_none_starts(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = now_line(tmp_path, receiver)
    for name, value in env_of(line).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FLOW_BUILDER_TRIGGER_URL", "")
    done = CliRunner().invoke(main, ["deliver", "--watch"])
    assert (done.exit_code, done.output) == (
        1,
        "Error: FLOW_BUILDER_TRIGGER_URL is not set: there is nowhere to post to; set it, then start this again\n",
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.prove)])
def test_on_a_file_it_posts_what_comes_and_told_to_end_ends_what_is_on_its_way_and_begins_nothing(
    tmp_path: Path, receiver: Receiver, crew: Workers, how: signal.Signals
) -> None:
    line = now_line(tmp_path, receiver)
    [worker] = crew.ready(env_of(line))
    receiver.otherwise = Reply(delay=0.5)
    messages = settle_in(line, 10)
    within(lambda: len(receiver.received) >= 1)
    assert worker.ends(how) == 0, worker.said
    counted = dict(line.ask("select status, count(*) from deliveries group by status"))
    assert counted == {"delivered": len(receiver.received), "pending": messages - len(receiver.received)}
    assert counted["delivered"] <= 16
    receiver.otherwise = Reply()
    crew.ready(env_of(line))
    within(lambda: is_done(line))
    assert_each_arrived_once_in_order(receiver, messages)
    assert len(receiver.received) == messages


def test_workers_of_two_shards_wait_for_a_server_that_is_gone_and_say_so_once(
    tmp_path: Path, receiver: Receiver, crew: Workers, own_server: PostgresServer
) -> None:
    url = own_server.create("operations")
    east, west = (now_line(tmp_path / one, receiver, operations_url=url, shard=one) for one in ("east", "west"))
    west.marts = Marts(tenant_id=DFW)  # whom one shard tells, another one does not
    west.marts.appointment(7, west.now + timedelta(days=30), tenant_id=DFW)
    of_both = crew.ready(env_of(east), env_of(east), env_of(west))
    messages = settle_in(east, 8)
    within(lambda: is_done(east))
    assert len(receiver.received) == messages
    own_server.stop("fast")
    within(lambda: all("waiting: " in one.said for one in of_both))
    own_server.start()
    within(lambda: all("goes on" in one.said for one in of_both))
    settle_in(west, 4, DFW)
    within(lambda: is_done(west))
    for one in of_both:
        assert one.ends() == 0
        lines = one.said.splitlines()
        assert [line.partition(": ")[0] for line in lines if not line.startswith("deliver: ")] == ["waiting", "goes on"]
        assert "Traceback" not in one.said
        assert own_server.password not in one.said
    assert east.ask("select distinct customer_id from deliveries order by 1") == [(one,) for one in range(1001, 1009)]
    assert len(receiver.received) == messages + 12


@pytest.mark.prove
def test_workers_that_are_killed_and_a_server_that_crashes_cost_no_message(
    tmp_path: Path, receiver: Receiver, crew: Workers, own_server: PostgresServer
) -> None:
    line = now_line(tmp_path, receiver, operations_url=own_server.create("operations"), shard="east")
    messages = settle_in(line, 80)
    receiver.otherwise = Reply(delay=0.2)
    three = crew.ready(*[env_of(line)] * 3)
    for nth, how in enumerate(("immediate", "fast", "immediate"), 1):
        within(partial(has_arrived, receiver, nth * messages // 5))
        three[nth - 1].kill()
        own_server.stop(how)
        crew.start(env_of(line)).process.wait(60)  # it cannot begin, and its supervisor tries again
        own_server.start()
        crew.ready(env_of(line))
    within(lambda: is_done(line), 5 * LEASE)
    assert_each_arrived_once_in_order(receiver, messages)
    killed = 3 * 8
    crashed = 3 * 3 * 8
    assert len(receiver.received) <= messages + killed + crashed


@pytest.mark.prove
def test_on_a_file_one_that_is_killed_is_followed_by_the_next(
    tmp_path: Path, receiver: Receiver, crew: Workers
) -> None:
    line = now_line(tmp_path, receiver)
    messages = settle_in(line, 20)
    receiver.otherwise = Reply(delay=0.2)
    [first] = crew.ready(env_of(line))
    within(lambda: len(receiver.received) >= messages // 3)
    first.kill()
    crew.ready(env_of(line))
    within(lambda: is_done(line), 3 * LEASE)
    assert_each_arrived_once_in_order(receiver, messages)
    assert len(receiver.received) <= messages + 8


def test_an_endpoint_that_goes_down_is_told_once(tmp_path: Path, receiver: Receiver, crew: Workers) -> None:
    line = now_line(tmp_path, receiver)
    receiver.otherwise = Reply(404)
    settle_in(line, 3)
    [worker] = crew.ready(env_of(line))
    within(lambda: "the endpoint is down since" in worker.said)
    assert worker.ends() == 0
    assert worker.said.count("the endpoint is down since") == 1
