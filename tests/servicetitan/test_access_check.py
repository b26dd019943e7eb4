"""The check that a person runs before the first sync."""

import pytest

from pipelines.servicetitan.access_check import StreamAccess, check_access
from pipelines.servicetitan.load.sync_log import read_bookmarks
from pipelines.servicetitan.pages import Bookmarks
from pipelines.servicetitan.streams import STREAMS
from pipelines.settings import Settings
from tests.servicetitan.syncs import HASTY, attempt
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World


def check(settings: Settings, bookmarks: Bookmarks | None = None) -> dict[tuple[str, str | None], StreamAccess]:
    found = check_access(settings, HASTY, bookmarks=bookmarks)
    return {(access.tenant_name, access.stream): access for access in found}


def test_a_token_and_one_record_of_every_stream_are_asked_for(settings: Settings, simulator: ServiceTitan) -> None:
    simulator.switches.strict = True
    found = check(settings)
    assert list(found) == [(name, stream) for name in ("socal", "dfw") for stream in [None, *(s.name for s in STREAMS)]]
    assert [access for access in found.values() if access.problem] == []
    assert (found["socal", "job_types"].records, found["socal", "leads"].records) == (1, 0)


def test_the_missing_scope_is_named(settings: Settings, simulator: ServiceTitan, socal: Company) -> None:
    simulator.tokens.clients[socal.tenant_id].scopes.discard("tn.sal.estimates:r")
    found = check(settings)
    assert [key for key, access in found.items() if access.problem] == [("socal", "estimates")]
    assert found["socal", "estimates"].missing_scope == "tn.sal.estimates:r"


def test_without_a_token_no_stream_is_asked_for(settings: Settings, simulator: ServiceTitan, socal: Company) -> None:
    simulator.tokens.clients[socal.tenant_id].secrets = ["cs1.another"]
    found = [access for access in check(settings).values() if access.tenant_name == "socal"]
    assert [access.stream for access in found] == [None]
    assert "CLIENT_SECRET" in (found[0].problem or "")


@pytest.mark.parametrize("stream", ["customers", "job_canceled_logs"])
def test_a_stream_that_is_not_there_is_a_problem(stream: str, settings: Settings, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", stream.replace("_", "-"), tenant=410387862, status=404, times=-1)
    assert "HTTP 404" in (check(settings)["socal", stream].problem or "")


@pytest.mark.parametrize("mode", ["export", "list"])
def test_a_record_that_a_sync_would_set_aside_is_named(
    mode: str, settings: Settings, simulator: ServiceTitan, socal: Company
) -> None:
    socal.add_customer("Ann")
    bob = socal.add_customer("Bob")
    at = -1 if mode == "export" else 1
    simulator.faults.order("broken_record", "/customers", tenant=socal.tenant_id, how="not_utf8", at=at)
    settings = settings.model_copy(update={"servicetitan_sync_mode": mode})
    found = check(settings)["socal", "customers"]
    assert (found.rejected, found.problem) == (1, f"set aside: {bob} (the record is not UTF-8 (byte 9))")


def test_the_page_that_the_next_sync_would_ask_for_is_read(
    settings: Settings, world: World, simulator: ServiceTitan, socal: Company
) -> None:
    simulator.switches.export_page_size = 1
    for name in ("Ann", "Bob"):
        socal.add_customer(name)
    simulator.faults.order("odd_body", "/export/customers", tenant=socal.tenant_id, body="cut", skip=1, times=-1)
    assert not attempt(settings, world).complete
    bookmarks = read_bookmarks(settings.warehouse).bookmarks
    simulator.faults.clear()
    simulator.faults.order("odd_body", "/export/customers", tenant=socal.tenant_id, body="cut", skip=1, times=-1)
    assert check(settings)["socal", "customers"].problem is None
    assert "a body that cannot be read" in (check(settings, bookmarks)["socal", "customers"].problem or "")


def test_another_way_that_a_stream_is_read_is_told_and_is_no_problem(
    settings: Settings, simulator: ServiceTitan, socal: Company
) -> None:
    socal.add_customer("Ann")
    simulator.faults.order("status", "/export/customers", status=404, times=-1)
    found = check(settings)["socal", "customers"]
    assert (found.records, found.problem) == (1, None)
    assert "it is read from the list" in (found.warning or "")


def test_fields_and_values_that_are_new_are_told_and_are_no_problem(settings: Settings, socal: Company) -> None:
    ann = socal.add_customer("Ann", type="Municipal", loyaltyTier=3)
    socal.create_estimate(ann, status={"value": 7, "name": "Archived"})
    found = check(settings)
    assert [access for access in found.values() if access.problem] == []
    assert found["socal", "customers"].warning == (
        "new field loyaltyTier, in 1 records; new value 'Municipal' of type, in 1 records"
    )
    assert found["socal", "estimates"].warning == "new value 'Archived' of status.name, in 1 records"
