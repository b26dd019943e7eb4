"""A Flow Builder's own server: pages with the node in them, and README's back end, which passes its calls on."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

ROOT = Path(__file__).parents[3] / "pipelines"
NODE = ROOT / "console" / "static" / "servicetitan-node.js"
README = (ROOT / "actions" / "README.md").read_text(encoding="utf-8")
PAGES = Path(__file__).parent / "pages"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>A flow</title>
<main><h1>A flow</h1><div id="place"></div></main><script type="module" src="{script}"></script></html>"""
OF_THE_PAGE = "<script>const [csrfToken, saved, kept] = ['t', '', []], save = (one) => kept.push(one)</script>"


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found, f"README has no example in {language}"
    return found[1]


class Host:
    """Its pages may also call the API themselves, if that names their origin."""

    def __init__(self, token: str) -> None:
        self._token, self._back_end = token, dict[str, Any]()
        self.api = ""
        self.app = Starlette(
            routes=[
                Route("/servicetitan/{path:path}", self._pass_on, methods=["GET", "POST"]),
                Route("/plain", lambda _: HTMLResponse(OF_THE_PAGE + example("html").replace("https://…", ""))),
                Route("/console/static/servicetitan-node.js", lambda _: FileResponse(NODE)),
                Route("/{name}.js", lambda request: FileResponse(PAGES / f"{request.path_params['name']}.js")),
                Route("/{name}", self._page),
            ]
        )

    def start(self, api: str) -> None:
        """``api``: where the actions API runs."""
        self.api = api
        with pytest.MonkeyPatch.context() as variables:
            variables.setitem(os.environ, "ACTIONS_TOKEN", self._token)
            exec(example("python").replace("http://127.0.0.1:8400", api), self._back_end)

    def _page(self, request: Request) -> Response:
        node = f"/{NODE.relative_to(ROOT).as_posix()}"
        scripts = {"react": "/react-page.js", "elsewhere": self.api + node}
        script = scripts.get(request.path_params["name"], node)
        policy = f"default-src 'none'; script-src 'self' {self.api}; style-src 'self'; connect-src 'self' {self.api}"
        return HTMLResponse(PAGE.format(script=script), headers={"content-security-policy": policy})

    async def _pass_on(self, request: Request) -> Response:
        answer: Response = await self._back_end["pass_on"](request, request.path_params["path"])
        return answer
