"""The operator's commands on the outbox."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from orchestration.cli.decisions import DECISIONS
from orchestration.cli.endpoint import say_endpoint, say_wait
from orchestration.cli.table import print_table
from orchestration.cli.tenants import say_switches
from orchestration.cli.worker import work
from pipelines.flow_builder.statuses import Status
from pipelines.operations import moment
from pipelines.settings import Settings, load_settings
from pipelines.tenants import directory


def now() -> datetime:
    return datetime.now(UTC)


@click.command()
@click.option("--watch", "stays", is_flag=True, help="Stay, and post what becomes due, until SIGTERM or Ctrl-C.")
def deliver(stays: bool) -> None:
    """Post what is due now. Exit status 1 if anything became dead or the endpoint is down.

    With --watch it is a worker: beside `servicetitan-flow up`, for more than that one posts by itself, and, where
    OPERATIONS_URL is set, on any machine, as many as wanted. A PostgreSQL that is gone is waited for. Told to end,
    it ends what is on its way, with status 0.
    """
    settings = load_settings()
    if stays:
        work(settings)
        return
    if not settings.flow_builder_trigger_url:
        click.echo("FLOW_BUILDER_TRIGGER_URL is not set: nothing is sent")
        return
    from pipelines.flow_builder.deliver import deliver

    counts = deliver(settings, now)
    counted = [f"{value} {name}" for name, value in asdict(counts).items() if type(value) is int]
    click.echo(f"deliver: {', '.join(counted)}")
    say_wait(counts)
    say_endpoint(settings)
    say_switches(settings)
    if counts.failed:
        raise SystemExit(1)


@click.command()
@click.option("--status", type=click.Choice([status.value for status in Status]))
@click.option("--reason", metavar="REASON", help="Why it was not sent, or started no flow.")
@click.option("--tenant", metavar="NAME")
@click.option("--customer", "customer_id", type=int, metavar="ID")
@click.option("--batch", metavar="BATCH", help="What is or was held together.")
@click.option("--newest", type=click.IntRange(min=1), default=100, show_default=True, help="How many at most.")
@click.option("--all", "is_all", is_flag=True, help="However many there are.")
@click.option("--json", "as_json", is_flag=True, help="All columns, and who decided what.")
def deliveries(
    status: str | None,
    reason: str | None,
    tenant: str | None,
    customer_id: int | None,
    batch: str | None,
    newest: int,
    is_all: bool,
    as_json: bool,
) -> None:
    """What was sent to Flow Builder, what waits, and what was not sent and why; the newest first. Whether the endpoint
    is down."""
    from pipelines.flow_builder.outbox.queries import deliveries

    settings = load_settings()
    rows = deliveries(
        settings.operations,
        status=status,
        reason=reason,
        tenant_id=directory.find(settings, tenant).id if tenant else None,
        customer_id=customer_id,
        batch=batch,
        newest=None if is_all else newest,
    )[::-1]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        print_table([*shown(settings, rows)], none="no such delivery")
    say_endpoint(settings)
    say_switches(settings)


def shown(settings: Settings, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """With the names of tenants and customers, as far as they are published."""
    from pipelines.analytics.customer_history import names

    tenants = {one.id: one.name for one in directory.all(settings)}
    customers = names(settings.analytics, {(row["tenant_id"], row["customer_id"]) for row in rows})
    for row in rows:
        flow = row["flow_name"] or (f"none ({row['suppressed']})" if row["suppressed"] else None)
        yield {
            "id": row["webhook_id"],
            "status": row["status"],
            "reason": row["reason"],
            "tenant": tenants.get(row["tenant_id"], row["tenant_id"]),
            "customer": row["customer_id"],
            "name": customers.get((row["tenant_id"], row["customer_id"])),
            "told": row["told_state"],
            "flow": flow,
            "written (UTC)": when(row["created_at"]),
            "delivered (UTC)": when(row["delivered_at"]),
            "attempts": row["attempts"],
            "last answer": row["last_error"] or (f"HTTP {row['last_status']}" if row["last_status"] else None),
            **({"batch": row["batch"]} if any(one["batch"] for one in rows) else {}),
        }


def when(text: str | None) -> str | None:
    return f"{moment(text):%Y-%m-%d %H:%M:%S}" if text else None


@click.command("test-send")
def test_send() -> None:
    """Post one example transition, marked "test": true, outside the outbox."""
    from pipelines.flow_builder.advice import advice
    from pipelines.flow_builder.example import send_example

    settings = load_settings()
    answer = send_example(settings, now)
    if answer.problem:
        way_out = advice(answer.problem, settings.flow_builder_trigger_url)
        raise click.ClickException(f"not delivered: {answer.problem} after {answer.milliseconds} ms; {way_out}")
    click.echo(f"answered {answer.status} in {answer.milliseconds} ms")


COMMANDS = [deliver, deliveries, *DECISIONS, test_send]
