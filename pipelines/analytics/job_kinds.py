"""What job types are, as the analysts' copy has it."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import duckdb

from pipelines.analytics.customer_history import NotPublished, published
from pipelines.rules.behaviour import Behaviour

COLUMNS = ", ".join(field.name for field in fields(Behaviour))
ROWS = f"""
    select {COLUMNS} from marts.job_kind_behaviour
    where tenant_id = ? order by jobs desc, job_type_id, business_unit_id
"""


def behaviours(analytics: Path, tenant_id: int) -> Iterator[Behaviour]:
    """Of one tenant, most jobs first. Raises `NotPublished`."""
    with published(analytics) as con:
        try:
            found = con.execute(ROWS, [tenant_id]).fetchall()
        except duckdb.CatalogException:
            raise NotPublished(f"{analytics} is of an earlier release: the next sync publishes it anew") from None
    return (Behaviour(*row) for row in found)
