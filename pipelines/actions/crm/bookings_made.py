"""Which bookings came of our own actions."""

from collections import defaultdict
from datetime import datetime

from pipelines.operations import Place, open_operations, stamp

MADE = """
    select tenant_id, record_id from servicetitan_writes
    where resource like 'booking-provider/%' and record_id is not null and began_at < ?
"""


def bookings_made(operations: Place, before: datetime) -> dict[int, set[int]]:
    """Tenant -> ids. Raises `OperationsError`."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    with open_operations(operations) as con:
        for tenant_id, booking_id in con.execute(MADE, (stamp(before),)).fetchall():
            found[tenant_id].add(booking_id)
    return dict(found)
