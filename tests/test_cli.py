"""The commands as an operator meets them: what they say, and the status that they end with."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.locks import exclusive
from pipelines.settings import Settings
from tests.flow_builder.line import Line
from tests.simulator.flow_builder.receiver import Receiver, Reply
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import SOCAL, World

Run = Callable[..., Result]


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_check_names_the_scope_that_is_missing(simulator: ServiceTitan, run: Run) -> None:
    simulator.tokens.clients[SOCAL.tenant_id].scopes.discard("tn.sal.estimates:r")
    result = run("check")
    assert result.exit_code == 1
    [line] = [line for line in result.output.splitlines() if " no " in line]
    assert line.split()[:4] == ["socal", "estimates", "no", "tn.sal.estimates:r"]


def test_check_names_the_record_that_a_sync_sets_aside_before_it_and_after_it(
    world: World, simulator: ServiceTitan, run: Run
) -> None:
    ann = world["socal"].add_customer("Ann")
    simulator.faults.order("broken_record", "/export/customers", tenant=SOCAL.tenant_id, how="not_utf8", times=2)
    before, _, after = run("check"), run("sync"), run("check")
    for result in (before, after):
        assert result.exit_code == 1
        assert f"set aside: {ann} (" in result.output or f"not read since: {ann} (" in result.output


@pytest.mark.parametrize(("tokens", "status", "heading"), [(True, 1, "API\n"), (False, 0, "only a note")])
def test_a_scope_that_the_actions_lack_counts_where_they_run(
    simulator: ServiceTitan,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tokens: bool,
    status: int,
    heading: str,
) -> None:
    simulator.tokens.clients[SOCAL.tenant_id].scopes.discard("tn.crm.leads:w")
    if not tokens:
        monkeypatch.delenv("ACTIONS_TOKENS")
    result = run("check")
    assert (result.exit_code, heading in result.output) == (status, True)
    [line] = [line for line in result.output.splitlines() if "missing " in line and "leads" in line]
    assert line.split()[:3] == ["socal", "tn.crm.leads:w", "missing"]


def test_check_beside_a_sync_waits_for_nobody(run: Run, settings: Settings) -> None:
    duckdb.connect(settings.warehouse).close()
    with exclusive(settings, wait_seconds=0):
        result = run("check")
    assert result.exit_code == 0
    assert "a sync is running" in result.output


def test_a_tenant_that_cannot_be_read_keeps_no_other_waiting_and_takes_its_baseline_once_it_can(
    world: World, simulator: ServiceTitan, run: Run, settings: Settings
) -> None:
    world["dfw"].add_customer("Ada Moss")
    for _ in range(2):
        world["socal"].add_lead(world["socal"].add_customer())
    [secret] = simulator.tokens.clients[SOCAL.tenant_id].secrets
    simulator.tokens.clients[SOCAL.tenant_id].secrets.clear()
    result = run("sync")
    assert result.exit_code == 3, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("tenant socal, stream customers and 11 more: the token server refused the credentials")
    assert result.stdout.startswith("sync: ")
    assert taken(result) == ["dfw: baseline taken: 1 customers, 0 transitions are history and are not mailed"]
    with duckdb.connect(settings.analytics, read_only=True) as con:
        assert con.execute("select tenant_name from marts.customer_servicetitan_state").fetchall() == [("dfw",)]
        assert con.execute("select tenant_id from marts.tenant_baselines").fetchall() == [(1116148646,)]
    simulator.tokens.clients[SOCAL.tenant_id].secrets.append(secret)
    assert taken(run("sync")) == ["socal: baseline taken: 2 customers, 4 transitions are history and are not mailed"]


def taken(result: Result) -> list[str]:
    return [line for line in result.stdout.splitlines() if "baseline" in line]


@pytest.mark.prove
def test_a_long_history_goes_on_from_sync_to_sync_and_is_the_baseline_in_the_end(
    world: World, simulator: ServiceTitan, run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.switches.export_page_size = 4
    for number in range(12):
        world["socal"].add_lead(world["socal"].add_customer(f"Customer {number}"))
    simulator.faults.order("slow", "/export/leads", tenant=SOCAL.tenant_id, seconds=1, times=-1)
    monkeypatch.setenv("SYNC_SECONDS", "2")
    result = run("sync")
    assert result.exit_code == 3, result.output
    assert "goes on with the next sync: SYNC_SECONDS were over" in result.stderr
    syncs = 1
    while result.exit_code == 3 and syncs < 9:
        with duckdb.connect(settings.analytics, read_only=True) as con:
            assert (SOCAL.tenant_id,) not in con.execute("select tenant_id from marts.tenant_baselines").fetchall()
        result, syncs = run("sync"), syncs + 1
    assert (result.exit_code, result.stderr) == (0, "")
    assert "0 sent" in result.stdout
    with duckdb.connect(settings.analytics, read_only=True) as con:
        log = "from marts.customer_state_transitions"
        found = con.execute(f"select is_baseline, count(distinct servicetitan_customer_id) {log} group by all")
        assert found.fetchall() == [(True, 12)]
        assert con.execute("select count(*) from marts.tenant_baselines").fetchall() == [(2,)]


def test_a_customer_is_found_by_whatever_somebody_on_the_phone_says(world: World, run: Run) -> None:
    socal = world["socal"]
    ada = socal.add_customer("Ada Möss", phone="(213) 373-4253", email="Ada@mail.example.net")
    double = socal.add_customer("Ada Moss", mobile="+1 213 373 4254")
    bob = socal.add_customer("Bob Moss")
    job = socal.get("jobs", socal.book_job(bob))["jobNumber"]
    socal.merge_customers(double, ada)
    assert run("sync").exit_code == 0
    for asked in (
        ("--phone", "213.373.4253"),
        ("--phone", "12133734254"),
        ("--email", " ADA@mail.example.net"),
        ("--name", "moss ada"),
        (str(ada),),
        (str(double),),
        ("--name", "moss", "--phone", "2133734253"),
    ):
        found = run("customer", "socal", *asked)
        assert found.output.startswith(f"Ada Möss (socal {ada})\n"), asked
    assert run("customer", "socal", "--job", job).output.startswith(f"Bob Moss (socal {bob})\n")
    several = run("customer", "socal", "--name", "moss")
    assert several.exit_code == 0
    assert [line.split()[0] for line in several.output.splitlines()] == ["id", str(ada), str(bob)]
    nobody = run("customer", "socal", "--phone", "213-373-9999")
    assert nobody.exit_code == 1
    assert "no customer of socal in the last published sync has phone 213-373-9999" in nobody.output
    assert run("customer", "dfw", "--phone", "213-373-4253").exit_code == 1
    for option, value, words in (
        ("--phone", "999", "'999' can be no phone number; without a country's code it is read as one of US"),
        ("--email", "ada@gmail", "'ada@gmail' can be no e-mail address"),
    ):
        refused = run("customer", "socal", option, value)
        assert (refused.exit_code, words in " ".join(refused.output.split())) == (2, True), refused.output
    assert "name a customer: ID, --phone, --email, --name or --job" in run("customer", "socal").output


def test_a_sync_beside_a_running_one_waits_and_then_says_so(run: Run, settings: Settings) -> None:
    with exclusive(settings, wait_seconds=0):
        result = run("sync", "--wait", "0.1")
    assert result.exit_code == 1
    assert "another sync is running" in result.output


@pytest.mark.parametrize(
    ("arguments", "changes", "said"),
    [
        (["sync"], {"SERVICETITAN_APP_KEY": ""}, "SERVICETITAN_APP_KEY: not set"),
        (["sync", "--tenant", "nyc"], {}, "'nyc' is not configured; configured are: socal, dfw"),
        (["sync", "--as-of", "tomorrow"], {}, "as_of: found 'tomorrow'"),
        (["sync", "--as-of", "2027-01-01"], {"SERVICETITAN_ENVIRONMENT": "production"}, "the clock is not moved"),
        (["customer", "socal", "1001"], {}, "analytics.duckdb is not there"),
        (["replay", "no-such-id", "--reason", "why"], {}, "no-such-id: no such delivery"),
        (["replay", "no-such-id", "--reason", " "], {}, "a decision needs a reason"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_value_and_the_way_out(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], changes: dict[str, str], said: str
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    result = run(*arguments)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output


def test_deliver_says_when_there_is_no_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOW_BUILDER_TRIGGER_URL")
    result = run("deliver")
    assert (result.exit_code, result.output) == (0, "FLOW_BUILDER_TRIGGER_URL is not set: nothing is sent\n")


def test_test_send_posts_one_example_that_is_marked(run: Run, receiver: Receiver) -> None:
    assert run("test-send").exit_code == 0
    [one] = receiver.received
    assert one.verified
    assert one.body["data"]["test"] is True


@pytest.mark.parametrize(
    ("status", "said"), [(404, "FLOW_BUILDER_TRIGGER_URL (http://127.0.0.1:"), (401, "FLOW_BUILDER_TOKEN")]
)
def test_test_send_names_the_variable_to_look_at(
    run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    monkeypatch.setenv("FLOW_BUILDER_TRIGGER_URL", f"{receiver.url}/hooks/s3cret?key=s3cret")
    receiver.reply(status)
    result = run("test-send")
    assert (result.exit_code, said in result.output, "s3cret" in result.output) == (1, True, False)


def test_deliver_and_deliveries_say_that_the_endpoint_is_down(
    run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLOW_BUILDER_TRIGGER_URL", f"{receiver.url}/hooks/s3cret")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "line"))
    line = Line(tmp_path / "line")
    line.now = datetime.now(UTC)
    line.marts.enters(2.0, occurred_at=line.now)
    line.sync()
    receiver.otherwise = Reply(404)
    result = run("deliver")
    assert result.exit_code == 1
    for output in (result.output, run("deliveries").output):
        assert "the endpoint is down since 20" in output
        assert "HTTP 404; next probe: 20" in output
        assert "FLOW_BUILDER_TRIGGER_URL (http://127.0.0.1:" in output
        assert "s3cret" not in output
