"""Whatever somebody outside writes is text, on every page."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import orjson
import pytest

from pipelines.alerts.alert import Alert
from pipelines.alerts.store import compare
from pipelines.operations import open_operations
from tests.console.browser.conftest import NARROW, WIDE, Visit
from tests.console.browser.office import Office
from tests.console.browser.past import ODD, VALLEY
from tests.console.browser.texts import KINDS, WHO, assert_only_text, hostile, kinds_on
from tests.console.visitor import Visitor

LEAD = {"tenant": "odd", "name": hostile("lead"), "summary": hostile("summary"), "phone": "213-373-4270"}
ADDRESS = {"street": hostile("street"), "city": "Pasadena", "state": "CA", "zip": "91101"}
RULES = "/console/tenants/odd/rules"
ASKED = quote(hostile("question"))
OF_A_LEAD = "lead summary street"
Pages = dict[str, tuple[str, str]]


@pytest.fixture
def written(office: Office) -> Iterator[Pages]:
    """What people write, besides what the office is opened with: each page's path, and whose texts it shows."""
    [(dead,)] = office.ask("select webhook_id from deliveries where customer_id = ? limit 1", office.mallory)
    lead, other = office.send_lead(**LEAD, address=ADDRESS), office.send_lead(**LEAD, address=ADDRESS)
    customer = f"/console/customers/odd/{office.mallory}"
    office.runs.end()
    with Visitor(office.url, WHO) as user:
        user.act("/console/tenants/odd/shadow", reason=hostile("decision"))
        user.act("/console/deliveries/cancel", id=dead, reason=hostile("decision"))
        user.act(f"/console/leads/{other}/decision", discard="true", reason=hostile("decision"))
        user.act(f"{customer}/state", state="6", reason=hostile("set"))
        chosen = {f"job_type_id:{office.world['odd'].kinds['sales'][0]}": "install"}
        preview = user.act(RULES, of="types", reason=hostile("decision"), **chosen).headers["location"]
    office.runs.failed = hostile("run")
    office.runs.end("FAILURE")
    now = office.world.now()
    with open_operations(office.settings.operations) as con:
        compare(con, {"sync": Alert(hostile("alert"), now, hostile("alert"), "run")}, now, now - now)
    yield {
        "overview": ("/console", "customer flow decision alert"),
        "customers": (f"/console/customers?q={ASKED}", "question"),
        "customers of odd": ("/console/customers?tenant=odd", "customer state"),
        "customer": (customer, "customer address state flow answer decision set"),
        "deliveries": (f"/console/deliveries?tenant=odd&reason={ASKED}&flow={ASKED}", "question"),
        "deliveries of odd": ("/console/deliveries?tenant=odd", "customer flow"),
        "batch": (f"/console/deliveries?batch={ASKED}", "question"),
        "message": (f"/console/deliveries?id={dead}", "customer address state flow type unit answer decision"),
        "no such day": (f"/console/deliveries?day={ASKED}", "question"),
        "no such tenant": (f"/console/deliveries?tenant={ASKED}", "question"),
        "rules": (f"{RULES}?q={ASKED}", "question"),
        "types": (f"{RULES}?of=types", "type rule"),
        "units": (f"{RULES}?of=units", "unit"),
        "reasons": (f"{RULES}?of=reasons", "reason"),
        "preview": (preview, "type rule decision run"),
        "rehearsal": ("/console/tenants/odd/rehearsal", "rehearsal"),
        "leads": ("/console/leads", f"{OF_A_LEAD} customer address state decision"),
        "lead": (f"/console/leads/{lead}", f"{OF_A_LEAD} customer address state"),
        "discarded": (f"/console/leads/{other}", f"{OF_A_LEAD} decision"),
        "report": ("/console/report?weeks=52&tenant=odd", "customer state flow"),
        "decisions": ("/console/decisions", "decision set"),
        "integrations": (f"/console/integrations?name={ASKED}", "question"),
    }
    office.runs.failed = None
    office.simulator.faults.clear()
    with open_operations(office.settings.operations) as con:
        compare(con, {}, now, now - now)
        compare(con, {}, now, now - now)


def test_all_that_comes_from_outside_is_text_on_every_page(
    office: Office, visit: Callable[..., Visit], written: Pages
) -> None:
    user = visit(WHO)
    expected, found = {}, {}

    def look(name: str, kinds: str) -> None:
        expected[name], found[name] = {"user", *kinds.split()}, kinds_on(user.page)
        assert_only_text(user.page)
        user.page.set_viewport_size(NARROW)
        user.assert_fits(name)
        user.page.set_viewport_size(WIDE)

    for name, (path, kinds) in written.items():
        user.go(path)
        look(name, kinds)
    problem, refusal = (orjson.dumps({name: hostile("error")}).decode() for name in ("title", "error"))
    office.simulator.faults.order("status", tenant=ODD.tenant_id, status=400, body=problem, times=-1)
    office.simulator.faults.order("status", "/connect/token", status=400, body=refusal, times=-1)
    user.go("/console/leads")
    look("an error of ServiceTitan's", f"{OF_A_LEAD} customer state decision error")
    client = office.simulator.tokens.clients[VALLEY.tenant_id]
    user.go("/console/integrations?name=odder")
    for tenant_id, shown in ((hostile("question"), "question"), (str(VALLEY.tenant_id), "question error")):
        fields = {"Tenant id": tenant_id, "Client id": client.client_id, "Client secret": "no such secret"}
        for label, typed in fields.items():
            user.page.get_by_label(label).fill(typed)
        user.page.get_by_label("Time zone").select_option("America/Denver")
        user.page.locator("form.fields").evaluate("form => { form.noValidate = true; }")
        user.page.locator("form.fields").get_by_label("Reason").fill(hostile("question"))
        user.page.get_by_role("button", name="Connect", exact=True).click()
        look(f"refused for {shown}", shown)
    assert found == expected
    assert set().union(*found.values()) == {"user", *KINDS}, "what no page shows proves nothing"
