"""What customers live through: scripts that do something, and say how long it takes until the next thing happens."""

from collections.abc import Callable, Generator, Iterator
from datetime import timedelta

from tests.simulator.office.household import Household
from tests.simulator.office.people import Visit

Script = Iterator[timedelta]
Story = Callable[[Household], Script]

NO_SALE = ("Price", "Went with competitor", "No longer needed", "Customer not home")


def takes_place(h: Household, visit: Visit) -> Script:
    """Moved at times; closed on its day, or a day later."""
    if h.chance(0.2):
        yield h.till(visit.start) * h.random.random()
        h.moves(visit, h.day_ahead(2, 9))
    if visit.kind == "install" and h.chance(0.2):
        h.works_another_day(visit)
    if h.chance(0.4):
        yield h.till(visit.start)
        h.begins(visit)
    yield h.till(visit.end) + (h.days(0.5, 1.5) if h.chance(0.2) else timedelta())
    h.completes(visit)


def first_visit(h: Household) -> Generator[timedelta, None, Visit]:
    """From a question, or straight away, to a visit that took place; which it returns."""
    lead = h.asks() if h.chance(0.7) else None
    yield h.days(0.01, 4)
    visit = h.books("sales", h.day_ahead(1, 6), lead=lead)
    yield from takes_place(h, visit)
    return visit


def until_sold(h: Household) -> Generator[timedelta, None, int]:
    """Ends with the estimate that is sold."""
    visit = yield from first_visit(h)
    estimate = h.offers(visit)
    yield h.days(0.01, 12)
    h.buys(estimate)
    yield h.days(0.2, 6)
    return estimate


def sale(h: Household) -> Script:
    estimate = yield from until_sold(h)
    yield from takes_place(h, h.books("install", h.day_ahead(4, 20), createdFromEstimateId=estimate))


def no_sale(h: Household) -> Script:
    visit = yield from first_visit(h)
    estimates = [h.offers(visit, name) for name in ("Good", "Better", "Best")[: h.random.randrange(1, 4)]]
    yield h.days(5, 40)
    for estimate in estimates:
        h.declines(estimate)


def changes_of_mind(h: Household) -> Script:
    visit = yield from first_visit(h)
    estimate = h.offers(visit)
    yield h.days(0.1, 5)
    h.buys(estimate)
    yield h.days(0.1, 2)
    h.takes_the_sale_back(estimate)
    yield h.days(1, 10)
    if h.chance(0.5):
        h.buys(estimate)
    else:
        h.declines(estimate)


def dismissed(h: Household) -> Script:
    lead = h.asks()
    yield h.days(2, 30)
    h.is_dismissed(lead)


def was_a_stranger(h: Household) -> Script:
    lead = h.asks_as_a_stranger()
    yield h.days(0.1, 2)
    h.company.link_lead(lead, h.customer_id)
    yield h.days(0.1, 2)
    yield from takes_place(h, h.books("sales", h.day_ahead(2, 5), lead=lead))


def canceled(h: Household) -> Script:
    visit = h.books("sales", h.day_ahead(2, 8), lead=h.asks())
    yield h.till(visit.start) * h.random.random()
    h.cancels(visit, h.random.choice(NO_SALE))


def canceled_at_the_door(h: Household) -> Script:
    """Visited, and canceled the day after: no sale."""
    visit = yield from first_visit(h)
    yield h.days(0.5, 1.5)
    h.cancels(visit, "Price", after_visit=True)


def tidied_up(h: Household) -> Script:
    """Months later somebody cancels a visit to which nobody came."""
    visit = h.books("sales", h.day_ahead(2, 5))
    yield h.till(visit.end) + h.days(40, 100)
    h.cancels(visit, "No longer needed", tidied=True)


def rebooked(h: Household) -> Script:
    """Canceled, and booked anew within minutes."""
    visit = h.books("sales", h.day_ahead(2, 6))
    yield h.till(visit.start) * h.random.random()
    h.cancels(visit, "Rescheduled")
    yield timedelta(minutes=h.random.randrange(2, 40))
    yield from takes_place(h, h.books("sales", h.day_ahead(3, 9)))


def entered_twice(h: Household) -> Script:
    visit = h.books("sales", h.day_ahead(3, 6))
    yield timedelta(minutes=h.random.randrange(1, 90))
    again = h.books("sales", visit.start)
    yield timedelta(hours=h.random.uniform(0.5, 20))
    h.cancels(again, "Duplicate entry", duplicate_of=visit.job_id)
    yield from takes_place(h, visit)


def entered_afterwards(h: Household) -> Script:
    """Somebody was there, and the office hears of it a day later."""
    yield h.days(1, 3)
    start = h.company.now() - timedelta(hours=h.random.randrange(20, 60))
    visit = h.books(h.random.choice(("sales", "install")), start.replace(minute=0, second=0, microsecond=0))
    yield timedelta(minutes=h.random.randrange(1, 30))
    h.completes(visit)


def taken_back(h: Household) -> Script:
    """A cancellation is removed; at times its entry in the log stays active."""
    visit = h.books("sales", h.day_ahead(4, 9))
    yield h.days(0.1, 1)
    h.cancels(visit, h.random.choice(NO_SALE))
    yield h.days(0.01, 2)
    h.takes_back(visit, log_stays=h.chance(0.5))
    yield from takes_place(h, visit)


def became_a_service_call(h: Household) -> Script:
    lead = h.asks()
    yield h.days(0.1, 3)
    yield from takes_place(h, h.books("other", h.day_ahead(0.5, 3), lead=lead))


def booked_on_the_double(h: Household) -> Script:
    """A second record of the customer is made for the visit; somebody merges the two, or nobody does."""
    lead = h.asks()
    yield h.days(0.1, 3)
    double = h.double()
    visit = double.books("sales", h.day_ahead(2, 5), lead=lead)
    yield from takes_place(double, visit)
    if h.chance(0.6):
        yield h.days(0.5, 20)
        double.becomes(h)
