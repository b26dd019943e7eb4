"""Pages out of the templates: everything from outside is text, nothing comes from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

HERE = Path(__file__).parent
STATIC = HERE / "static"
PER_PAGE = 20
POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: {scripts};"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Item = TypeVar("Item")


def moment(at: datetime) -> str:
    return f"{at:%a %d %b %Y, %H:%M:%S}"


def hour(at: datetime) -> str:
    return f"{at:%a %d %b, %H:%M}"


def as_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()


templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
templates.filters |= {"moment": moment, "hour": hour, "as_json": as_json}


def html(template: str, *, status: int = 200, scripts: str = "", **values: Any) -> HTMLResponse:
    """``scripts``: another origin that the page may take a script from."""
    text = templates.get_template(template).render(scripts=scripts, **values)
    headers = {
        "content-security-policy": POLICY.format(scripts=scripts).replace(" ;", ";"),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",  # with no-referrer a form's own origin would be null
    }
    return HTMLResponse(text, status, headers)


@dataclass(frozen=True)
class Listing(Generic[Item]):
    """One page of what was found among the first ``until`` that came, newest first: what comes while somebody pages
    through moves nothing."""

    items: Sequence[Item]
    found: int
    page: int
    until: int
    asked: dict[str, str]

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // PER_PAGE))

    def link(self, page: int) -> str:
        kept = {name: value for name, value in self.asked.items() if value}
        return "?" + urlencode(kept | {"page": page, "until": self.until})


def listing(everything: Sequence[Item], texts: Sequence[str], params: Any, **asked: str) -> Listing[Item]:
    """``texts``: what is searched, one of each; every word of ``q`` must be in it."""
    until = min(whole(params.get("until"), len(everything)), len(everything))
    words = str(params.get("q", "")).casefold().split()
    found = [
        one for one, text in zip(everything[:until], texts, strict=False) if all(w in text.casefold() for w in words)
    ]
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(1, whole(params.get("page"), 1)), pages)
    shown = found[::-1][(page - 1) * PER_PAGE : page * PER_PAGE]
    return Listing(shown, len(found), page, until, {"q": str(params.get("q", "")), **asked})


def whole(text: str | None, otherwise: int) -> int:
    """A page that is no number is none: nobody types one by hand and means it."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
