"""`<servicetitan-node>` in a page, before the real API: chosen, filled in, tried, and given to the page."""

import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.actions.conftest import SOCAL
from tests.console.node.conftest import READER, TOKEN, Embedded, configured
from tests.simulator.world import Company

LEAD = {"campaign_id": 3302, "summary": "Wants a new roof", "call_reason_id": 7}


def lead(**changes: Any) -> dict[str, Any]:
    return configured("create_lead", **LEAD | changes)


@pytest.fixture
def socal(embedded: Embedded) -> Company:
    return embedded.stage.simulator.world.companies[SOCAL]


def test_an_action_is_found_filled_in_and_tried_by_keyboard_alone(embedded: Embedded) -> None:
    embedded.put()
    embedded.fill_in("Tenant", "socal")
    embedded.fill_in("Action", "get customer")
    expect(embedded.field("Customer required")).to_have_attribute("placeholder", "such as 100001")
    embedded.fill_in("Customer", str(embedded.stage.ada))
    chosen = configured("get_customer", customer_id=embedded.stage.ada)
    assert embedded.last_change() == chosen
    assert json.loads(embedded.page.evaluate("node.value")) == chosen
    embedded.press("Try it")
    result = embedded.page.get_by_role("table", name="Result")
    expect(result).to_contain_text("(213) 373-4253")
    expect(result.get_by_role("row", name="contacts[1].value")).to_be_visible()
    expect(result.get_by_role("row", name="created_on")).to_contain_text("date and time")


def test_the_actions_stand_in_groups_and_are_searched(embedded: Embedded) -> None:
    embedded.put(tenant="socal")
    action = embedded.field("Action required")
    action.press("ArrowDown")
    listed = {entry["group"] for entry in embedded.answer("/actions")["actions"]}
    for group in ("Start of a flow", *listed):
        expect(embedded.page.get_by_role("group", name=group)).to_be_visible()
    expect(embedded.page.get_by_role("option")).to_have_count(13)
    expect(action).to_have_attribute("aria-activedescendant", "field-/type-0")
    action.press_sequentially("nothing like it")
    expect(embedded.page.get_by_text("There is nothing like “nothing like it”.")).to_be_visible()
    expect(action).to_have_attribute("aria-expanded", "false")
    action.press("Escape")
    action.press("Tab")
    expect(action).to_have_value("")


def test_choices_have_labels_and_what_is_no_choice_is_said_in_words(embedded: Embedded) -> None:
    embedded.put(value=lead())
    expect(embedded.field("Campaign required")).to_have_value("Facebook Lead Form")
    embedded.fill_in("Campaign", "google")
    embedded.fill_in("Priority", "urg")
    assert embedded.last_change() == lead(campaign_id=3301, priority="Urgent")
    campaign = embedded.field("Campaign required")
    campaign.fill("Carrier pigeon")
    expect(campaign).to_have_attribute("aria-invalid", "true")
    expect(campaign).to_have_accessible_description(
        "“Carrier pigeon” is no whole number: type one, or write an expression in {{ }}"
    )
    campaign.fill("{{contact.campaign}}")
    expect(campaign).to_have_attribute("aria-invalid", "false")
    assert embedded.last_change()["input"]["campaign_id"] == "{{contact.campaign}}"
    embedded.put(value=configured("get_customer"))
    customer = embedded.field("Customer required")
    customer.fill("Ada")
    expect(customer).to_have_accessible_description(re.compile("or write an expression such as {{customer_id}}"))
    customer.fill("{{customer_id")
    expect(customer).to_have_accessible_description(re.compile("the }} is missing behind the expression"))


