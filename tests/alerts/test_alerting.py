"""The sensor, over a real Dagster instance and a real operations file: each kind of trouble, and its end."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from orchestration.alerting.evaluate import Records, look
from orchestration.alerting.from_checks import NO_TROUBLE
from orchestration.alerting.sensors import alert_sensor, heartbeat_sensor
from orchestration.assets.checks import COMPLETE_CHECK, REJECTED_CHECK
from orchestration.assets.specs import raw_key
from orchestration.cli.main import main
from pipelines.alerts.channels import channels
from pipelines.flow_builder.switches import turn
from pipelines.operations import OperationsError, open_operations, stamp
from pipelines.settings import Settings, load_settings
from pipelines.tenants import directory
from tests import dagster_home
from tests.alerts.receivers import MailServer, Webhook

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
DOWN = "update endpoint set down_since = ?, because = ?, next_probe_at = ?"
UP = "update endpoint set down_since = null"
DELIVERY = (
    "insert into deliveries (webhook_id, kind, tenant_id, customer_id, told_state, body, created_at, status)"
    " values (?, 'changed', 410387862, 1, 2.0, x'7b7d', ?, ?)"
)


class Line:
    """Dagster and the operations file as the sensor meets them; each look is ten minutes after the one before."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.settings, self.instance = settings, instance
        self.records, self.now = Records(), NOW
        self.described: dict[dg.AssetCheckKey, str | None] = {}

    def looks(self) -> str:
        self.now += 10 * MINUTE
        found = self.records.alerts(self.instance, self.described)
        return look(self.settings, channels(self.settings), found, self.now)

    def runs(self, job_name: str, error: Exception | None = None) -> None:
        @dg.op
        def step() -> None:
            if error:
                raise error

        dg.GraphDefinition(name=job_name, node_defs=[step]).to_job().execute_in_process(
            instance=self.instance, raise_on_error=False
        )

    def checks(self, result: dg.AssetCheckResult) -> None:
        """A run that evaluates this check."""
        spec = dg.AssetCheckSpec(result.check_name or "", asset=result.asset_key or "")

        @dg.multi_asset_check(specs=[spec])
        def check() -> Iterator[dg.AssetCheckResult]:
            yield result

        @dg.asset(key=spec.asset_key)
        def checked() -> None: ...

        definitions = dg.Definitions(assets=[checked], asset_checks=[check])
        definitions.resolve_implicit_global_asset_job_def().execute_in_process(instance=self.instance)
        self.described[spec.key] = spec.description

    def writes(self, statement: str, *values: Any) -> None:
        with open_operations(self.settings.operations) as con:
            con.execute(statement, values)


@pytest.fixture
def line(settings: Settings, tmp_path: Path) -> Iterator[Line]:
    dagster_home.fill(tmp_path / "dagster")
    with dg.instance_for_test(temp_dir=str(tmp_path / "dagster")) as instance:
        yield Line(settings, instance)


Deed = Callable[[Line], None]


def checks(result: dg.AssetCheckResult) -> Deed:
    return lambda line: line.checks(result)


def fails(job: str, error: Exception) -> Deed:
    return lambda line: line.runs(job, error)


def writes(statement: str, *values: Any) -> Deed:
    return lambda line: line.writes(statement, *values)


def complete(**broken: str) -> Deed:
    return checks(COMPLETE_CHECK.result(raw_key("estimates"), broken))


def dbt_test(passed: bool) -> Deed:
    metadata: dict[str, Any] = {"failing_rows": 3, "message": "ada@example.com is not unique"}
    severity = dg.AssetCheckSeverity.ERROR
    return checks(
        dg.AssetCheckResult(asset_key="m", check_name="unique", passed=passed, severity=severity, metadata=metadata)
    )


