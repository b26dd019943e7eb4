"""Every input of every action, through every door that takes it: its own route, the one door, the leads' webhook."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest

from pipelines.actions.inbound_leads.forms import WebLead
from pipelines.actions.schemas.json_schema import input_schema
from tests.actions.conftest import Api, Open
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

Schema = dict[str, Any]
ROUTES = {
    "servicetitan_get_customer": ("GET", "/customers/{customer_id}"),
    "servicetitan_create_customer": ("POST", "/customers"),
    "servicetitan_link_contact": ("PUT", "/customers/{customer_id}/contact"),
    "servicetitan_get_appointments": ("GET", "/appointments"),
    "servicetitan_get_jobs": ("GET", "/jobs"),
    "servicetitan_get_estimates": ("GET", "/estimates"),
    "servicetitan_get_leads": ("GET", "/leads"),
    "servicetitan_create_lead": ("POST", "/leads"),
    "servicetitan_create_booking": ("POST", "/bookings"),
    "servicetitan_get_state": ("GET", "/customers/{customer_id}/state"),
    "servicetitan_update_state": ("PUT", "/customers/{customer_id}/state"),
    "servicetitan_check_transition": ("GET", "/transitions/{transition_id}"),
}
MOMENTS = [
    "2026-12-01T17:00:00Z",
    "2026-12-01T09:00:00-08:00",
    "2026-12-01T17:00:00.5Z",
    "2026-12-01T17:00:00.1234567Z",
    "2026-12-01T17:00Z",
    "2026-12-01 17:00:00+00:00",
]
NO_MOMENTS = [
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2026-12-01T17:00:00",
    "2026-12-01",
]
KNOWN_TEXTS = {
    "phone": ["(213) 555-2823", "+12135552823", "213.555.2823"],
    "email": ["ada@example.com", " Ada@Example.com "],
}
TEXTS = ["4711", "Łódź 漢字 🙂", 'a "b" \\ <c>', "bell\x07, nul\x00, tab\tand\nline"]


def forms(name: str, schema: Schema) -> list[Any]:
    """Values as people and programs write them."""
    if "enum" in schema:
        return list(schema["enum"])
    if schema["type"] == "object":
        return list(filled(schema))
    if schema["type"] == "string":
        by_format = {"date-time": MOMENTS, "uuid": [str(uuid4()), str(uuid4()).upper(), uuid4().hex]}
        return by_format.get(schema.get("format", ""), [*schema.get("examples", []), *KNOWN_TEXTS.get(name, TEXTS)])
    return {
        "integer": [schema.get("minimum", 1), schema.get("maximum", 2**53 - 1)],
        "number": [3, 3.0],
        "boolean": [True, False],
        "array": [[], [7, 8]],
    }[schema["type"]]


def filled(schema: Schema) -> Iterator[dict[str, Any]]:
    """One form for every value of every field, with what is needed beside it."""
    usual = least(schema)
    for name, field in schema["properties"].items():
        if name not in ("cursor", "external_id"):
            yield from (usual | {name: value} for value in forms(name, field))


def least(schema: Schema) -> dict[str, Any]:
    one_of = schema.get("anyOf", [{}])[0].get("required", [])
    needed = {name: schema["properties"][name] for name in (*schema.get("required", []), *one_of)}
    return {name: least(field) if field["type"] == "object" else sample(field) for name, field in needed.items()}


def sample(schema: Schema) -> Any:
    return next(iter(schema.get("examples") or schema["enum"]))


def dates(schema: Schema) -> Iterator[str]:
    yield from (name for name, field in schema["properties"].items() if field.get("format") == "date-time")


class Doors:
    """The two of every action."""

    def __init__(self, api: Api) -> None:
        self.api, actions = api, api.get("/actions").json()["actions"]
        self.schemas: dict[str, Schema] = {action["type"]: action["input_schema"] for action in actions}

    def route(self, action: str, form: dict[str, Any], key: str) -> httpx.Response:
        method, path = ROUTES[action]
        inside = {name: quote(str(value), safe="") for name, value in form.items() if f"{{{name}}}" in path}
        rest = {name: value for name, value in form.items() if name not in inside}
        sent: dict[str, Any] = {"params": {"tenant": "socal"} | (rest if method == "GET" else {})}
        sent |= {} if method == "GET" else {"json": rest}
        return self.api.request(method, path.format(**inside), headers={"idempotency-key": key}, **sent)

    def one_door(self, action: str, form: dict[str, Any], key: str) -> httpx.Response:
        return self.api.write(f"/actions/{action}", {"tenant": "socal", "input": form}, key)


@pytest.fixture
def doors(open_api: Open, socal: Company) -> Doors:
    socal.create_estimate(job_id=socal.book_job(socal.add_customer("Ada", phone="(714) 555-2801"), "sales"))
    return Doors(open_api(ACTIONS_REQUESTS_PER_SECOND="10000"))


def test_all_actions_have_a_route(doors: Doors) -> None:
    assert set(doors.schemas) == set(ROUTES)


@pytest.mark.parametrize("action", ROUTES)
def test_what_the_route_takes_the_one_door_takes_in_the_same_form(
    doors: Doors, simulator: ServiceTitan, action: str
) -> None:
    """A read asks ServiceTitan the same; a write is the same one, for it is replayed under the same key."""
    for form in filled(doors.schemas[action]):
        key = str(uuid4())
        simulator.log.clear()
        by_route = doors.route(action, form, key)
        asked = questions(simulator)
        simulator.log.clear()
        by_door = doors.one_door(action, form, key)
        refused = by_route.json().get("code") if by_route.is_error else None
        # ServiceTitan knows no such id, or somebody else has the number.
        assert refused in (None, "rejected", "not_found", "needs_review"), (form, by_route.text)
        assert (form, by_door.status_code, by_door.content) == (form, by_route.status_code, by_route.content)
        if ROUTES[action][0] == "GET":
            assert (form, questions(simulator)) == (form, asked)
        else:
            assert (form, by_door.headers.get("idempotent-replayed")) == (form, "true")


def questions(simulator: ServiceTitan) -> list[tuple[str, dict[str, str]]]:
    """Without those for contacts, which are not waited for where the customer is not there."""
    calls = sorted(simulator.log.calls, key=lambda call: call.path)  # some are asked side by side
    asked = (call for call in calls if call.method == "GET" and not call.path.endswith("/contacts"))
    return [(call.path, call.query) for call in asked]


def test_a_date_at_the_calendars_edge_is_refused_by_name_everywhere(doors: Doors) -> None:
    refused = 0
    for action, schema in doors.schemas.items():
        for name in dates(schema):
            for moment in NO_MOMENTS:
                form = least(schema) | {name: moment}
                by_route, by_door = doors.route(action, form, "key"), doors.one_door(action, form, "key")
                assert (form, by_route.status_code, list(by_route.json()["errors"])) == (form, 422, [name])
                assert (form, by_door.status_code, list(by_door.json()["errors"])) == (form, 422, [f"input.{name}"])
                refused += 1
    lead = least(input_schema(WebLead)) | {"campaign_id": 3301}
    for moment in NO_MOMENTS:
        answer = doors.api.post("/webhooks/leads?tenant=socal", json=lead | {"follow_up_date": moment})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["follow_up_date"])
    assert refused == 26 * len(NO_MOMENTS)


def test_what_the_webhook_takes_is_kept_as_it_was_meant(doors: Doors) -> None:
    usual = {"campaign_id": 3301, "call_reason_id": 7}
    for form in filled(input_schema(WebLead)):
        sent = usual | form | {"external_id": str(uuid4())}
        taken = doors.api.post("/webhooks/leads?tenant=socal", json=sent)
        assert (sent, taken.status_code) == (sent, 202), taken.text
        kept = doors.api.read(f"/webhooks/leads/{taken.json()['id']}", tenant="socal").json()["lead"]
        assert {name: kept[name] for name in sent} == {name: meant(name, value) for name, value in sent.items()}


def meant(name: str, value: Any) -> Any:
    if name == "follow_up_date":
        return zulu(value)
    if name == "contact_id":
        return str(UUID(value))
    if name == "phone":
        return "+12135552823"
    if name == "address":
        return dict.fromkeys(("street", "unit", "city", "state", "zip", "country")) | {
            part: meant(part, text) for part, text in value.items()
        }
    if not isinstance(value, str):
        return value
    kept = value.strip().replace("\x00", "").replace("\x07", "")
    if name == "email":
        return kept.lower()
    return kept if name == "summary" else kept.replace("\t", " ").replace("\n", " ")


def zulu(moment: str) -> str:
    return {
        "2026-12-01T17:00:00.5Z": "2026-12-01T17:00:00.500000Z",
        "2026-12-01T17:00:00.1234567Z": "2026-12-01T17:00:00.123456Z",
    }.get(moment, "2026-12-01T17:00:00Z")
