"""The page as a browser shows it, from a file; and what it must not hold."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipelines.operations import open_operations, stamp
from pipelines.report.folder import note_last_syncs
from pipelines.report.write import MAX_PAGES, write_report
from pipelines.servicetitan.sync_status import KEEP
from tests.browser import chromium
from tests.report.conftest import NOW, SOCAL, Published

CSS = (Path(__file__).parents[2] / "pipelines" / "report" / "page.css").read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Visit:
    """What a page asked for, and what went wrong on it."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.goto(path.as_uri())

    def charts(self) -> int:
        """How many are drawn, where one can see them."""
        self.page.wait_for_function(
            "[...document.querySelectorAll('main:not([hidden]) .chart')].every(c => c.children[0])"
        )
        return self.page.locator("main:not([hidden]) .chart:has(.main-svg)").count()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_opens_from_a_file_without_a_word_or_a_request_elsewhere(
    browser: Browser, busy: Published, scheme: str, width: int
) -> None:
    path = write_report(busy.settings, NOW)
    with browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900}) as page:  # type: ignore[arg-type]
        visit = Visit(page, path)
        assert visit.charts() == 7
        assert visit.said == []
        assert {url.rsplit("/", 1)[0] for url in visit.requests} == {path.parent.as_uri()}
        assert page.evaluate("document.documentElement.scrollWidth") == width, "nothing sticks out"


def test_a_tenant_is_chosen_and_stands_in_the_address(browser: Browser, busy: Published) -> None:
    path = write_report(busy.settings, NOW)
    with browser.new_page() as page:
        visit = Visit(page, path)
        page.get_by_role("combobox", name="Tenant").select_option("dfw")
        assert visit.charts() == 4, "without transitions of the last 90 days, and without what was not sent"
        assert page.url.endswith("#1116148646")
        assert page.get_by_role("heading", name="How far customers ever came").filter(visible=True).count() == 1


def test_the_numbers_of_a_picture_can_be_read(browser: Browser, busy: Published) -> None:
    with browser.new_page() as page:
        Visit(page, write_report(busy.settings, NOW)).charts()
        card = page.locator("main:not([hidden]) .card.flow")
        card.get_by_text("In numbers").click()
        assert "Contact Record\tLead\t1" in card.locator("table").inner_text()


def test_where_nothing_happened_it_says_so(browser: Browser, published: Published) -> None:
    with browser.new_page() as page:
        visit = Visit(page, write_report(published.settings, NOW))
        assert visit.charts() == 0
        assert page.get_by_text("No transitions in the last 90 days.").count() == 2
        assert page.get_by_text("none yet: run servicetitan-flow check").count() == 1
        assert visit.said == []


def test_the_latest_page_knows_of_later_syncs_that_found_nothing_new(browser: Browser, busy: Published) -> None:
    path = write_report(busy.settings, NOW)
    with open_operations(busy.settings.operations) as con:
        con.execute(KEEP, [SOCAL, stamp(NOW + timedelta(minutes=5))])
    note_last_syncs(busy.settings)
    with browser.new_page() as page:
        Visit(page, path).charts()
        assert page.get_by_role("cell", name="2026-11-22 15:11 UTC").count() == 1


def test_nobodys_name_stands_in_it(busy: Published) -> None:
    assert "Ada" not in write_report(busy.settings, NOW).read_text()


def test_only_the_newest_pages_are_kept(published: Published) -> None:
    folder = write_report(published.settings, NOW).parent
    for second in range(MAX_PAGES + 1):
        (folder / f"report-2026-11-22T15-06-{second:02}Z.html").touch()
    write_report(published.settings, NOW + timedelta(hours=1))
    pages = sorted(path.name for path in folder.glob("report-*.html"))
    assert (len(pages), pages[0]) == (MAX_PAGES, "report-2026-11-22T15-06-02Z.html")
    assert pages[-1] == "report-2026-11-22T16-06-00Z.html"
    assert not list(folder.glob(".*"))


def test_a_library_of_an_older_release_stays_as_long_as_a_page_needs_it(published: Published) -> None:
    folder = write_report(published.settings, NOW).parent
    for old in ("plotly-0.9.min.js", "plotly-0.8.min.js"):
        (folder / old).touch()
    (folder / "report-2026-11-21T00-00-00Z.html").write_text("<script src='plotly-0.9.min.js'>")
    write_report(published.settings, NOW)
    assert [path.name for path in folder.glob("plotly-0*")] == ["plotly-0.9.min.js"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_from_what_they_stand_on(scheme: str) -> None:
    """WCAG 2.2: 4.5 to 1 for text, 3 to 1 for what must be seen of a picture."""
    light, dark = CSS.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", light if scheme == "light" else dark))
    for text in ("--ink", "--soft", "--accent"):
        assert contrast(colours[text], colours["--card"]) >= 4.5, text
    for mark in [name for name in colours if re.match("--(state|age|delivered|waiting|held|dead|canceled|not)", name)]:
        assert contrast(colours[mark], colours["--card"]) >= 3, mark
    for under_text in [name for name in colours if re.match("--(state|not)", name)]:
        assert contrast(colours[under_text], colours["--on-mark"]) >= 4.5, under_text


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
