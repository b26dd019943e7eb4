"""What is so of one customer at the moment of a sync: worked out once, asked by every step."""

from collections.abc import Sequence

from pipelines.flow_builder.customer import Customer, Transition, current
from pipelines.flow_builder.delivery import Delivery, Situation
from pipelines.flow_builder.facts import Facts
from pipelines.flow_builder.suppression import Case, suppressions
from pipelines.flow_builder.visits import is_booking, visit_ahead


class Outlook:
    def __init__(self, customer: Customer, situation: Situation) -> None:
        self.customer = customer
        self.situation = situation
        self.standing = customer.standing
        self.newest = self.standing[-1] if self.standing else None
        self.transitions = {one.transition_id: one for one in self.standing}
        self.current = {one.transition_id for one in current(self.standing)}

    @property
    def state(self) -> float:
        return self.newest.to_state if self.newest else 0.0

    def is_current(self, transition: Transition) -> bool:
        return transition.transition_id in self.current

    def facts(self, transition: Transition | None) -> Facts | None:
        return self.customer.facts.get(transition.transition_id) if transition else None

    def transition_of(self, row: Delivery) -> Transition | None:
        """Where it stands, and is this customer's."""
        return self.transitions.get(row.transition_id or "")

    def stands(self, row: Delivery) -> bool:
        return row.transition_id in self.transitions or self.is_given_away(row)

    def is_given_away(self, row: Delivery) -> bool:
        """Its transition is another customer's now, who decides about it."""
        return row.transition_id in self.customer.elsewhere

    def after(self, transition: Transition) -> set[str]:
        """The ids of what stands after it."""
        ids = [one.transition_id for one in self.standing]
        return {*ids[ids.index(transition.transition_id) + 1 :]} if transition.transition_id in ids else set()

    def is_booked_ahead(self, transition: Transition) -> bool:
        """It is a booking, and its job has an appointment ahead."""
        facts = self.facts(transition)
        is_visit = is_booking(transition.to_state, transition.job_id)
        return bool(is_visit and facts and visit_ahead(facts, self.situation.now))

    def suppressions(self, transition: Transition, earlier: Sequence[Delivery]) -> list[str]:
        facts = self.facts(transition)
        return suppressions(Case(self.customer, transition, facts, earlier, self.situation)) if facts else []


def about(transition: Transition, rows: Sequence[Delivery]) -> list[Delivery]:
    """The rows about it, less what a sync canceled before an attempt."""
    return [row for row in rows if row.transition_id == transition.transition_id and not row.is_void]


def numbered(prefix: str, rows: Sequence[Delivery]) -> str:
    """The next id that begins so."""
    return f"{prefix}{1 + sum(row.webhook_id.startswith(prefix) for row in rows)}"
