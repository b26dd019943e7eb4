"""What a fair person would have wanted mailed, and what was not."""

from datetime import timedelta
from random import Random

import pytest

from tests.simulator.flow_builder.books import Books
from tests.simulator.flow_builder.judge import Judge
from tests.simulator.flow_builder.mails import Flow
from tests.simulator.flow_builder.wanted import Wishes, would_be
from tests.simulator.office.facts import Truth
from tests.simulator.office.household import Household
from tests.simulator.office.trades import OFFICES
from tests.simulator.world import World

DAY = timedelta(days=1)


class Scene:
    """``syncs`` so often, five minutes apart; the first mail is sent where it ``is_mailed``."""

    def __init__(self) -> None:
        self.world, self.truth = World(OFFICES), Truth()
        self.company = self.world["socal"]
        self.household = Household(self.company, self.truth, Random(1))
        self.household.customer_id = self.company.add_customer("Ada Moss", email="ada@example.com")
        self.judge = Judge()
        self.wishes = Wishes(self.judge)
        self.seen = 0

    def syncs(self, times: int = 3, minutes: float = 5) -> None:
        for _ in range(times):
            self.world.advance(minutes=minutes)
            self.wishes.add(self.truth.facts[self.seen :], self.company.tenant_id)
            self.seen = len(self.truth.facts)
            self.wishes.look(self.company.tenant_id, Books(self.company), self.world.now())

    def mail(self) -> None:
        """What was wanted last."""
        books = Books(self.company)
        mail = would_be(self.wishes.wanted[-1], books, self.world.now())
        assert mail
        self.judge.look(mail, books, books)

    @property
    def missing(self) -> list[Flow]:
        return [wish.flow for wish in self.wishes.missing({self.company.tenant_id: Books(self.company)})]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_happened_is_missing_until_it_is_mailed(scene: Scene) -> None:
    scene.household.asks()
    scene.syncs()
    assert scene.missing == [Flow.FOLLOW_UP]
    scene.mail()
    assert scene.missing == []


def test_each_thing_has_its_flow(scene: Scene) -> None:
    h = scene.household
    visit = h.books("sales", h.day_ahead(2, 3))
    scene.syncs()
    estimate = h.offers(visit)
    scene.syncs(4, minutes=60)
    h.buys(estimate)
    scene.syncs()
    install = h.books("install", h.day_ahead(2, 3))
    scene.syncs()
    h.cancels(install, "Price")
    scene.syncs(4, minutes=40)
    again = h.books("install", h.day_ahead(2, 3))
    scene.syncs()
    h.completes(again)
    scene.syncs()
    assert scene.missing == [
        *(Flow.VISIT, Flow.UNSOLD, Flow.SOLD, Flow.INSTALL, Flow.RESCHEDULE, Flow.INSTALL, Flow.DONE)
    ]


def test_nobody_wants_what_was_over_before_it_could_be_said(scene: Scene) -> None:
    h = scene.household
    visit = h.books("sales", h.day_ahead(2, 3))
    scene.syncs(1)
    h.cancels(visit, "Price")
    scene.syncs(5)
    h.books("sales", h.day_ahead(2, 3))  # within the hour
    scene.syncs(20)
    assert scene.missing == [Flow.VISIT]


def test_nobody_wants_what_is_not_for_them(scene: Scene) -> None:
    h = scene.household
    h.wants_no_mail()
    h.asks()
    scene.syncs()
    h.asks_as_a_stranger()
    h.books("other", h.day_ahead(2, 3))
    assert scene.missing == []


def test_one_mail_is_enough_for_all_days_of_a_project_and_all_options_of_an_offer(scene: Scene) -> None:
    h, project = scene.household, scene.company.new_id()
    first = h.books("install", h.day_ahead(5, 6), projectId=project)
    scene.syncs()
    scene.mail()
    h.books("install", first.start + DAY, projectId=project)
    visit = h.books("sales", h.day_ahead(2, 3))
    scene.syncs()
    scene.mail()
    h.offers(visit)
    scene.syncs(4, minutes=60)
    scene.mail()
    h.offers(visit, "Better")
    scene.syncs(4, minutes=60)
    assert scene.missing == []
    h.books("install", first.start + DAY, locationId=h.second_house())
    scene.syncs()
    assert scene.missing == [Flow.INSTALL]
    assert scene.wishes.wanted[-1].is_beside


def test_a_project_is_done_when_its_last_job_is_closed(scene: Scene) -> None:
    h, project = scene.household, scene.company.new_id()
    jobs = [h.books("install", h.day_ahead(1, 2), projectId=project) for _ in range(2)]
    scene.syncs()
    scene.world.advance(days=3)
    for job, missing in zip(jobs, ([], [Flow.DONE]), strict=True):
        h.completes(job)
        scene.syncs()
        assert [flow for flow in scene.missing if flow is Flow.DONE] == missing
