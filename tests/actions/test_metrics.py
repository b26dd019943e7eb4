"""`/metrics`: figures for Prometheus, about nobody."""

from datetime import datetime, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipelines.flow_builder.outbox.figures import NEVER_ENDS, ended_attempts, newest_attempt
from pipelines.flow_builder.statuses import Status
from pipelines.operations import Connection, open_operations, stamp
from pipelines.servicetitan.progress import StreamSync
from pipelines.servicetitan.sync_status import keep_complete, keep_readings
from pipelines.settings import Settings
from tests.actions.conftest import SOCAL, Api, Open
from tests.actions.test_leads import LEAD
from tests.flow_builder.household import DAY, Household
from tests.flow_builder.stored import Stored
from tests.simulator.world import Company, World

Sample = tuple[str, frozenset[tuple[str, str]]]


def figures(api: Api) -> dict[Sample, float]:
    """As whoever reaches the port sees them: without a token."""
    answer = httpx.get(f"{api.url}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def of(found: dict[Sample, float], name: str, **labels: str) -> float | None:
    return found.get((f"servicetitan_flow_{name}", frozenset(labels.items())))


def test_requests_are_counted_by_route_and_status(api: Api, ada: int) -> None:
    for _ in range(3):
        api.read(f"/customers/{ada}", tenant="socal")
    api.read("/customers/7", tenant="socal")
    httpx.get(f"{api.url}/api/servicetitan/customers/{ada}")
    found = figures(api)
    route = "/customers/{customer_id}"
    assert of(found, "requests_total", method="GET", route=route, status="200") == 3
    assert of(found, "requests_total", method="GET", route=route, status="404") == 1
    assert of(found, "requests_total", method="GET", route="(no route)", status="401") == 1
    assert of(found, "request_seconds_count", method="GET", route=route) == 4


def test_what_callers_make_up_is_no_label(api: Api) -> None:
    for verb in ("PROPFIND", "LOCK", "PURGE"):
        api.request(verb, f"/nowhere/{verb}")
    names = {sample for sample in figures(api) if sample[0].endswith("requests_total")}
    assert {dict(labels)["method"] for _, labels in names} == {"other"}
    assert {dict(labels)["route"] for _, labels in names} == {"(no route)"}


def test_syncs_and_their_ages_are_told_by_tenant(api: Api, settings: Settings, world: World) -> None:
    ended = world.now() - timedelta(minutes=5)
    sync = StreamSync(SOCAL, "socal", "customers", ended, ended, complete=True, asked=True)
    keep_complete(settings.operations, [sync])
    keep_readings(settings.operations, ended, [sync])
    found = figures(api)
    assert of(found, "last_complete_sync_age_seconds", tenant="socal") == 300
    assert of(found, "last_complete_sync_timestamp_seconds", tenant="socal") == ended.timestamp()
    assert of(found, "last_sync_timestamp_seconds", tenant="socal") == ended.timestamp()
    assert of(found, "last_complete_sync_age_seconds", tenant="dfw") is None


@pytest.fixture
def webhook_id(settings: Settings, world: World) -> str:
    """Of the only delivery in the outbox."""
    home = Household()
    home.now = world.now()
    home.books(1, 3 * DAY)
    Stored.beside(settings, home).go_on()
    with open_operations(settings.operations) as con:
        return str(con.execute("select webhook_id from deliveries").fetchone()[0])


def attempt(con: Connection, webhook_id: str, at: datetime, status: int | None, milliseconds: int | None) -> None:
    """Without milliseconds: it is under way."""
    columns = "webhook_id, started_at, ended_at, http_status, milliseconds"
    ended_at = stamp(at) if milliseconds else None
    values = [webhook_id, stamp(at), ended_at, status, milliseconds]
    con.execute(f"insert into attempts ({columns}) values (?, ?, ?, ?, ?)", values)


def test_rows_are_told_by_status_and_attempts_from_the_start_on(
    open_api: Open, settings: Settings, world: World, webhook_id: str
) -> None:
    with open_operations(settings.operations) as con:
        before = newest_attempt(con)
        attempt(con, webhook_id, world.now(), 200, 120)
        api = open_api()
        for status, milliseconds in ((200, 80), (503, 2000), (None, 30_000)):
            attempt(con, webhook_id, world.now(), status, milliseconds)
        assert newest_attempt(con) == before + 4
    found = figures(api)
    rows = [of(found, "deliveries", status=status) for status in Status]
    assert (sum(filter(None, rows)), None in rows) == (1, False)
    assert of(found, "attempt_seconds_count", answer="2xx") == 1
    assert of(found, "attempt_seconds_sum", answer="5xx") == 2
    assert of(found, "attempt_seconds_count", answer="none") == 1
    assert (of(found, "endpoint_down"), of(found, "deliveries_overdue")) == (0, 0)


def test_an_attempt_that_is_under_way_is_waited_for_unless_it_was_cut_off(
    settings: Settings, world: World, webhook_id: str
) -> None:
    now = world.now()
    with open_operations(settings.operations) as con:
        last = newest_attempt(con)
        for milliseconds in (1, None, 3):
            attempt(con, webhook_id, now, 200, milliseconds)
        assert [one.seconds for one in ended_attempts(con, last, now)] == [0.001]
        assert [one.seconds for one in ended_attempts(con, last, now + NEVER_ENDS)] == [0.001, 0.003]


def test_they_name_nobody(api: Api, socal: Company) -> None:
    ada = socal.add_customer("Ada Lovelace", phone="(213) 373-4253", email="ada@mail.example.net")
    api.read("/customers", tenant="socal", phone="213-373-4253")
    api.read(f"/customers/{ada}", tenant="socal")
    api.post("/webhooks/leads", json=LEAD | {"tenant": "socal"})
    text = httpx.get(f"{api.url}/metrics").text
    for word in ("Ada", "373", "mail.example", str(ada), str(SOCAL)):
        assert word not in text
    assert 'servicetitan_flow_inbound_leads{status="open"}' in text


def test_what_is_asked_beside_is_refused_and_a_wrong_token_does_not_matter(api: Api) -> None:
    assert httpx.get(f"{api.url}/metrics", params={"name": "x"}).status_code == 422
    assert httpx.get(f"{api.url}/metrics", headers={"authorization": "Bearer wrong"}).status_code == 200
