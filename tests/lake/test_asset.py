"""The asset `lake`, on a real PostgreSQL and a real object store."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets.lake import lake, lakes
from orchestration.assets.specs import LAKE
from orchestration.cli.lake import check_lake
from orchestration.cli.up_parts import off
from orchestration.definitions import definitions
from orchestration.resources import WarehouseResource
from pipelines.analytics.lake.place import Store
from pipelines.settings import Settings
from tests.lake.conftest import NewWorld
from tests.lake.test_trouble import settings_of
from tests.servers.seaweedfs import KEY_ID, SeaweedServer


def materialized(settings: Settings) -> tuple[dg.ExecuteInProcessResult, dg.AssetCheckEvaluation]:
    result = dg.materialize([lake(settings)], resources={"warehouse": WarehouseResource()})
    [check] = result.get_asset_check_evaluations()
    return result, check


def test_it_publishes_into_the_store_and_where_that_refuses_the_run_goes_on(
    new_world: NewWorld,
    monkeypatch: pytest.MonkeyPatch,
    seaweed_server: SeaweedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = new_world(customers=20)
    world.publish_copy()
    store = Store(seaweed_server.endpoint, KEY_ID, seaweed_server.secret, "us-east-1")
    world.place = replace(world.place, data=f"{seaweed_server.create('asset')}/of/all/", store=store)
    s3 = {
        "LAKE_S3_ENDPOINT": store.endpoint,
        "LAKE_S3_KEY_ID": KEY_ID,
        "LAKE_S3_SECRET": store.secret,
        "OPERATIONS_PATH": str(world.folder / "operations.sqlite"),
    }
    refused = settings_of(world, monkeypatch, **s3 | {"LAKE_S3_SECRET": "hunter2"})
    result, check = materialized(refused)
    assert result.success
    assert not result.asset_materializations_for_node("a__lake")
    assert not check.passed
    assert "HTTP" in str(check.metadata["because"].value)
    assert not check_lake(refused)
    settings = settings_of(world, monkeypatch, **s3)
    result, check = materialized(settings)
    assert check.passed
    [made] = result.asset_materializations_for_node("a__lake")
    assert made.metadata["whole"].value is True
    world.tick()
    result, check = materialized(settings)
    [made] = result.asset_materializations_for_node("a__lake")
    assert made.metadata["whole"].value is False
    assert world.differences() == {}
    assert "The lake does not answer: catalog lake_" in capsys.readouterr().out
    assert "hunter2" not in str(check.metadata)


def test_without_its_settings_there_is_none(settings: Settings, env: dict[str, str], tmp_path: Path) -> None:
    assert tmp_path in settings.data_dir.parents
    assert lakes(settings) == []
    assert "lake: off, LAKE_CATALOG_URL is not set" in off(settings)
    assert "LAKE_CATALOG_URL" not in env


def test_with_them_it_stands_behind_the_analysts_copy_and_is_maintained_every_night(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lake = {"LAKE_CATALOG_URL": "postgresql://ada:hunter2@127.0.0.1/lake", "LAKE_DATA_URL": str(tmp_path / "lake")}
    for name, value in {**env, **lake}.items():
        monkeypatch.setenv(name, value)
    found = definitions()
    graph = found.resolve_asset_graph()
    assert graph.get(LAKE).parent_keys == {dg.AssetKey("analytics")}
    assert "lake" in {key.path[-1] for key in found.resolve_job_def("sync").asset_layer.executable_asset_keys}
    assert found.resolve_schedule_def("lake_schedule").job_name == "lake_maintain"
