"""What a sync makes of one customer's rows, step by step as delivery.md section 2 counts them."""

from collections.abc import Sequence
from dataclasses import replace

from tests.flow_builder.simulation.correcting import correct, still_corrected
from tests.flow_builder.simulation.current import current
from tests.flow_builder.simulation.moving import still_moved, tell_moves
from tests.flow_builder.simulation.page import Page
from tests.flow_builder.simulation.reasons import Case, is_twice, not_sent, suppressed
from tests.flow_builder.simulation.records import BOOKED, Transition
from tests.flow_builder.simulation.rows import Row
from tests.flow_builder.simulation.visits import is_booking_ahead


class Chapter(Page):
    def play(self) -> list[Row]:
        self.cancel_what_is_gone()
        self.tell_news()
        self.tell_again()
        self.keep_true()
        correct(self)
        tell_moves(self)
        return self.rows

    def cancel_what_is_gone(self) -> None:
        for i, row in enumerate(self.rows):
            if row.is_on_its_way and row.transition_id and not self.stands(row.transition_id):
                self.rows[i] = replace(row, status="canceled", reason="retracted")
        for name in {row.transition_id for row in self.rows if row.transition_id}:
            if not self.stands(name) and (newest := self.newest_about(name, self.rows)):
                self.marked.add((newest.webhook_id, newest.sequence))

    def tell_news(self) -> None:
        mine = [one for one in self.world.log.values() if one.key == self.key and not one.is_baseline]
        for one in sorted(mine, key=lambda one: (one.occurred_at, one.to_state, one.id)):
            known = [row for row in self.rows if row.kind == "changed" and row.transition_id == one.id]
            is_back = all(row.was_withdrawn and row.reason == "retracted" and one.stands for row in known)
            if not is_back or (not known and one.id in self.known):
                continue
            self.rows = [row for row in self.rows if row not in known]
            self.tell(one, one.id)

    def tell(self, transition: Transition, name: str) -> Row:
        made = self.row(name, "changed", transition)
        if transition.stands:
            made = self.decided(made, transition, self.rows, besides=("expired",))
        else:
            made = replace(made, status="canceled", reason="retracted")
        self.rows.append(made)
        self.written.add(name)
        return made

    def decided(self, row: Row, transition: Transition, before: Sequence[Row], besides: Sequence[str] = ()) -> Row:
        self.anew.add(row.webhook_id)
        case = self.case(transition, before, row.overrides)
        row = self.saying(row, transition)
        word, flow_name = suppressed(case), case.rule.flow_name
        row = replace(
            row,
            superseded=case.is_superseded,
            suppressed=word,
            flow_name=None if word or case.is_superseded else flow_name,
            settles_at=None,
            flow_until=None,
        )
        if reason := not_sent(case, [*besides, *(["reclassified"] if row.is_again else [])]):
            return replace(row, status="not_sent", reason=reason)
        return self.timed(row, case)

    def timed(self, row: Row, case: Case) -> Row:
        if row.flow_name is None:
            return row
        until = row.appointment.end if row.appointment and row.was_ahead and row.state in BOOKED else None
        settles_at = case.transition.occurred_at + case.rule.settle
        has_settled = self.scene.whole_from is not None and self.scene.whole_from > settles_at
        waits = case.rule.settle and not has_settled
        return replace(row, flow_until=until, settles_at=settles_at if waits else None)

    def tell_again(self) -> None:
        now = current(self.standing)
        for one in [one for one in self.standing if one in now]:
            mine = [row for row in self.rows if row.kind == "changed" and row.transition_id == one.id]
            is_on_its_way = any(row.is_on_its_way for row in mine)
            if self.was_told(one) and not is_on_its_way and self.is_to_be_told_again(one):
                again = sum(row.is_again for row in mine)
                self.again.add(self.tell(one, f"{one.id}-again-{again + 1}").webhook_id)

    def is_to_be_told_again(self, transition: Transition) -> bool:
        newest = self.newest_about(transition.id, self.rows)
        if newest is None:
            return False
        is_back = (newest.webhook_id, newest.sequence) in self.marked and not transition.is_completion
        if is_back and newest.occurred_at and transition.occurred_at > newest.occurred_at:
            return True
        if is_booking_ahead(self.world, transition, self.scene.now):
            about_job = self.newest(self.rows, lambda row: row.job_id == transition.job_id)
            if about_job and not about_job.was_ahead:
                return True
        return newest.suppressed == "twice" and not is_twice(self.case(transition, self.rows))

    def keep_true(self) -> None:
        for i, row in enumerate(self.rows):
            if row.kind == "changed" and row.waits:
                transition = self.world.log[row.transition_id or ""]
                self.rows[i] = self.decided(row, transition, self.rows[:i])
                self.marked.discard((row.webhook_id, row.sequence))
            elif row.kind == "changed" and row.is_on_its_way and row.flow_name:
                self.rows[i] = self.stopped(row, self.rows[:i])
        self.note_ends()
        self.tells_again = any(row.webhook_id in self.again and row.is_on_its_way for row in self.rows)
        for i, row in enumerate(self.rows):
            if row.kind == "corrected" and row.waits:
                self.rows[i] = still_corrected(self, row)
            elif row.kind == "moved" and row.waits:
                self.rows[i] = still_moved(self, row, self.rows[:i])

    def stopped(self, row: Row, before: Sequence[Row]) -> Row:
        """An attempted one that would start what is to start no more."""
        case = self.case(self.world.log[row.transition_id or ""], before, row.overrides)
        reasons = {
            "superseded": case.is_superseded,
            suppressed(case) or "": suppressed(case) is not None,
            "inactive": not self.world.is_active(self.key),
            "shadow": self.scene.is_shadow,
            "past|expired|flow_until": row.flow_until is not None and row.flow_until <= self.scene.now,
        }
        holding = [reason for reason, holds in reasons.items() if holds]
        return replace(row, status="canceled", reason="|".join(holding)) if holding else row

    def note_ends(self) -> None:
        for i, row in enumerate(self.rows):
            if row.webhook_id in self.anew and (row.waits or row.reason == "shadow"):
                self.rows[i] = replace(row, ends=self.runs().ends_of(row))
