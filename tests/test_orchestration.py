"""What Dagster is given: one lineage, and a schedule and a sensor that start a run only when there is reason to."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster_dbt import DagsterDbtTranslator, dbt_assets

import orchestration
from orchestration import sensors
from orchestration.alerting.sensors import alert_sensor, heartbeat_sensor
from orchestration.assets import specs
from orchestration.assets.outbox import READ_BY_ENQUEUE
from orchestration.assets.progress import ProgressLog
from orchestration.assets.specs import DELIVERIES
from orchestration.assets.sync import assets, dbt_folder
from orchestration.definitions import definitions
from orchestration.event_log import EventLog
from orchestration.instance.orphans import instead_of
from orchestration.locks import delivery_lock, exclusive
from orchestration.resources import WarehouseResource
from orchestration.schedules import busy, is_scheduled, sync_schedule
from orchestration.sensors import IN_A_TICK, change_sensor, deliver_sensor, under_way
from pipelines import flow_builder
from pipelines.derivation.dbt import PROJECT, manifest_path
from pipelines.operations import open_operations, stamp
from pipelines.servicetitan.streams import STREAMS
from pipelines.settings import Settings
from tests import dagster_home
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import World


@pytest.fixture
def manifest(settings: Settings) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(manifest_path(settings.warehouse, dbt_folder(settings)).read_bytes())
    return parsed


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    dagster_home.fill(tmp_path / "dagster")
    with dg.instance_for_test(temp_dir=str(tmp_path / "dagster")) as instance:
        yield instance


def test_every_stream_that_a_state_comes_of_leads_to_the_deliveries(settings: Settings) -> None:
    resources = {"warehouse": WarehouseResource(), "progress": ProgressLog()}
    graph = dg.Definitions(assets=assets(settings), resources=resources).resolve_asset_graph()
    for stream in (one for one in STREAMS if not one.facts_only):
        after, reached = {dg.AssetKey(["servicetitan", stream.name])}, set()
        while after:
            reached |= after
            after = {child for key in after for child in graph.get(key).child_keys} - reached
        assert DELIVERIES in reached


def test_everything_that_dagster_shows_says_what_it_is(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    shown = definitions().get_repository_def()
    graph = shown.asset_graph
    described: dict[str, str | None] = {
        **{job.name: job.description for job in shown.get_all_jobs() if not job.name.startswith("__")},
        **{one.name: one.description for one in shown.schedule_defs},
        **{one.name: one.description for one in shown.sensor_defs},
        **{str(key): graph.get(key).description for key in graph.get_all_asset_keys()},
        **{str(key): graph.get_check_spec(key).description for key in graph.asset_check_keys},
    }
    assert len(described) > 100
    for name, words in described.items():
        assert words, name
        assert words.strip().endswith("."), f"{name}: a sentence, instead of {words!r}"


def test_the_groups_read_as_the_line_does(settings: Settings) -> None:
    """None needs anything of a later one; the side door comes last."""
    resources = {"warehouse": WarehouseResource(), "progress": ProgressLog()}
    graph = dg.Definitions(assets=assets(settings), resources=resources).resolve_asset_graph()
    groups = {key: str(graph.get(key).group_name) for key in graph.get_all_asset_keys()}
    line = ["extract", "derive", "deliver", "publish", "actions"]
    assert set(groups.values()) == {*line}
    for key, group in groups.items():
        earlier = line[: line.index(group) + 1]
        assert all(groups[parent] in earlier for parent in graph.get(key).parent_keys), key


def test_a_sensor_that_is_off_says_why(settings: Settings) -> None:
    unset = settings.model_copy(update={"change_sensor_seconds": 0, "flow_builder_trigger_url": None})
    said = {
        sensor.name: str(sensor.description)
        for sensor in (alert_sensor(unset), heartbeat_sensor(unset), change_sensor(unset), deliver_sensor(unset))
    }
    assert said["alert_sensor"].startswith("Off: ALERT_URLS is not set: nobody is told. Tells ")
    assert said["heartbeat_sensor"].startswith("Off: ALERT_HEARTBEAT_URL is not set: nobody outside is told. Tells ")
    assert said["change_sensor"].startswith("Off: CHANGE_SENSOR_SECONDS is 0; syncs start on SYNC_CRON (*/5 * * * *). ")
    assert said["deliver_sensor"].startswith("Idle: FLOW_BUILDER_TRIGGER_URL is not set: nothing is sent. ")
    for sensor in (change_sensor(settings), deliver_sensor(settings)):
        assert not str(sensor.description).startswith(("Off", "Idle"))


def test_the_lineage_of_dbt_is_the_one_that_dagster_dbt_would_draw(manifest: dict[str, Any]) -> None:
    class Translator(DagsterDbtTranslator):
        def get_asset_key(self, dbt_resource_props: Any) -> dg.AssetKey:
            return specs.asset_key(dbt_resource_props)

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator())
    def with_our_keys(context):  # type: ignore[no-untyped-def]  # dagster-dbt reads the annotations
        ...

    ours = {spec.key: {dep.asset_key for dep in spec.deps} for spec in specs.dbt_assets(manifest).values()}
    assert ours == {key: set(with_our_keys.asset_deps[key]) for key in with_our_keys.keys}
    assert {spec.key for spec in specs.dbt_checks(manifest).values()} >= set(with_our_keys.check_keys)


def test_the_outbox_and_who_reads_the_results_see_marts_only(manifest: dict[str, Any]) -> None:
    assert {key.path[0] for key in READ_BY_ENQUEUE} == {"marts"}
    read = {node for exposure in manifest["exposures"].values() for node in exposure["depends_on"]["nodes"]}
    assert {manifest["nodes"][node]["schema"] for node in read} == {"marts"}
    for path in [*Path(flow_builder.__path__[0]).rglob("*.py"), *PROJECT.rglob("*exposures.yml")]:
        assert not re.search("staging|stg_|intermediate", path.read_text()), path


def test_no_sync_starts_while_the_warehouse_is_held(settings: Settings, instance: dg.DagsterInstance) -> None:
    schedule = sync_schedule(settings)
    with exclusive(settings, wait_seconds=0):
        said = schedule(dg.build_schedule_context(instance=instance))
    assert isinstance(said, dg.SkipReason)
    assert "another sync is running" in str(said.skip_message)
    assert isinstance(schedule(dg.build_schedule_context(instance=instance)), dg.RunRequest)


@pytest.mark.parametrize(
    ("tags", "scheduled"),
    [
        ({"dagster/schedule_name": "sync_schedule"}, True),
        ({"dagster/sensor_name": "change_sensor", "changed": "dfw jobs"}, True),
        ({"dagster/schedule_name": "sync_schedule", "dagster/parent_run_id": "1"}, False),
        ({"user": "ann"}, False),
    ],
)
def test_only_what_no_person_started_heeds_rests(tags: dict[str, str], scheduled: bool) -> None:
    assert is_scheduled(tags) is scheduled


def test_no_sync_starts_while_another_is_about_to(settings: Settings, instance: dg.DagsterInstance) -> None:
    instance.create_run_for_job(a_job("sync"), status=dg.DagsterRunStatus.STARTING)
    assert "about to start" in str(busy(instance, settings))


def test_a_run_whose_process_is_gone_is_ended_and_blocks_nothing(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run = instance.create_run_for_job(a_job("sync"), status=dg.DagsterRunStatus.STARTED)
    assert "is starting" in str(busy(instance, settings)), "it may be on its way to the warehouse"
    assert busy(instance, settings, now=datetime.now(UTC) + timedelta(minutes=3)) is None
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE


def test_a_run_that_waits_in_the_queue_does_not_wait_for_a_dead_one_for_ever(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    dead = instance.create_run_for_job(a_job("sync"), status=dg.DagsterRunStatus.STARTED)
    waiting = instance.create_run_for_job(a_job("sync"))
    later = datetime.now(UTC) + timedelta(minutes=3)
    assert f"run {waiting.run_id} of sync is about to start" in str(busy(instance, settings, now=later))
    ended = instance.get_run_by_id(dead.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE


def test_a_delivery_whose_process_is_gone_is_ended_and_blocks_nothing(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run = instance.create_run_for_job(a_job("deliver"), status=dg.DagsterRunStatus.STARTED)
    later = datetime.now(UTC) + timedelta(minutes=3)
    with delivery_lock(settings):
        assert under_way(instance, settings, now=later) == "a run of deliver is under way"
    assert under_way(instance, settings, now=later) is None
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE


def test_a_delivery_that_is_slow_to_start_is_made_up_for_once(settings: Settings, instance: dg.DagsterInstance) -> None:
    slow = instance.create_run_for_job(a_job("deliver"), status=dg.DagsterRunStatus.STARTING)
    assert "about to start, for " in str(under_way(instance, settings))
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert under_way(instance, settings, now=later) is None
    assert instead_of(instance, "deliver") == {"instead of": slow.run_id}
    second = instance.create_run_for_job(a_job("deliver"))
    assert f"run {second.run_id} of deliver is about to start" in str(under_way(instance, settings, now=later))
    instance.report_run_failed(second)
    instance.report_run_failed(slow)
    assert instead_of(instance, "deliver") == {"instead of": second.run_id}
    a_job("deliver").execute_in_process(instance=instance)
    assert instead_of(instance, "deliver") == {}


def test_a_sync_that_is_slow_to_start_is_waited_for(settings: Settings, instance: dg.DagsterInstance) -> None:
    instance.create_run_for_job(a_job("sync"), status=dg.DagsterRunStatus.STARTING)
    assert "about to start" in str(busy(instance, settings, now=datetime.now(UTC) + timedelta(minutes=2)))


def test_a_run_of_the_future_is_gone_too(settings: Settings, instance: dg.DagsterInstance) -> None:
    instance.create_run_for_job(a_job("sync"), status=dg.DagsterRunStatus.STARTED)
    assert busy(instance, settings, now=datetime.now(UTC) - timedelta(hours=5)) is None, "the clock was set back"


def a_job(name: str) -> dg.JobDefinition:
    @dg.job(name=name)
    def job() -> None: ...

    return job


@pytest.fixture
def short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensors, "TICK", 0.0)


def put_in(settings: Settings, count: int, prefix: str = "") -> None:
    with open_operations(settings.operations) as con:
        con.executemany(
            "insert into deliveries (webhook_id, kind, tenant_id, customer_id, told_state, body, created_at, status)"
            " values (?, 'changed', 1, ?, 2.0, x'7b7d', ?, 'pending')",
            [(f"{prefix}{number}", number, stamp(datetime.now(UTC))) for number in range(count)],
        )


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> SensorExecutionData:
    return sensor.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=dg.Definitions()))


@pytest.mark.usefixtures("short_ticks")
def test_what_is_due_is_posted_in_the_tick_and_of_many_by_a_run(
    settings: Settings, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    sensor = deliver_sensor(settings)
    assert tick(sensor, instance).skip_message == "nothing is due"
    put_in(settings, IN_A_TICK)
    answer = tick(sensor, instance)
    assert answer.skip_message == "posted: 20 delivered"
    made, asked = answer.asset_events
    assert isinstance(made, dg.AssetMaterialization)
    assert isinstance(asked, dg.AssetCheckEvaluation)
    assert (made.asset_key, made.metadata["delivered"].value) == (DELIVERIES, IN_A_TICK)
    assert (asked.check_name, asked.passed) == ("endpoint_answers", True)
    assert len(receiver.delivered()) == IN_A_TICK
    put_in(settings, IN_A_TICK + 1, "more")
    assert len(tick(sensor, instance).run_requests or []) == 1
    assert len(receiver.delivered()) == IN_A_TICK


@pytest.mark.usefixtures("short_ticks")
def test_where_posting_goes_wrong_a_run_shows_what(
    settings: Settings, instance: dg.DagsterInstance, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(settings, 1)
    sensor = deliver_sensor(settings)
    with monkeypatch.context() as broken:
        broken.setattr("orchestration.sensors.BEGIN_FOR", "not a time")
        [request] = tick(sensor, instance).run_requests or []
    assert "instead of" not in request.tags
    run = instance.create_run_for_job(a_job("deliver"), status=dg.DagsterRunStatus.STARTING)
    instance.report_run_failed(run)
    [request] = tick(sensor, instance).run_requests or []
    assert request.tags["instead of"] == run.run_id, "it succeeds, and the alert of the failed one is over"
    assert not receiver.delivered()


def test_a_tick_looks_again_until_it_is_over_or_its_sensor_off(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = dg.build_sensor_context(instance=instance, sensor_name="deliver_sensor")
    monkeypatch.setattr(sensors, "TICK", 0.35)
    assert len([*sensors.looks(0.1, context)]) in (2, 3, 4)
    assert len([*sensors.looks(60, context)]) == 1
    monkeypatch.setattr(sensors, "TICK", 30.0)
    monkeypatch.setattr(sensors, "SWITCH", 0.0)
    for name in ("alert_sensor", "deliver_sensor"):
        began = [sensors.looks(0.01, context), sensors.looks(0.01, context)]
        assert [next(look, "over") for look in (*began, *began)] == [None] * 4
        switch_off(instance, name)
        assert [next(look, "over") for look in began] == [None if name == "alert_sensor" else "over"] * 2


def switch_off(instance: dg.DagsterInstance, sensor: str) -> None:
    code = InProcessCodeLocationOrigin(loadable_target_origin=LoadableTargetOrigin(executable_path="python"))
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(code, "__repository__"), sensor)
    instance.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.STOPPED))


@pytest.mark.usefixtures("short_ticks")
def test_a_change_in_servicetitan_starts_a_sync_as_soon_as_none_is_running(
    settings: Settings, instance: dg.DagsterInstance, world: World
) -> None:
    sensor, cursor = change_sensor(settings), None
    world.advance(seconds=(datetime.now(UTC) - world.now()).total_seconds())

    def tick() -> str:
        nonlocal cursor
        answer = sensor(context := dg.build_sensor_context(instance=instance, cursor=cursor))
        cursor = getattr(answer, "cursor", None) or context.cursor
        return "a run" if getattr(answer, "run_requests", None) else str(answer)

    assert "nothing has changed" in tick()
    world["dfw"].add_customer("Ada Lovelace")
    with exclusive(settings, wait_seconds=0):
        assert "changed: dfw customers; another sync is running" in tick()
    assert tick() == "a run"
    assert "nothing has changed" in tick()


def test_all_events_lie_in_one_file_that_every_process_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(Path(orchestration.__file__).with_name("dagster.yaml"), tmp_path)
    with dg.DagsterInstance.get() as writer, dg.DagsterInstance.get() as reader:
        assert isinstance(writer.event_log_storage, EventLog)
        assert not writer.telemetry_enabled
        ended = a_job("sync").execute_in_process(instance=writer)
        events = [one.dagster_event_type for one in reader.all_logs(ended.run_id)]
    assert events[-1] == dg.DagsterEventType.RUN_SUCCESS
    assert list(tmp_path.rglob("*event*.db")) == [tmp_path / "event_log.db"]
