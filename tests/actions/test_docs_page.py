"""``/docs``: open to everybody, without the internet."""

import re

import httpx

from tests.actions.conftest import Api
from tests.browser import chromium

SECONDS = 30


def test_the_document_its_page_and_the_files_of_it_are_open_and_nothing_else(api: Api) -> None:
    assert httpx.get(f"{api.url}/openapi.json").json()["openapi"].startswith("3.1")
    page = httpx.get(f"{api.url}/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    loaded = re.findall(r"(?:src|href)=[\"']([^\"']+)", page.text)
    assert len(loaded) == 3
    for path in loaded:
        assert path.startswith("/docs-files/")
        assert httpx.get(f"{api.url}{path}").status_code == 200
    for path in ("/docs-files/redoc.standalone.js", "/docs-files/../app.py", "/docs-files", "/redoc"):
        assert httpx.get(f"{api.url}{path}").status_code == 401


def test_people_can_read_it_and_call_with_a_token(api: Api) -> None:
    with chromium() as browser:
        page = browser.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{api.url}/docs")
        page.locator(".opblock-summary-path", has_text="integration").first.wait_for()
        page.locator(".scheme-container .authorize").click()
        page.locator(".auth-container input").fill("simulator-token")
        page.locator(".auth-btn-wrapper .authorize").click()
        page.locator(".auth-btn-wrapper .btn-done").click()
        page.locator(".opblock-summary-control", has_text="/api/servicetitan/integration").first.click()
        page.locator(".try-out__btn").click()
        page.locator(".opblock-body .execute").click()
        answer = page.locator(".live-responses-table .response-col_status", has_text="200")
        answer.first.wait_for()
        page.close()
    assert all(url.startswith((api.url, "data:")) for url in asked)
    assert said == []
