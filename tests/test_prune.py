"""What Dagster's records keep of runs, hours and weeks later, and how large their files stay."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events

from orchestration.assets.specs import ANALYTICS, DELIVERIES, STATES
from orchestration.event_log import EventLog
from orchestration.instance.prune import OUTLINED, event_log, fit_in, is_due, keep_small
from orchestration.instance.record_files import room_taken
from tests import dagster_home
from tests.servers.postgres import PostgresServer

DAGSTER_YAML = Path(__file__).parents[1] / "orchestration" / "dagster.yaml"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Office:
    """Dagster with a job `sync` that publishes only where there is news."""

    def __init__(self, home: Path, instance: dg.DagsterInstance, *more: dg.AssetsDefinition) -> None:
        self.home, self.instance, self.news, self.error = home, instance, False, ""
        self.words, self.error_comes_first = "few", False

        @dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="raw")])
        def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
            if self.error_comes_first:
                raise ValueError(self.error)
            context.log.info("read")
            yield dg.MaterializeResult(metadata={"words": self.words})
            yield dg.AssetCheckResult(passed=True)
            if self.error:
                raise ValueError(self.error)

        @dg.asset(key=ANALYTICS, deps=[raw], output_required=False)
        def publish() -> Iterator[dg.MaterializeResult[None]]:
            if self.news:
                yield dg.MaterializeResult(asset_key=ANALYTICS)

        sync = dg.define_asset_job("sync", selection=dg.AssetSelection.all())
        self.job = dg.Definitions(assets=[raw, publish, *more], jobs=[sync]).resolve_job_def("sync")

    def syncs(self, *, news: bool = False, error: str = "") -> str:
        self.news, self.error = news, error
        return self.job.execute_in_process(instance=self.instance, raise_on_error=False).run_id

    def events(self, run_id: str) -> Counter[str]:
        return Counter(
            str(one.dagster_event_type and one.dagster_event_type.name) for one in self.instance.all_logs(run_id)
        )

    def planned_last(self, asset: dg.AssetKey) -> str | None:
        found = self.instance.get_latest_planned_materialization_info(asset)
        return found.run_id if found else None

    def made(self, asset: dg.AssetKey) -> list[str]:
        """Runs that are on record for it, the oldest first."""
        return [one.run_id for one in self.instance.fetch_materializations(asset, limit=10, ascending=True).records]

    def plans(self) -> set[str]:
        """Runs on record as those that were to make something."""
        return {run_id for run_id in self.runs() if self.events(run_id)["ASSET_MATERIALIZATION_PLANNED"]}

    def runs(self) -> set[str]:
        return {run.run_id for run in self.instance.get_runs()}

    def keeps_small(self, later: timedelta, days: int = 30) -> int:
        return keep_small(self.instance, datetime.now(UTC) + later, days)


@pytest.fixture(params=["files", pytest.param("postgres", marks=pytest.mark.prove)])
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Office]:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    if request.param == "files":
        shutil.copy(DAGSTER_YAML, tmp_path / "dagster.yaml")
        dagster_home.fill(tmp_path)
    else:
        shutil.copy(DAGSTER_YAML.parent / "deploy" / "shards" / "dagster.yaml", tmp_path)
        server: PostgresServer = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", server.create(f"dag_{uuid4().hex[:8]}"))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield Office(tmp_path, instance)


def test_a_run_that_succeeded_leaves_its_results_and_no_bookkeeping(office: Office) -> None:
    events = office.events(office.syncs(news=True))
    assert events["ASSET_MATERIALIZATION"] == 2
    assert events["ASSET_CHECK_EVALUATION"] == 1
    assert events["STEP_SUCCESS"] == 2
    assert not {"STEP_OUTPUT", "ASSET_MATERIALIZATION_PLANNED", "ASSET_CHECK_EVALUATION_PLANNED"} & set(events)


def test_a_run_that_found_nothing_leaves_hardly_anything_once_the_next_has_succeeded(office: Office) -> None:
    news, idle, last = office.syncs(news=True), office.syncs(), office.syncs()
    assert office.events(idle) == {"RUN_START": 1, "None": 1, "RUN_SUCCESS": 1}
    assert office.events(news)["ASSET_MATERIALIZATION"] == 2
    assert office.events(last)["ASSET_MATERIALIZATION"] == 1


def test_one_that_failed_keeps_what_executing_it_again_needs(office: Office) -> None:
    failed = office.syncs(error="no disk")
    office.syncs()
    assert office.events(failed)["STEP_OUTPUT"] == 2
    assert office.events(failed)["ASSET_MATERIALIZATION_PLANNED"] == 2


def test_what_a_run_that_failed_did_not_come_to_is_red_only_until_the_next_has_succeeded(office: Office) -> None:
    """The UI shows an asset as failed where the last run that was to make it has."""
    office.syncs(news=True)
    failed = office.syncs(error="no disk")
    assert office.planned_last(ANALYTICS) == failed
    for later in range(3):
        mended = office.syncs()
        assert office.planned_last(ANALYTICS) == mended
        assert office.plans() == {failed, mended}, "no more than that, however many follow"
        office.keeps_small(later * HOUR)
    office.keeps_small(7 * HOUR)
    assert office.planned_last(ANALYTICS) == mended
    office.syncs()
    assert not office.plans()


def test_a_check_shows_what_it_last_came_to_while_runs_fail(office: Office) -> None:
    answered = office.syncs()
    office.error_comes_first = True
    office.syncs(error="no disk")
    [answer] = office.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey("raw"), "sound"), limit=10
    )
    assert (answer.run_id, answer.status.value) == (answered, "SUCCEEDED")


def test_hours_later_those_that_found_nothing_are_gone_and_of_the_others_an_outline_stays(office: Office) -> None:
    news, failed, idle = office.syncs(news=True), office.syncs(error="no disk"), office.syncs()
    latest = office.syncs(news=True)
    assert office.keeps_small(5 * HOUR) == 0
    assert office.keeps_small(7 * HOUR) == 1
    assert office.runs() == {news, failed, latest}, f"without {idle}"
    assert office.events(news) == {"RUN_START": 1, "None": 1, "RUN_SUCCESS": 1}
    assert office.events(failed)["STEP_FAILURE"] == 1
    for run_id in (news, failed, latest):
        run = office.instance.get_run_by_id(run_id)
        assert run is not None
        assert OUTLINED.items() <= run.tags.items()
    assert office.keeps_small(8 * HOUR) == 0, "an outline does not look as if nothing had been found"
    assert office.keeps_small(31 * DAY) == 2
    assert office.runs() == {latest}


def test_what_every_asset_and_check_last_came_to_stays_where_no_later_run_says_it_anew(office: Office) -> None:
    published, last = office.syncs(news=True), [office.syncs() for _ in range(3)][-1]
    for later in (7 * HOUR, 31 * DAY):
        office.keeps_small(later)
        assert office.runs() == {published, last}
        for key, run_id in ((ANALYTICS, published), (dg.AssetKey("raw"), last)):
            found = office.instance.get_latest_materialization_event(key)
            assert found is not None
            assert found.run_id == run_id
            assert office.events(run_id)["ASSET_MATERIALIZATION"] == 1
        [answer] = office.instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey("raw"), "sound"), limit=10
        )
        assert (answer.run_id, answer.status.value) == (last, "SUCCEEDED")


def test_what_the_ui_plots_over_time_stays_once_an_hour_as_long_as_its_run(office: Office) -> None:
    @dg.asset(key=STATES)
    def states() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"1 Lead": 7})

    office = Office(office.home, office.instance, states)
    runs = {moment: office.syncs(news=True) for moment in ("08:10", "08:50", "09:10", "10:00")}
    with event_log(office.instance).index_connection() as con:
        for moment, run_id in runs.items():
            made = datetime.fromisoformat(f"2026-11-22 {moment}")
            con.execute(Events.update().where(Events.c.run_id == run_id).values(timestamp=made))
    office.keeps_small(7 * HOUR)
    assert office.made(STATES) == [runs["08:50"], runs["09:10"], runs["10:00"]]
    assert office.made(ANALYTICS) == [runs["10:00"]]
    office.keeps_small(31 * DAY)
    assert office.made(STATES) == [runs["10:00"]]


def test_of_what_sensors_posted_hours_ago_the_last_stays(office: Office) -> None:
    check = dg.AssetCheckKey(DELIVERIES, "endpoint_answers")
    for delivered in range(3):
        office.instance.report_runless_asset_event(
            dg.AssetMaterialization(DELIVERIES, metadata={"delivered": delivered})
        )
        office.instance.report_runless_asset_event(dg.AssetCheckEvaluation(DELIVERIES, check.name, passed=True))

    def answers() -> int:
        return len(office.instance.event_log_storage.get_asset_check_execution_history(check, limit=10))

    office.keeps_small(HOUR)
    assert (len(office.made(DELIVERIES)), answers()) == (3, 3)
    office.keeps_small(DAY)
    assert (len(office.made(DELIVERIES)), answers()) == (1, 1)
    [made] = office.instance.fetch_materializations(DELIVERIES, limit=10).records
    assert made.asset_materialization
    assert made.asset_materialization.metadata["delivered"].value == 2


def test_what_is_too_large_all_together_loses_its_oldest(office: Office) -> None:
    runs = [office.syncs(news=True) for _ in range(4)]
    if not (office.home / "event_log.db").exists():
        assert fit_in(office.instance, datetime.now(UTC), 1) == 0, "PostgreSQL has no bound"
        return
    assert fit_in(office.instance, datetime.now(UTC), room_taken(office.instance)) == 0
    assert fit_in(office.instance, datetime.now(UTC), 1) == 3
    assert office.runs() == {runs[-1]}


def test_it_is_due_once_an_hour_and_when_the_clock_was_set_back(office: Office) -> None:
    now = datetime.now(UTC)
    assert is_due(office.instance, now)
    keep_small(office.instance, now, 30)
    assert not is_due(office.instance, now + 0.9 * HOUR)
    assert is_due(office.instance, now + HOUR)
    assert is_due(office.instance, now - DAY)


@pytest.mark.prove
def test_the_records_of_an_older_release_shrink_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its `dagster.yaml` named Dagster's own class, and nothing was ever taken out of its file."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    older = DAGSTER_YAML.read_text().replace("orchestration.event_log", "dagster._core.storage.event_log")
    (tmp_path / "dagster.yaml").write_text(older.replace("EventLog", "ConsolidatedSqliteEventLogStorage"))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        office = Office(tmp_path, instance)
        assert not isinstance(instance.event_log_storage, EventLog)
        office.words = "many " * 50_000
        for number in range(40):
            office.syncs(news=number == 0)
        before = (tmp_path / "event_log.db").stat().st_size
        office.keeps_small(7 * HOUR)
    assert (tmp_path / "event_log.db").stat().st_size < before / 4
