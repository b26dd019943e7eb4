"""The inbound leads of a back-up: those that were open may have been worked on since, so a person decides."""

from pipelines.actions.inbound_leads.statuses import NEEDS_REVIEW, OPEN
from pipelines.operations import Connection, stamp
from pipelines.operations.restore import Restoration

ASK = f"""
    update inbound_leads set
        status = '{NEEDS_REVIEW}', next_try_at = null, ended_at = ?,
        last_error = 'restored: it may have been worked on since the back-up'
    where status = '{OPEN}'
"""


def reopen_leads(con: Connection, restoration: Restoration) -> int:
    """Whose they are, and what becomes of them, is an open question again."""
    return con.execute(ASK, [stamp(restoration.at)]).rowcount
