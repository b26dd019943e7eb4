"""Stories at the pace of a demo: each step is the next thing that happens in one of them, whatever day it is for."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from tests.simulator.office.days import draw
from tests.simulator.office.facts import Fact, Truth
from tests.simulator.office.household import Household
from tests.simulator.office.stories import Script, Story
from tests.simulator.world import World

WORDS = {
    "came": "becomes a customer",
    "asked": "asks for a price",
    "dismissed": "is dismissed as a lead",
    "converted": "has a visit, and is no lead any more",
    "booked": "has a job booked",
    "moved": "moves the visit",
    "begun": "has somebody there",
    "canceled": "cancels the job",
    "uncanceled": "takes the cancellation back",
    "held": "has the job done",
    "retyped": "has another type on the job",
    "offered": "gets an estimate",
    "sold": "buys",
    "unsold": "has the sale taken back",
    "declined": "declines the estimate",
    "merged": "is merged with a double",
    "deactivated": "leaves",
    "opted_out": "opts out of mails",
    "no_mail": "wants no mail",
    "no_service": "is not served any more",
    "second_house": "has a second house",
    "contact_changed": "has another address",
    "contact_gone": "has one contact less",
}


def live_stories(world: World, seed: int = 1, at_once: int = 8) -> Iterator[str]:
    """Each ``next()`` lets something happen now and tells it; the world is one of `tests.simulator.office.trades`."""
    random, companies = Random(seed), list(world.companies.values())
    truths = {company.tenant_id: Truth() for company in companies}
    under_way: list[tuple[Household, Script]] = []
    while True:
        while len(under_way) < at_once:
            company = random.choice(companies)
            household = Household(company, truths[company.tenant_id], random)
            under_way.append((household, from_the_start(household, draw(random))))
        one = random.choice(under_way)
        household, script = one
        with world.lock:
            fact = next_fact(household.truth, script)
        if fact is None:
            under_way.remove(one)
            continue
        words = told(household, fact)
        world.diary.append((world.now(), words))
        yield words


def from_the_start(household: Household, story: Story) -> Script:
    household.comes()
    yield timedelta()
    household.story = story.__name__
    yield from story(household)


def next_fact(truth: Truth, script: Script) -> Fact | None:
    """None where the story is over."""
    known = len(truth.facts)
    for _ in script:
        if len(truth.facts) > known:
            break
    return truth.facts[-1] if len(truth.facts) > known else None


def told(household: Household, fact: Fact) -> str:
    name = household.company.get("customers", household.customer_id)["name"]
    what = WORDS[fact.what] + (f" ({fact.kind})" if fact.kind else "")
    return f"{household.company.name}: {name} ({household.customer_id}) {what}"
