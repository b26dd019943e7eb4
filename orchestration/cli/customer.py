"""`servicetitan-flow customer`: why a customer is in a state."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli.table import print_table
from pipelines.settings import Tenant, load_settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    from pipelines.analytics.customer_search import FoundInCopy, Wanted


@click.command("customer")
@click.argument("tenant")
@click.argument("customer_id", type=int, metavar="[ID]", required=False)
@click.option("--phone", help="In any spelling.")
@click.option("--email")
@click.option("--name", help="Words that the name has, whole or in part.")
@click.option("--job", metavar="NUMBER", help="Of one of the customer's jobs.")
@click.option("--json", "as_json", is_flag=True)
def customer_command(
    tenant: str,
    customer_id: int | None,
    phone: str | None,
    email: str | None,
    name: str | None,
    job: str | None,
    as_json: bool,
) -> None:
    """One customer: state, every transition with its evidence, every delivery. Where several are found: the list."""
    from pipelines.analytics.customer_history import customer
    from pipelines.analytics.customer_search import MAX_FOUND, Wanted, find_in_copy

    settings = load_settings()
    chosen = directory.find(settings, tenant)
    wanted = Wanted(customer_id, phone, email, job, name)
    if not any(wanted.given()):
        raise click.UsageError("name a customer: ID, --phone, --email, --name or --job")
    refuse_unreadable(chosen, wanted)
    found = find_in_copy(settings.analytics, settings.operations, chosen, wanted, most=MAX_FOUND + 1)
    if not found:
        raise click.ClickException(
            f"no customer of {chosen.name} in the last published sync has {described(wanted)}; see that it is"
            " spelled as in ServiceTitan, or sync first"
        )
    if len(found) > 1:
        show_list(found[:MAX_FOUND], as_json)
        if len(found) > MAX_FOUND:
            click.echo(f"more than {MAX_FOUND}: name more of the customer", err=True)
        return
    whole = customer(settings.analytics, settings.operations, chosen.id, found[0].customer_id)
    if as_json:
        click.echo(json.dumps(whole, indent=2, default=plain))
    elif whole:
        show(whole)


def refuse_unreadable(tenant: Tenant, wanted: "Wanted") -> None:
    """Raises `click.BadParameter` for what can be no number, or no address."""
    from pipelines.analytics.customer_index import one_form

    if wanted.phone is not None and not one_form("phone", wanted.phone, tenant.country):
        code = f"without a country's code it is read as one of {tenant.country}"
        raise click.BadParameter(f"{wanted.phone!r} can be no phone number; {code}", param_hint="--phone")
    if wanted.email is not None and not one_form("email", wanted.email, tenant.country):
        raise click.BadParameter(f"{wanted.email!r} can be no e-mail address", param_hint="--email")


def described(wanted: "Wanted") -> str:
    return " and ".join(f"{kind.replace('customer_id', 'id')} {value}" for kind, value in wanted.given())


def show_list(found: list["FoundInCopy"], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    print_table(
        [
            {
                "id": one.customer_id,
                "name": one.name,
                "state": f"{one.state} {one.state_name}",
                "": "" if one.is_active else "inactive",
            }
            for one in found
        ]
    )


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def show(found: dict[str, Any]) -> None:
    state = found["state"]
    click.echo(f"{state['customer_name']} ({state['tenant_name']} {state['servicetitan_customer_id']})")
    click.echo(f"state {state['current_state']} {state['current_state_name']} since {when(state['state_changed_at'])}")
    if state["reset_due_at"]:
        click.echo(f"goes to 0 on {when(state['reset_due_at'])} if nothing happens")
    click.echo("\nTransitions")
    print_table([transition(one) for one in found["transitions"]], none="none: nothing ever happened")
    click.echo("\nEvents that changed nothing")
    print_table([event(one) for one in found["events"] if one["verdict"] != "accepted"], none="none")
    click.echo("\nDeliveries")
    print_table([delivery(one) for one in found["deliveries"]], none="none")


def when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def transition(one: dict[str, Any]) -> dict[str, Any]:
    evidence = f"{one['source_table']} {one['source_id']}" if one["source_table"] else ""
    untold = "baseline" if one["is_baseline"] else "reclassified" * one.get("is_reclassified", False)
    return {
        "occurred (UTC)": when(one["occurred_at"]),
        "from": one["from_state"],
        "to": f"{one['to_state']} {one['to_state_name']}",
        "event": one["event_name"],
        "record": evidence,
        "job": one["job_id"],
        "detected (UTC)": when(one["detected_at"]),
        "": "retracted " + when(one["retracted_at"]) if one["retracted_at"] else untold,
    }


def event(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "occurred (UTC)": when(one["occurred_at"]),
        "event": one["event_name"],
        "record": f"{one['source_table']} {one['source_id']}",
        "job": one["job_id"],
        "in state": one["from_state"],
        "to": one["to_state"],
        "verdict": f"{one['verdict']} ({one['rule']})" if one["rule"] else one["verdict"],
    }


def delivery(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "created (UTC)": one["created_at"],
        "kind": one["kind"],
        "told": one["told_state"],
        "flow": one["flow_name"],
        "status": one["status"],
        "reason": one["reason"],
        "attempts": one["attempts"],
        "delivered (UTC)": one["delivered_at"],
        "id": one["webhook_id"],
    }