# What happens, what mends it, and what is said of it.
TROUBLES: list[tuple[Deed, Deed, str]] = [
    (
        fails("sync", OperationsError("o.sqlite: database or disk is full; make room on the disk")),
        lambda line: line.runs("sync"),
        "the run of sync failed: o.sqlite: database or disk is full; make room on the disk",
    ),
    (
        fails("deliver", RuntimeError("duplicate key ada@example.com")),
        lambda line: line.runs("deliver"),
        "the run of deliver failed: RuntimeError",
    ),
    (
        complete(
            socal="tenant socal, stream estimates, page 1: HTTP 403 (ada@example.com): the app needs the scope"
            " tn.sal.estimates:r in this tenant",
            dfw="tenant dfw, stream estimates, page 3: HTTP 500 (Ada (ada@example.com) is at fault)",
        ),
        complete(),
        "socal: the app needs the scope tn.sal.estimates:r, to read estimates\n"
        "dfw: estimates: not read to the end; tenant dfw, stream estimates, page 3: HTTP 500",
    ),
    (dbt_test(False), dbt_test(True), "m: the check unique fails (error): failing_rows: 3"),
    (
        checks(REJECTED_CHECK.result(raw_key("rejected_records"), {"socal, jobs": 12, "socal, jobs: which": "7, 8"})),
        checks(REJECTED_CHECK.result(raw_key("rejected_records"), {})),
        "servicetitan/rejected_records: the check nothing_rejected fails (warning): socal, jobs: 12",
    ),
    (
        writes("insert into last_complete_syncs values (410387862, ?)", stamp(NOW - 16 * MINUTE)),
        writes("update last_complete_syncs set ended_at = ?", stamp(NOW + 40 * MINUTE)),
        f"socal: no complete sync since {NOW - 16 * MINUTE:%Y-%m-%d %H:%M} UTC, so its marts are stale",
    ),
    (
        writes(DOWN, stamp(NOW), "HTTP 401", stamp(NOW + MINUTE / 2)),
        writes(UP),
        f"Flow Builder's endpoint is down since {NOW:%Y-%m-%d %H:%M:%S} UTC: its last answer was HTTP 401;"
        f" next probe: {NOW + MINUTE / 2:%Y-%m-%d %H:%M:%S} UTC",
    ),
    (
        writes("insert into tenant_switches values (0, 0, ?1, null, ?1)", stamp(NOW - 61 * MINUTE)),
        writes("update tenant_switches set paused_at = null"),
        "all tenants: paused, and nothing is sent",
    ),
    (
        writes(DELIVERY, "1", stamp(NOW), "held"),
        writes("update deliveries set status = 'canceled' where status = 'held'"),
        "flow_builder/outbox: 1 deliveries of one sync are held, more than FLOW_BUILDER_HOLD_ABOVE",
    ),
    (
        writes(DELIVERY, "2", stamp(NOW), "dead"),
        writes("update deliveries set status = 'delivered' where status = 'dead'"),
        "flow_builder/outbox: 1 deliveries failed for good",
    ),
]


def test_every_trouble_is_told_once_with_what_to_do_and_once_when_it_is_over(line: Line, webhook: Webhook) -> None:
    said = {one for *_, words in TROUBLES for one in words.splitlines()}
    for happens, _, _ in TROUBLES:
        happens(line)
    for _ in range(2):
        line.looks()
    [text] = webhook.texts
    paragraphs = [paragraph.splitlines() for paragraph in text.split("\n\n")]
    assert {paragraph[0] for paragraph in paragraphs} == {f"🔴 {one}" for one in said}
    assert all(since.startswith("since 20") for _, since, _ in paragraphs)
    assert all(what_to_do.startswith("what to do: ") for *_, what_to_do in paragraphs)
    for _, is_mended, _ in TROUBLES:
        is_mended(line)
    for _ in range(3):
        line.looks()
    [_, end] = webhook.texts
    assert {paragraph.splitlines()[0] for paragraph in end.split("\n\n")} == {f"🟢 over: {one}" for one in said}
    assert "ada@" not in text + end


