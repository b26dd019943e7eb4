"""`servicetitan-flow operations copy`."""

import click
from filelock import FileLock, Timeout

from orchestration.locks import AnotherSyncIsRunning, delivery_lock, exclusive
from pipelines.operations import PostgresUrl
from pipelines.settings import load_settings


@click.group()
def operations() -> None:
    """The store of what cannot be derived again."""


@operations.command()
def copy() -> None:
    """Move operations.sqlite into the empty database of OPERATIONS_URL, while nothing runs.

    All of it or nothing; the file stays as it is.
    """
    from orchestration.instance.home import dagster_home
    from pipelines.operations.copy import copy as copied

    settings = load_settings()
    url = settings.operations
    if not isinstance(url, PostgresUrl):
        raise click.ClickException("OPERATIONS_URL is not set: it says where to; expected postgresql://…")
    try:
        with (
            FileLock(dagster_home(settings) / "up.lock").acquire(timeout=0),
            delivery_lock(settings).acquire(timeout=0),
            exclusive(settings, wait_seconds=0),
        ):
            tables = copied(settings.operations_file, url)
    except Timeout:
        raise click.ClickException("servicetitan-flow is up: end it, then run this again") from None
    except AnotherSyncIsRunning as error:
        raise click.ClickException(str(error)) from None
    for name, rows in tables.items():
        if rows:
            click.echo(f"{name}: {rows:,}")
    click.echo(
        f"{sum(tables.values()):,} rows are in {url}. {settings.operations_file} is not used any more: put it aside"
    )
