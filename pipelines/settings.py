"""Every setting of the product, read from the environment and ``.env``; see ``.env.example``."""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipelines.lead_source import LeadSource
from pipelines.safe_values import check_address, check_mail_address, check_smtp, check_webhook_secret

HOSTS = {
    "production": ("https://api.servicetitan.io", "https://auth.servicetitan.io/connect/token"),
    "integration": (
        "https://api-integration.servicetitan.io",
        "https://auth-integration.servicetitan.io/connect/token",
    ),
}


class ConfigurationError(Exception):
    """Settings that cannot work; the message has one line per problem."""


class Tenant(BaseModel):
    """One ServiceTitan tenant; ``name`` is its group's name in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    id: int = Field(gt=0)
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    workspace_id: UUID | None = None
    booking_provider_id: int | None = None
    timezone: str | None = None
    country: str = Field("US", pattern="^[A-Z]{2}$", description="ISO 3166, for phone numbers without a country code")

    @field_validator("workspace_id", "booking_provider_id", "timezone", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: Any) -> Any:
        return value or None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError("expected a zone of the IANA database, such as America/Chicago") from None
        return value


class Settings(BaseSettings):
    """The environment, typed. Build it with `load_settings`, which words the errors."""

    model_config = SettingsConfigDict(
        env_file=".env", env_nested_delimiter="__", env_ignore_empty=True, extra="ignore", frozen=True
    )

    servicetitan_environment: Literal["production", "integration"] = "integration"
    servicetitan_api_url: str = ""
    servicetitan_auth_url: str = ""
    servicetitan_app_key: SecretStr = Field(min_length=1)
    servicetitan_tenants: dict[str, Tenant] = Field(min_length=1)
    servicetitan_sync_mode: Literal["export", "list"] = "export"
    sync_cron: str = "*/5 * * * *"
    change_sensor_seconds: int = Field(15, ge=0)  # 0: off

    data_dir: Path = Path("data")
    warehouse_path: Path = Path()
    analytics_path: Path = Path()
    operations_path: Path = Path()
    retention_days: int = Field(90, ge=1)  # of bodies and answers
    run_retention_days: int = Field(30, ge=1)  # of Dagster's runs

    flow_builder_trigger_url: str | None = None
    flow_builder_signing_secrets: Annotated[list[SecretStr], NoDecode] = []
    flow_builder_token: SecretStr | None = None
    flow_builder_max_age_hours: float = Field(72, gt=0)
    flow_builder_superseded: Literal["send", "skip"] = "send"
    flow_builder_include_contact: bool = True
    flow_builder_hold_above: int = Field(500, ge=0)

    actions_tokens: Annotated[list[SecretStr], NoDecode] = []
    actions_webhook_secret: SecretStr | None = None
    actions_requests_per_second: float = Field(100, gt=0)
    lead_sources: dict[str, LeadSource] = {}
    dagster_url: str = "http://127.0.0.1:3000"

    alert_webhook_url: SecretStr | None = None
    alert_heartbeat_url: SecretStr | None = None
    alert_email_to: Annotated[list[str], NoDecode] = []
    alert_email_from: str | None = None
    smtp_url: SecretStr | None = None

    @field_validator("servicetitan_tenants", mode="before")
    @classmethod
    def _tenant_names(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            name.lower(): {"name": name.lower(), **group} if isinstance(group, dict) else group
            for name, group in value.items()
        }

    @field_validator("lead_sources", mode="before")
    @classmethod
    def _source_names(cls, value: Any) -> Any:
        return {name.lower(): group for name, group in value.items()} if isinstance(value, dict) else value

    @field_validator("flow_builder_signing_secrets", "actions_tokens", "alert_email_to", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("flow_builder_signing_secrets", "actions_webhook_secret")
    @classmethod
    def _webhook_secrets(cls, value: Any) -> Any:
        for secret in value if isinstance(value, list) else [value]:
            if secret is not None:
                check_webhook_secret(secret.get_secret_value())
        return value

    @field_validator("servicetitan_api_url", "servicetitan_auth_url", "flow_builder_trigger_url", "dagster_url")
    @classmethod
    def _safe_address(cls, value: str | None) -> str | None:
        if value:
            check_address(value)
        return value

    @field_validator("alert_webhook_url", "alert_heartbeat_url")
    @classmethod
    def _safe_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            check_address(value.get_secret_value())
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            check_smtp(value.get_secret_value())
        return value

    @field_validator("alert_email_to", "alert_email_from")
    @classmethod
    def _mail_addresses(cls, value: Any) -> Any:
        for address in value if isinstance(value, list) else [value]:
            if address is not None:
                check_mail_address(address)
        return value

    @field_validator("sync_cron")
    @classmethod
    def _cron(cls, value: str) -> str:
        from croniter import croniter

        if not croniter.is_valid(value):
            raise ValueError("expected a cron expression of five fields, such as */5 * * * *")
        return value

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        ids = [tenant.id for tenant in self.servicetitan_tenants.values()]
        for tenant in self.servicetitan_tenants.values():
            if ids.count(tenant.id) > 1:
                raise ValueError(f"SERVICETITAN_TENANTS: two tenants have the id {tenant.id}; each id may stand once")
        for name, source in self.lead_sources.items():
            if source.tenant.lower() not in self.servicetitan_tenants:
                raise ValueError(
                    f"LEAD_SOURCES__{name.upper()}__TENANT: found {source.tenant!r}; expected the name of a tenant"
                )
        if self.flow_builder_trigger_url and not self.flow_builder_signing_secrets:
            raise ValueError(
                "FLOW_BUILDER_SIGNING_SECRETS: not set, but FLOW_BUILDER_TRIGGER_URL is;"
                " expected whsec_… (an unsigned address is refused)"
            )
        for name, value in {"SMTP_URL": self.smtp_url, "ALERT_EMAIL_FROM": self.alert_email_from}.items():
            if self.alert_email_to and not value:
                raise ValueError(f"{name}: not set, but ALERT_EMAIL_TO is; without it no mail can be sent")
        return self

    @cached_property
    def tenants(self) -> tuple[Tenant, ...]:
        return tuple(self.servicetitan_tenants.values())

    @property
    def api_url(self) -> str:
        return (self.servicetitan_api_url or HOSTS[self.servicetitan_environment][0]).rstrip("/")

    @property
    def auth_url(self) -> str:
        return self.servicetitan_auth_url or HOSTS[self.servicetitan_environment][1]

    @property
    def warehouse(self) -> Path:
        return self._below_data_dir(self.warehouse_path, "warehouse.duckdb")

    @property
    def analytics(self) -> Path:
        return self._below_data_dir(self.analytics_path, "analytics.duckdb")

    @property
    def operations(self) -> Path:
        return self._below_data_dir(self.operations_path, "operations.sqlite")

    def _below_data_dir(self, override: Path, name: str) -> Path:
        return (self.data_dir / name if override == Path() else override).absolute()

    def tenant(self, name_or_id: str | int) -> Tenant:
        """Raises `ConfigurationError` for a tenant that is not configured."""
        for tenant in self.tenants:
            if str(name_or_id).lower() in (tenant.name, str(tenant.id)):
                return tenant
        known = ", ".join(tenant.name for tenant in self.tenants)
        raise ConfigurationError(f"tenant {name_or_id!r} is not configured; configured are: {known}")


def load_settings(env_file: str | Path | None = ".env") -> Settings:
    """Raises `ConfigurationError`, one line per problem; a secret's value is never shown."""
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_problem(e) for e in error.errors())) from None


SECRET = re.compile(r"SECRET|TOKEN|KEY|ALERT_WEBHOOK_URL|ALERT_HEARTBEAT_URL|SMTP_URL", re.IGNORECASE)


def _problem(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    variable = "__".join(str(part) for part in error["loc"] if not isinstance(part, int)).upper()
    if error["type"] == "missing":
        return f"{variable}: not set; it is required"
    found = "a value that is not shown" if SECRET.search(variable) else repr(error["input"])
    return f"{variable}: found {found}; {message}"
