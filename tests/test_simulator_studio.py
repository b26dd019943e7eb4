"""The pages of the stand-in Flow Builder: flows with their waits, contacts, the inbox with what the gate answered."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.simulator.flow_builder.api import Outcome
from tests.simulator.flow_builder.expressions import Unknown, filled
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World
from tests.studio import TOKEN, Stand, standing

HOSTILE = """<img src=x onerror=alert(1)>{{7*7}}</script>"onfocus=alert(1) x='"""
PAGES = ("/", "/tour", "/flows", "/mails", "/contacts")


@pytest.fixture
def stand(simulator: ServiceTitan, tmp_path: Path) -> Iterator[Stand]:
    with standing(simulator, tmp_path) as stand:
        yield stand


def visit(start: datetime) -> Mapping[str, Any]:
    end = (start + timedelta(hours=2)).isoformat()
    return {"id": 7, "start": start.isoformat(), "end": end, "start_local": start.isoformat(), "end_local": end}


def test_each_day_that_is_hurried_lets_leave_what_waits_with_the_gates_answer_beside_it(stand: Stand) -> None:
    stand.tell()
    assert "1 mailed, 0 held back, 4 wait" in stand.get("/mails")
    assert "1 mailed, 0 held back, 4 wait" in stand.post("/clock")
    stand.answers[stand.tell(transition_id="t2")] = {"may_send": False, "reasons": ["marketing_opt_out"], "data": None}
    page = stand.post("/clock")
    assert "2 d ahead" in page
    assert "3 mailed, 0 held back, 7 wait" in page
    assert "asked 2 d early" in page
    page = stand.post("/clock")
    assert "3 mailed, 1 held back, 6 wait" in page
    assert "no: the customer has opted out (marketing_opt_out)" in page
    assert "; 1 found" in stand.get("/mails?q=opted+ada&result=held")


def test_a_visit_that_is_over_by_the_flows_clock_is_mailed_no_more_and_the_page_says_whose_word_that_is(
    stand: Stand,
) -> None:
    stand.post("/clock")
    soon = visit(datetime.now(UTC) + timedelta(days=1))
    stand.tell(flow_name="What to Expect", to_state=2.0, appointment=soon)
    assert "1 mailed, 0 held back" in stand.get("/mails")
    stand.post("/clock")
    page = stand.post("/clock")
    assert "1 mailed, 1 held back" in page
    assert "no: the visit is over (past)" in page
    assert "still says yes" in page
    assert "still says yes" in stand.get("/mails/2")


def test_who_runs_a_flow_for_a_linked_contact_sees_the_customer_as_data(stand: Stand, world: World) -> None:
    ada = world["socal"].add_customer("Ada Moss", email="ada.moss@mail.example.net")
    stand.post("/contacts", name="Ada", email="ada.moss@mail.example.net")
    stand.post("/flows", name="Mine")
    contact, flow = stand.studio.contacts.all()[0], stand.studio.canvas.all()[-1]
    step = {"type": "servicetitan_get_customer", "input": {"customer_id": "{{customer_id}}"}}
    stand.post(f"/flows/{flow.id}/steps/0", tenant="socal", configuration=orjson.dumps(step).decode())
    assert "{{customer_id}} has no value here" in stand.post(f"/flows/{flow.id}/run", contact=contact.id)
    assert "found by email" in stand.post(f"/contacts/{contact.id}/find", tenant="socal")
    linked = stand.post(f"/contacts/{contact.id}/link", tenant="socal", customer_id=str(ada))
    assert f"✓ socal {ada}</span> Ada Moss" in linked, "whose id it is"
    page = stand.post(f"/flows/{flow.id}/run", contact=contact.id)
    assert f"&#34;id&#34;: {ada}" in page
    assert "&#34;name&#34;: &#34;Ada Moss&#34;" in page
    page = stand.post(f"/contacts/{contact.id}/state", state="3.0", reason="By phone")
    assert "state set to 3 Estimates Created" in page
    assert 'value="3.0" selected' in page
    assert 'required value="By phone"' in page
    assert 'name="start_flow">' in page
    assert "no sync was started" in page, "there is no Dagster here, and that is said"
    assert not [path for path in PAGES if TOKEN in stand.get(path)]


