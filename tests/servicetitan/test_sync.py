"""What a sync leaves in the warehouse."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import dlt
import duckdb
import pytest

from pipelines.operations import OperationsError
from pipelines.servicetitan.api.retry import RetryPolicy
from pipelines.servicetitan.batches import BatchQueue
from pipelines.servicetitan.load.source import servicetitan
from pipelines.servicetitan.load.sync_log import read_bookmarks
from pipelines.servicetitan.raw_tables import RAW_TABLES
from pipelines.servicetitan.streams import STREAMS
from pipelines.settings import ConfigurationError, Settings
from tests.servicetitan.syncs import attempt, query, sync
from tests.simulator.office.history import seed_history
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

NAMES = "select name from servicetitan.customers order by name"
ORDER = [
    ("jobs", "appointments"),
    ("jobs", "job-canceled-logs"),
    ("jobs", "job-types"),
    ("jobs", "business-units"),
    ("jobs", "locations"),
    ("job-canceled-logs", "job-cancel-reasons"),
    ("appointments", "appointment-assignments"),
]
SYNCS = "select tenant_name, stream, rows, complete, error from servicetitan.tenant_syncs"


@pytest.mark.parametrize("mode", ["export", "list"])
def test_every_record_of_every_tenant_arrives(
    mode: str, settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    seed_history(world, customers=12, years=2)
    companies = world.companies.values()
    simulator.switches.export_page_size = 30
    result = sync(settings.model_copy(update={"servicetitan_sync_mode": mode}), world)
    assert sum(result.changed_rows.values()) == sum(stream.rows for stream in result.streams) + len(companies)
    for stream in STREAMS:
        records = {(company.tenant_id, r["id"]) for company in companies for r in company.records(stream.name)}
        assert set(query(settings, f"select tenant_id, id from servicetitan.{stream.name}")) == records
        assert result.stored_rows[stream.name] == len(query(settings, f"from servicetitan.{stream.name}"))


def test_all_raw_tables_are_there_after_the_first_sync_though_they_are_empty(settings: Settings, world: World) -> None:
    sync(settings, world)
    tables = "select table_name from information_schema.tables where table_schema = 'servicetitan'"
    assert {table.name for table in RAW_TABLES} <= {name for (name,) in query(settings, tables)}


def test_a_change_replaces_the_row_and_names_its_load(settings: Settings, world: World, socal: Company) -> None:
    ann, _bob = socal.add_customer("Ann"), socal.add_customer("Bob")
    first = sync(settings, world)
    world.advance(minutes=20)
    socal.update_customer(ann, name="Ann Smith")
    second = sync(settings, world)
    assert query(settings, "select name, _dlt_load_id from servicetitan.customers order by name") == [
        ("Ann Smith", second.load_ids[0]),
        ("Bob", first.load_ids[0]),
    ]
    assert (second.changed, second.changed_rows["customers"], second.changed_rows["leads"]) == (True, 1, 0)


def test_a_sync_without_news_changes_nothing_but_is_recorded(settings: Settings, world: World, socal: Company) -> None:
    socal.add_customer("Ann")
    first = sync(settings, world)
    world.advance(minutes=1)
    second = sync(settings, world)
    assert (second.changed, second.load_ids, second.stored_rows) == (False, (), first.stored_rows)
    syncs = "select sync_id, count(*), bool_and(complete) from servicetitan.tenant_syncs group by sync_id"
    assert query(settings, f"{syncs} order by min(started_at)") == [
        (first.sync_id, 2 * len(STREAMS), True),
        (second.sync_id, 2 * len(STREAMS), True),
    ]


def test_how_syncs_fared_is_kept_for_90_days(settings: Settings, world: World) -> None:
    started = "select distinct started_at from servicetitan.tenant_syncs order by all"
    sync(settings, world)
    world.advance(minutes=89 * 24 * 60)
    sync(settings, world)
    assert len(query(settings, started)) == 2
    world.advance(minutes=2 * 24 * 60)
    sync(settings, world)
    assert query(settings, f"select count(*) from ({started})") == [(2,)]


def test_records_that_come_again_change_nothing(settings: Settings, world: World, socal: Company) -> None:
    socal.add_customer("Ann")
    sync(settings, world)
    world.advance(minutes=1)
    socal.add_customer("Bob")
    assert sync(settings, world).changed_rows["customers"] == 1  # Ann came again beside Bob
    assert query(settings, NAMES) == [("Ann",), ("Bob",)]


def test_of_two_versions_in_one_load_the_newer_stays_whatever_comes_last(
    settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    socal.add_customer("Ann")
    simulator.faults.order("two_versions", "/export/customers")
    sync(settings, world)
    assert query(settings, "select modified_on from servicetitan.customers") == [
        (datetime(2026, 3, 2, 15, tzinfo=UTC),)
    ]


def test_an_older_version_does_not_replace_the_stored_one(settings: Settings, world: World, socal: Company) -> None:
    ann = socal.add_customer("Ann")
    sync(settings, world)
    world.advance(minutes=1)
    socal.change("customers", ann, name="Anne", modifiedOn="2026-03-02T14:59:59.9999999Z")
    assert not sync(settings, world).changed
    assert query(settings, NAMES) == [("Ann",)]


def test_of_equal_stamps_the_one_that_arrived_last_stays(settings: Settings, world: World, socal: Company) -> None:
    job = socal.book_job(socal.add_customer("Ann"))
    socal.cancel_job(job)
    sync(settings, world)
    socal.remove_cancellation(job)  # the log has no modifiedOn: its entry comes again, inactive
    sync(settings, world)
    assert query(settings, "select active from servicetitan.job_canceled_logs") == [(False,)]


@pytest.mark.parametrize("mode", ["export", "list"])
def test_a_technician_who_is_taken_off_arrives_as_inactive(
    mode: str, settings: Settings, world: World, socal: Company
) -> None:
    settings = settings.model_copy(update={"servicetitan_sync_mode": mode})
    [appointment] = socal.appointments_of(socal.book_job(socal.add_customer("Ann")))
    first = socal.assign_technician(appointment["id"])
    sync(settings, world)
    world.advance(minutes=1)
    socal.unassign_technician(first)
    socal.assign_technician(appointment["id"])
    sync(settings, world)
    assert query(settings, "select active from servicetitan.appointment_assignments order by id") == [(False,), (True,)]


def test_a_merge_arrives(settings: Settings, world: World, socal: Company) -> None:
    ann, anne = socal.add_customer("Ann"), socal.add_customer("Anne")
    socal.merge_customers(ann, anne)
    sync(settings, world)
    merged = "select id, active, merged_to_id from servicetitan.customers order by id"
    assert query(settings, merged) == [(ann, False, anne), (anne, True, None)]


def test_one_tenant_may_be_synced_alone(settings: Settings, world: World, socal: Company) -> None:
    socal.add_customer("Ann")
    world["dfw"].add_customer("Bob")
    result = sync(settings, world, tenants=["dfw"])
    assert query(settings, NAMES) == [("Bob",)]
    assert {stream.tenant_name for stream in result.streams} == {"dfw"}
    sync(settings, world)
    assert query(settings, NAMES) == [("Ann",), ("Bob",)]


def test_a_tenant_that_is_not_configured_is_refused(settings: Settings, world: World) -> None:
    with pytest.raises(ConfigurationError, match="'utah' is not configured; configured are: socal, dfw"):
        attempt(settings, world, tenants=["utah"])


def test_a_bad_secret_stops_its_tenant_only(settings: Settings, world: World, simulator: ServiceTitan) -> None:
    world["socal"].add_customer("Ann")
    world["dfw"].add_customer("Bob")
    simulator.tokens.clients[410387862].secrets = ["cs1.another"]
    result = attempt(settings, world)
    assert not result.complete
    assert query(settings, NAMES) == [("Bob",)]
    failed = query(settings, f"select distinct tenant_name, complete from ({SYNCS}) where error like '%CLIENT_SECRET%'")
    assert failed == [("socal", False)]
    assert query(settings, f"select distinct complete, error from ({SYNCS}) where tenant_name = 'dfw'") == [
        (True, None)
    ]


def test_a_missing_scope_stops_its_stream_only(settings: Settings, world: World, simulator: ServiceTitan) -> None:
    world["socal"].add_lead(world["socal"].add_customer("Ann"))
    simulator.tokens.clients[410387862].scopes.discard("tn.crm.leads:r")
    result = attempt(settings, world)
    (failed,) = [stream for stream in result.streams if not stream.complete]
    assert (failed.tenant_name, failed.stream, failed.missing_scope) == ("socal", "leads", "tn.crm.leads:r")
    assert query(settings, NAMES) == [("Ann",)]
    ((error,),) = query(settings, f"select error from ({SYNCS}) where not complete")
    assert error.startswith("tenant socal, stream leads, page 1: HTTP 403")


def test_a_stream_that_fails_half_way_goes_on_there_next_time(
    settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    simulator.switches.export_page_size = 1
    for name in ("Ann", "Bob", "Cem"):
        socal.add_customer(name)
    simulator.faults.order("status", "/export/customers", tenant=socal.tenant_id, status=403, skip=2, times=1)
    result = attempt(settings, world)
    (error,) = [stream.error for stream in result.streams if stream.error]
    assert error.startswith("tenant socal, stream customers, page 3: HTTP 403")
    assert query(settings, NAMES) == [("Ann",), ("Bob",)]
    simulator.log.clear()
    sync(settings, world)
    assert query(settings, NAMES) == [("Ann",), ("Bob",), ("Cem",)]
    calls = [call for call in simulator.log.of("/export/customers") if call.tenant == socal.tenant_id]
    assert all(call.query.get("from") for call in calls)


@pytest.mark.parametrize("how", ["wrong_type", "no_id", "null_id", "not_an_object"])
def test_a_broken_record_is_set_aside_and_the_rest_is_loaded(
    how: str, settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    socal.add_customer("Ann")
    socal.add_customer("Bob")
    simulator.faults.order("broken_record", "/export/customers", tenant=socal.tenant_id, how=how)
    result = sync(settings, world)
    assert query(settings, NAMES) == [("Bob",)]
    assert sum(stream.rejected for stream in result.streams) == 1
    ((stream, reason),) = query(settings, "select stream, reason from servicetitan.rejected_records")
    assert stream == "customers"
    assert "expected" in reason or "missing" in reason


@pytest.mark.parametrize("mode", ["export", pytest.param("list", marks=pytest.mark.prove)])
@pytest.mark.parametrize("how", ["not_utf8", "control_character", "nan", "odd_escape", "deep"])
def test_a_record_that_cannot_be_read_is_set_aside_with_its_id_and_its_older_version_stays(
    how: str, mode: str, settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    settings = settings.model_copy(update={"servicetitan_sync_mode": mode})
    ids = [socal.add_customer(name) for name in ("Ann", "Bob")]
    sync(settings, world)
    world.advance(minutes=20)
    for number, name in zip(ids, ("Anna", "Bobby"), strict=True):
        socal.update_customer(number, name=name)
    socal.add_customer("Cem")
    simulator.faults.order("broken_record", "/customers", tenant=socal.tenant_id, how=how, times=-1)
    assert sync(settings, world).complete
    assert query(settings, NAMES) == [("Ann",), ("Bobby",), ("Cem",)]
    aside = query(settings, "select distinct stream, id from servicetitan.rejected_records where stream = 'customers'")
    assert ("customers", str(ids[0])) in aside
    simulator.faults.clear()
    socal.update_customer(ids[0], name="Annabel")
    assert sync(settings, world).changed_rows["customers"] == 1
    assert query(settings, NAMES) == [("Annabel",), ("Bobby",), ("Cem",)]


@pytest.mark.parametrize("how", ["nul", "half_a_pair", "large_number"])
def test_an_odd_value_is_stored_and_can_be_used(
    how: str, settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    socal.add_customer("Ann\0 Moss")
    simulator.faults.order("broken_record", "/export/customers", tenant=socal.tenant_id, how=how)
    sync(settings, world)
    odd = {"nul": "ab", "half_a_pair": "\ufffd", "large_number": "1e999999999"}[how]
    asked = "select name, record ->> 'name', record ->> 'odd', record ->> '$.odd' from servicetitan.customers"
    assert query(settings, asked) == [("Ann Moss", "Ann Moss", odd, odd)]


def test_the_order_within_a_tenant_is_kept(settings: Settings, world: World, simulator: ServiceTitan) -> None:
    sync(settings, world)
    ends = [call.path.rsplit("/", 1)[1] for call in simulator.log.calls if call.tenant == 410387862]
    for earlier, later in ORDER:
        assert ends.index(earlier) < ends.index(later)


def test_dlt_finds_the_bookmarks_that_we_read_past_it(settings: Settings, world: World, socal: Company) -> None:
    socal.add_customer("Ann")
    sync(settings, world)
    pipeline = dlt.attach("servicetitan", pipelines_dir=str(settings.data_dir / "dlt"))
    assert pipeline.state["sources"]["servicetitan"]["resources"] == read_bookmarks(settings.warehouse).bookmarks


def test_a_lost_working_folder_costs_nothing(settings: Settings, world: World, socal: Company) -> None:
    socal.add_customer("Ann")
    world.advance(minutes=20)
    sync(settings, world)
    shutil.rmtree(settings.data_dir / "dlt")
    socal.add_customer("Bob")
    again = sync(settings, world).streams
    assert [stream.rows for stream in again if stream.rows and stream.stream == "customers"] == [1]
    assert query(settings, NAMES) == [("Ann",), ("Bob",)]


def test_a_warehouse_from_a_backup_goes_on_where_the_backup_ends(
    settings: Settings, world: World, socal: Company
) -> None:
    socal.add_customer("Ann")
    sync(settings, world)
    backup = settings.warehouse.read_bytes()
    for name in ("Bob", "Cem"):
        world.advance(minutes=20)
        socal.add_customer(name)
        sync(settings, world)
    settings.warehouse.write_bytes(backup)
    sync(settings, world)
    assert query(settings, NAMES) == [("Ann",), ("Bob",), ("Cem",)]


def test_a_lost_warehouse_is_filled_again(settings: Settings, world: World, socal: Company) -> None:
    socal.add_customer("Ann")
    sync(settings, world)
    settings.warehouse.unlink()
    sync(settings, world)
    assert query(settings, NAMES) == [("Ann",)]


def test_no_connection_stays_open(settings: Settings, world: World) -> None:
    sync(settings, world)
    with duckdb.connect(str(settings.warehouse), config={"memory_limit": "1GB"}) as other:
        assert other.execute("select count(*) from servicetitan.tenants").fetchall() == [(2,)]


def test_progress_tells_what_each_stream_brought(settings: Settings, world: World, socal: Company) -> None:
    socal.add_customer("Ann")
    lines: list[str] = []
    sync(settings, world, on_progress=lambda stream: lines.append(str(stream)))
    assert any(line.startswith("socal customers: 1 rows, 1 pages, ") and line.endswith("; done") for line in lines)


def test_a_sync_that_is_interrupted_does_not_wait_for_a_busy_server(
    settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    socal.add_customer("Ann")
    simulator.faults.order("status", "/export/leads", status=503, headers={"retry-after": "600"}, times=-1)
    settings.operations_file.parent.mkdir(parents=True, exist_ok=True)
    settings.operations_file.write_text("this is no database")
    with pytest.raises(OperationsError, match="put a back-up of this file in its place"):
        attempt(settings, world, retry=RetryPolicy(total=3600))


def test_the_source_can_be_built_without_network_or_settings(tmp_path: Path) -> None:
    source = servicetitan(BatchQueue(), tmp_path)
    assert set(source.resources) == {table.name for table in RAW_TABLES}
    assert source.resources["customer_contacts"].compute_table_schema()["columns"]["id"]["primary_key"]
