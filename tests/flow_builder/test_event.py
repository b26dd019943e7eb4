"""The body of a delivery."""

import json
from datetime import timedelta
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from pipelines.flow_builder.delivery import Delivery
from pipelines.flow_builder.event import Office, body, schema
from pipelines.flow_builder.facts import Facts
from pipelines.flow_builder.statuses import Status
from tests.flow_builder.household import KEY
from tests.flow_builder.line import VALIDATOR, Line
from tests.flow_builder.marts import NOW, SOCAL

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def tenant(**more: Any) -> dict[str, Any]:
    return {"servicetitan_tenants": {"socal": {"id": SOCAL, "client_id": "i", "client_secret": "s"} | more}}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def test_the_schema_forbids_no_field_that_may_be_added() -> None:
    assert "additionalProperties" not in (text := json.dumps(schema()))
    assert "unevaluatedProperties" not in text


def test_a_body_says_everything_that_delivery_md_shows(line: Line) -> None:
    line.configure(**tenant(timezone="America/Los_Angeles"))
    line.marts.location(9, "Home")
    line.marts.job(5551, location_id=9, project_id=12)
    line.marts.contact(1, "Email", "ada@example.com")
    line.marts.contact(2, "MobilePhone", "(213) 373-4253 x22")
    line.marts.appointment(777, NOW + DAY, arrival_window_starts_at=NOW + DAY, arrival_window_ends_at=NOW + DAY + HOUR)
    line.marts.assignment(5, 777, "Tom Moss")
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
            "ends": [],
            "job_id": 5551,
            "occurred_at": "2026-11-22T14:06:00.000005Z",
            "detected_at": "2026-11-22T15:11:00Z",
            "superseded": False,
            "suppressed": None,
            "timezone": "America/Los_Angeles",
            "cause": {"event_name": "sales_appointment_booked", "source_table": "appointments", "source_id": "777"},
            "customer": {
                "name": "Ada Lovelace",
                "type": "Residential",
                "email": "ada@example.com",
                "phone": "+12133734253",
                "phone_extension": "22",
                "do_not_mail": False,
                "do_not_service": False,
                "marketing_opt_out": False,
            },
            "appointment": {
                "id": 777,
                "start": "2026-11-23T15:06:00Z",
                "end": "2026-11-23T17:06:00Z",
                "arrival_window_start": "2026-11-23T15:06:00Z",
                "arrival_window_end": "2026-11-23T16:06:00Z",
                "start_local": "2026-11-23T07:06:00-08:00",
                "end_local": "2026-11-23T09:06:00-08:00",
                "arrival_window_start_local": "2026-11-23T07:06:00-08:00",
                "arrival_window_end_local": "2026-11-23T08:06:00-08:00",
                "technician": "Tom Moss",
            },
            "job": {
                "id": 5551,
                "number": "J-5551",
                "type": None,
                "business_unit": None,
                "project_id": 12,
                "cancel_reason": None,
            },
            "location": {
                "id": 9,
                "name": "Home",
                "street": "1 Main Street",
                "unit": None,
                "city": "Pasadena",
                "state": "CA",
                "zip": "91101",
                "country": "USA",
            },
            "estimate": None,
        },
    }


def test_an_estimate_that_is_the_evidence_is_told_with_its_amount(line: Line) -> None:
    line.marts.estimate(31, name="Two windows")
    sold = line.marts.enters(4.0, source_table="estimates", source_id="31")
    line.sync()
    estimate = line.row(sold).body["data"]["estimate"]
    assert (estimate["id"], estimate["name"], estimate["subtotal"]) == (31, "Two windows", "12500.00")


def test_what_must_end_is_named_with_its_flow(line: Line) -> None:
    lead = line.marts.enters(1.0, occurred_at=NOW - HOUR)
    line.sync()
    line.becomes(lead, "delivered")
    booked = line.marts.enters(2.0)
    line.sync()
    assert line.row(booked).body["data"]["ends"] == [{"transition_id": lead, "flow_name": "Email Followup"}]


def test_a_visit_that_moves_is_told_with_what_was_told_before(line: Line) -> None:
    line.marts.appointment(777, NOW + DAY)
    booked = line.marts.enters(2.0)
    line.sync()
    line.becomes(booked, "delivered")
    line.marts.edit("appointments", 777, starts_at=NOW + 3 * DAY, ends_at=NOW + 3 * DAY + HOUR)
    line.sync()
    moved = line.row(f"{booked}-moved-1").body
    assert moved["type"] == "servicetitan.appointment.changed"
    assert moved["data"]["told_appointment"]["start"] == "2026-11-23T15:06:00Z"
    assert moved["data"]["appointment"]["start"] == "2026-11-25T15:06:00Z"
    assert (moved["data"]["flow_name"], moved["data"]["ends"]) == (None, [])


def test_contact_data_stays_at_home_where_the_settings_say_so(line: Line) -> None:
    line.configure(flow_builder_include_contact=False)
    booked = line.marts.enters(2.0)
    line.sync()
    assert not {"customer", "location"} & line.row(booked).body["data"].keys()