@pytest.mark.parametrize("name", sorted(NO_TROUBLE))
def test_what_records_are_like_is_no_trouble(line: Line, webhook: Webhook, name: str) -> None:
    """It is there from the first sync on, and `servicetitan-flow check` says it."""
    key = raw_key("tenant_syncs")
    line.checks(dg.AssetCheckResult(asset_key=key, check_name=name, passed=False, severity=dg.AssetCheckSeverity.WARN))
    line.looks()
    assert webhook.texts == []


def test_a_pause_is_told_after_an_hour(line: Line, webhook: Webhook) -> None:
    socal = directory.find(line.settings, "socal")
    turn(line.settings.operations, [socal], "pause", reason="ada@example.com complains", by="bob", now=NOW)
    for _ in range(5):
        line.looks()
    assert webhook.texts == []
    line.looks()
    [text] = webhook.texts
    assert text.startswith(f"🔴 socal: paused, and nothing is sent\nsince {NOW:%Y-%m-%d %H:%M} UTC")
    assert "servicetitan-flow tenants resume socal --reason TEXT" in text
    assert "ada@" not in text


def test_a_run_that_died_has_failed(line: Line, webhook: Webhook) -> None:
    @dg.job(name="sync")
    def sync() -> None: ...

    run = line.instance.create_run_for_job(sync, status=dg.DagsterRunStatus.STARTED)
    line.instance.report_run_failed(run, "its process is gone")
    line.looks()
    assert webhook.texts[0].startswith("🔴 the run of sync failed: its process is gone")


def test_a_check_that_a_later_run_did_not_evaluate_still_fails(line: Line, webhook: Webhook) -> None:
    dbt_test(False)(line)
    line.runs("sync")
    for _ in range(3):
        line.looks()
    assert len(webhook.texts) == 1


