"""The console in a real browser: one office, served once, one Chromium, and a page for each user and screen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser import chromium
from tests.console.browser.office import Office, open_office
from tests.console.visitor import PASSWORD

PATIENCE = 30_000  # milliseconds
WIDE: ViewportSize = {"width": 1440, "height": 640}
NARROW: ViewportSize = {"width": 390, "height": 844}
MOST_TABS = 150
Role = Literal["button", "link", "textbox"]
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"


@dataclass
class Visit:
    """Somebody's window, what it asked for, and what went wrong in it."""

    page: Page
    office: Office
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.office.url + path)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def assert_usable(self, where: str) -> None:
        """All that is folded is opened: everybody can read and use it, and nothing sticks out."""
        self.page.evaluate(OPEN_ALL)
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        wrong = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert wrong == [], where
        self.assert_fits(where)

    def assert_fits(self, where: str) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def assert_says(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.get_by_role("main")).to_contain_text(text)

    def assert_decided(self, *texts: str) -> None:
        """What the newest decision says."""
        self.go("/console/decisions")
        for text in texts:
            expect(self.page.get_by_role("row").nth(1)).to_contain_text(text)

    def tab_to(self, role: Role, name: str) -> None:
        """By keyboard alone, to where the focus can be seen."""
        wanted = self.page.get_by_role(role, name=name).first
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("(wanted) => wanted === document.activeElement"):
                assert wanted.evaluate("(wanted) => getComputedStyle(wanted).outlineStyle") != "none"
                return
        raise AssertionError(f"Tab does not lead to the {role} {name}")


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office"), parsed_project) as office:
        yield office


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer: while it is open, nothing else may run a loop in this thread."""
    expect.set_options(timeout=PATIENCE)
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(office: Office, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """``visit("olivia", path)``: her window, signed in; without a name nobody is. In none may an error be said, or
    another machine be asked."""
    made: list[Visit] = []

    def opened(name: str = "", path: str = "/console", **kind: Any) -> Visit:
        page = browser.new_page(**{"viewport": WIDE, "color_scheme": "light"} | kind)
        page.set_default_timeout(PATIENCE)
        one = Visit(page, office)
        made.append(one)
        page.on("request", lambda asked: one.requests.append(asked.url))
        page.on("console", lambda message: one.said.append(message.text))
        page.on("pageerror", lambda error: one.said.append(str(error)))
        page.on("dialog", lambda dialog: one.said.append(dialog.message))
        one.go(path)
        if name:
            one.sign_in(name)
        return one

    yield opened
    for one in made:
        one.page.close()
        assert [url for url in one.requests if not url.startswith((office.url, "data:"))] == []
        assert [words for words in one.said if not words.startswith("Failed to load resource")] == []
