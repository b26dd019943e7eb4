"""What is wrong on the way to Flow Builder, as the operations file knows it; the checks know it as of the last run."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from orchestration.assets.checks import ENDPOINT_CHECK, OUTBOX_CHECKS
from pipelines.alerts.alert import Alert
from pipelines.flow_builder import switches
from pipelines.flow_builder.advice import advice
from pipelines.flow_builder.outbox.queries import held_batches, outbox_health
from pipelines.operations import open_operations
from pipelines.settings import Settings
from pipelines.tenants import directory

TOLD_HERE = {ENDPOINT_CHECK.name, *(OUTBOX_CHECKS[name].name for name in ("held", "dead", "overdue"))}

FORGOTTEN = timedelta(hours=1)  # a pause is for minutes


def outbox_alerts(settings: Settings, now: datetime) -> Iterator[tuple[str, Alert]]:
    """An endpoint that is down explains what is overdue, and so does an address that is not set yet."""
    found = outbox_health(settings.operations, now)
    endpoint = found.endpoint
    if endpoint.down_since:
        what_to_do = f"{advice(str(endpoint.because), settings.flow_builder_trigger_url)}; {ENDPOINT_CHECK.what_to_do}"
        yield "endpoint", Alert(f"Flow Builder's endpoint is {endpoint.describe()}", endpoint.down_since, what_to_do)
    elif found.overdue and settings.flow_builder_trigger_url:
        what = f"flow_builder/outbox: {found.overdue} deliveries are due for more than 15 minutes, and still there"
        if endpoint.waits(now):
            what += f"; Flow Builder asked to wait until {endpoint.waits_until:%Y-%m-%d %H:%M:%S} UTC"
        yield "overdue", Alert(what, now, OUTBOX_CHECKS["overdue"].what_to_do)
    if found.dead:
        what = f"flow_builder/outbox: {found.dead} deliveries failed for good"
        yield "dead", Alert(what, now, OUTBOX_CHECKS["dead"].what_to_do)
    for held in held_batches(settings.operations):
        what = f"flow_builder/outbox: {held.rows} deliveries of one sync are held, more than FLOW_BUILDER_HOLD_ABOVE"
        what += f" (batch {held.batch})" if held.batch else ""
        yield f"held {held.since.isoformat()}", Alert(what, held.since, OUTBOX_CHECKS["held"].what_to_do)


def pause_alerts(settings: Settings, now: datetime) -> Iterator[tuple[str, Alert]]:
    """What waits may be too old by the time that somebody thinks of it."""
    names = {switches.ALL: "all tenants"} | {one.id: one.name for one in directory.all(settings)}
    with open_operations(settings.operations) as con:
        found = switches.read(con, directory.all(settings))
    for tenant_id, name in names.items():
        since = found[tenant_id].paused_at
        if since and now - since >= FORGOTTEN:
            way = "--all" if tenant_id == switches.ALL else name
            what_to_do = (
                f"`servicetitan-flow tenants list` says who paused it and why;"
                f" `servicetitan-flow tenants resume {way} --reason TEXT` lets go what waits"
            )
            yield f"paused {tenant_id}", Alert(f"{name}: paused, and nothing is sent", since, what_to_do)