def test_a_phone_that_is_none_and_a_link_that_is_there_are_refused_in_words(stand: Stand, world: World) -> None:
    page = refused(stand, "/contacts", name="Ada", phone="abc")
    assert "“abc” is no phone number" in page
    assert 'placeholder="Name" value="Ada"' in page
    first, second = (str(world["socal"].add_customer(name)) for name in ("Ada Moss", "Ben Oak"))
    stand.post("/contacts", name="Ada", phone="(213) 555-2823 x 12")
    link = f"/contacts/{stand.studio.contacts.all()[0].id}/link"
    stand.post(link, tenant="socal", customer_id=first)
    page = stand.post(link, tenant="socal", customer_id=second)
    assert "tick “move the link, where there is another” to move it" in page
    assert "<details open>" in page
    assert "Ben Oak" in stand.post(link, tenant="socal", customer_id=second, replace="on")


def test_a_test_of_a_flow_that_mails_goes_to_the_contact_alone_and_nobody_asks_the_gate(stand: Stand) -> None:
    stand.post("/contacts", name="Ada", email="ada@mail.example.net")
    [contact] = stand.studio.contacts.all()
    stand.post("/flows/state-1/run", contact=contact.id)
    stand.studio.collect()
    page = stand.get("/mails")
    assert "not asked: a test tells of nothing" in page
    assert "ada@mail.example.net" in page


def test_a_flow_that_a_state_triggers_does_its_actions_for_each_message(stand: Stand, world: World) -> None:
    ada = world["socal"].add_customer("Ada Moss")
    stand.post("/flows", name="Mine", state="1.0")
    flow = stand.studio.canvas.all()[-1]
    step = {"type": "servicetitan_get_customer", "tenant": "{{tenant}}", "input": {"customer_id": "{{customer_id}}"}}
    stand.post(f"/flows/{flow.id}/steps/0", configuration=orjson.dumps(step).decode())
    stand.tell(customer_id=ada)
    assert not flow.runs, "it is off until somebody switches it on"
    assert "Switch it off" in stand.post(f"/flows/{flow.id}/switch", on="on")
    stand.tell(customer_id=ada)
    stand.tell(customer_id=ada, to_state=3.0, flow_name="Unsold Estimates")
    assert [result.data["id"] for log in flow.runs for result in log.results] == [ada]


def test_a_flow_is_switched_on_only_with_steps_that_are_ready(stand: Stand) -> None:
    stand.post("/flows", name="Mine", state="1.0")
    flow = stand.studio.canvas.all()[-1]
    assert "Off" in stand.get(f"/flows/{flow.id}")
    assert "<option selected>{{tenant}}</option>" in stand.get(f"/flows/{flow.id}/steps/0")
    assert "It stays off: it has no step yet" in refused(stand, f"/flows/{flow.id}/switch", on="on")
    for page in (f"/flows/{flow.id}/switch", "/contacts/none/find"):
        assert httpx.get(stand.url + page).headers["location"] == page.rpartition("/")[0]
    step = {"type": "servicetitan_update_state", "input": {"customer_id": "{{customer_id}}", "state": "{{to_state"}}
    page = stand.post(f"/flows/{flow.id}/steps/0", configuration=orjson.dumps(step).decode(), tenant="socal")
    assert "Set a customer&#39;s state" in page
    assert "not ready: New state: &#39;{{to_state&#39; is no whole expression" in page
    assert "Reason is needed" in page
    assert "always asks socal" in page
    assert "step 1 is not ready: New state" in refused(stand, f"/flows/{flow.id}/switch", on="on")
    assert not flow.is_on
    stand.post("/contacts", name="Ada")
    stand.post(f"/flows/{flow.id}/steps/1", configuration="{}")
    page = stand.post(f"/flows/{flow.id}/run", contact=stand.studio.contacts.all()[0].id)
    assert "the step is not ready: New state" in page
    assert "The step after it was not run" in page
    assert "Not run yet" in stand.get("/tour")
    assert "Mine" not in stand.post(f"/flows/{flow.id}/delete")
    assert httpx.post(f"{stand.url}/flows/state-1/delete").status_code == 404


def refused(stand: Stand, path: str, **form: str) -> str:
    answer = httpx.post(stand.url + path, data=form)
    assert answer.status_code == 422
    return answer.text