def test_what_is_needed_is_asked_for_where_it_is_missing(embedded: Embedded) -> None:
    embedded.put(tenant="socal", value={"type": "servicetitan_create_customer", "input": {"name": "Ada"}})
    embedded.field("City required").wait_for()
    assert embedded.page.evaluate("node.reportValidity()") is False
    expect(embedded.field("Phone")).to_be_focused()
    expect(embedded.field("Phone")).to_have_accessible_description("one of these is needed: Phone, E-mail")
    expect(embedded.field("Street required")).to_have_accessible_description("is needed")
    expect(embedded.page.get_by_text("Not ready: 6 fields have to be mended first.")).to_be_visible()
    for name, text in {
        "Phone": "1",
        "Street": "{{contact.street}}",
        "City": "LA",
        "State": "CA",
        "Zip": "90012",
    }.items():
        embedded.fill_in(name, text)
    assert embedded.page.evaluate("node.reportValidity()") is True
    assert embedded.last_change()["input"]["address"] == {
        "street": "{{contact.street}}", "city": "LA", "state": "CA", "zip": "90012"
    }  # fmt: skip
    embedded.field("Zip required").fill("")
    assert "zip" not in embedded.last_change()["input"]["address"]


@pytest.mark.parametrize("embedded", [{"timezone_id": "America/Chicago"}], indirect=True, ids=["chicago"])
def test_a_date_is_picked_in_the_readers_zone_or_is_an_expression(embedded: Embedded) -> None:
    embedded.put(value=lead(follow_up_date="2026-12-01T17:00:00Z"))
    date = embedded.field("Follow up on")
    expect(date).to_have_value("2026-12-01T11:00")
    date.fill("2026-07-01T11:00")
    assert embedded.last_change()["input"]["follow_up_date"] == "2026-07-01T16:00:00Z"
    embedded.press("Follow up on: as an expression")
    embedded.field("Follow up on").fill("{{run.due}}")
    assert embedded.last_change()["input"]["follow_up_date"] == "{{run.due}}"
    embedded.field("Follow up on").fill("tomorrow")
    expect(embedded.field("Follow up on")).to_have_accessible_description(
        "“tomorrow” is no date and time with its zone, such as 2026-11-22T15:04:05Z: choose one,"
        " or write an expression in {{ }}"
    )


def test_several_are_chosen_of_a_list_and_taken_away(embedded: Embedded) -> None:
    embedded.put(value=lead(tag_type_ids=[999]))
    expect(embedded.page.get_by_role("button", name="Remove 999 (not in this tenant's list)")).to_be_visible()
    tags = embedded.answer("/options/tag_type_ids")["items"]
    embedded.fill_in("Tags", tags[0]["label"])
    embedded.fill_in("Tags", "{{contact.tag}}")
    assert embedded.last_change()["input"]["tag_type_ids"] == [999, tags[0]["value"], "{{contact.tag}}"]
    embedded.press("Remove 999")
    expect(embedded.field("Tags")).to_be_focused()
    assert embedded.last_change()["input"]["tag_type_ids"] == [tags[0]["value"], "{{contact.tag}}"]


def test_a_write_is_asked_about_and_carried_out_once_each_time(embedded: Embedded, socal: Company) -> None:
    embedded.put(value=lead(summary="Wants {{contact.wish}}", call_reason_id="{{run.reason}}"))
    embedded.field("{{contact.wish}} in the trial").fill("a gutter")
    embedded.field("{{run.reason}} in the trial").fill("7")
    before = len(socal.records("leads"))
    embedded.press("Try it (writes to ServiceTitan)")
    asked = embedded.page.get_by_role("dialog")
    expect(asked).to_contain_text("“Create a lead” is carried out in ServiceTitan, for socal: this is no rehearsal.")
    embedded.page.keyboard.press("Escape")
    expect(embedded.page.get_by_role("button", name="Try it")).to_be_focused()
    assert len(socal.records("leads")) == before
    for _ in range(2):
        embedded.press("Try it (writes to ServiceTitan)")
        embedded.press("Carry it out")
        expect(embedded.page.get_by_role("row", name="summary")).to_contain_text("Wants a gutter")
    keys = {headers.get("Idempotency-Key") for url, headers in embedded.page.evaluate("asked") if "/actions/" in url}
    assert (len(keys), None in keys, len(socal.records("leads"))) == (2, False, before + 2)


