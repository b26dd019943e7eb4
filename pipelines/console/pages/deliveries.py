"""What was sent to Flow Builder, what waits, and what was not sent and why."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from pipelines.actions.schemas.state_names import customer_states
from pipelines.analytics.customer_history import names_in
from pipelines.analytics.published import NotPublished
from pipelines.console import words
from pipelines.console.context import Console, Here
from pipelines.console.guard import Visitor
from pipelines.console.refusals import Refusal, not_there
from pipelines.console.rendering import render
from pipelines.console.sessions import Session
from pipelines.flow_builder import switches
from pipelines.flow_builder.outbox import lists
from pipelines.flow_builder.outbox.lists import COUNTED_AT_MOST, Filter, Period
from pipelines.flow_builder.outbox.queries import decisions
from pipelines.flow_builder.statuses import Status
from pipelines.operations import Connection
from pipelines.settings import Tenant

router = APIRouter()
PATH = "/console/deliveries"
PAGE = 50
FILTERS = ("status", "reason", "flow", "tenant", "day", "batch")
Text = Annotated[str, Query(max_length=200)]
Page = Annotated[int, Query(ge=1, le=1000)]
Keys = set[tuple[int, int]]
Row = dict[str, Any]


@router.get(PATH)
def show(
    request: Request,
    console: Here,
    session: Visitor,
    status: Text = "",
    reason: Text = "",
    flow: Text = "",
    tenant: Text = "",
    day: Text = "",
    batch: Text = "",
    id: Text = "",
    page: Page = 1,
) -> Response:
    if id:
        return show_one(request, console, session, id)
    given = dict(zip(FILTERS, (status, reason, flow, tenant, day, batch), strict=True))
    with console.reading() as con:
        tenants = seen(console, session, con)
        if batch and not may_see(con, tenants, batch):
            raise not_there(f"batch {batch}")
        wanted = wanted_of(console, session, tenants, given)
        found = lists.page(con, wanted, most=PAGE + 1, skip=(page - 1) * PAGE)
        flows = lists.flows_of_batch(con, batch) if batch else []
        values: dict[str, Any] = {
            "found": described(con, console.tenants(session), found[:PAGE]),
            "has_more": len(found) > PAGE,
            "total": counted(con, wanted),
            "counts": by_status(con, wanted.tenants, wanted.batch),
            "flows": flows,
            "held": sum(one.rows for one in flows),
        }
    asked = {name: value for name, value in given.items() if value}
    customers: Keys = {(row["tenant_id"], row["customer_id"]) for row in values["found"]}
    return render(
        request,
        "deliveries.html",
        **values,
        page=page,
        asked=given,
        href=f"{PATH}?{urlencode(asked)}{'&' * bool(asked)}",
        why_held=why_held(console, batch),
        names=names(console, customers.union(*(one.customers for one in flows))),
        known=console.tenants_by_id(session),
        flow_names=sorted({state.flow_name for state in customer_states().values() if state.flow_name}),
        statuses=[*Status],
        words=words,
    )


def show_one(request: Request, console: Console, session: Session, webhook_id: str) -> Response:
    with console.reading() as con:
        row = lists.one(con, webhook_id)
        if row is None or row["tenant_id"] not in seen(console, session, con):
            raise not_there(f"message {webhook_id}")
        values: dict[str, Any] = {
            "row": described(con, console.tenants(session), [row])[0],
            "body": readable(lists.body(con, webhook_id)),
            "attempts": lists.attempts(con, webhook_id),
            "decisions": decisions(con, webhook_id),
        }
    customer = (row["tenant_id"], row["customer_id"])
    return render(
        request,
        "delivery.html",
        **values,
        name=names(console, {customer}).get(customer),
        tenant=console.tenants_by_id(session).get(row["tenant_id"]),
        state=told(row),
        words=words,
    )


def seen(console: Console, session: Session, con: Connection) -> list[int]:
    """Tenants whose deliveries this person may see; who is bound to none sees those of disconnected ones, too."""
    mine = [one.id for one in console.tenants(session)]
    return mine if session.user.tenants is not None else sorted({*mine, *lists.tenants(con)})


def may_see(con: Connection, tenants: list[int], batch: str) -> bool:
    return lists.tenant_of_batch(con, batch) in tenants


def wanted_of(console: Console, session: Session, tenants: list[int], given: Mapping[str, str]) -> Filter:
    """Raises `Refusal`."""
    known = console.tenants_by_id(session)
    chosen = [console.tenant(session, given["tenant"]).id] if given["tenant"] else tenants
    if given["status"] and given["status"] not in [*Status]:
        known_words = ", ".join(words.STATUSES[one] for one in Status)
        raise Refusal(422, f"status: found {given['status']!r}; expected one of the list: {known_words}")
    day = a_day(given["day"])
    return Filter(
        chosen,
        Status(given["status"]) if given["status"] else None,
        given["reason"] or None,
        given["flow"] or None,
        given["batch"] or None,
        {one: of_day(day, known.get(one)) for one in chosen} if day else {},
    )


def a_day(text: str) -> date | None:
    """Raises `Refusal`."""
    try:
        day = date.fromisoformat(text) if text else None
        if day and not 1970 <= day.year < 9999:
            raise ValueError
    except ValueError:
        raise Refusal(422, f"day: found {text!r}; expected one such as 2026-11-22") from None
    return day


def of_day(day: date, tenant: Tenant | None) -> Period:
    """As the tenant's clock has it."""
    zone = ZoneInfo(tenant.timezone if tenant and tenant.timezone else "UTC")
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = day + timedelta(days=1)
    return Period(first, datetime(after.year, after.month, after.day, tzinfo=zone))


