"""May a flow still send? Asked before each of its mails, days after its message."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipelines.flow_builder import switches
from pipelines.flow_builder.event import body, office_of
from pipelines.flow_builder.facts import TypedEmail
from pipelines.flow_builder.gate import check
from pipelines.flow_builder.statuses import Status
from pipelines.operations import open_operations
from pipelines.readings import Reading
from pipelines.tenants import directory
from tests.flow_builder.household import DAY, HOUR, KEY, MINUTE, Household, visit
from tests.flow_builder.line import Line
from tests.flow_builder.stored import Stored


@pytest.fixture
def home() -> Household:
    return Household()


@pytest.fixture
def stored(tmp_path: Path, home: Household) -> Stored:
    return Stored(tmp_path, home)


def turned(stored: Stored, to: switches.Turn) -> None:
    tenants = directory.all(stored.settings)
    switches.turn(stored.settings.operations, tenants, to, reason="asked", by="ada", now=stored.home.now)


def test_a_flow_whose_visit_still_stands_may_send(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    stored.go_on(DAY)
    answer = stored.ask(booked)
    assert answer is not None
    assert (answer.may_send, answer.reasons, answer.stands, answer.is_current) == (True, [], True, True)
    assert (answer.state, answer.as_of) == (2.0, home.now)


def test_the_data_is_the_messages_with_the_facts_of_now(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    sent = body(home.rows[0], home.facts[booked], office_of(stored.settings, None), home.now, flows={})
    answer = stored.ask(booked)
    assert answer is not None
    assert orjson.loads(orjson.dumps(answer.data, option=orjson.OPT_UTC_Z)) == orjson.loads(sent)["data"]
    home.moves(booked, 5 * DAY)
    home.change(booked, emails=[TypedEmail("Ada <ada@example.net>", is_opted_out=False)])
    stored.go_on()
    answer = stored.ask(booked)
    assert answer is not None
    assert answer.data is not None
    assert answer.data["appointment"]["start"] == home.facts[booked].visits[0].starts_at
    assert answer.data["customer"]["email"] == "ada@example.net"


def test_without_contact_data_in_messages_the_gate_has_none_either(tmp_path: Path, home: Household) -> None:
    stored = Stored(tmp_path, home, flow_builder_include_contact=False)
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    answer = stored.ask(booked)
    assert answer is not None
    assert answer.data is not None
    assert not {"customer", "location"} & answer.data.keys()


def test_of_what_was_never_told_nothing_is_said(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY, ago=100 * DAY, is_reclassified=True)
    stored.go_on()
    assert home.rows[0].status == Status.NOT_SENT
    assert stored.ask(booked) is None
    assert stored.ask("unheard-of") is None


def test_what_is_left_may_not_send(stored: Stored, home: Household) -> None:
    lead = home.enters(1.0)
    stored.go_on()
    home.books(1, 3 * DAY)
    stored.go_on()
    answer = stored.ask(lead)
    assert answer is not None
    assert (answer.reasons, answer.stands, answer.is_current) == (["left"], True, False)
    assert (answer.state, answer.data) == (2.0, None)


def test_what_was_retracted_may_not_send(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    home.retract(booked)
    stored.go_on()
    answer = stored.ask(booked)
    assert answer is not None
    assert (answer.reasons, answer.stands, answer.is_current) == (["retracted"], False, False)
    assert answer.data is None


def test_two_visits_stand_side_by_side(stored: Stored, home: Household) -> None:
    first = home.books(1, 3 * DAY)
    stored.go_on()
    second = home.books(2, 5 * DAY)
    stored.go_on()
    assert stored.reasons(first) == stored.reasons(second) == []


def test_a_visit_that_was_entered_twice_mails_once(stored: Stored, home: Household) -> None:
    first = home.books(1, 3 * DAY)
    stored.go_on()
    second = home.books(2, 3 * DAY)
    stored.go_on()
    assert stored.reasons(first) == []
    assert stored.reasons(second) == ["twice", "no_flow"]


def test_the_reset_of_a_state_does_not_keep_its_last_mail_back(stored: Stored, home: Household) -> None:
    lead = home.enters(1.0)
    stored.go_on()
    home.now += 90 * DAY
    home.enters(0.0, is_reset=True, event_name="reset")
    stored.go_on()
    answer = stored.ask(lead)
    assert answer is not None
    assert (answer.may_send, answer.is_current, answer.state) == (True, False, 0.0)
    assert answer.data is not None
    assert (answer.data["superseded"], answer.data["flow_name"]) == (False, "Email Followup")
    home.enters(3.0, 1)
    stored.go_on()
    assert stored.reasons(lead) == ["left"]


def test_where_the_same_state_stands_by_another_cause_the_flow_goes_on_and_that_one_is_judged(
    stored: Stored, home: Household
) -> None:
    first = home.enters(3.0, 1, estimate_id=31)
    stored.go_on(3 * HOUR)
    stored.go_on()
    home.retract(first)
    other = home.enters(3.0, 1, estimate_id=32)
    stored.go_on()
    assert home.rows[-1].reason == "replaced"
    answer = stored.ask(first)
    assert answer is not None
    assert (answer.may_send, answer.stands) == (True, False)
    assert answer.data is not None
    assert (answer.data["transition_id"], answer.data["estimate"]["id"]) == (other, 32)
    home.change(other, is_do_not_mail=True)
    stored.write()
    assert stored.reasons(first) == ["do_not_mail"]


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({"is_do_not_mail": True}, ["do_not_mail"]),
        ({"is_do_not_mail": True, "is_do_not_service": True}, ["do_not_service", "do_not_mail"]),
        ({"is_flow_wanted": False}, ["by_hand"]),
        ({"job_status": "Canceled"}, ["past"]),
        ({"customer_type": "Commercial"}, []),
        ({"emails": [TypedEmail("none", is_opted_out=False)]}, []),
        ({"customer_type": "Commercial", "suppressed_by": "commercial"}, ["commercial"]),
        ({"emails": [TypedEmail("none", is_opted_out=False)], "suppressed_by": "no_address"}, ["no_address"]),
    ],
)
def test_what_its_state_lists_keeps_every_mail_back(
    stored: Stored, home: Household, facts: dict[str, Any], reasons: list[str]
) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    home.change(booked, **facts)
    stored.go_on()
    assert stored.reasons(booked) == reasons


def test_a_visit_is_past_at_the_moment_of_asking(stored: Stored, home: Household) -> None:
    booked = home.books(1, 50 * MINUTE)
    stored.go_on()
    home.now += 20 * MINUTE
    stored.write()
    home.now += HOUR
    assert stored.reasons(booked) == []
    home.now += 2 * HOUR
    stored.write()
    assert stored.reasons(booked) == ["past"]


def test_of_a_customer_who_is_inactive_nothing_is_sent(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    home.is_active = False
    stored.go_on()
    assert stored.reasons(booked) == ["inactive"]


def test_a_message_that_started_no_flow_starts_no_mail(stored: Stored, home: Household) -> None:
    booked = home.books(1, -DAY)
    stored.go_on()
    assert stored.reasons(booked) == ["past", "no_flow"]
    home.change(booked, visits=[visit(10, home.now + DAY)], suppressed_by="")
    stored.sync()
    assert stored.reasons(booked) == [], "it was given a day, and is told again"


def test_what_a_person_canceled_on_its_way_may_not_send(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.sync()
    home.ends(home.rows[0], Status.CANCELED, may_have_arrived=True, reason="operator")
    stored.write()
    assert stored.reasons(booked)[0] == "canceled"


def test_what_a_person_overrode_keeps_nothing_back_but_what_ends_a_flow(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    with stored.open() as con:
        con.execute("update deliveries set overrides = 'by_hand do_not_mail'")
    home.change(booked, is_flow_wanted=False)
    stored.write()
    assert stored.reasons(booked) == []
    home.change(booked, is_do_not_mail=True)
    stored.write()
    assert stored.reasons(booked) == ["do_not_mail"]


def test_a_pause_and_a_shadow_keep_all_back(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    turned(stored, "pause")
    turned(stored, "shadow")
    assert stored.reasons(booked) == ["paused", "shadow"]
    turned(stored, "resume")
    turned(stored, "live")
    assert stored.reasons(booked) == []


def test_what_is_known_too_long_ago_is_no_answer(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    home.now += HOUR
    assert stored.reasons(booked) == []
    home.now += timedelta(seconds=1)
    assert stored.reasons(booked) == ["stale_data"]
    stored.sync(reads=False)
    assert stored.reasons(booked) == ["stale_data"]
    stored.sync()
    assert stored.reasons(booked) == []


def test_a_sync_without_news_makes_what_is_known_new(sending_line: Line) -> None:
    line = sending_line
    lead = line.marts.enters(1.0, job_id=None)
    line.sync()
    line.deliver()

    def as_of() -> datetime | None:
        with open_operations(line.settings.operations) as con:
            answer = check(con, line.settings, lead, line.now)
        assert answer is not None
        return answer.as_of

    first = line.now
    assert as_of() == first
    line.sync()
    assert as_of() == line.now
    began = line.now + timedelta(minutes=4)
    line.sync(readings={KEY.tenant_id: Reading(began, first)})
    assert as_of() == first, "that one did not read all"
    line.sync(readings={})
    assert as_of() is None


def test_before_the_first_whole_reading_nobody_says_that_it_has_left(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on(reads=False)
    with stored.open() as con:
        con.execute("delete from gate_facts")  # as after an upgrade, until the first enqueue
    answer = stored.ask(booked)
    assert answer is not None
    assert (answer.reasons, answer.as_of, answer.data) == (["stale_data"], None, None)


def test_the_survivor_of_a_merge_is_asked(stored: Stored, home: Household) -> None:
    booked = home.books(1, 3 * DAY)
    stored.go_on()
    with stored.open() as con:
        con.execute("update deliveries set customer_id = 77")
    assert stored.reasons(booked) == []
    with stored.open() as con:
        con.execute("delete from gate_facts where tenant_id = ?", [KEY.tenant_id])
    assert stored.reasons(booked) == ["left"]
