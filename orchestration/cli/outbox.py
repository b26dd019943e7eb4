"""The operator's commands on the outbox."""

import getpass
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from orchestration.cli.table import print_table
from orchestration.cli.tenants import say_switches
from pipelines.flow_builder.statuses import Status
from pipelines.settings import Settings, load_settings

SHOWN = [
    "webhook_id",
    "status",
    "reason",
    "tenant_id",
    "customer_id",
    "told_state",
    "flow_name",
    "attempts",
    "last_error",
]
Command = Callable[..., None]


def now() -> datetime:
    return datetime.now(UTC)


@click.command()
def deliver() -> None:
    """Post what is due now. Exit status 1 if anything became dead or the endpoint is down."""
    settings = load_settings()
    if not settings.flow_builder_trigger_url:
        click.echo("FLOW_BUILDER_TRIGGER_URL is not set: nothing is sent")
        return
    from pipelines.flow_builder.deliver import deliver

    counts = deliver(settings, now)
    counted = [f"{value} {name}" for name, value in asdict(counts).items() if type(value) is int]
    click.echo(f"deliver: {', '.join(counted)}")
    if counts.waits_until:
        click.echo(f"Flow Builder asked to wait until {counts.waits_until:%Y-%m-%d %H:%M:%S} UTC")
    say_endpoint(settings)
    say_switches(settings)
    if counts.failed:
        raise SystemExit(1)


def say_endpoint(settings: Settings) -> None:
    from pipelines.flow_builder.advice import advice
    from pipelines.flow_builder.outbox.queries import outbox_health

    endpoint = outbox_health(settings.operations, now()).endpoint
    if endpoint.down_since:
        click.echo(f"the endpoint is {endpoint.describe()}; nothing is lost, what is due waits", err=True)
        click.echo(advice(str(endpoint.because), settings.flow_builder_trigger_url), err=True)


@click.command()
@click.option("--status", type=click.Choice([status.value for status in Status]))
@click.option("--customer", "customer_id", type=int, metavar="ID")
@click.option("--newest", type=click.IntRange(min=1), default=100, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="All columns, and who decided what.")
def deliveries(status: str | None, customer_id: int | None, newest: int, as_json: bool) -> None:
    """What was sent to Flow Builder, what waits, and what was not sent and why; whether the endpoint is down."""
    from pipelines.flow_builder.outbox.queries import deliveries

    settings = load_settings()
    rows = deliveries(settings.operations, status=status, customer_id=customer_id, newest=newest)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        print_table([{name: row[name] for name in SHOWN} for row in rows], none="no such delivery")
    say_endpoint(settings)
    say_switches(settings)


def decision(action: Any, words: str) -> click.Command:
    @click.command(action, help=words)
    @click.argument("ids", nargs=-1, required=True, metavar="ID…")
    @click.option("--reason", required=True, metavar="TEXT", help="Kept with the decision.")
    @click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
    def command(ids: Sequence[str], reason: str, dry_run: bool) -> None:
        from pipelines.flow_builder.outbox.operators import ACTIONS, decide

        noun = f"{'would be ' * dry_run}{ACTIONS[action].noun}"
        settings = load_settings()
        try:
            decided = decide(
                settings.operations, action, ids, reason=reason, by=getpass.getuser(), now=now(), dry_run=dry_run
            )
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--reason") from None
        for one in decided:
            click.echo(f"{one.webhook_id}: {one.refused or noun}")
        if any(one.refused for one in decided):
            raise SystemExit(1)

    return command


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


COMMANDS = [
    deliver,
    deliveries,
    decision("replay", "Send again what is dead, was not sent, or was delivered."),
    decision("release", "Let go what is held."),
    decision("cancel", "Do not send what is still to be sent; accept what is dead."),
    test_send,
]
