"""An upgrade that reads a stream more: a tenant whose baseline stands keeps it, and goes on being told the news."""

import base64
import json
import zlib
from collections.abc import Callable

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.servicetitan.load.sync_log import STATE
from pipelines.servicetitan.sync_status import last_complete
from pipelines.settings import Settings
from tests.servicetitan.syncs import query
from tests.simulator.clock import OffsetClock
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import SOCAL, Company, World

NEW = {
    "locations": "tn.crm.locations:r",
    "job_cancel_reasons": "tn.jpm.jobcancelreasons:r",
    "appointment_assignments": "tn.dis.appointmentassignments:r",
}
BASELINES = "select tenant_id, established_at from marts.tenant_baselines order by all"
TOLD = "select count(*) from marts.customer_state_transitions where not is_baseline"
Run = Callable[..., Result]


@pytest.fixture
def world() -> World:
    """Of today: what is older is no news."""
    return World(clock=OffsetClock())


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


@pytest.fixture
def upgraded(settings: Settings, socal: Company, run: Run) -> Settings:
    """Baselines stand, and the warehouse is as a release left it that did not know the new streams."""
    for number in range(6):
        job = socal.book_job(socal.add_customer(f"Customer {number}"))
        socal.assign_technician(socal.appointments_of(job)[0]["id"])
    socal.cancel_job(job)
    result = run("sync")
    assert result.exit_code == 0, result.output
    forget_streams(settings)
    return settings


def forget_streams(settings: Settings) -> None:
    with duckdb.connect(settings.warehouse) as con:
        [[state]] = con.execute(STATE).fetchall()
        known = json.loads(zlib.decompress(base64.b64decode(state)))
        for name in NEW:
            known["sources"]["servicetitan"]["resources"].pop(name, None)
            con.execute(f"drop view staging.stg_servicetitan__{name}")
            con.execute(f"drop table servicetitan.{name}")
        before = base64.b64encode(zlib.compress(json.dumps(known).encode())).decode()
        con.execute("update servicetitan._dlt_pipeline_state set state = ?", [before])
        con.execute("delete from servicetitan._dlt_version")
        con.execute("delete from servicetitan.tenant_syncs where list_contains(?, stream)", [list(NEW)])
        con.execute("update intermediate.derivation_ended set project_version = 'the release before'")


def stored(settings: Settings) -> dict[str, int]:
    return {name: query(settings, f"select count(*) from servicetitan.{name}")[0][0] for name in NEW}


@pytest.mark.prove
def test_the_first_read_of_new_streams_is_no_news_and_the_baseline_stands(
    upgraded: Settings, socal: Company, run: Run
) -> None:
    before = query(upgraded, BASELINES)
    socal.add_lead(socal.add_customer("Ada Moss"))
    result = run("sync")
    assert result.exit_code == 0, result.output
    assert "enqueued: 1 sent, 0 corrected, 0 held" in result.stdout
    assert "baseline" not in result.stdout
    assert (query(upgraded, BASELINES), query(upgraded, TOLD)) == (before, [(1,)])
    assert stored(upgraded)["locations"] == 7
    assert stored(upgraded)["appointment_assignments"] == 6
    assert stored(upgraded)["job_cancel_reasons"] > 0


@pytest.mark.prove
def test_new_streams_that_fail_are_said_and_hold_up_nothing(
    upgraded: Settings, socal: Company, simulator: ServiceTitan, run: Run
) -> None:
    before, last = query(upgraded, BASELINES), last_complete(upgraded.operations)
    failing = ("locations", "job_cancel_reasons")
    simulator.tokens.clients[SOCAL.tenant_id].scopes.difference_update(NEW[stream] for stream in failing)
    socal.add_lead(socal.add_customer("Ada Moss"))
    result = run("sync")
    assert result.exit_code == 3, result.output
    for stream in failing:
        assert f"tenant socal, stream {stream}: " in result.stderr
        assert NEW[stream] in result.stderr
    assert "enqueued: 1 sent, 0 corrected, 0 held" in result.stdout
    assert query(upgraded, BASELINES) == before
    assert last_complete(upgraded.operations)[SOCAL.tenant_id] > last[SOCAL.tenant_id]
    assert run("check").exit_code == 1


@pytest.mark.prove
def test_a_first_read_of_many_syncs_keeps_no_news_waiting(
    upgraded: Settings, socal: Company, simulator: ServiceTitan, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.switches.export_page_size = 3
    simulator.faults.order("slow", "/export/locations", tenant=SOCAL.tenant_id, seconds=3, times=-1)
    monkeypatch.setenv("SYNC_SECONDS", "7")  # one page or two of three
    socal.add_lead(socal.add_customer("Ada Moss"))
    result = run("sync")
    assert result.exit_code == 3, result.output
    assert "stream locations: goes on with the next sync" in result.stderr
    assert "enqueued: 1 sent, 0 corrected, 0 held" in result.stdout
    assert 0 < stored(upgraded)["locations"] < 7
    syncs = 1
    while result.exit_code == 3 and syncs < 9:
        socal.add_lead(socal.add_customer())
        result, syncs = run("sync"), syncs + 1
        assert "enqueued: 1 sent, 0 corrected, 0 held" in result.stdout
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.prove
def test_a_tenant_without_the_optional_scope_has_its_baseline_and_check_says_what_it_does_without(
    socal: Company, simulator: ServiceTitan, run: Run, settings: Settings
) -> None:
    socal.book_job(socal.add_customer("Ada Moss"))
    simulator.tokens.clients[SOCAL.tenant_id].scopes.discard(NEW["appointment_assignments"])
    result = run("sync")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "socal: baseline taken: 1 customers" in result.stdout
    result = run("check")
    assert result.exit_code == 0, result.output
    [line] = [line for line in result.output.splitlines() if "assignments" in line and "not there" in line]
    assert NEW["appointment_assignments"] in line
    simulator.tokens.clients[SOCAL.tenant_id].scopes.add(NEW["appointment_assignments"])
    socal.assign_technician(socal.records("appointments")[0]["id"])
    assert run("sync").exit_code == 0
    assert stored(settings)["appointment_assignments"] == 1


@pytest.mark.prove
def test_a_tenant_without_the_module_has_its_baseline(socal: Company, simulator: ServiceTitan, run: Run) -> None:
    socal.add_customer("Ada Moss")
    simulator.faults.order("status", "/appointment-assignments", tenant=SOCAL.tenant_id, status=404, times=-1)
    result = run("sync")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "socal: baseline taken: 1 customers" in result.stdout
    assert run("check").exit_code == 0


@pytest.mark.prove
def test_a_house_and_a_technician_are_no_news_and_the_next_message_says_them(
    socal: Company, run: Run, settings: Settings
) -> None:
    job = socal.book_job(customer := socal.add_customer("Ada Moss"))
    assert run("sync").exit_code == 0
    technician = "select visits[1].technician is not null from marts.transition_details"
    assert query(settings, technician) == [(False,)]
    socal.add_location(customer, "The other house", socal.get("customers", customer)["address"])
    socal.assign_technician(socal.appointments_of(job)[0]["id"])
    result = run("sync")
    assert result.exit_code == 0
    assert "enqueued: 0 sent" in result.stdout
    assert query(settings, technician) == [(True,)]
