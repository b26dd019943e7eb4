"""Years of history, lived through in the order of time, and a present that goes on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from random import Random

from tests.simulator.office.asides import ASIDES
from tests.simulator.office.life import MOVES, Journey, Move, choose, take
from tests.simulator.world import World

# One way to each customer state, for customers whose last step is a few weeks old.
ENDINGS: tuple[tuple[str, ...], ...] = (
    (),
    ("lead",),
    ("lead", "sales_booked"),
    ("lead", "sales_booked", "sales_canceled"),
    ("lead", "sales_booked", "estimated"),
    ("lead", "sales_booked", "estimated", "sold"),
    ("lead", "sales_booked", "estimated", "sold", "install_booked"),
    ("lead", "sales_booked", "estimated", "sold", "install_booked", "install_canceled"),
    ("lead", "sales_booked", "estimated", "sold", "install_booked", "installed"),
)
STEP = timedelta(days=3)
RESTS = ("installed", "lost")


@dataclass(order=True)
class Due:
    """What a customer does next and when; without a move they come into being. ``way``: what is left of an ending."""

    at: datetime
    number: int
    journey: Journey = field(compare=False)
    move: Move | None = field(compare=False, default=None)
    way: tuple[str, ...] | None = field(compare=False, default=None)


def seed_history(world: World, customers: int = 100, years: float = 3, seed: int = 1) -> list[Journey]:
    """So many customers per company, living until now; the first nine of each end in the nine states."""
    random, now = Random(seed), world.now()
    queue = [_arrival(world, number, customers, years, random) for number in range(customers * len(world.companies))]
    journeys = [due.journey for due in queue]
    heapify(queue)
    while queue and queue[0].at < now:
        due = heappop(queue)
        with world.at(due.at):
            _live_through(due, random)
        following = _following(due, random)
        if following is not None:
            heappush(queue, following)
    return journeys


def live(world: World, journeys: Sequence[Journey] = (), seed: int = 1, at_once: int = 12) -> Iterator[str]:
    """Each ``next()`` lets some customer take one plausible step now and tells it; new customers keep coming."""
    random, companies = Random(seed), list(world.companies.values())
    open_ones = [journey for journey in journeys if journey.stage not in RESTS]
    under_way = random.sample(open_ones, min(len(open_ones), at_once // 2))
    while True:
        if not under_way or (len(under_way) < at_once and random.random() < 0.4):
            company = random.choice(companies)
            under_way.append(Journey(company, company.add_household()))
        journey = random.choice(under_way)
        move = choose(journey, random)
        with world.lock:
            take(journey, move)
        if journey.stage in RESTS:
            under_way.remove(journey)
        name = journey.company.get("customers", journey.customer_id)["name"]
        words = f"{journey.company.name}: {name} ({journey.customer_id}) {move.words}"
        world.diary.append((world.now(), words))
        yield words


def _arrival(world: World, number: int, customers: int, years: float, random: Random) -> Due:
    company = list(world.companies.values())[number // customers]
    ending = ENDINGS[number % customers] if number % customers < len(ENDINGS) else None
    if ending is None:
        at = world.now() - timedelta(days=random.uniform(1, years * 365))
    else:
        at = world.now() - timedelta(days=random.uniform(2, 40)) - STEP * len(ending)
    return Due(at, number, Journey(company, 0), way=ending)


def _live_through(due: Due, random: Random) -> None:
    journey = due.journey
    if due.move is None:
        journey.customer_id = journey.company.add_household()
        return
    take(journey, due.move)
    if due.way is None and random.random() < 0.2:
        random.choices(list(ASIDES), list(ASIDES.values()))[0](journey)


def _following(due: Due, random: Random) -> Due | None:
    journey = due.journey
    if due.way is None:
        move = choose(journey, random)
        return Due(due.at + timedelta(days=random.uniform(*move.days)), due.number, journey, move)
    if not due.way:
        return None
    move = next(move for move in MOVES if (move.stage, move.next) == (journey.stage, due.way[0]))
    return Due(due.at + STEP, due.number, journey, move, due.way[1:])
