"""The body of a delivery."""

from datetime import timedelta

import orjson
import pytest
from jsonschema import Draft202012Validator

from pipelines.flow_builder.event import EventFacts, Person, body, schema
from pipelines.flow_builder.policy import PlannedDelivery
from tests.flow_builder.line import VALIDATOR, Line
from tests.flow_builder.marts import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def test_a_body_says_everything_that_delivery_md_shows(line: Line) -> None:
    line.marts.contact(1, "Email", "ada@example.com")
    line.marts.contact(2, "MobilePhone", "5551234567")
    line.marts.appointment(777, NOW + DAY, arrival_window_starts_at=NOW + DAY, arrival_window_ends_at=NOW + DAY + HOUR)
    booked = line.marts.enters(2.0, from_state=1.0, occurred_at=NOW - HOUR + timedelta(microseconds=5))
    line.sync()
    assert line.row(booked).body == {
        "type": "servicetitan.customer_state.changed",
        "timestamp": "2026-11-22T14:06:00.000005Z",
        "data": {
            "transition_id": booked,
            "tenant_id": 410387862,
            "tenant_name": "socal",
            "workspace_id": None,
            "contact_id": None,
            "customer_id": 1001,
            "from_state": 1.0,
            "from_state_name": "Lead",
            "to_state": 2.0,
            "to_state_name": "Sales Appointment Booked",
            "flow_name": "What to Expect",
            "job_id": 5551,
            "occurred_at": "2026-11-22T14:06:00.000005Z",
            "detected_at": "2026-11-22T15:11:00Z",
            "superseded": False,
            "cause": {"event_name": "sales_appointment_booked", "source_table": "appointments", "source_id": "777"},
            "customer": {
                "name": "Ada Lovelace",
                "type": "Residential",
                "email": "ada@example.com",
                "phone": "5551234567",
                "do_not_mail": False,
                "do_not_service": False,
            },
            "appointment": {
                "id": 777,
                "start": "2026-11-23T15:06:00Z",
                "end": "2026-11-23T17:06:00Z",
                "arrival_window_start": "2026-11-23T15:06:00Z",
                "arrival_window_end": "2026-11-23T16:06:00Z",
            },
        },
    }


def test_contact_data_stays_at_home_where_the_settings_say_so(line: Line) -> None:
    line.configure(flow_builder_include_contact=False)
    booked = line.marts.enters(2.0)
    line.sync()
    assert "customer" not in line.row(booked).body["data"]


def test_the_newest_active_contact_of_each_kind_is_taken_and_a_mobile_before_a_phone(line: Line) -> None:
    line.marts.contact(1, "Email", "old@example.com", modified_at=NOW - DAY)
    line.marts.contact(2, "Email", "same-moment@example.com")
    line.marts.contact(3, "Email", "newest@example.com")
    line.marts.contact(4, "Email", "gone@example.com", modified_at=NOW + DAY, is_active=False)
    line.marts.contact(5, "Email", " ", modified_at=NOW + DAY)
    line.marts.contact(6, "Phone", "land line", modified_at=NOW + DAY)
    line.marts.contact(7, "MobilePhone", "mobile", modified_at=None)
    booked = line.marts.enters(2.0)
    line.sync()
    person = line.row(booked).body["data"]["customer"]
    assert (person["email"], person["phone"]) == ("newest@example.com", "mobile")


def test_what_no_receiver_can_keep_stands_in_no_text(line: Line) -> None:
    line.marts.customer(7, name="Ada\x00 Moss\x07\tJr", type="Residential\x1b")
    line.marts.contact(1, "Email", "ada\x00@example.com", customer_id=7)
    line.marts.contact(2, "MobilePhone", "+1213\x085550162", customer_id=7)
    booked = line.marts.enters(2.0, customer_id=7)
    line.sync()
    ((raw,),) = line.ask("select body from deliveries where webhook_id = ?", booked)
    assert b"\\u00" not in raw
    person = line.row(booked).body["data"]["customer"]
    assert (person["name"], person["type"]) == ("Ada Moss\tJr", "Residential")
    assert (person["email"], person["phone"]) == ("ada@example.com", "+12135550162")


def test_half_a_surrogate_pair_keeps_no_body_from_being_written() -> None:
    facts = EventFacts(
        1, "so\ud83dcal", None, None, 7, "Lead", customer=Person("Ada \ud83d", None, None, None, False, False)
    )
    said = orjson.loads(body(PlannedDelivery("corrected", None, 1.0), facts, NOW))["data"]
    assert (said["tenant_name"], said["customer"]["name"]) == ("so\ufffdcal", "Ada \ufffd")


@pytest.mark.parametrize(
    ("appointments", "chosen"),
    [
        ({777: (-10 * DAY, {}), 778: (DAY, {})}, 777),  # the one that caused the event
        ({777: (DAY, {"is_active": False}), 778: (3 * DAY, {}), 779: (2 * DAY, {})}, 779),  # the earliest ahead
        ({777: (DAY, {"is_active": False}), 778: (-HOUR, {}), 779: (DAY, {})}, 778),  # it has not ended yet
        ({778: (-3 * DAY, {}), 779: (-2 * DAY, {})}, 779),  # none ahead: the latest
        ({778: (DAY, {"status": "Canceled"}), 779: (2 * DAY, {"status": None})}, 779),
        ({778: (DAY, {"status": "Canceled"})}, None),
        ({777: (DAY, {"status": "Canceled"})}, 777),
        ({778: (DAY, {"job_id": 5552})}, None),
    ],
)
def test_the_appointment_of_the_job(line: Line, appointments: dict, chosen: int | None) -> None:  # type: ignore[type-arg]
    for appointment_id, (start, columns) in appointments.items():
        line.marts.appointment(appointment_id, NOW + start, **columns)
    booked = line.marts.enters(2.0)
    line.sync()
    assert line.row(booked).body["data"].get("appointment", {}).get("id") == chosen


@pytest.mark.parametrize(
    "wrong",
    [
        {"flow_name": "What to Expect", "superseded": True},
        {"told_state": 2.0},
        {"to_state": "2.0"},
        {"unheard_of": 1},
    ],
)
def test_the_schema_refuses_what_must_not_be_sent(line: Line, wrong: dict[str, object]) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    body = line.row(booked).body
    assert VALIDATOR.is_valid(body)
    assert not VALIDATOR.is_valid(body | {"data": body["data"] | wrong})
