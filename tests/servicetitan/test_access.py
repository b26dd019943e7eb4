"""The check that a person runs before the first sync."""

import pytest

from pipelines.servicetitan.access import Access, check_access
from pipelines.servicetitan.streams import STREAMS
from pipelines.settings import Settings
from tests.servicetitan.syncs import HASTY
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company


def check(settings: Settings) -> dict[tuple[str, str | None], Access]:
    return {(access.tenant_name, access.stream): access for access in check_access(settings, HASTY)}


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
