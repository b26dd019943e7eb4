"""Settings: what the environment may say, and how a wrong value is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.settings import ConfigurationError, Settings, load_settings
from pipelines.tenants import directory

COMPLETE = {
    "SERVICETITAN_APP_KEY": "ak1.key",
    "SERVICETITAN_TENANTS__SOCAL__ID": "410387862",
    "SERVICETITAN_TENANTS__SOCAL__CLIENT_ID": "cid.socal",
    "SERVICETITAN_TENANTS__SOCAL__CLIENT_SECRET": "cs1.socal-secret",
}
SIGNING_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    monkeypatch.chdir(tmp_path)

    def load_with(**changes: str | None) -> Settings:
        for name, value in {**COMPLETE, **changes}.items():
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        return load_settings()

    return load_with


def test_a_group_of_variables_is_a_tenant(load: Load) -> None:
    settings = load(
        SERVICETITAN_TENANTS__DFW__ID="1116148646",
        SERVICETITAN_TENANTS__DFW__CLIENT_ID="c",
        SERVICETITAN_TENANTS__DFW__CLIENT_SECRET="s",
        SERVICETITAN_TENANTS__DFW__TIMEZONE="America/Chicago",
    )
    assert {one.name: one.id for one in directory.all(settings)} == {"socal": 410387862, "dfw": 1116148646}
    assert directory.find(settings, "DFW") == directory.find(settings, 1116148646)


def test_the_dotenv_file_is_read_too(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SERVICETITAN_APP_KEY=from-file\n")
    assert load(SERVICETITAN_APP_KEY=None).servicetitan_app_key.get_secret_value() == "from-file"


def test_the_three_files_lie_in_the_data_folder_unless_they_are_moved(load: Load, tmp_path: Path) -> None:
    settings = load(DATA_DIR="here", ANALYTICS_PATH=str(tmp_path / "copy.duckdb"))
    assert settings.warehouse == tmp_path / "here" / "warehouse.duckdb"
    assert settings.operations == tmp_path / "here" / "operations.sqlite"
    assert settings.analytics == tmp_path / "copy.duckdb"


def test_the_environment_names_the_hosts_and_an_address_overrides_it(load: Load) -> None:
    assert load(SERVICETITAN_ENVIRONMENT="production").api_url == "https://api.servicetitan.io"
    assert load(SERVICETITAN_API_URL="http://127.0.0.1:8401/").api_url == "http://127.0.0.1:8401"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SERVICETITAN_APP_KEY": None}, "SERVICETITAN_APP_KEY: not set"),
        ({"SERVICETITAN_TENANTS__SOCAL__ID": "four"}, "SERVICETITAN_TENANTS__SOCAL__ID: found 'four'"),
        ({"SERVICETITAN_TENANTS__SOCAL__CLIENT_ID": None}, "SERVICETITAN_TENANTS__SOCAL__CLIENT_ID: not set"),
        ({"SERVICETITAN_TENANTS__SOCAL__TIMEZONE": "Mars/Base"}, "found 'Mars/Base'"),
        ({"SERVICETITAN_ENVIRONMENT": "staging"}, "SERVICETITAN_ENVIRONMENT: found 'staging'"),
        ({"SERVICETITAN_SYNC_MODE": "push"}, "SERVICETITAN_SYNC_MODE: found 'push'"),
        ({"SYNC_CRON": "often"}, "SYNC_CRON: found 'often'"),
        ({"FLOW_BUILDER_MAX_AGE_HOURS": "0"}, "FLOW_BUILDER_MAX_AGE_HOURS: found '0'"),
        ({"FLOW_BUILDER_TRIGGER_URL": "http://example.com"}, "FLOW_BUILDER_TRIGGER_URL: found 'http://example.com'"),
        ({"FLOW_BUILDER_TRIGGER_URL": "https://example.com"}, "FLOW_BUILDER_SIGNING_SECRETS: not set"),
        ({"FLOW_BUILDER_SIGNING_SECRETS": "hunter2"}, "FLOW_BUILDER_SIGNING_SECRETS: found a value that is not shown"),
        ({"FLOW_BUILDER_TRIGGER_URL": "https://[::1"}, "FLOW_BUILDER_TRIGGER_URL: found 'https://[::1'"),
        ({"ALERT_URLS": "http://example.com/a"}, "ALERT_URLS: found a value that is not shown; expected"),
        ({"ALERT_URLS": "json://example.com"}, "(anything else only on 127.0.0.1, localhost or [::1]); number 1"),
        ({"ALERT_HEARTBEAT_URL": "beat"}, "ALERT_HEARTBEAT_URL: found a value that is not shown; expected"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(load: Load, changes: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(**changes)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_every_problem_has_its_line_and_no_secret_is_shown(load: Load) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(
            SYNC_CRON="often",
            FLOW_BUILDER_SIGNING_SECRETS=f"{SIGNING_SECRET},whsec_c2hvcnQ=",
            SERVICETITAN_APP_KEY=None,
        )
    assert len(str(error.value).splitlines()) == 3
    assert "c2hvcnQ" not in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value", "replacement"),
    [
        ("ALERT_EMAIL_TO", "ops@a.co, o+b@c.co", "mailtos://user:password@host:587?from=…&to=ops@a.co,o%2Bb@c.co"),
        ("ALERT_EMAIL_FROM", "flow@a.co", "mailtos://user:password@host:587?from=flow@a.co&to=…"),
        ("SMTP_URL", "smtp://ada:hunt#er2@a.co", "mailtos://user:password@host:587?from=…&to=…"),
        ("SMTP_URL", "smtp://a:hunter2@b:99999", "mailtos://user:password@host:587?from=…&to=…"),
        ("SMTP_URL", "smtps://ada:hunt/er2@[::1", "mailtos://user:password@host:465?mode=ssl&from=…&to=…"),
        (
            "SMTP_URL",
            "smtp://a:hunter2@127.0.0.1",
            "mailto://user:password@127.0.0.1:25?from=…&to=… (mailtos:// with TLS)",
        ),
        (
            "ALERT_WEBHOOK_URL",
            "https://hooks.slack.com/services/T/B/hunter2",
            "https://hooks.slack.com/services/… (the same value)",
        ),
        ("ALERT_WEBHOOK_URL", "https://chat.a.co/hooks/hunter2", "jsons://host/path?:message=text"),
        ("ALERT_WEBHOOK_URL", "http://127.0.0.1:9/hunter2", "json://host/path?:message=text"),
        ("ALERT_WEBHOOK_URL", "https://[hunter2", "jsons://host/path?:message=text"),
    ],
)
def test_a_variable_that_has_lost_its_meaning_stops_the_start_with_its_replacement(
    load: Load, variable: str, value: str, replacement: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(**{variable: value})
    assert str(error.value) == f"{variable}: is ALERT_URLS={replacement} now; see orchestration/README.md"


def test_two_tenants_with_one_id_are_refused(load: Load) -> None:
    with pytest.raises(ConfigurationError, match="two tenants have the id 410387862"):
        load(
            SERVICETITAN_TENANTS__DFW__ID="410387862",
            SERVICETITAN_TENANTS__DFW__CLIENT_ID="c",
            SERVICETITAN_TENANTS__DFW__CLIENT_SECRET="s",
        )


def test_a_tenant_that_is_not_configured_is_named_with_those_that_are(load: Load) -> None:
    with pytest.raises(ConfigurationError, match="'nyc' is not configured; configured are: socal"):
        directory.find(load(), "nyc")


LAKE = {"LAKE_CATALOG_URL": "postgresql://ada:hunter2@db.a.co/lake", "LAKE_DATA_URL": "s3://bucket/prefix"}
KEY = {"LAKE_S3_KEY_ID": "key", "LAKE_S3_SECRET": "hunter2"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SHARD": "A-7"}, "SHARD: found 'A-7'; "),
        ({"LAKE_CATALOG_URL": "mysql://ada:hunter2@db/lake"}, "expected postgresql://user:password@host:port/database"),
        ({"LAKE_CATALOG_URL": "postgresql://ada:hunter2@db"}, "expected postgresql://user:password@host:port/database"),
        ({**LAKE, "LAKE_DATA_URL": "gs://bucket"}, "found 'gs://bucket'; expected s3://bucket/prefix or a folder"),
        ({"LAKE_S3_ENDPOINT": "http://s3.a.co"}, "LAKE_S3_ENDPOINT: found 'http://s3.a.co'; expected an https address"),
        ({"LAKE_S3_ENDPOINT": "s3.a.co/bucket"}, "expected https://host:port, or host:port"),
        ({**LAKE, **KEY, "LAKE_CATALOG_URL": None}, "LAKE_CATALOG_URL: not set, but LAKE_DATA_URL is"),
        ({**LAKE, **KEY, "LAKE_DATA_URL": None}, "LAKE_DATA_URL: not set, but LAKE_CATALOG_URL is"),
        ({**LAKE, "LAKE_S3_KEY_ID": "key"}, "LAKE_S3_SECRET: not set, but LAKE_DATA_URL is in S3"),
    ],
)
def test_a_lake_that_cannot_be_is_refused(load: Load, changes: dict[str, str | None], said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(**changes)
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_lake_may_lie_in_s3_or_in_a_folder(load: Load, tmp_path: Path) -> None:
    assert load().lake_data == ""
    assert load(**LAKE, **KEY, LAKE_S3_ENDPOINT="127.0.0.1:8333").lake_s3_endpoint == "http://127.0.0.1:8333"
    assert load(LAKE_S3_ENDPOINT="s3.a.co").lake_s3_endpoint == "https://s3.a.co"
    assert load(LAKE_DATA_URL="lake").lake_data == str(tmp_path / "lake")