def test_a_write_that_may_have_been_carried_out_is_repeated_with_its_key(embedded: Embedded, socal: Company) -> None:
    embedded.put(value=lead(summary="Once"))
    embedded.page.route("**/actions/servicetitan_create_lead", lambda route: (route.fetch(), route.abort()), times=1)
    embedded.press("Try it")
    embedded.press("Carry it out")
    expect(embedded.page.get_by_role("alert")).to_contain_text("The same again is sent with the same key")
    embedded.press("Try it")
    embedded.press("Carry it out")
    expect(embedded.page.get_by_role("row", name="summary")).to_contain_text("Once")
    assert [one["summary"] for one in socal.records("leads")].count("Once") == 1


def test_a_trials_values_are_read_as_the_fields_have_them(embedded: Embedded) -> None:
    embedded.put(value=configured("get_customer", customer_id="{{c}}"))
    embedded.press("Try it")
    expect(embedded.page.get_by_role("alert")).to_contain_text(
        "Not with these values for the trial: customer_id: is needed"
    )
    embedded.field("{{c}} in the trial").fill("1")
    embedded.press("Try it")
    expect(embedded.page.get_by_role("alert")).to_have_text("Not found: ServiceTitan has no such record in this tenant")
    embedded.field("{{c}} in the trial").fill(str(embedded.stage.ada))
    embedded.press("Try it")
    expect(embedded.page.get_by_role("row", name="name")).to_contain_text("Ada Moss")


def test_where_the_trial_has_no_value_the_entry_of_a_list_is_left_out(embedded: Embedded, socal: Company) -> None:
    tag = embedded.answer("/options/tag_type_ids")["items"][0]["value"]
    embedded.put(value=lead(summary="Tagged", tag_type_ids=["{{run.tag}}", tag], lead_email="{{run.email}}"))
    embedded.press("Try it")
    embedded.press("Carry it out")
    expect(embedded.page.get_by_role("row", name="summary")).to_contain_text("Tagged")
    [made] = [one for one in socal.records("leads") if one["summary"] == "Tagged"]
    assert made["tagTypeIds"] == [tag]


def test_a_tenant_may_be_an_expression_whose_value_the_trial_asks_for(embedded: Embedded) -> None:
    embedded.put(value=configured("get_customer", customer_id=embedded.stage.ada) | {"tenant": "{{tenant}}"})
    expect(embedded.field("Tenant required")).to_have_value("{{tenant}}")
    embedded.press("Try it")
    expect(embedded.page.get_by_role("alert")).to_contain_text("for the trial: tenant: is needed")
    embedded.field("{{tenant}} in the trial").fill("socal")
    embedded.press("Try it")
    expect(embedded.page.get_by_role("row", name="name")).to_contain_text("Ada Moss")
    embedded.field("Tenant required").fill("{{a.tenant}}")
    assert embedded.last_change()["tenant"] == "{{a.tenant}}"
    embedded.field("Tenant required").fill("dallas")
    embedded.field("Customer required").focus()
    expect(embedded.field("Tenant required")).to_have_value("{{a.tenant}}")


def test_what_is_needed_of_a_group_is_so_once_something_of_it_is_filled_in(embedded: Embedded) -> None:
    embedded.put(value=configured("create_booking", name="Bo", summary="Gutter"))
    embedded.field("Street").wait_for()
    assert embedded.page.evaluate("node.reportValidity()") is False
    group = embedded.page.get_by_role("group", name="Address")
    expect(group).to_have_accessible_description("one of these is needed: Phone, E-mail, Address")
    expect(embedded.field("Street")).to_have_attribute("aria-required", "false")
    embedded.field("City").fill("LA")
    expect(embedded.field("Street required")).to_have_attribute("aria-required", "true")
    expect(embedded.field("Street required")).to_have_accessible_description("is needed")
    expect(group).to_have_accessible_description("")
    embedded.field("City required").fill("")
    expect(embedded.field("Street")).to_have_attribute("aria-required", "false")


