"""First the endpoint, then the message: over real HTTP, with the clock in hand."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.flow_builder.advice import advice
from pipelines.flow_builder.dispatcher import Delivered
from pipelines.flow_builder.outbox.operators import decide
from pipelines.flow_builder.outbox.queries import outbox_health
from pipelines.operations import moment, open_operations, stamp
from tests.flow_builder.conftest import IN_A_FILE
from tests.flow_builder.line import Line
from tests.flow_builder.outage import TROUBLES, play
from tests.flow_builder.stored import due
from tests.flow_builder.test_deliver import booked
from tests.simulator.flow_builder.receiver import Receiver, Reply
from tests.stores import older_store

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
INTERVALS = [30, 60, 120, 240, 300, 300]  # seconds before each probe


def is_down(line: Line) -> bool:
    return outbox_health(line.settings.operations, line.now).endpoint.down_since is not None


def goes_down(line: Line, receiver: Receiver, *replies: Reply | int) -> list[str]:
    """Twenty customers' deliveries are due when it happens."""
    ids = booked(line, *range(1, 21))
    receiver.reply(*replies)
    receiver.otherwise = Reply(404)
    line.deliver()
    receiver.otherwise = Reply()
    assert is_down(line)
    return ids


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 405, 410])
def test_a_wrong_endpoint_is_down_at_once_and_costs_no_attempt(
    sending_line: Line, receiver: Receiver, status: int
) -> None:
    line = sending_line
    booked(line, *range(1, 21))
    receiver.otherwise = Reply(status, headers={"location": f"{receiver.url}/elsewhere"})
    counts = line.deliver()
    assert (counts.down, counts.failed, counts.delivered, counts.dead) == (True, True, 0, 0)
    assert len(receiver.received) <= 8
    assert line.ask("select sum(attempts) from deliveries") == [(0,)]


@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(drop=True), Reply(402)])
def test_three_failures_of_two_messages_are_the_endpoints(sending_line: Line, receiver: Receiver, reply: Reply) -> None:
    line = sending_line
    booked(line, *range(1, 21))
    receiver.otherwise = reply
    counts = line.deliver()
    assert (counts.down, counts.delivered, counts.dead) == (True, 0, 0)
    assert len(receiver.received) <= 10
    assert line.ask("select sum(attempts) from deliveries") == [(3,)]


