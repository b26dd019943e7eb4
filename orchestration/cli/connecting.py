"""`servicetitan-flow tenants add` and `remove`: tenants that come and go while everything runs; and `secrets-key`."""

import getpass
import sys
from datetime import UTC, datetime
from typing import Any

import click
from pydantic import SecretStr, ValidationError

from pipelines.settings import load_settings


@click.command("add")
@click.argument("name")
@click.option("--id", type=int, required=True, help="ServiceTitan's id of the tenant.")
@click.option("--client-id", required=True, metavar="ID")
@click.option("--timezone", metavar="ZONE", help="Of the business, such as America/Los_Angeles; by default UTC.")
@click.option("--workspace-id", metavar="UUID", help="Flow Builder's.")
@click.option("--booking-provider-id", type=int, metavar="ID", help="Bookings need it.")
@click.option("--country", help="Of phone numbers without a country code; by default US.")
@click.option("--delivery", type=click.Choice(["live", "shadow"]), help="At first; by default live.")
def add(**asked: Any) -> None:
    """Connect a tenant, or change what is named of it: tried against ServiceTitan, then stored. What runs needs no
    restart.

    The client secret is asked for, or read from standard input; none keeps the one that is stored.
    """
    from pipelines.actions.connecting import connect
    from pipelines.servicetitan.api.client import client_per_tenant
    from pipelines.servicetitan.api.rate_limit import RateLimiter

    settings = load_settings()
    client_of = client_per_tenant(settings, RateLimiter(settings.data_dir / "budget.sqlite")).make
    try:
        given = {name: value for name, value in asked.items() if value is not None}
        done = connect(settings, given, client_secret(), client_of, getpass.getuser(), datetime.now(UTC))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise click.ClickException(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}") from None
    click.echo(f"{done.tenant.name}: {'connected' if done.is_new else 'changed'}; the next sync reads it")
    for scope in done.lacks.missing:
        click.echo(f"missing scope: {scope}")
    for scope in done.lacks.unknown:
        click.echo(f"not known, for the token does not say its scopes: {scope}")


def client_secret() -> SecretStr | None:
    if sys.stdin.isatty():
        secret = click.prompt("Client secret", hide_input=True, default="", show_default=False)
    else:
        secret = sys.stdin.readline().strip()
    return SecretStr(secret) if secret else None


@click.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Disconnect a tenant that was connected. All that is known of it stays, and what waits to be sent waits."""
    from pipelines.actions.connecting import KEPT, disconnect

    gone = disconnect(load_settings(), name.lower(), getpass.getuser(), datetime.now(UTC))
    click.echo(f"{gone.name}: disconnected; {KEPT}")


@click.command("secrets-key")
@click.option("--rotate", is_flag=True, help="Store every secret anew, under the first key of SECRETS_KEY.")
def secrets_key(rotate: bool) -> None:
    """Print a new key for SECRETS_KEY.

    To change the key, put the new one before the old one, with a comma between, restart, run this with --rotate, and
    take the old one away.
    """
    from pipelines.operations import open_operations, transaction
    from pipelines.tenants import store
    from pipelines.tenants.encryption import SecretsKey, new_key

    if not rotate:
        click.echo(new_key())
        return
    settings = load_settings()
    key = SecretsKey(settings)
    key.expect()
    with open_operations(settings.operations) as con, transaction(con, "tenants"):
        count, locked = store.rotate(con, key, datetime.now(UTC))
    click.echo(f"{count} secrets stored anew under the key with the fingerprint {settings.key_fingerprints[0]}")
    for tenant in locked:
        click.echo(f"{tenant.name}: {tenant.locked}", err=True)
    if locked:
        raise SystemExit(1)
