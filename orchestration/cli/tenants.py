"""`servicetitan-flow tenants`: who they are, whose deliveries leave, and who says so."""

import getpass
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from orchestration.cli.connecting import add, remove
from orchestration.cli.table import print_table
from pipelines.flow_builder import switches
from pipelines.flow_builder.switches import ALL, Switch, Switches, Turn
from pipelines.operations import Connection, open_operations
from pipelines.servicetitan.sync_status import readings
from pipelines.settings import Settings, Tenant, load_settings
from pipelines.tenants import directory

WORDS: dict[Turn, str] = {
    "live": "Send what happens from now on; what had been told before and is no longer so is corrected.",
    "shadow": "Send nothing: each message is only noted, with the text that would have gone.",
    "pause": "The brake: everything waits, and nothing leaves.",
    "resume": "Let go what waits, once a sync that began after now has looked at it.",
}


@click.group()
def tenants() -> None:
    """The tenants: connect and disconnect them, turn their switches, see how far they were read."""


@tenants.command("list")
def list_tenants() -> None:
    """What each tenant's deliveries may do, since when and by whom, and as of when it was last read whole."""
    settings = load_settings()
    whole = {tenant_id: reading.whole_from for tenant_id, reading in readings(settings.operations).items()}
    with open_operations(settings.operations) as con:
        found = switches.read(con, directory.all(settings))
        rows = [row(con, found, "all tenants", ALL)] if found[ALL] != Switch() else []
        rows += [row(con, found, one.name, one.id) for one in directory.all(settings)]
    print_table([{**one, "read whole (UTC)": when(whole.get(one["id"]))} for one in rows])
    for one in directory.all(settings):
        if one.locked:
            click.echo(f"{one.name}: {one.locked}", err=True)


def row(con: Connection, found: Switches, name: str, tenant_id: int) -> dict[str, Any]:
    """Of its own switch; the one over all has a line of its own."""
    own = found[tenant_id]
    decision = switches.newest_decision(con, tenant_id, *(("pause",) if own.is_paused else switches.TURNS))
    return {
        "tenant": name,
        "id": tenant_id or "",
        "delivery": ("shadow" if own.is_shadow else "live") + ", paused" * own.is_paused,
        "since (UTC)": when(decision.decided_at) if decision else "",
        "by": decision.decided_by if decision else "its settings",
        "why": decision.reason if decision else "",
    }


def when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def command(to: Turn) -> click.Command:
    @click.command(to, help=WORDS[to])
    @click.argument("names", nargs=-1, metavar="[NAME…]")
    @click.option("--all", "of_all", is_flag=True, help="The switch over all tenants, also those to come.")
    @click.option("--reason", required=True, metavar="TEXT", help="Kept with the decision.")
    def turn(names: Sequence[str], of_all: bool, reason: str) -> None:
        if bool(names) == of_all:
            raise click.UsageError("expected the names of tenants, or --all")
        settings = load_settings()
        chosen = None if of_all else [directory.find(settings, name) for name in names]
        now, by = datetime.now(UTC), getpass.getuser()
        try:
            turned = switches.turn(settings.operations, chosen, to, reason=reason, by=by, now=now)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--reason") from None
        for one in [None] if chosen is None else chosen:
            name, tenant_id = (one.name, one.id) if one else ("all tenants", ALL)
            was = "" if tenant_id in turned else " already; nothing was changed"
            click.echo(f"{name}: {switches.DONE[to]}{was}")
        for line in still_kept_back(settings, chosen or directory.all(settings), to):
            click.echo(line)

    return turn


def still_kept_back(settings: Settings, chosen: Sequence[Tenant], to: Turn) -> Iterator[str]:
    """Where another switch says otherwise than the one that was turned."""
    if to in ("shadow", "pause"):
        return
    undone = {"live": "in shadow", "resume": "paused"}[to]
    with open_operations(settings.operations) as con:
        found = switches.read(con, directory.all(settings))
    for one in chosen:
        if not switches.in_force(found, one.id).has(to):
            cause, way = ("as all are", "--all") if found[one.id].has(to) else ("by its own switch", one.name)
            yield f"{one.name}: still {undone}, {cause}; `servicetitan-flow tenants {to} {way} --reason TEXT` ends that"


for one in [*map(command, switches.TURNS), add, remove]:
    tenants.add_command(one)


def say_switches(settings: Settings) -> bool:
    """Each tenant of which nothing leaves, on standard error; whether there is one."""
    with open_operations(settings.operations) as con:
        found = switches.read(con, directory.all(settings))
    lines = [line for one in directory.all(settings) if (line := kept_back(one, switches.in_force(found, one.id)))]
    for line in lines:
        click.echo(line, err=True)
    return bool(lines)


def kept_back(tenant: Tenant, switch: Switch) -> str | None:
    """``socal: paused since …``; see `servicetitan-flow tenants list`."""
    see = "`servicetitan-flow tenants list` says who decided that"
    if switch.is_paused:
        return f"{tenant.name}: paused since {when(switch.paused_at)} UTC; what is due waits; {see}"
    if switch.is_shadow:
        return f"{tenant.name}: in shadow; what happens is noted, and nothing is sent; {see}"
    return None
