"""One tenant in trouble: the others are loaded in time, it rests, and in the end it has everything."""

import time
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.servicetitan.extract.lists import PAGE_SIZE
from pipelines.servicetitan.extract.run import is_ahead
from pipelines.servicetitan.rests import known_rests
from pipelines.servicetitan.sync import LoadResult
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.servicetitan.syncs import HASTY, SHORT, attempt, query, sync
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import DFW, SOCAL, Company, World

NAMES = "select name from servicetitan.customers where tenant_id = {} order by name"
LEADS = "/export/leads"
TROUBLES: list[dict[str, Any]] = [
    {"kind": "status", "status": 503},
    {"kind": "hang"},
    {"kind": "drip"},
    {"kind": "drop"},
    {"kind": "status", "path": "/connect/token", "status": 500},
    {"kind": "hang", "path": "/connect/token"},
    {"kind": "cut", "path": LEADS},
    {"kind": "hang", "path": LEADS},
]


@pytest.fixture
def ann(socal: Company, world: World) -> None:
    socal.add_lead(socal.add_customer("Ann"))
    world["dfw"].add_customer("Bob")


def scheduled(settings: Settings, world: World) -> LoadResult:
    return attempt(settings, world, retry=SHORT, scheduled=True)


def names(settings: Settings, tenant_id: int) -> list[str]:
    return [name for (name,) in query(settings, NAMES.format(tenant_id))]


def trouble(simulator: ServiceTitan, order: dict[str, Any]) -> None:
    simulator.faults.order(**{"tenant": SOCAL.tenant_id, "times": -1, **order})


def errors(result: LoadResult) -> set[str]:
    """Of the tenant in trouble."""
    return {
        stream.error.partition(": ")[2]
        for stream in result.streams
        if stream.error and stream.tenant_id == SOCAL.tenant_id
    }


