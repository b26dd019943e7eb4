"""The flows that run, which of them must end, and who has said so (delivery.md section 2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.flow_builder.customer import Customer, Transition, lasting, newest_told
from pipelines.flow_builder.delivery import Delivery, Situation
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.suppression import ENDS_RUNS, Case, suppressions


@dataclass(frozen=True, slots=True)
class Run:
    """``later``: the rows after the one that started it."""

    row: Delivery
    later: Sequence[Delivery]

    @property
    def transition_id(self) -> str:
        return str(self.row.transition_id)

    @property
    def is_ended(self) -> bool:
        """By what is told; it may be on its way yet."""
        return any(row.is_told and self.transition_id in row.ends for row in self.later)

    @property
    def has_ended(self) -> bool:
        return any(row.status == Status.DELIVERED and self.transition_id in row.ends for row in self.later)


def runs(rows: Sequence[Delivery]) -> Iterator[Run]:
    """The newest of each transition."""
    seen = set[str | None]()
    for i in reversed(range(len(rows))):
        row = rows[i]
        if row.kind == "changed" and row.is_told and row.flow_name and row.transition_id not in seen:
            seen.add(row.transition_id)
            yield Run(row, rows[i + 1 :])


class Runs:
    """What must end of one customer's runs, and why."""

    def __init__(self, customer: Customer, situation: Situation) -> None:
        self.customer = customer
        self.situation = situation
        standing = customer.standing
        self.newest = standing[-1] if standing else None
        self.standing = {one.transition_id for one in standing}
        self.lasting = {one.transition_id: one for one in lasting(standing)}

    def why(self, run: Run, rows: Sequence[Delivery]) -> str | None:
        """Why it must end, in the gate's words; None: it goes on."""
        if not self.customer.is_active:
            return "inactive"
        if run.row.status == Status.CANCELED and run.row.reason != "retracted":
            return "canceled"
        stands_for = self.lasting.get(run.transition_id) or self.instead(run, rows)
        if stands_for is None:
            return "left" if run.transition_id in self.standing else "retracted"
        return next(self.forbidden(stands_for), None)

    def instead(self, run: Run, rows: Sequence[Delivery]) -> Transition | None:
        """Of one that was retracted: the newest, where that is the same state by another cause."""
        newest = self.newest
        if newest is None or run.transition_id in {*self.standing, *self.customer.elsewhere}:
            return None
        told = [i for i, row in enumerate(rows) if row.kind == "changed" and not row.is_void]
        about = [i for i in told if rows[i].transition_id == newest.transition_id]
        if not about or (rows[about[-1]].status, rows[about[-1]].reason) != (Status.NOT_SENT, "replaced"):
            return None
        before = newest_told(self.customer, rows[: about[-1]])
        return newest if before and before.transition_id == run.transition_id else None

    def forbidden(self, transition: Transition) -> Iterator[str]:
        facts = self.customer.facts.get(transition.transition_id)
        if facts:
            found = suppressions(Case(self.customer, transition, facts, (), self.situation))
            yield from (word for word in found if word in ENDS_RUNS)

    def ending(self, earlier: Sequence[Delivery], rows: Sequence[Delivery]) -> tuple[str, ...]:
        """The transitions of those that the earlier rows started, that must end by all rows, and that nothing
        delivered has ended, as they began."""
        return tuple([run.transition_id for run in runs(earlier) if not run.has_ended and self.why(run, rows)][::-1])
