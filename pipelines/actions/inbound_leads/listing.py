"""Inbound leads of several tenants as a person looks through them, a page at a time."""

from collections.abc import Collection, Sequence
from heapq import merge
from typing import get_args

from pipelines.actions.database import Row, named
from pipelines.actions.inbound_leads.statuses import WAITS_FOR_A_PERSON, LeadStatus
from pipelines.operations import Connection

# By status, for so the index has them; a page of all is merged from these.
NEWEST = """
    select * from inbound_leads where status = ? and tenant_id in ({}) order by received_at desc, id limit ?
"""
WAITING = f"""
    select * from inbound_leads where {WAITS_FOR_A_PERSON} and tenant_id in ({{}}) order by received_at, id limit ?
"""
HOW_MANY_WAIT = f"select count(*) from inbound_leads where {WAITS_FOR_A_PERSON} and tenant_id in ({{}})"
BY_ID = "select * from inbound_leads where id = ? and tenant_id in ({})"


def newest(
    con: Connection, tenant_ids: Collection[int], status: LeadStatus | None, *, limit: int, offset: int = 0
) -> list[Row]:
    """``status``: None: whatever became of them."""
    wanted: Sequence[LeadStatus] = get_args(LeadStatus) if status is None else [status]
    query = NEWEST.format(ids(tenant_ids))
    found = [named(con.execute(query, [one, limit + offset])) for one in wanted]
    return [*merge(*found, key=lambda row: str(row["received_at"]), reverse=True)][offset : offset + limit]


def waiting(con: Connection, tenant_ids: Collection[int], *, limit: int) -> list[Row]:
    """For a person: who has waited longest, first."""
    return named(con.execute(WAITING.format(ids(tenant_ids)), [limit]))


def how_many_wait(con: Connection, tenant_ids: Collection[int]) -> int:
    return int(con.execute(HOW_MANY_WAIT.format(ids(tenant_ids))).fetchone()[0])


def find(con: Connection, tenant_ids: Collection[int], lead_id: str) -> Row | None:
    return next(iter(named(con.execute(BY_ID.format(ids(tenant_ids)), [lead_id]))), None)


def ids(tenant_ids: Collection[int]) -> str:
    return ", ".join(str(int(one)) for one in tenant_ids)
