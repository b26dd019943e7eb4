"""Is it running, and what waits for me?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from pipelines.analytics.customer_history import names
from pipelines.console import words
from pipelines.console.context import Console, Here
from pipelines.console.dagster import ask
from pipelines.console.guard import Posted, Visitor
from pipelines.console.health import troubles
from pipelines.console.refusals import Refusal
from pipelines.console.rendering import done, render
from pipelines.console.sessions import Session
from pipelines.flow_builder import switches
from pipelines.flow_builder.advice import advice
from pipelines.flow_builder.example import send_example
from pipelines.flow_builder.outbox import figures, lists
from pipelines.flow_builder.outbox.figures import TenantFigures
from pipelines.flow_builder.outbox.lists import Filter
from pipelines.flow_builder.outbox.queries import deliveries
from pipelines.flow_builder.switches import ALL, TURNS, Switch, SwitchDecision, Turn
from pipelines.operations.decisions import note
from pipelines.servicetitan.sync_status import last_complete
from pipelines.settings import ConfigurationError, Tenant

router = APIRouter()
NEWEST = 20
WEEK = timedelta(days=7)
SAID: dict[Turn, str] = {
    "live": "is live: what happens from now on is sent",
    "shadow": "is in shadow: what happens is noted, and nothing is sent",
    "pause": "is paused: everything waits, and nothing leaves",
    "resume": "goes on, once a sync that begins now has looked at what waits",
}

CONSEQUENCES: dict[Turn, str] = {
    "live": "What happens from then on is sent.",
    "shadow": "Everything runs on, and nothing is sent: it is only noted what would have been.",
    "pause": "What is to be sent waits until somebody resumes.",
    "resume": "What waits is sent, once a sync has looked at it again.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One tenant's. ``switch``: what is in force; ``own``: without the switch over all."""

    tenant: Tenant
    synced_at: datetime | None
    states: Sequence[tuple[float, int]]
    figures: TenantFigures
    switch: Switch
    own: Switch
    decision: SwitchDecision | None


@router.get("/console")
def show(request: Request, console: Here, session: Visitor) -> Response:
    mine, now = console.tenants(session), console.clock()
    whole, states = last_complete(console.settings.operations), console.services.marts.customers_per_state()
    with console.reading() as con:
        found = switches.read(con, mine)
        by_tenant = figures.by_tenant(con, midnight(mine, now), now - WEEK)
        cards = [
            Card(
                tenant=one,
                synced_at=whole.get(one.id),
                states=[(row["current_state"], row["customers"]) for row in states if row["tenant_id"] == one.id],
                figures=by_tenant.get(one.id, TenantFigures()),
                switch=switches.in_force(found, one.id),
                own=found[one.id],
                decision=switches.newest_decision(con, one.id),
            )
            for one in mine
        ]
        wrong = troubles(console, session, con, by_tenant)
    newest, is_bound = newest_messages(console, session, mine), session.user.tenants is not None
    return render(
        request,
        "overview.html",
        cards=cards,
        troubles=wrong,
        newest=newest,
        known={one.id: one for one in mine},
        names=names(console.settings.analytics, {(row["tenant_id"], row["customer_id"]) for row in newest}),
        all_switch=found[ALL],
        endpoint=console.settings.flow_builder_trigger_url,
        words=words,
        consequences=CONSEQUENCES,
        is_bound=is_bound,
        are_all_paused=all(one.switch.is_paused for one in cards) if is_bound and cards else found[ALL].is_paused,
    )


def midnight(mine: Sequence[Tenant], now: datetime) -> datetime:
    """The begin of today where the first of them is."""
    zone = ZoneInfo((mine[0].timezone if mine else None) or "UTC")
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def newest_messages(console: Console, session: Session, mine: Sequence[Tenant]) -> list[dict[str, Any]]:
    """Who is bound to no tenant sees those of disconnected ones, too."""
    if session.user.tenants is None:
        return deliveries(console.settings.operations, newest=NEWEST)[::-1]
    with console.reading() as con:
        return lists.page(con, Filter([one.id for one in mine]), most=NEWEST)


@router.post("/console/sync")
def sync(request: Request, console: Here, session: Visitor, form: Posted) -> Response:
    """``tenant``: only this one, perhaps repeated."""
    reason = form.reason
    chosen = [console.tenant(session, name) for name in form.all("tenant")] or console.tenants(session)
    every = session.user.tenants is None and not form.all("tenant")
    only = [] if every else [one.name for one in chosen]
    started = ask(console.dagster, partial(console.dagster.start_sync, only))
    subject = f"sync of {', '.join(only) or 'all tenants'}, run {started.run_id}"
    write(console, "started", subject, reason, session)
    waits = "waits for the sync that is running" if started.queued else "has started"
    return done(request, "/console", f"The sync {waits}: {started.url}")


@router.post("/console/test-send")
def test_send(request: Request, console: Here, session: Visitor, form: Posted) -> Response:
    reason = form.reason
    try:
        answer = send_example(console.settings, console.clock)
    except ConfigurationError as error:
        raise Refusal(422, str(error)) from None
    write(console, "sent", f"a test message: {answer.problem or f'HTTP {answer.status}'}", reason, session)
    if answer.problem:
        way_out = advice(answer.problem, console.settings.flow_builder_trigger_url)
        raise Refusal(502, f"the test message was not delivered: {answer.problem}; {way_out}")
    return done(
        request, "/console", f"Flow Builder took the test message: HTTP {answer.status}, {answer.milliseconds} ms"
    )


def turn_one(to: Turn) -> Callable[..., Response]:
    def post(request: Request, name: str, console: Here, session: Visitor, form: Posted) -> Response:
        tenant = console.tenant(session, name)
        turn(console, session, [tenant], to, form.reason)
        return done(request, "/console", f"{tenant.name} {SAID[to]}{still_kept_back(console, tenant, to)}")

    return post


def turn_all(to: Turn) -> Callable[..., Response]:
    """Who is bound to tenants turns theirs."""

    def post(request: Request, console: Here, session: Visitor, form: Posted) -> Response:
        mine = None if session.user.tenants is None else console.tenants(session)
        turn(console, session, mine, to, form.reason)
        who = "everything" if mine is None else ", ".join(one.name for one in mine)
        return done(request, "/console", f"{who} {SAID[to]}")

    return post


for one in TURNS:
    router.add_api_route(f"/console/tenants/{{name}}/{one}", turn_one(one), methods=["POST"])
router.add_api_route("/console/pause-all", turn_all("pause"), methods=["POST"])
router.add_api_route("/console/resume-all", turn_all("resume"), methods=["POST"])


def turn(console: Console, session: Session, mine: Sequence[Tenant] | None, to: Turn, reason: str) -> None:
    switches.turn(console.settings.operations, mine, to, reason=reason, by=session.name, now=console.clock())


def still_kept_back(console: Console, tenant: Tenant, to: Turn) -> str:
    """Where the switch over all says otherwise than the one that was turned."""
    with console.reading() as con:
        in_force = switches.in_force(switches.read(con, [tenant]), tenant.id)
    undone = {"live": in_force.is_shadow, "resume": in_force.is_paused}.get(to, False)
    return "; but all tenants together are still kept back" if undone else ""


def write(console: Console, action: str, subject: str, reason: str, session: Session) -> None:
    with console.services.store.writing() as con:
        note(con, action, subject=subject, reason=reason, by=session.name, now=console.clock())
