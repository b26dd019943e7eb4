"""What job types are by what became of their jobs, and the rules that `kinds propose` makes of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.analytics.publish import publish
from pipelines.servicetitan.raw_tables import TENANTS
from pipelines.settings import Settings
from tests.simulator.office.loads import Loads, office_at
from tests.simulator.office.trades import NAMELESS_OFFICES
from tests.simulator.world import DFW, START, Profile, World
from tests.states.telling_jobs import NOW, TellingJobs
from tests.states.warehouse import DerivedIn, Warehouse

ENOUGH = 20
LIES, SALES, INSTALL, FEW, MIXED, ANYWHERE, REPAIR, CALL_BACKS, TOO_EARLY = range(1, 10)
SHOWROOM, WORKSHOP = 61, 62
NAMES = {
    **{LIES: "Sales", SALES: "Type 2", INSTALL: "Type 3", FEW: "Type 4", MIXED: "Type 5", ANYWHERE: "Visit"},
    **{REPAIR: "Repair", CALL_BACKS: "Type 8", TOO_EARLY: "Type 9"},
}
ON_OTHER_JOBS = {("sold_estimate_on_other_job", 70, 70), ("estimate_on_other_job", 20, 20)}
HEADING = "tenant_id,match_field,pattern,job_kind,priority,estimates_from"
Run = Callable[..., Result]


def lying_names() -> TellingJobs:
    jobs = TellingJobs(DFW.tenant_id, DFW.name, NAMES, {SHOWROOM: "Unit 1", WORKSHOP: "Unit 2"})
    jobs.serves(30, LIES)
    jobs.sells(20, SALES, install=INSTALL)
    jobs.serves(19, FEW)
    jobs.offers_in_vain(16, MIXED, subtotal=499)
    jobs.offers_in_vain(4, MIXED, subtotal=500)
    jobs.sells(20, ANYWHERE, install=INSTALL, unit=SHOWROOM)
    jobs.serves(20, ANYWHERE, unit=WORKSHOP, no_charge=True)
    jobs.serves(10, ANYWHERE, unit=WORKSHOP, job_status="Canceled")
    jobs.repairs(30, REPAIR)
    jobs.serves(9, CALL_BACKS)
    jobs.serves(11, CALL_BACKS, recall_for_id=7)
    jobs.serves(30, TOO_EARLY, job_status="Scheduled")
    jobs.strangers_ask()
    jobs.strangers_ask(status="Dismissed")
    jobs.strangers_ask(active=False)
    return jobs


def nameless(warehouse: Warehouse, profiles: Sequence[Profile], days: int, households: int, seed: int) -> World:
    """An office whose names tell nothing, as loads bring it."""
    office = office_at(START + timedelta(days=days), households, seed, profiles=profiles)
    named = [{"tenant_id": one.tenant_id, "tenant_name": one.name} for one in profiles]
    warehouse.load({TENANTS.name: pa.Table.from_pylist(named, TENANTS.schema), **Loads(office.world).take()})
    return office.world


def truth(world: World) -> Mapping[int, str]:
    """By job type."""
    return {one: kind for company in world.companies.values() for kind, ids in company.kinds.items() for one in ids}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, derived_in: DerivedIn) -> tuple[Warehouse, World]:
    """One tenant's names lie, or tell nothing; the other is an office whose names tell nothing."""
    warehouse = derived_in(tmp_path_factory.mktemp("behaviour"))
    world = nameless(warehouse, NAMELESS_OFFICES[:1], days=240, households=200, seed=1)
    warehouse.load(lying_names().rows)
    warehouse.derive(NOW)
    return warehouse, world


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    settings.rules.mkdir(parents=True)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_jobs_tell_a_kind_or_nothing(told: tuple[Warehouse, World]) -> None:
    columns = "job_type_id, business_unit_id, kind_by_behaviour, type_kind_by_behaviour, is_known, is_disagreement"
    assert set(of_dfw(told[0], columns)) == {
        (LIES, None, "other", "other", True, True),
        (SALES, None, "sales", "sales", False, True),
        (INSTALL, None, "install", "install", False, True),
        (FEW, None, None, None, False, False),
        (MIXED, None, None, None, False, False),
        (ANYWHERE, SHOWROOM, "sales", "sales", False, True),
        (ANYWHERE, WORKSHOP, "other", "sales", False, False),
        (REPAIR, None, "other", "other", True, False),
        (CALL_BACKS, None, None, None, False, False),
        (TOO_EARLY, None, None, None, False, False),
    }
    shares = "jobs, recall_jobs, share_from_estimate, share_after_sale, share_with_estimates, share_that_became_another"
    found = {row[0]: row[1:] for row in of_dfw(told[0], f"job_type_id, {shares}")}
    assert found[SALES] == (20, 0, 0, 0, 1, 1)
    assert found[INSTALL] == (40, 0, 1, 1, 0, 0)
    assert found[CALL_BACKS] == (20, 11, 0, 0, 0, 0)


def of_dfw(warehouse: Warehouse, columns: str) -> list[tuple[object, ...]]:
    return warehouse.rows(f"select {columns} from marts.job_kind_behaviour where tenant_id = {DFW.tenant_id}")


