"""The report: figures drawn from the page's own data, in tables, and by name."""

import json
import re

import pytest
from playwright.sync_api import Browser

from pipelines.settings import Settings
from tests.browser import chromium
from tests.console.visitor import PASSWORD, Visitor
from tests.report.conftest import Published, fill


@pytest.fixture
def published(settings: Settings) -> Published:
    return fill(Published(settings.analytics))


def test_it_says_how_far_customers_came_by_name_and_what_was_sold(ola: Visitor, published: Published) -> None:
    published.run("update marts.customer_servicetitan_state set customer_name = '<img src=x>' where current_state = 3")
    page = ola.page("/console/report", tenant="socal", weeks=4)
    assert "Entered 3 100% 100% 0 0 Sales Appointment Booked 3 100% 100% 0 1" in page.words
    assert "Flow 2.0 1 1 1 0 0 0 0 2 $1,500" in page.words
    assert "Sold $8,600" in page.words
    assert "<img src=x>" in page.words
    assert "/console/customers/socal/1" in page.links
    assert not any("dfw" in link or link.startswith("file:") for link in page.links)
    [block] = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page.html, re.DOTALL)
    drawn = {chart["name"]: chart for chart in json.loads(block)}
    assert list(drawn) == ["funnel", "over-time", "flow", "waiting", "mails", "money"]
    money = {one["name"]: one["values"] for one in drawn["money"]["series"]}
    assert money == {"Contact Record": [0, 0, 0, 7000], "Estimates Created": [0, 0, 1500.5, 99.5]}


@pytest.mark.usefixtures("published")
def test_it_is_of_those_tenants_that_one_may_see(url: str, ola: Visitor) -> None:
    assert "/console/customers/dfw/5" in ola.page("/console/report", weeks=4).links
    with Visitor(url, "sol") as sol:
        assert "/console/customers/dfw/5" not in sol.page("/console/report", weeks=4).links
        assert sol.get("/console/report", params={"tenant": "dfw"}).status_code == 404


def test_before_the_first_sync_it_says_so(ola: Visitor) -> None:
    assert "it is published by the first sync" in ola.page("/console/report").words
    assert ola.get("/console/report", params={"weeks": 0}).status_code == 404
    assert "weeks: expected digits only, found &#39;zz&#39;" in ola.get("/console/report", params={"weeks": "zz"}).text


@pytest.mark.usefixtures("published")
def test_every_chart_is_drawn_and_nothing_sticks_out_on_a_phone(url: str, browser: Browser) -> None:
    with browser.new_page(color_scheme="dark", viewport={"width": 390, "height": 900}) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{url}/console/sign-in?next=/console/report%3Fweeks%3D4")
        page.get_by_label("Name").fill("ola")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(".drawn")
        assert page.locator(".chart svg").count() == page.locator(".chart").count() == 6
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.get_by_role("table").count() == 1, "the others are folded"
        assert said == []


@pytest.fixture(scope="module")
def browser():  # type: ignore[no-untyped-def]
    with chromium() as browser:
        yield browser
