"""What a tenant would have mailed in the last days, had it been live."""

from datetime import datetime
from functools import lru_cache, partial

from fastapi import APIRouter, Request, Response

from pipelines.actions.routes.rehearsal_launcher import start_rehearsal, under_way
from pipelines.actions.web.problems import Problem
from pipelines.analytics.job_kinds import has_baseline
from pipelines.console import words
from pipelines.console.context import Console, Here
from pipelines.console.dagster import PATIENCE, ask
from pipelines.console.guard import Posted, Visitor
from pipelines.console.refusals import Refusal
from pipelines.console.rendering import done, render
from pipelines.operations import Place
from pipelines.operations.decisions import note
from pipelines.rehearsal import store
from pipelines.rehearsal.samples import Sampled, sampled
from pipelines.settings import Tenant

router = APIRouter()
PATH = "/console/tenants/{name}/rehearsal"
DAYS, MAX_DAYS = 30, 365
NO_BASELINE = (
    "the history of {tenant} is not read to its end yet, so there is no baseline to begin from: wait until a sync has"
    " come to its end; nothing was started"
)


@router.get(PATH)
def show(request: Request, console: Here, session: Visitor, name: str) -> Response:
    tenant = console.tenant(session, name)
    found = newest(console, tenant)
    running, trouble = at_work(console)
    return render(
        request,
        "rehearsal.html",
        tenant=tenant,
        found=found,
        names=console.services.marts.states(tenant.id, found.customers) if found else {},
        running=tenant.name in running,
        others=bool(set(running) - {tenant.name}),
        trouble=trouble,
        has_baseline=has_baseline(console.services.marts, tenant.id),
        days=DAYS,
        max_days=MAX_DAYS,
        words=words,
    )


@router.post(PATH)
def start(request: Request, console: Here, session: Visitor, form: Posted, name: str) -> Response:
    tenant, reason, days = console.tenant(session, name), form.reason, form.get("days") or str(DAYS)
    if not (days.isascii() and days.isdigit() and 1 <= int(days) <= MAX_DAYS):
        raise Refusal(422, f"days: found {days!r}; expected 1 to {MAX_DAYS}; nothing was started")
    if not has_baseline(console.services.marts, tenant.id):
        raise Refusal(409, NO_BASELINE.format(tenant=tenant.name))
    try:
        ask(console.dagster, partial(start_rehearsal, console.dagster, tenant.name, days=int(days)))
    except Problem as problem:
        raise Refusal(problem.status, f"{problem.words}; nothing was started") from None
    with console.services.store.writing() as con:
        now, about = console.clock(), f"of {days} days"
        note(con, "rehearsal started", reason=reason, by=session.name, now=now, tenant_id=tenant.id, subject=about)
    said = "A rehearsal is under way: three seconds or more for each day. It sends nothing."
    return done(request, PATH.format(name=tenant.name), said)


def newest(console: Console, tenant: Tenant) -> Sampled | None:
    with console.reading() as con:
        kept = store.newest(con, tenant.id)
    return kept and read_once(console.settings.operations, *kept, console.settings.flow_builder_hold_above)


@lru_cache(maxsize=16)
def read_once(operations: Place, number: int, made_at: datetime, hold_above: int) -> Sampled | None:
    """What is kept may be megabytes of JSON, and never changes."""
    found = store.read(operations, number)
    return sampled(number, made_at, found, hold_above) if found else None


def at_work(console: Console) -> tuple[list[str], str]:
    """Of which tenants a rehearsal is under way; and why Dagster does not say."""
    try:
        return console.looks.look(partial(under_way, console.dagster, PATIENCE)), ""
    except Problem as problem:
        return [], problem.words
