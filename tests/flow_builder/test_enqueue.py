"""What is told and what is not: delivery.md's second section, sentence by sentence."""

from datetime import timedelta
from hashlib import md5
from pathlib import Path

import pytest

from pipelines.flow_builder.enqueue import Enqueued, OutboxLost, enqueue
from tests.flow_builder.conftest import IN_A_FILE
from tests.flow_builder.line import Line
from tests.flow_builder.marts import DFW, NOW, SOCAL

HOUR = timedelta(hours=1)


@pytest.fixture(params=["what has changed", "all"])
def line(line: Line, request: pytest.FixtureRequest) -> Line:
    """Whatever an enqueue looks at, it comes to the same."""
    line.is_full = request.param == "all"
    return line


def test_a_new_transition_becomes_a_delivery_that_starts_its_flow(line: Line) -> None:
    booked = line.marts.enters(2.0)
    assert line.sync() == Enqueued(sent=1)
    row = line.row(booked)
    assert (row.kind, row.status, row.told_state) == ("changed", "pending", 2.0)
    assert row.body["data"]["flow_name"] == "What to Expect"


def test_a_second_sync_adds_nothing(line: Line) -> None:
    line.marts.enters(2.0)
    line.sync()
    assert line.sync() == Enqueued()
    assert len(line.rows()) == 1


def test_history_from_before_the_baseline_is_not_sent(line: Line) -> None:
    line.marts.enters(6.0, is_baseline=True)
    assert line.sync() == Enqueued()
    assert line.rows() == [], "the log says it"


def test_nothing_of_a_tenant_is_looked_at_before_its_baseline_stands(line: Line) -> None:
    line.marts.customer(7, tenant_id=DFW)
    line.marts.enters(2.0, customer_id=7, tenant_id=DFW)
    assert line.sync() == Enqueued()


