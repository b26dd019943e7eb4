"""A store of before version 8: its keys are still known, whoever repeats what began there."""

import json
import sqlite3
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest

from pipelines.actions.schemas.inputs import CreateBooking, CreateLead
from pipelines.actions.web.dependencies import fingerprint
from pipelines.operations import open_operations, stamp
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.actions.conftest import IN_A_FILE, SOCAL, Open
from tests.actions.test_lead_keys import BOB, post, send_signed, taken, told
from tests.actions.test_leads import LEAD, end_of, links
from tests.actions.test_writes import BOOKING
from tests.actions.test_writes import LEAD as API_LEAD
from tests.simulator.world import Company, World
from tests.stores import older_store

pytestmark = IN_A_FILE

CALLER = "flow-builder"
EQUAL = "04484fcdd83a280559b99c334893e7c44a5022037a04e48a59cef9f7dfbf6b9b"  # what 0.1.0 made of LEAD's content
PROVIDER = "booking-provider/5501/bookings"
CREATE_BOOKING = "servicetitan_create_booking"
INSERT_KEY = """
insert into idempotency_keys (caller, key, fingerprint, action, tenant_id, began_at) values (?, ?, ?, ?, ?, ?)
"""
INSERT_WRITE = "insert into servicetitan_writes values (?, ?, ?, ?, null)"


def old_store(settings: Settings, version: int = 7) -> AbstractContextManager[sqlite3.Connection]:
    return older_store(settings.operations_file, version)


def began_booking(con: sqlite3.Connection, settings: Settings, at: str, caller: str = CALLER) -> None:
    """As 0.1.0 left it when it was cut off, or in doubt."""
    form = CreateBooking(**{name: value for name, value in BOOKING.items() if name != "tenant"})
    asked = fingerprint(CREATE_BOOKING, directory.find(settings, "socal"), form)
    con.execute(INSERT_KEY, (caller, "run-42", asked, CREATE_BOOKING, SOCAL, at))
    con.execute(INSERT_WRITE, (str(uuid5(NAMESPACE_OID, f"{caller}\nrun-42")), SOCAL, PROVIDER, at))


def test_a_repeat_is_known_by_the_carriage_returns_that_it_had(
    open_api: Open, settings: Settings, world: World, socal: Company
) -> None:
    """They were part of what was asked, and of what was written; now they are not."""
    lead = API_LEAD | {"summary": "Wants a new roof\r\nsoon"}
    form = CreateLead(**{name: value for name, value in lead.items() if name != "tenant"})
    asked = fingerprint("servicetitan_create_lead", directory.find(settings, "socal"), form, carriage=True)
    at = stamp(world.now() - timedelta(minutes=1))
    with old_store(settings) as con:
        con.execute(INSERT_KEY, (CALLER, "run-42", asked, "servicetitan_create_lead", SOCAL, at))
        con.execute(INSERT_WRITE, (str(uuid5(NAMESPACE_OID, f"{CALLER}\nrun-42")), SOCAL, "leads", at))
    made = socal.add_lead(None, campaignId=3301, summary=lead["summary"], callReasonId=7)
    found = open_api().write("/leads", lead, "run-42")
    assert (found.status_code, found.json()["id"]) == (201, made)
    assert len(socal.records("leads")) == 1


def booked(socal: Company, external_id: str) -> int:
    return socal.add_booking(external_id, name="Ada", summary="Leaking gutter")


def test_a_booking_that_began_before_is_found_by_its_bare_key(
    open_api: Open, settings: Settings, world: World, socal: Company
) -> None:
    with old_store(settings) as con:
        began_booking(con, settings, stamp(world.now() - timedelta(days=29)))
    booking = booked(socal, "run-42")
    api = open_api()
    found = api.write("/bookings", BOOKING, "run-42")
    assert (found.status_code, found.json()["id"]) == (201, booking)
    assert len(socal.records("bookings")) == 1
    assert api.write("/bookings", BOOKING, "run-42").headers["idempotent-replayed"] == "true"


def test_one_that_never_arrived_is_made_under_its_own_id(
    open_api: Open, settings: Settings, world: World, socal: Company
) -> None:
    with old_store(settings) as con:
        began_booking(con, settings, stamp(world.now() - timedelta(days=1)))
    assert open_api().write("/bookings", BOOKING, "run-42").status_code == 201
    (record,) = socal.records("bookings")
    assert record["externalId"] == str(uuid5(NAMESPACE_OID, f"{CALLER}\nrun-42"))


def test_another_callers_booking_under_the_same_bare_key_is_not_taken_for_it(
    open_api: Open, settings: Settings, world: World, socal: Company
) -> None:
    others = booked(socal, "run-42")
    with old_store(settings) as con:
        began_booking(con, settings, stamp(world.now() - timedelta(days=1)))
        con.execute(
            "insert into servicetitan_writes values ('another', ?, ?, ?, ?)",
            (SOCAL, PROVIDER, stamp(world.now()), others),
        )
    made = open_api().write("/bookings", BOOKING, "run-42")
    assert (made.status_code, made.json()["id"] == others) == (201, False)


@pytest.mark.parametrize("days", [None, 31])
def test_a_booking_of_today_is_not_looked_for_by_its_bare_key(
    open_api: Open, settings: Settings, world: World, socal: Company, days: int | None
) -> None:
    with old_store(settings) as con:
        if days:
            began_booking(con, settings, stamp(world.now() - timedelta(days=days)))
    others = booked(socal, "run-42")
    made = open_api().write("/bookings", BOOKING, "run-42")
    assert (made.status_code, made.json()["id"] == others) == (201, False)


