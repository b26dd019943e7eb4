"""What a buyer checks by hand, and the tour of `make demo`, walked in a real browser through the product itself.

``PICTURES=folder`` keeps the screenshots, for the README.
"""

import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.fernet import Fernet
from playwright.sync_api import Locator, Page, expect

from pipelines.analytics.publish import publish
from pipelines.derivation.derive import derive
from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.enqueue import enqueue
from pipelines.servicetitan.sync import load
from pipelines.servicetitan.sync_status import keep_complete, keep_readings, readings
from pipelines.settings import Settings, load_settings
from pipelines.warehouse import open_warehouse
from tests.actions.test_sync import Queue, dagster
from tests.browser import chromium
from tests.console.visitor import PASSWORD, USERS
from tests.simulator.__main__ import DENVER
from tests.simulator.clock import OffsetClock
from tests.simulator.environment import environment
from tests.simulator.office.trades import OFFICES
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World
from tests.studio import Stand, standing

LONG = 30_000  # milliseconds
NAME, EMAIL = "Tina Test", "tina@mail.example.net"
HOSTILE = """<img src=x onerror="hit=1">{{7*7}}</script><script>hit=1</script>"onfocus="hit=1" autofocus="."""
PAGES = ("/tour", "/", "/flows", "/flows/state-2", "/flows/state-2/steps/0", "/mails", "/contacts")
PICTURES = os.environ.get("PICTURES")
CLOCK = OffsetClock()


@pytest.fixture
def world() -> World:
    """Of today, with a company that is not connected."""
    return World([*OFFICES, DENVER], OffsetClock())


@dataclass
class Walk:
    """One person's browser, and what went wrong in it."""

    page: Page
    stand: Stand
    settings: Settings
    faults: list[str] = field(default_factory=list)
    hosts: set[str | None] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))

    def go(self, path: str) -> None:
        self.page.goto(self.stand.url + path)

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def fill(self, **fields: str) -> None:
        """By their names; `_` stands for a blank."""
        for name, text in fields.items():
            self.page.get_by_label(name.replace("_", " ")).first.fill(text)

    def sees(self, *words: str) -> None:
        for one in words:
            expect(self.page.get_by_text(one).first).to_be_visible()

    def sync(self) -> None:
        """As Dagster's runs do it; in a thread, for the browser's loop runs in this one."""
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(self._sync).result()

    def _sync(self) -> None:
        read = load(self.settings, clock=CLOCK)
        keep_complete(self.settings.operations, read.streams)
        keep_readings(self.settings.operations, read.began_at, read.streams)
        derive(self.settings.warehouse, CLOCK(), work_dir=self.settings.data_dir / "dbt", tests=False)
        with open_warehouse(self.settings.warehouse) as con:
            enqueue(con, self.settings, CLOCK(), readings=readings(self.settings.operations))
        publish(self.settings.warehouse, self.settings.analytics, str(CLOCK()))
        deliver(self.settings, CLOCK)
        self.stand.studio.collect()

    def picture(self, name: str) -> None:
        for width, height in ((1280, 640), (390, 640)) if PICTURES else ():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.screenshot(path=Path(str(PICTURES)) / f"{name}_{width}.png")
        self.page.set_viewport_size({"width": 1440, "height": 900})


@pytest.fixture
def walk(
    simulator: ServiceTitan, tmp_path: Path, parsed_project: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Walk]:
    for name in os.environ:
        if name.startswith(("SERVICETITAN_", "FLOW_BUILDER_", "ACTIONS_", "CONSOLE_", "DATA_DIR", "SECRETS_KEY")):
            monkeypatch.delenv(name)
    shutil.copytree(parsed_project, tmp_path / "data" / "dbt")
    product = {"CONSOLE_USERS": USERS, "SECRETS_KEY": Fernet.generate_key().decode()}
    expect.set_options(timeout=LONG)
    with (
        dagster(Queue()) as runs,
        standing(simulator, tmp_path, DENVER.name, DAGSTER_URL=runs, **product) as stand,
        chromium() as browser,
    ):
        trigger = f"{stand.url}/trigger"
        variables = environment(simulator, simulator.url, tmp_path / "data", trigger, without=DENVER.name) | product
        file = tmp_path / "sync.env"
        file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(LONG)
        yield Walk(context.new_page(), stand, load_settings(file))


