"""`servicetitan-flow up`: everything that runs all the time."""

import os
import signal
import sys
from pathlib import Path

import click
from filelock import FileLock, Timeout

from orchestration.processes import Command, command, first_to_end, running
from pipelines.operations import open_operations
from pipelines.settings import Settings, load_settings

WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Of Dagster's UI, which asks for no password.")
@click.option("--port", default=3000, show_default=True, help="Of Dagster's UI.")
@click.option("--actions-port", default=8400, show_default=True, help="Of the actions API, on the same host.")
def up(host: str, port: int, actions_port: int) -> None:
    """Dagster's webserver and daemon, and the actions API where ACTIONS_TOKENS is set, until stopped.

    When one of them ends, all end, with status 1: let systemd or a container start them again.
    """
    from orchestration.cli import dagster_home

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = load_settings()
    lock = FileLock(dagster_home(settings) / "up.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise click.ClickException(
            f"servicetitan-flow is up already: another process holds {lock.lock_file}; end that one first"
        ) from None
    with open_operations(settings.operations):
        pass  # a file that cannot be used is told here, once, and not by three programs
    with running(programs(settings, host, port, actions_port), os.environ) as started:
        click.echo(f"Dagster: http://{host}:{port}", err=True)
        ended = first_to_end(started)
    if ended:
        raise click.ClickException(f"{ended} ended by itself; what it said stands above")


def programs(settings: Settings, host: str, port: int, actions_port: int) -> dict[str, Command]:
    workspace = ("-w", str(WORKSPACE))
    named = {
        "Dagster's webserver": command("dagster-webserver", *workspace, "-h", host, "-p", str(port)),
        "Dagster's daemon": command("dagster-daemon", "run", *workspace),
    }
    if settings.actions_tokens:
        named["the actions API"] = command("servicetitan-flow", "serve", "--host", host, "--port", str(actions_port))
    return named
