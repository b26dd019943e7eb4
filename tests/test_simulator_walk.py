"""The stand-in Flow Builder's pages in a real browser: at 390 px in the dark and at 1,440 px in the light."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World
from tests.studio import Stand, standing

LONG = 30_000  # milliseconds
expect.set_options(timeout=LONG)
NODE = """
customElements.define("servicetitan-node", class extends HTMLElement {
  async connectedCallback() {
    const answer = await this.fetch(`${this.getAttribute("api")}/api/servicetitan/actions?tenant=socal`);
    const choice = document.createElement("select");
    choice.setAttribute("aria-label", "Action");
    const { actions } = await answer.json();
    choice.append(new Option("Choose", ""), ...actions.map((one) => new Option(one.label, one.type)));
    choice.addEventListener("change", (event) => {
      event.stopPropagation();
      const input = { customer_id: "{{customer_id}}" };
      const detail = { type: choice.value, tenant: this.getAttribute("tenant"), input };
      this.dispatchEvent(new CustomEvent("change", { detail }));
    });
    this.replaceChildren(choice);
  }
});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def stand(simulator: ServiceTitan, tmp_path: Path) -> Iterator[Stand]:
    with standing(simulator, tmp_path, NODE) as stand:
        yield stand


def test_who_walks_the_pages_makes_a_flow_with_the_node_links_a_contact_and_hurries_the_clock(
    stand: Stand, world: World, browser: Browser
) -> None:
    ada = world["socal"].add_customer("Ada Moss", email="ada@mail.example.net")
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
    context.set_default_timeout(LONG)
    page, faults, hosts = context.new_page(), list[str](), set[str | None]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))

    page.goto(f"{stand.url}/tour")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    makes_and_links_a_contact(page, ada)
    makes_a_flow_with_the_node(page, ada)
    sees_mails_come(page, stand)
    for width, scheme in ((390, "dark"), (1440, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for path in ("/tour", "/", "/flows", "/flows/state-2", "/flows/state-2/steps/0", "/mails", "/contacts"):
            page.goto(stand.url + path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert faults == []
    assert hosts == {"127.0.0.1"}
    context.close()


def makes_and_links_a_contact(page: Page, customer: int) -> None:
    page.get_by_role("link", name="Contacts").click()
    page.get_by_label("New contact").fill("Ada")
    page.get_by_label("E-mail").fill("ada@mail.example.net")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Link to Ada Moss").press("Enter")
    expect(page.get_by_text(f"✓ socal {customer}")).to_be_visible()


def makes_a_flow_with_the_node(page: Page, customer: int) -> None:
    page.get_by_role("link", name="Flows").click()
    expect(page.get_by_role("heading", level=2)).to_have_count(9)
    page.get_by_label("New flow").fill("My flow")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Add a Service Titan step").click()
    page.get_by_label("Action").select_option("servicetitan_get_customer")
    page.get_by_role("button", name="Save the step").click()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("pre")).to_contain_text(f'"id": {customer}')


def sees_mails_come(page: Page, stand: Stand) -> None:
    stand.tell()
    page.get_by_role("link", name="Inbox").click()
    expect(page.get_by_text(re.compile("1 mailed"))).to_be_visible()
    stand.tell()
    expect(page.get_by_text(re.compile("2 mailed"))).to_be_visible()
    for _ in range(2):
        page.get_by_role("button", name="A day later").press("Enter")
    expect(page.get_by_text(re.compile("4 mailed"))).to_be_visible()
    expect(page.get_by_text("asked 2 d early").first).to_be_visible()


def test_a_node_that_does_not_come_is_said_and_the_step_can_still_be_written(
    simulator: ServiceTitan, tmp_path: Path, browser: Browser
) -> None:
    with standing(simulator, tmp_path) as stand:
        page = browser.new_page()
        page.goto(f"{stand.url}/flows/state-1/steps/0")
        expect(page.get_by_text("The node is not there")).to_be_visible()
        expect(page.get_by_label("Configuration")).to_be_visible()
        page.close()
