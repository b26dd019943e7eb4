"""``/docs``: the OpenAPI document for people. It loads nothing from elsewhere: a token is typed into this page."""

import base64
import re
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Response

from pipelines.actions.web.admission import OpenRoute

PAGE = (Path(__file__).parent / "docs.html").read_text(encoding="utf-8")
router = APIRouter(route_class=OpenRoute)


@router.get("/docs", include_in_schema=False)
def docs() -> Response:
    return Response(PAGE, media_type="text/html", headers={"content-security-policy": policy(PAGE)})


def policy(page: str) -> str:
    """Only this script and this style, and only calls to this server."""
    allowed = {name: _digest(page, name) for name in ("script", "style")}
    sources = " ".join(f"{name}-src '{digest}';" for name, digest in allowed.items())
    return f"default-src 'none'; connect-src 'self'; frame-ancestors 'none'; {sources}"


def _digest(page: str, element: str) -> str:
    found = re.search(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
    assert found
    return "sha256-" + base64.b64encode(sha256(found[1].encode()).digest()).decode()