def test_a_refusal_is_told_in_words_and_beside_its_field(embedded: Embedded) -> None:
    address = dict.fromkeys(("street", "city", "state", "zip"), "x")
    customer = {"name": "A", "phone": "(213) 373-4253", "email": "no address", "address": address}
    embedded.put(value=configured("create_customer", **customer))
    embedded.press("Try it")
    embedded.press("Carry it out")
    alert = embedded.page.get_by_role("alert")
    expect(alert).to_contain_text("The request is not valid: see errors: input.email")
    expect(embedded.field("E-mail")).to_have_accessible_description("expected an e-mail address")
    embedded.fill_in("E-mail", "bob@mail.example.net")
    expect(embedded.field("E-mail")).to_have_attribute("aria-invalid", "false")
    embedded.fill_in("Name", "Bob Stone")
    embedded.press("Try it")
    embedded.press("Carry it out")
    expect(alert).to_contain_text("A person has to say who is meant")
    expect(embedded.page.get_by_role("row", name="candidates[0].name")).to_contain_text("Ada Moss")


def test_where_servicetitan_is_down_the_choices_say_so_and_an_id_can_be_typed(embedded: Embedded) -> None:
    embedded.stage.simulator.faults.order("status", "/job-types", status=503, times=-1)
    embedded.put(value=lead(job_type_id=3))
    embedded.field("Job type").fill("4")
    said = embedded.page.get_by_role("status").filter(has_text="An id, or an expression, can be typed.")
    expect(said).to_contain_text("ServiceTitan is busy")
    assert embedded.last_change()["input"]["job_type_id"] == 4


def test_a_trigger_is_a_state_with_the_flow_that_the_tenants_rules_start(embedded: Embedded) -> None:
    embedded.put(tenant="socal", kind="trigger")
    state = embedded.field("State required")
    state.press("ArrowDown")
    options = embedded.page.get_by_role("option").all_inner_texts()
    assert "Sales Appointment Booked: What to Expect" in options
    assert not any(option.startswith("Contact Record") for option in options), "it starts no flow"
    embedded.fill_in("State", "what to expect")
    assert embedded.last_change() == {
        "type": "servicetitan.customer_state.changed", "tenant": "socal", "input": {"state": 2}
    }  # fmt: skip
    assert embedded.page.get_by_role("button", name="Try it").count() == 0
    embedded.fill_in("Tenant", "dfw")
    expect(embedded.field("Tenant required")).to_be_focused()
    assert embedded.last_change()["tenant"] == "dfw"
    assert any("tenant=dfw" in url for url in embedded.requests)


def test_what_was_saved_and_is_not_there_any_more_is_kept_and_named(embedded: Embedded) -> None:
    saved = {"type": "servicetitan_get_jobs", "tenant": "gone", "input": {"customer_id": "{{c}}", "colour": ["red"]}}
    embedded.put(value=json.dumps(saved))
    embedded.field("colour").wait_for()
    assert embedded.page.evaluate("node.reportValidity()") is False
    expect(embedded.field("Tenant required")).to_have_accessible_description("there is no tenant “gone”: choose one")
    expect(embedded.field("colour")).to_have_accessible_description("the action takes no such field")
    assert json.loads(embedded.page.evaluate("node.value")) == saved
    embedded.field("colour").fill("")
    embedded.fill_in("Tenant", "socal")
    assert embedded.last_change() == saved | {"tenant": "socal", "input": {"customer_id": "{{c}}"}}
    embedded.put(value=json.dumps(saved | {"type": "servicetitan_fly"}))
    expect(embedded.field("Action required")).to_have_value("servicetitan_fly")
    embedded.put(value="{not json")
    expect(embedded.page.get_by_role("alert")).to_contain_text("The value is no configuration: “{not json”")


