"""What a sync wrote, beside what the document says."""

import math
from collections import defaultdict
from collections.abc import Sequence

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.endpoint import Broken
from tests.flow_builder.simulation.rows import Row

ALWAYS = ("webhook_id", "kind", "transition_id", "key", "state", "status")
DECIDED = ("job_id", "was_ahead")
ON_ITS_WAY = (
    *("flow_name", "ends", "suppressed", "superseded", "appointment", "flow_until", "settles_at", "occurred_at"),
    *("created_at", "is_of_a_batch"),
)


def compare(expected: Sequence[Row], rows: Sequence[Row]) -> None:
    """Raises `Broken`."""
    right, real = by_customer(expected), by_customer(rows)
    for key in sorted({*right, *real}):
        names = [row.webhook_id for row in right[key]]
        if names != [row.webhook_id for row in real[key]]:
            raise Broken(f"of {key} is to be told\n{listed(right[key])}\nand not\n{listed(real[key])}")
        for one, other in zip(right[key], real[key], strict=True):
            if wrong := [name for name in fields(one) if getattr(one, name) != getattr(other, name)]:
                says = {name: (getattr(one, name), getattr(other, name)) for name in wrong}
                raise Broken(f"right and real of {one.webhook_id}: {says}\n{listed(right[key])}\n{listed(real[key])}")
            if not is_reason(one.reason, other.reason):
                raise Broken(f"{one.webhook_id}: {other.reason} should be {one.reason}\n{listed(real[key])}")


def fields(row: Row) -> tuple[str, ...]:
    if row.status in ("pending", "sending", "retry", "held"):
        follows = ("follows",) if row.kind == "corrected" else ()
        return (*ALWAYS, *DECIDED, *ON_ITS_WAY, *follows)
    return (*ALWAYS, *(DECIDED if row.status == "not_sent" else ()))


def is_reason(right: str | None, real: str | None) -> bool:
    return right == "*" or real == right or real in (right or "").split("|")


def by_customer(rows: Sequence[Row]) -> defaultdict[Key, list[Row]]:
    found = defaultdict[Key, list[Row]](list)
    for row in rows:
        found[row.key].append(row)
    for mine in found.values():
        mine.sort(key=lambda row: row.sequence or math.inf)
    return found


def listed(rows: Sequence[Row]) -> str:
    return "\n".join(f"  {named(row)} {told(row)} {how(row)}" for row in rows)


def named(row: Row) -> str:
    return f"{row.webhook_id[:6]}{row.webhook_id[32:]} {row.kind} of {(row.transition_id or '')[:6]} {row.state}"


def told(row: Row) -> str:
    return f"{row.status} {row.reason} starts {row.flow_name} ends {[one[:6] for one in row.ends]} {row.suppressed}"


def how(row: Row) -> str:
    said = {"ahead": row.was_ahead, "begun": row.begun, "arrived": row.may_have_arrived}
    return " ".join(word for word, holds in said.items() if holds)