def test_three_failures_of_the_only_message_are_the_endpoints(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    booked(line, 1)
    receiver.otherwise = Reply(500)
    for _ in range(3):
        assert not is_down(line)
        line.deliver()
        line.now += 3 * MINUTE
    assert is_down(line)


def test_two_failures_and_a_success_are_not(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    booked(line, *range(1, 21))
    receiver.reply(500, 500, *[200] * 18)
    assert line.deliver() == Delivered(delivered=18, retry=2)


def test_while_it_is_down_one_probe_leaves_at_a_time_and_more_and_more_seldom(
    sending_line: Line, receiver: Receiver
) -> None:
    line = sending_line
    goes_down(line, receiver)
    receiver.otherwise = Reply(500)
    begun = len(receiver.received)
    for count, seconds in enumerate(INTERVALS, start=1):
        line.now += (seconds - 1) * SECOND
        assert due(line.settings.operations, line.now) == 0
        assert line.deliver() == Delivered(down=True)
        line.now += SECOND
        assert due(line.settings.operations, line.now) == 20
        assert line.deliver() == Delivered(retry=1, down=True)
        assert len(receiver.received) == begun + count
    probed = [received.id for received in receiver.received[begun:]]
    assert len({*probed}) == len(INTERVALS)
    assert line.ask("select sum(attempts), count(*) from deliveries where status = 'dead'") == [(None, 0)]


@pytest.mark.parametrize(("reply", "delivered"), [(200, 20), (422, 19), (Reply(429, {"retry-after": "0"}), 0)])
def test_the_first_answer_of_one_that_works_brings_it_up_and_everything_flows(
    sending_line: Line, receiver: Receiver, reply: Reply | int, delivered: int
) -> None:
    line = sending_line
    goes_down(line, receiver)
    line.now += MINUTE
    receiver.reply(reply)
    counts = line.deliver()
    assert (counts.delivered, counts.down) == (delivered, False)
    line.now += MINUTE
    assert counts.delivered + counts.dead + line.deliver().delivered == 20


def test_what_all_refuse_is_not_dead_and_only_a_success_brings_it_up(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    booked(line, *range(1, 21))
    receiver.otherwise = Reply(422)
    counts = line.deliver()
    assert (counts.dead, counts.down, len(receiver.received) <= 10) == (0, True, True)
    for reply in (400, 404, 429, 500):
        line.now += 5 * MINUTE
        receiver.reply(reply)
        line.deliver()
        assert is_down(line)
    line.now += 5 * MINUTE
    receiver.otherwise = Reply()
    assert line.deliver() == Delivered(delivered=20)


def test_what_is_refused_again_after_another_got_through_is_dead(sending_line: Line, receiver: Receiver) -> None:
    """Three bad messages at night, and a good one in the morning."""
    line = sending_line
    bad = booked(line, 1, 2, 3)
    receiver.otherwise = Reply(422)
    assert line.deliver() == Delivered(retry=3, down=True)
    for _ in range(5):
        line.now += 5 * MINUTE
        assert line.deliver().dead == 0
    (good,) = booked(line, 4)
    receiver.reply(200)
    assert line.deliver() == Delivered(delivered=1, dead=3)
    assert [line.row(one).status for one in (*bad, good)] == ["dead"] * 3 + ["delivered"]


def test_what_a_person_gave_up_is_not_due_again(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    receiver.otherwise = Reply(422)
    (given_up,) = booked(line, 1)
    line.deliver()
    decide(line.settings, "cancel", [given_up], reason="a test", by="ada", now=line.now)
    booked(line, 2, 3)
    assert line.deliver() == Delivered(retry=2, down=True)
    assert (line.row(given_up).status, line.row(given_up).reason) == ("dead", "accepted")


def test_what_was_retracted_meanwhile_is_not_due_again(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    receiver.otherwise = Reply(422)
    (gone,) = booked(line, 1)
    line.deliver()
    line.marts.retract(gone)
    booked(line, 2, 3)
    assert line.deliver() == Delivered(retry=2, down=True)
    assert line.row(gone).status == "dead"


def test_a_poisonous_message_at_night_keeps_nobody_from_being_sent_and_dies_alone(
    sending_line: Line, receiver: Receiver
) -> None:
    """One that is answered 500 is alone until the morning; then one other comes every hour."""
    line = sending_line
    (poison,) = booked(line, 1)

    def night() -> None:
        receiver.replies.clear()
        receiver.otherwise = Reply(500)
        for _ in range(20):
            line.now += 5 * MINUTE
            line.deliver()

    night()
    assert is_down(line)
    waited, customers = [], range(100, 130)
    for customer_id in customers:
        if line.row(poison).status == "dead":
            break
        (good,) = booked(line, customer_id)
        began = line.now
        while line.row(good).status != "delivered":
            receiver.replies.clear()
            receiver.reply(*replies_for(line, poison))
            line.deliver()
            line.now += 5 * SECOND
        waited.append(line.now - began)
        night()
    assert max(waited) <= 6 * MINUTE
    statuses = dict(line.ask("select status, count(*) from deliveries group by status"))
    assert statuses == {"dead": 1, "delivered": len(waited)}
    assert line.ask("select attempts from deliveries where webhook_id = ?", poison) == [(7,)]


def replies_for(line: Line, poison: str) -> list[Reply]:
    """A probe goes to the other one, never tried; then both are sent."""
    tried = line.ask("select attempt_id from deliveries where webhook_id = ?", poison)
    return [Reply(200), *[Reply(500)] * 3] if tried else [Reply(500)]


def test_what_is_down_is_said_with_its_reason_and_the_next_probe(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    goes_down(line, receiver)
    endpoint = outbox_health(line.settings.operations, line.now).endpoint
    assert endpoint.describe() == (
        f"down since {line.now:%Y-%m-%d %H:%M:%S} UTC: its last answer was HTTP 404;"
        f" next probe: {line.now + MINUTE / 2:%Y-%m-%d %H:%M:%S} UTC"
    )


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("HTTP 404", "FLOW_BUILDER_TRIGGER_URL (https://flows.example.com:8443) knows no such path"),
        ("HTTP 307", "FLOW_BUILDER_TRIGGER_URL (https://flows.example.com:8443) answers with a redirect"),
        ("HTTP 405", "FLOW_BUILDER_TRIGGER_URL (https://flows.example.com:8443) takes no POST"),
        ("HTTP 401", "FLOW_BUILDER_TOKEN and FLOW_BUILDER_SIGNING_SECRETS"),
        ("HTTP 403", "FLOW_BUILDER_TOKEN and FLOW_BUILDER_SIGNING_SECRETS"),
        ("HTTP 422", "Flow Builder refuses"),
        ("HTTP 500", "Flow Builder failed"),
        ("ConnectError: [Errno 111] refused", "nobody answers there"),
        ("ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "certificate of FLOW_BUILDER_TRIGGER_URL"),
        ("Timeout", "FLOW_BUILDER_TRIGGER_URL (https://flows.example.com:8443)"),
    ],
)
def test_advice_names_the_variable_and_the_host_and_no_secret(problem: str, words: str) -> None:
    said = advice(problem, "https://ada:s3cret@flows.example.com:8443/hooks/s3cret?key=s3cret")
    assert words in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    "name",
    [
        "refused connections",
        *(pytest.param(status, marks=pytest.mark.prove) for status in ("500", "422")),
        "503, Retry-After 120",
    ],
)
def test_an_outage_of_six_hours_loses_nothing(sending_line: Line, receiver: Receiver, name: str) -> None:
    """``python -m tests.bench.outage`` plays more of them, and longer ones."""
    sending_line.configure(flow_builder_max_age_hours=5)
    played = play(sending_line, receiver, TROUBLES[name], 6)
    assert set(played.statuses) <= {("delivered", None), ("not_sent", "expired")}
    assert played.statuses["delivered", None] >= 1
    assert played.in_order
    assert played.came_after is not None
    assert played.came_after <= 6 * MINUTE
    if "Retry-After" not in name:
        assert played.gaps()[:6] == INTERVALS
        assert max(played.gaps()) == 300


@IN_A_FILE
def test_an_endpoint_that_an_older_release_had_stopped_is_down_and_probed_at_once(sending_line: Line) -> None:
    line = sending_line
    path = line.settings.operations_file
    path.parent.mkdir(parents=True, exist_ok=True)
    stopped_store(path)
    (webhook_id,) = booked(line, 1)
    endpoint = outbox_health(path, line.now).endpoint
    assert (endpoint.down_since, endpoint.because) == (moment(OLDER[0]), "HTTP 401")
    assert due(path, line.now) == 1
    assert line.deliver() == Delivered(delivered=1)
    assert line.row(webhook_id).status == "delivered"


OLDER = ("2026-11-22T10:00:00.000000Z", "2026-11-22T14:55:00.000000Z")


def stopped_store(path: Path) -> None:
    with older_store(path, 8) as con:
        con.execute("update endpoint set stopped_at = ?, stopped_status = 401, tried_at = ?", OLDER)


def test_an_endpoint_that_an_older_release_had_not_stopped_is_up(tmp_path: Path) -> None:
    stopped_store(tmp_path / "o.sqlite")
    with sqlite3.connect(tmp_path / "o.sqlite") as con:
        con.execute("update endpoint set stopped_at = null, stopped_status = null, tried_at = null, waits_until = 'w'")
    with open_operations(tmp_path / "o.sqlite") as con:
        row = "select down_since, because, next_probe_at, waits_until, refuses, probes from endpoint"
        assert con.execute(row).fetchall() == [(None, None, None, "w", 0, 0)]


def test_a_probe_that_was_put_off_before_the_clock_was_set_back_leaves(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    goes_down(line, receiver)
    with open_operations(line.settings.operations) as con:
        con.execute("update endpoint set next_probe_at = ?", [stamp(line.now + 400 * HOUR)])
    assert due(line.settings.operations, line.now) > 0
    line.deliver()
    assert not is_down(line)
