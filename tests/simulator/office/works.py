"""What customers live through once they have bought: installs, projects, houses, call-backs."""

from datetime import timedelta

from tests.simulator.office.household import Household
from tests.simulator.office.stories import Script, takes_place, until_sold


def project(h: Household) -> Script:
    """Several jobs of one project, on days that follow each other; at times one is closed late."""
    estimate = yield from until_sold(h)
    project_id, first = h.company.new_id(), h.day_ahead(5, 15)
    jobs = [
        h.books("install", first + timedelta(days=day), projectId=project_id, createdFromEstimateId=estimate)
        for day in range(h.random.randrange(2, 5))
    ]
    closes_last_first = h.chance(0.2)
    for visit in jobs:
        yield h.till(visit.end)
        if not closes_last_first:
            h.completes(visit)
    for visit in reversed(jobs if closes_last_first else []):
        h.completes(visit)
        yield h.days(0.1, 1)


def project_cut_short(h: Household) -> Script:
    """Of two jobs of a project the second is canceled."""
    yield from until_sold(h)
    project_id, start = h.company.new_id(), h.day_ahead(5, 15)
    first, second = (h.books("install", start + timedelta(days=day), projectId=project_id) for day in (0, 2))
    yield h.till(first.end)
    h.completes(first)
    yield h.days(0.1, 1)
    h.cancels(second, "No longer needed")


def two_houses(h: Household) -> Script:
    """Each has an install on a day of its own."""
    yield from until_sold(h)
    at_home = h.books("install", h.day_ahead(3, 8))
    elsewhere = h.books("install", at_home.start + h.days(1, 12), locationId=h.second_house())
    for visit in sorted((at_home, elsewhere), key=lambda one: one.start):
        yield h.till(visit.end)
        h.completes(visit)


def two_visits(h: Household) -> Script:
    """Two houses, and a sales visit in each."""
    first = h.books("sales", h.day_ahead(2, 4))
    yield h.days(0.01, 1)
    second = h.books("sales", first.start + h.days(1, 4), locationId=h.second_house())
    for visit in (first, second):
        yield h.till(visit.end)
        h.completes(visit)


def call_back(h: Household) -> Script:
    """Something is wrong with the install: a recall, at no charge, under the install's own kind of type."""
    yield from until_sold(h)
    visit = h.books("install", h.day_ahead(3, 9))
    yield from takes_place(h, visit)
    yield h.days(1, 40)
    yield from takes_place(
        h, h.books("other", h.day_ahead(1, 5), typed_as="install", recallForId=visit.job_id, noCharge=True)
    )


def under_warranty(h: Household) -> Script:
    yield from until_sold(h)
    visit = h.books("install", h.day_ahead(3, 9))
    yield from takes_place(h, visit)
    yield h.days(20, 90)
    yield from takes_place(
        h, h.books("other", h.day_ahead(1, 5), typed_as="install", warrantyId=visit.job_id, noCharge=True)
    )


def install_canceled(h: Household) -> Script:
    estimate = yield from until_sold(h)
    visit = h.books("install", h.day_ahead(5, 15), createdFromEstimateId=estimate)
    yield h.days(0.2, 4)
    h.cancels(visit, "Financing fell through")
    yield h.days(1, 30)
    if h.chance(0.6):
        yield from takes_place(h, h.books("install", h.day_ahead(5, 15), createdFromEstimateId=estimate))


def forgotten(h: Household) -> Script:
    """The install is done, and nobody ever closes the job."""
    yield from until_sold(h)
    visit = h.books("install", h.day_ahead(3, 9))
    yield h.till(visit.end)
    h.never_closes(visit)


def closed_late(h: Household) -> Script:
    """The install is closed months later, while a new sale goes on."""
    yield from until_sold(h)
    visit = h.books("install", h.day_ahead(3, 9))
    yield h.till(visit.end) + h.days(30, 170)
    other = h.books("sales", h.day_ahead(2, 4))
    yield h.days(0.1, 1)
    h.completes(visit)
    yield from takes_place(h, other)


def turned_into_the_install(h: Household) -> Script:
    """The sales job itself becomes the install."""
    visit = h.books("sales", h.day_ahead(1, 3))
    yield h.till(visit.end)
    h.notes("held", visit)
    h.buys(h.offers(visit))
    yield timedelta(hours=h.random.uniform(0.5, 20))
    h.retypes(visit, "install", h.day_ahead(5, 9))
    yield h.till(visit.end)
    h.completes(visit)


def entered_under_the_wrong_type(h: Household) -> Script:
    """An install that was entered as something else; somebody sees it days later."""
    yield from until_sold(h)
    visit = h.books("install", h.day_ahead(5, 8), typed_as="other")
    yield h.days(1, 4)
    h.mends_the_type(visit)
    yield from takes_place(h, visit)


def service(h: Household) -> Script:
    visit = h.books("other", h.day_ahead(0.5, 9), noCharge=h.chance(0.3))
    yield from takes_place(h, visit)
    if h.chance(0.2):
        h.offers(visit, "Repair")


def service_canceled(h: Household) -> Script:
    visit = h.books("other", h.day_ahead(1, 9))
    yield h.days(0.1, 1)
    h.cancels(visit, h.random.choice(("Booked in error", "Out of area", "Customer not home")))


def wishes(h: Household) -> Script:
    """What they say of mails and of their contacts."""
    yield h.days(0.1, 3)
    h.random.choice((h.opts_out, h.wants_no_mail, h.wants_no_service, h.new_email, h.drops_a_contact))()
