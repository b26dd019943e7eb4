"""What is forgotten, and what must not be."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Answers
from sqlalchemy import func, select

from orchestration.instance.prune import event_log, forget_runs
from orchestration.retention import forget_if_due, retention, retention_schedule
from pipelines.flow_builder.outbox.operators import decide
from pipelines.flow_builder.outbox.retention import forget
from pipelines.operations.retention import forget_contact_data
from tests import dagster_home
from tests.flow_builder.line import Line, settings_for
from tests.simulator.flow_builder.receiver import Receiver

DAY = timedelta(days=1)
ROOMS = [forget]
DAGSTER_YAML = Path(__file__).parents[1] / "orchestration" / "dagster.yaml"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """As it is shipped."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(DAGSTER_YAML, tmp_path / "dagster.yaml")
    dagster_home.fill(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="often")])
def often() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    print("a word on the standard output")
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(passed=True)


@dg.asset
def once() -> None: ...


def made(instance: dg.DagsterInstance, asset: dg.AssetsDefinition) -> str:
    return dg.materialize([asset], instance=instance).run_id


def test_old_runs_are_gone_with_all_that_they_left(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    old, new = made(instance, often), made(instance, often)
    assert (tmp_path / "storage" / old).exists()
    assert forget_runs(instance, datetime.now(UTC)) == 1
    assert [run.run_id for run in instance.get_runs()] == [new]
    assert not instance.all_logs(old)
    assert not (tmp_path / "storage" / old).exists()
    with event_log(instance).index_connection() as con:
        assert con.execute(select(func.count()).select_from(Answers)).scalar() == 1


def test_what_every_asset_and_check_last_came_to_stays_known(instance: dg.DagsterInstance) -> None:
    only, last = made(instance, once), [made(instance, often) for _ in range(3)][-1]
    forget_runs(instance, datetime.now(UTC))
    assert {run.run_id for run in instance.get_runs()} == {only, last}
    for asset, run_id in ((once, only), (often, last)):
        found = instance.get_latest_materialization_event(asset.key)
        assert found is not None
        assert found.run_id == run_id


def test_young_runs_and_those_that_have_not_ended_stay(instance: dg.DagsterInstance) -> None:
    for _ in range(2):
        made(instance, often)
    assert forget_runs(instance, datetime.now(UTC) - DAY) == 0
    running = instance.create_run_for_job(retention(settings_for(Path("none"))), status=dg.DagsterRunStatus.STARTED)
    forget_runs(instance, datetime.now(UTC))
    assert instance.has_run(running.run_id)


def test_it_is_done_every_hour(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    job = retention(settings_for(tmp_path / "data"))
    assert job.execute_in_process(instance=instance).success
    assert retention_schedule(job).cron_schedule == "23 * * * *"


def test_bodies_and_answers_of_finished_deliveries_are_blanked(sent: str, line: Line) -> None:
    forget = (line.settings.operations, line.now + 91 * DAY, 90, ROOMS)
    assert forget_contact_data(line.settings.operations, line.now + 89 * DAY, 90, ROOMS) == Counter()
    assert forget_contact_data(*forget) == Counter(bodies=1, answers=1)
    assert (line.row(sent).status, line.row(sent).body) == ("delivered", None)
    assert line.ask("select http_status, answer from attempts") == [(200, None)]
    assert forget_contact_data(*forget) == Counter()
    tables = {table: str(line.ask(f"select * from {table}")) for table in ("deliveries", "attempts", "gate_facts")}
    named = [table for table, rows in tables.items() if "ada@example.com" in rows]
    assert named == ["gate_facts"], "the gate may be asked as long as the transition is current"


def test_where_only_commands_run_contact_data_is_forgotten_too(line: Line, instance: dg.DagsterInstance) -> None:
    made(instance, once)
    line.now = datetime.now(UTC) - 91 * DAY
    line.marts.contact(1, "Email", "ada@example.com")
    old = line.marts.enters(1.0, occurred_at=line.now, job_id=None)
    line.sync()
    line.deliver()
    assert line.row(old).status == "delivered"
    forget_if_due(instance, line.settings)
    assert line.row(old).body is None


def test_what_is_still_to_be_sent_keeps_its_body(line: Line) -> None:
    line.marts.enters(2.0)
    line.sync()
    assert forget_contact_data(line.settings.operations, line.now + 91 * DAY, 90, ROOMS) == Counter()


def test_what_was_forgotten_is_known_all_the_same_and_cannot_be_sent_again(sent: str, line: Line) -> None:
    forget_contact_data(line.settings.operations, line.now + 91 * DAY, 90, ROOMS)
    assert line.sync(91 * DAY).sent == 0
    [decided] = decide(line.settings, "replay", [sent], reason="asked", by="ada", now=line.now)
    assert decided.refused == "its body is not kept any longer (RETENTION_DAYS)"


def test_where_there_is_no_file_yet_nothing_is_forgotten(tmp_path: Path) -> None:
    assert forget_contact_data(tmp_path / "none.sqlite", datetime.now(UTC), 90, ROOMS) == Counter()
    assert not (tmp_path / "none.sqlite").exists()


@pytest.fixture
def line(tmp_path: Path, receiver: Receiver) -> Line:
    line = Line(tmp_path, flow_builder_trigger_url=f"{receiver.url}/trigger")
    receiver.clock = lambda: line.now
    return line


@pytest.fixture
def sent(line: Line) -> str:
    """Delivered, with contact data in its body."""
    line.marts.contact(1, "Email", "ada@example.com")
    booked = line.marts.enters(2.0)
    line.sync()
    line.deliver()
    return booked
