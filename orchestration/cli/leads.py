"""`servicetitan-flow leads`: inbound leads, and a person's decisions on those that wait."""

import getpass
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import click

from orchestration.cli.table import print_table
from pipelines.actions.inbound_leads.statuses import LeadStatus
from pipelines.operations import moment
from pipelines.settings import Settings, load_settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    from pipelines.actions.context import Resource
    from pipelines.actions.inbound_leads.queue import LeadQueue
    from pipelines.servicetitan.api.client import Client


@click.group(invoke_without_command=True)
@click.pass_context
def leads(context: click.Context) -> None:
    """Inbound leads, and those that wait for a person."""
    if context.invoked_subcommand is None:
        context.invoke(list_leads)


@leads.command("list")
@click.option("--tenant", metavar="NAME")
@click.option("--status", type=click.Choice(get_args(LeadStatus)))
@click.option("--newest", type=click.IntRange(min=1), default=100, show_default=True, help="Of each tenant, at most.")
@click.option("--json", "as_json", is_flag=True)
def list_leads(tenant: str | None, status: LeadStatus | None, newest: int, as_json: bool) -> None:
    """The newest first; why one waits for a person stands behind it. Without contact data."""
    settings = load_settings()
    chosen = [directory.find(settings, tenant)] if tenant else directory.all(settings)
    with queue_of(settings) as queue:
        rows = [shown(one.name, row) for one in chosen for row in queue.listed(one.id, status, newest)]
    rows.sort(key=lambda row: str(row["received (UTC)"]), reverse=True)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        print_table(rows, none="no lead has come" if status is None else f"no lead is {status}")


def shown(tenant: str, row: Any) -> dict[str, Any]:
    candidates = json.loads(row["candidates"]) if row["candidates"] else []
    return {
        "id": row["id"],
        "tenant": tenant,
        "source": row["source"],
        "received (UTC)": f"{moment(row['received_at']):%Y-%m-%d %H:%M:%S}",
        "status": row["status"],
        "customer": row["customer_id"] or ", ".join(map(str, candidates)),
        "lead": row["lead_id"],
        "decided by": row["decided_by"],
        "why": row["last_error"] or row["decision_reason"],
    }


@leads.command()
@click.argument("lead_id", metavar="ID")
def show(lead_id: str) -> None:
    """One lead, with all that its sender said, and whom it may belong to as of the last sync."""
    from pipelines.actions.inbound_leads.candidates import in_copy

    with found(lead_id) as (settings, _, row):
        told = dict(row) | {name: json.loads(row[name]) for name in ("lead", "candidates", "kept") if row[name]}
        known = in_copy(settings, directory.find(settings, row["tenant_id"]), row)
        told["candidates_in_copy"] = [asdict(one) for one in known]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))


REASON = click.option("--reason", required=True, metavar="TEXT", help="Kept with the decision.")
LEAD = click.argument("lead_id", metavar="ID")


@leads.command()
@LEAD
@click.argument("customer_id", metavar="CUSTOMER", type=int)
@REASON
def choose(lead_id: str, customer_id: int, reason: str) -> None:
    """It is this customer's."""
    decide(lead_id, reason, customer_id=customer_id)


def decision(name: str, words: str) -> None:
    @leads.command(name, help=words)
    @LEAD
    @REASON
    def command(lead_id: str, reason: str) -> None:
        decide(lead_id, reason, **{name: True})


decision("create", "It is a new customer's.")
decision("discard", "It is nobody's, and nothing is to be done.")
decision("retry", "Try it once more: what stood in the way is mended.")


def decide(lead_id: str, reason: str, **way: Any) -> None:
    """`servicetitan-flow serve` then goes on with it, within seconds or as soon as it runs."""
    from pydantic import ValidationError

    from pipelines.actions.inbound_leads.decisions import LeadDecision, decide
    from pipelines.actions.web.problems import Problem

    try:
        form = LeadDecision(reason=reason, **way)
    except ValidationError as error:
        raise click.UsageError("; ".join(str(one["msg"]) for one in error.errors())) from None
    with found(lead_id) as (settings, queue, row):
        current = asked_of(settings, row["tenant_id"])
        try:
            now = decide(queue, row["tenant_id"], lead_id, form, getpass.getuser(), current)
        except Problem as problem:
            raise click.ClickException(problem.words) from None
    click.echo(f"{lead_id}: {now['status']}")


def asked_of(settings: Settings, tenant_id: int) -> Callable[[int], int]:
    """Whom a customer stands for in ServiceTitan; raises `Problem`, and `click.ClickException` where there is none."""

    def current(customer_id: int) -> int:
        from pipelines.actions.crm.merges import current
        from pipelines.actions.web.problems import Problem
        from pipelines.servicetitan.api.client import client_per_tenant
        from pipelines.servicetitan.api.rate_limit import RateLimiter

        tenant = directory.find(settings, tenant_id)
        client = client_per_tenant(settings, RateLimiter(settings.data_dir / "budget.sqlite"))[tenant]
        try:
            return int(current(Straight(client), customer_id)["id"])
        except Problem as problem:
            if problem.code == "not_found":
                raise click.ClickException(f"ServiceTitan has no customer {customer_id} of {tenant.name}") from None
            raise
        finally:
            client.close()

    return current


@dataclass(frozen=True)
class Straight:
    """One tenant's ServiceTitan, asked from here."""

    client: "Client"

    def get(self, resource: "Resource", params: Mapping[str, str | int] | None = None) -> Any:
        return self.client.get(resource.module, resource.path, params, scope=resource.scope_to("r"))


@contextmanager
def queue_of(settings: Settings) -> "Iterator[LeadQueue]":
    from pipelines.actions.database import ActionsDatabase
    from pipelines.actions.inbound_leads.queue import LeadQueue

    store = ActionsDatabase(settings.operations)
    try:
        yield LeadQueue(store, lambda: datetime.now(UTC))
    finally:
        store.close()


@contextmanager
def found(lead_id: str) -> "Iterator[tuple[Settings, LeadQueue, Any]]":
    """Raises `click.ClickException`."""
    settings = load_settings()
    with queue_of(settings) as queue:
        rows = (queue.get(tenant.id, lead_id) for tenant in directory.all(settings))
        row = next((row for row in rows if row), None)
        if row is None:
            raise click.ClickException(f"there is no inbound lead {lead_id}; `servicetitan-flow leads` lists them")
        yield settings, queue, row
