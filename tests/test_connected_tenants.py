"""A tenant that is connected on the command line, synced, locked out by another key, and disconnected."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.schedules import busy
from pipelines.settings import Settings
from pipelines.tenants import directory
from pipelines.tenants.encryption import new_key
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import DFW, World

SECRET = "cs1.made-up-90ab37"
KEY = new_key()
Run = Callable[..., Result]


@pytest.fixture
def env(env: dict[str, str], simulator: ServiceTitan) -> dict[str, str]:
    simulator.tokens.clients[DFW.tenant_id].secrets = [SECRET]
    return {name: value for name, value in env.items() if "__DFW__" not in name} | {"SECRETS_KEY": KEY}


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in (env | {"DAGSTER_HOME": str(settings.data_dir / "dagster")}).items():
        monkeypatch.setenv(name, value)
    return lambda *arguments, typed=None: CliRunner().invoke(main, arguments, input=typed)


def add(run: Run, secret: str = SECRET, *more: str) -> Result:
    return run("tenants", "add", "dfw", "--id", str(DFW.tenant_id), "--client-id", "cid.dfw", *more, typed=secret)


def test_the_whole_story(
    run: Run, settings: Settings, world: World, simulator: ServiceTitan, monkeypatch: pytest.MonkeyPatch
) -> None:
    world["dfw"].add_customer("Bob")
    simulator.tokens.clients[DFW.tenant_id].scopes.discard("tn.crm.leads:w")
    connected = add(run).output.splitlines()
    assert connected == ["dfw: connected; the next sync reads it", "missing scope: tn.crm.leads:w"]
    synced = run("sync")
    assert (synced.exit_code, "dfw: baseline taken" in synced.output) == (0, True), synced.output
    assert [line.split()[0] for line in run("tenants", "list").output.splitlines()] == ["tenant", "socal", "dfw"]

    monkeypatch.setenv("SECRETS_KEY", new_key())
    checked, locked_out = run("check"), run("sync")
    why = "not connected: SECRETS_KEY is another one"
    assert (checked.exit_code, locked_out.exit_code) == (1, 3)
    assert [line.split()[:3] for line in checked.output.splitlines() if why in line] == [["dfw", "token", "no"]]
    [line] = [line for line in locked_out.output.splitlines() if why in line]
    assert line.startswith("tenant dfw, stream customers and 11 more: ")

    monkeypatch.setenv("SECRETS_KEY", KEY)
    assert "disconnected; all that is known of it stays" in run("tenants", "remove", "dfw").output
    assert run("sync").exit_code == 0
    assert run("customer", "dfw", "1").output.startswith("Error: tenant 'dfw' is not configured")
    said = (connected, synced.output, checked.output, locked_out.output)
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 20, "Dagster's records are among them"
    for secret in (SECRET, KEY):
        assert secret not in repr(said)
        assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_secret_that_is_refused_is_not_stored(run: Run, settings: Settings) -> None:
    refused = add(run, "cs1.wrong")
    assert (refused.exit_code, refused.output.splitlines()) == (
        1,
        [
            "Error: nothing was stored: the token server refused the credentials of tenant dfw: HTTP 400"
            " (invalid_client); check its client id and secret"
        ],
    )
    assert directory.stored(settings) == []


@pytest.mark.parametrize(
    ("secret", "more", "words"),
    [
        ("", (), "Error: the client secret is needed: none is stored yet"),
        (SECRET, ("--timezone", "Mars/Base"), "Error: timezone: expected a zone of the IANA database"),
        (SECRET, ("--workspace-id", "w"), "Error: workspace_id: "),
        (SECRET, ("--country", "usa"), "Error: country: "),
    ],
)
def test_what_cannot_be_is_told_in_a_line(run: Run, secret: str, more: tuple[str, ...], words: str) -> None:
    said = add(run, secret, *more)
    assert (said.exit_code, len(said.output.splitlines())) == (1, 1)
    assert said.output.startswith(words)


def test_one_of_the_environment_is_changed_there(run: Run) -> None:
    said = run("tenants", "remove", "socal").output
    assert said == (
        "Error: socal stands in the environment: change SERVICETITAN_TENANTS__SOCAL__… there, and restart\n"
    )
    assert run("tenants", "remove", "nyc").output == "Error: no tenant nyc was connected\n"


@pytest.mark.parametrize(("key", "why"), [("", "SECRETS_KEY is not set"), (new_key, "SECRETS_KEY is another one")])
def test_the_list_says_whose_secret_no_key_opens(
    run: Run, monkeypatch: pytest.MonkeyPatch, key: Callable[[], str] | str, why: str
) -> None:
    add(run)
    assert "not connected" not in run("tenants", "list").output
    monkeypatch.setenv("SECRETS_KEY", key() if callable(key) else key)
    listed = run("tenants", "list")
    assert (listed.exit_code, f"dfw: not connected: {why}" in listed.output) == (0, True)


def test_while_there_is_no_tenant_no_sync_starts(settings: Settings) -> None:
    import dagster as dg

    settings.servicetitan_tenants.clear()
    with dg.DagsterInstance.ephemeral() as instance:
        assert busy(instance, settings) == directory.NONE
