"""What is due: the question that the queue, its sensor and its reports ask."""

# Per customer first in, first out: an earlier one that is not finished comes first, and one that was canceled while on
# its way may still arrive until its lease is over. In the words of the indexes; left to itself, SQLite takes the index
# on the status, and sorts all that is due at every turn.
ROWS = """
    from deliveries as due indexed by deliveries_due
    where status in ('pending', 'sending', 'retry')
        and {is_time}
        and not exists (
            select 1 from deliveries as earlier
            where earlier.tenant_id = due.tenant_id
                and earlier.customer_id = due.customer_id
                and earlier.sequence < due.sequence
                and (earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at is not null)
                and (earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at > :now)
        )
    order by {order}, sequence
"""
DUE = ROWS.format(is_time="ifnull(next_attempt_at, '') <= :now", order="ifnull(next_attempt_at, '')")

# What may be sent while the endpoint is down, tried longest ago first. What brought it down need not wait for its time.
PROBES = ROWS.format(
    is_time="(ifnull(next_attempt_at, '') <= :now or attempt_id in (select attempt_id from endpoint_failures))",
    order="ifnull(attempt_id, 0)",
)
