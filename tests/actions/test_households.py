"""Nobody's lead is ever put on a stranger's record, and one person is one, however they write themselves."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any, Literal

import orjson
import pytest

from pipelines.actions.crm.customer_match import known
from pipelines.actions.crm.identity import Given, Known, doubts
from pipelines.actions.crm.names import may_be
from pipelines.actions.inbound_leads.forms import WebLead, identified, person_in
from pipelines.actions.inbound_leads.own_form import mended
from pipelines.actions.schemas.results import Customer
from pipelines.settings import Tenant
from tests.actions.conftest import Api
from tests.actions.households import GIVEN, SURNAMES, WAYS_TO_CALL, Somebody, Town
from tests.actions.test_leads import LEAD, end_of
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

Outcome = Literal["theirs", "new", "review", "a stranger's"]
CUSTOMERS, PEOPLE = 25, 25  # of each town; so many come back, and so many are new
TENANT = Tenant.model_validate({"name": "socal", "id": 1, "client_id": "c", "client_secret": "s"})


def read(typed: dict[str, object]) -> Given:
    """As intake reads it and the worker finds it."""
    lead = WebLead.model_validate_json(orjson.dumps(mended(typed)), strict=True)
    return person_in(identified(lead, TENANT), TENANT)


def records(town: Town) -> list[Known]:
    def customer(number: int) -> Known:
        contacts = [
            {"id": place, "type": kind, "value": value} for place, (kind, value) in enumerate(town.contacts[number])
        ]
        return known(Customer.model_validate({"id": number, "name": town.names[number], "contacts": contacts}), "US")

    return [customer(number) for number in town.names]


class Directory:
    def __init__(self, customers: list[Known]) -> None:
        self.by_reach: dict[str, list[Known]] = {}
        for one in customers:
            for reach in {phone.number for phone in one.phones} | one.emails:
                self.by_reach.setdefault(reach, []).append(one)

    def outcome(self, one: Somebody, person: Given) -> Outcome:
        if not person.identifies:
            return "review"
        reaches = (person.phone and person.phone.number, person.email)
        matching = {found.id: found for reach in reaches if reach for found in self.by_reach.get(reach, [])}
        if doubts(person, list(matching.values())):
            return "review"
        if not matching:
            return "new"
        return "theirs" if one.customer in matching else "a stranger's"


def tell(towns: int) -> tuple[Counter[Outcome], Counter[Outcome], list[Any]]:
    """What became of those who came back, and of new people; and whoever ended on a stranger's record. The towns are
    small, so that what many type is on one record alone."""
    back, new, wrong = Counter[Outcome](), Counter[Outcome](), list[Any]()
    for seed in range(towns):
        town = Town(Random(seed), CUSTOMERS)
        directory = Directory(records(town))
        for _ in range(PEOPLE):
            for counted, (one, typed) in ((back, town.comes_back()), (new, town.is_new())):
                outcome = directory.outcome(one, read(typed))
                counted[outcome] += 1
                if outcome == "a stranger's":
                    wrong.append(typed)
    return back, new, wrong


def seen(towns: int) -> Iterator[str]:
    back, new, wrong = tell(towns)
    assert wrong == []
    assert new["theirs"] == 0
    assert back["new"] == 0, "a person became two"
    assert back["theirs"] >= 0.99 * back.total(), back
    yield f"came back: {dict(back)}; new: {dict(new)}"


def test_of_a_thousand_people_nobody_is_put_on_a_strangers_record() -> None:
    print(*seen(towns=20))


@pytest.mark.prove
def test_of_twenty_thousand_people_nobody_is_put_on_a_strangers_record() -> None:
    print(*seen(towns=400))


def test_of_a_household_nobody_elses_contact_is_taken_for_the_customers() -> None:
    """But for an initial that both have, and a record that names the family alone."""
    random, given_names, linked = Random(3), GIVEN.split(), Counter[bool]()
    for _ in range(2000):
        first, last = random.choice(given_names), random.choice(SURNAMES.split())
        other = random.choice([one for one in given_names if one[0] != first[0]])
        on_record, typed = random.choice(WAYS_TO_CALL[:-1]), random.choice(WAYS_TO_CALL[:-1])
        linked[may_be(typed(first, last), on_record(first, last))] += 1
        assert not may_be(typed(other, last), on_record(first, last))
    assert linked[True] >= 0.99 * linked.total(), linked


def test_it_is_so_over_http_too(api: Api, simulator: ServiceTitan, socal: Company) -> None:
    simulator.switches.contact_value = "substring"  # finds an address with something around it
    town, ids = Town(Random(2), 40), dict[int, int]()
    for number, name in town.names.items():
        ids[number] = socal.add_customer(name)
        for kind, value in town.contacts[number]:
            socal.add_contact(ids[number], kind, value)
    theirs = {customer: number for number, customer in ids.items()}
    for n in range(20):
        for one, typed in (town.comes_back(), town.is_new()):
            lead = LEAD | {"phone": None, "email": None, "contact_id": None, "external_id": f"{n} {one.digits}"} | typed
            ended = end_of(api, api.post("/webhooks/leads", json=lead))
            assert ended["status"] in ("done", "needs_review"), (typed, ended)
            if ended["customer_id"] in theirs:
                assert theirs[ended["customer_id"]] == one.customer, (typed, ended)
            elif one.customer:
                assert ended["status"] == "needs_review", (typed, ended)
