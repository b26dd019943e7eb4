"""What a person may send once more, as what, and what stands against it."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.flow_builder import switches
from pipelines.flow_builder.statuses import Status
from pipelines.tenants import directory
from tests.flow_builder.household import DAY, Household
from tests.flow_builder.stored import BODY, Stored

ANYWAY = "; `anyway` overrides "


@pytest.fixture
def home() -> Household:
    return Household()


@pytest.fixture
def stored(tmp_path: Path, home: Household) -> Stored:
    return Stored(tmp_path, home)


def died(stored: Stored, webhook_id: str) -> None:
    """After attempts that were refused."""
    home = stored.home
    [row] = [row for row in home.rows if row.webhook_id == webhook_id]
    home.ends(row, Status.DEAD)
    stored.write()


def test_what_was_tried_goes_as_it_was(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.sync()
    died(stored, booked)
    home.enters(1.0, ago=5 * DAY)
    assert stored.decide("replay", booked) == [None]
    with stored.open() as con:
        [row] = con.execute("select status, reason, attempts, body from deliveries").fetchall()
    assert row == ("pending", None, 0, BODY)
    assert stored.row(booked).flow_name == "What to Expect"


@pytest.mark.parametrize(
    ("reason", "columns"), [("reclassified", {"is_reclassified": True}), ("stale", {"ago": 10 * DAY})]
)
def test_what_was_no_news_is_written_anew_with_the_facts_of_now(
    stored: Stored, home: Household, reason: str, columns: dict[str, Any]
) -> None:
    lead = home.enters(1.0, **columns)
    stored.go_on()
    assert stored.row(lead).reason == reason
    home.change(lead, customer_name="Ada Moss")
    stored.go_on(DAY)
    assert stored.decide("replay", lead) == [None]
    row, body = stored.row(lead), stored.body(lead)
    assert (row.status, row.flow_name, row.overrides) == ("pending", "Email Followup", "reclassified stale expired")
    assert (body["data"]["customer"]["name"], body["data"]["flow_name"]) == ("Ada Moss", "Email Followup")
    home.go_on()
    assert [one.status for one in home.rows if one.webhook_id == lead] == ["delivered"]


def test_what_expired_is_none_here(stored: Stored, home: Household) -> None:
    lead = home.enters(1.0)
    stored.sync()
    with stored.open() as con:
        con.execute("update deliveries set status = 'not_sent', reason = 'expired'")
    home.now += 4 * DAY
    assert stored.decide("replay", lead) == [None]
    stored.go_on()
    assert stored.row(lead).status == "delivered"


def test_what_it_starts_ends_what_runs(stored: Stored, home: Household) -> None:
    lead = home.enters(1.0)
    stored.go_on()
    booked = home.books(1, 3 * DAY, is_reclassified=True)
    stored.sync()
    assert stored.row(booked).status == "not_sent"
    assert stored.decide("replay", booked) == [None]
    assert stored.row(booked).ends == (lead,)
    assert stored.body(booked)["data"]["ends"] == [{"transition_id": lead, "flow_name": "Email Followup"}]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"is_do_not_mail": True}, f"the customer is marked do not mail{ANYWAY}do_not_mail"),
        ({"visits": ()}, f"its visit is over, or called off{ANYWAY}past"),
        (
            {"is_flow_wanted": False, "is_do_not_service": True},
            f"the customer is marked do not service{ANYWAY}do_not_service, by_hand",
        ),
    ],
)
@pytest.mark.parametrize("was_tried", [True, False])
def test_what_forbids_its_flow_now_stands_against_it_unless_a_person_overrides_it(
    stored: Stored, home: Household, facts: dict[str, Any], why: str, was_tried: bool
) -> None:
    booked = home.books(1, 3 * DAY, is_reclassified=not was_tried)
    stored.sync()
    if was_tried:
        died(stored, booked)
    home.change(booked, **facts)
    stored.write()
    assert stored.decide("replay", booked) == [why]
    assert stored.row(booked).status == ("dead" if was_tried else "not_sent")
    assert stored.decide("replay", booked, anyway=True) == [None]
    row = stored.row(booked)
    assert (row.status, row.flow_name, row.flow_until is None) == ("pending", "What to Expect", "past" in why)
    with stored.open() as con:
        [(overrides,)] = con.execute("select overrides from decisions").fetchall()
    assert overrides == why.partition(ANYWAY)[2].replace(",", "")
    stored.sync()
    assert (stored.row(booked).status, stored.row(booked).flow_name) == ("pending", "What to Expect")


def test_what_comes_to_hold_after_a_replay_still_stops_it(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY, is_reclassified=True, is_flow_wanted=False)
    stored.sync()
    stored.decide("replay", booked, anyway=True)
    home.change(booked, is_do_not_mail=True)
    stored.sync()
    row = stored.row(booked)
    assert (row.status, row.flow_name, row.suppressed) == ("pending", None, "do_not_mail")


def test_what_tells_a_state_and_starts_nothing_may_be_told_again(stored: Stored, home: Household) -> None:
    booked = home.books(1, -DAY)
    stored.sync()
    died(stored, booked)
    assert stored.row(booked).suppressed == "past"
    assert stored.decide("replay", booked) == [None]


def test_a_flow_of_the_past_is_not_replayed(stored: Stored, home: Household) -> None:
    lead = home.enters(1.0)
    stored.sync()
    died(stored, lead)
    home.books(1, 3 * DAY)
    stored.sync()
    assert stored.decide("replay", lead) == [f"a later transition of this customer is known{ANYWAY}superseded"]
    assert stored.decide("replay", lead, anyway=True) == [None]


def test_of_what_was_never_tried_and_is_left_nothing_is_known(stored: Stored, home: Household) -> None:
    lead = home.enters(1.0, is_reclassified=True)
    stored.sync()
    home.books(1, 3 * DAY)
    stored.sync()
    why = "a later transition of this customer is known, and what its body would say is not kept"
    assert stored.decide("replay", lead, anyway=True) == [why]


def test_nothing_overrides_that_a_customer_is_inactive_or_a_transition_was_retracted(
    stored: Stored, home: Household
) -> None:
    booked = home.books(1, 3 * DAY)
    stored.sync()
    died(stored, booked)
    home.is_active = False
    stored.sync()
    assert stored.decide("replay", booked, anyway=True) == ["the customer is inactive or merged away"]
    home.is_active = True
    home.retract(booked)
    stored.sync()
    assert stored.decide("replay", booked, anyway=True) == ["its transition was retracted"]


def test_in_shadow_nothing_is_sent_by_hand_either(stored: Stored, home: Household) -> None:
    lead = home.enters(1.0)
    stored.sync(is_shadow=True)
    socal = directory.all(stored.settings)
    switches.turn(stored.settings.operations, socal, "shadow", reason="trial", by="ada", now=home.now)
    assert stored.decide("replay", lead, anyway=True) == ["the tenant is in shadow"]
    switches.turn(stored.settings.operations, socal, "live", reason="trial", by="ada", now=home.now)
    assert stored.decide("replay", lead) == [None]
    assert stored.row(lead).flow_name == "Email Followup"


def test_a_flow_that_was_told_again_is_not_started_twice(stored: Stored, home: Household) -> None:
    booked = home.books(1, -DAY)
    stored.go_on()
    home.moves(booked, 3 * DAY)
    stored.go_on()
    assert len(home.rows) == 2
    assert stored.decide("replay", booked, anyway=True) == ["its transition was told again since"]


def test_a_correction_that_was_overtaken_is_not_told_again(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    home.retract(booked)
    stored.sync()
    corrected = home.rows[-1].webhook_id
    died(stored, corrected)
    assert stored.decide("replay", corrected) == [None]
    died(stored, corrected)
    home.enters(1.0)
    stored.sync()
    assert stored.decide("replay", corrected) == ["something later was told of this customer"]


def test_a_visit_that_moved_once_more_is_not_told_as_it_lay_before(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    home.moves(booked, 5 * DAY)
    stored.sync()
    moved = home.rows[-1].webhook_id
    died(stored, moved)
    assert stored.decide("replay", moved) == [None]
    died(stored, moved)
    home.moves(booked, 7 * DAY)
    stored.sync()
    assert stored.decide("replay", moved) == ["something later was told of this customer"]


def test_what_follows_a_canceled_one_waits_until_a_sync_has_written_it_anew(stored: Stored, home: Household) -> None:
    first = home.enters(1.0)
    second = home.books(1, 3 * DAY)
    stored.sync()
    assert stored.decide("cancel", first) == [None]
    assert stored.row(second).settles_at == home.now
    stored.sync()
    assert stored.row(second).settles_at is None


def test_what_may_have_arrived_lets_nobody_wait(stored: Stored, home: Household) -> None:
    first = home.enters(1.0)
    second = home.books(1, 3 * DAY)
    stored.sync()
    home.ends(home.rows[0], Status.RETRY, may_have_arrived=True)
    stored.write()
    assert stored.decide("cancel", first) == [None]
    assert stored.row(second).settles_at is None


def test_a_text_that_is_not_kept_any_longer_is_not_sent(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.sync()
    died(stored, booked)
    with stored.open() as con:
        con.execute("update deliveries set body = null")
    assert stored.decide("replay", booked) == ["its body is not kept any longer (RETENTION_DAYS)"]
