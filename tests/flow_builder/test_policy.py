"""What is told of one customer, decided without any store: delivery.md section 2, and what offices do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.flow_builder.facts import TypedEmail
from pipelines.flow_builder.statuses import Status
from tests.flow_builder.household import DAY, HOUR, MINUTE, Household, flows, visit


@pytest.fixture
def home() -> Household:
    return Household()


def test_a_new_transition_starts_its_flow_once(home: Household) -> None:
    home.enters(1.0)
    assert flows(home.go_on()) == ["Email Followup"]
    assert home.go_on() == home.go_on(DAY) == []


def test_what_comes_next_ends_the_flow_before_it(home: Household) -> None:
    lead = home.enters(1.0)
    home.go_on()
    home.books(1, 3 * DAY)
    [booked] = home.go_on()
    assert (booked.flow_name, booked.ends) == ("What to Expect", (lead,))


def test_a_message_that_was_not_taken_yet_has_ended_nothing_for_the_next_one(home: Household) -> None:
    lead = home.enters(1.0)
    home.go_on()
    home.books(1, 3 * DAY)
    home.sync()
    home.enters(3.0, 1)
    [_, offered] = home.go_on(3 * HOUR)
    assert offered.ends == (lead,)


def test_a_visit_that_is_entered_afterwards_is_told_and_mails_nobody(home: Household) -> None:
    home.books(1, -DAY)
    [told] = home.go_on()
    assert (told.flow_name, told.suppressed, told.was_ahead) == (None, "past", False)


def test_a_visit_of_a_job_that_was_canceled_is_past(home: Household) -> None:
    home.books(1, 2 * DAY, job_status="Canceled")
    assert home.go_on()[0].suppressed == "past"


def test_the_visit_ahead_is_named_and_not_the_one_that_is_done(home: Household) -> None:
    done, ahead = visit(1, home.now - 4 * HOUR, status="Done"), visit(2, home.now + 7 * DAY)
    home.enters(5.0, 1, done, ahead, source_table="appointments", source_id="1")
    [told] = home.go_on()
    assert told.appointment is not None
    assert (told.appointment.id, told.flow_name) == (2, "What to Expect install")


def test_an_old_booking_whose_visit_lies_ahead_is_not_stale(home: Household) -> None:
    home.books(1, 2 * DAY, ago=4 * DAY)
    assert flows(home.go_on()) == ["What to Expect"]


def test_an_old_lead_is_stale(home: Household) -> None:
    home.enters(1.0, ago=4 * DAY)
    home.sync()
    assert [(row.status, row.reason) for row in home.rows] == [(Status.NOT_SENT, "stale")]


def test_a_visit_that_moves_is_said_once(home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    home.go_on()
    home.moves(booked, 7 * DAY)
    home.sync()
    home.moves(booked, 8 * DAY)
    [moved] = home.go_on()
    assert (moved.kind, moved.webhook_id, moved.told_state, moved.ends) == ("moved", f"{booked}-moved-1", None, ())
    assert moved.appointment is not None
    assert moved.appointment.start == home.facts[booked].visits[0].starts_at
    assert home.go_on() == []


def test_a_visit_that_moves_is_said_though_what_told_it_was_sent_again_behind(home: Household) -> None:
    """And for what was sent again once more, which goes as it was."""
    booked = home.books(1, 3 * DAY)
    home.go_on()
    home.moves(booked, 5 * DAY)
    [unwanted] = home.sync()
    home.rows[1] = replace(unwanted, status=Status.CANCELED, reason="operator")
    home.moves(booked, 7 * DAY)
    home.sync()
    home.ends(home.rows[0], Status.PENDING, may_have_arrived=True, sequence=next(home.sequence))
    home.rows.append(home.rows.pop(0))
    home.sync()
    assert [(row.kind, row.status) for row in home.rows[1:]] == [
        ("moved", Status.PENDING),
        ("changed", Status.PENDING),
        ("moved", Status.PENDING),
    ]


def test_a_visit_that_moves_back_before_it_was_said_is_not_said(home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    home.go_on()
    before = home.facts[booked].visits
    home.moves(booked, 7 * DAY)
    home.sync()
    home.change(booked, visits=before)
    [moved] = home.sync()
    assert (moved.status, moved.reason) == (Status.CANCELED, "obsolete")


@pytest.mark.parametrize("change", [{"status": "Canceled"}, {"is_active": False}])
def test_a_visit_that_is_off_is_said_with_none_in_its_place(home: Household, change: dict[str, object]) -> None:
    booked = home.books(1, 3 * DAY)
    home.go_on()
    [one] = home.facts[booked].visits
    home.change(booked, visits=[visit(one.id, one.starts_at or home.now, **change)])
    [moved] = home.go_on()
    assert (moved.kind, moved.appointment, moved.was_ahead) == ("moved", None, False)


def test_a_visit_that_is_over_and_a_second_one_on_its_job_are_no_change(home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    home.go_on()
    home.change(booked, visits=[*home.facts[booked].visits, visit(99, home.now + 9 * DAY)])
    assert home.go_on() == home.go_on(4 * DAY) == []


def test_a_cancellation_waits_for_its_hour_and_a_sync_after_it(home: Household) -> None:
    home.enters(2.5, 1)
    canceled_at = home.now
    assert home.go_on() == home.go_on(30 * MINUTE) == []
    assert home.go_on(2 * HOUR, whole_from=canceled_at + 50 * MINUTE) == []
    assert flows(home.go_on()) == ["Sorry We missed you"]


def test_who_books_anew_within_the_hour_hears_of_the_new_visit_alone(home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    home.go_on()
    home.change(booked, job_status="Canceled")
    canceled = home.enters(2.5, 1)
    home.sync()
    again = home.books(2, 5 * DAY)
    sent = home.go_on(20 * MINUTE)
    assert [(row.transition_id, row.flow_name) for row in sent] == [(canceled, None), (again, "What to Expect")]
    assert sent[0].superseded
    assert sent[1].ends == (booked,)


def test_who_books_anew_while_nothing_could_be_read_hears_no_sorry_either(home: Household) -> None:
    home.enters(2.5, 1)
    stands_still = home.now + 10 * MINUTE
    home.go_on(10 * MINUTE)
    home.go_on(2 * HOUR, whole_from=stands_still)
    home.books(2, 5 * DAY, ago=HOUR)
    assert flows(home.go_on()) == [None, "What to Expect"]


def test_an_offer_that_is_bought_at_the_kitchen_table_starts_no_reminders(home: Household) -> None:
    home.enters(3.0, 1)
    home.sync()
    home.enters(4.0, 1)
    assert flows(home.go_on(30 * MINUTE)) == [None, "Scheduled the Install"]


def test_what_was_tried_and_is_no_longer_so_is_canceled_and_corrected(home: Household) -> None:
    canceled = home.enters(2.5, 1)
    home.sync(2 * HOUR)
    home.ends(home.rows[0], Status.RETRY, may_have_arrived=True)
    home.books(2, 5 * DAY)
    [sorry, booked] = home.sync()
    assert (sorry.status, sorry.reason) == (Status.CANCELED, "superseded")
    assert (booked.flow_name, booked.ends) == ("What to Expect", (canceled,))


@pytest.mark.parametrize(
    ("state", "facts", "reason"),
    [
        (2.5, {"is_cancel_reason_silent": True}, "cancel_reason"),
        (1.0, {"source_table": "leads", "lead_status": "Converted"}, "converted"),
        (1.0, {"is_do_not_mail": True}, "do_not_mail"),
        (4.0, {"is_do_not_service": True}, "do_not_service"),
        (3.0, {"emails": [TypedEmail("ada@example.com", is_opted_out=True)]}, "marketing_opt_out"),
        (4.0, {"emails": [TypedEmail("ada@example.com", is_opted_out=True)]}, None),
        (1.0, {"is_flow_wanted": False}, "by_hand"),
        (1.0, {"customer_type": "Commercial"}, None),
        (1.0, {"customer_type": "Commercial", "suppressed_by": "no_address commercial"}, "commercial"),
        (1.0, {"emails": [TypedEmail("none", is_opted_out=False)], "suppressed_by": "no_address"}, "no_address"),
        (1.0, {"source_table": "leads", "lead_status": None}, None),
    ],
)
def test_a_true_state_whose_mail_would_be_wrong_starts_no_flow(
    home: Household, state: float, facts: dict[str, object], reason: str | None
) -> None:
    name = home.enters(state)
    home.change(name, **facts)
    [told] = home.go_on(3 * HOUR)
    assert (told.suppressed, told.flow_name is None) == (reason, reason is not None)


@pytest.mark.parametrize(
    ("state", "ended", "reason"), [(2.5, 90, "over"), (6.0, 180, "over"), (2.5, 13, None), (6.0, 1, None)]
)
def test_what_the_office_closes_long_after_the_last_visit_mails_nobody(
    home: Household, state: float, ended: int, reason: str | None
) -> None:
    last = visit(1, home.now - ended * DAY)
    home.enters(state, 1, last, job_ended_at=home.now)
    assert home.go_on(2 * HOUR)[0].suppressed == reason


def test_who_was_visited_and_says_no_the_day_after_was_not_missed(home: Household) -> None:
    home.enters(2.5, 1, visit(1, home.now - DAY, status="Done"), job_ended_at=home.now)
    assert home.go_on(2 * HOUR)[0].suppressed == "over"


def test_a_visit_that_two_people_enter_is_announced_once(home: Household) -> None:
    home.books(1, 3 * DAY)
    twice = home.books(2, 3 * DAY + HOUR)
    assert [(row.flow_name, row.suppressed) for row in home.go_on()] == [("What to Expect", None), (None, "twice")]
    assert home.go_on() == []
    home.moves(twice, 9 * DAY)
    sent = home.go_on()
    assert [(row.webhook_id, row.flow_name) for row in sent] == [(f"{twice}-again-1", "What to Expect")]


def test_two_visits_at_two_places_are_two(home: Household) -> None:
    first = home.books(1, 3 * DAY)
    second = home.books(2, 3 * DAY + HOUR)
    home.change(second, location_id=10)
    sent = home.go_on()
    assert [(row.transition_id, row.flow_name, row.ends) for row in sent] == [
        (first, "What to Expect", ()),
        (second, "What to Expect", ()),
    ]


def test_two_houses_are_done_each_on_its_day(home: Household) -> None:
    home.enters(6.0, 1)
    home.go_on()
    home.enters(6.0, 2)
    assert [(row.flow_name, row.ends) for row in home.go_on()] == [("Install Job Done", ())]


def test_what_waits_is_kept_true(home: Household) -> None:
    home.books(1, 3 * DAY)
    home.sync()
    home.is_active = False
    [row] = home.sync()
    assert (row.status, row.reason, row.flow_name) == (Status.NOT_SENT, "inactive", None)


def test_what_waits_too_long_expires_and_nothing_is_left_to_correct(home: Household) -> None:
    home.enters(1.0)
    home.sync()
    [row] = home.sync(73 * HOUR)
    assert (row.status, row.reason) == (Status.NOT_SENT, "expired")
    assert home.go_on() == []


def test_a_booking_whose_visit_lies_ahead_does_not_age(home: Household) -> None:
    home.books(1, 9 * DAY)
    home.sync()
    assert home.sync(80 * HOUR) == []
    assert flows(home.deliver()) == ["What to Expect"]


def test_a_visits_flow_is_not_started_once_it_is_over(home: Household) -> None:
    home.books(1, 6 * HOUR)
    [row] = home.sync()
    assert row.flow_until == home.facts[row.transition_id].visits[0].ends_at
    home.ends(row, Status.RETRY)
    [row] = home.sync(9 * HOUR)
    assert (row.status, row.reason) == (Status.CANCELED, "past")


def test_what_died_after_an_answer_was_lost_may_have_told(home: Household) -> None:
    home.enters(1.0)
    [row] = home.sync()
    home.ends(row, Status.DEAD, may_have_arrived=True)
    assert home.sync() == []
    home.enters(0.0)
    assert [row.told_state for row in home.sync()] == [0.0]


def test_what_died_refused_told_nothing(home: Household) -> None:
    home.enters(1.0)
    home.go_on()
    booked = home.books(1, 3 * DAY)
    [row] = home.sync()
    home.ends(row, Status.DEAD)
    [corrected] = home.sync()
    assert (corrected.kind, corrected.told_state, corrected.transition_id) == ("corrected", 2.0, booked)
    home.ends(corrected, Status.DEAD)
    assert home.sync() == []


def test_in_shadow_nothing_goes_and_going_live_corrects_what_was_told_before(home: Household) -> None:
    lead = home.enters(1.0)
    home.go_on()
    booked = home.books(1, 3 * DAY)
    row, correction = home.sync(is_shadow=True)
    assert (row.status, row.reason, row.flow_name, row.ends) == (Status.NOT_SENT, "shadow", "What to Expect", (lead,))
    assert (correction.kind, correction.status, correction.reason) == ("corrected", Status.NOT_SENT, "shadow")
    assert home.sync(is_shadow=True) == []
    [corrected] = home.go_on()
    assert (corrected.kind, corrected.told_state, corrected.ends) == ("corrected", 2.0, (lead,))
    assert corrected.transition_id == booked


def test_what_waits_when_a_tenant_goes_into_shadow_is_not_sent(home: Household) -> None:
    home.enters(1.0)
    home.sync()
    [row] = home.sync(is_shadow=True)
    assert (row.status, row.reason) == (Status.NOT_SENT, "shadow")


def test_who_was_merged_away_is_told_nothing(home: Household) -> None:
    home.enters(1.0)
    home.go_on()
    home.is_active, home.is_alias = False, True
    home.transitions.clear()
    assert home.go_on() == []


def test_a_changed_rule_is_no_news(home: Household) -> None:
    home.books(1, 3 * DAY, is_reclassified=True)
    [row] = home.sync()
    assert (row.status, row.reason) == (Status.NOT_SENT, "reclassified")
    home.moves(row.transition_id or "", 5 * DAY)
    assert home.go_on() == []


def test_history_has_no_row(home: Household) -> None:
    home.enters(1.0, is_baseline=True, ago=40 * DAY)
    assert home.sync() == home.rows == []


def test_skipping_what_is_superseded_sends_the_newest_alone() -> None:
    home = Household(skip_superseded=True)
    home.enters(1.0, ago=timedelta(minutes=3))
    home.books(1, 3 * DAY)
    assert [(row.flow_name, row.reason) for row in home.sync()] == [(None, "superseded"), ("What to Expect", None)]
