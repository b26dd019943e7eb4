"""What stands before the console's routes."""

import logging

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from pipelines.console.door import Door
from tests.actions.conftest import served


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    raise ValueError("@".join(("ada", "example.com")))  # a traceback quotes the line


def test_what_nobody_foresaw_shows_and_logs_no_contact_data(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), served(Door(broken, "")) as url:
        answer = httpx.get(f"{url}/console", trust_env=False)
    assert answer.status_code == 500
    assert "the log of the server says where" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "ValueError" in caplog.text
    assert "ada@example.com" not in caplog.text


def test_a_body_that_is_too_large_is_not_read(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as http:
        refused = http.post("/console/sign-in", content=b"x" * 70_000, headers={"origin": url})
    assert refused.status_code == 413
    assert "at most 65536 bytes" in refused.text


def test_the_node_may_be_loaded_by_a_page_of_another_origin_and_nothing_else(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as http:
        node = http.get("/console/static/servicetitan-node.js")
        assert node.status_code == 200
        assert "javascript" in node.headers["content-type"]
        assert node.headers["access-control-allow-origin"] == "*"
        assert node.headers["cross-origin-resource-policy"] == "cross-origin"
        for path in ("/console/static/console.css", "/console/sign-in"):
            assert "access-control-allow-origin" not in http.get(path).headers
