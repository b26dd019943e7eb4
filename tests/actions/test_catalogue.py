"""The catalogue is enough to draw a node's form and to post what the form gives."""

from typing import Any

import jsonschema
import pytest

from tests.actions.conftest import Api
from tests.simulator.world import Company

Schema = dict[str, Any]
TYPES = {
    "servicetitan_get_customer",
    "servicetitan_create_customer",
    "servicetitan_get_appointments",
    "servicetitan_get_jobs",
    "servicetitan_get_estimates",
    "servicetitan_get_leads",
    "servicetitan_create_lead",
    "servicetitan_create_booking",
    "servicetitan_get_state",
    "servicetitan_update_state",
    "servicetitan_check_transition",
}


@pytest.fixture
def catalogue(api: Api) -> dict[str, Schema]:
    return {action["type"]: action for action in api.get("/actions").json()["actions"]}


def widget(schema: Schema) -> str:
    """What a form draws for a field; a schema that it cannot draw raises KeyError."""
    if "enum" in schema:
        return "choice"
    if schema["type"] == "string":
        return {"date-time": "date", "uuid": "text"}.get(schema.get("format", ""), "text")
    return {"integer": "number", "number": "number", "boolean": "switch", "object": "group", "array": "list"}[
        schema["type"]
    ]


def fill(schema: Schema) -> Any:
    """As a person who fills in what must be filled in, with the form's example, default or first choice."""
    drawn = widget(schema)
    if drawn == "group":
        one_of = schema.get("anyOf", [{}])[0].get("required", [])
        return {name: fill(schema["properties"][name]) for name in [*schema.get("required", []), *one_of]}
    for source in (
        schema.get("examples", []),
        [schema["default"]] if "default" in schema else [],
        schema.get("enum", []),
    ):
        if source:
            return source[0]
    raise AssertionError(f"nothing helps to fill in {schema['title']}")


def test_every_action_is_listed_once_with_label_and_help(api: Api, catalogue: dict[str, Schema]) -> None:
    assert api.get("/actions").json()["tenants"] == ["socal", "dfw"]
    assert set(catalogue) == TYPES
    assert all(action["label"] and action["description"].endswith(".") for action in catalogue.values())
    assert {name for name, action in catalogue.items() if action["writes"]} == {
        "servicetitan_create_customer",
        "servicetitan_create_lead",
        "servicetitan_create_booking",
        "servicetitan_update_state",
    }


def test_every_field_can_be_drawn_with_a_label(catalogue: dict[str, Schema]) -> None:
    for action in catalogue.values():
        jsonschema.Draft202012Validator.check_schema(action["input_schema"])
        jsonschema.Draft202012Validator.check_schema(action["result_schema"])
        for name, field in action["input_schema"]["properties"].items():
            assert widget(field), name
            assert field["title"], name
        assert "$ref" not in str(action)


def test_choices_carry_labels(catalogue: dict[str, Schema]) -> None:
    state = catalogue["servicetitan_update_state"]["input_schema"]["properties"]["state"]
    labels = dict(zip(state["enum"], state["x-enum-labels"], strict=True))
    assert (labels[0], labels[2.5], labels[6]) == ("Contact Record", "Sales Appointment Canceled", "Install Complete")


def test_what_a_form_gives_is_accepted_and_the_result_is_as_described(
    api: Api, catalogue: dict[str, Schema], socal: Company
) -> None:
    ada = socal.add_customer("Ada", phone="(714) 555-0101")
    socal.create_estimate(job_id=socal.book_job(ada, "sales"))
    for name, action in catalogue.items():
        form = fill(action["input_schema"])
        form |= {"customer_id": ada} if "customer_id" in action["input_schema"]["properties"] else {}
        jsonschema.validate(form, action["input_schema"])
        answer = api.write(f"/actions/{name}", {"tenant": "socal", "input": form})
        if name in ("servicetitan_get_state", "servicetitan_check_transition"):
            assert answer.json()["code"] == "not_found"  # no sync has run, and nothing was told
        else:
            assert (name, answer.is_success) == (name, True), answer.text
            jsonschema.validate(answer.json(), action["result_schema"])


def test_the_one_door_and_the_routes_are_the_same_action(api: Api, socal: Company) -> None:
    lead = {"campaign_id": 3301, "summary": "Wants a new roof", "call_reason_id": 7}
    by_route = api.write("/leads?tenant=socal", lead, "key")
    by_door = api.write("/actions/servicetitan_create_lead", {"tenant": "socal", "input": lead}, "key")
    assert (by_route.status_code, by_door.status_code) == (201, 201)
    assert by_door.headers["idempotent-replayed"] == "true"
    assert len(socal.records("leads")) == 1


def test_an_action_that_is_not_there_answers_so(api: Api) -> None:
    assert api.write("/actions/servicetitan_delete_all", {"input": {}}).json()["code"] == "not_found"


def test_two_different_tenants_in_one_request_are_refused(api: Api) -> None:
    refused = api.write("/actions/servicetitan_get_jobs?tenant=dfw", {"tenant": "socal", "input": {}})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["tenant"])
