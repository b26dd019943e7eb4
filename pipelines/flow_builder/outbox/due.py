"""What is due: the question that the queue, its sensor and its reports ask."""

from pipelines.flow_builder.statuses import UNFINISHED, WAITING, Status

# What must settle waits for a sync, as does what starts the flow of a visit that is over. A tenant in shadow or pause
# sends nothing, and after a pause only what a sync that began since has looked at.
#
# Per customer first in, first out: an earlier one that is not finished comes first, and one that was canceled while on
# its way may still arrive until its lease is over. In the words of the indexes; left to itself, SQLite takes the index
# on the status, and sorts all that is due at every turn.
ROWS = f"""
    from deliveries as due indexed by deliveries_due
    where status in {WAITING}
        and {{is_time}}
        and settles_at is null
        and ifnull(flow_until, '~') > :now
        and not exists (
            select 1 from tenant_switches
            left join enqueues on enqueues.tenant_id = due.tenant_id
            where tenant_switches.tenant_id in (due.tenant_id, 0)
                and (is_shadow = 1 or paused_at is not null or ifnull(enqueues.began_at, '') <= resumed_at)
        )
        and not exists (
            select 1 from deliveries as earlier
            where earlier.tenant_id = due.tenant_id
                and earlier.customer_id = due.customer_id
                and earlier.sequence < due.sequence
                and (earlier.status in {UNFINISHED} or earlier.next_attempt_at is not null)
                and (earlier.status in {UNFINISHED} or earlier.next_attempt_at > :now)
        )
        {{more}}
    order by {{order}}, sequence
"""
IS_TIME = "ifnull(next_attempt_at, '') <= :now"
DUE = ROWS.format(is_time=IS_TIME, more="", order="ifnull(next_attempt_at, '')")

# All but the customers of what died last, with no success since: if that turns out to be the endpoint's fault, it is
# due again, but not after a later one of its customer.
UNSUSPECTED = ROWS.format(
    is_time=IS_TIME,
    more=f"""
        and not exists (
            select 1 from endpoint_failures
            inner join attempts using (attempt_id)
            inner join deliveries as suspect on attempts.webhook_id = suspect.webhook_id
            where suspect.status = '{Status.DEAD}'
                and suspect.tenant_id = due.tenant_id
                and suspect.customer_id = due.customer_id
        )
    """,
    order="ifnull(next_attempt_at, '')",
)


def free(rows: str) -> str:
    """Of these, where others take some at the same time: those that nobody is at, of no tenant that is ``:busy``."""
    not_busy = "and due.tenant_id not in (select cast(value as bigint) from json_each(:busy))"
    return f"{rows.replace('order by', f'{not_busy} order by')} limit :limit for update of due skip locked"


# What may be sent while the endpoint is down, tried longest ago first. What brought it down need not wait for its time.
PROBES = ROWS.format(
    is_time=f"({IS_TIME} or attempt_id in (select attempt_id from endpoint_failures))",
    more="",
    order="ifnull(attempt_id, 0)",
)
