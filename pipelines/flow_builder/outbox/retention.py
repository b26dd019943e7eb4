"""What the outbox forgets: bodies that were sent, and what was answered to them.

The rows stay, so that nothing is sent twice and everybody's history can be told.
"""

from collections import Counter

from pipelines.flow_builder.statuses import FINISHED
from pipelines.operations import Connection
from pipelines.operations.retention import blank

IS_FINISHED = f"""
    body is not null
    and status in {FINISHED}
    and next_attempt_at is null
    and created_at < :before
    and ifnull(delivered_at, '') < :before
"""
ANSWERED = "answer is not null and ended_at < :before"


def forget(con: Connection, before: str) -> Counter[str]:
    """Of deliveries that came to their end before then."""
    return Counter(
        bodies=blank(con, "deliveries", "sequence", "body", IS_FINISHED, before),
        answers=blank(con, "attempts", "attempt_id", "answer", ANSWERED, before),
    )
