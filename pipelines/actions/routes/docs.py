"""``/docs``: the OpenAPI document for people, by Swagger UI out of `fastapi_offline`. It loads nothing from elsewhere,
and runs no script but its own: a token is typed into this page."""

import base64
import re
from hashlib import sha256

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html

from pipelines.actions.web.admission import OpenRoute

DOCUMENT = "/openapi.json"
FILES = "/docs-files"
SCRIPT, STYLE, ICON = (f"{FILES}/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"))
OPEN_FILES = {DOCUMENT, SCRIPT, STYLE, ICON}
router = APIRouter(route_class=OpenRoute)

PAGE = get_swagger_ui_html(
    openapi_url=DOCUMENT,
    title="servicetitan-flow actions",
    swagger_js_url=SCRIPT,
    swagger_css_url=STYLE,
    swagger_favicon_url=ICON,
    swagger_ui_parameters={"validatorUrl": None},  # by default it sends the document's address to swagger.io
).body


@router.get("/docs", include_in_schema=False)
def docs() -> Response:
    return Response(PAGE, media_type="text/html", headers={"content-security-policy": POLICY})


def policy(page: str) -> str:
    """Only the inline scripts of this page and files of this server, and only calls to it. Swagger UI sets styles and
    shows pictures of its own in ``data:``."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = " ".join(f"'sha256-{base64.b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts)
    return (
        f"default-src 'none'; script-src 'self' {digests}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


POLICY = policy(bytes(PAGE).decode())
