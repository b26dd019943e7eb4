"""Everything that the report tells, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.analytics.publish import read_publication
from pipelines.analytics.published import NotPublished
from pipelines.report import questions as ask
from pipelines.report.questions import (
    Change,
    InState,
    Moved,
    Reached,
    ReportTenant,
    Sent,
    Standing,
    WaitingCustomer,
    WaitingDelivery,
)


@dataclass(frozen=True)
class ReportFacts:
    """``states``: number -> name. All lists have rows per tenant; adding them up gives all tenants."""

    as_of: datetime
    states: dict[float, str]
    tenants: list[ReportTenant]
    in_state: list[InState]
    reached: list[Reached]
    changes: list[Change]
    moved: list[Moved]
    sent: list[Sent]
    standing: list[Standing]
    waiting_deliveries: list[WaitingDelivery]
    waiting_customers: list[WaitingCustomer]

    def of(self, tenant_id: int) -> "ReportFacts":
        """Of one tenant alone."""
        rows: dict[str, Any] = {
            field.name: [row for row in getattr(self, field.name) if row.tenant_id == tenant_id]
            for field in fields(self)
            if isinstance(getattr(self, field.name), list)
        }
        return replace(self, **rows)


def read_facts(analytics: Path, configured: Mapping[int, str] | None = None) -> ReportFacts:
    """``configured``: tenants that are on the page even before anything of them is known. Raises `NotPublished`."""
    as_of = published_as_of(analytics)
    with duckdb.connect(analytics, read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(ask.DAY_OF)

        def rows(query: str) -> list[tuple[Any, ...]]:
            found = con.execute(query, {"as_of": as_of} if "$as_of" in query else None)
            return found.fetchall()

        known = [ReportTenant(*row) for row in rows(ask.TENANTS)]
        return ReportFacts(
            as_of=as_of,
            states=dict(rows(ask.STATES)),
            tenants=named(known, configured or {}),
            in_state=[InState(*row) for row in rows(ask.IN_STATE)],
            reached=[Reached(*row) for row in rows(ask.REACHED)],
            changes=[Change(*row) for row in rows(ask.CHANGES)],
            moved=[Moved(*row) for row in rows(ask.MOVED)],
            sent=[Sent(*row) for row in rows(ask.SENT)],
            standing=[Standing(*row) for row in rows(ask.STANDING)],
            waiting_deliveries=[WaitingDelivery(*row) for row in rows(ask.WAITING_DELIVERIES)],
            waiting_customers=[WaitingCustomer(*row) for row in rows(ask.WAITING_CUSTOMERS)],
        )


def published_as_of(analytics: Path) -> datetime:
    """The clock of the derivation that the copy is of."""
    publication = read_publication(analytics)
    if publication is None or publication.as_of is None:
        raise NotPublished(f"{analytics} is of an earlier release or damaged: the next sync publishes it anew")
    return publication.as_of


def named(known: list[ReportTenant], configured: Mapping[int, str]) -> list[ReportTenant]:
    by_id = {tenant_id: ReportTenant(tenant_id, name, None) for tenant_id, name in configured.items()}
    for tenant in known:
        name = configured.get(tenant.tenant_id, tenant.name)
        by_id[tenant.tenant_id] = tenant._replace(name=name)
    return sorted(by_id.values(), key=lambda tenant: tenant.name)