def by_status(con: Connection, tenants: Sequence[int], batch: str | None) -> list[tuple[Status, str]]:
    """Of those tenants, or of that batch, whatever else was asked for."""
    return [(status, counted(con, Filter(tenants, status, batch=batch))) for status in Status]


def counted(con: Connection, wanted: Filter) -> str:
    number = lists.count(con, wanted)
    return f"{number:,}" if number <= COUNTED_AT_MOST else f"more than {COUNTED_AT_MOST:,}"


def names(console: Console, customers: Keys) -> dict[tuple[int, int], str]:
    try:
        with console.services.marts.reading() as con:
            return names_in(con, customers) if customers else {}
    except NotPublished:
        return {}


def described(con: Connection, mine: Sequence[Tenant], rows: Sequence[Row]) -> list[Row]:
    """With what each ``tells``, and ``why`` it was not sent, starts no flow or waits."""
    states, found = cache(customer_states), switches.read(con, mine)
    return [
        row
        | {
            "tells": words.what_it_tells(row, states(row["tenant_id"])),
            "why": words.why_it_waits(
                row, lists.earlier(con, row), is_paused=switches.in_force(found, row["tenant_id"]).is_paused
            )
            or words.why_no_flow(row, states(row["tenant_id"])),
        }
        for row in rows
    ]


def told(row: Mapping[str, Any]) -> str:
    states = customer_states(row["tenant_id"])
    known = states.get(row["told_state"])
    return words.state(row["told_state"], known.name if known else "")


def why_held(console: Console, batch: str) -> str:
    if "-restored-" in batch:
        return "A back-up was put in place. What was on its way then may have been told since, so a person decides."
    limit = console.settings.flow_builder_hold_above
    return (
        f"One sync brought the messages of an hour that start or end a flow above {limit:,} (FLOW_BUILDER_HOLD_ABOVE)."
        " A changed rule or a misread job type must not mail a whole city: look whether these are right, then release"
        " or cancel them."
    )


def readable(body: bytes | None) -> str | None:
    """With line breaks, and otherwise as it is sent."""
    if body is None:
        return None
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode(errors="replace")
