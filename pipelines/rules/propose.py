"""Rows of `job_kind_rules` that say of job types what became of their jobs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from pipelines.rules.behaviour import Behaviour
from pipelines.rules.in_force import SHIPPED
from pipelines.rules.seeds import Cells

OF_TYPES = 5  # behind recalls and warranties (3 and 4), which are other whatever their type
OF_UNITS = 6  # behind the rows of types
COLUMNS = ("job_type_id", "business_unit_id")


def proposed(found: Collection[Behaviour]) -> list[Cells]:
    """For one tenant: a row per job type that no rule knows, or that a rule takes for another kind, where its jobs tell
    the kind; and one per business unit whose other jobs all tell the same. None that would change nothing."""
    types = {
        job_type: row(rows[0], "job_type_id", job_type, kind, OF_TYPES)
        for job_type, rows in grouped(found, "job_type_id")
        if (kind := kind_of_type(rows)) and is_needed(rows, kind)
    }
    units = [
        row(rows[0], "business_unit_id", unit, kind, OF_UNITS)
        for unit, rows in grouped(found, "business_unit_id")
        if (left := [one for one in rows if one.job_type_id not in types])
        and (kind := kind_of_unit(left))
        and is_needed(left, kind)
    ]
    rows = {(column, key): some for column in COLUMNS for key, some in grouped(found, column)}
    return [
        cells
        for cells in (*types.values(), *units)
        if has_effect(cells, rows[cells["match_field"], int(cells["pattern"])])
    ]


def grouped(found: Iterable[Behaviour], column: str) -> Iterator[tuple[int, list[Behaviour]]]:
    """Jobs without one are left out: a rule for them would take all."""
    groups = defaultdict(list)
    for one in found:
        groups[getattr(one, column)].append(one)
    yield from ((key, rows) for key, rows in groups.items() if key is not None)


def kind_of_type(rows: Sequence[Behaviour]) -> str | None:
    """None where its jobs do not tell, or are of different kinds in different units."""
    kind = rows[0].type_kind_by_behaviour
    return kind if {one.kind_by_behaviour for one in rows} <= {kind, None} else None


def kind_of_unit(rows: Sequence[Behaviour]) -> str | None:
    """None where one of these does not tell its kind by itself: a rule for the unit would take it."""
    kinds = {one.kind_by_behaviour for one in rows}
    return kinds.pop() if len(kinds) == 1 else None


def is_needed(rows: Iterable[Behaviour], kind: str) -> bool:
    return any(not one.is_known or one.job_kind != kind for one in rows)


def row(one: Behaviour, field: str, pattern: int, kind: str, priority: int) -> Cells:
    place = {"tenant_id": str(one.tenant_id), "match_field": field, "pattern": str(pattern)}
    return {**place, "job_kind": kind, "priority": str(priority), "estimates_from": ""}


def has_effect(cells: Cells, rows: Iterable[Behaviour]) -> bool:
    """Whether it is asked before a rule that takes any of its ``rows`` now, and takes them otherwise."""
    place = (int(cells["priority"]), False, False, cells["match_field"], cells["pattern"])
    return any((not one.is_known or one.job_kind != cells["job_kind"]) and place < asked_at(one) for one in rows)


def asked_at(one: Behaviour) -> tuple[int, bool, bool, str, str]:
    """The place of its rule among all, as `pipelines.rules.in_force` orders them."""
    return one.priority, one.rule_tenant_id is None, one.origin == SHIPPED, one.match_field, one.pattern or ""
