"""What a refused setting's line says: the variable as it is written, and a value only where its type is no secret's."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from pydantic import BaseModel, SecretStr

from orchestration.cli.main import main
from pipelines.settings import Settings
from tests.test_settings import COMPLETE

EXAMPLE = (Path(__file__).parents[1] / ".env.example").read_text()
MARKER = "marker-7d1"
NESTED = {"SERVICETITAN_TENANTS": "SOCAL", "LEAD_SOURCES": "FACEBOOK"}
SOURCE = {
    "LEAD_SOURCES__FACEBOOK__TENANT": "socal",
    "LEAD_SOURCES__FACEBOOK__CAMPAIGN_ID": "7",
    "LEAD_SOURCES__FACEBOOK__CALL_REASON_ID": "8",
}
ANY_TEXT_WILL_DO = {
    "SERVICETITAN_TENANTS__SOCAL__CLIENT_ID",
    "DATA_DIR",
    "WAREHOUSE_PATH",
    "ANALYTICS_PATH",
    "OPERATIONS_PATH",
    "RULES_DIR",
    "LAKE_DATA_URL",  # a folder
    "LAKE_S3_ENDPOINT",  # a host
    "LAKE_S3_KEY_ID",
    "LAKE_S3_REGION",
    "LEAD_SOURCES__FACEBOOK__TENANT",  # told where the tenants are asked
}


def variables(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Every variable, and whether its type is a secret's."""
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        kinds: list[Any] = [field.annotation, *get_args(field.annotation)]
        if variable in NESTED:
            yield from variables(kinds[-1], f"{variable}__{NESTED[variable]}__")
        else:
            yield variable, SecretStr in kinds


PLAIN = sorted(name for name, secret in variables() if not secret and name not in ANY_TEXT_WILL_DO)
SECRET = sorted(name for name, secret in variables() if secret)


def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **changes: str) -> str:
    """By a command, with everything else as it should be."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**COMPLETE, **SOURCE, "DATA_DIR": str(tmp_path / "data"), **changes}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, ["deliveries"])
    assert isinstance(result.exception, SystemExit | None)
    assert "Traceback" not in result.output
    return result.output


def test_there_are_plain_and_secret_settings() -> None:
    assert {"SYNC_CRON", "SERVICETITAN_TENANTS__SOCAL__ID", "LEAD_SOURCES__FACEBOOK__CAMPAIGN_ID"} < set(PLAIN)
    assert {"SERVICETITAN_APP_KEY", "SERVICETITAN_TENANTS__SOCAL__CLIENT_SECRET", "ACTIONS_TOKENS"} < set(SECRET)


@pytest.mark.parametrize("variable", PLAIN)
def test_a_wrong_value_is_shown_under_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    [line] = said(monkeypatch, tmp_path, **{variable: MARKER}).splitlines()
    assert line.startswith(f"Error: {variable}: ") or variable.endswith("__NAME")
    assert variable in line
    assert MARKER in line or variable.endswith("__NAME")


@pytest.mark.parametrize("variable", SECRET)
@pytest.mark.parametrize("below", ["", "__DEEPER"])
def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, below: str) -> None:
    value = f"whsec_{MARKER}, smtp://{MARKER}:{MARKER}@[{MARKER}"
    assert MARKER not in said(monkeypatch, tmp_path, **{variable + below: value})


@pytest.mark.parametrize(
    "variable",
    [
        "SERVICETITAN_TENANTS",
        "SERVICETITAN_TENANTS__DFW",
        "SERVICETITAN_TENANTS__DFW_CLIENT_SECRET",
        "SERVICETITAN_TENANTS__SOCAL__CLIENT_SECRT",
        "SERVICETITAN_TENANTS__SOCAL__CLIENT__SECRET",
    ],
)
def test_a_secret_under_a_mistyped_name_is_not_shown_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.delenv("SERVICETITAN_TENANTS__SOCAL__CLIENT_SECRET", raising=False)
    words = said(monkeypatch, tmp_path, **{variable: MARKER})
    assert MARKER not in words
    assert variable.removesuffix("__SECRET") in words


def test_two_tenants_with_one_id_are_named_by_their_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dfw = {"ID": COMPLETE["SERVICETITAN_TENANTS__SOCAL__ID"], "CLIENT_ID": "c", "CLIENT_SECRET": "s"}
    words = said(monkeypatch, tmp_path, **{f"SERVICETITAN_TENANTS__DFW__{name}": value for name, value in dfw.items()})
    assert words.startswith("Error: SERVICETITAN_TENANTS__DFW__ID: found 410387862, as in SERVICETITAN_TENANTS__SOCAL_")


@pytest.mark.parametrize("command", ["check", "sync"])
def test_without_a_tenant_the_line_says_how_one_is_connected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVICETITAN_APP_KEY", "key")
    assert CliRunner().invoke(main, command).output == (
        "Error: no tenant is connected: set SERVICETITAN_TENANTS__<NAME>__ID, __CLIENT_ID and __CLIENT_SECRET, or"
        " connect one with `servicetitan-flow tenants add NAME` or PUT /integration/tenants/NAME\n"
    )
    assert CliRunner().invoke(main, "deliveries").exit_code == 0, "who needs none goes on without"


PLACEHOLDERS = re.findall(r"^(?:# )?([A-Z0-9_]+)=(.*you(?:r-|@).*)$", EXAMPLE, re.MULTILINE)
TO_FILL_IN = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_what_has_to_be_filled_in_stands_there_as_a_placeholder() -> None:
    assert len(PLACEHOLDERS) > 12
    assert TO_FILL_IN.keys() - {"SERVICETITAN_ENVIRONMENT"} <= dict(PLACEHOLDERS).keys()
    assert {name for name, value in PLACEHOLDERS} >= {name for name in SECRET if f"{name}=" in EXAMPLE}


@pytest.mark.parametrize(("variable", "value"), PLACEHOLDERS)
def test_a_placeholder_that_was_left_in_place_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str
) -> None:
    [line] = said(monkeypatch, tmp_path, **{variable: value}).splitlines()
    assert line == (
        f"Error: {variable}: found '{value}', which .env.example has in its place; expected a value of your own"
    )


@pytest.mark.parametrize(
    "name", ["marts.duckdb", "Marts.v2.db", ".staging", "intermediate", "servicetitan.x", "main.d"]
)
@pytest.mark.parametrize("variable", ["WAREHOUSE_PATH", "ANALYTICS_PATH", "OPERATIONS_PATH"])
def test_a_file_may_not_be_called_as_a_schema_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, name: str
) -> None:
    words = said(monkeypatch, tmp_path, **{variable: f"data/{name}"})
    assert words.startswith(f"Error: {variable}: found 'data/{name}'; expected another name")


def test_no_two_stores_may_be_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "data", target_is_directory=True)
    words = said(monkeypatch, tmp_path, ANALYTICS_PATH=str(tmp_path / "link" / "warehouse.duckdb"))
    assert "ANALYTICS_PATH: found " in words
    assert "which is the file of WAREHOUSE_PATH too" in words


def test_a_dotenv_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    assert said(monkeypatch, tmp_path).startswith("Error: .env: it cannot be read: ")
