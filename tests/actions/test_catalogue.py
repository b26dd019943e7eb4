"""The catalogue is enough to draw a node's form and to post what the form gives."""

from typing import Any

import jsonschema
import pytest

from pipelines.settings import Settings
from tests.actions.conftest import DFW, Api
from tests.simulator.world import Company

Schema = dict[str, Any]
TYPES = {
    "servicetitan_get_customer",
    "servicetitan_create_customer",
    "servicetitan_link_contact",
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
        "servicetitan_link_contact",
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


def test_a_form_is_flat_but_for_one_group(catalogue: dict[str, Schema]) -> None:
    for action in catalogue.values():
        fields = action["input_schema"]["properties"].values()
        inside = [field for group in fields for field in group.get("properties", {}).values()]
        assert {widget(field) for field in inside} <= {"text"}
        assert {field["items"]["type"] for field in fields if widget(field) == "list"} <= {"integer"}


def test_choices_carry_labels(catalogue: dict[str, Schema]) -> None:
    state = catalogue["servicetitan_update_state"]["input_schema"]["properties"]["state"]
    labels = dict(zip(state["enum"], state["x-enum-labels"], strict=True))
    assert (labels[0], labels[2.5], labels[6]) == ("Contact Record", "Sales Appointment Canceled", "Install Complete")


def test_what_a_form_gives_is_accepted_and_the_result_is_as_described(
    api: Api, catalogue: dict[str, Schema], socal: Company
) -> None:
    ada = socal.add_customer("Ada", phone="(714) 555-2801")
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


def test_actions_stand_in_groups(api: Api) -> None:
    groups = [action["group"] for action in api.get("/actions").json()["actions"]]
    in_order = list(dict.fromkeys(groups))
    assert in_order == ["Customers", "Jobs and estimates", "Leads and bookings", "States and flows"]
    assert groups == sorted(groups, key=in_order.index)


def test_the_triggers_are_the_states_with_their_flows_as_the_rules_are_for_the_tenant(
    api: Api, settings: Settings
) -> None:
    settings.rules.mkdir(parents=True)
    (settings.rules / "customer_states.csv").write_text(
        f"tenant_id,state,state_name,flow_name\n,3,Estimates Created,Remind\n{DFW},2,Booked,\n"
    )

    def flows(**tenant: str) -> dict[float, tuple[str, str | None]]:
        triggers = api.read("/actions", **tenant).json()["triggers"]
        return {one["state"]: (one["state_name"], one["flow_name"]) for one in triggers}

    assert list(flows()) == [0, 1, 2, 2.5, 3, 4, 5, 5.5, 6]
    assert (flows()[0], flows()[3]) == (("Contact Record", None), ("Estimates Created", "Remind"))
    assert flows(tenant="socal") == flows()
    assert flows(tenant="dfw") == flows() | {2: ("Booked", None)}
    assert api.read("/actions", tenant="nowhere").status_code == 404
