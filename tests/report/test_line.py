"""The report in the line: made when something was published, and never in anybody's way."""

import shutil

import dagster as dg
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.report_assets import report
from pipelines.settings import Settings
from tests.simulator.world import World


def test_it_is_made_of_what_was_published_and_not_again_while_nothing_changes(
    world: World, env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    world["socal"].add_lead(world["socal"].add_customer("Ada Moss"))
    for _ in range(2):
        assert CliRunner().invoke(main, ["sync"]).exit_code == 0
    reports = settings.data_dir / "reports"
    [page] = reports.glob("report-*.html")
    assert "How far customers ever came" in page.read_text()
    assert "Ada" not in page.read_text()
    assert CliRunner().invoke(main, ["report"]).output == f"{reports.absolute() / 'latest.html'}\n"
    shutil.rmtree(reports)
    reports.touch()
    assert_fails_alone(settings)


def assert_fails_alone(settings: Settings) -> None:
    """Where it cannot be made, a check says so, and the run goes on."""
    result = dg.materialize([report(settings)])
    assert result.success
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert "reports" in str(check.metadata["error"].value)