def test_a_buyer_walks_from_the_card_to_the_mail(walk: Walk, simulator: ServiceTitan) -> None:
    tina = simulator.world["socal"].add_customer(NAME, email=EMAIL)
    walk.sync()  # the baseline
    walk.go("/tour")
    walk.picture("tour")
    connects_denver(walk, simulator)
    makes_and_links_a_contact(walk, tina)
    makes_a_flow_with_the_node_and_runs_it(walk, tina)
    switches_on_a_flow_that_a_state_starts(walk)
    sets_the_state_and_sees_it_logged(walk, tina)
    hurries_the_clock(walk)
    walk.go("/tour")
    walk.sees("✓ 2 mailed, 0 held back", "✓ 2 run; the last", f"✓ {NAME} is socal {tina}")
    pages_and_searches_what_came(walk)
    everybody_can_read_every_page(walk)
    without_the_node_the_step_can_still_be_written(walk)
    assert walk.faults == []
    assert walk.hosts == {"127.0.0.1"}


def connects_denver(walk: Walk, simulator: ServiceTitan) -> None:
    """Settings, Integrations, the card, Connect, Connected."""
    walk.follow("Settings")
    walk.fill(Name="ola", Password=PASSWORD)
    walk.press("Sign in")
    walk.sees("Service Titan", "CRM")
    client = simulator.tokens.clients[DENVER.tenant_id]
    walk.fill(What_it_is_to_be_called_here="denver")
    walk.press("Go on")
    secret = client.secrets[0]
    walk.page.get_by_label("Time zone").select_option("America/Denver")
    walk.fill(Tenant_id=str(DENVER.tenant_id), Client_id=client.client_id, Client_secret=secret, Reason="a new one")
    walk.press("Connect")
    walk.sees("denver is connected")
    expect(walk.page.get_by_role("region", name="denver").get_by_text("Connected")).to_be_visible()


def makes_and_links_a_contact(walk: Walk, customer: int) -> None:
    walk.go("/contacts")
    walk.fill(New_contact=NAME)
    walk.fill(**{"E-mail": EMAIL})
    walk.press("Make it")
    expect(walk.page.get_by_label("Who has this address")).to_contain_text("denver")
    walk.press("Find")
    walk.page.get_by_role("button", name=f"Link to {NAME}").press("Enter")
    walk.sees(f"✓ socal {customer}", "with the next sync")


def makes_a_flow_with_the_node_and_runs_it(walk: Walk, customer: int) -> None:
    walk.follow("Flows")
    expect(walk.page.get_by_role("heading", level=2)).to_have_count(9)
    walk.fill(New_flow="My flow")
    walk.page.keyboard.press("Enter")
    walk.follow("Add a Service Titan step")
    node = walk.page.locator("servicetitan-node")
    node.get_by_role("combobox", name="Action").wait_for()
    walk.press("Save the step")
    expect(node.get_by_text("choose an action")).to_be_visible()
    chosen_in(node, "Action", "get a cust")
    node.get_by_role("textbox", name="Customer").fill("{{customer_id}}")
    node.get_by_role("textbox", name="in the trial").fill(str(customer))
    node.get_by_role("button", name="Try it").press("Enter")
    expect(node.get_by_role("row", name="name").first).to_contain_text(NAME)
    walk.sees("The step always asks the tenant that is chosen")
    walk.picture("node")
    walk.press("Save the step")
    walk.press("Run")
    expect(walk.page.locator("pre").first).to_contain_text(f'"id": {customer}')
    expect(walk.page.locator("pre").first).to_contain_text(f'"name": "{NAME}"')
    walk.picture("flow")