def test_what_is_overdue_is_told_unless_the_endpoint_is_down(
    line: Line, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOW_BUILDER_TRIGGER_URL", "https://example.com")
    monkeypatch.setenv("FLOW_BUILDER_SIGNING_SECRETS", "whsec_c2ltdWxhdG9yLXNpZ25pbmctc2VjcmV0LW9uZSE=")
    line.settings = load_settings(None)
    line.writes(DOWN, stamp(NOW), "HTTP 404", stamp(NOW))
    line.writes(DELIVERY, "1", stamp(NOW - 20 * MINUTE), "pending")
    line.looks()
    line.writes(UP)
    line.looks()
    assert [text.splitlines()[0] for text in webhook.texts] == [
        f"🔴 Flow Builder's endpoint is down since {NOW:%Y-%m-%d %H:%M:%S} UTC: its last answer was HTTP 404;"
        f" next probe: {NOW:%Y-%m-%d %H:%M:%S} UTC",
        "🔴 flow_builder/outbox: 1 deliveries are due for more than 15 minutes, and still there",
    ]


def test_each_held_batch_is_told(line: Line, webhook: Webhook) -> None:
    for number in range(2):
        line.writes(DELIVERY, str(number), stamp(NOW + number * MINUTE), "held")
        line.looks()
    assert len(webhook.texts) == 2


def test_a_look_ends_though_the_operations_file_cannot_be_used(line: Line, webhook: Webhook) -> None:
    line.settings.operations_file.parent.mkdir(parents=True)
    line.settings.operations_file.write_bytes(b"no database at all " * 100)
    assert "file is not a database" in line.looks()
    line.settings.operations_file.unlink()
    assert line.looks() == "0 open"
    assert webhook.texts == []


def test_a_run_is_linked_where_somebody_said_how_dagster_is_reached(
    line: Line, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_URL", "https://dagster.example.com")
    line.settings = load_settings(None)
    line.runs("sync", RuntimeError())
    line.looks()
    [run] = line.instance.get_runs()
    assert webhook.texts[0].endswith(f"run: https://dagster.example.com/runs/{run.run_id}")


def test_the_sensor_is_on_only_where_somebody_can_be_told(
    line: Line, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensor = alert_sensor(line.settings)
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    line.runs("sync", RuntimeError())
    answer = sensor(dg.build_sensor_context(instance=line.instance))
    assert isinstance(answer, dg.SkipReason)
    assert answer.skip_message == "1 open"
    assert len(webhook.texts) == 1
    monkeypatch.delenv("ALERT_URLS")
    nobody = alert_sensor(load_settings(None))
    assert nobody.default_status == dg.DefaultSensorStatus.STOPPED
    answer = nobody(dg.build_sensor_context(instance=line.instance))
    assert isinstance(answer, dg.SkipReason)
    assert "nobody is told" in str(answer.skip_message)


def test_a_watcher_outside_hears_that_the_daemon_is_at_work(
    line: Line, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beat() -> str | None:
        answer = heartbeat_sensor(load_settings(None))(dg.build_sensor_context(instance=line.instance))
        assert isinstance(answer, dg.SkipReason)
        return answer.skip_message

    assert heartbeat_sensor(line.settings).default_status == dg.DefaultSensorStatus.STOPPED
    assert beat() == "ALERT_HEARTBEAT_URL is not set: nobody outside is told"
    monkeypatch.setenv("ALERT_HEARTBEAT_URL", webhook.url)
    assert heartbeat_sensor(load_settings(None)).default_status == dg.DefaultSensorStatus.RUNNING
    assert (beat(), webhook.texts) == ("told", [""])
    webhook.status = 404
    assert beat() == "ALERT_HEARTBEAT_URL answered HTTP 404"


@pytest.mark.parametrize("trouble", ["no database", "held", "a folder"])
def test_the_watcher_hears_nothing_while_the_operations_file_cannot_be_used(
    line: Line, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setenv("ALERT_HEARTBEAT_URL", webhook.url)
    sensor, file = heartbeat_sensor(load_settings(None)), line.settings.operations_file
    context = dg.build_sensor_context(instance=line.instance)
    assert str(sensor(context)) == str(dg.SkipReason("told"))
    with ExitStack() as stack:
        if trouble == "held":
            con = stack.enter_context(closing(sqlite3.connect(file, isolation_level=None)))
            con.execute("begin immediate")
        else:
            for one in file.parent.glob(f"{file.name}*"):
                one.unlink()
            file.mkdir() if trouble == "a folder" else file.write_bytes(b"no database at all " * 100)
        answer = sensor(context)
    assert isinstance(answer, dg.SkipReason)
    assert str(answer.skip_message).startswith(str(file))
    assert webhook.texts == [""]


def test_the_command_lists_what_is_open(line: Line) -> None:
    line.runs("sync", RuntimeError())
    assert CliRunner().invoke(main, ["alerts"]).output == "no alert is open\n"
    line.looks()
    assert "the run of sync failed: RuntimeError" in CliRunner().invoke(main, ["alerts"]).output


@pytest.mark.usefixtures("settings")
def test_the_command_tries_every_channel(
    webhook: Webhook, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = f"mailto://ops:hunter2%2Fx@{mail_server.address}?from=flow@example.com&to=ops@example.com"
    monkeypatch.setenv("ALERT_URLS", f"{webhook.service}, {mail}")
    monkeypatch.setenv("ALERT_HEARTBEAT_URL", webhook.url)
    webhook.status = 404
    result = CliRunner().invoke(main, ["alerts", "--test"])
    assert (result.exit_code, result.output.splitlines()) == (
        1,
        [
            "json://127.0.0.1: it answered HTTP 404",
            "mailto://127.0.0.1: sent",
            "heartbeat: ALERT_HEARTBEAT_URL answered HTTP 404",
        ],
    )
    assert len(mail_server.mails) == 1
