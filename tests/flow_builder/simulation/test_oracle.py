"""The stories that offices tell, and what the oracle makes of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.oracle import Oracle
from tests.flow_builder.simulation.reasons import Rules
from tests.flow_builder.simulation.records import Event, Job, Visit
from tests.flow_builder.simulation.rows import Row
from tests.flow_builder.simulation.world import DAY, HOUR, World

VERA, TWIN = Key(1, 1), Key(1, 2)
START = datetime(2026, 11, 22, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Tale:
    """``past``: state 0 was told of Vera once, so that whatever comes is told."""

    def __init__(self, **rules: object) -> None:
        self.world, self.now, self.rows = World(), START, list[Row]()
        self.oracle = Oracle(self.world, Rules(timedelta(hours=72), **{"skip_superseded": False} | rules), 500)  # type: ignore[arg-type]
        self.whole_from: datetime | None = START
        self.shadows: set[int] = set()
        self.world.derive(Random(1), START)

    def sync(self, after: timedelta = timedelta(), reads: bool = True, delivers: bool = False) -> "Tale":
        self.now += after
        self.whole_from = self.now if reads else self.whole_from
        self.world.derive(Random(1), self.now)
        self.rows = self.again()
        promised = [self.said(row) for row in self.again()]
        assert promised == [self.said(row) for row in self.rows], "a second sync at once has nothing to do"
        if delivers:
            self.deliver()
        return self

    def again(self) -> list[Row]:
        return self.oracle.after_sync(self.rows, self.now, {1: self.whole_from, 2: self.whole_from}, self.shadows)

    @staticmethod
    def said(row: Row) -> Row:
        return replace(row, reason=None)

    def becomes(self, status: str, *names: str, reason: str | None = None) -> None:
        begun = status in ("delivered", "dead", "retry")
        self.rows = [
            replace(row, status=status, reason=reason, begun=begun) if row.webhook_id in names else row
            for row in self.rows
        ]

    def deliver(self) -> None:
        due = [row.webhook_id for row in self.rows if row.status == "pending" and row.settles_at is None]
        self.becomes("delivered", *due)

    def book(self, start: timedelta, state: float = 2.0, location: int | None = 9, age: timedelta = MINUTE) -> Event:
        job = self.world.open_job(location)
        visit = self.world.add_visit(job, self.now + start)
        return self.world.enter(VERA, state, self.now - age, job_id=job.id, visit_id=visit.id)

    def job(self, event: Event) -> Job:
        return self.world.jobs[event.job_id or 0]

    def visit(self, event: Event) -> Visit:
        return self.job(event).visits[event.visit_id or 0]

    def visited(self, event: Event) -> Event:
        self.visit(event).status = "Done"
        return event

    def cancel(self, event: Event, state: float = 2.5, silent: bool = False) -> Event:
        job = self.job(event)
        job.status, job.ended_at, job.is_silent = "Canceled", self.now, silent
        return self.world.enter(VERA, state, self.now, job_id=job.id)

    def touch(self) -> None:
        self.world.touched.add(VERA)

    def told(self) -> list[tuple[object, ...]]:
        return [self.line(row) for row in self.rows]

    @staticmethod
    def line(row: Row) -> tuple[object, ...]:
        """kind, state, what it starts, or why not, and how many runs it ends."""
        starts = row.flow_name if row.status != "not_sent" else None
        why = (row.status, row.reason) if row.status in ("not_sent", "canceled") else row.suppressed
        return (row.kind, row.state, starts or why, len(row.ends))


@pytest.mark.parametrize(
    ("starts", "says"),
    [(26 * HOUR, "two"), (-HOUR, "two"), (-3 * HOUR, "past")],
    ids=["tomorrow", "now", "over"],
)
def test_a_visit_that_is_over_starts_no_flow(starts: timedelta, says: str) -> None:
    tale = Tale()
    tale.book(starts)
    assert tale.sync().told() == [("changed", 2.0, says, 0)]


@pytest.mark.parametrize(("starts", "says"), [(2 * DAY, "five"), (-DAY, ("not_sent", "stale"))])
def test_a_booking_ahead_does_not_age(starts: timedelta, says: object) -> None:
    tale = Tale()
    tale.book(starts, 5.0, age=4 * DAY)
    assert tale.sync().told() == [("changed", 5.0, says, 0)]


def test_a_visit_that_moves_is_told_once() -> None:
    tale = Tale()
    visit = tale.visit(tale.book(DAY))
    tale.sync(delivers=True)
    for days in (4, 5):
        visit.start, visit.end = START + days * DAY, START + days * DAY + HOUR
        tale.touch()
        tale.sync()
    moved = tale.rows[-1]
    assert [row.kind for row in tale.rows] == ["changed", "moved"]
    assert (moved.state, moved.appointment and moved.appointment.start) == (None, START + 5 * DAY)
    visit.start, visit.end = START + DAY, START + DAY + 2 * HOUR
    tale.touch()
    tale.sync()
    assert tale.rows[-1].status == "canceled", "moved back before it was sent"


def test_a_visit_called_off_is_told_with_the_next_one_or_none() -> None:
    tale = Tale()
    booked = tale.book(DAY)
    tale.sync(delivers=True)
    tale.visit(booked).status = "Canceled"
    tale.touch()
    tale.sync(delivers=True)
    assert (tale.rows[-1].kind, tale.rows[-1].appointment) == ("moved", None)
    tale.world.add_visit(tale.job(booked), START + 7 * DAY)
    tale.touch()
    tale.sync(delivers=True)
    again = tale.rows[-1]
    assert (again.webhook_id, again.flow_name) == (f"{booked.id}-again-1", "two")
    assert again.ends == {booked.id}, "the run that it starts anew"
    assert len(tale.sync(HOUR).rows) == 3


def test_a_visit_canceled_and_booked_anew_says_no_sorry() -> None:
    tale = Tale()
    booked = tale.book(DAY)
    tale.sync(delivers=True)
    tale.now += 5 * MINUTE
    tale.cancel(booked)
    tale.sync()
    assert tale.rows[-1].settles_at == START + 65 * MINUTE
    tale.now += 20 * MINUTE
    tale.book(3 * DAY)
    assert tale.sync().told() == [
        ("changed", 2.0, "two", 0),
        ("changed", 2.5, None, 1),
        ("changed", 2.0, "two", 1),
    ]
    assert [row.superseded for row in tale.rows] == [False, True, False]
    assert [row.settles_at for row in tale.rows] == [None, None, None]


def test_a_cancellation_waits_until_a_sync_after_its_hour_has_read_all() -> None:
    tale = Tale()
    booked = tale.book(DAY)
    tale.sync(delivers=True)
    tale.cancel(booked)
    for _ in range(3):
        tale.sync(HOUR, reads=False)
        assert tale.rows[-1].settles_at == START + HOUR
    assert tale.sync().rows[-1].settles_at is None


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (lambda tale, booked: tale.cancel(booked), "two and a half"),
        (lambda tale, booked: tale.cancel(booked, silent=True), "cancel_reason"),
        (lambda tale, booked: tale.cancel(tale.visited(booked)), "over"),
    ],
    ids=["canceled", "a duplicate", "visited, then canceled"],
)
def test_a_cancellation_starts_its_flow_where_it_makes_sense(
    prepare: Callable[[Tale, Event], object], says: str
) -> None:
    tale = Tale()
    booked = tale.book(DAY)
    tale.sync(delivers=True)
    prepare(tale, booked)
    assert tale.sync(HOUR + MINUTE).told()[-1] == ("changed", 2.5, says, 1)


def test_an_office_that_tidies_up_starts_nothing() -> None:
    tale = Tale()
    booked = tale.book(-90 * DAY, 5.0)
    tale.sync(delivers=True)
    job = tale.job(booked)
    job.status, job.ended_at = "Completed", tale.now
    tale.world.enter(VERA, 6.0, tale.now, job_id=job.id, is_completion=True)
    assert tale.sync().told()[-1] == ("changed", 6.0, "over", 0)


def test_two_people_enter_one_visit() -> None:
    tale = Tale()
    first, _ = tale.book(DAY, age=2 * MINUTE), tale.book(DAY + HOUR)
    tale.sync(delivers=True)
    assert tale.told() == [("changed", 2.0, "two", 0), ("changed", 2.0, "twice", 0)]
    tale.job(first).status = "Canceled"
    tale.touch()
    tale.sync(delivers=True)
    assert tale.told()[2:] == [("changed", 2.0, "two", 0), ("moved", None, None, 0)]


@pytest.mark.parametrize(
    ("start", "location"), [(DAY + 3 * HOUR, 9), (DAY, 8), (DAY, None)], ids=["later", "elsewhere", "unknown where"]
)
def test_two_visits_are_two(start: timedelta, location: int | None) -> None:
    tale = Tale()
    tale.book(DAY, age=2 * MINUTE), tale.book(start, location=location)
    assert tale.sync().told() == [("changed", 2.0, "two", 0)] * 2


def test_two_houses_are_done_each_on_its_day() -> None:
    tale = Tale()
    for days in (0, 7):
        job = tale.world.open_job()
        tale.world.enter(VERA, 6.0, START + days * DAY, job_id=job.id, is_completion=True)
    assert tale.sync(delivers=True).told() == [("changed", 6.0, "six", 0)]
    states = replace(tale.world.states[6.0], reset_after=90 * DAY)
    tale.world.states = tale.world.states | {6.0: states}
    assert tale.sync(7 * DAY).told() == [("changed", 6.0, "six", 0)] * 2


@pytest.mark.parametrize(
    ("later", "is_completion", "rows"), [(HOUR, False, 3), (timedelta(), False, 2), (HOUR, True, 2)]
)
def test_what_was_taken_back_and_came_later_is_told_again(later: timedelta, is_completion: bool, rows: int) -> None:
    """Unsold, and sold anew."""
    tale = Tale()
    sold = tale.world.enter(VERA, 3.0, START, is_completion=is_completion)
    tale.sync(3 * HOUR, delivers=True)
    sold.stands = False
    tale.sync(delivers=True)
    assert tale.told()[-1] == ("corrected", 0.0, None, 1)
    sold.stands, sold.occurred_at = True, sold.occurred_at + later
    tale.sync(delivers=True)
    says = ("changed", 3.0, "three", 0) if rows == 3 else ("corrected", 3.0, None, 0)
    assert tale.told()[2:] == [says]


@pytest.mark.parametrize(
    "happens",
    [
        lambda tale: setattr(tale.world.people[VERA], "do_not_mail", True),
        lambda tale: setattr(tale.world.people[VERA], "emails", [("vera@example.com", True)]),
        lambda tale: setattr(tale.world.people[VERA], "is_active", False),
        lambda tale: setattr(tale.lead, "lead_status", "Converted"),
    ],
    ids=["do not mail", "opts out", "inactive", "converted"],
)
def test_who_opts_out_while_a_flow_runs_is_left_in_peace(happens: Callable[[Tale], None]) -> None:
    tale = Tale()
    tale.lead = tale.world.enter(VERA, 1.0, START, lead_status="Open")  # type: ignore[attr-defined]
    tale.sync(delivers=True)
    happens(tale)
    tale.touch()
    tale.sync(delivers=True)
    assert tale.told()[1:] == [("corrected", 1.0, None, 1)]
    assert len(tale.sync().rows) == 2


def test_a_held_batch_is_kept_true() -> None:
    tale = Tale()
    tale.oracle.hold_above = 0
    booked, job = tale.book(DAY), tale.world.open_job()
    tale.world.enter(TWIN, 6.0, START, job_id=job.id)
    tale.sync()
    assert {row.status for row in tale.rows} == {"held"}
    tale.world.people[TWIN].is_active = False
    tale.visit(booked).start += DAY
    tale.visit(booked).end += DAY
    tale.world.touched |= {VERA, TWIN}
    tale.sync()
    assert tale.told() == [("changed", 2.0, "two", 0), ("changed", 6.0, ("not_sent", "inactive"), 0)]
    assert tale.rows[0].flow_until == START + 2 * DAY + 2 * HOUR


def test_what_was_tried_keeps_its_bytes_or_is_canceled() -> None:
    tale = Tale()
    booked = tale.book(DAY)
    tale.sync(delivers=True)
    tale.cancel(booked)
    tale.sync(HOUR + MINUTE)
    sorry = tale.rows[-1]
    tale.rows[-1] = replace(sorry, status="retry", begun=True, may_have_arrived=True)
    tale.book(3 * DAY, location=8)
    tale.sync()
    canceled, anew = tale.rows[1:]
    assert (canceled.status, canceled.reason) == ("canceled", "superseded")
    assert (anew.flow_name, {*anew.ends}) == ("two", {booked.id, sorry.transition_id})


def test_a_flow_does_not_start_once_its_visit_is_over() -> None:
    tale = Tale()
    tale.book(HOUR)
    assert tale.sync().rows[0].flow_until == START + 3 * HOUR
    assert tale.sync(4 * HOUR).told() == [("changed", 2.0, "past", 0)]


def test_the_reset_of_a_state_ends_no_flow_of_it() -> None:
    tale = Tale()
    tale.world.enter(VERA, 1.0, START, lead_status="Open")
    tale.sync(delivers=True)
    assert tale.sync(5 * DAY, delivers=True).told()[1:] == [("changed", 0.0, None, 0)]
    tale.world.enter(VERA, 3.0, tale.now)
    assert tale.sync().told()[2:] == [("changed", 3.0, "three", 1)]


def test_another_cause_of_the_same_state_changes_nothing() -> None:
    """One of two estimates is dismissed."""
    tale = Tale()
    one, _ = tale.world.enter(VERA, 3.0, START), tale.world.enter(VERA, 3.0, START + MINUTE)
    tale.sync(3 * HOUR, delivers=True)
    one.stands = False
    assert tale.sync().told() == [("changed", 3.0, "three", 0), ("changed", 3.0, ("not_sent", "replaced"), 0)]


def test_shadow_sends_nothing_and_going_live_corrects() -> None:
    tale = Tale()
    tale.world.enter(VERA, 3.0, START - 3 * HOUR)
    tale.sync(delivers=True)
    tale.shadows = {1}
    tale.book(DAY)
    tale.sync()
    assert tale.told()[1:] == [
        ("changed", 2.0, ("not_sent", "shadow"), 1),
        ("corrected", 2.0, ("not_sent", "shadow"), 1),
    ]
    tale.shadows = set()
    assert tale.sync().told()[3:] == [("corrected", 2.0, None, 1)]


def test_a_correction_that_died_is_not_written_again_until_something_changes() -> None:
    tale = Tale()
    lead = tale.world.enter(VERA, 1.0, START, lead_status="Open")
    tale.sync(delivers=True)
    lead.stands = False
    tale.sync()
    tale.becomes("dead", tale.rows[-1].webhook_id)
    assert len(tale.sync().rows) == 2
    tale.world.enter(VERA, 3.0, tale.now)
    assert tale.sync(delivers=True).told()[2:] == [("changed", 3.0, "three", 1)]


def test_who_was_never_told_anything_is_left_in_peace() -> None:
    tale = Tale()
    tale.world.enter(VERA, 1.0, START - 5 * DAY)
    assert tale.sync().told() == [
        ("changed", 1.0, ("not_sent", "stale"), 0),
        ("changed", 0.0, ("not_sent", "untold"), 0),
    ]
