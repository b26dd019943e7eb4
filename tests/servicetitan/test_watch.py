"""Whether anything has changed: told at the cost of one record a list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pipelines.operations.database import open_operations
from pipelines.servicetitan.change_probe import HASTY, WATCHED, Watch
from pipelines.settings.settings import Settings
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


@pytest.fixture
def watch(settings: Settings, simulator: ServiceTitan, world: World) -> Watch:
    simulator.switches.strict = True
    world["socal"].add_customer("Ada Lovelace")
    world.advance(minutes=10)
    return Watch(settings)


def test_a_first_look_sees_no_change_and_a_second_one_neither(watch: Watch, world: World) -> None:
    first = watch.look({}, world.now())
    assert (first.changed, first.problems) == ([], [])
    assert watch.look(first.marks, world.now()) == first


def test_what_is_new_or_modified_is_named_once(watch: Watch, world: World, socal: Company) -> None:
    marks = watch.look({}, world.now()).marks
    world.advance(seconds=15)
    customer_id = socal.add_customer("Bob Smith")
    look = watch.look(marks, world.now())
    assert look.changed == ["socal customers"]
    assert watch.look(look.marks, world.now()).changed == []
    world.advance(seconds=15)
    socal.update_customer(customer_id, active=False)
    assert watch.look(look.marks, world.now()).changed == ["socal customers"]


def test_a_list_without_a_sort_is_named_once_however_much_has_changed(
    watch: Watch, world: World, socal: Company
) -> None:
    marks = watch.look({}, world.now()).marks
    customer_id = socal.add_customer("Bob Smith")
    for number in range(3):
        world.advance(seconds=1)
        socal.add_contact(customer_id, "Phone", f"555-010{number}")
    look = watch.look(marks, world.now())
    assert "socal customer_contacts" in look.changed
    assert watch.look(look.marks, world.now()).changed == []


def test_a_look_costs_one_call_of_one_record_a_list(watch: Watch, world: World, simulator: ServiceTitan) -> None:
    marks = watch.look({}, world.now()).marks
    simulator.log.clear()
    watch.look(marks, world.now())
    assert [call.query["pageSize"] for call in simulator.log.calls] == ["1"] * 2 * len(WATCHED)


def test_a_tenant_that_refuses_rests_and_the_other_is_watched(
    watch: Watch, world: World, simulator: ServiceTitan, socal: Company
) -> None:
    marks = watch.look({}, world.now()).marks
    simulator.tokens.clients[socal.tenant_id].scopes.discard("tn.sal.estimates:r")
    world.advance(hours=1)
    world["dfw"].add_customer("Cem Kaya")
    look = watch.look(marks, NOW)
    assert look.changed == ["dfw customers"]
    assert "tenant socal, stream estimates" in look.problems[0]
    simulator.log.clear()
    assert watch.look(marks, NOW + timedelta(minutes=1)).problems == look.problems
    assert len(simulator.log.calls) == len(WATCHED)
    simulator.tokens.clients[socal.tenant_id].scopes.add("tn.sal.estimates:r")
    assert watch.look(marks, NOW + timedelta(minutes=6)).problems == []


def test_a_state_that_was_set_by_hand_is_a_change(watch: Watch, world: World, settings: Settings) -> None:
    marks = watch.look({}, world.now()).marks
    with open_operations(settings.operations) as con:
        con.execute(
            "insert into state_updates (tenant_id, id, customer_id, to_state, reason, set_by, set_at)"
            " values (410387862, ?, 1001, 2.0, 'called', 'ann', '2026-11-22T15:00:00.000000Z')",
            [str(UUID(int=1))],
        )
    assert watch.look(marks, world.now()).changed == ["state_updates"]


@pytest.mark.parametrize("path", ["", "/connect/token"])
def test_a_tenant_that_hangs_does_not_keep_the_look_from_the_others(
    path: str, settings: Settings, world: World, simulator: ServiceTitan, socal: Company
) -> None:
    hurried = Watch(settings, patience=replace(HASTY, timeout=0.5, total=1))
    marks = hurried.look({}, world.now()).marks
    simulator.faults.order("hang", path, tenant=socal.tenant_id, times=-1)
    if path:
        hurried.connections.clear()  # and the token with it
    world.advance(minutes=1)
    world["dfw"].add_customer("Cem Kaya")
    look = hurried.look(marks, NOW)
    assert look.changed == ["dfw customers"]
    assert [problem.partition(",")[0] for problem in look.problems] == ["tenant socal"]
    simulator.log.clear()
    hurried.look(look.marks, NOW + timedelta(minutes=1))
    assert socal.tenant_id not in {call.tenant for call in simulator.log.calls}, "it rests"


def test_a_list_that_drips_is_left_when_the_look_is_over(
    settings: Settings, world: World, simulator: ServiceTitan, socal: Company
) -> None:
    watch = Watch(settings, patience=replace(HASTY, timeout=60, total=60), seconds=0.5)
    marks = watch.look({}, world.now()).marks
    simulator.faults.order("drip", tenant=socal.tenant_id, times=-1)
    world.advance(minutes=1)
    world["dfw"].add_customer("Cem Kaya")
    assert watch.look(marks, NOW).changed == ["dfw customers"]
