"""What job types are, as the analysts' copy has it."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import duckdb

from pipelines.analytics.published import NotPublished, published
from pipelines.analytics.reader import Marts
from pipelines.rules.behaviour import Behaviour, Reason

COLUMNS = ", ".join(field.name for field in fields(Behaviour))
ROWS = f"""
    select {COLUMNS} from marts.job_kind_behaviour
    where tenant_id = $tenant order by jobs desc, job_type_id, business_unit_id
"""

REASONS = """
    select * from marts.cancel_reasons where tenant_id = $tenant order by jobs desc, reason_name, reason_id
"""
BASELINE = "select 1 as found from marts.tenant_baselines where tenant_id = $tenant"


def behaviours(analytics: Path, tenant_id: int) -> Iterator[Behaviour]:
    """Of one tenant, most jobs first. Raises `NotPublished`."""
    with published(analytics) as con:
        try:
            found = con.execute(ROWS, {"tenant": tenant_id}).fetchall()
        except duckdb.CatalogException:
            raise NotPublished(f"{analytics} is of an earlier release: the next sync publishes it anew") from None
    return (Behaviour(*row) for row in found)


def behaviours_in(marts: Marts, tenant_id: int) -> list[Behaviour]:
    """The same, for who holds the copy open, and to be left as they are; none before anything was published."""
    return marts.once(
        ("behaviours", tenant_id), lambda: [Behaviour(**row) for row in marts.rows(ROWS, {"tenant": tenant_id})]
    )


def reasons_in(marts: Marts, tenant_id: int) -> list[Reason]:
    """What reasons of cancellations mean, most jobs first."""
    names = [field.name for field in fields(Reason)]
    return [Reason(*(row[name] for name in names)) for row in marts.rows(REASONS, {"tenant": tenant_id})]


def has_baseline(marts: Marts, tenant_id: int) -> bool:
    """As of the last published sync."""
    return bool(marts.rows(BASELINE, {"tenant": tenant_id}))
