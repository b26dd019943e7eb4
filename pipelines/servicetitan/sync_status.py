"""When each tenant was last read to its end, kept where those who may not open the warehouse can see it.

What no state comes of does not count: while it is read for the first time, or fails, the states are as fresh.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pipelines.operations import moment, open_operations, stamp
from pipelines.servicetitan.progress import StreamSync
from pipelines.servicetitan.streams import STREAM

KEEP = """
    insert into last_complete_syncs (tenant_id, ended_at) values (?, ?)
    on conflict do update set ended_at = excluded.ended_at
"""


def keep_complete(operations: Path, syncs: Iterable[StreamSync]) -> None:
    """Of one sync; a tenant with a stream that did not come to its end keeps the time that it has."""
    by_tenant: dict[int, list[StreamSync]] = defaultdict(list)
    for sync in syncs:
        if not STREAM[sync.stream].facts_only:
            by_tenant[sync.tenant_id].append(sync)
    with open_operations(operations) as con:
        for tenant_id, streams in by_tenant.items():
            if all(sync.complete and sync.ended_at for sync in streams):
                con.execute(KEEP, [tenant_id, stamp(max(sync.ended_at for sync in streams if sync.ended_at))])


def last_complete(operations: Path) -> dict[int, datetime]:
    """Tenant's id -> when its last complete sync ended; without those that had none."""
    with open_operations(operations) as con:
        return {tenant_id: moment(text) for tenant_id, text in con.execute("select * from last_complete_syncs")}