def switches_on_a_flow_that_a_state_starts(walk: Walk) -> None:
    walk.follow("Flows")
    walk.fill(New_flow="On lead")
    walk.page.get_by_label("starts when").select_option("1.0")
    walk.press("Make it")
    walk.press("Switch it on")
    walk.sees("It stays off: it has no step yet")
    assert "422" in walk.faults.pop()
    walk.follow("Add a Service Titan step")
    node = walk.page.locator("servicetitan-node")
    expect(node.get_by_role("combobox", name="Tenant")).to_have_value("{{tenant}}")
    node.get_by_role("combobox", name="Action").fill("enters a state")
    expect(node.get_by_text("There is nothing like")).to_be_visible()
    node.get_by_role("combobox", name="Action").fill("")
    chosen_in(node, "Action", "get a cust")
    walk.press("Save the step")
    expect(node.get_by_role("textbox", name="Customer")).to_have_accessible_description(re.compile("is needed"))
    node.get_by_role("textbox", name="Customer").fill("{{customer_id}}")
    walk.press("Save the step")
    walk.press("Switch it on")
    expect(walk.page.get_by_role("button", name="Switch it off")).to_be_visible()
    walk.page.get_by_text("Delete flow").click()
    walk.press("Delete it")
    expect(walk.page.get_by_role("link", name="On lead")).to_have_count(0)


def chosen_in(node: Locator, name: str, text: str) -> None:
    node.get_by_role("combobox", name=name).press_sequentially(text)
    node.get_by_role("option").first.wait_for()
    node.page.keyboard.press("ArrowDown")
    node.page.keyboard.press("Enter")


def sets_the_state_and_sees_it_logged(walk: Walk, customer: int) -> None:
    walk.follow("Contacts")
    walk.follow(NAME)
    walk.press("Set it")
    walk.sees("state set to 1 Lead", "a sync was asked for", "set, and waits for the next sync")
    walk.sync()
    logged = walk.page.get_by_role("region", name="What is logged")
    expect(logged).to_contain_text("the link has taken effect")
    expect(logged.get_by_role("listitem")).to_contain_text(re.compile("0 → 1 Lead.*state_set.*came .*Email Followup"))
    walk.page.get_by_role("link", name="console").click()
    walk.sees(NAME, "Email Followup", "State set by hand")
    walk.go(f"/?q={customer}")
    walk.sees("1 received; 1 found", "Email Followup", "✓ verified")
    walk.follow("Inbox")
    walk.sees("1 mailed, 0 held back", "Still thinking about it? We are here")


def hurries_the_clock(walk: Walk) -> None:
    for day in (1, 2):
        walk.press("A day later")
        walk.sees(f"{day} d ahead")
    walk.sees("2 mailed", "asked 2 d early")
    walk.go("/flows/state-2")
    walk.press("Run")
    walk.stand.studio.collect()
    walk.follow("Inbox")
    walk.sees("3 mailed", "not asked: a test tells of nothing")
    walk.picture("inbox")


def pages_and_searches_what_came(walk: Walk) -> None:
    """At 390 px, and among hostile texts."""
    walk.page.set_viewport_size({"width": 390, "height": 800})
    for number in range(24):
        walk.stand.tell(customer={"name": f"Ada no-{number}", "email": None})
    walk.stand.tell(customer={"name": HOSTILE, "email": EMAIL}, flow_name=HOSTILE, to_state_name=HOSTILE)
    walk.go("/contacts")
    walk.fill(New_contact=HOSTILE)
    walk.press("Make it")
    walk.go("/flows")
    walk.fill(New_flow=HOSTILE)
    walk.press("Make it")
    walk.go("/")
    walk.sees("26 received", "page 1 of 2")
    expect(walk.page.locator(".rows b").first).to_have_text(HOSTILE)
    walk.follow("older")
    walk.sees("page 2 of 2", NAME)
    walk.page.get_by_role("searchbox").fill("ada no-17")
    walk.press("Search")
    walk.sees("1 found", "Ada no-17")


def everybody_can_read_every_page(walk: Walk) -> None:
    walk.page.emulate_media(color_scheme="dark")
    for path in PAGES:
        walk.go(path)
        assert walk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert walk.page.evaluate("window.hit") is None, path
        assert serious(walk.page) == [], path
    walk.page.set_viewport_size({"width": 1440, "height": 900})
    walk.page.emulate_media(color_scheme="light")
    for path in PAGES:
        walk.go(path)
        assert walk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert serious(walk.page) == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def without_the_node_the_step_can_still_be_written(walk: Walk) -> None:
    walk.page.route("**/servicetitan-node.js", lambda route: route.abort())
    walk.go("/flows/state-1/steps/0")
    walk.sees("The node is not there")
    expect(walk.page.get_by_label("Configuration")).to_be_visible()
    assert "ERR_FAILED" in walk.faults.pop()
