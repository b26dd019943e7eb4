"""Pages out of templates: all that comes from outside is text there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.actions.schemas.state_names import State, customer_states
from pipelines.console.brakes import Brake, brakes
from pipelines.console.context import Console, console_of
from pipelines.console.forms import new_token
from pipelines.console.sessions import Session
from pipelines.operations import moment
from pipelines.settings import Tenant

ROOM = Path(__file__).parent
FILES = ROOM / "static"
NOTHING = "\u2013"


def at(value: datetime | str | None, zone: str | None = None) -> Markup | str:
    """In the tenant's zone, which it names, with UTC on hover."""
    if not value:
        return NOTHING
    when = (moment(value) if isinstance(value, str) else value).astimezone(UTC)
    local = when.astimezone(ZoneInfo(zone or "UTC"))
    words = f"{local.day} {local:%b %Y, %H:%M %Z}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        when.isoformat(timespec="seconds"), f"{when:%Y-%m-%d %H:%M:%S} UTC", words
    )


def day(value: date) -> str:
    """``27 Nov 2026``."""
    return f"{value.day} {value:%b %Y}"


def ago(value: datetime | None, now: datetime) -> str:
    """``3 minutes ago``."""
    if value is None:
        return "never"
    seconds = max(0, round((now - value).total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(seconds // size, unit)} ago"
    return "just now"


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 message``, ``1,200 messages``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def money(value: Any) -> str:
    return NOTHING if value is None else f"${value:,.0f}"


def grouped(value: Any) -> str:
    return NOTHING if value is None else f"{value:,}"


def or_none(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values)) or NOTHING


def capital(words: str) -> str:
    """The first letter is one; names within stay as they are."""
    return words[:1].upper() + words[1:]


def state_name(known: Mapping[float, State], number: float | Decimal) -> str:
    """``2.5 Sales Appointment Canceled``."""
    state = known.get(float(number))
    return f"{float(number):g} {state.name}" if state else f"{float(number):g}"


pages = Environment(
    loader=FileSystemLoader(ROOM / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
pages.filters |= {
    "at": at,
    "day": day,
    "ago": ago,
    "capital": capital,
    "counted": counted,
    "money": money,
    "grouped": grouped,
    "listed": or_none,
}


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """What every page has: who is signed in, the token of its forms, and what the last post came to."""
    console, session = console_of(request), getattr(request.state, "session", None)
    tenants = console.tenants(session) if session else []
    page = pages.get_template(template).render(
        session=session,
        path=request.url.path,
        csrf_token=new_token(session.key) if session else "",
        said=console.sessions.said(session) if session else None,
        tenants=tenants,
        brakes=pauses(console, tenants) if tenants else [],
        shared_zone=shared_zone(tenants),
        now=console.clock(),
        state_name=partial(state_name, customer_states()),
        **values,
    )
    return HTMLResponse(page, status)


def pauses(console: Console, tenants: Sequence[Tenant]) -> list[Brake]:
    with console.reading() as con:
        return brakes(con, tenants, "pause")


def shared_zone(tenants: Sequence[Tenant]) -> str | None:
    """For what is of all of them; None, which stands for UTC, where theirs differ."""
    zones = {one.timezone for one in tenants}
    return zones.pop() if len(zones) == 1 else None


def done(request: Request, path: str, words: str) -> Response:
    """After a post: on to a page, which says what was done."""
    console, session = console_of(request), request.state.session
    assert isinstance(session, Session)
    console.sessions.say(session, words)
    return RedirectResponse(path, 303)
