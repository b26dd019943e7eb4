"""Tenants of the environment beside those that people have connected: who counts, and when it is looked again."""

import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from orchestration.cli.main import main
from pipelines.operations import MIGRATIONS, open_operations, transaction
from pipelines.settings import ConfigurationError, Settings
from pipelines.tenants import directory, store
from pipelines.tenants.encryption import SecretsKey, new_key
from pipelines.tenants.store import StoredTenant
from tests.flow_builder.line import settings_for
from tests.flow_builder.marts import DFW, SOCAL

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
OLD, NEW = new_key(), new_key()
SECRET = "cs1.made-up-4be1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, secrets_key=[OLD])


def connect(settings: Settings, name: str = "dfw", tenant_id: int = DFW, **fields: Any) -> None:
    tenant = StoredTenant(name=name, id=tenant_id, client_id="cid", client_secret=SecretStr(SECRET), **fields)
    with open_operations(settings.operations) as con, transaction(con):
        store.put(con, tenant, SecretsKey(settings), "ann", NOW)


def under(settings: Settings, *keys: str) -> Settings:
    return settings.model_copy(update={"secrets_key": [SecretStr(key) for key in keys]})


def test_the_directory_looks_again_when_a_tenant_was_connected_changed_or_removed(settings: Settings) -> None:
    assert [one.name for one in directory.all(settings)] == ["socal"]
    connect(settings, timezone="America/Chicago")
    found = directory.find(settings, DFW)
    assert (found.name, found.timezone, found.client_secret.get_secret_value()) == ("dfw", "America/Chicago", SECRET)
    connect(settings, timezone="UTC")
    assert directory.find(settings, "DFW").timezone == "UTC"
    with open_operations(settings.operations) as con, transaction(con):
        assert store.remove(con, "dfw", NOW)
    assert [one.name for one in directory.all(settings)] == ["socal"]


def test_a_name_that_stands_in_both_is_the_environments_and_said_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    connect(settings, "socal", 7)
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        assert [(one.name, one.id) for one in directory.all(settings)] == [("socal", SOCAL)]
    assert caplog.text.count("tenant socal stands in the environment and was connected, too") == 1


def test_one_id_under_two_names_is_refused_with_the_way_out(settings: Settings) -> None:
    connect(settings, "west", SOCAL)
    with pytest.raises(ConfigurationError) as refused:
        directory.all(settings)
    assert str(refused.value) == (
        f"SERVICETITAN_TENANTS__SOCAL__ID: found {SOCAL}, which is the id of tenant west, connected before: take the"
        " group out, or run `servicetitan-flow tenants remove west`"
    )


@pytest.mark.parametrize(("keys", "why"), [((NEW,), "SECRETS_KEY is another one"), ((), "SECRETS_KEY is not set")])
def test_a_tenant_that_no_key_opens_is_there_and_locked(settings: Settings, keys: tuple[str, ...], why: str) -> None:
    connect(settings)
    locked = directory.find(under(settings, *keys), "dfw")
    assert str(locked.locked).startswith(f"not connected: {why}; put the one back")
    assert SECRET not in repr(locked)
    assert directory.find(under(settings, NEW, OLD), "dfw").locked is None


def test_nothing_shows_a_secret_or_a_key(settings: Settings) -> None:
    connect(settings)
    shown = repr((settings, directory.all(settings), SecretsKey(settings)))
    assert not [secret for secret in (SECRET, OLD) if secret in shown]
    stored = [path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file()]
    assert stored
    assert not [secret for secret in (SECRET, OLD) for content in stored if secret.encode() in content]


def test_an_older_store_gets_the_table_and_keeps_what_it_has(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, secrets_key=[OLD])
    with sqlite3.connect(settings.operations_file) as con:
        for migration in (older := [one for one in MIGRATIONS if one.name < "015"]):
            con.executescript(migration.read_text())
        con.execute(f"pragma user_version = {len(older)}")
        con.execute("insert into contact_links values (1, 2, 'c', 't')")
        assert [one.name for one in directory.all(settings)] == ["socal"]
        assert con.execute("pragma user_version").fetchone() == (len(older),), "who only looks changes nothing"
    connect(settings)
    with open_operations(settings.operations) as con:
        assert con.execute("select count(*) from contact_links").fetchone() == (1,)


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str, **changes: str) -> Result:
    own = {
        "SERVICETITAN_APP_KEY": "key",
        "SERVICETITAN_TENANTS__SOCAL__ID": str(SOCAL),
        "SERVICETITAN_TENANTS__SOCAL__CLIENT_ID": "id",
        "SERVICETITAN_TENANTS__SOCAL__CLIENT_SECRET": "secret",
        "DATA_DIR": str(settings.data_dir),
        "SECRETS_KEY": OLD,
    }
    for name, value in {**own, **changes}.items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(main, arguments)


def test_a_new_key_is_printed_before_anything_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVICETITAN_APP_KEY", raising=False)
    first, second = (CliRunner().invoke(main, ["secrets-key"]).output.strip() for _ in range(2))
    assert first != second
    assert Settings(_env_file=None, servicetitan_app_key="k", secrets_key=first).key_fingerprints


def test_a_rotation_stores_every_secret_anew_under_the_first_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(settings)
    connect(settings, "nyc", 9)
    done = run(settings, monkeypatch, "secrets-key", "--rotate", SECRETS_KEY=f"{NEW},{OLD}")
    [fingerprint] = under(settings, NEW).key_fingerprints
    words = f"2 secrets stored anew under the key with the fingerprint {fingerprint}\n"
    assert (done.exit_code, done.output) == (0, words)
    assert directory.find(under(settings, NEW), "dfw").client_secret.get_secret_value() == SECRET
    assert directory.find(under(settings, OLD), "dfw").locked


def test_a_rotation_names_what_no_key_opens_and_leaves_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(settings)
    done = run(settings, monkeypatch, "secrets-key", "--rotate", SECRETS_KEY=NEW)
    assert done.exit_code == 1
    assert "0 secrets stored anew" in done.output
    assert "dfw: not connected: SECRETS_KEY is another one" in done.output
    assert directory.find(settings, "dfw").locked is None
    unset = run(settings, monkeypatch, "secrets-key", "--rotate", SECRETS_KEY="")
    assert unset.output.startswith("Error: SECRETS_KEY is not set: set SECRETS_KEY to what")


@pytest.mark.parametrize(
    "key", ["hunter2", OLD[:-4], f"{OLD},hunter2", "ü"], ids=["a word", "cut off", "one beside a word", "no ASCII"]
)
def test_a_key_that_is_none_stops_the_start_and_is_not_shown(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    said = run(settings, monkeypatch, "deliveries", SECRETS_KEY=key).output
    assert said.startswith("Error: SECRETS_KEY: found a value that is not shown; expected what `servicetitan-flow secr")
    assert key not in said
