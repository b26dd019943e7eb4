"""`servicetitan-flow`: the operator's commands, the same code that Dagster runs."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli.alerts import alerts
from orchestration.cli.backup import backup, restore
from orchestration.cli.check import check
from orchestration.cli.code_server import code_server
from orchestration.cli.connecting import secrets_key
from orchestration.cli.console_user import console_user
from orchestration.cli.customer import customer_command
from orchestration.cli.kinds import kinds
from orchestration.cli.lake import lake_maintain, unpublished
from orchestration.cli.leads import leads
from orchestration.cli.operations import operations
from orchestration.cli.outbox import COMMANDS
from orchestration.cli.processes import heed_signals
from orchestration.cli.rehearse import rehearse
from orchestration.cli.report import report_command
from orchestration.cli.rules import rules
from orchestration.cli.shards import shards, told_elsewhere
from orchestration.cli.tenants import tenants
from orchestration.cli.up import up
from orchestration.errors import in_a_line, known_errors
from orchestration.instance.home import dagster_home
from pipelines.settings import Settings, load_settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    import dagster as dg

INCOMPLETE = 3


class Commands(click.Group):
    """Every command ends, with one clear line and status 1 where something failed, whatever it was."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):  # click's own
            raise
        except Exception as error:
            raise click.ClickException(in_a_line(error)) from None


@click.group(cls=Commands)
@click.version_option(package_name="servicetitan-flow")
def main() -> None:
    """Customer states out of ServiceTitan, and their transitions into Flow Builder."""
    heed_signals()


@main.command()
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="Only this tenant; may be given again.")
@click.option("--as-of", metavar="TIME", help="Move the derivation's clock, for trials; refused in production.")
@click.option("--reconcile", is_flag=True, help="Compare all contacts, and mark those that are gone.")
@click.option("--start-over", is_flag=True, help="The outbox was lost: take all that it does not know as told.")
@click.option("--wait", default=60.0, show_default=True, metavar="SECONDS", help="For a sync that is running.")
def sync(tenants: Sequence[str], as_of: str | None, reconcile: bool, start_over: bool, wait: float) -> None:
    """Load, derive, enqueue and publish, once, in this process.

    Exit status: 0 complete; 3 some tenant or stream did not come to its end, the lake did not get it, or another shard
    tells one of the tenants; 1 failed.
    """
    settings = load_settings()
    directory.at_least_one(settings)
    extract = {"tenants": [directory.find(settings, name).name for name in tenants], "reconcile": reconcile}
    run_config = {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "ops": {
            "extract": {"config": extract},
            outbox(settings): {"config": {"start_over": start_over}},
        },
        "resources": {
            "warehouse": {"config": {"as_of": as_of, "wait_seconds": wait}},
            "progress": {"config": {"terminal": os.isatty(2)}},
        },
    }
    from orchestration.cli import baselines, edited_seeds
    from orchestration.cli.unread import unread

    result = run_in_process(settings, settings.of_shard("sync"), run_config)
    problems = [*unread(result), *unpublished(result), *told_elsewhere(result, outbox(settings))]
    for line in problems:
        click.echo(line, err=True)
    click.echo(closing_line(result, outbox(settings)))
    for line in (*edited_seeds.lines(result), *baselines.lines(result)):
        click.echo(line)
    if problems:
        raise SystemExit(INCOMPLETE)


def outbox(settings: Settings) -> str:
    """The name of its step."""
    from orchestration.assets.specs import OUTBOX, in_shard

    return in_shard(settings.shard, OUTBOX).to_python_identifier()


def closing_line(result: "dg.ExecuteInProcessResult", outbox: str) -> str:
    """Counts of what the run did, as its assets reported them."""
    reported = {
        step: [one.metadata for one in result.asset_materializations_for_node(step)] for step in ("extract", outbox)
    }

    def total(step: str, name: str) -> Any:
        return sum(metadata[name].value for metadata in reported[step] if name in metadata)

    rows, changed = total("extract", "rows_read"), total("extract", "rows_changed")
    counts = {name: total(outbox, name) for name in ("sent", "corrected", "held", "canceled")}
    queued = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"sync: {rows:,} rows read, {changed:,} changed; enqueued: {queued}"


def run_in_process(settings: Settings, job_name: str, run_config: dict[str, Any]) -> "dg.ExecuteInProcessResult":
    """The run stands in Dagster's records like any other."""
    import dagster as dg

    dagster_home(settings)
    from orchestration.definitions import definitions
    from orchestration.retention import forget_if_due

    try:
        with known_errors(), dg.DagsterInstance.get() as instance:
            forget_if_due(instance, settings)
            job = definitions().resolve_job_def(job_name)
            return job.execute_in_process(instance=instance, run_config=run_config)
    except Exception as error:
        raise click.ClickException(f"{job_name} failed: {in_a_line(error)}") from error


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8400, show_default=True)
def serve(host: str, port: int) -> None:
    """The actions API and the console, until it is stopped."""
    from pipelines.server import serve

    serve(load_settings(), host, port)


for command in [
    check,
    rules,
    kinds,
    operations,
    shards,
    rehearse,
    tenants,
    secrets_key,
    console_user,
    *COMMANDS,
    leads,
    customer_command,
    report_command,
    backup,
    restore,
    lake_maintain,
    alerts,
    up,
    code_server,
]:
    main.add_command(command)
