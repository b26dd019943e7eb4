"""Every answer of the stand-in world is valid against ServiceTitan's own OpenAPI documents."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests import test_simulator_writes as writes
from tests.simulator.caller import Caller, calling
from tests.simulator.contact_family import CONTACT_DETAILS
from tests.simulator.details import DETAILS, Detail
from tests.simulator.endpoints import EXPORTS, LISTINGS, Export
from tests.simulator.listing import Listing
from tests.simulator.office.days import Office
from tests.simulator.office.history import seed_history
from tests.simulator.office.trades import OFFICES
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.switches import Switches
from tests.simulator.world import World

DOCUMENTS = Path(__file__).parents[2] / "shared" / "reference" / "openapi"
NAMES = {
    "crm": "crm-v2",
    "dispatch": "dispatch-v2",
    "jpm": "jpm-v2",
    "sales": "salestech-v2",
    "settings": "settings-v2",
}
DOCUMENTED = [listing for listing in LISTINGS if listing.module in NAMES]  # not marketing and jbce

pytestmark = pytest.mark.skipif(
    not DOCUMENTS.is_dir(),
    reason="ServiceTitan's OpenAPI documents are not beside the checkout; they are not ours to ship",
)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A tenant with three years of history, and some months of all that happens in an office."""
    simulator = ServiceTitan(World(OFFICES), Switches(calls_per_second=10_000))
    seed_history(simulator.world, customers=60)
    Office(simulator.world, households=40).advance(days=150)
    simulator.world["socal"].add_booking("web-1", campaignId=1, isFirstTimeClient=True)
    with run_server(simulator.app) as simulator.url, calling(simulator) as caller:
        yield caller


@cache
def document(module: str) -> dict[str, Any]:
    return dict(json.loads((DOCUMENTS / f"{NAMES[module]}.json").read_text()))


def validator(module: str, path: str, method: str = "get", status: int = 200) -> Draft202012Validator:
    """Of the answer that the document declares for a path such as ``customers/{id}``."""
    operation = document(module)["paths"][f"/tenant/{{tenant}}/{path}"][method]
    content = operation["responses"][str(status)]["content"]
    schema = next(iter(content.values()))["schema"]
    return Draft202012Validator(
        {**schema, "components": document(module)["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def shown(errors: Iterator[Any]) -> list[str]:
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors][:5]


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.path)
def test_every_page_of_an_export_is_valid(caller: Caller, export: Export) -> None:
    pages = list(caller.export(f"{export.module}/{export.path}", includeRecentChanges="true"))
    check = validator(export.module, export.path)
    assert [shown(check.iter_errors(page)) for page in pages] == [[] for _ in pages]
    assert any(page["data"] for page in pages)


@pytest.mark.parametrize("listing", DOCUMENTED, ids=lambda listing: listing.path)
def test_every_page_of_a_list_is_valid(caller: Caller, listing: Listing) -> None:
    page = caller.get(
        f"{listing.module}/{listing.path}",
        pageSize=5000,
        active="Any",
        modifiedOnOrAfter="2000-01-01T00:00:00Z",
        includeTotal="true",
    ).json()
    assert shown(validator(listing.module, listing.path).iter_errors(page)) == []
    assert page["totalCount"] == len(page["data"]) > 0


@pytest.mark.parametrize("listing", [row for row in DOCUMENTED if row.by_id], ids=lambda listing: listing.path)
def test_a_record_read_by_its_id_is_valid(caller: Caller, listing: Listing) -> None:
    path = f"{listing.module}/{listing.path}"
    for record in caller.records(path, active="Any", pageSize=20):
        answer = caller.get(f"{path}/{record['id']}").json()
        assert shown(validator(listing.module, f"{listing.path}/{{id}}").iter_errors(answer)) == []


def test_an_error_is_valid(caller: Caller) -> None:
    refused = caller.get("crm/customers", pageSize=5001)
    assert refused.status_code == 400
    assert shown(validator("crm", "customers", status=400).iter_errors(refused.json())) == []


BOOKING = writes.BOOKING | {"address": writes.ADDRESS}
WRITES: list[tuple[str, str, str, Any]] = [
    (
        "POST",
        "crm/customers",
        "customers",
        writes.CUSTOMER | {"contacts": [{"type": "Email", "value": "a@example.com"}]},
    ),
    ("POST", "crm/leads", "leads", writes.LEAD),
    ("POST", "crm/leads/form", "leads/form", {"name": "Ada"}),
    (
        "POST",
        writes.PROVIDER,
        "booking-provider/{booking_provider}/bookings",
        writes.BOOKING | {"address": writes.ADDRESS},
    ),
]


@pytest.mark.parametrize(("method", "path", "declared", "body"), WRITES, ids=[path for _, path, _, _ in WRITES])
def test_the_answer_to_a_write_is_valid(caller: Caller, method: str, path: str, declared: str, body: Any) -> None:
    answer = caller.send(method, path, body).raise_for_status().json()
    assert shown(validator(path.partition("/")[0], declared, method.lower()).iter_errors(answer)) == []


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        ("crm/contacts", "contacts"),
        ("crm/contacts/contact-methods", "contacts/contact-methods"),
        ("crm/customers/{customer}/contacts", "customers/{id}/contacts"),
        ("jpm/jobs/{canceled}/canceled-log", "jobs/{id}/canceled-log"),
        ("jpm/jobs/{canceled}/booked-log", "jobs/{id}/booked-log"),
        ("jpm/jobs/{canceled}/history", "jobs/{id}/history"),
        ("jpm/jobs/cancel-reasons?ids={canceled}", "jobs/cancel-reasons"),
        ("sales/status/estimates/{sold}/changes", "status/estimates/{id}/changes"),
    ],
)
def test_what_is_read_beside_a_record_is_valid(caller: Caller, path: str, declared: str) -> None:
    ids = {
        "customer": caller.records("crm/customers/contacts", modifiedOnOrAfter="2000-01-01T00:00:00Z")[0]["customerId"],
        "canceled": caller.records("jpm/jobs", jobStatus="Canceled")[0]["id"],
        "sold": caller.records("sales/estimates", status="Sold")[0]["id"],
    }
    module, _, resource = path.format(**ids).partition("/")
    answer = caller.client.get(caller.address(f"{module}/{resource}")).raise_for_status().json()
    assert shown(validator(module, declared).iter_errors(answer)) == []


@pytest.mark.parametrize("endpoint", [*DOCUMENTED, *DETAILS, *CONTACT_DETAILS], ids=lambda row: str(row.path))
def test_an_endpoint_takes_the_parameters_that_are_declared_and_no_others(endpoint: Listing | Detail) -> None:
    paths = {nameless(path): operations for path, operations in document(endpoint.module)["paths"].items()}
    operation = paths[nameless(f"/tenant/{{tenant}}/{endpoint.path}")]["get"]
    declared = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
    assert set(endpoint.parameters) == declared


@pytest.mark.parametrize("export", [row for row in EXPORTS if row.spelling != "old"], ids=lambda export: export.path)
def test_an_export_takes_the_parameters_that_are_declared_and_no_others(export: Export) -> None:
    operation = document(export.module)["paths"][f"/tenant/{{tenant}}/{export.path}"]["get"]
    declared = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
    assert export.parameters == declared


def nameless(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)
