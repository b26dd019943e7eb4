"""Every post of the app's own table: who may, and who may not."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr

from pipelines.server import Server, app
from pipelines.settings import Settings
from tests.console.visitor import HASH, Visitor

FOR_EVERYBODY = {"/console/sign-in", "/console/sign-out"}
VALUES = {"name": "socal", "tenant": "socal"}  # any other parameter: 1


@pytest.fixture
def posts(settings: Settings) -> list[str]:
    """With something in place of each parameter."""
    both = app(settings.model_copy(update={"console_users": [SecretStr(f"x:operator:{HASH}")]}))
    assert isinstance(both, Server)
    assert isinstance(both.console, FastAPI)
    found = [
        one.path
        for one in iter_route_contexts(both.console.routes)
        if isinstance(one.original_route, APIRoute) and "POST" in (one.original_route.methods or ())
    ]
    filled = {re.sub(r"{(\w+)(:\w+)?}", lambda part: VALUES.get(str(part[1]), "1"), str(path)) for path in found}
    return sorted(filled - FOR_EVERYBODY)


def test_a_viewer_may_post_nothing_and_an_operator_everything(posts: list[str], url: str) -> None:
    assert len(posts) >= 10
    with Visitor(url, "vic") as vic, Visitor(url, "ola") as ola, Visitor(url, "sol") as sol:
        for path in posts:
            assert vic.act(path).status_code == 403, path
            assert ola.act(path).status_code != 403, path
            if "/socal" in path:
                assert sol.act(path.replace("/socal", "/dfw")).status_code == 404, path


def test_a_post_without_its_token_or_from_elsewhere_does_nothing(posts: list[str], url: str) -> None:
    with Visitor(url, "ola") as ola:
        token = ola.token()
        for path in posts:
            assert ola.post(path, data={"reason": "no token"}).status_code == 403, path
            foreign = {"origin": "https://evil.example"}
            answer = ola.post(path, data={"reason": "foreign", "csrf_token": token}, headers=foreign)
            assert answer.status_code == 403, path
        assert "Nobody has decided anything yet" in ola.page("/console/decisions").words


def test_signed_out_every_page_leads_to_the_form(posts: list[str], url: str) -> None:
    with Visitor(url) as nobody:
        for path in posts:
            assert nobody.post(path, data={"reason": "nobody"}).headers["location"].startswith("/console/sign-in")