@pytest.mark.parametrize("written", ["{", "[1]", ""], ids=["broken", "list", "empty"])
def test_a_step_that_is_no_object_is_refused_and_what_was_written_stays(stand: Stand, written: str) -> None:
    answer = httpx.post(f"{stand.url}/flows/state-1/steps/0", data={"configuration": written})
    assert answer.status_code == 422
    assert 'spellcheck="false"' in answer.text
    assert f">{written}</textarea>" in answer.text
    assert ("Choose an action" in answer.text) == (not written)
    assert stand.studio.canvas.all()[1].actions[0].type == "servicetitan_get_customer"


def test_the_nodes_calls_go_through_the_back_end_and_pages_of_other_origins_do_not(stand: Stand) -> None:
    asked = f"{stand.url}/servicetitan/api/servicetitan/actions?tenant=socal"
    assert len(httpx.get(asked).json()["actions"]) > 10
    refused = httpx.post(asked, headers={"origin": "https://example.com"}), httpx.get(asked, headers={"host": "evil"})
    assert [one.status_code for one in refused] == [403, 403]
    assert httpx.post(f"{stand.url}/clock", headers={"origin": "null"}).status_code == 403
    assert stand.studio.clock.days_ahead == 0


def test_what_comes_from_outside_is_text_on_every_page(stand: Stand) -> None:
    customer = {"name": HOSTILE, "email": f"a@b.example {HOSTILE}"}
    told = {"customer": customer, "tenant_name": HOSTILE, "to_state_name": HOSTILE, "from_state": HOSTILE}
    stand.answers["t1"] = {"may_send": False, "reasons": [HOSTILE], "data": None}
    stand.tell(transition_id="t1", **told)
    stand.tell(transition_id="t2", **told)
    stand.post("/contacts", name=HOSTILE, email=HOSTILE)
    assert "<img" not in refused(stand, "/contacts", name=HOSTILE, phone=HOSTILE)
    stand.post("/flows", name=HOSTILE)
    contact, flow = stand.studio.contacts.all()[0], stand.studio.canvas.all()[-1]
    step = {"type": HOSTILE, "tenant": HOSTILE, "input": {"name": HOSTILE}}
    stand.post(f"/flows/{flow.id}/steps/0", configuration=orjson.dumps(step).decode())
    stand.post(f"/flows/{flow.id}/run", contact=contact.id)
    stand.post("/flows/state-1/run", contact=contact.id)
    stand.post(f"/contacts/{contact.id}/link", tenant=HOSTILE, customer_id=HOSTILE)
    stand.post(f"/contacts/{contact.id}/find", tenant=HOSTILE)
    own = [f"/flows/{flow.id}", f"/flows/{flow.id}/steps/0", "/flows/state-1", f"/contacts/{contact.id}"]
    for path in (*PAGES, *own, "/mails/1", "/mails/2", "/?q=" + HOSTILE, "/mails?result=x&q=" + HOSTILE):
        page = stand.get(path)
        assert "<img" not in page, path
        assert '"onfocus' not in page, path
        assert page.count("</script>") == len(
            re.findall(r'<script type="module" src="/static/\w+\.js"></script>', page)
        )
        assert path == "/tour" or "{{7*7}}" in page, path


@pytest.mark.parametrize("path", ["/mails/9", "/flows/none", "/flows/none/steps/0", "/flows/state-1/steps/7"])
def test_what_is_not_there_is_not_found(stand: Stand, path: str) -> None:
    answer = httpx.get(stand.url + path)
    assert (answer.status_code, "Not there" in answer.text) == (404, True)


def test_an_expression_keeps_its_type_and_what_it_brings_is_never_read_again() -> None:
    known = {"customer_id": 7, "contact": {"name": "{{customer_id}}", "phone": None}}
    form = {"id": "{{ customer_id }}", "words": ["Hi {{contact.name}}", "{{7*7}}"], "limit": 5}
    assert filled(form, known) == {"id": 7, "words": ["Hi {{customer_id}}", "{{7*7}}"], "limit": 5}
    with pytest.raises(Unknown, match=r"there are customer_id, contact\.name"):
        filled("{{contact.phone}}", known)


def test_what_the_api_refuses_is_said_once_and_in_words() -> None:
    errors = {"input.reason": ["Field required"], "input.state": ["not a state"]}
    body = {"title": "The request is not valid", "detail": "see errors: input.reason, input.state", "errors": errors}
    assert Outcome(422, body).problem == "The request is not valid: reason is needed; state: not a state"
    assert Outcome(404, {"title": "Not found", "detail": "no such record"}).problem == "Not found: no such record"
