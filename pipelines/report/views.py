"""The page's sections: all tenants together, and each tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.flow_builder.statuses import Status
from pipelines.report.drawing import add_up
from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, figures
from pipelines.report.questions import ReportTenant, WaitingCustomer, WaitingDelivery

MAX_ROWS = 10


@dataclass(frozen=True)
class Tile:
    """One headline figure. ``tone``: ``bad`` where a person must act, with the command to begin with."""

    label: str
    value: str
    words: str = ""
    command: str = ""
    tone: str = ""


@dataclass(frozen=True)
class View:
    """``key`` is the section's name in the address; ``last_syncs``: tenants with their last complete sync."""

    key: str
    name: str
    tiles: list[Tile]
    last_syncs: list[tuple[ReportTenant, datetime | None]]
    figures: list[Figure]
    deliveries: list[WaitingDelivery]
    customers: list[WaitingCustomer]


def views(facts: ReportFacts, last_syncs: Mapping[int, datetime]) -> list[View]:
    """One for a company with one tenant; else all together come first."""
    each = [view(str(t.tenant_id), t.name, facts.of(t.tenant_id), last_syncs) for t in facts.tenants]
    return each if len(each) == 1 else [view("all", "All tenants", facts, last_syncs), *each]


def view(key: str, name: str, facts: ReportFacts, last_syncs: Mapping[int, datetime]) -> View:
    return View(
        key,
        name,
        tiles(facts),
        [(tenant, last_syncs.get(tenant.tenant_id)) for tenant in facts.tenants],
        figures(facts),
        facts.waiting_deliveries[:MAX_ROWS],
        facts.waiting_customers[:MAX_ROWS],
    )


def tiles(facts: ReportFacts) -> list[Tile]:
    customers = sum(row.customers for row in facts.in_state)
    inactive = sum(row.inactive for row in facts.in_state)
    under_way = sum(row.customers for row in facts.in_state if row.state > 0)
    week = facts.as_of.date() - timedelta(days=6)
    moved = sum(row.transitions for row in facts.moved if row.day >= week)
    sent = add_up((row for row in facts.sent if row.day >= week), lambda row: row.status, lambda row: row.deliveries)
    unsent = f"{sent[Status.NOT_SENT]:,} not to be sent"
    now = add_up(facts.standing, lambda row: row.status, lambda row: row.deliveries)
    return [
        Tile("Customers", f"{customers:,}", f"{inactive:,} of them inactive" if inactive else "all of them active"),
        Tile("Under way", f"{under_way:,}", "in a state with a flow" + share(under_way, customers)),
        Tile("Transitions", f"{moved:,}", "in the last 7 days"),
        Tile("Delivered", f"{sent[Status.DELIVERED]:,}", f"in the last 7 days; {unsent}"),
        Tile("Waiting", f"{now['waiting']:,}", "deliveries on their way"),
        trouble("Held", now[Status.HELD], f"servicetitan-flow deliveries --status {Status.HELD}"),
        trouble("Dead", now[Status.DEAD], f"servicetitan-flow deliveries --status {Status.DEAD}"),
    ]


def share(part: int, whole: int) -> str:
    return f", {part / whole:.0%} of all" if whole else ""


def trouble(label: str, count: int, command: str) -> Tile:
    return Tile(label, f"{count:,}", "look:", command, "bad") if count else Tile(label, "0", "nothing to do")