def test_an_inactive_customer_is_not_written_to(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.marts.deactivate(1001)
    line.sync()
    assert line.row(booked).reason == "inactive"


def test_state_0_is_not_told_where_nothing_ever_was(line: Line) -> None:
    reset = line.marts.enters(0.0, event_name="reset")
    line.sync()
    assert line.row(reset).reason == "untold"


def test_state_0_is_told_without_a_flow_where_something_was(line: Line) -> None:
    line.marts.enters(2.0, occurred_at=NOW - HOUR)
    reset = line.marts.enters(0.0, event_name="reset")
    line.sync()
    assert line.row(reset).status == "pending"
    assert line.row(reset).body["data"]["flow_name"] is None


def test_another_estimate_that_takes_the_place_of_a_dismissed_one_is_not_told_again(line: Line) -> None:
    first = line.marts.enters(3.0, event_id="estimate:1:created")
    line.sync()
    line.becomes(first, "delivered")
    line.marts.retract(first)
    second = line.marts.enters(3.0, event_id="estimate:2:created")
    line.sync()
    assert (line.row(second).status, line.row(second).reason) == ("not_sent", "replaced")
    assert len(line.rows()) == 2


def test_what_is_found_after_a_later_transition_was_told_is_late(line: Line) -> None:
    line.marts.enters(3.0)
    line.sync()
    lead = line.marts.enters(1.0, occurred_at=NOW - HOUR)
    line.sync()
    assert line.row(lead).reason == "late"


def test_what_was_old_when_it_was_detected_is_stale(line: Line) -> None:
    old = line.marts.enters(1.0, occurred_at=NOW - 72 * HOUR)
    fresh = line.marts.enters(3.0, occurred_at=NOW - 71 * HOUR)
    line.sync()
    assert [line.row(old).reason, line.row(fresh).reason] == ["stale", None]


def test_of_two_at_once_the_older_is_sent_superseded_and_starts_nothing(line: Line) -> None:
    lead = line.marts.enters(1.0, occurred_at=NOW - HOUR)
    booked = line.marts.enters(2.0)
    line.sync()
    bodies = [line.row(lead).body["data"], line.row(booked).body["data"]]
    assert [(body["superseded"], body["flow_name"]) for body in bodies] == [(True, None), (False, "What to Expect")]


def test_or_it_is_skipped_where_the_settings_say_so(line: Line) -> None:
    line.configure(flow_builder_superseded="skip")
    lead = line.marts.enters(1.0, occurred_at=NOW - HOUR)
    line.marts.enters(2.0)
    line.sync()
    assert line.row(lead).reason == "superseded"


def test_ties_are_told_in_the_folds_order(line: Line) -> None:
    by_hand = line.marts.enters(1.0, event_name="state_set", event_id="state_update:a")
    sold = line.marts.enters(4.0, event_id="estimate:9:sold")
    created = line.marts.enters(3.0, event_id="estimate:9:created")
    line.sync()
    assert [row.webhook_id for row in line.rows()] == [created, sold, by_hand]


def test_a_send_whose_transition_stands_no_longer_is_canceled(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.marts.retract(booked)
    assert line.sync() == Enqueued(canceled=1)
    assert (line.row(booked).status, line.row(booked).reason) == ("canceled", "retracted")


def test_it_is_pending_again_when_the_transition_comes_back(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    before = line.row(booked)
    line.marts.retract(booked)
    line.sync()
    line.marts.bring_back(booked)
    line.sync()
    assert line.row(booked) == before


def test_but_not_where_another_has_told_its_state_meanwhile(line: Line) -> None:
    first = line.marts.enters(3.0, event_id="estimate:1:created")
    line.sync()
    line.marts.retract(first)
    second = line.marts.enters(3.0, event_id="estimate:2:created")
    line.sync()
    line.becomes(second, "delivered")
    line.marts.retract(second)
    line.marts.bring_back(first)
    line.sync()
    assert (line.row(first).status, line.row(first).reason) == ("not_sent", "replaced")


def test_a_send_that_was_begun_stays_canceled_and_counts_as_told(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "retry")
    line.marts.retract(booked)
    line.sync()
    assert [(row.kind, row.status) for row in line.rows()] == [("changed", "canceled"), ("corrected", "pending")]
    line.marts.bring_back(booked)
    line.sync()
    assert [(row.status, row.reason) for row in line.rows()] == [("canceled", "retracted"), ("canceled", "obsolete")]


def test_what_was_told_and_is_no_longer_so_is_corrected(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "delivered")
    line.marts.retract(booked)
    assert line.sync() == Enqueued(corrected=1)
    correction = line.rows()[-1]
    assert correction.webhook_id == md5(b"410387862:1001").hexdigest() + "-corrected-1"
    data = correction.body["data"]
    assert (data["told_state"], data["to_state"], data["retracted_transition_id"]) == (2.0, 0.0, booked)
    assert (data["transition_id"], data["from_state"], data["occurred_at"], data["cause"]) == (None, None, None, None)


def test_corrections_are_counted_per_customer(line: Line) -> None:
    for state in (2.0, 3.0):
        entered = line.marts.enters(state)
        line.sync()
        line.becomes(entered, "delivered")
        line.marts.retract(entered)
        line.sync()
    corrections = [row.webhook_id for row in line.rows() if row.kind == "corrected"]
    assert [webhook_id[-12:] for webhook_id in corrections] == ["-corrected-1", "-corrected-2"]


def test_a_dead_delivery_told_nothing_so_the_next_sync_corrects_what_was_told_before(line: Line) -> None:
    lead = line.marts.enters(1.0)
    line.sync()
    line.becomes(lead, "delivered")
    booked = line.marts.enters(2.0, occurred_at=NOW + HOUR)
    line.sync()
    line.becomes(booked, "dead")
    line.sync()
    data = line.rows()[-1].body["data"]
    assert (data["told_state"], data["to_state"], data["transition_id"], data["flow_name"]) == (1.0, 2.0, booked, None)
    assert "retracted_transition_id" not in data


def test_a_customer_of_whom_nothing_was_told_is_left_in_peace(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "dead")
    assert line.sync() == Enqueued()


def test_of_an_inactive_customer_only_the_state_of_a_flow_that_must_end_is_corrected(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "delivered")
    line.marts.retract(booked)
    line.marts.deactivate(1001)
    assert line.sync() == Enqueued(corrected=1)
    assert [one["transition_id"] for one in line.rows()[-1].body["data"]["ends"]] == [booked]
    line.marts.deactivate(1001, is_active=True)
    assert line.sync() == Enqueued()


def test_after_a_merge_the_survivor_is_corrected_and_the_loser_left_alone(line: Line) -> None:
    line.marts.customer(1002)
    lead = line.marts.enters(1.0, customer_id=1001, occurred_at=NOW - HOUR)
    booked = line.marts.enters(2.0, customer_id=1002)
    line.sync()
    line.becomes(lead, "delivered")
    line.becomes(booked, "delivered")
    line.marts.merge(loser=1002, survivor=1001)
    assert line.sync() == Enqueued(corrected=1)
    data = line.rows()[-1].body["data"]
    assert (data["customer_id"], data["told_state"], data["to_state"]) == (1001, 1.0, 2.0)


def test_more_flows_than_the_limit_wait_for_a_person(line: Line) -> None:
    line.configure(flow_builder_hold_above=2)
    for customer_id in (2, 3, 4):
        line.marts.customer(customer_id)
        line.marts.enters(2.0, customer_id=customer_id)
    assert line.sync() == Enqueued(sent=3, held=3)


def test_more_corrections_than_the_limit_wait_for_a_person(line: Line) -> None:
    booked = []
    for customer_id in (2, 3, 4):
        line.marts.customer(customer_id)
        booked.append(line.marts.enters(2.0, customer_id=customer_id))
    line.sync()
    for webhook_id in booked:
        line.becomes(webhook_id, "delivered")
        line.marts.retract(webhook_id)
    line.configure(flow_builder_hold_above=2)
    assert line.sync() == Enqueued(corrected=3, held=3)


def test_only_the_tenant_with_too_many_waits(line: Line) -> None:
    line.configure(flow_builder_hold_above=1)
    line.marts.baseline(DFW)
    for customer_id, tenant_id in ((2, DFW), (3, DFW)):
        line.marts.customer(customer_id, tenant_id=tenant_id)
        line.marts.enters(2.0, customer_id=customer_id, tenant_id=tenant_id)
    line.marts.enters(2.0)
    line.sync()
    assert sorted(row.status for row in line.rows()) == ["held", "held", "pending"]


@IN_A_FILE
def test_a_lost_outbox_is_noticed_and_nothing_is_taken_as_new(line: Line) -> None:
    line.marts.enters(2.0)
    line.sync()
    lose(line.settings.operations_file)
    with pytest.raises(OutboxLost, match=r"operations\.sqlite was lost.*back-up.*--start-over"):
        line.sync()
    assert line.rows() == []


@IN_A_FILE
def test_starting_over_takes_everything_as_told(line: Line) -> None:
    line.marts.enters(1.0, is_baseline=True)
    line.marts.enters(2.0)
    line.sync()
    lose(line.settings.operations_file)
    assert line.sync(start_over=True) == Enqueued(not_sent={"baseline": 1})
    booked = line.marts.enters(3.0)
    assert line.sync() == Enqueued(sent=1)
    assert line.row(booked).status == "pending"


@IN_A_FILE
def test_what_was_taken_as_told_is_no_news_though_it_goes_and_comes(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    lose(line.settings.operations_file)
    line.sync(start_over=True)
    line.marts.retract(booked)
    line.sync()
    line.marts.bring_back(booked)
    assert line.sync() == Enqueued()
    assert [row.reason for row in line.rows()] == ["baseline"]


def test_each_tenant_is_lost_by_itself(line: Line) -> None:
    line.marts.enters(2.0)
    line.sync()
    line.marts.baseline(DFW)
    line.marts.customer(7, tenant_id=DFW)
    line.marts.enters(2.0, customer_id=7, tenant_id=DFW, detected_at=line.now)
    lead = line.marts.enters(3.0)
    with pytest.raises(OutboxLost, match=f"tenant {DFW}, and 1 transitions"):
        line.sync()
    assert lead not in [row.webhook_id for row in line.rows()]


def test_an_enqueue_that_wrote_nothing_was_one(line: Line) -> None:
    line.marts.enters(1.0, is_baseline=True, occurred_at=NOW - HOUR)
    line.sync()
    assert line.ask("select tenant_id from enqueues") == [(SOCAL,)]
    line.marts.enters(2.0)
    line.marts.derive(line.now)  # and its enqueue died
    assert line.sync() == Enqueued(sent=1)


def test_several_derivations_that_were_not_enqueued_are_made_up_for(line: Line) -> None:
    line.sync()
    for customer_id in (2, 3, 4):
        line.marts.customer(customer_id)
        line.marts.enters(2.0, customer_id=customer_id)
        line.marts.derive(line.now)
    assert line.sync() == Enqueued(sent=3)


def test_a_derivation_that_was_cut_short_hides_nothing(line: Line) -> None:
    line.sync()
    line.marts.enters(2.0)
    line.marts.derive(line.now)
    line.marts.con.execute("update intermediate.derivation_begun set derivation_id = 'cut short'")
    line.marts.con.execute("delete from intermediate.int_customers__changed")
    assert enqueue(line.marts.con, line.settings, line.now) == Enqueued(sent=1)


def test_history_that_goes_and_comes_is_no_news(line: Line) -> None:
    old = line.marts.enters(6.0, is_baseline=True)
    line.sync()
    line.marts.retract(old)
    assert line.sync() == Enqueued()
    line.marts.bring_back(old)
    assert line.sync() == Enqueued()
    assert line.rows() == []


def test_a_correction_that_names_history_is_canceled_when_that_is_gone(line: Line) -> None:
    lead = line.marts.enters(1.0, is_baseline=True, occurred_at=NOW - HOUR)
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "delivered")
    line.marts.retract(booked)
    assert line.sync() == Enqueued(corrected=1)
    line.marts.retract(lead)
    assert line.sync() == Enqueued(corrected=1, canceled=1)
    assert [(row.status, row.told_state) for row in line.rows()][1:] == [("canceled", 1.0), ("pending", 0.0)]


def test_what_a_correction_told_of_history_is_not_taken_for_gone(line: Line) -> None:
    line.marts.enters(1.0, is_baseline=True, occurred_at=NOW - HOUR)
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "delivered")
    line.marts.retract(booked)
    line.sync()
    line.becomes(line.rows()[-1].webhook_id, "delivered")
    again = line.marts.enters(1.0, event_id="lead:2:created")
    assert line.sync() == Enqueued(sent=1)
    assert line.row(again).reason is None


def test_what_a_changed_rule_turned_up_is_not_sent_and_what_was_told_is_corrected(line: Line) -> None:
    lead = line.marts.enters(1.0, occurred_at=NOW - HOUR)
    line.sync()
    line.becomes(lead, "delivered")
    booked = line.marts.enters(2.0, is_reclassified=True)
    assert line.sync() == Enqueued(corrected=1, not_sent={"reclassified": 1})
    assert line.row(booked).status == "not_sent"
    data = line.rows()[-1].body["data"]
    assert (data["told_state"], data["to_state"], data["flow_name"]) == (1.0, 2.0, None)


def test_of_whom_nothing_was_told_a_changed_rule_tells_nothing(line: Line) -> None:
    line.marts.enters(2.0, is_reclassified=True)
    assert line.sync() == Enqueued(not_sent={"reclassified": 1})


def test_a_log_of_a_release_that_reclassified_nothing_is_read(line: Line) -> None:
    line.marts.enters(2.0)
    line.marts.derive(line.now)
    line.marts.con.execute("alter table marts.customer_state_transitions drop is_reclassified")
    assert enqueue(line.marts.con, line.settings, line.now) == Enqueued(sent=1)


def test_an_outbox_that_was_there_before_the_first_news_is_not_lost(line: Line) -> None:
    line.sync()
    line.marts.enters(2.0, detected_at=line.now + timedelta(minutes=1))  # by a run that ended before it enqueued
    assert line.sync() == Enqueued(sent=1)


def test_what_was_retracted_before_it_was_ever_seen_is_counted_as_canceled(line: Line) -> None:
    booked = line.marts.enters(2.0)
    line.marts.retract(booked)
    line.sync()
    assert (line.row(booked).status, line.row(booked).reason) == ("canceled", "retracted")
    line.marts.bring_back(booked)
    line.sync()
    assert line.row(booked).status == "pending"


def lose(operations: Path) -> None:
    for file in operations.parent.glob(f"{operations.name}*"):
        file.unlink()