def test_another_action_keeps_its_own_input(embedded: Embedded) -> None:
    embedded.put(value=lead())
    embedded.fill_in("Action", "create a booking")
    assert embedded.last_change() == configured("create_booking")
    embedded.fill_in("Action", "create a lead")
    assert embedded.last_change() == lead()


def test_a_page_may_call_the_api_itself_with_a_token_that_only_reads(embedded: Embedded) -> None:
    embedded.put(False, api=embedded.stage.api, token=READER, tenant="socal")
    embedded.fill_in("Action", "get customer")
    embedded.fill_in("Customer", str(embedded.stage.ada))
    embedded.press("Try it")
    expect(embedded.page.get_by_role("row", name="name")).to_contain_text("Ada Moss")
    embedded.field("Action required").fill("create")
    expect(embedded.page.get_by_text("There is nothing like “create”.")).to_be_visible()


def test_no_write_is_tried_with_a_token_of_the_page(embedded: Embedded, socal: Company) -> None:
    before = len(socal.records("leads"))
    embedded.put(False, api=embedded.stage.api, token=TOKEN, value=lead())
    embedded.press("Try it")
    expect(embedded.page.get_by_role("alert")).to_contain_text("a token that stands in a page may only read")
    assert embedded.page.get_by_role("dialog").count() == 0
    assert len(socal.records("leads")) == before


def test_a_page_of_another_origin_works_where_it_is_named_and_is_told_so_where_not(embedded: Embedded) -> None:
    """The module comes from the API's origin, which is neither's."""
    stage, page = embedded.stage, embedded.page
    page.goto(f"{stage.url}/elsewhere")
    embedded.put(False, api=stage.api, token=READER, value=configured("get_customer", customer_id=stage.ada))
    embedded.press("Try it")
    expect(page.get_by_role("row", name="name")).to_contain_text("Ada Moss")
    page.goto(f"{stage.other}/elsewhere")
    embedded.put(False, api=stage.api, token=READER)
    expect(page.get_by_role("alert")).to_contain_text(f"does ACTIONS_ORIGINS name {stage.other}?")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert all("CORS policy" in words or words.startswith("Failed to load") for words in embedded.said)
    embedded.said.clear()


def test_where_the_api_cannot_be_reached_it_says_what_to_look_at(embedded: Embedded) -> None:
    embedded.put(False, api="http://127.0.0.1:1/api/servicetitan", token="t")
    alert = embedded.page.get_by_role("alert")
    expect(alert).to_contain_text("No answer: http://127.0.0.1:1/api/servicetitan/actions cannot be reached from here")
    expect(alert).to_contain_text(f"does ACTIONS_ORIGINS name {embedded.stage.url}?")
    embedded.said.clear()  # the page's policy lets it call no other address
    embedded.page.evaluate("(api) => { node.api = api; }", embedded.stage.api)
    expect(alert).to_contain_text("A bearer token is needed")
    embedded.page.evaluate("(token) => { node.token = token; }", READER)
    expect(embedded.field("Action required")).to_be_visible()


def test_a_configuration_is_run_by_the_one_door(embedded: Embedded) -> None:
    """As README tells the flow's engine."""
    embedded.put(value=lead())
    embedded.fill_in("Summary", "Run by the flow")
    saved = embedded.last_change()
    ran = httpx.post(
        f"{embedded.stage.api}/actions/{saved['type']}",
        json={"tenant": saved["tenant"], "input": saved["input"]},
        headers={"authorization": f"Bearer {TOKEN}", "idempotency-key": "run-1-node-1"},
        trust_env=False,
    )
    assert (ran.status_code, ran.json()["summary"]) == (201, "Run by the flow")
