"""The dispatcher against a receiver, over real HTTP."""

from datetime import timedelta

import pytest

from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.dispatcher import Delivered
from pipelines.flow_builder.sender import MAX_IN_FLIGHT
from pipelines.operations import moment
from pipelines.settings import ConfigurationError
from tests.flow_builder.line import Line
from tests.flow_builder.stored import due
from tests.simulator.flow_builder.receiver import Receiver, Reply

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def booked(line: Line, *customers: int, state: float = 2.0) -> list[str]:
    """A delivery that is due, for each of these customers."""
    for customer_id in customers:
        line.marts.customer(customer_id)
    ids = [line.marts.enters(state, customer_id=customer_id) for customer_id in customers]
    line.sync()
    return ids


def asked(line: Line, *customers: int) -> list[str]:
    """The same of leads, whose flow no visit bounds."""
    return booked(line, *customers, state=1.0)


def test_what_is_due_arrives_once_signed_and_as_stored(sending_line: Line, receiver: Receiver) -> None:
    (webhook_id,) = booked(sending_line, 1)
    assert sending_line.deliver() == Delivered(delivered=1)
    assert sending_line.deliver() == Delivered()
    (received,) = receiver.received
    assert received.verified
    assert (received.id, received.headers["idempotency-key"]) == (webhook_id, webhook_id)
    assert received.headers["content-type"] == "application/json"
    assert [(received.raw,)] == sending_line.ask("select body from deliveries")


def test_nothing_is_begun_after_the_time_for_it_and_what_is_begun_ends(sending_line: Line, receiver: Receiver) -> None:
    line, five = sending_line, timedelta(seconds=5)
    booked(line, *range(1, MAX_IN_FLIGHT + 3))
    done = deliver(line.settings, lambda: line.now + (five if receiver.received else 0 * five), begin_for=five)
    assert done == Delivered(delivered=MAX_IN_FLIGHT)
    assert deliver(line.settings, lambda: line.now, begin_for=0 * five) == Delivered()
    assert line.deliver() == Delivered(delivered=2)
    assert len(receiver.received) == MAX_IN_FLIGHT + 2


def test_a_token_is_sent_where_there_is_one(sending_line: Line, receiver: Receiver) -> None:
    booked(sending_line, 1)
    sending_line.configure(flow_builder_token="t0ken")
    sending_line.deliver()
    assert receiver.received[0].headers["authorization"] == "Bearer t0ken"


