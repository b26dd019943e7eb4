"""What customers live through when things turn out otherwise soon after somebody was told of them."""

from datetime import timedelta

from tests.simulator.office.household import Household
from tests.simulator.office.stories import NO_SALE, Script, first_visit, takes_place


def changes_the_hour(h: Household) -> Script:
    """Canceled for no reason of the company's, and booked anew while the telephone is still warm."""
    visit = h.books("sales", h.day_ahead(3, 7), lead=h.asks())
    yield h.days(0.2, 2)
    h.cancels(visit, h.random.choice(NO_SALE))
    yield timedelta(minutes=h.random.randrange(3, 100))
    yield from takes_place(h, h.books("sales", h.day_ahead(3, 9)))


def canceled_for_nothing(h: Household) -> Script:
    """By the office, for its own sake; at times it is a real visit, booked anew days later."""
    visit = h.books("sales", h.day_ahead(3, 7))
    yield h.days(0.2, 2)
    h.cancels(visit, h.random.choice(("Booked in error", "Out of area", "Rescheduled")))
    if h.chance(0.5):
        yield h.days(1, 6)
        yield from takes_place(h, h.books("sales", h.day_ahead(2, 6)))


def sold_at_the_table(h: Household) -> Script:
    """The offer is accepted before the salesman leaves."""
    visit = yield from first_visit(h)
    estimate = h.offers(visit)
    yield timedelta(minutes=h.random.randrange(5, 115))
    h.buys(estimate)
    yield h.days(0.2, 4)
    yield from takes_place(h, h.books("install", h.day_ahead(4, 12), createdFromEstimateId=estimate))


def put_off(h: Household) -> Script:
    """The day passes and nobody comes; a week later the same job is given another day."""
    visit = h.books(h.random.choice(("sales", "install")), h.day_ahead(1, 4))
    yield h.till(visit.end) + h.days(2, 9)
    h.moves(visit, h.day_ahead(3, 9))
    yield from takes_place(h, visit)


def moved_again_and_again(h: Household) -> Script:
    kind = h.random.choice(("sales", "install"))
    visit = h.books(kind, h.day_ahead(4, 9), lead=h.asks() if kind == "sales" else None)
    for _ in range(h.random.randrange(1, 4)):
        yield h.days(0.5, 2)
        h.moves(visit, h.day_ahead(3, 8))
    if h.chance(0.3):
        yield h.days(0.1, 1)
        h.cancels(visit, h.random.choice(NO_SALE))
    else:
        yield from takes_place(h, visit)


def entered_afterwards_and_given_a_day(h: Household) -> Script:
    """A visit of yesterday is entered, where nobody was at home; then it gets a day."""
    yield h.days(1, 2)
    start = (h.company.now() - timedelta(hours=h.random.randrange(20, 40))).replace(minute=0, second=0, microsecond=0)
    visit = h.books("sales", start)
    yield h.days(1, 3)
    h.moves(visit, h.day_ahead(3, 8))
    yield from takes_place(h, visit)


def has_enough(h: Household) -> Script:
    """Something is under way, and they want to hear no more of it, or never again."""
    begun = h.random.choice((_asked, _offered, _booked))
    yield from begun(h)
    yield h.days(0.5, 6)
    h.random.choice((h.opts_out, h.wants_no_mail, h.wants_no_service, h.leaves))()


def mends_the_address(h: Household) -> Script:
    """While something is under way: a new one comes, an old one is taken off, or somebody types that there is none."""
    begun = h.random.choice((_asked, _offered, _booked))
    yield from begun(h)
    yield h.days(0.5, 3)
    h.random.choice((h.new_email, h.has_no_email, h.takes_off_the_oldest_email))()
    yield h.days(0.5, 6)
    h.random.choice((h.new_email, h.takes_off_the_oldest_email))()


def _asked(h: Household) -> Script:
    h.asks()
    return iter(())


def _offered(h: Household) -> Script:
    visit = yield from first_visit(h)
    h.offers(visit)


def _booked(h: Household) -> Script:
    h.books(h.random.choice(("sales", "install")), h.day_ahead(6, 25))
    return iter(())
