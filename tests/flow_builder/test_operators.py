"""What an operator can do to the outbox, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from pipelines.flow_builder.dispatcher import Delivered
from pipelines.flow_builder.enqueue import Enqueued
from pipelines.flow_builder.outbox.operators import Action, Decided, decide
from pipelines.flow_builder.outbox.queries import deliveries
from tests.flow_builder.line import Line
from tests.flow_builder.marts import NOW, SOCAL
from tests.simulator.flow_builder.receiver import Receiver

HOUR = timedelta(hours=1)
LATER = "a later transition of this customer is known; `anyway` overrides superseded"


def asked(line: Line, action: Action, *webhook_ids: str, dry_run: bool = False) -> list[Decided]:
    return decide(line.settings, action, webhook_ids, reason="asked", by="ada", now=line.now, dry_run=dry_run)


def test_a_held_batch_leaves_when_it_is_released(sending_line: Line) -> None:
    line = sending_line
    line.configure(flow_builder_hold_above=0)
    lead = line.marts.enters(1.0)
    line.sync()
    assert line.deliver() == Delivered()
    assert asked(line, "release", lead) == [Decided(lead)]
    assert line.deliver() == Delivered(delivered=1)


def test_a_dead_one_is_sent_again_with_the_same_id_and_bytes(sending_line: Line, receiver: Receiver) -> None:
    line = sending_line
    booked = line.marts.enters(2.0)
    line.sync()
    receiver.reply(400)
    line.deliver()
    asked(line, "replay", booked)
    assert line.deliver() == Delivered(delivered=1)
    assert len({(received.id, received.raw) for received in receiver.received}) == 1


def test_what_expired_is_sent_all_the_same_when_a_person_says_so(sending_line: Line) -> None:
    line = sending_line
    lead = line.marts.enters(1.0)
    line.sync()
    line.now += 100 * HOUR
    assert line.deliver() == Delivered(expired=1)
    asked(line, "replay", lead)
    assert line.deliver() == Delivered(delivered=1)


def test_what_is_canceled_does_not_leave(sending_line: Line) -> None:
    line = sending_line
    booked = line.marts.enters(2.0)
    line.sync()
    asked(line, "cancel", booked)
    assert line.deliver() == Delivered()
    assert (line.row(booked).status, line.row(booked).reason) == ("canceled", "operator")


def test_what_a_person_canceled_stays_so_though_its_transition_goes_and_comes(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    asked(line, "cancel", booked)
    line.marts.retract(booked)
    line.sync()
    line.marts.bring_back(booked)
    line.sync()
    assert line.row(booked).status == "canceled"


def test_a_dead_one_stays_dead_when_its_loss_is_accepted(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "dead")
    assert asked(line, "cancel", booked) == [Decided(booked)]
    assert (line.row(booked).status, line.row(booked).reason) == ("dead", "accepted")


def test_every_decision_is_kept(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    asked(line, "cancel", booked)
    (row,) = deliveries(line.settings.operations, customer_id=1001)
    assert row["decisions"] == [
        {
            "action": "canceled",
            "overrides": None,
            "reason": "asked",
            "decided_by": "ada",
            "decided_at": "2026-11-22T15:11:00.000000Z",
        }
    ]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    assert asked(line, "cancel", booked, "unheard-of", dry_run=True) == [
        Decided(booked),
        Decided("unheard-of", "no such delivery"),
    ]
    assert line.row(booked).status == "pending"
    assert line.ask("select * from decisions") == []


def test_a_decision_needs_a_reason(line: Line) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        decide(line.settings, "cancel", ["id"], reason=" ", by="ada", now=line.now)


@pytest.mark.parametrize(
    ("action", "status", "why"),
    [
        ("replay", "pending", "it is pending; only dead, not_sent, delivered can be replayed"),
        ("release", "dead", "it is dead; only held can be released"),
        ("cancel", "delivered", "it is delivered; only pending, sending, retry, held, dead can be canceled"),
    ],
)
def test_a_deed_is_for_some_statuses(line: Line, action: Action, status: str, why: str) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, status)
    assert asked(line, action, booked) == [Decided(booked, why)]


def test_a_flow_of_the_past_is_not_replayed(line: Line) -> None:
    lead = line.marts.enters(1.0, occurred_at=line.now - HOUR)
    line.marts.enters(2.0)
    line.sync()
    line.becomes(lead, "dead")
    assert asked(line, "replay", lead) == [Decided(lead, LATER)]


def test_what_was_retracted_is_not_replayed(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "dead")
    line.marts.retract(booked)
    line.sync()
    assert asked(line, "replay", booked) == [Decided(booked, "its transition was retracted")]


def test_what_starts_no_flow_and_was_never_to_be_told_is_not_replayed(line: Line) -> None:
    old = line.marts.enters(0.0, event_name="reset")
    line.sync()
    assert asked(line, "replay", old) == [
        Decided(old, "its state starts no flow, and nothing was ever told of this customer; `anyway` overrides untold")
    ]


@pytest.mark.parametrize(
    ("reason", "columns"),
    [("reclassified", {"is_reclassified": True}), ("stale", {"occurred_at": NOW - 100 * HOUR})],
)
def test_what_was_not_news_is_sent_with_its_flow_by_whoever_wants_it(
    sending_line: Line, receiver: Receiver, reason: str, columns: dict[str, Any]
) -> None:
    line = sending_line
    lead = line.marts.enters(1.0, **columns)
    line.sync()
    assert (line.row(lead).status, line.row(lead).reason) == ("not_sent", reason)
    assert line.ask("select flow_name from deliveries") == [(None,)]
    asked(line, "replay", lead)
    assert line.deliver() == Delivered(delivered=1)
    assert receiver.received[0].body["data"]["flow_name"] == "Email Followup"
    assert line.ask("select flow_name from deliveries") == [("Email Followup",)]
    assert line.sync() == Enqueued(), "the state is told now"


def test_what_a_changed_rule_turned_up_below_a_later_one_is_not_replayed(line: Line) -> None:
    lead = line.marts.enters(1.0, occurred_at=NOW - HOUR, is_reclassified=True)
    line.marts.enters(2.0, is_baseline=True)
    line.sync()
    assert asked(line, "replay", lead) == [Decided(lead, LATER)]


def test_history_that_comes_back_keeps_an_older_flow_from_being_replayed(line: Line) -> None:
    lead = line.marts.enters(1.0, occurred_at=NOW - HOUR)
    old = line.marts.enters(2.0, is_baseline=True)
    line.marts.retract(old)
    line.sync()
    line.becomes(lead, "dead")
    line.marts.bring_back(old)
    line.sync()
    assert asked(line, "replay", lead) == [Decided(lead, LATER)]


def test_what_a_replay_tells_is_told_last(line: Line) -> None:
    line.marts.customer(7, tenant_id=SOCAL)
    first = line.marts.enters(2.0)
    line.sync()
    line.becomes(first, "dead")
    line.marts.enters(2.0, customer_id=7)
    line.sync()
    asked(line, "replay", first)
    assert [row.webhook_id for row in line.rows()][-1] == first


def test_what_a_person_sent_once_more_is_corrected_though_it_left_before_the_next_sync(sending_line: Line) -> None:
    line = sending_line
    lead = line.marts.enters(1.0)
    line.sync()
    line.deliver()
    booked = line.marts.enters(2.0)
    line.sync()
    line.deliver()
    again = decide(line.settings, "replay", [lead], reason="asked", by="ada", now=line.now, anyway=True)
    assert again == [Decided(lead)]
    assert line.deliver() == Delivered(delivered=1)
    line.sync()
    assert [(row.kind, row.told_state) for row in line.rows()] == [
        ("changed", 2.0),
        ("changed", 1.0),
        ("corrected", 2.0),
    ]
    assert line.rows()[0].webhook_id == booked
