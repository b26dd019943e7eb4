"""The node in a page: one browser, one actions API and one simulator for all tests."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pipelines.server import app
from pipelines.settings import load_settings
from tests.actions.conftest import PREFIX, READ, SOCAL, WRITE, served
from tests.browser import chromium
from tests.console.node.host import Host
from tests.console.visitor import USERS
from tests.simulator.environment import environment
from tests.simulator.office_lists import choice
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

TOKEN, READER, BOUND = "simulator-token", "reader-token", "bound-token"
TOKENS = f"flow-builder:{TOKEN},reader:{READER}:ro,bound:{BOUND}:rw:socal"
PATIENCE = 30_000  # milliseconds
CONTROLS = "input, textarea"
HOSTILE = """<img src=x onerror="hit=1">{{7*7}}</script><script>hit=1</script>"onfocus="hit=1" autofocus="."""
PUT = """([properties, through]) => {
  const node = document.createElement("servicetitan-node");
  [window.node, window.changes, window.asked] = [node, [], []];
  node.addEventListener("change", (event) => changes.push(event.detail));
  const send = (url, init) => (asked.push([url, init.headers]), fetch(url, init));
  Object.assign(node, through ? { fetch: send } : {}, properties);
  document.querySelector("#place").replaceChildren(node);
}"""


def configured(action: str, **input: Any) -> dict[str, Any]:
    return {"type": f"servicetitan_{action}", "tenant": "socal", "input": input}


@dataclass
class Stage:
    """``url``: of the page; ``api``: of the actions API, which names the page's origin, and not that of the ``other``
    address of the same pages."""

    browser: Browser
    simulator: ServiceTitan
    url: str
    other: str
    api: str
    ada: int


@dataclass
class Embedded:
    """A page with a node, what it asked for, and what went wrong on it."""

    page: Page
    stage: Stage
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def put(self, through: bool = True, **properties: Any) -> None:
        """With ``through`` by the page's own back end."""
        self.page.evaluate(PUT, [{"api": "/servicetitan"} | properties, through])

    def field(self, name: str) -> Locator:
        return self.page.get_by_label(name, exact=True).and_(self.page.locator(CONTROLS))

    def fill_in(self, name: str, text: str) -> None:
        """By keyboard; where it is a list, its first choice."""
        field = self.page.get_by_label(name).and_(self.page.locator(CONTROLS)).first
        field.focus()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)
        if field.get_attribute("role") == "combobox" and "{{" not in text:
            self.page.get_by_role("option").first.wait_for()
            self.page.keyboard.press("ArrowDown")
            self.page.keyboard.press("Enter")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).focus()
        self.page.keyboard.press("Enter")

    def answer(self, path: str) -> Any:
        """Of the API, by the page's back end."""
        return self.page.request.get(f"{self.stage.url}/servicetitan{path}?tenant=socal").json()

    def last_change(self) -> Any:
        return self.page.evaluate("changes.at(-1)")


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    expect.set_options(timeout=PATIENCE)
    world, host, folder = World(), Host(TOKEN), tmp_path_factory.mktemp("node")
    ada = world.companies[SOCAL].add_customer("Ada Moss", phone="(213) 373-4253", email="ada.moss@mail.example.net")
    world.companies[SOCAL].insert("campaigns", choice(9001, HOSTILE))
    simulator = ServiceTitan(world)
    with pytest.MonkeyPatch.context() as variables, chromium() as browser:
        for name in os.environ:
            if name.startswith(("SERVICETITAN_", "FLOW_BUILDER_", "ACTIONS_", "DATA_DIR", "SECRETS_KEY")):
                variables.delenv(name)
        with run_server(simulator.app) as servicetitan, run_server(host.app) as url, run_server(host.app) as other:
            env = environment(simulator, servicetitan, folder / "data")
            env |= {"ACTIONS_TOKENS": TOKENS, "ACTIONS_ORIGINS": url, "ACTIONS_REQUESTS_PER_SECOND": "1000"}
            env |= {"CONSOLE_USERS": USERS}
            file = folder / ".env"
            file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
            with served(app(load_settings(file), world.now, read=READ, write=WRITE, pauses=(0.0, 0.05))) as api:
                host.start(api)
                yield Stage(browser, simulator, url, other, api + PREFIX, ada)


@pytest.fixture(scope="package")
def pages(stage: Stage) -> Iterator[Callable[..., Page]]:
    """One page of each kind, for all tests: to open one takes as long as most of them."""
    opened: dict[str, Page] = {}

    def page(**kind: Any) -> Page:
        key = str(kind)
        if key not in opened:
            opened[key] = stage.browser.new_page(**kind)
            opened[key].set_default_timeout(PATIENCE)
        return opened[key]

    yield page
    for one in opened.values():
        one.close()


@pytest.fixture
def embedded(stage: Stage, pages: Callable[..., Page], request: pytest.FixtureRequest) -> Iterator[Embedded]:
    """A page with an empty place; nothing may be said there, and nothing may be asked of another machine."""
    page = pages(**getattr(request, "param", {}))
    found = Embedded(page, stage)
    heard: dict[str, Callable[[Any], None]] = {
        "request": lambda one: found.requests.append(one.url),
        "console": lambda message: found.said.append(message.text),
        "pageerror": lambda error: found.said.append(str(error)),
    }
    for event, hear in heard.items():
        page.on(event, hear)  # type: ignore[call-overload]
    if page.url != f"{stage.url}/page":
        page.goto(f"{stage.url}/page")
    yield found
    for event, hear in heard.items():
        page.remove_listener(event, hear)
    stage.simulator.faults.clear()
    assert {url for url in found.requests if not url.startswith("http://127.0.0.1:")} == set()
    assert [words for words in found.said if not words.startswith("Failed to load resource")] == []
