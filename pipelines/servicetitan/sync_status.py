"""When each tenant was last read to its end, kept where those who may not open the warehouse can see it.

What no state comes of does not count: while it is read for the first time, or fails, the states are as fresh. Nor does
what only names things, where it is asked whether a mail is still right.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pipelines.operations import Place, moment, open_operations, stamp, transaction
from pipelines.readings import Reading
from pipelines.servicetitan.progress import StreamSync
from pipelines.servicetitan.streams import STREAM

KEEP = """
    insert into last_complete_syncs (tenant_id, ended_at) values (?, ?)
    on conflict (tenant_id) do update set ended_at = excluded.ended_at
"""

# What a visit, an estimate, a sale or a customer's will may have changed in.
READ_WHOLE = {"customers", "customer_contacts", "leads", "jobs", "job_canceled_logs", "appointments", "estimates"}
KEEP_READING = """
    insert into tenant_readings (tenant_id, asked_at, whole_from) values (?, ?, ?)
    on conflict (tenant_id) do update set
        asked_at = excluded.asked_at,
        whole_from = coalesce(excluded.whole_from, tenant_readings.whole_from)
"""


def keep_complete(operations: Place, syncs: Iterable[StreamSync]) -> None:
    """Of one sync; a tenant with a stream that did not come to its end keeps the time that it has."""
    counted = by_tenant(sync for sync in syncs if not STREAM[sync.stream].facts_only)
    with open_operations(operations) as con:
        for tenant_id, streams in counted.items():
            if all(sync.complete and sync.ended_at for sync in streams):
                con.execute(KEEP, [tenant_id, stamp(max(sync.ended_at for sync in streams if sync.ended_at))])


def last_complete(operations: Place) -> dict[int, datetime]:
    """Tenant's id -> when its last complete sync ended; without those that had none."""
    with open_operations(operations) as con:
        return {tenant_id: moment(text) for tenant_id, text in con.execute("select * from last_complete_syncs")}


def keep_readings(operations: Place, began_at: datetime, syncs: Iterable[StreamSync]) -> None:
    """Of one sync, which began then; a tenant that it left alone keeps what it has."""
    asked = by_tenant(sync for sync in syncs if sync.asked)
    with open_operations(operations) as con, transaction(con):
        for tenant_id, streams in asked.items():
            whole = {sync.stream for sync in streams if sync.complete} >= READ_WHOLE
            con.execute(KEEP_READING, [tenant_id, stamp(began_at), stamp(began_at) if whole else None])


def readings(operations: Place) -> dict[int, Reading]:
    """By tenant; without those that no sync has asked yet."""
    with open_operations(operations) as con:
        rows = con.execute("select tenant_id, asked_at, whole_from from tenant_readings")
        return {
            tenant_id: Reading(moment(asked_at), whole_from and moment(whole_from))
            for tenant_id, asked_at, whole_from in rows
        }


def by_tenant(syncs: Iterable[StreamSync]) -> dict[int, list[StreamSync]]:
    found: dict[int, list[StreamSync]] = defaultdict(list)
    for sync in syncs:
        found[sync.tenant_id].append(sync)
    return found
