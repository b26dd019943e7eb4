"""What is told of one customer, and what is not: delivery.md section 2, without any store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import md5

from pipelines.flow_builder.customer import Customer, Transition, current, newest_told
from pipelines.flow_builder.delivery import Delivery, Situation
from pipelines.flow_builder.runs import Runs, runs
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.suppression import Case, suppressions
from pipelines.flow_builder.visits import chosen_visit, is_booking, is_on, named, visit_ahead, visit_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """One transition that may be told, at its turn; ``earlier``: the rows before its own."""

    decision: "Decision"
    transition: Transition
    earlier: Sequence[Delivery]

    @property
    def told(self) -> Delivery | None:
        return newest_told(self.decision.customer, self.earlier)


def is_untold(case: Candidate) -> bool:
    return case.transition.flow_name is None and case.told is None


def is_replaced(case: Candidate) -> bool:
    """The cause has changed, the state has not."""
    told, transition = case.told, case.transition
    if told is None or told.told_state != transition.to_state or case.decision.stands(told):
        return False
    is_another = told.job_id is not None and told.job_id != transition.job_id
    return not (is_another and is_booking(transition.to_state, transition.job_id))


def is_late(case: Candidate) -> bool:
    """A later one was told already, of whomever."""
    decision = case.decision
    later = decision.after(case.transition) if case.transition.transition_id not in decision.current else set()
    return any(row.is_told and row.transition_id in later for row in case.earlier)


def is_stale(case: Candidate) -> bool:
    age = case.transition.detected_at - case.transition.occurred_at
    return age > case.decision.situation.max_age and not case.decision.is_booked_ahead(case.transition)


def is_superseded(case: Candidate) -> bool:
    decision = case.decision
    return decision.situation.skip_superseded and case.transition.transition_id not in decision.current


def is_expired(case: Candidate) -> bool:
    situation = case.decision.situation
    age = situation.now - case.transition.occurred_at
    return age > situation.max_age and not case.decision.is_booked_ahead(case.transition)


# The first that holds is the reason. Before them all comes the baseline, which asks about nothing else.
REASONS: Mapping[str, Callable[[Candidate], bool]] = {
    "retracted": lambda case: not case.transition.stands,
    "reclassified": lambda case: case.transition.is_reclassified,
    "shadow": lambda case: case.decision.situation.is_shadow,
    "inactive": lambda case: not case.decision.customer.is_active,
    "untold": is_untold,
    "replaced": is_replaced,
    "late": is_late,
    "stale": is_stale,
    "superseded": is_superseded,
}
OF_THE_FIRST_TELLING = ("reclassified",)
WHILE_WAITING = {**REASONS, "expired": is_expired}
STATUS_OF = {"retracted": Status.CANCELED}


def decide(customer: Customer, situation: Situation) -> list[Delivery]:
    """All rows of the customer as this sync leaves them, in the order in which they leave."""
    return Decision(customer, situation).rows_after()


class Decision:
    """``rows`` are as the steps so far leave them."""

    customer: Customer
    situation: Situation

    def __init__(self, customer: Customer, situation: Situation) -> None:
        self.customer = customer
        self.situation = situation
        self.rows = list(customer.rows)
        self.standing = customer.standing
        self.transitions = {one.transition_id: one for one in self.standing}
        self.current = {one.transition_id for one in current(self.standing)}
        self.runs = Runs(customer, situation)

    def rows_after(self) -> list[Delivery]:
        self.cancel_retracted()
        self.tell_news()
        again = self.tell_again()
        self.keep_true()
        is_told_again = any(row.webhook_id in again and row.is_unfinished for row in self.rows)
        self.end_runs()
        self.keep_corrections_true(is_told_again)
        if not is_told_again and (needed := self.correction(self.rows, self.rows)):
            self.rows.append(self.sent(needed))
        self.tell_moved()
        return [self.marked(row) for row in self.rows]

    def cancel_retracted(self) -> None:
        """Step 1."""
        for i, row in enumerate(self.rows):
            if row.transition_id is not None and not self.stands(row):
                self.rows[i] = row = replace(row, was_retracted=True)
                if row.is_unfinished:
                    self.rows[i] = replace(row, status=Status.CANCELED, reason="retracted")

    def tell_news(self) -> None:
        """Step 2."""
        for transition in self.customer.transitions:
            if transition.is_baseline:
                continue
            about = [row for row in self.rows if row.transition_id == transition.transition_id]
            known = [row for row in about if row.kind == "changed"]
            if not known:
                self.rows.append(self.planned(transition, transition.transition_id))
            elif transition.stands and all(row.is_back for row in known):
                self.rows.remove(known[0])
                self.rows.append(self.planned(transition, known[0].webhook_id))

    def tell_again(self) -> set[str]:
        """Step 3; the rows that it wrote."""
        written = set[str]()
        for transition in self.standing:
            if transition.transition_id in self.current and self.is_to_tell_again(transition):
                webhook_id = self.numbered(f"{transition.transition_id}-again-")
                self.rows.append(self.planned(transition, webhook_id))
                written.add(webhook_id)
        return written

    def is_to_tell_again(self, transition: Transition) -> bool:
        about = self.about(transition)
        waits = any(row.kind == "changed" and row.is_unfinished for row in about)
        if waits or not any(row.is_told for row in about):
            return False
        return (
            self.came_back_later(transition, about[-1])
            or self.was_given_a_day(transition)
            or (about[-1].suppressed == "twice" and "twice" not in self.suppressions(transition, self.rows))
        )

    def came_back_later(self, transition: Transition, newest: Delivery) -> bool:
        """Sold, unsold, and sold anew."""
        is_later = newest.occurred_at is not None and transition.occurred_at > newest.occurred_at
        return newest.was_retracted and is_later and not transition.is_completion

    def was_given_a_day(self, transition: Transition) -> bool:
        """A visit that had none when its job was last spoken of."""
        if not self.is_booked_ahead(transition):
            return False
        about = [row for row in self.rows if row.job_id == transition.job_id and not row.is_void]
        return bool(about) and not about[-1].was_ahead

    def keep_true(self) -> None:
        """Step 4, of what tells a transition."""
        for i, row in enumerate(self.rows):
            transition = self.transitions.get(row.transition_id or "")
            if row.kind != "changed" or not (row.is_unfinished and transition):
                continue
            if row.is_waiting:
                reason = self.reason(transition, row, self.rows[:i], WHILE_WAITING)
                self.rows[i] = self.written(replace(row, key=self.customer.key), transition, self.rows[:i], reason)
            elif row.flow_name and (reason := self.why_canceled(row, transition, self.rows[:i])):
                self.rows[i] = replace(row, status=Status.CANCELED, reason=reason)

    def why_canceled(self, row: Delivery, transition: Transition, earlier: Sequence[Delivery]) -> str | None:
        """Of one that was tried, and that may be tried again as it is."""
        situation = self.situation
        found = ["superseded"] if transition.transition_id not in self.current else []
        found += self.suppressions(transition, earlier)
        found += ["inactive"] if not self.customer.is_active else []
        found += ["shadow"] if situation.is_shadow else []
        found += ["past"] if row.flow_until and row.flow_until <= situation.now else []
        return next((reason for reason in found if not row.is_overridden(reason)), None)

    def end_runs(self) -> None:
        """What is written says which flows end: known once step 4 has said which have begun."""
        for i, row in enumerate(self.rows):
            if row.kind == "changed" and row.transition_id in self.transitions and self.has_text(row):
                self.rows[i] = replace(row, ends=self.ends(self.rows[:i], row))

    def has_text(self, row: Delivery) -> bool:
        """It is sent, or would have been; and none of it has left."""
        return row.is_waiting or (row.sequence is None and row.reason == "shadow")

    def ends(self, earlier: Sequence[Delivery], row: Delivery | None = None) -> tuple[str, ...]:
        ending = [run.transition_id for run in self.runs.ending(earlier)]
        if row and row.flow_name and row.transition_id not in ending:
            ending += [
                run.transition_id
                for run in runs(earlier)
                if run.transition_id == row.transition_id and not run.has_ended
            ]
        return tuple(ending)

    def keep_corrections_true(self, is_told_again: bool) -> None:
        """Step 4, of corrections and of visits that have moved."""
        for i, row in enumerate(self.rows):
            if row.kind == "changed" or row.sequence is None or not row.is_waiting or self.is_given_away(row):
                continue
            others, earlier = [*self.rows[:i], *self.rows[i + 1 :]], self.rows[:i]
            transition = self.transitions.get(row.transition_id or "")
            if row.kind == "corrected":
                is_wanted = not is_told_again and row.key == self.customer.key
                anew = self.correction(others, earlier) if is_wanted else None
            else:
                anew = self.moved(transition, earlier) if transition else None
            if anew is None:
                self.rows[i] = replace(row, status=Status.CANCELED, reason="obsolete")
            else:
                anew = replace(anew, webhook_id=row.webhook_id, sequence=row.sequence, status=row.status)
                self.rows[i] = self.sent(anew)

    def correction(self, others: Sequence[Delivery], earlier: Sequence[Delivery]) -> Delivery | None:
        """Step 5: what ``others`` leave to be told, after the ``earlier`` ones."""
        told, newest = newest_told(self.customer, others), self.standing[-1] if self.standing else None
        if told is None or self.customer.is_alias:
            return None
        state = newest.to_state if newest else 0.0
        differs = self.customer.is_active and told.told_state != state
        if not (differs or any(not run.is_ended and self.runs.why(run, others) for run in runs(others))):
            return None
        prefix = md5(f"{self.customer.key.tenant_id}:{self.customer.key.customer_id}".encode()).hexdigest()
        corrected = Delivery(
            webhook_id=self.numbered(f"{prefix}-corrected-"),
            kind="corrected",
            key=self.customer.key,
            transition_id=newest.transition_id if newest else None,
            told_state=state,
            status=Status.PENDING,
            occurred_at=newest.occurred_at if newest else None,
            ends=self.ends(earlier),
            follows=told.webhook_id,
        )
        return None if self.was_refused(corrected, others) else self.with_visit(corrected, newest)

    def was_refused(self, corrected: Delivery, others: Sequence[Delivery]) -> bool:
        """The same was said in vain, or a person did not want it, or the tenant is in shadow."""
        last = next((row for row in reversed(others) if row.kind == "corrected" and row.key == corrected.key), None)
        if last is None or last.follows not in (None, corrected.follows):
            return False
        ended = (last.status, last.reason)
        in_vain = last.status == Status.DEAD or ended == (Status.CANCELED, "operator")
        in_shadow = self.situation.is_shadow and ended == (Status.NOT_SENT, "shadow")
        is_same = last.told_state == corrected.told_state and {*last.ends} == {*corrected.ends}
        return (in_vain or in_shadow) and is_same

    def tell_moved(self) -> None:
        """Step 6."""
        for transition in self.standing:
            if moved := self.moved(transition, self.rows):
                self.rows.append(self.sent(moved))

    def moved(self, transition: Transition, earlier: Sequence[Delivery]) -> Delivery | None:
        facts = self.customer.facts.get(transition.transition_id)
        about = [row for row in self.about(transition, earlier) if self.situation.is_shadow or row.reason != "shadow"]
        is_told = any(row.is_told for row in about)
        if not (facts and is_told and self.customer.is_active and transition.transition_id in self.current):
            return None
        told = about[-1].appointment if about[-1].was_ahead else None
        visit = visit_of(facts, told) if told else None
        is_off = visit is None or not is_on(facts, visit)
        if told is None or (visit and not is_off and named(visit) == told):
            return None
        visit = visit_ahead(facts, self.situation.now) if is_off else visit
        starts = [told.start, visit.starts_at if visit else None]
        if not any(start and start > self.situation.now for start in starts):
            return None
        moved = Delivery(
            webhook_id=self.numbered(f"{transition.transition_id}-moved-"),
            kind="moved",
            key=self.customer.key,
            transition_id=transition.transition_id,
            told_state=None,
            status=Status.PENDING,
            occurred_at=transition.occurred_at,
            told_appointment=told,
        )
        moved = self.with_visit(moved, transition)
        return moved if moved.was_ahead or not is_off else replace(moved, appointment=None)

    def planned(self, transition: Transition, webhook_id: str) -> Delivery:
        row = Delivery(
            webhook_id=webhook_id,
            kind="changed",
            key=self.customer.key,
            transition_id=transition.transition_id,
            told_state=transition.to_state,
            status=Status.PENDING,
        )
        return self.written(row, transition, self.rows, self.reason(transition, row, self.rows, REASONS))

    def reason(
        self,
        transition: Transition,
        row: Delivery,
        earlier: Sequence[Delivery],
        reasons: Mapping[str, Callable[[Candidate], bool]],
    ) -> str | None:
        """Why it is not sent."""
        is_first = row.webhook_id == row.transition_id
        candidate = Candidate(self, transition, earlier)
        asked = (name for name in reasons if (is_first or name not in OF_THE_FIRST_TELLING))
        return next((name for name in asked if not row.is_overridden(name) and reasons[name](candidate)), None)

    def written(
        self, row: Delivery, transition: Transition, earlier: Sequence[Delivery], reason: str | None
    ) -> Delivery:
        is_superseded = transition.transition_id not in self.current and not row.is_overridden("superseded")
        against = self.suppressions(transition, earlier) if transition.flow_name and not is_superseded else []
        suppressed = next((word for word in against if not row.is_overridden(word)), None)
        starts = reason in (None, "shadow") and not (is_superseded or suppressed)
        row = replace(
            row,
            told_state=transition.to_state,
            flow_name=transition.flow_name if starts else None,
            occurred_at=transition.occurred_at,
            superseded=is_superseded,
            suppressed=suppressed if reason in (None, "shadow") else None,
            ends=(),
            status=STATUS_OF.get(reason, Status.NOT_SENT) if reason else row.status,
            reason=reason if reason else row.reason,
        )
        return self.with_visit(row, transition)

    def sent(self, row: Delivery) -> Delivery:
        return replace(row, status=Status.NOT_SENT, reason="shadow") if self.situation.is_shadow else row

    def with_visit(self, row: Delivery, transition: Transition | None) -> Delivery:
        """What hangs on the appointment: whether it lies ahead, how long the row is worth sending, when it is due."""
        facts = self.customer.facts.get(transition.transition_id) if transition else None
        if not (transition and facts):
            return replace(row, job_id=transition.job_id if transition else None)
        now = self.situation.now
        ahead, chosen = visit_ahead(facts, now), chosen_visit(facts, now)
        is_aging = ahead is None or row.kind != "changed" or not is_booking(transition.to_state, transition.job_id)
        ahead_until = None if is_aging or ahead is None else ahead.ends_at
        return replace(
            row,
            job_id=transition.job_id,
            appointment=named(chosen) if chosen else None,
            was_ahead=ahead is not None,
            ahead_until=ahead_until,
            flow_until=ahead_until if row.flow_name else None,
            settles_at=self.settles_at(row, transition, facts.settle_minutes),
        )

    def settles_at(self, row: Delivery, transition: Transition, minutes: int) -> datetime | None:
        settles_at = transition.occurred_at + timedelta(minutes=minutes)
        whole_from = self.situation.whole_from
        is_settled = whole_from is not None and whole_from > settles_at
        return settles_at if row.flow_name and minutes and row.is_unfinished and not is_settled else None

    def marked(self, row: Delivery) -> Delivery:
        """As the next comparison with the log asks."""
        if row.transition_id is None or self.is_given_away(row):
            return row
        newest = self.standing[-1].transition_id if self.standing else None
        return replace(row, stands=self.stands(row), is_newest=row.kind == "changed" and row.transition_id == newest)

    def stands(self, row: Delivery) -> bool:
        return row.transition_id in self.transitions or self.is_given_away(row)

    def is_given_away(self, row: Delivery) -> bool:
        """Its transition is another customer's now, who decides about it."""
        return row.transition_id in self.customer.elsewhere

    def about(self, transition: Transition, rows: Sequence[Delivery] | None = None) -> list[Delivery]:
        rows = self.rows if rows is None else rows
        return [row for row in rows if row.transition_id == transition.transition_id and not row.is_void]

    def after(self, transition: Transition) -> set[str]:
        ids = [one.transition_id for one in self.standing]
        return {*ids[ids.index(transition.transition_id) + 1 :]} if transition.transition_id in ids else set()

    def is_booked_ahead(self, transition: Transition) -> bool:
        facts = self.customer.facts.get(transition.transition_id)
        is_visit = is_booking(transition.to_state, transition.job_id)
        return bool(is_visit and facts and visit_ahead(facts, self.situation.now))

    def suppressions(self, transition: Transition, earlier: Sequence[Delivery]) -> list[str]:
        facts = self.customer.facts.get(transition.transition_id)
        return suppressions(Case(self.customer, transition, facts, earlier, self.situation)) if facts else []

    def numbered(self, prefix: str) -> str:
        return f"{prefix}{1 + sum(row.webhook_id.startswith(prefix) for row in self.rows)}"
