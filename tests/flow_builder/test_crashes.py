"""Killed, stalled, out of space: every delivery still arrives, with one id and the same bytes."""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.flow_builder.outbox.queries import counts
from tests.flow_builder.conftest import IN_A_FILE
from tests.flow_builder.line import Line
from tests.flow_builder.marts import Marts
from tests.flow_builder.processes import (
    STORE_FAILED,
    Job,
    delivering,
    ended,
    enqueueing,
    exit_code,
    start,
    stopped,
)
from tests.simulator.flow_builder.receiver import Receiver, Reply

CUSTOMERS = range(1, 7)
MINUTE = timedelta(minutes=1)
DEATHS = ["SIGKILL", pytest.param("SIGTERM", marks=pytest.mark.prove)]
ENQUEUE_POINTS = ["enqueue.begun:{}:1", "enqueue.written:{}:1", "enqueue.committed:{}:1"]
# The first turn claims, the second settles too; the third sending has others on their way.
DELIVERY_POINTS = [
    "delivery.written:{}:1",
    "delivery.committed:{}:1",
    "delivery.sending:{}:1",
    "delivery.sending:{}:3",
    "delivery.answered:{}:1",
    "delivery.answered:{}:4",
    "delivery.written:{}:2",
    "delivery.committed:{}:2",
    "delivery.written:{}:4",
]


@pytest.fixture
def stored_line(sending_line: Line, tmp_path: Path) -> Iterator[Line]:
    """Its warehouse is a file; six customers have three transitions each, and a past."""
    sending_line.marts = Marts(tmp_path / "warehouse.duckdb")
    for customer_id in CUSTOMERS:
        sending_line.marts.customer(customer_id)
        sending_line.marts.enters(6.0, customer_id, is_baseline=True, occurred_at=sending_line.now - 90 * MINUTE)
    sending_line.sync()
    for customer_id in CUSTOMERS:
        for state in (1.0, 2.0, 4.0):
            sending_line.marts.enters(state, customer_id, occurred_at=sending_line.now - 60 * MINUTE + state * MINUTE)
    yield sending_line
    sending_line.marts.con.close()


def job(line: Line, **changes: object) -> Job:
    values = {
        "data_dir": line.settings.data_dir,
        "operations_url": line.changes.get("operations_url"),
        "now": line.now,
        "trigger_url": line.settings.flow_builder_trigger_url,
    }
    return Job(**values | changes)  # type: ignore[arg-type]


def assert_all_arrived(line: Line, receiver: Receiver) -> None:
    assert counts(line.settings.operations) == {("delivered", None): 18}
    bytes_of = defaultdict(set)
    for received in receiver.received:
        assert received.verified
        bytes_of[received.id].add(received.raw)
    assert len(bytes_of) == 18
    assert all(len(variants) == 1 for variants in bytes_of.values())
    order = defaultdict(list)
    for received in receiver.delivered():
        order[received.body["data"]["customer_id"]].append(received.body["data"]["to_state"])
    assert all(states == [1.0, 2.0, 4.0] for states in order.values())
    ((attempts,),) = line.ask("select count(*) from attempts")
    assert len(receiver.received) <= attempts


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("point", ENQUEUE_POINTS)
def test_an_enqueue_that_dies_has_written_all_or_nothing(
    stored_line: Line, receiver: Receiver, tmp_path: Path, point: str, death: str
) -> None:
    line = stored_line
    line.now += 5 * MINUTE
    line.marts.derive(line.now)
    line.marts.con.close()
    dying = job(line, warehouse=tmp_path / "warehouse.duckdb", failpoint=point.format(death))
    assert exit_code(enqueueing, dying) == -signal.Signals[death]
    assert sum(counts(line.settings.operations).values()) in (0, 18)
    line.marts.reopen()
    line.sync()
    line.deliver()
    assert_all_arrived(line, receiver)


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("point", DELIVERY_POINTS)
def test_a_delivery_that_dies_is_taken_up_by_the_next(
    stored_line: Line, receiver: Receiver, point: str, death: str
) -> None:
    line = stored_line
    line.sync()
    assert exit_code(delivering, job(line, failpoint=point.format(death))) == -signal.Signals[death]
    assert set(counts(line.settings.operations)) <= {
        ("pending", None),
        ("sending", None),
        ("delivered", None),
    }
    line.now += MINUTE
    line.deliver()
    assert_all_arrived(line, receiver)


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize(
    ("status", "point"),
    [
        (404, "endpoint.down:{}:1"),
        (500, "endpoint.down:{}:1"),
        (422, "endpoint.down:{}:1"),
        (422, "endpoint.put_back:{}:1"),
        (422, "endpoint.put_back:{}:2"),
    ],
)
def test_who_dies_while_the_endpoint_goes_down_loses_nothing(
    stored_line: Line, receiver: Receiver, status: int, point: str, death: str
) -> None:
    line = stored_line
    line.sync()
    receiver.otherwise = Reply(status)
    assert exit_code(delivering, job(line, failpoint=point.format(death))) == -signal.Signals[death]
    for _ in range(6):
        line.now += 6 * MINUTE
        line.deliver()
    receiver.otherwise = Reply()
    for _ in range(2):
        line.sync(6 * MINUTE)  # what comes after one that was dead for a moment waits for it
        line.deliver()
    assert_all_arrived(line, receiver)


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize(
    "point",
    [
        *("delivery.written:{}:1", "delivery.committed:{}:1", "delivery.sending:{}:1", "delivery.answered:{}:1"),
        *("endpoint.up:{}:1", "delivery.written:{}:2", "delivery.committed:{}:2"),
    ],
)
def test_who_dies_with_a_probe_keeps_nobody_from_coming_after_it(
    stored_line: Line, receiver: Receiver, point: str, death: str
) -> None:
    line = stored_line
    line.sync()
    receiver.otherwise = Reply(404)
    line.deliver()
    receiver.otherwise = Reply()
    line.now += MINUTE
    assert exit_code(delivering, job(line, failpoint=point.format(death))) == -signal.Signals[death]
    line.now += 2 * MINUTE
    line.deliver()
    assert_all_arrived(line, receiver)


