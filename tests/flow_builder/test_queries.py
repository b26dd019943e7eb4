"""What the outbox says to people."""

from datetime import timedelta

import duckdb
import orjson
import pytest

from pipelines.flow_builder.example import send_example
from pipelines.flow_builder.outbox.operators import decide
from pipelines.flow_builder.outbox.queries import counts, deliveries, outbox_health, table
from tests.flow_builder.line import VALIDATOR, Line
from tests.simulator.flow_builder.receiver import Receiver, Reply

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_deliveries_are_found_by_status_and_by_customer(line: Line) -> None:
    line.marts.customer(2002)
    first, second = line.marts.enters(2.0), line.marts.enters(2.0, customer_id=2002)
    line.sync()
    line.becomes(second, "delivered")
    operations = line.settings.operations
    assert [row["webhook_id"] for row in deliveries(operations)] == [first, second]
    assert [row["webhook_id"] for row in deliveries(operations, status="pending")] == [first]
    assert [row["webhook_id"] for row in deliveries(operations, customer_id=2002)] == [second]
    assert [row["webhook_id"] for row in deliveries(operations, newest=1)] == [second]


def test_nobodys_contact_data_leave_the_outbox_but_in_bodies(line: Line) -> None:
    line.marts.contact(1, "Email", "ada@example.com")
    line.marts.enters(2.0)
    line.sync()
    assert "ada" not in str(deliveries(line.settings.operations)).lower()
    assert "ada" not in str(table(line.settings.operations).read_all().to_pylist()).lower()


def test_who_was_sent_what_when_and_why_not_is_one_query(sending_line: Line) -> None:
    line = sending_line
    line.marts.enters(1.0, occurred_at=line.now - 100 * HOUR)
    line.marts.enters(2.0)
    line.sync()
    line.deliver()
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.register("deliveries", table(line.settings.operations))
        rows = con.execute(
            "select servicetitan_customer_id, told_state::varchar, status, reason, delivered_at::varchar"
            " from deliveries"
        ).fetchall()
    assert rows == [
        (1001, "1.0", "not_sent", "stale", None),
        (1001, "2.0", "delivered", None, "2026-11-22 15:11:00+00"),
    ]


def test_an_empty_outbox_is_an_empty_table(line: Line) -> None:
    assert table(line.settings.operations).read_all().num_rows == 0


def test_what_is_due_for_a_quarter_of_an_hour_is_trouble(line: Line) -> None:
    line.marts.enters(2.0)
    line.sync()
    operations = line.settings.operations
    assert outbox_health(operations, line.now + 14 * MINUTE).overdue == 0
    assert outbox_health(operations, line.now + 15 * MINUTE).overdue == 1


@pytest.mark.parametrize("status", ["dead", "held"])
def test_what_needs_a_decision_is_trouble_until_it_has_one(line: Line, status: str) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, status)
    operations = line.settings.operations
    assert outbox_health(operations, line.now).any
    decide(line.settings, "cancel", [booked], reason="accepted", by="ada", now=line.now)
    assert not outbox_health(operations, line.now).any


def test_an_endpoint_that_is_down_is_trouble_until_it_is_up(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    line.marts.enters(2.0)
    line.sync()
    receiver.reply(404)
    line.deliver()
    endpoint = outbox_health(line.settings.operations, line.now).endpoint
    assert (endpoint.down_since, endpoint.because, endpoint.next_probe_at) == (
        line.now,
        "HTTP 404",
        line.now + MINUTE / 2,
    )
    line.now += 5 * MINUTE
    line.deliver()
    assert not outbox_health(line.settings.operations, line.now).any


def test_every_transition_is_counted_once(line: Line) -> None:
    line.marts.enters(1.0, is_baseline=True)
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "delivered")
    line.marts.retract(booked)
    line.sync()
    assert counts(line.settings.operations) == {("delivered", None): 1}


def test_an_example_can_be_sent_that_is_marked_as_a_test(sending_line: Line, receiver: Receiver) -> None:
    answer = send_example(sending_line.settings, lambda: sending_line.now)
    (received,) = receiver.received
    assert (answer.status, received.verified, received.body["data"]["test"]) == (200, True, True)
    assert VALIDATOR.is_valid(orjson.loads(received.raw))


def test_what_an_example_came_to_is_told(sending_line: Line, receiver: Receiver) -> None:
    receiver.reply(Reply(401))
    assert send_example(sending_line.settings, lambda: sending_line.now).problem == "HTTP 401"
