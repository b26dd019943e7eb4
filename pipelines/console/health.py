"""What is not well, since when, and what to do about it: in words for people, with the page where it is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.actions.inbound_leads import listing
from pipelines.alerts.freshness import stale_tenants
from pipelines.alerts.store import open_alerts
from pipelines.console.brakes import brakes
from pipelines.console.context import Console
from pipelines.console.rendering import counted
from pipelines.console.sessions import Session
from pipelines.flow_builder.advice import advice
from pipelines.flow_builder.outbox.endpoint import Endpoint
from pipelines.flow_builder.outbox.figures import TenantFigures
from pipelines.links import run_link
from pipelines.operations import Connection
from pipelines.servicetitan.sync_status import last_complete
from pipelines.settings import Tenant


@dataclass(frozen=True, slots=True)
class Trouble:
    """``href``: where a person does something about it. ``zone``: of ``since``; None: that of all."""

    what: str
    since: datetime | None
    what_to_do: str
    href: str | None = None
    zone: str | None = None


def troubles(
    console: Console,
    session: Session,
    con: Connection,
    figures: dict[int, TenantFigures],
) -> list[Trouble]:
    mine, now = console.tenants(session), console.clock()
    return [
        *of_the_endpoint(console, con),
        *of_the_outbox(mine, figures),
        *of_switches(con, mine),
        *of_leads(con, mine),
        *of_syncs(console, mine, now),
        *of_runs(console, con),
    ]


def of_the_endpoint(console: Console, con: Connection) -> Iterator[Trouble]:
    endpoint, url = Endpoint.read(con), console.settings.flow_builder_trigger_url
    if not url:
        yield Trouble("nothing is sent: FLOW_BUILDER_TRIGGER_URL is not set", None, "ask whoever runs this to set it")
    elif endpoint.down_since:
        what = f"Flow Builder does not take what it is sent ({endpoint.because}): everything waits, and nothing is lost"
        yield Trouble(what, endpoint.down_since, advice(str(endpoint.because), url))
    elif endpoint.waits(console.clock()):
        yield Trouble("Flow Builder asked to wait", endpoint.waits_until, "nothing: it goes on by itself")


def of_the_outbox(mine: Sequence[Tenant], figures: dict[int, TenantFigures]) -> Iterator[Trouble]:
    for tenant in mine:
        of_it = figures.get(tenant.id, TenantFigures())
        if of_it.held:
            what = f"{tenant.name}: {counted(of_it.held, 'message')} held, until a person has looked"
            yield Trouble(
                what, None, "look, and release or cancel", f"/console/deliveries?status=held&tenant={tenant.name}"
            )
        if of_it.dead:
            what = f"{tenant.name}: {counted(of_it.dead, 'message')} failed for good"
            what_to_do = "see Flow Builder's answer, and replay or cancel"
            yield Trouble(what, None, what_to_do, f"/console/deliveries?status=dead&tenant={tenant.name}")


def of_switches(con: Connection, mine: Sequence[Tenant]) -> Iterator[Trouble]:
    for one in brakes(con, mine, "pause", "shadow"):
        if one.turn == "pause":
            what = f"{one.who}: paused, and nothing leaves{one.why}"
            yield Trouble(what, one.since, f"resume {one.who} below", zone=one.zone)
        else:
            what = f"{one.who}: in shadow, and nobody is mailed{one.why}"
            yield Trouble(what, one.since, "go live below, once what would be sent is right", zone=one.zone)


def of_leads(con: Connection, mine: Sequence[Tenant]) -> Iterator[Trouble]:
    if count := listing.how_many_wait(con, [one.id for one in mine]):
        yield Trouble(f"{counted(count, 'lead')} wait for a person", None, "look whose they are", "/console/leads")


def of_syncs(console: Console, mine: Sequence[Tenant], now: datetime) -> Iterator[Trouble]:
    settings = console.settings
    whole = last_complete(settings.operations)
    for _, alert in stale_tenants(mine, whole, settings.sync_cron, now):
        yield Trouble(
            alert.what, alert.since, "start a sync below; if that fails, see Integrations", "/console/integrations"
        )
    for tenant in mine:
        if tenant.locked:
            yield Trouble(f"{tenant.name}: {tenant.locked}", None, "connect it anew", "/console/integrations")
        elif trouble := console.services.servicetitan[tenant].trouble():
            yield Trouble(f"{tenant.name}: {trouble}", None, "see Integrations", "/console/integrations")


def of_runs(console: Console, con: Connection) -> Iterator[Trouble]:
    """As the sensor that tells people last saw it; it looks only where somebody is told."""
    if console.settings.alert_urls:
        for one in open_alerts(con):
            if one.alert.run_id:
                href = run_link(console.settings.dagster_url, one.alert.run_id)
                yield Trouble(one.alert.what, one.alert.since, one.alert.what_to_do, href)