class OldLead:
    """A row as 0.1.0 wrote it."""

    def __init__(self, con: sqlite3.Connection, world: World) -> None:
        self.con, self.world = con, world

    def take(self, lead_id: str, lead_key: str, lead: dict[str, Any] | None, days: int = 1) -> None:
        empty = dict.fromkeys(("external_id", "follow_up_date", "business_unit_id", "job_type_id"))
        empty |= {"address": dict.fromkeys(("street", "unit", "city", "state", "zip", "country"))}
        told = empty | {name: value for name, value in (lead or {}).items() if name != "tenant"} if lead else {}
        told |= {"phone": "+12135552823", "email": "ada@example.com"} if lead else {}
        at = stamp(self.world.now() - timedelta(days=days))
        self.con.execute(
            "insert into inbound_leads (id, tenant_id, source, lead_key, lead, received_at, status, ended_at)"
            " values (?, ?, 'default', ?, ?, ?, 'done', ?)",
            (lead_id, SOCAL, lead_key, json.dumps(told), at, at),
        )


FIRST, SECOND = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def test_a_leads_key_of_before_is_known_whoever_gave_it(open_api: Open, settings: Settings, world: World) -> None:
    with old_store(settings) as con:
        OldLead(con, world).take(FIRST, "default:run-42", LEAD)
    api = open_api()
    again = post(api, LEAD, "run-42")
    assert (again.status_code, again.json()["id"], told(again)) == (202, FIRST, True)
    assert told(post(api, BOB, "run-42")) == "key_reused"
    assert told(post(api, BOB | {"external_id": "run-42"})) is False  # no longer one name space
    assert taken(settings) == 2


def test_a_signed_message_of_before_is_known_for_every_tenant(open_api: Open, settings: Settings, world: World) -> None:
    with old_store(settings) as con:
        OldLead(con, world).take(FIRST, "default:msg_1", LEAD)
    api = open_api()
    assert told(send_signed(api, world, "?tenant=dfw")) == "key_reused"
    assert told(send_signed(api, world, "?tenant=socal")) is True
    assert taken(settings) == 1


def test_a_senders_id_of_before_is_known(open_api: Open, settings: Settings, world: World) -> None:
    with old_store(settings) as con:
        OldLead(con, world).take(FIRST, "default:form-1", LEAD | {"external_id": "form-1"})
        OldLead(con, world).take(SECOND, "default:form-2", None, days=70)  # its content is forgotten
    api = open_api()
    assert told(post(api, LEAD | {"external_id": "form-1"})) is True
    assert told(post(api, BOB | {"external_id": "form-1"})) == "key_reused"
    assert told(post(api, BOB | {"external_id": "form-2"})) == "key_reused"
    assert told(post(api, BOB, "form-1")) is False
    assert taken(settings) == 3


def test_equal_content_of_before_is_known(open_api: Open, settings: Settings, world: World) -> None:
    """Within a day; a field that changes what is hashed would double the leads of the day of the upgrade."""
    with old_store(settings) as con:
        OldLead(con, world).take(FIRST, f"={EQUAL}", LEAD, days=0)
    assert told(post(open_api(), LEAD)) is True


def test_whoever_upgrades_twice_changes_nothing(settings: Settings, world: World) -> None:
    with old_store(settings) as con:
        OldLead(con, world).take(FIRST, "default:run-42", LEAD)
    for _ in range(2):
        with open_operations(settings.operations) as con:
            rows = con.execute("select caller, key, lead_id from lead_keys").fetchall()
            assert rows == [("", "run-42", FIRST)]
            assert con.execute("select lead_key, fingerprint from inbound_leads").fetchall() == [("", None)]


@pytest.mark.parametrize("version", [7, 13])
def test_leads_keys_and_links_of_a_store_of_before_are_kept_and_go_on(
    open_api: Open, settings: Settings, world: World, socal: Company, version: int
) -> None:
    ada, bob = socal.add_customer("Ada Lovelace"), socal.add_customer("Bob Stone")
    at, contact = stamp(world.now()), str(uuid5(NAMESPACE_OID, "a contact"))
    with old_store(settings, version) as con:
        OldLead(con, world).take(FIRST, "default:form-1", LEAD | {"external_id": "form-1"})
        OldLead(con, world).take(SECOND, "default:form-2", LEAD | {"external_id": "form-2", "contact_id": None})
        begun = "update inbound_leads set status = 'open', ended_at = null, customer_id = ? where id = ?"
        con.execute(begun, (bob, SECOND))
        con.execute("insert into contact_links values (?, ?, ?, ?)", (SOCAL, ada, contact, at))
        if version >= 8:
            con.execute("insert into lead_keys values ('a', 'run-42', ?, ?)", (FIRST, at))
    api = open_api()
    done = end_of(api, post(api, LEAD | {"external_id": "form-2", "contact_id": None}))
    assert (done["id"], done["status"], done["customer_id"]) == (SECOND, "done", bob)
    assert [lead["summary"] for lead in socal.records("leads")] == ["Wants a new roof"]  # as it may have been written
    assert links(settings) == [(SOCAL, ada, contact)]
    assert taken(settings) == 2
    with open_operations(settings.operations) as con:
        assert con.execute("pragma foreign_key_check").fetchall() == []
        [(reference,)] = con.execute("select \"table\" from pragma_foreign_key_list('lead_keys')").fetchall()
        keys = con.execute("select caller, key, lead_id from lead_keys").fetchall()
    assert (reference, keys) == ("inbound_leads", [("a", "run-42", FIRST)] if version >= 8 else [])
