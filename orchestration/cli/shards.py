"""`servicetitan-flow shards`: the products that share a database of PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from filelock import FileLock, Timeout

from orchestration.cli.table import print_table
from orchestration.locks import AnotherSyncIsRunning, delivery_lock, exclusive
from pipelines.settings import ConfigurationError, Settings, load_settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    import dagster as dg


@click.group()
def shards() -> None:
    """The products that share the database of OPERATIONS_URL, each with tenants of its own (SHARD)."""


@shards.command("list")
def list_shards() -> None:
    """Who tells which tenants, and what waits there."""
    from pipelines.shards import SplitError
    from pipelines.shards import shards as known

    settings = load_settings()
    try:
        found = known(settings)
    except SplitError as error:
        raise click.ClickException(str(error)) from None
    print_table(
        [
            {
                "shard": one.schema.removeprefix("shard_"),
                "tenants": ", ".join(map(str, one.tenants)),
                "waiting": one.waiting,
                "held": one.held,
                "dead": one.dead,
                "all read since (UTC)": f"{one.synced_at:%Y-%m-%d %H:%M:%S}" if one.synced_at else "",
                "endpoint": "down" if one.is_down else "",
            }
            for one in found
        ]
    )


@shards.command()
@click.argument("name")
@click.argument("tenants", nargs=-1, required=True, metavar="TENANT…")
@click.option("--data-dir", "folder", required=True, type=click.Path(path_type=Path), help="The new shard's DATA_DIR.")
def split(name: str, tenants: Sequence[str], folder: Path) -> None:
    """Move these tenants, with all that is known of them, into a new shard NAME, while nothing of this one runs.

    Cut off, run it again; with ids in place of names that are not known any more.
    """
    from orchestration.instance.home import dagster_home
    from pipelines.shards import SplitError
    from pipelines.shards import split as moved

    settings = load_settings()
    ids = [id_of(settings, one) for one in tenants]
    try:
        with (
            FileLock(dagster_home(settings) / "up.lock").acquire(timeout=0),
            delivery_lock(settings).acquire(timeout=0),
            exclusive(settings, wait_seconds=0),
        ):
            done = moved(settings, name, folder.absolute(), ids, datetime.now(UTC))
    except Timeout:
        raise click.ClickException("servicetitan-flow is up: end it, then run this again") from None
    except (AnotherSyncIsRunning, SplitError) as error:
        raise click.ClickException(str(error)) from None
    for table, rows in done.rows.items():
        click.echo(f"{table}: {rows:,}")
    own = [one.variable("…") for one in settings.servicetitan_tenants.values() if one.id in ids]
    click.echo(f"moved: {', '.join(tenants)} to {done.place} and {done.warehouse}. Start it with")
    click.echo(f"SHARD={name} and DATA_DIR={folder.absolute()}, ports of its own, and what else is set here")
    if own:
        click.echo(f"but {', '.join(own)}: move those from this environment into its, before the next sync")


def told_elsewhere(result: "dg.ExecuteInProcessResult", outbox: str) -> Iterator[str]:
    """A line for each tenant that another shard tells."""
    for one in result.asset_materializations_for_node(outbox):
        elsewhere: Any = one.metadata["elsewhere"].value
        for tenant, schema in elsewhere.items():
            yield f"tenant {tenant} is told by {schema}, and not by this shard: take it out of this one's environment"


def id_of(settings: Settings, name: str) -> int:
    """Raises `ConfigurationError`."""
    try:
        return directory.find(settings, name).id
    except ConfigurationError:
        if name.isdigit():
            return int(name)
        raise
