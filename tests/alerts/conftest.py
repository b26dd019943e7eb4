"""Settings without a ServiceTitan behind them, and those who are told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import Settings, load_settings
from tests.alerts.receivers import MailServer, Webhook

SOCAL = {"ID": "410387862", "CLIENT_ID": "cid.socal", "CLIENT_SECRET": "cs1.socal-secret"}


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook().listening() as webhook:
        yield webhook


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer().listening() as server:
        yield server


@pytest.fixture
def settings(webhook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Tells the webhook alone."""
    variables = {
        "SERVICETITAN_APP_KEY": "ak1.key",
        "DATA_DIR": str(tmp_path / "data"),
        "DAGSTER_HOME": str(tmp_path / "data" / "dagster"),
        "ALERT_URLS": webhook.service,
        **{f"SERVICETITAN_TENANTS__SOCAL__{name}": value for name, value in SOCAL.items()},
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings(None)
