"""What a sync makes of one customer's rows, step by step as delivery.md section 2 counts them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import md5

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.current import current
from tests.flow_builder.simulation.reasons import Case, Rules, is_twice, not_sent, suppressed
from tests.flow_builder.simulation.records import BOOKED, Transition
from tests.flow_builder.simulation.rows import PERSON, Named, Row
from tests.flow_builder.simulation.runs import Runs
from tests.flow_builder.simulation.visits import ahead, appointment, has_moved, is_booking_ahead, is_called_off
from tests.flow_builder.simulation.world import World


@dataclass(frozen=True)
class Scene:
    """When, and how it is with the tenant. ``whole_from``: when the newest sync began that read all."""

    world: World
    rules: Rules
    now: datetime
    whole_from: datetime | None
    is_shadow: bool = False


@dataclass
class Chapter:
    """``rows``: all about the customer and his transitions, in their order; ``marked``: those, with their sequence, whose
    transition was retracted since; ``known``: transitions with a row, whosever; ``written``: those that this sync added;
    ``anew``: those of a transition that it decided."""

    scene: Scene
    key: Key
    rows: list[Row]
    marked: set[tuple[str, int]]
    known: Collection[str | None] = ()
    written: set[str] = field(default_factory=set)
    anew: set[str] = field(default_factory=set)
    tells_again: bool = False

    def play(self) -> list[Row]:
        self.cancel_what_is_gone()
        self.tell_news()
        self.tell_again()
        self.keep_true()
        self.correct()
        self.tell_moves()
        return self.rows

    @property
    def world(self) -> World:
        return self.scene.world

    @property
    def standing(self) -> list[Transition]:
        return self.world.history(self.key)

    def stands(self, name: str | None) -> bool:
        return name is not None and self.world.log[name].stands

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
            made = self.decided(made, transition, self.rows)
        else:
            made = replace(made, status="canceled", reason="retracted")
        self.rows.append(made)
        self.written.add(name)
        return made

    def row(self, name: str, kind: str, transition: Transition | None) -> Row:
        state = transition.to_state if transition else 0.0
        made = Row(name, kind, None, *self.key, state=state, created_at=self.scene.now)
        return self.saying(made, transition)

    def saying(self, row: Row, transition: Transition | None) -> Row:
        """With the facts of now."""
        if transition is None:
            return replace(row, transition_id=None, job_id=None, appointment=None, was_ahead=False, occurred_at=None)
        return replace(
            row,
            transition_id=transition.id,
            customer_id=self.key.customer_id,
            job_id=transition.job_id,
            appointment=appointment(self.world, transition, self.scene.now),
            was_ahead=ahead(self.world.job_of(transition), self.scene.now) is not None,
            occurred_at=transition.occurred_at,
        )

    def case(self, transition: Transition, before: Sequence[Row] = (), overrides: str = "") -> Case:
        scene = self.scene
        return Case(scene.world, scene.rules, self.key, transition, before, scene.now, scene.is_shadow, overrides)

    def decided(self, row: Row, transition: Transition, before: Sequence[Row]) -> Row:
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
        if reason := not_sent(case, row.is_again):
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

    def newest(self, rows: Sequence[Row], is_meant: Callable[[Row], bool]) -> Row | None:
        return next((row for row in reversed(rows) if is_meant(row) and not row.was_withdrawn), None)

    def newest_about(self, name: str, rows: Sequence[Row]) -> Row | None:
        return self.newest(rows, lambda row: row.transition_id == name)

    def was_told(self, transition: Transition) -> bool:
        return any(row.told and row.transition_id == transition.id for row in self.rows)

    def tell_again(self) -> None:
        now = current(self.standing)
        for one in [one for one in self.standing if one in now]:
            mine = [row for row in self.rows if row.kind == "changed" and row.transition_id == one.id]
            is_on_its_way = any(row.is_on_its_way for row in mine)
            if self.was_told(one) and not is_on_its_way and self.is_to_be_told_again(one):
                again = sum(row.is_again for row in mine)
                self.tells_again |= self.tell(one, f"{one.id}-again-{again + 1}").is_on_its_way

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
            elif row.kind == "moved" and row.waits:
                self.rows[i] = self.still_moved(row, self.rows[:i])
        self.note_ends()
        for row in [row for row in self.rows if row.kind == "corrected" and row.waits]:
            self.rows[self.rows.index(row)] = self.still_corrected(row)

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

    def runs(self) -> Runs:
        return Runs(self.world, self.key, self.rows, self.case)

    def still_corrected(self, row: Row) -> Row:
        correction = self.correction(row)
        if correction is None:
            return replace(row, status="canceled", reason="*")
        kept = {
            "webhook_id": row.webhook_id,
            "created_at": row.created_at,
            "batch": row.batch,
            "sequence": row.sequence,
        }
        status = row.status if correction.status == "pending" else correction.status  # in shadow nothing waits
        return replace(correction, status=status, **kept)  # type: ignore[arg-type]

    def correct(self) -> None:
        prefix = md5(f"{self.key.tenant_id}:{self.key.customer_id}".encode()).hexdigest()
        if correction := self.correction():
            k = 1 + sum(row.webhook_id.startswith(f"{prefix}-corrected-") for row in self.rows)
            name = f"{prefix}-corrected-{k}"
            self.rows.append(replace(correction, webhook_id=name))
            self.written.add(name)

    def correction(self, besides: Row | None = None) -> Row | None:
        """What is to be said, if anything; as if that one were not there."""
        told = self.newest(self.rows, lambda row: row.key == self.key and row.told and row is not besides)
        if told is None or self.tells_again or self.key in self.world.merged:
            return None
        runs, state = self.runs(), self.world.state(self.key)
        differs = told.state != state and self.world.is_active(self.key)
        if not (differs or runs.is_left(besides)):
            return None
        place = self.rows.index(besides) if besides else len(self.rows)
        made = self.row("", "corrected", self.standing[-1] if self.standing else None)
        made = self.unless_in_shadow(replace(made, follows=told.webhook_id, ends=runs.to_end(place)))
        before = [row for row in self.rows if row.kind == "corrected" and row.key == self.key and row is not besides]
        return None if before and self.is_given_up(before[-1], made) else made

    def unless_in_shadow(self, row: Row) -> Row:
        return replace(row, status="not_sent", reason="shadow") if self.scene.is_shadow else row

    def is_given_up(self, row: Row, made: Row) -> bool:
        """It died, or a person canceled it, and nothing has changed since."""
        same = (row.state, row.follows, row.ends)
        if same != (made.state, made.follows, made.ends) or row.told:
            return False
        is_shadow = self.scene.is_shadow and (row.status, row.reason) == ("not_sent", "shadow")
        return row.status == "dead" or (row.status, row.reason) == ("canceled", PERSON) or is_shadow

    def tell_moves(self) -> None:
        now = current(self.standing)
        for one in [one for one in self.standing if one in now and self.was_told(one)]:
            if told := self.moved_since(one, self.rows):
                k = 1 + sum(row.kind == "moved" and row.transition_id == one.id for row in self.rows)
                moved = self.moved(self.row(f"{one.id}-moved-{k}", "moved", one), one, told)
                self.rows.append(self.unless_in_shadow(moved))
                self.written.add(moved.webhook_id)

    def moved_since(self, transition: Transition, before: Sequence[Row]) -> Named | None:
        """The appointment as it was told, where that is no longer so."""
        counts = [row for row in before if self.scene.is_shadow or row.reason != "shadow"]
        newest = self.newest_about(transition.id, counts)
        if not (newest and newest.was_ahead and newest.appointment and self.world.is_active(self.key)):
            return None
        has_changed = has_moved(self.world.job_of(transition), newest.appointment, self.scene.now)
        return newest.appointment if has_changed else None

    def still_moved(self, row: Row, before: Sequence[Row]) -> Row:
        transition = self.world.log[row.transition_id or ""]
        is_told = transition in current(self.standing) and self.was_told(transition)
        told = self.moved_since(transition, before) if is_told else None
        if told is None:
            return replace(row, status="canceled", reason="*")
        return self.unless_in_shadow(self.moved(row, transition, told))

    def moved(self, row: Row, transition: Transition, told: Named) -> Row:
        said = replace(self.saying(row, transition), state=None)
        is_off = is_called_off(self.world.job_of(transition), told)
        return replace(said, appointment=None) if is_off and not said.was_ahead else said
