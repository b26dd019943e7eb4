"""May a flow that a transition started still send? Asked before each of its mails (delivery.md section 5)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipelines.flow_builder.customer import Transition
from pipelines.flow_builder.delivery import Delivery
from pipelines.flow_builder.event import cleaned, data
from pipelines.flow_builder.outbox.gate_view import GateView, read_view
from pipelines.flow_builder.runs import Run, Runs
from pipelines.flow_builder.suppression import Case, suppressions
from pipelines.flow_builder.visits import chosen_visit, named
from pipelines.operations import Connection, snapshot
from pipelines.settings import Settings

LATER = ("paused", "shadow", "stale_data")  # they say nothing of the mail: ask again


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """``data``: as in the message's body, with the facts of ``as_of``; None: they are not kept any longer."""

    transition_id: str
    tenant_id: int
    as_of: datetime | None
    may_send: bool
    reasons: list[str]
    stands: bool
    is_current: bool
    state: float | None
    data: dict[str, Any] | None


def owner(con: Connection, transition_id: str) -> int | None:
    """The tenant whose transition it is."""
    row = con.execute("select tenant_id from deliveries where transition_id = ? limit 1", [transition_id]).fetchone()
    return row[0] if row else None


def check(con: Connection, settings: Settings, transition_id: str, now: datetime) -> GateAnswer | None:
    """None: nothing was told of it."""
    with snapshot(con):
        view = read_view(con, settings, transition_id, now)
    return answer(view, transition_id, timedelta(minutes=settings.gate_max_age_minutes)) if view else None


def answer(view: GateView, transition_id: str, max_age: timedelta) -> GateAnswer | None:
    if not any(row.is_told for row in view.about(transition_id)):
        return None
    judged = Judged(view, transition_id)
    reasons = [*dict.fromkeys([*judged.reasons(), *of_the_tenant(view, max_age)])]
    return GateAnswer(
        transition_id=transition_id,
        tenant_id=view.customer.key.tenant_id,
        as_of=view.as_of,
        may_send=not reasons,
        reasons=reasons,
        stands=judged.row.stands,
        is_current=transition_id in view.current,
        state=state(view),
        data=judged.data(),
    )


class Judged:
    """``row``: the newest that may have started its flow. ``transition``: the one itself, or the one that stands in its
    place; None: neither counts any more."""

    def __init__(self, view: GateView, transition_id: str) -> None:
        self.view = view
        about = view.about(transition_id)
        changed = [row for row in about if row.kind == "changed"]
        self.row = (changed or about)[-1]
        self.starts_flow = bool(changed and self.row.flow_name and self.row.is_told)
        rows = view.customer.rows
        started = [row for row in changed if row.flow_name and row.is_told]
        i = rows.index((started or [self.row])[-1])
        self.earlier, self.run = rows[:i], Run(rows[i], rows[i + 1 :])
        runs = Runs(view.customer, view.situation)
        self.ends = runs.why(self.run, rows)
        self.transition: Transition | None = runs.lasting.get(transition_id) or runs.instead(self.run, rows)

    def reasons(self) -> Iterator[str]:
        if self.ends and not self.is_unknown():
            yield "left" if self.ends == "retracted" and self.row.stands else self.ends
        yield from self.suppressions()
        if not self.starts_flow:
            yield "no_flow"

    def is_unknown(self) -> bool:
        """Nothing was noted of this tenant yet: it need not have left."""
        return self.transition is None and self.view.as_of is None

    def suppressions(self) -> list[str]:
        """But for what a person overrode; what ends a flow is never overridden."""
        view, transition = self.view, self.transition
        facts = view.customer.facts.get(transition.transition_id) if transition else None
        if transition is None or facts is None:
            return []
        found = suppressions(Case(view.customer, transition, facts, self.earlier, view.situation))
        return [word for word in found if word == self.ends or not self.row.is_overridden(word)]

    def data(self) -> dict[str, Any] | None:
        view, transition = self.view, self.transition
        facts = view.customer.facts.get(transition.transition_id) if transition else None
        if transition is None or facts is None:
            return None
        visit = chosen_visit(facts, view.situation.now)
        row: Delivery = replace(
            self.row,
            superseded=False,
            suppressed=next(iter(self.suppressions()), None),
            appointment=named(visit) if visit else None,
        )
        said: dict[str, Any] = cleaned(data(row, facts, view.office))
        return {**said, "ends": []}


def of_the_tenant(view: GateView, max_age: timedelta) -> Iterator[str]:
    if view.switch.is_paused:
        yield "paused"
    if view.switch.is_shadow:
        yield "shadow"
    if not view.is_connected or view.as_of is None or view.situation.now - view.as_of > max_age:
        yield "stale_data"


def state(view: GateView) -> float | None:
    """The customer's; where only older records know it, as it was told."""
    current = [row.facts.to_state for row in view.facts if row.is_current]
    told = [row.told_state for row in view.customer.rows if row.is_told and row.key == view.customer.key]
    return next(reversed(current), None) if current else next(reversed(told), None)
