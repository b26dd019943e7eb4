"""Whether anything has changed: told at the cost of one record a list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from pipelines.operations import open_operations, transaction
from pipelines.servicetitan.api.retry import PROBE
from pipelines.servicetitan.change_probe import WATCHED, ChangeProbe
from pipelines.settings import Settings
from pipelines.tenants import store
from pipelines.tenants.encryption import SecretsKey, new_key
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


@pytest.fixture
def watch(settings: Settings, simulator: ServiceTitan, world: World) -> ChangeProbe:
    simulator.switches.strict = True
    world["socal"].add_customer("Ada Lovelace")
    world.advance(minutes=10)
    return ChangeProbe(settings)


def test_a_first_look_sees_no_change_and_a_second_one_neither(watch: ChangeProbe, world: World) -> None:
    first = watch.poll({}, world.now())
    assert (first.changed, first.problems) == ([], [])
    assert watch.poll(first.marks, world.now()) == first


def test_what_is_new_or_modified_is_named_once(watch: ChangeProbe, world: World, socal: Company) -> None:
    marks = watch.poll({}, world.now()).marks
    world.advance(seconds=15)
    customer_id = socal.add_customer("Bob Smith")
    look = watch.poll(marks, world.now())
    assert look.changed == ["socal customers"]
    assert watch.poll(look.marks, world.now()).changed == []
    world.advance(seconds=15)
    socal.update_customer(customer_id, active=False)
    assert watch.poll(look.marks, world.now()).changed == ["socal customers"]


def test_a_list_without_a_sort_is_named_once_however_much_has_changed(
    watch: ChangeProbe, world: World, socal: Company
) -> None:
    marks = watch.poll({}, world.now()).marks
    customer_id = socal.add_customer("Bob Smith")
    for number in range(3):
        world.advance(seconds=1)
        socal.add_contact(customer_id, "Phone", f"555-280{number}")
    look = watch.poll(marks, world.now())
    assert "socal customer_contacts" in look.changed
    assert watch.poll(look.marks, world.now()).changed == []


def test_a_look_costs_one_call_of_one_record_a_list(watch: ChangeProbe, world: World, simulator: ServiceTitan) -> None:
    marks = watch.poll({}, world.now()).marks
    simulator.log.clear()
    watch.poll(marks, world.now())
    assert [call.query["pageSize"] for call in simulator.log.calls] == ["1"] * 2 * len(WATCHED)


def test_a_tenant_that_refuses_rests_and_the_other_is_watched(
    watch: ChangeProbe, world: World, simulator: ServiceTitan, socal: Company
) -> None:
    marks = watch.poll({}, world.now()).marks
    simulator.tokens.clients[socal.tenant_id].scopes.discard("tn.sal.estimates:r")
    world.advance(hours=1)
    world["dfw"].add_customer("Cem Kaya")
    look = watch.poll(marks, NOW)
    assert look.changed == ["dfw customers"]
    assert "tenant socal, stream estimates" in look.problems[0]
    simulator.log.clear()
    assert watch.poll(marks, NOW + timedelta(minutes=1)).problems == look.problems
    assert len(simulator.log.calls) == len(WATCHED)
    simulator.tokens.clients[socal.tenant_id].scopes.add("tn.sal.estimates:r")
    assert watch.poll(marks, NOW + timedelta(minutes=6)).problems == []


def test_a_tenant_that_comes_later_is_watched_and_a_mended_secret_tried_at_once(
    settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    configured = settings.servicetitan_tenants
    dfw = configured.pop("dfw")
    watch = ChangeProbe(settings)
    assert not any(name.startswith("dfw") for name in watch.poll({}, world.now()).marks)
    configured["dfw"] = dfw
    simulator.tokens.clients[dfw.id].secrets = ["cs1.new"]
    assert "tenant dfw" in watch.poll({}, NOW).problems[0]
    configured["dfw"] = dfw.model_copy(update={"client_secret": SecretStr("cs1.new")})
    look = watch.poll({}, NOW)
    assert (look.problems, "dfw customers" in look.marks) == ([], True)


def test_a_tenant_that_people_connect_or_disconnect_is_a_change(settings: Settings, world: World) -> None:
    dfw = settings.servicetitan_tenants.pop("dfw")
    settings = settings.model_copy(update={"secrets_key": [SecretStr(new_key())]})
    watch = ChangeProbe(settings)
    marks = watch.poll({}, world.now()).marks
    with open_operations(settings.operations) as con, transaction(con):
        store.put(con, dfw, SecretsKey(settings), "ann", NOW)
    look = watch.poll(marks, NOW)
    assert (look.changed, "dfw customers" in look.marks) == (["tenants"], True)
    assert watch.poll(look.marks, NOW).changed == []
    with open_operations(settings.operations) as con, transaction(con):
        store.remove(con, "dfw", NOW + timedelta(minutes=1))
    assert watch.poll(look.marks, NOW + timedelta(minutes=1)).changed == ["tenants"]
    assert [tenant.name for tenant in watch.connections] == ["socal"]


def test_a_state_that_was_set_by_hand_is_a_change(watch: ChangeProbe, world: World, settings: Settings) -> None:
    marks = watch.poll({}, world.now()).marks
    with open_operations(settings.operations) as con:
        con.execute(
            "insert into state_updates (tenant_id, id, customer_id, to_state, reason, set_by, set_at)"
            " values (410387862, ?, 1001, 2.0, 'called', 'ann', '2026-11-22T15:00:00.000000Z')",
            [str(UUID(int=1))],
        )
    assert watch.poll(marks, world.now()).changed == ["state_updates"]


@pytest.mark.parametrize("path", ["", "/connect/token"])
def test_a_tenant_that_hangs_does_not_keep_the_look_from_the_others(
    path: str, settings: Settings, world: World, simulator: ServiceTitan, socal: Company
) -> None:
    hurried = ChangeProbe(settings, retry=replace(PROBE, timeout=0.5, total=1))
    marks = hurried.poll({}, world.now()).marks
    simulator.faults.order("hang", path, tenant=socal.tenant_id, times=-1)
    if path:
        hurried.connections.clear()  # and the token with it
    world.advance(minutes=1)
    world["dfw"].add_customer("Cem Kaya")
    look = hurried.poll(marks, NOW)
    assert look.changed == ["dfw customers"]
    assert [problem.partition(",")[0] for problem in look.problems] == ["tenant socal"]
    simulator.log.clear()
    hurried.poll(look.marks, NOW + timedelta(minutes=1))
    assert socal.tenant_id not in {call.tenant for call in simulator.log.calls}, "it rests"


def test_a_list_that_drips_is_left_when_the_look_is_over(
    settings: Settings, world: World, simulator: ServiceTitan, socal: Company
) -> None:
    watch = ChangeProbe(settings, retry=replace(PROBE, timeout=60, total=60), seconds=0.5)
    marks = watch.poll({}, world.now()).marks
    simulator.faults.order("drip", tenant=socal.tenant_id, times=-1)
    world.advance(minutes=1)
    world["dfw"].add_customer("Cem Kaya")
    assert watch.poll(marks, NOW).changed == ["dfw customers"]
