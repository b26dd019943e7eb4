"""`servicetitan-flow alerts`: what people were told of, and whether they can be."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from orchestration.cli.table import print_table
from pipelines.settings import load_settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from pipelines.alerts.channels import Channel


@click.command()
@click.option(
    "--test", is_flag=True, help="Send one test message to every channel, and a heartbeat. Exit status 1 if one fails."
)
def alerts(test: bool) -> None:
    """The open alerts, as the sensor alert_sensor last saw them."""
    from pipelines.alerts.channels import channels
    from pipelines.alerts.message import when
    from pipelines.alerts.store import open_alerts
    from pipelines.operations import open_operations

    settings = load_settings()
    configured = channels(settings)
    if not configured:
        click.echo("ALERT_URLS is not set: nobody is told")
    if test:
        try_out(configured, settings.alert_heartbeat_url)
        return
    with open_operations(settings.operations) as con:
        found = [(one.alert, one.until) for one in open_alerts(con)]
    print_table(
        [
            {
                "since": when(alert.since),
                "gone since": gone and when(gone),
                "what": alert.what,
                "what to do": alert.what_to_do,
            }
            for alert, gone in found
        ],
        none="no alert is open",
    )


def try_out(configured: Sequence["Channel"], heartbeat_url: "SecretStr | None") -> None:
    from pipelines.alerts.channels import NotNotified, heartbeat
    from pipelines.alerts.message import TEST

    attempts: list[tuple[str, Callable[[], None]]] = [(one.name, partial(one.send, TEST)) for one in configured]
    if heartbeat_url:
        attempts.append(("heartbeat", partial(heartbeat, heartbeat_url.get_secret_value())))
    failed = not configured
    for name, attempt in attempts:
        try:
            attempt()
            click.echo(f"{name}: sent")
        except NotNotified as problem:
            failed = True
            click.echo(f"{name}: {problem}")
    if failed:
        raise SystemExit(1)
