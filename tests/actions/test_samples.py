"""Every sample of the catalogue: taken by its route and by the one door, and what it shows is what comes."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import jsonschema
import pytest

from pipelines.actions.catalogue import ACTIONS
from pipelines.flow_builder.facts import TypedEmail
from pipelines.settings import Settings
from tests.actions.conftest import Api, Open
from tests.actions.test_doors import Doors
from tests.actions.test_states import publish
from tests.flow_builder.household import DAY, Household
from tests.flow_builder.stored import Stored
from tests.simulator import records
from tests.simulator.world import Company, World

Door = Callable[[Doors, str, dict[str, Any], str], httpx.Response]
ADA = 100001  # the customer of all samples
ADDRESS = {"street": "100 Main St", "city": "Los Angeles", "state": "CA", "zip": "90012", "country": "USA"}


@pytest.fixture
def told(settings: Settings, world: World) -> str:
    """A transition of which Flow Builder was told."""
    home = Household()
    home.now = world.now()
    name = home.books(1, 3 * DAY)
    home.change(name, emails=[TypedEmail("ada.moss@mail.example.net", is_opted_out=False)])
    Stored.beside(settings, home).go_on()
    world.advance(seconds=600)
    return name


@pytest.fixture
def doors(open_api: Open, settings: Settings, world: World, socal: Company, told: str) -> Doors:  # noqa: ARG001
    socal.insert("customers", records.customer(id=ADA, name="Ada Moss", address=ADDRESS))
    socal.add_location(ADA, "Ada Moss", ADDRESS)
    socal.add_contact(ADA, "Phone", "(213) 373-4253")
    socal.add_lead(ADA)
    socal.create_estimate(job_id=socal.book_job(ADA, "sales"))
    publish(settings, ADA, 2.0, world.now() - timedelta(days=1))
    return Doors(open_api(ACTIONS_REQUESTS_PER_SECOND="10000"))


def catalogue(api: Api) -> dict[str, dict[str, Any]]:
    return {action["type"]: action for action in api.get("/actions").json()["actions"]}


@pytest.mark.parametrize("door", [Doors.route, Doors.one_door])
@pytest.mark.parametrize("name", ACTIONS)
def test_a_sample_is_taken_and_what_comes_has_its_form(doors: Doors, name: str, door: Door) -> None:
    action = catalogue(doors.api)[name]
    sample = action["sample"]
    jsonschema.validate(sample["input"], action["input_schema"])
    jsonschema.validate(sample["result"], action["result_schema"])
    answer = door(doors, name, sample["input"], "key")
    assert answer.is_success, answer.text
    jsonschema.validate(answer.json(), action["result_schema"])
    assert shape(answer.json()) == shape(sample["result"])


def shape(value: Any) -> Any:
    """Its fields, all the way down."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value[:1]] if isinstance(value, list) else None


def test_no_sample_has_a_number_or_an_address_that_identifies_nobody(api: Api) -> None:
    written = json.dumps([action["sample"] for action in catalogue(api).values()])
    assert not re.search(r"555.?01\d\d", written)
    assert {address.partition("@")[2] for address in re.findall(r"[\w.]+@[\w.]+", written)} == {"mail.example.net"}