def test_what_is_proposed_is_what_a_derivation_then_goes_by(
    told: tuple[Warehouse, World], settings: Settings, run: Run, tmp_path: Path
) -> None:
    (before, world), tenant = told, DFW.tenant_id
    publish(before.path, settings.analytics, "1")
    said, of_office = run("kinds", "propose", "dfw"), run("kinds", "propose", "socal")
    assert said.exit_code == 0, said.output
    disagree, unknown, totals, rows = (part.splitlines() for part in said.output.split("\n\n"))
    assert [line.split()[0] for line in disagree[2:]] == ["Sales"]
    assert {line.split("  ")[0] for line in unknown[2:5]} == {"Type 3", "Type 2", "Visit"}
    assert sum("not enough evidence" in line for line in unknown) == 4
    assert len(totals) == 5
    assert rows[1:] == [
        HEADING,
        f"{tenant},job_type_id,{INSTALL},install,5,",
        f"{tenant},job_type_id,{LIES},other,5,",
        f"{tenant},job_type_id,{SALES},sales,5,",
        f"{tenant},business_unit_id,{WORKSHOP},other,6,",
        f"{tenant},business_unit_id,{SHOWROOM},sales,6,",
    ]
    own = (f"{tenant},job_type_id,{REPAIR},sales,1,", f"{tenant},job_type_id,{MIXED},other,1,500")
    take(settings, said.output, of_office.output, *own)
    after = before.copied(tmp_path / "after")
    after.derive(NOW + timedelta(minutes=1), rules_dir=settings.rules)
    assert set(of_dfw(after, "job_type_id, business_unit_id, job_kind")) >= {
        *((LIES, None, "other"), (SALES, None, "sales"), (INSTALL, None, "install"), (FEW, None, "other")),
        *((ANYWHERE, SHOWROOM, "sales"), (ANYWHERE, WORKSHOP, "other"), (CALL_BACKS, None, "other")),
    }
    is_right(after, truth(world))
    assert unmailed(before) == {("lead_without_customer", 1, 1), *ON_OTHER_JOBS}
    assert unmailed(after) == {("lead_without_customer", 1, 1), ("estimate_on_other_job", 16, 16)}
    publish(after.path, settings.analytics, "2")
    again = run("kinds", "propose", "dfw").output
    assert again.startswith("dfw: where a rule says one kind"), again
    assert again.splitlines()[2].split()[:6] == ["Repair", "(no", "unit)", "30", "sales", "1"]
    assert again.splitlines()[-1] == f"No row to add to {settings.rules / 'job_kind_rules.csv'}"


def unmailed(warehouse: Warehouse) -> set[tuple[object, ...]]:
    columns = "reason, records_last_90_days, records"
    return set(warehouse.rows(f"select {columns} from marts.unmailed_records where tenant_id = {DFW.tenant_id}"))


def take(settings: Settings, *said: str) -> None:
    """What was proposed, as a person copies it."""
    rows = [line for one in said for line in one.splitlines() if line[:1].isdigit()]
    (settings.rules / "job_kind_rules.csv").write_text("\n".join((HEADING, *rows)))


def test_a_row_that_the_file_has_already_is_named_and_not_doubled(
    told: tuple[Warehouse, World], settings: Settings, run: Run
) -> None:
    publish(told[0].path, settings.analytics, "1")
    take(settings, f"{DFW.tenant_id},job_type_id,{LIES},install,90,")
    said = run("kinds", "propose", "dfw").output
    assert "\njob_kind_rules.csv, row 2: expected job_kind other, priority 5\n" in said
    assert f"{DFW.tenant_id},job_type_id,{LIES}," not in said


def test_without_a_sync_it_says_what_is_missing(run: Run, settings: Settings) -> None:
    said = run("kinds", "propose", "socal")
    assert (said.exit_code, said.output) == (
        1,
        f"Error: {settings.analytics} is not there: it is published by the first sync\n",
    )


@pytest.mark.prove
@pytest.mark.parametrize(("days", "households", "seed"), [(200, 250, 3), (400, 300, 5)])
def test_where_names_tell_nothing_what_became_of_the_jobs_does(
    days: int, households: int, seed: int, warehouse: Warehouse, settings: Settings, run: Run
) -> None:
    world = nameless(warehouse, NAMELESS_OFFICES, days, households, seed)
    warehouse.derive(NOW)
    publish(warehouse.path, settings.analytics, "1")
    take(settings, *(run("kinds", "propose", name).output for name in ("socal", "dfw")))
    warehouse.derive(NOW + timedelta(minutes=1), rules_dir=settings.rules)
    is_right(warehouse, truth(world))


def is_right(warehouse: Warehouse, right: Mapping[int, str]) -> None:
    """Every type with jobs enough is what it is; of no other anything is said."""
    query = "select job_type_id, job_kind, sum(jobs)::int from marts.job_kind_behaviour group by all"
    found = {one: (kind, jobs) for one, kind, jobs in warehouse.rows(query) if one in right}
    known = {one: kind for one, (kind, jobs) in found.items() if jobs >= ENOUGH}
    assert len(known) >= 10
    assert known == {one: right[one] for one in known}
    assert {kind for one, (kind, _) in found.items() if one not in known} <= {"other"}