def test_a_customers_transitions_arrive_in_order(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    ids = [line.marts.enters(state, occurred_at=line.now - HOUR + state * MINUTE) for state in (1.0, 2.0, 3.0, 4.0)]
    line.sync()
    line.deliver()
    assert [received.id for received in receiver.received] == ids


def test_a_later_one_waits_for_the_earlier_and_other_customers_do_not(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    first = line.marts.enters(2.0)
    line.sync()
    receiver.reply(500)
    assert line.deliver() == Delivered(retry=1)
    line.marts.appointment(8, line.now + timedelta(days=2), job_id=5552)
    second = line.marts.enters(2.0, occurred_at=line.now, job_id=5552, event_id="appointment:8:booked", source_id="8")
    line.marts.customer(7)
    other = line.marts.enters(2.0, customer_id=7)
    line.sync(after=timedelta(0))
    assert line.deliver() == Delivered(delivered=1)
    line.now += MINUTE
    assert line.deliver() == Delivered(delivered=2)
    assert [received.id for received in receiver.received] == [first, other, first, second]


def test_seven_attempts_are_made_and_then_it_is_dead(sending_line: Line, receiver: Receiver) -> None:
    """Others get through meanwhile."""
    line = sending_line
    (poisonous,) = booked(line, 1)
    receiver.reply(500)
    assert line.deliver() == Delivered(retry=1)
    delays = []
    while line.row(poisonous).status == "retry":
        ((due_at,),) = line.ask("select next_attempt_at from deliveries where webhook_id = ?", poisonous)
        delays.append((moment(due_at) - line.now) / MINUTE)
        assert due(line.settings.operations, moment(due_at) - MINUTE / 60) == 0
        booked(line, 10 + len(delays))
        line.now = moment(due_at) - MINUTE / 60
        assert line.deliver() == Delivered(delivered=1)
        line.now = moment(due_at)
        receiver.reply(500)
        line.deliver()
    assert line.row(poisonous).status == "dead"
    for delay, documented in zip(delays, [0.5, 2, 15, 60, 240, 720], strict=True):
        assert 0.8 * documented <= delay <= 1.2 * documented
    sent = [received.raw for received in receiver.received if received.id == poisonous]
    assert (len(sent), len(set(sent))) == (7, 1)


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_a_message_that_is_refused_is_dead_at_once(sending_line: Line, receiver: Receiver, status: int) -> None:
    booked(sending_line, 1)
    receiver.reply(status)
    counts = sending_line.deliver()
    assert (counts.dead, counts.failed) == (1, True)


def test_a_conflict_with_an_attempt_that_was_cut_off_is_tried_again(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    booked(line, 1, 2)
    receiver.reply(Reply(drop=True), 200)
    line.deliver()
    line.now += MINUTE
    receiver.reply(409)
    assert line.deliver() == Delivered(retry=1)
    line.now += 3 * MINUTE
    assert line.deliver() == Delivered(delivered=1)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_the_whole_queue_and_costs_no_attempt(
    sending_line: Line, receiver: Receiver, status: int
) -> None:
    line = sending_line
    booked(line, *range(1, 21))
    receiver.reply(*[Reply(status, headers={"retry-after": "120"})] * 8)
    assert line.deliver().waits_until == line.now + 2 * MINUTE
    assert line.ask("select max(attempts) from deliveries") == [(0,)]
    assert (line.deliver().delivered, due(line.settings.operations, line.now)) == (0, 0)
    line.now += 2 * MINUTE
    assert line.deliver() == Delivered(delivered=20)


def test_what_became_too_old_is_not_sent_and_the_next_sync_corrects(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    lead = line.marts.enters(1.0)
    line.sync()
    line.deliver()
    late = line.marts.enters(4.0, occurred_at=line.now)
    line.sync()
    line.now += 73 * HOUR
    assert line.deliver() == Delivered(expired=1)
    assert (line.row(late).status, line.row(late).reason) == ("not_sent", "expired")
    line.sync()
    line.deliver()
    assert [received.id for received in receiver.received] == [lead, line.rows()[-1].webhook_id]
    assert receiver.received[-1].body["type"] == "servicetitan.customer_state.corrected"


def test_a_send_that_was_cut_off_is_sent_again_when_its_lease_is_over(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    (webhook_id,) = booked(line, 1)
    receiver.reply(Reply(drop=True))
    line.deliver()
    line.becomes(webhook_id, "sending")
    assert line.deliver() == Delivered()
    line.now += MINUTE
    assert line.deliver() == Delivered(delivered=1, again=1)
    assert len({received.raw for received in receiver.received}) == 1


def test_without_an_address_nothing_can_be_sent(line: Line) -> None:
    line.configure(flow_builder_trigger_url=None)
    with pytest.raises(ConfigurationError, match="FLOW_BUILDER_TRIGGER_URL"):
        line.deliver()


def test_nothing_is_due_where_there_is_no_outbox_yet(line: Line) -> None:
    assert due(line.settings.operations, line.now) == 0


@pytest.mark.parametrize("years", [timedelta(days=365), timedelta(days=-365)])
def test_a_clock_that_was_set_back_strands_nothing_and_sends_nothing_twice(
    sending_line: Line, receiver: Receiver, years: timedelta
) -> None:
    """The outbox was worked off while the clock stood elsewhere."""
    line = sending_line
    line.configure(flow_builder_max_age_hours=24 * 1000)
    asked(line, 1, 2)
    receiver.reply(200, Reply(503, headers={"retry-after": "120"}))
    line.now += years
    line.deliver()
    line.now -= years - 10 * MINUTE
    assert due(line.settings.operations, line.now) == 1
    assert line.deliver() == Delivered(delivered=1)
    assert line.deliver() == Delivered()
    assert len({received.id for received in receiver.delivered()}) == len(receiver.delivered()) == 2


@pytest.mark.parametrize("status", [401, 429])
def test_an_endpoint_that_was_wrong_or_busy_in_the_future_is_asked_again(
    sending_line: Line, receiver: Receiver, status: int
) -> None:
    line = sending_line
    line.configure(flow_builder_max_age_hours=24 * 1000)
    asked(line, 1)
    receiver.reply(Reply(status, headers={"retry-after": "3600"}))
    line.now += timedelta(days=365)
    line.deliver()
    line.now -= timedelta(days=365)
    assert due(line.settings.operations, line.now) == 1
    assert line.deliver() == Delivered(delivered=1)
