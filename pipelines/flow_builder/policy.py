"""What is told of one customer, and what is not: delivery.md section 2, without any store."""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.flow_builder.corrections import correction, moved
from pipelines.flow_builder.customer import Customer, Transition
from pipelines.flow_builder.delivery import Delivery, Situation
from pipelines.flow_builder.outlook import Outlook, about, numbered
from pipelines.flow_builder.reasons import REASONS, WHEN_NEW, Candidate, reason
from pipelines.flow_builder.runs import Runs, runs
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.writing import shadowed, written


def decide(customer: Customer, situation: Situation) -> list[Delivery]:
    """All rows of the customer as this sync leaves them, in the order in which they leave."""
    return Decision(customer, situation).rows_after()


class Decision:
    """``rows`` are as the steps so far leave them."""

    def __init__(self, customer: Customer, situation: Situation) -> None:
        self.outlook = Outlook(customer, situation)
        self.runs = Runs(customer, situation)
        self.rows = list(customer.rows)

    def rows_after(self) -> list[Delivery]:
        self.cancel_retracted()
        self.tell_news()
        self.tell_again()
        self.keep_true()
        self.end_runs()
        self.keep_corrections_true()
        if needed := correction(self.outlook, self.runs, self.rows, self.rows):
            self.rows.append(shadowed(self.outlook, needed))
        self.tell_moved()
        return [self.marked(row) for row in self.rows]

    def cancel_retracted(self) -> None:
        """Step 1."""
        for i, row in enumerate(self.rows):
            if row.transition_id is not None and not self.outlook.stands(row):
                self.rows[i] = row = replace(row, was_retracted=True)
                if row.is_unfinished:
                    self.rows[i] = replace(row, status=Status.CANCELED, reason="retracted")

    def tell_news(self) -> None:
        """Step 2."""
        for transition in self.outlook.customer.transitions:
            rows = [row for row in self.rows if row.transition_id == transition.transition_id]
            known = [row for row in rows if row.kind == "changed"]
            if transition.is_baseline:
                continue
            if not known:
                self.tell(transition, transition.transition_id)
            elif transition.stands and all(row.is_back for row in known):
                self.rows.remove(known[0])
                self.tell(transition, known[0].webhook_id)

    def tell(self, transition: Transition, webhook_id: str) -> None:
        row = Delivery(
            webhook_id=webhook_id,
            kind="changed",
            key=self.outlook.customer.key,
            transition_id=transition.transition_id,
            told_state=transition.to_state,
            status=Status.PENDING,
        )
        why = reason(Candidate(self.outlook, transition, self.rows), row, WHEN_NEW)
        self.rows.append(written(self.outlook, row, transition, self.rows, why))

    def tell_again(self) -> None:
        """Step 3. What it writes and sends tells the state and names all runs that must end: it needs no correction."""
        for transition in self.outlook.standing:
            if self.outlook.is_current(transition) and self.is_to_tell_again(transition):
                self.tell(transition, numbered(f"{transition.transition_id}-again-", self.rows))

    def is_to_tell_again(self, transition: Transition) -> bool:
        rows = about(transition, self.rows)
        waits = any(row.kind == "changed" and row.is_unfinished for row in rows)
        if waits or not any(row.is_told for row in rows):
            return False
        return (
            came_back_later(transition, rows[-1])
            or self.was_given_a_day(transition)
            or (rows[-1].suppressed == "twice" and "twice" not in self.outlook.suppressions(transition, self.rows))
        )

    def was_given_a_day(self, transition: Transition) -> bool:
        """A visit that had none when its job was last spoken of."""
        if not self.outlook.is_booked_ahead(transition):
            return False
        rows = [row for row in self.rows if row.job_id == transition.job_id and not row.is_void]
        return bool(rows) and not rows[-1].was_ahead

    def keep_true(self) -> None:
        """Step 4, of what tells a transition."""
        for i, row in enumerate(self.rows):
            transition, earlier = self.outlook.transition_of(row), self.rows[:i]
            if row.kind != "changed" or transition is None or not row.is_unfinished:
                continue
            if row.is_waiting:
                why = reason(Candidate(self.outlook, transition, earlier), row, REASONS)
                if self.outlook.facts(transition) is None:  # history by now, in a warehouse that was filled anew
                    why = why or "superseded"
                self.rows[i] = written(self.outlook, row, transition, earlier, why)
            elif row.flow_name and (why := self.why_canceled(row, transition, earlier)):
                self.rows[i] = replace(row, status=Status.CANCELED, reason=why)

    def why_canceled(self, row: Delivery, transition: Transition, earlier: Sequence[Delivery]) -> str | None:
        """Of one that was tried, and that may be tried again as it is."""
        outlook, situation = self.outlook, self.outlook.situation
        found = {
            "superseded": not outlook.is_current(transition),
            **dict.fromkeys(outlook.suppressions(transition, earlier), True),
            "inactive": not outlook.customer.is_active,
            "shadow": situation.is_shadow,
        }
        found["past"] = found.get("past", False) or bool(row.flow_until and row.flow_until <= situation.now)
        return next((why for why, holds in found.items() if holds and not row.is_overridden(why)), None)

    def end_runs(self) -> None:
        """What is written says which flows end: known once step 4 has said which have begun."""
        for i, row in enumerate(self.rows):
            is_written = row.is_waiting or (row.sequence is None and row.reason == "shadow")
            if row.kind == "changed" and is_written and self.outlook.transition_of(row):
                self.rows[i] = replace(row, ends=self.ends(row, self.rows[:i]))

    def ends(self, row: Delivery, earlier: Sequence[Delivery]) -> tuple[str, ...]:
        """With the run of its own transition, which it starts anew."""
        ending = self.runs.ending(earlier, [*earlier, row])
        begun = {run.transition_id for run in runs(earlier) if not run.has_ended} - {*ending}
        return (*ending, row.transition_id) if row.flow_name and row.transition_id in begun else ending

    def keep_corrections_true(self) -> None:
        """Step 4, of corrections and of visits that have moved."""
        for i, row in enumerate(self.rows):
            if row.kind == "changed" or row.sequence is None or not row.is_waiting or self.outlook.is_given_away(row):
                continue
            anew = self.anew(row, self.rows[:i], self.rows[i + 1 :])
            if anew is None:
                self.rows[i] = replace(row, status=Status.CANCELED, reason="obsolete")
            else:
                anew = replace(anew, webhook_id=row.webhook_id, sequence=row.sequence, status=row.status)
                self.rows[i] = shadowed(self.outlook, anew)

    def anew(self, row: Delivery, earlier: Sequence[Delivery], later: Sequence[Delivery]) -> Delivery | None:
        """As it would be written now; None: it would not."""
        if row.kind == "moved":
            transition = self.outlook.transition_of(row)
            return moved(self.outlook, transition, [*earlier, *later], earlier) if transition else None
        if row.key != self.outlook.customer.key:
            return None
        return correction(self.outlook, self.runs, [*earlier, *later], earlier)

    def tell_moved(self) -> None:
        """Step 6."""
        for transition in self.outlook.standing:
            if row := moved(self.outlook, transition, self.rows, self.rows):
                self.rows.append(shadowed(self.outlook, row))

    def marked(self, row: Delivery) -> Delivery:
        """As the next comparison with the log asks."""
        outlook, newest = self.outlook, self.outlook.newest
        if row.transition_id is None or outlook.is_given_away(row):
            return row
        is_newest = row.kind == "changed" and newest is not None and row.transition_id == newest.transition_id
        return replace(row, stands=outlook.stands(row), is_newest=is_newest)


def came_back_later(transition: Transition, newest: Delivery) -> bool:
    """Sold, unsold, and sold anew."""
    is_later = newest.occurred_at is not None and transition.occurred_at > newest.occurred_at
    return newest.was_retracted and is_later and not transition.is_completion
