"""The outbox of a back-up: what was on its way may have been told since, so a person releases it."""

from pipelines.flow_builder.outbox.locks import TURNS
from pipelines.flow_builder.statuses import WAITING, Status
from pipelines.operations import Connection, stamp
from pipelines.operations.restore import Restoration

HOLD = f"""
    update deliveries set status = '{Status.HELD}', reason = 'restored', next_attempt_at = null,
        batch = tenant_id || '-restored-' || :restored_at
    where status in {WAITING}
"""
NO_LEASES = "update deliveries set next_attempt_at = null where next_attempt_at is not null"
NOTE = "insert into restores values (?, ?) on conflict (restored_at) do update set made_at = excluded.made_at"
CUT_OFF = "update attempts set error = 'cut off' where ended_at is null and error is null"


def hold_all(con: Connection, restoration: Restoration) -> int:
    """Also notes the moment: `enqueue` holds what happened before it and is news to the restored outbox."""
    con.lock(TURNS)  # in PostgreSQL workers go on meanwhile
    held = con.execute(HOLD, {"restored_at": stamp(restoration.at)}).rowcount
    con.execute(NO_LEASES)
    con.execute(CUT_OFF)
    con.execute(
        NOTE,
        [stamp(restoration.at), restoration.made_at],
    )
    return held