def test_the_newest_address_that_can_be_read_is_taken_and_a_mobile_before_a_phone(line: Line) -> None:
    line.marts.contact(1, "Email", "old@example.com", modified_at=NOW - DAY)
    line.marts.contact(2, "Email", "same-moment@example.com")
    line.marts.contact(3, "Email", "Ada Moss <newest@example.com>")
    line.marts.contact(4, "Email", "gone@example.com", modified_at=NOW + DAY, is_active=False)
    line.marts.contact(5, "Email", "none", modified_at=NOW + DAY)
    line.marts.contact(6, "Phone", "213-373-4254", modified_at=NOW + DAY)
    line.marts.contact(7, "MobilePhone", "213-373-4253 (wife Mary)", modified_at=None)
    line.marts.contact(8, "MobilePhone", "declined")
    booked = line.marts.enters(2.0)
    line.sync()
    person = line.row(booked).body["data"]["customer"]
    assert (person["email"], person["phone"]) == ("newest@example.com", "+12133734253")


def test_who_opted_out_by_the_address_that_is_named_is_told_so(line: Line) -> None:
    line.marts.contact(1, "Email", "ada@example.com")
    line.marts.opts_out(1)
    lead = line.marts.enters(1.0)
    line.sync()
    said = line.row(lead).body["data"]
    assert (said["customer"]["marketing_opt_out"], said["flow_name"]) == (True, None)
    assert said["suppressed"] == "marketing_opt_out"


def test_what_no_receiver_can_keep_stands_in_no_text(line: Line) -> None:
    line.marts.customer(7, name="Ada\x00 Moss\x07\tJr", type="Residential\x1b")
    line.marts.contact(1, "Email", "ada\x00@example.com", customer_id=7)
    line.marts.contact(2, "MobilePhone", "+1213\x083734253", customer_id=7)
    booked = line.marts.enters(2.0, customer_id=7)
    line.sync()
    ((raw,),) = line.ask("select body from deliveries where webhook_id = ?", booked)
    assert b"\\u00" not in raw
    person = line.row(booked).body["data"]["customer"]
    assert (person["name"], person["type"]) == ("Ada Moss\tJr", "Residential")
    assert (person["email"], person["phone"]) == ("ada@example.com", "+12133734253")


def test_half_a_surrogate_pair_keeps_no_body_from_being_written() -> None:
    facts = Facts(
        tenant_id=1, tenant_name="so\ud83dcal", servicetitan_customer_id=7, to_state=1.0, customer_name="Ada \ud83d"
    )
    row = Delivery("id", "corrected", KEY, None, 1.0, Status.PENDING)
    said = orjson.loads(body(row, facts, Office(), NOW, flows={}))["data"]
    assert (said["tenant_name"], said["customer"]["name"]) == ("so\ufffdcal", "Ada \ufffd")


@pytest.mark.parametrize(
    ("appointments", "chosen"),
    [
        ({777: (-10 * DAY, {}), 778: (DAY, {})}, 778),  # the one ahead, whatever the event was
        ({777: (DAY, {"is_active": False}), 778: (3 * DAY, {}), 779: (2 * DAY, {})}, 779),  # the earliest ahead
        ({777: (DAY, {"is_active": False}), 778: (-HOUR, {}), 779: (DAY, {})}, 778),  # it has not ended yet
        ({777: (-3 * DAY, {}), 779: (-2 * DAY, {})}, 777),  # none ahead: the one that caused the event
        ({778: (-3 * DAY, {}), 779: (-2 * DAY, {})}, 779),  # else the latest
        ({778: (DAY, {"status": "Canceled"}), 779: (2 * DAY, {"status": None})}, 779),
        ({777: (DAY, {"status": "Canceled"})}, None),
        ({778: (DAY, {"job_id": 5552})}, None),
    ],
)
def test_the_appointment_of_the_job(line: Line, appointments: dict, chosen: int | None) -> None:  # type: ignore[type-arg]
    line.marts.edit("appointments", 7, job_id=7)
    for appointment_id, (start, columns) in appointments.items():
        line.marts.appointment(appointment_id, NOW + start, **columns)
    booked = line.marts.enters(2.0)
    line.sync()
    assert line.row(booked).body["data"].get("appointment", {}).get("id") == chosen


def test_of_a_canceled_job_the_latest_visit_is_named_canceled_or_not(line: Line) -> None:
    line.marts.job(5551)
    line.marts.edit("appointments", 7, status="Canceled")
    line.marts.appointment(777, NOW + DAY)
    line.marts.cancels(5551, "Price")
    canceled = line.marts.enters(2.5)
    line.sync()
    said = line.row(canceled).body["data"]
    assert (said["appointment"]["id"], said["job"]["cancel_reason"]) == (7, "Price")


@pytest.mark.parametrize(
    "wrong",
    [
        {"flow_name": "What to Expect", "superseded": True},
        {"flow_name": "What to Expect", "suppressed": "past"},
        {"told_state": 2.0},
        {"to_state": "2.0"},
        {"ends": None},
    ],
)
def test_the_schema_refuses_what_must_not_be_sent(line: Line, wrong: dict[str, object]) -> None:
    booked = line.marts.enters(2.0)
    line.sync()
    body = line.row(booked).body
    assert VALIDATOR.is_valid(body)
    assert VALIDATOR.is_valid(body | {"data": body["data"] | {"unheard_of": 1}})
    assert not VALIDATOR.is_valid(body | {"data": body["data"] | wrong})
