"""What a browser shows of pages whose forms are easily missed: within reach at a desk and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from pipelines.settings import Settings
from tests.actions.conftest import ada
from tests.browser import chromium
from tests.console.office import behaviour, publish, reason
from tests.console.test_leads import send, twin
from tests.console.visitor import PASSWORD

__all__ = ["ada", "twin"]
NAMES = ("Roofing - Estimate, Shingle and Flat, Residential", "Install", "Service Call - Plumbing")
PATTERN = r"\b(?:estimate|est\.?|quote|consult(?:ation)?|sales?[ -]?(?:call|visit|appt|lead)|proposal|bid)\b"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def signed_in(page: Page, url: str, path: str) -> None:
    page.goto(f"{url}/console/sign-in?next={path}")
    page.get_by_label("Name").fill("ola")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}{path}")


def test_a_rule_is_set_without_scrolling_sideways(url: str, browser: Browser, settings: Settings) -> None:
    types = [behaviour(one, name, "sales", "install", pattern=PATTERN) for one, name in enumerate(NAMES, 7)]
    publish(settings.analytics, types, [reason(5, "Moved", True, 30, 25)])
    with browser.new_page() as page:
        signed_in(page, url, "/console/tenants/socal/rules")
        table = page.get_by_role("region", name="Rules")
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert table.evaluate("it => it.scrollWidth <= it.clientWidth")
            box = page.get_by_label(f"What {NAMES[0]} is").bounding_box()
            assert box
            assert box["x"] + box["width"] <= width
            assert table.get_by_text("by its name (shipped)").first.is_visible()
            assert not table.get_by_text(PATTERN).first.is_visible()


def test_what_is_hidden_is_not_seen(url: str, browser: Browser, twin: int) -> None:
    lead_id = send(url)
    with browser.new_page() as page:
        signed_in(page, url, f"/console/leads/{lead_id}")
        assert page.locator("button[hidden]").count() == 1
        assert not page.locator("button[hidden]").is_visible()
    assert twin
