"""What a person at the console decides, click by click; once by keyboard alone."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pipelines.operations import open_operations, transaction
from pipelines.rehearsal.result import Moved, Rehearsal
from pipelines.rehearsal.store import keep
from pipelines.rules.files import read_file, read_rules
from pipelines.rules.in_force import version_of
from tests.console.browser.conftest import NARROW, Visit
from tests.console.browser.office import Office
from tests.console.browser.pages import pages
from tests.console.browser.past import PHONE, VALLEY
from tests.console.visitor import PASSWORD, Page, Visitor

Open = Callable[..., Visit]
SOCAL = 410387862


@pytest.fixture(autouse=True)
def as_before(office: Office) -> Any:
    """The next test finds the messages and switches as this one did."""
    kept = office.ask("select status, reason, webhook_id from deliveries")
    yield
    with open_operations(office.settings.operations) as con, transaction(con):
        con.executemany("update deliveries set status = ?, reason = ? where webhook_id = ?", kept)


def test_one_comes_in_by_form_and_goes_out_by_click(visit: Open) -> None:
    nobody = visit(path="/console/deliveries?status=held")
    nobody.sign_in("olivia", "something else")
    expect(nobody.page.get_by_role("alert")).to_contain_text("no user of this name has this password")
    nobody.sign_in("olivia")
    expect(nobody.page).to_have_url(f"{nobody.office.url}/console/deliveries?status=held")
    nobody.press("Sign out")
    expect(nobody.page.get_by_role("heading", name="Sign in")).to_be_visible()
    nobody.page.go_back()
    expect(nobody.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_held_batch_is_released_by_keyboard_alone_on_a_small_screen(office: Office, visit: Open) -> None:
    held = [row[0] for row in office.ask("select webhook_id from deliveries where status = 'held'")]
    olivia = visit(path="/console", viewport=NARROW, color_scheme="dark")
    for field, typed in (("Name", "olivia"), ("Password", PASSWORD)):
        olivia.page.get_by_label(field).focus()
        olivia.page.keyboard.type(typed)
    press = olivia.page.keyboard.press
    press("Enter")
    expect(olivia.page.get_by_role("heading", name="Overview")).to_be_visible()
    olivia.tab_to("link", "Look, and release or cancel")
    press("Enter")
    olivia.assert_says(f"{len(held)} messages.")
    olivia.tab_to("link", "with others")
    press("Enter")
    olivia.assert_says("above 8 (FLOW_BUILDER_HOLD_ABOVE)", f"Release {len(held)} messages")
    olivia.tab_to("textbox", "Reason")
    press("Enter")
    expect(olivia.page.get_by_role("heading", name="Held together")).to_be_visible()
    olivia.page.keyboard.type("they all came to the fair")
    olivia.tab_to("button", "Release")
    press("Enter")
    expect(olivia.page.get_by_role("heading", name=f"Release {len(held)} messages?")).to_be_visible()
    olivia.assert_usable("the question")
    assert office.ask("select count(*) from deliveries where status = 'held'") == [(len(held),)]
    olivia.tab_to("button", f"Yes, release {len(held)} messages")
    press("Enter")
    olivia.assert_says(f"Released: {len(held)} messages.")
    assert office.ask("select count(*) from deliveries where status = 'held'") == [(0,)]
    olivia.assert_decided("olivia", "released", "they all came to the fair")
    office.deliver()
    assert set(held) <= set(office.flow_builder.received)


def test_a_dead_message_is_sent_once_more(office: Office, visit: Open) -> None:
    [(dead,)] = office.ask(
        "select webhook_id from deliveries where customer_id = ? and status = 'dead'", office.refused
    )
    olivia = visit("olivia")
    olivia.page.get_by_role("link", name="See Flow Builder's answer, and replay or cancel").click()
    olivia.page.get_by_role("region", name="Messages").get_by_role("link").first.click()
    olivia.assert_says("this contact belongs to another workspace")
    olivia.page.get_by_label("Reason").fill("the contact was moved")
    olivia.press("Send again")
    olivia.assert_says("1 message.", "the contact was moved")
    olivia.assert_decided("olivia", "replayed", "the contact was moved")
    answer = office.flow_builder.answers.pop(office.refused)
    before = office.flow_builder.received.count(dead)
    office.deliver()
    office.flow_builder.answers[office.refused] = answer
    assert office.flow_builder.received.count(dead) == before + 1
    olivia.go(f"/console/deliveries?id={dead}")
    olivia.assert_says("sent", "200")


def test_a_lead_is_given_to_one_of_those_whose_it_may_be(office: Office, visit: Open) -> None:
    lead = office.send_lead(tenant="socal", name="R. Maple", **PHONE)
    olivia = visit("olivia")
    olivia.go(f"/console/leads/{lead}")
    ruth, owen = office.twins
    beside = olivia.page.get_by_role("table")
    for text in (f"Customer {ruth}", f"Customer {owen}", "Ruth Maple", "Owen Maple", "R. Maple"):
        expect(beside).to_contain_text(text)
    olivia.page.get_by_label("Reason").first.fill("she called back")
    beside.get_by_role("button", name="It is this one").first.click()
    olivia.assert_says("within seconds this page shows what came of it")
    waits(olivia, lead, "done")
    olivia.assert_says(f"{ruth}", "by olivia: she called back")
    assert [one.get("customerId") for one in office.world["socal"].records("leads")].count(ruth) == 1
    olivia.assert_decided("olivia", f"lead {lead}", "she called back")


def waits(visit: Visit, lead: str, status: str) -> None:
    """Until the lead is so."""
    heading = visit.page.get_by_role("heading", level=1)
    for _ in range(100):
        visit.go(f"/console/leads/{lead}")
        if status in heading.inner_text():
            return
        visit.page.wait_for_timeout(50)
    raise AssertionError(heading.inner_text())


def test_a_kind_is_set_once_a_rehearsal_has_counted_what_it_does(office: Office, visit: Open) -> None:
    office.runs.end()
    olivia = visit("olivia", "/console/integrations")
    olivia.page.get_by_role("link", name="Job types and rules").first.click()
    name = olivia.page.get_by_role("rowheader").first.inner_text().rpartition(" ")[0]
    olivia.page.get_by_label("Name has").fill(name)
    olivia.press("Show")
    olivia.page.get_by_label(f"What {name} is").select_option("other")
    olivia.page.get_by_label("Reason").last.fill("they look at all windows")
    olivia.press("Count what it would do")
    olivia.assert_says("Nothing is changed yet", "A rehearsal counts", f"{name}")
    olivia.assert_usable("a preview that is counted")
    counted(office, customers=12)
    olivia.page.get_by_role("link", name="Look again").click()
    olivia.assert_says("12 customers would change state. Nobody is mailed about it")
    olivia.assert_usable("a preview")
    file = office.settings.rules / "job_kind_rules.csv"
    before = rows(file)
    olivia.press("Set it")
    olivia.assert_says("1 rule set: a sync that takes it in is under way")
    [type_id] = [one["id"] for one in office.world["socal"].records("job_types") if one["name"] == name]
    assert rows(file) == [*before, [str(SOCAL), "job_type_id", str(type_id), "other", "5", *before[0][5:]]]
    assert office.runs.waiting()[-1] == ["socal"]
    olivia.assert_decided("olivia", "rules set", name, "they look at all windows")


def rows(file: Path) -> list[list[str]]:
    with file.open(newline="") as opened:
        return [*csv.reader(opened)][1:]


def counted(office: Office, customers: int) -> None:
    """As the job would leave it."""
    [*_, config] = office.runs.rehearsals()
    path, now = Path(config["rules"]), office.world.now()
    own = [row for row in read_rules(office.settings.rules) if row.seed.file_name != path.name] + read_file(path)
    found = Rehearsal(SOCAL, now, now, path.name, [], [Moved(2.0, 4.0, customers)], version_of(own))
    keep(office.settings.operations, found, now)
    office.runs.end()


@pytest.mark.parametrize(("name", "paused"), [("otto", "all tenants"), ("olivia", "dfw")])
def test_everything_is_paused_and_goes_on(office: Office, visit: Open, name: str, paused: str) -> None:
    """Of somebody who is bound to tenants: theirs."""
    one = visit(name)
    for button, does, said in (
        ("Pause everything", "paused", "is paused: everything waits, and nothing leaves"),
        ("Resume all", "resumed", "goes on, once a sync"),
    ):
        form = one.page.locator("form", has=one.page.get_by_role("button", name=button))
        before = office.ask("select count(*) from decisions")
        one.press(button)
        assert office.ask("select count(*) from decisions") == before, "it asks for a reason"
        form.get_by_label("Reason").fill(f"{button}, as a customer complains")
        one.press(button)
        one.assert_says(said)
        trouble = f"{'all tenants' if name == 'otto' else 'socal'}: paused, and nothing leaves"
        expect(one.page.get_by_text(trouble)).to_have_count(int(does == "paused"))
        one.assert_decided(name, does, paused, f"{button}, as a customer complains")
        one.go("/console")


def test_a_tenant_is_connected_by_the_card_and_disconnected(office: Office, visit: Open) -> None:
    client = office.simulator.tokens.clients[VALLEY.tenant_id]
    otto = visit("otto", "/console/integrations")
    page = otto.page
    expect(page.get_by_role("heading", name="Service Titan")).to_be_visible()
    page.get_by_label("What it is to be called here").fill("valley")
    otto.press("Go on")
    for secret in ("wrong", client.secrets[0]):
        fields = {"Tenant id": str(VALLEY.tenant_id), "Client id": client.client_id, "Client secret": secret}
        for label, value in fields.items():
            page.get_by_label(label).fill(value)
        page.get_by_label("Time zone").select_option("America/Denver")
        page.locator("form.fields").get_by_label("Reason").fill("a new customer")
        page.get_by_role("button", name="Connect", exact=True).click()
        if secret == "wrong":
            expect(page.get_by_role("alert")).to_contain_text("nothing was stored")
            expect(page.get_by_label("Client secret")).to_have_value("")
            otto.assert_usable("a refusal")
    otto.assert_says("valley is connected")
    card = page.get_by_role("region", name="valley")
    expect(card).to_contain_text("Connected")
    otto.assert_decided("otto", "connected", "valley", "a new customer")
    otto.go("/console/integrations")
    card.get_by_text("Disconnect", exact=True).click()
    card.get_by_label("Reason").fill("they left")
    card.get_by_role("button", name="Disconnect valley").click()
    otto.assert_says("valley is disconnected")
    expect(card).to_have_count(0)
    otto.assert_decided("otto", "disconnected", "they left")


def test_who_only_sees_is_offered_nothing_to_decide(office: Office) -> None:
    with Visitor(office.url, "victor") as victor:
        for name, path in pages(office).items():
            posts = [to for to, fields in Page(victor.get(path).text).forms if "csrf_token" in fields]
            assert {*posts} <= {"/console/sign-out"}, name
