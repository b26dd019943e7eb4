"""A new install, whose records are as records are."""

import dagster as dg
import pytest
from click.testing import CliRunner

from orchestration.alerting.from_checks import check_alerts, last_evaluations
from orchestration.alerting.sensors import descriptions
from orchestration.cli.main import main
from orchestration.definitions import definitions
from pipelines.settings import Settings
from tests.simulator.office.history import seed_history
from tests.simulator.office.trades import NAMELESS_OFFICES
from tests.simulator.world import World


@pytest.fixture
def world() -> World:
    return World(NAMELESS_OFFICES)


@pytest.mark.prove
def test_the_first_sync_raises_no_alert(
    world: World, env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its job types are called, and though ServiceTitan sends a field that nobody knows."""
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    seed_history(world, customers=12)
    world["socal"].add_customer("Ann", loyaltyTier=3)
    said = CliRunner().invoke(main, ["sync"])
    assert said.exit_code == 0, said.output
    with dg.DagsterInstance.get() as instance:
        checks = descriptions(definitions().get_repository_def())
        failed = [one.key.name for one in last_evaluations(instance, checks) if not one.evaluation.passed]  # type: ignore[union-attr]
        assert sorted(failed) == ["job_types_that_no_rule_knows", "no_drift"]
        assert dict(check_alerts(instance, checks)) == {}
