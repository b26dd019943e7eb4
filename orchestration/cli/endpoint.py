"""What commands say of Flow Builder's endpoint."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.flow_builder.dispatcher import Delivered


def say_endpoint(settings: Settings) -> None:
    """Nothing where it is up."""
    from pipelines.flow_builder.advice import advice
    from pipelines.flow_builder.outbox.queries import outbox_health

    endpoint = outbox_health(settings.operations, datetime.now(UTC)).endpoint
    if endpoint.down_since:
        click.echo(f"the endpoint is {endpoint.describe()}; nothing is lost, what is due waits", err=True)
        click.echo(advice(str(endpoint.because), settings.flow_builder_trigger_url), err=True)


def say_wait(done: "Delivered") -> None:
    if done.waits_until:
        click.echo(f"Flow Builder asked to wait until {done.waits_until:%Y-%m-%d %H:%M:%S} UTC")
