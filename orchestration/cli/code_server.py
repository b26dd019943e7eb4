"""`servicetitan-flow code-server`: this product's code, for a Dagster that runs elsewhere."""

import os
import socket
from contextlib import suppress

import click

from orchestration.cli import up
from orchestration.cli.processes import first_to_end, running
from orchestration.cli.up_parts import ANYWHERE
from pipelines.settings import LOCATION

PROGRAM = "Dagster's code server"


@click.command("code-server")
@click.option("--host", default="127.0.0.1", show_default=True, help="Asks for no password: only Dagster may reach it.")
@click.option("--port", default=4000, show_default=True, help="Of gRPC, for the `grpc_server` of a workspace.yaml.")
def code_server(host: str, port: int) -> None:
    """Definitions and runs of this product, for Dagster's webserver and daemon elsewhere, until stopped.

    In place of `up`, where one Dagster runs several shards: its workspace.yaml names each of them.
    """
    with up.alone() as settings:
        up.expect_free(host, port, "--port")
        name = settings.of_shard(LOCATION)
        serving = {PROGRAM: up.code_server(name, up.MODULE, "--host", host, "--port", str(port))}
        with running(serving, os.environ) as started:
            waiting = True

            def meanwhile() -> None:
                nonlocal waiting
                if waiting and answers(host, port):
                    waiting = False
                    click.echo(f"code server: ready, {host}:{port}, location {name}")

            if ended := first_to_end(started, meanwhile):
                raise click.ClickException(f"{ended} ended by itself; what it said stands above")


def answers(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((ANYWHERE.get(host, host).strip("[]"), port), timeout=1):
        return True
    return False
