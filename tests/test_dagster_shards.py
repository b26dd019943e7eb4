"""Several shards in one Dagster: each asks and does what is its own."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus

from orchestration.alerting.evaluate import JOBS as TOLD_OF
from orchestration.alerting.evaluate import Records
from orchestration.alerting.sensors import descriptions
from orchestration.assets.checks import LEADS_CHECK
from orchestration.assets.specs import INBOUND_LEADS, JOBS, POOL, in_shard
from orchestration.definitions import definitions
from orchestration.instance.prune import is_due, keep_small
from orchestration.schedules import busy
from orchestration.sensors import is_off, under_way
from pipelines.settings import LOCATION, Settings, load_settings
from tests import dagster_home
from tests.conftest import lend

DAGSTER_YAML = Path(__file__).parents[1] / "orchestration" / "dagster.yaml"
NAMES = ("a7", "b2")
MINUTES, HOURS = timedelta(minutes=3), timedelta(hours=7)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """As it is shipped."""
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(DAGSTER_YAML, home / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    dagster_home.fill(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


class Shard:
    """As its own process knows it: its settings and its definitions."""

    def __init__(self, name: str, env: dict[str, str], parsed_project: Path, folder: Path) -> None:
        self.name = name
        lake = {"LAKE_CATALOG_URL": "postgresql://ada:hunter2@127.0.0.1/lake", "LAKE_DATA_URL": str(folder / "lake")}
        data = folder / (name or "nameless")
        lend(parsed_project, data / "dbt")
        with pytest.MonkeyPatch.context() as variables:
            for variable, value in {**env, **lake, "DATA_DIR": str(data), "SHARD": name}.items():
                variables.setenv(variable, value)
            self.settings: Settings = load_settings(None)
            self.repository = definitions().get_repository_def()
        self.records = Records([self.settings.of_shard(job) for job in TOLD_OF])

    def job(self, name: str, error: str = "") -> dg.JobDefinition:
        @dg.op
        def step() -> None:
            if error:
                raise ValueError(error)

        @dg.job(name=self.settings.of_shard(name))
        def job() -> None:
            step()

        return job

    def alerts(self, instance: dg.DagsterInstance) -> set[str]:
        return {*self.records.alerts(instance, descriptions(self.repository))}


@pytest.fixture
def shards(env: dict[str, str], parsed_project: Path, tmp_path: Path) -> list[Shard]:
    return [Shard(name, env, parsed_project, tmp_path) for name in NAMES]


def test_each_has_jobs_assets_checks_and_a_pool_of_its_own(
    shards: list[Shard], env: dict[str, str], parsed_project: Path, tmp_path: Path
) -> None:
    for shard in (*shards, nameless := Shard("", env, parsed_project, tmp_path)):
        jobs, graph = [*shard.repository.get_all_jobs()], shard.repository.asset_graph
        assert {job.name for job in jobs if not job.name.startswith("__")} == {*map(shard.settings.of_shard, JOBS)}
        assert {pool for key in graph.get_all_asset_keys() for pool in graph.get(key).pools or ()} == {
            shard.settings.of_shard(POOL)
        }
        started = [one.job_name for one in shard.repository.schedule_defs]
        started += [target.job_name for one in shard.repository.sensor_defs for target in one.targets]
        assert {*started} <= {*map(shard.settings.of_shard, JOBS)}
    plain = nameless.repository.asset_graph
    for shard in shards:
        graph = shard.repository.asset_graph
        for mine, known in (
            (graph.get_all_asset_keys(), plain.get_all_asset_keys()),
            ({key.asset_key for key in graph.asset_check_keys}, {key.asset_key for key in plain.asset_check_keys}),
        ):
            assert {*mine} == {key.with_prefix(shard.name) for key in known}
        edges = {(key, parent) for key in plain.get_all_asset_keys() for parent in plain.get(key).parent_keys}
        assert {(key, parent) for key in graph.get_all_asset_keys() for parent in graph.get(key).parent_keys} == {
            (key.with_prefix(shard.name), parent.with_prefix(shard.name)) for key, parent in edges
        }


def test_a_run_whose_process_is_gone_is_ended_by_its_own_shard(
    shards: list[Shard], instance: dg.DagsterInstance
) -> None:
    a7, b2 = shards
    runs = {
        (shard.name, job): instance.create_run_for_job(shard.job(job), status=dg.DagsterRunStatus.STARTED).run_id
        for shard in shards
        for job in ("sync", "deliver")
    }

    def status(shard: str, job: str) -> Any:
        run = instance.get_run_by_id(runs[shard, job])
        return run and run.status

    later = datetime.now(UTC) + MINUTES
    assert busy(instance, a7.settings, later) is None
    assert under_way(instance, a7.settings, later) is None
    assert {status("a7", job) for job in ("sync", "deliver")} == {dg.DagsterRunStatus.FAILURE}
    assert {status("b2", job) for job in ("sync", "deliver")} == {dg.DagsterRunStatus.STARTED}
    assert "is starting" in str(busy(instance, b2.settings)), "it waits for its own alone"


def test_a_failure_stands_until_its_own_shard_has_mended_it(shards: list[Shard], instance: dg.DagsterInstance) -> None:
    """Of a run, and of a check."""
    a7, b2 = shards
    for shard, error in ((a7, "no disk"), (b2, "")):
        ends(shard, instance, error)
    assert a7.alerts(instance) == {"run sync_a7", f"check a7/actions/inbound_leads {LEADS_CHECK.name}"}
    assert b2.alerts(instance) == set()
    ends(a7, instance)
    assert a7.alerts(instance) == set()


def ends(shard: Shard, instance: dg.DagsterInstance, error: str = "") -> None:
    leads = in_shard(shard.name, INBOUND_LEADS)
    instance.report_runless_asset_event(dg.AssetCheckEvaluation(leads, LEADS_CHECK.name, passed=not error))
    shard.job("sync", error).execute_in_process(instance=instance, raise_on_error=False)


def test_a_sensor_that_is_off_in_one_location_runs_on_in_another(instance: dg.DagsterInstance) -> None:
    def context(shard: str) -> dg.SensorEvaluationContext:
        return dg.SensorEvaluationContext(
            *(None, None, None, None, None, "__repository__"),
            instance=instance,
            sensor_name="deliver_sensor",
            code_location_origin=location(shard),
        )

    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location("a7"), "__repository__"), "deliver_sensor")
    instance.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.STOPPED))
    assert [is_off(context(name)) for name in NAMES] == [True, False]


def location(shard: str) -> GrpcServerCodeLocationOrigin:
    return GrpcServerCodeLocationOrigin(host="127.0.0.1", port=4000, location_name=f"{LOCATION}_{shard}")


def test_each_forgets_its_own_runs(shards: list[Shard], instance: dg.DagsterInstance) -> None:
    for _ in range(2):
        for shard in shards:
            shard.job("sync").execute_in_process(instance=instance)
    now = datetime.now(UTC)
    assert keep_small(instance, now + HOURS, 30, shard="a7") == 1
    assert sorted(run.job_name for run in instance.get_runs()) == ["sync_a7", "sync_b2", "sync_b2"]
    assert [is_due(instance, now + HOURS, shard=name) for name in NAMES] == [False, True]
