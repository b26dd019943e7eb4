"""What is told anew, what is corrected, and which flows end, decided without any store: delivery.md section 2."""

import pytest

from pipelines.flow_builder.facts import TypedEmail
from pipelines.flow_builder.statuses import Status
from tests.flow_builder.household import DAY, HOUR, MINUTE, Household, visit


@pytest.fixture
def home() -> Household:
    return Household()


def test_a_visit_that_is_put_off_and_given_a_day_later_is_announced_again(home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    home.go_on()
    home.change(booked, visits=[])
    assert [row.kind for row in home.go_on()] == ["moved"]
    home.change(booked, visits=[visit(77, home.now + 7 * DAY)])
    [again] = home.go_on()
    assert (again.webhook_id, again.flow_name, again.ends) == (f"{booked}-again-1", "What to Expect", (booked,))


def test_a_cancellation_that_is_taken_back_announces_the_visit_again(home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    home.go_on()
    home.change(booked, job_status="Canceled")
    canceled = home.enters(2.5, 1, job_status="Canceled")
    home.go_on(2 * HOUR)
    home.retract(canceled)
    home.change(booked, job_status="Scheduled")
    [again] = home.go_on()
    assert (again.webhook_id, again.flow_name) == (f"{booked}-again-1", "What to Expect")
    assert set(again.ends) == {canceled}


def test_what_is_sold_unsold_and_sold_anew_is_told_anew(home: Household) -> None:
    offered = home.enters(3.0, 1)
    home.go_on(3 * HOUR)
    sold = home.enters(4.0, 1)
    home.go_on()
    home.retract(sold)
    [corrected] = home.go_on()
    assert (corrected.kind, corrected.told_state, corrected.ends, corrected.transition_id) == (
        "corrected",
        3.0,
        (sold,),
        offered,
    )
    home.bring_back(sold, home.now + MINUTE)
    [again] = home.go_on()
    assert (again.webhook_id, again.flow_name) == (f"{sold}-again-1", "Scheduled the Install")


def test_what_comes_back_as_it_was_is_corrected_and_starts_nothing(home: Household) -> None:
    home.enters(3.0, 1)
    home.go_on(3 * HOUR)
    sold = home.enters(4.0, 1)
    home.go_on()
    home.retract(sold)
    home.go_on()
    home.bring_back(sold)
    [corrected] = home.go_on()
    assert (corrected.kind, corrected.told_state, corrected.flow_name) == ("corrected", 4.0, None)


def test_another_cause_of_the_same_state_keeps_the_flow_running(home: Household) -> None:
    first = home.enters(3.0, 1)
    home.go_on(3 * HOUR)
    home.retract(first)
    home.enters(3.0, 1, ago=HOUR)
    [row] = home.sync()[-1:]
    assert (row.status, row.reason) == (Status.NOT_SENT, "replaced")
    assert home.go_on() == []
    home.change_customer(is_do_not_mail=True)
    [corrected] = home.go_on()
    assert (corrected.kind, corrected.ends) == ("corrected", (first,))


@pytest.mark.parametrize("how", ["opts out", "inactive", "do not mail"])
def test_who_wants_no_more_while_a_flow_runs_ends_it(home: Household, how: str) -> None:
    lead = home.enters(1.0)
    home.go_on()
    if how == "inactive":
        home.is_active = False
    elif how == "opts out":
        home.change(lead, emails=[TypedEmail("ada@example.com", is_opted_out=True)])
    else:
        home.change(lead, is_do_not_mail=True)
    [corrected] = home.go_on()
    assert (corrected.kind, corrected.ends, corrected.flow_name) == ("corrected", (lead,), None)
    assert home.go_on() == []


def test_the_last_mail_of_a_flow_is_due_when_its_state_is_reset(home: Household) -> None:
    home.enters(1.0)
    home.go_on()
    home.now += 90 * DAY
    home.enters(0.0, is_reset=True)
    assert [(row.told_state, row.ends) for row in home.go_on()] == [(0.0, ())]


def test_a_visit_that_is_announced_anew_ends_the_flow_of_the_one_in_whose_place_it_stands(home: Household) -> None:
    """It had gone on for this one, until that started its own."""
    first = home.books(1, 3 * DAY)
    home.go_on()
    home.retract(first)
    second = home.books(1, 4 * DAY)
    [row] = home.sync()[-1:]
    assert row.reason == "replaced"
    home.change(second, is_do_not_mail=True, visits=[])
    [corrected] = home.sync()
    home.ends(corrected, Status.DEAD, may_have_arrived=True)
    home.change(second, is_do_not_mail=False, visits=[visit(10, home.now + 4 * DAY)])
    [again] = home.go_on()
    assert (again.webhook_id, again.flow_name, again.ends) == (f"{second}-again-1", "What to Expect", (first,))
