"""`<servicetitan-node>` in pages of others: README's, React's, small and dark ones; and with hostile texts."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.actions.conftest import SOCAL
from tests.console.node.conftest import HOSTILE, Embedded, configured
from tests.console.node.host import NODE

ENDS = "node.shadowRoot.querySelector('.popup:not([hidden])').getBoundingClientRect().bottom"
TOLD = {"label", "group", "description", "title", "name", "detail", "summary"}
LEAD = configured("create_lead", campaign_id=1, summary="x", call_reason_id=1)
# Answers as a hostile ServiceTitan, or a hostile way to it, could give them.
ANSWER = """([catalogue, told]) => {
  let tries = 0;
  const errors = { "input.summary": [told], [told]: [told] };
  const problem = { title: told, detail: told, code: told, errors, [told]: told };
  node.fetch = async (url, init) => {
    if (url.includes("/options/")) return Response.json({ items: [{ value: 1, label: told }], cursor: told });
    if (init.method !== "POST") return Response.json(catalogue);
    if (tries++ === 0) return Response.json(problem, { status: 422 });
    return Response.json({ [told]: told, summary: told, items: [{ name: told }] });
  };
  node.api = "/elsewhere";
}"""


def poisoned(part: Any, name: str = "") -> Any:
    """Every text that people read is hostile."""
    if isinstance(part, dict):
        return {key: poisoned(value, key) for key, value in part.items()}
    if isinstance(part, list):
        return [poisoned(value, name) for value in part]
    return HOSTILE if isinstance(part, str) and (name in TOLD or name == "x-enum-labels") else part


def assert_only_text(page: Page) -> None:
    inside = "(selector) => node.shadowRoot.querySelectorAll(selector).length"
    assert page.evaluate(inside, "img, script, iframe, svg, a, [onerror], [onfocus], [autofocus]") == 0
    assert page.evaluate("window.hit") is None


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def test_it_writes_no_html() -> None:
    written = r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|ContextualFragment|setHTML|srcdoc|\beval\b"
    assert not re.search(written + r"|Function\(|\.href|cssText|<style", NODE.read_text(encoding="utf-8"))


def test_hostile_texts_are_texts(embedded: Embedded) -> None:
    page = embedded.page
    embedded.put(value=LEAD)
    embedded.field("Action required").wait_for()
    hostile = poisoned(embedded.answer("/actions")) | {"tenants": ["socal", HOSTILE]}
    page.evaluate(ANSWER, [hostile, HOSTILE])
    campaign = page.locator("#field-campaign_id")
    expect(campaign).to_have_value(HOSTILE)
    expect(page.locator("label[for=field-campaign_id]")).to_contain_text(HOSTILE)
    expect(page.locator("#field-campaign_id-help, #field-call_reason_id-help").last).to_contain_text(HOSTILE)
    for name in ("/tenant", "/type", "campaign_id"):
        page.locator(f"[id='field-{name}']").focus()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option", name=HOSTILE).first).to_be_visible()
        page.keyboard.press("Escape")
    embedded.press("Try it")
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    embedded.press("Carry it out")
    expect(page.get_by_role("alert")).to_contain_text(f"{HOSTILE}: {HOSTILE}")
    expect(page.locator("#field-summary-error")).to_have_text(HOSTILE)
    expect(page.get_by_role("table", name="What is known")).to_contain_text(HOSTILE)
    assert_only_text(page)
    embedded.press("Try it")
    embedded.press("Carry it out")
    expect(page.get_by_role("table", name="Result")).to_contain_text(f"items[0].name{HOSTILE}")
    assert_only_text(page)


def test_what_servicetitan_holds_is_shown_as_it_is(embedded: Embedded) -> None:
    socal = embedded.stage.simulator.world.companies[SOCAL]
    customer = socal.add_customer(HOSTILE)
    embedded.put(value=configured("get_jobs", campaign_id="9"))
    embedded.fill_in("Campaign", "onfocus")
    assert embedded.last_change()["input"]["campaign_id"] == 9001
    embedded.put(value=configured("get_customer", customer_id=customer))
    embedded.press("Try it")
    expect(embedded.page.get_by_role("row", name="name").first).to_contain_text("<img src=x onerror=")
    assert_only_text(embedded.page)


@pytest.mark.parametrize(
    "embedded",
    [
        {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
        {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}},
    ],
    indirect=True,
    ids=["light", "dark-and-narrow"],
)
def test_everybody_can_read_and_use_it(embedded: Embedded, request: pytest.FixtureRequest) -> None:
    page = embedded.page
    embedded.put(value=configured("create_booking"))
    embedded.field("Action required").press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_text("More (").click()
    embedded.field("Business unit").evaluate("(field) => field.scrollIntoView({ block: 'end' })")
    embedded.field("Business unit").press("ArrowDown")
    page.get_by_role("option").first.wait_for()
    assert page.evaluate(ENDS) <= page.viewport_size["height"], "no line of an open list is cut"  # type: ignore[index]
    assert serious(page) == []
    page.keyboard.press("Escape")
    embedded.press("Try it")
    expect(page.get_by_text("have to be mended first")).to_be_visible()
    for name, text in {"Phone": "(213) 373-4260", "Customer's name": "Bo", "Summary": "Gutter"}.items():
        embedded.fill_in(name, text)
    embedded.press("Try it")
    assert serious(page) == []
    embedded.press("Carry it out")
    expect(page.get_by_role("table", name="Result")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    is_dark = page.evaluate("getComputedStyle(node).backgroundColor") == "rgb(26, 29, 33)"
    assert is_dark == ("dark" in request.node.name)


def test_in_react_it_is_a_controlled_input(embedded: Embedded) -> None:
    page = embedded.page
    page.goto(f"{embedded.stage.url}/react")
    customer = embedded.field("Customer required")
    customer.focus()
    page.keyboard.type(str(embedded.stage.ada))
    expect(customer).to_be_focused()
    expect(page.get_by_label("Saved")).to_contain_text(f'"input":{{"customer_id":{embedded.stage.ada}}}')
    embedded.press("Try it")
    expect(page.get_by_role("row", name="name").first).to_contain_text("Ada Moss")


def test_readmes_page_gets_what_is_chosen_and_hears_nothing_else(embedded: Embedded) -> None:
    page = embedded.page
    page.goto(f"{embedded.stage.url}/plain")
    page.evaluate("for (const type of ['input', 'keydown']) document.addEventListener(type, () => kept.push(type))")
    embedded.fill_in("Action", "get customer")
    embedded.fill_in("Customer", "1")
    assert page.evaluate("kept.at(-1)") == configured("get_customer", customer_id=1)
    assert not {"input", "keydown"} & set(map(str, page.evaluate("kept")))