def test_of_two_dispatchers_one_probes(stored_line: Line, receiver: Receiver) -> None:
    line = stored_line
    line.sync()
    receiver.otherwise = Reply(404)
    line.deliver()
    begun = len(receiver.received)
    receiver.otherwise.delay = 0.05
    line.now += MINUTE
    both = [start(delivering, job(line)) for _ in range(2)]
    assert [ended(process) for process in both] == [0, 0]
    assert len(receiver.received) == begun + 1


def test_two_dispatchers_share_the_work(stored_line: Line, receiver: Receiver) -> None:
    line = stored_line
    line.sync()
    receiver.otherwise.delay = 0.05
    both = [start(delivering, job(line)) for _ in range(2)]
    assert [ended(process) for process in both] == [0, 0]
    assert_all_arrived(line, receiver)
    assert len(receiver.received) == 18


@pytest.mark.parametrize(
    ("point", "repeats"),
    [
        ("delivery.committed:SIGSTOP:1", 0),  # it finds every lease too short
        ("delivery.sending:SIGSTOP:1", 1),  # after the look at the lease, before the first byte: no rule can help
        ("delivery.answered:SIGSTOP:1", 8),  # with answers in hand, which are then no news
    ],
)
def test_who_stalls_longer_than_the_lease_repeats_no_more_than_what_was_on_its_way(
    stored_line: Line, receiver: Receiver, point: str, repeats: int
) -> None:
    line = stored_line
    line.sync()
    stalling = job(line, failpoint=point)
    process = stopped(start(delivering, stalling))
    line.now += MINUTE
    line.deliver()
    stalling.minute_has_passed.touch()
    os.kill(process.pid or 0, signal.SIGCONT)
    assert ended(process) == 0
    assert_all_arrived(line, receiver)
    assert len(receiver.received) <= 18 + repeats


# Where the file may grow no further, from the opening of the outbox on; beyond 150 kB a fast run may need no more room.
@IN_A_FILE
@pytest.mark.parametrize("kilobytes", [1, 32, 64, 100, 150])
def test_a_disk_that_is_full_while_delivering_costs_no_delivery(
    stored_line: Line, receiver: Receiver, kilobytes: int
) -> None:
    line = stored_line
    line.sync()
    assert exit_code(delivering, job(line, most_bytes=kilobytes * 1024)) == STORE_FAILED
    line.now += MINUTE
    line.deliver()
    assert_all_arrived(line, receiver)


@IN_A_FILE
def test_a_disk_that_is_full_while_enqueueing_leaves_the_outbox_as_it_was(
    stored_line: Line, receiver: Receiver, tmp_path: Path
) -> None:
    line = stored_line
    line.now += 5 * MINUTE
    line.marts.derive(line.now)
    line.marts.con.close()
    starved = job(line, warehouse=tmp_path / "warehouse.duckdb", most_bytes=40 * 1024)
    assert exit_code(enqueueing, starved) == STORE_FAILED
    assert counts(line.settings.operations) == {}
    line.marts.reopen()
    line.sync()
    line.deliver()
    assert_all_arrived(line, receiver)
