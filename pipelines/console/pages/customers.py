"""Customers: found by whatever somebody on the phone says, or those whose state changed last."""

from typing import Annotated
from urllib.parse import urlencode

import duckdb
from fastapi import APIRouter, Query, Request, Response

from pipelines.actions.schemas.state_names import customer_states
from pipelines.analytics.customer_search import Listed, Wanted, customers
from pipelines.analytics.published import NotPublished
from pipelines.console.context import Console, Here
from pipelines.console.guard import Visitor
from pipelines.console.refusals import Refusal
from pipelines.console.rendering import render
from pipelines.console.sessions import Session

router = APIRouter()
PAGE = 50
PATH = "/console/customers"
Text = Annotated[str, Query(max_length=200)]
Page = Annotated[int, Query(ge=1, le=1000)]


@router.get(PATH)
def show(
    request: Request,
    console: Here,
    session: Visitor,
    q: Text = "",
    tenant: Text = "",
    state: Text = "",
    page: Page = 1,
) -> Response:
    asked = {name: value for name, value in (("q", q.strip()), ("tenant", tenant), ("state", state)) if value}
    trouble, found = "", list[Listed]()
    try:
        found = search(console, session, asked, page)
    except (NotPublished, duckdb.CatalogException):
        trouble = "Nothing is known of any customer yet: they come with the first complete sync."
    return render(
        request,
        "customers.html",
        found=found[:PAGE],
        has_more=len(found) > PAGE,
        page=page,
        asked={"q": "", "tenant": "", "state": ""} | asked,
        href=f"{PATH}?{urlencode(asked)}{'&' * bool(asked)}",
        states=customer_states().values(),
        known=console.tenants_by_id(session),
        trouble=trouble,
    )


def search(console: Console, session: Session, asked: dict[str, str], page: int) -> list[Listed]:
    """One more than are shown, where there is one."""
    name = asked.get("tenant")
    tenants = [console.tenant(session, name)] if name else console.tenants(session)
    with console.services.marts.reading() as con, console.reading() as store:
        return customers(
            con,
            store,
            tenants,
            Wanted(anything=asked.get("q")),
            state=number(asked.get("state")),
            most=PAGE + 1,
            skip=(page - 1) * PAGE,
        )


def number(text: str | None) -> float | None:
    """Raises `Refusal`."""
    known = {f"{state:g}": state for state in customer_states()}
    if text and text.removesuffix(".0") not in known:
        raise Refusal(422, f"state: found {text!r}; expected one of {', '.join(known)}")
    return known[text.removesuffix(".0")] if text else None
