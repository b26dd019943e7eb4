"""dbt's documentation, shown to whoever is signed in."""

import pytest
from playwright.sync_api import Browser

from pipelines.derivation.docs import docs_page, make_docs
from pipelines.settings import Settings
from tests.browser import chromium
from tests.console.conftest import Open
from tests.console.visitor import PASSWORD, Visitor
from tests.states.warehouse import Warehouse

MODEL = "#!/model/model.servicetitan_flow.customer_state_transitions"


@pytest.fixture(scope="module")
def browser():  # type: ignore[no-untyped-def]
    with chromium() as browser:
        yield browser


def test_before_it_is_made_the_page_says_how_to_get_it(open_console: Open) -> None:
    url = open_console()
    with Visitor(url) as nobody:
        assert nobody.get("/console/docs/").status_code == 303
    with Visitor(url, "sol") as bound_to_a_tenant:
        page = bound_to_a_tenant.page("/console/docs/")
        assert "start docs in Dagster" in page.words
        assert "/console/sign-out" in page.actions()


def test_it_is_drawn_in_a_sandbox_and_asks_nobody(open_console: Open, settings: Settings, browser: Browser) -> None:
    work_dir = settings.data_dir / "dbt"
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    warehouse = Warehouse(settings.warehouse, work_dir)
    assert make_docs(warehouse.path, work_dir, docs_page(settings.data_dir)) > 100_000
    url = open_console()
    with browser.new_page() as page:
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{url}/console/sign-in?next=/console/docs/")
        page.get_by_label("Name").fill("vic")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("servicetitan_flow").first.wait_for(state="attached")
        assert page.evaluate("window.origin") == "null"
        page.goto(f"{url}/console/docs/{MODEL}")
        page.get_by_text("The log of every change of state").first.wait_for()
        page.get_by_text("md5 of tenant, event and state entered").first.wait_for()
        page.locator(".launcher").first.click()
        page.locator("canvas").first.wait_for()  # the lineage
        refused = "fetch('/console').then(() => 'answered', () => 'refused')"
        assert page.evaluate(refused) == "refused"
        assert said == []
        assert [one for one in asked if not one.startswith((url, "data:"))] == []
