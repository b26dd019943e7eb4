"""What is due: the question that the queue, its sensor and its reports ask."""

# Per customer first in, first out: an earlier one that is not finished comes first, and one that was canceled while on
# its way may still arrive until its lease is over. In the words of the indexes; left to itself, SQLite takes the index
# on the status, and sorts all that is due at every turn.
DUE_ROWS = """
    from deliveries as due indexed by deliveries_due
    where status in ('pending', 'sending', 'retry')
        and ifnull(next_attempt_at, '') <= :now
        and not exists (
            select 1 from deliveries as earlier
            where earlier.tenant_id = due.tenant_id
                and earlier.customer_id = due.customer_id
                and earlier.sequence < due.sequence
                and (earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at is not null)
                and (earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at > :now)
        )
"""
DUE = f"{DUE_ROWS} order by ifnull(next_attempt_at, ''), sequence"
DUE_LONGEST = f"{DUE_ROWS} order by ifnull(attempt_id, 0), sequence"  # what was tried longest ago comes first