@pytest.mark.parametrize("order", TROUBLES, ids=lambda order: " ".join(map(str, order.values())))
@pytest.mark.usefixtures("ann")
def test_the_others_are_loaded_in_time_and_whoever_was_in_trouble_is_whole_after_it(
    order: dict[str, Any], settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    trouble(simulator, order)
    began = time.monotonic()
    result = scheduled(settings, world)
    assert time.monotonic() - began < 30, "a call may take up to 4 s, a wait for silence 2"
    assert names(settings, DFW.tenant_id) == ["Bob"]
    assert len(errors(result)) == 1, "the tenant's trouble is one, whatever the stream"
    assert errors(result).pop().startswith("nothing got through for ")
    simulator.faults.clear()
    world.advance(minutes=2)
    scheduled(settings, world)
    assert names(settings, SOCAL.tenant_id) == ["Ann"]
    assert query(settings, "select count(*), count(distinct id) from servicetitan.leads") == [(1, 1)]


@pytest.mark.usefixtures("ann")
def test_rests_double_up_to_a_quarter_of_an_hour_and_end_with_the_trouble(
    settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    trouble(simulator, {"kind": "status", "status": 503})
    for minutes in (1, 2, 4, 8, 15, 15):
        assert "HTTP 503" in errors(scheduled(settings, world)).pop()
        world.advance(seconds=minutes * 60 - 1)
        simulator.log.clear()
        [words] = errors(scheduled(settings, world))
        assert words.startswith("not asked again before ")
        assert SOCAL.tenant_id not in {call.tenant for call in simulator.log.calls}
        world.advance(seconds=1)
    simulator.faults.clear()
    assert scheduled(settings, world).complete
    trouble(simulator, {"kind": "status", "status": 503})
    scheduled(settings, world)
    world.advance(minutes=1)
    assert "HTTP 503" in errors(scheduled(settings, world)).pop(), "the first rest again"


@pytest.mark.usefixtures("ann")
def test_a_person_asks_at_once_and_in_vain_changes_nothing(
    settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    trouble(simulator, {"kind": "status", "status": 503})
    scheduled(settings, world)
    for _ in range(3):
        assert "HTTP 503" in errors(attempt(settings, world, retry=SHORT)).pop()
    world.advance(minutes=1)
    simulator.faults.clear()
    assert scheduled(settings, world).complete
    trouble(simulator, {"kind": "status", "status": 503})
    scheduled(settings, world)
    simulator.faults.clear()
    assert attempt(settings, world, retry=SHORT).complete
    assert scheduled(settings, world).complete


@pytest.mark.usefixtures("ann")
def test_changed_credentials_are_tried_at_once(settings: Settings, world: World, simulator: ServiceTitan) -> None:
    trouble(simulator, {"kind": "status", "status": 503})
    scheduled(settings, world)
    simulator.faults.clear()
    simulator.tokens.clients[SOCAL.tenant_id].secrets.append("cs1.new")
    changed = directory.find(settings, "socal").model_copy(update={"client_secret": SecretStr("cs1.new")})
    both = {"socal": changed, "dfw": directory.find(settings, "dfw")}
    assert not scheduled(settings, world).complete
    assert scheduled(settings.model_copy(update={"servicetitan_tenants": both}), world)
    assert names(settings, SOCAL.tenant_id) == ["Ann"]
    assert b"cs1." not in settings.operations_file.read_bytes()


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.usefixtures("ann")
def test_a_refused_secret_is_told_at_once_and_is_no_reason_to_rest(
    status: int, settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    simulator.switches.bad_secret_status = status  # type: ignore[assignment]
    simulator.tokens.clients[SOCAL.tenant_id].secrets = ["cs1.another"]
    for _ in range(2):
        assert "refused the credentials" in errors(scheduled(settings, world)).pop()
    simulator.tokens.clients[SOCAL.tenant_id].secrets = ["cs1.socal"]
    assert scheduled(settings, world).complete


@pytest.mark.usefixtures("ann")
def test_a_page_that_takes_longer_than_a_turn_comes_with_the_turn_after_the_rest(
    settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    trouble(simulator, {"kind": "slow", "path": LEADS, "seconds": 3})
    assert errors(scheduled(settings, world)).pop().endswith("; no answer")
    world.advance(minutes=1)
    assert scheduled(settings, world).complete
    assert query(settings, "select count(*) from servicetitan.leads") == [(1,)]


@pytest.mark.prove
@pytest.mark.usefixtures("ann")
def test_a_host_that_hangs_for_ever_is_waited_for_longer_only_when_its_rests_are_longest(
    settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    trouble(simulator, {"kind": "hang"})
    turns = []
    for _ in range(8):
        scheduled(settings, world)
        [rest] = known_rests(settings).values()
        turns.append(rest.next_is_long)
        world.advance(minutes=15)
    assert turns == [False, False, False, False, True, False, True, False]


@pytest.mark.parametrize("mode", ["export", "list"])
def test_a_first_read_goes_on_from_sync_to_sync_until_it_is_whole(
    mode: str, settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    simulator.switches.export_page_size = 5
    customers = [world["socal"].add_customer(f"Customer {number:02}") for number in range(40)]
    for customer in customers:
        world["socal"].add_lead(customer)
    world["dfw"].add_customer("Bob")
    simulator.faults.order("slow", "customers", tenant=SOCAL.tenant_id, seconds=0.4, times=-1)
    hurried = settings.model_copy(update={"servicetitan_sync_mode": mode, "sync_seconds": 1.0})
    results = [attempt(hurried, world)]
    while not results[-1].complete:
        assert errors(results[-1]) == set()
        assert [stream.stream for stream in results[-1].streams if stream.goes_on]
        results.append(attempt(hurried, world))
        assert len(results) < 12
    assert len(results) > 2 if mode == "export" else len(results) == 1, "by list, all of it is one page"
    assert names(settings, SOCAL.tenant_id) == [f"Customer {number:02}" for number in range(40)]
    cut = "select count(*) filter (not complete and error is null), count(error) from servicetitan.tenant_syncs"
    assert query(settings, cut)[0][1] == 0
    assert query(settings, cut)[0][0] == sum(stream.goes_on for one in results for stream in one.streams)


@pytest.mark.prove
def test_what_is_read_by_page_number_is_read_to_its_end(
    settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    ann = world["socal"].add_customer("Ann")
    for number in range(PAGE_SIZE + 1):
        world["socal"].add_contact(ann, "Email", f"{number}@example.com")
    simulator.faults.order("slow", "customers/contacts", tenant=SOCAL.tenant_id, seconds=1.7, times=-1)
    lists = settings.model_copy(update={"servicetitan_sync_mode": "list", "sync_seconds": 3.0})
    result = attempt(lists, world, retry=replace(HASTY, total=60, timeout=20))
    assert errors(result) == set()
    assert "customer_contacts" in {stream.stream for stream in result.streams if stream.complete}
    assert query(settings, "select count(*) from servicetitan.customer_contacts") == [(PAGE_SIZE + 1,)]


@pytest.mark.parametrize(
    ("place", "before", "ahead"),
    [
        ({"from": "b"}, {"from": "a"}, True),
        ({"from": "a"}, {"from": "a"}, False),
        ({"from": "a"}, {}, True),
        ({"since": "2026-03-02T15:00:00.0000000Z"}, {"since": "2026-03-02T14:59:59.0000000Z"}, True),
        ({"since": "2026-03-02T15:00:00.0000000Z"}, {"since": "2026-03-02T15:00:00.0000000Z"}, False),
        ({"digest": "d"}, {}, False),
    ],
)
def test_a_reading_stops_only_where_the_next_one_begins_further_on(
    place: dict[str, str], before: dict[str, str], ahead: bool
) -> None:
    assert is_ahead(place, before) is ahead


@pytest.mark.usefixtures("ann")
def test_a_sync_without_a_limit_reads_to_the_end(settings: Settings, world: World) -> None:
    assert sync(settings.model_copy(update={"sync_seconds": 0.0}), world).complete
