"""`servicetitan-flow up`: everything that runs all the time."""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from filelock import FileLock, Timeout

from orchestration.cli.processes import PATIENCE, Command, Process, command, end, first_to_end, python_module, running
from orchestration.cli.rotated_log import RotatedLog
from orchestration.cli.up_parts import Startup, off, parts
from pipelines.operations import open_operations
from pipelines.settings import LOCATION, Settings, load_settings
from pipelines.tenants import directory

MODULE = "orchestration.definitions"
LAST_LINES = 20
# On a busy machine a run's process takes longer than the usual minute to start; given up, it would start in vain.
PATIENT = {"DAGSTER_GRPC_TIMEOUT_SECONDS": "120"}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Of Dagster's UI, which asks for no password.")
@click.option("--port", default=3000, show_default=True, help="Of Dagster's UI.")
@click.option("--actions-port", default=8400, show_default=True, help="Of actions API and console, on the same host.")
def up(host: str, port: int, actions_port: int) -> None:
    """Dagster's webserver and daemon, and the actions API and the console where ACTIONS_TOKENS or CONSOLE_USERS
    is set, until stopped.

    Says when each is ready. When one of them ends, all end, with status 1: let systemd or a container start them again.
    """
    with alone() as settings:
        expect_free(host, port, "--port")
        if settings.serves:
            expect_free(host, actions_port, "--actions-port")
        with RotatedLog(settings.data_dir.absolute() / "logs" / "up.log") as log:
            ended = run_all(settings, host, port, actions_port, log)
            if ended:
                lines = log.last_lines(LAST_LINES)
                raise click.ClickException(f"{ended} ended by itself. The log ends with\n{lines}all of it: {log.path}")


@contextmanager
def alone() -> Iterator[Settings]:
    """The settings of a product that can start, and that no other process runs; until SIGTERM."""
    from orchestration.instance.home import dagster_home

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = load_settings()
    directory.check_lead_sources(settings)
    lock = FileLock(dagster_home(settings) / "up.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise click.ClickException(
            f"servicetitan-flow is up already: another process holds {lock.lock_file}; end that one first"
        ) from None
    with lock:
        with open_operations(settings.operations):
            pass  # a file that cannot be used is told here, once, and not by three programs
        yield settings


def run_all(settings: Settings, host: str, port: int, actions_port: int, log: RotatedLog) -> str | None:
    """The name of the program that ended by itself, or None on Ctrl-C."""
    click.echo(f"starting; what the programs say: {log.path}")
    env = PATIENT | os.environ
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        serving = serving_code({settings.of_shard(LOCATION): MODULE}, folder)
        code_servers = stack.enter_context(running(serving, env, log.output))
        if ended := wait_until_served(code_servers, folder):
            return ended
        others = programs(settings, folder, host, port, actions_port)
        waiting = Startup(parts(settings, host, port, actions_port))
        started = stack.enter_context(running(others, env, log.output))
        for line in off(settings):
            click.echo(line)

        def meanwhile() -> None:
            log.rotate()
            for line in waiting.news():
                click.echo(line)

        try:
            return first_to_end(code_servers | started, meanwhile)
        finally:
            end([*code_servers.values(), *started.values()], PATIENCE)  # at once: one would wait for the other


def expect_free(host: str, port: int, option: str) -> None:
    """Before anything starts: another program that answers there would look like ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"{host}:{port} cannot be used: {error.strerror}; end what listens there, or name another with {option}"
            ) from None


def serving_code(modules: Mapping[str, str], folder: Path) -> dict[str, Command]:
    """A code server for each location, which webserver and daemon share. Left to themselves each starts its own, and
    the daemon a new one every minute. The workspace that names them is ``folder / "workspace.yaml"``."""
    sockets = {name: folder / f"{name}.sock" for name in modules}
    lines = [f"  - grpc_server: {{socket: '{path}', location_name: '{name}'}}" for name, path in sockets.items()]
    (folder / "workspace.yaml").write_text("\n".join(["load_from:", *lines, ""]))
    return {
        f"Dagster's code server of {name}": code_server(name, module, "--socket", str(sockets[name]))
        for name, module in modules.items()
    }


def code_server(name: str, module: str, *address: str) -> Command:
    options = ("--use-python-environment-entry-point", *address, "--location-name", name, "--module-name", module)
    return python_module("orchestration.instance.code_server", "api", "grpc", *options)


def wait_until_served(code_servers: Mapping[str, Process], folder: Path) -> str | None:
    """The name of one that ended instead, as it does where the configuration cannot work."""
    sockets = [folder / f"{name.rpartition(' ')[2]}.sock" for name in code_servers]
    while not all(answers(path) for path in sockets):
        for name, process in code_servers.items():
            if process.poll() is not None:
                return name
        time.sleep(0.2)
    return None


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def programs(settings: Settings, folder: Path, host: str, port: int, actions_port: int) -> dict[str, Command]:
    workspace = ("-w", str(folder / "workspace.yaml"))
    named = {
        "Dagster's webserver": command("dagster-webserver", *workspace, "-h", host, "-p", str(port)),
        "Dagster's daemon": command("dagster-daemon", "run", *workspace),
    }
    if settings.serves:
        named["the actions API"] = command("servicetitan-flow", "serve", "--host", host, "--port", str(actions_port))
    return named
