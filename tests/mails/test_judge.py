"""The judge: each thing that makes a mail wrong, and how it would be right."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.flow_builder.books import Books
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.flow_builder.judge import Judge
from tests.simulator.flow_builder.mails import Day, Flow, Mail
from tests.simulator.office.trades import OFFICES
from tests.simulator.world import START, Company, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ROOT = Path(__file__).parents[2]


class Scene:
    """One household with a good address; ``hears`` a mail about what was made last."""

    def __init__(self) -> None:
        self.world = World()
        self.company: Company = self.world["socal"]
        self.customer = self.company.add_customer("Ada Moss", email="Ada@example.com")
        self.judge = Judge()
        self.then = Books(self.company).as_they_stand()

    def looks_back(self) -> None:
        self.judge.look_back(self.company.tenant_id, Books(self.company), self.world.now())

    def book(self, kind: str = "sales", at: timedelta = 3 * DAY, **fields: Any) -> int:
        return self.company.book_job(self.customer, kind, start=self.world.now() + at, **fields)

    def hears(self, flow: Flow, job: int | None = None, source: int | None = None, **changes: Any) -> set[Cause]:
        visits = self.company.appointments_of(job) if job else []
        day = Day(visits[0]["id"], moment(visits[0]["start"]), moment(visits[0]["end"])) if visits else None
        now, who = self.world.now(), self.customer
        mail = Mail(now, flow, 0, self.company.tenant_id, who, "t", "ada@example.com", job, source, day)
        return set(self.judge.look(replace(mail, **changes), Books(self.company), self.then).causes)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def scene() -> Scene:
    return Scene()


# visits


def test_a_visit_ahead_is_announced_rightly(scene: Scene) -> None:
    assert scene.hears(Flow.VISIT, scene.book()) == set()
    assert scene.hears(Flow.INSTALL, scene.book("install")) == set()


def is_moved(scene: Scene, job: int) -> None:
    [visit] = scene.company.appointments_of(job)
    scene.company.reschedule(visit["id"], START + 9 * DAY)


def is_given_another_day(scene: Scene, job: int) -> None:
    [visit] = scene.company.appointments_of(job)
    scene.company.add_appointment(job, START + 9 * DAY)
    scene.company.delete_appointment(visit["id"])


@pytest.mark.parametrize(
    ("happens", "cause"),
    [
        (lambda scene, job: scene.company.cancel_job(job), Cause.VISIT_CANCELED),
        (lambda scene, job: scene.company.complete_job(job), Cause.VISIT_OVER),
        (lambda scene, _job: scene.world.advance(days=4), Cause.VISIT_OVER),
        (is_moved, Cause.VISIT_MOVED),
        (is_given_another_day, Cause.VISIT_MOVED),
        (lambda scene, job: scene.company.change_job_type(job, "other"), Cause.NOT_THAT_KIND),
    ],
)
def test_a_visit_is_announced_wrongly(scene: Scene, happens: Callable[[Scene, int], object], cause: Cause) -> None:
    job = scene.book()
    [visit] = scene.company.appointments_of(job)
    day = Day(visit["id"], moment(visit["start"]), moment(visit["end"]))
    happens(scene, job)
    assert scene.hears(Flow.VISIT, job, day=day) == {cause}


def test_a_call_back_is_no_install(scene: Scene) -> None:
    first = scene.book("install")
    assert scene.hears(Flow.INSTALL, scene.book("install", recallForId=first)) == {Cause.NOT_THAT_KIND}


def test_a_visit_that_was_entered_twice_is_announced_once(scene: Scene) -> None:
    first, again, next_day = scene.book(), scene.book(at=3 * DAY + HOUR), scene.book(at=4 * DAY)
    assert scene.hears(Flow.VISIT, first) == set()
    assert scene.hears(Flow.VISIT, again) == {Cause.ENTERED_TWICE}
    assert scene.hears(Flow.VISIT, next_day) == set()
    scene.company.cancel_job(first)
    assert scene.hears(Flow.VISIT, again, number=1) == set()


def test_the_same_is_said_once_and_once_more_where_something_else_was_said_in_between(scene: Scene) -> None:
    job = scene.book()
    assert scene.hears(Flow.VISIT, job) == set()
    assert scene.hears(Flow.VISIT, job) == {Cause.SAID_BEFORE}
    is_moved(scene, job)
    assert scene.hears(Flow.VISIT, job) == set()
    scene.company.cancel_job(job)
    assert scene.hears(Flow.SORRY, job) == set()
    scene.company.remove_cancellation(job)
    assert scene.hears(Flow.VISIT, job) == set()


# cancellations and ends


@pytest.mark.parametrize("flow", [Flow.SORRY, Flow.RESCHEDULE])
def test_a_cancellation_is_regretted_as_long_as_nothing_takes_its_place(scene: Scene, flow: Flow) -> None:
    kind = "sales" if flow is Flow.SORRY else "install"
    job = scene.book(kind)
    assert scene.hears(flow, job) == {Cause.NOT_CANCELED}
    scene.company.cancel_job(job, memo="Price")
    assert scene.hears(flow, job, number=1) == set()
    scene.world.advance(hours=1)
    scene.book(kind)
    assert scene.hears(flow, job, number=2) == {Cause.REBOOKED}


def test_what_is_undone_within_the_hour_was_regretted_too_soon(scene: Scene) -> None:
    soon, late = scene.book(), scene.book("install")
    for job, flow in ((soon, Flow.SORRY), (late, Flow.RESCHEDULE)):
        scene.company.cancel_job(job, memo="Price")
        assert scene.hears(flow, job) == set()
    scene.world.advance(minutes=50)
    scene.company.remove_cancellation(soon)
    scene.looks_back()
    scene.world.advance(minutes=20)
    scene.company.remove_cancellation(late)
    scene.looks_back()
    assert [verdict.causes for verdict in scene.judge.verdicts] == [(Cause.TOO_SOON,), ()]


def test_who_has_bought_since_is_not_missed(scene: Scene) -> None:
    job = scene.book()
    scene.company.cancel_job(job, memo="Price")
    scene.world.advance(hours=1)
    scene.company.sell(scene.company.create_estimate(scene.customer))
    assert scene.hears(Flow.SORRY, job) == {Cause.MOVED_ON}


def test_a_cancellation_for_the_offices_own_sake_is_nobodys_loss() -> None:
    scene = Scene()
    scene.world = World(OFFICES)
    scene.company = scene.world["socal"]
    scene.customer = scene.company.add_customer("Ada Moss", email="ada@example.com")
    for reason, causes in {"Duplicate entry": {Cause.NO_LOSS}, "Price": set()}.items():
        job = scene.book()
        scene.company.cancel_job(job, scene.company.cancel_reason(reason))
        assert scene.hears(Flow.SORRY, job) == causes, reason


def test_a_visit_that_took_place_or_is_long_over_is_not_regretted(scene: Scene) -> None:
    visited, forgotten = scene.book(), scene.book()
    scene.company.complete_job(visited)
    scene.company.cancel_job(visited)
    assert Cause.VISITED in scene.hears(Flow.SORRY, visited)
    scene.world.advance(days=30)
    scene.company.cancel_job(forgotten)
    assert scene.hears(Flow.SORRY, forgotten) == {Cause.TIDIED_UP}


def test_an_install_is_done_when_the_last_of_its_jobs_is(scene: Scene) -> None:
    first = scene.book("install", 1 * DAY, projectId=9)
    second = scene.book("install", 2 * DAY, projectId=9)
    scene.book("install", 3 * DAY, projectId=10)
    assert scene.hears(Flow.DONE, first) == {Cause.NOT_DONE}
    scene.world.advance(days=1.5)
    scene.company.complete_job(first)
    assert scene.hears(Flow.DONE, first, number=1) == {Cause.NOT_DONE}
    scene.company.complete_job(second)
    assert scene.hears(Flow.DONE, second) == set()


def test_an_install_that_is_closed_months_later_is_no_news(scene: Scene) -> None:
    job = scene.book("install")
    scene.world.advance(days=60)
    scene.company.complete_job(job)
    assert scene.hears(Flow.DONE, job) == {Cause.TIDIED_UP}


# questions, offers and sales


def test_a_question_is_followed_up_while_it_is_open(scene: Scene) -> None:
    open_one, dismissed, converted = (scene.company.add_lead(scene.customer) for _ in range(3))
    assert scene.hears(Flow.FOLLOW_UP, source=open_one) == set()
    scene.company.dismiss_lead(dismissed)
    assert scene.hears(Flow.FOLLOW_UP, source=dismissed) == {Cause.LEAD_CLOSED}
    scene.world.advance(hours=1)
    scene.book(lead_id=converted)
    assert scene.hears(Flow.FOLLOW_UP, source=converted) == {Cause.LEAD_CLOSED}
    assert scene.hears(Flow.FOLLOW_UP, source=open_one, number=1) == {Cause.MOVED_ON}


def test_an_offer_is_open_until_it_or_another_option_is_sold(scene: Scene) -> None:
    job = scene.book()
    good, best = (scene.company.create_estimate(job_id=job) for _ in range(2))
    assert scene.hears(Flow.UNSOLD, job, good) == set()
    scene.company.dismiss_estimate(good)
    assert scene.hears(Flow.UNSOLD, job, good, number=1) == set()
    scene.company.sell(best)
    assert scene.hears(Flow.UNSOLD, job, good, number=2) == {Cause.ALREADY_SOLD}
    scene.company.dismiss_estimate(best)
    assert scene.hears(Flow.UNSOLD, job, good, number=3) == {Cause.ESTIMATE_CLOSED}


def test_a_sale_stands_until_it_is_taken_back_or_the_install_is_booked(scene: Scene) -> None:
    estimate = scene.company.create_estimate(job_id=scene.book())
    scene.company.sell(estimate)
    assert scene.hears(Flow.SOLD, source=estimate) == set()
    scene.company.unsell(estimate)
    assert scene.hears(Flow.SOLD, source=estimate, number=1) == {Cause.NOT_SOLD}
    scene.company.sell(estimate)
    assert scene.hears(Flow.SOLD, source=estimate) == set()
    scene.world.advance(hours=1)
    scene.book("install")
    assert scene.hears(Flow.SOLD, source=estimate, number=1) == {Cause.MOVED_ON}


def test_a_repair_that_was_offered_is_no_sale(scene: Scene) -> None:
    repair = scene.company.create_estimate(job_id=scene.book("other"))
    assert scene.hears(Flow.UNSOLD, source=repair) == {Cause.NOT_THAT_KIND}
    assert scene.hears(Flow.SOLD, source=repair) == {Cause.NOT_THAT_KIND}


# people


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"doNotMail": True}, Cause.DO_NOT_MAIL),
        ({"doNotService": True}, Cause.DO_NOT_SERVICE),
        ({"active": False}, Cause.INACTIVE),
    ],
)
def test_who_must_not_be_written_to(scene: Scene, fields: dict[str, Any], cause: Cause) -> None:
    scene.company.update_customer(scene.customer, **fields)
    assert scene.hears(Flow.VISIT, scene.book()) == {cause}


def test_who_has_opted_out_still_hears_of_an_own_visit(scene: Scene) -> None:
    [contact] = scene.company.children("customer_contacts", "customerId", scene.customer)
    preferences = contact["preferences"] | {"marketingUpdatesEnabled": False}
    scene.company.update_contact(contact["id"], scene.customer, preferences=preferences)
    assert scene.hears(Flow.FOLLOW_UP, source=scene.company.add_lead(scene.customer)) == {Cause.OPTED_OUT}
    assert scene.hears(Flow.VISIT, scene.book()) == set()


def test_an_address_is_right_while_it_is_theirs(scene: Scene) -> None:
    lead = scene.company.add_lead(scene.customer)
    scene.company.add_contact(scene.customer, "Email", "Ada Moss <second@example.com>")
    other = scene.company.add_customer("Bob Moss", email="bob@example.com")
    for number, (email, causes) in enumerate(
        {
            "second@example.com": set[Cause](),
            "Second@Example.com": set[Cause](),
            "none": {Cause.UNREADABLE},
            "Ada Moss <second@example.com>": {Cause.UNREADABLE},
            "old@example.com": {Cause.ADDRESS_GONE},
            "bob@example.com": {Cause.ANOTHERS_ADDRESS},
        }.items()
    ):
        assert scene.hears(Flow.FOLLOW_UP, source=lead, email=email, number=number) == causes, email
    scene.company.merge_customers(other, scene.customer)
    assert scene.hears(Flow.FOLLOW_UP, source=lead, email="bob@example.com", number=9) == set()


def test_what_changed_since_the_last_sync_and_who_was_merged_is_told_apart(scene: Scene) -> None:
    job, lead = scene.book(), scene.company.add_lead(scene.customer)
    scene.then = Books(scene.company).as_they_stand()
    scene.company.cancel_job(job)
    scene.hears(Flow.VISIT, job)
    assert scene.judge.verdicts[-1].was_right
    scene.then = Books(scene.company).as_they_stand()
    scene.hears(Flow.VISIT, job, number=1)
    assert not scene.judge.verdicts[-1].was_right
    survivor = scene.company.add_customer("Ada Moss")
    scene.company.merge_customers(scene.customer, survivor)
    scene.hears(Flow.FOLLOW_UP, source=lead)
    assert scene.judge.verdicts[-1].is_merged


def test_the_judge_knows_nothing_of_the_product_nor_of_the_flows() -> None:
    asked = "import sys, tests.simulator.flow_builder.judge, tests.simulator.flow_builder.wanted; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    named = loaded.split()
    assert [one for one in named if one.startswith(("pipelines", "orchestration")) or one.endswith(".flows")] == []
