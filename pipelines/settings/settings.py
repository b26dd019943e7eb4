"""Every setting of the product, read from the environment and ``.env``; see ``.env.example``."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from pipelines.settings import console_user
from pipelines.settings.console_user import ConsoleUser
from pipelines.settings.lead_source import LeadSource
from pipelines.settings.lost import replaced
from pipelines.settings.old_paths import replaced_fields
from pipelines.settings.place import PUBLIC, SHARD_NAME, Place, PostgresUrl
from pipelines.settings.place import problem as problem_of_url
from pipelines.settings.problems import named, problem, refuse_placeholder
from pipelines.settings.shard import of_shard
from pipelines.settings.tenant import Tenant as Tenant
from pipelines.settings.together import doubles, missing
from pipelines.settings.values import (
    check_address,
    check_file_name,
    check_key,
    check_lake_data,
    check_origin,
    check_webhook_secret,
    s3_address,
)

HOSTS = {
    "production": ("https://api.servicetitan.io", "https://auth.servicetitan.io/connect/token"),
    "integration": (
        "https://api-integration.servicetitan.io",
        "https://auth-integration.servicetitan.io/connect/token",
    ),
}


class ConfigurationError(Exception):
    """Settings that cannot work; the message has one line per problem."""


class Settings(BaseSettings):
    """The environment, typed. Build it with `load_settings`, which words the errors."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        enable_decoding=False,
        extra="ignore",
        frozen=True,
    )

    servicetitan_environment: Literal["production", "integration"] = "integration"
    servicetitan_api_url: str = ""
    servicetitan_auth_url: str = ""
    servicetitan_app_key: SecretStr = Field(min_length=1)
    servicetitan_tenants: dict[str, Tenant] = {}  # beside those that people have connected
    servicetitan_sync_mode: Literal["export", "list"] = "export"
    sync_cron: str = "*/5 * * * *"
    sync_seconds: float = Field(60, ge=0)  # that one sync may read a tenant; 0: to the end
    change_sensor_seconds: int = Field(5, ge=0)  # 0: off

    data_dir: Path = Path("data")
    warehouse_path: Path = Path()
    analytics_path: Path = Path()
    operations_path: Path = Path()
    operations_url: SecretStr | None = None  # PostgreSQL, in place of the file
    rules_dir: Path = Path()  # people's own rows of the seeds
    retention_days: int = Field(90, ge=1)  # of bodies and answers
    run_retention_days: int = Field(30, ge=1)  # of Dagster's runs
    secrets_key: list[SecretStr] = []  # the first is current

    shard: str = Field("", pattern=f"^({SHARD_NAME})?$")  # the group of tenants that this product serves
    lake_catalog_url: SecretStr | None = None
    lake_data_url: str = ""
    lake_s3_endpoint: str = ""
    lake_s3_key_id: str = ""
    lake_s3_secret: SecretStr | None = None
    lake_s3_region: str = "us-east-1"

    flow_builder_trigger_url: str | None = None
    flow_builder_signing_secrets: list[SecretStr] = []
    flow_builder_token: SecretStr | None = None
    flow_builder_max_age_hours: float = Field(72, gt=0, allow_inf_nan=False)
    flow_builder_superseded: Literal["send", "skip"] = "send"
    flow_builder_include_contact: bool = True
    flow_builder_hold_above: int = Field(500, ge=0)
    gate_max_age_minutes: float = Field(60, gt=0, allow_inf_nan=False)

    actions_tokens: list[SecretStr] = []
    actions_origins: list[str] = []
    actions_webhook_secret: SecretStr | None = None
    actions_requests_per_second: float = Field(100, gt=0, allow_inf_nan=False)
    lead_sources: dict[str, LeadSource] = {}
    console_users: list[SecretStr] = []
    console_url: str = ""  # the console's public origin
    dagster_url: str = "http://127.0.0.1:3000"

    alert_urls: SecretStr | None = None
    alert_heartbeat_url: SecretStr | None = None

    # Of earlier releases: they stop the start.
    alert_webhook_url: SecretStr | None = None
    alert_email_to: str | None = None
    alert_email_from: str | None = None
    smtp_url: SecretStr | None = None

    @field_validator("servicetitan_tenants", mode="before")
    @classmethod
    def _tenant_names(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for name in (name for name, group in value.items() if isinstance(group, dict) and "name" in group):
            raise named(f"SERVICETITAN_TENANTS__{name.upper()}__NAME: there is no such setting; the name is {name}")
        return {
            name.lower(): {"name": name.lower(), **group} if isinstance(group, dict) else group
            for name, group in value.items()
        }

    @field_validator("lead_sources", mode="before")
    @classmethod
    def _source_names(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        old = {name: group["fields"] for name, group in value.items() if isinstance(group, dict) and "fields" in group}
        if old:
            raise named("\n".join(line for name, fields in old.items() for line in replaced_fields(name, fields)))
        return {name.lower(): group for name, group in value.items()}

    @field_validator("flow_builder_signing_secrets", "actions_tokens", "actions_origins", "secrets_key", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("console_users", mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        return console_user.split(value) if isinstance(value, str) else value

    @field_validator("console_users")
    @classmethod
    def _users(cls, value: list[SecretStr]) -> list[SecretStr]:
        console_user.by_name(value)
        return value

    @field_validator("console_url", mode="before")
    @classmethod
    def _without_path(cls, value: Any) -> Any:
        return value.rstrip("/").removesuffix("/console") if isinstance(value, str) else value

    @field_validator("console_url")
    @classmethod
    def _console_origin(cls, value: str) -> str:
        if value:
            check_origin(value)
        return value

    @field_validator("flow_builder_signing_secrets", "actions_webhook_secret")
    @classmethod
    def _webhook_secrets(cls, value: Any) -> Any:
        for secret in value if isinstance(value, list) else [value]:
            if secret is not None:
                check_webhook_secret(secret.get_secret_value())
        return value

    @field_validator("secrets_key")
    @classmethod
    def _keys(cls, value: list[SecretStr]) -> list[SecretStr]:
        for key in value:
            check_key(key.get_secret_value())
        return value

    @field_validator("servicetitan_api_url", "servicetitan_auth_url", "flow_builder_trigger_url", "dagster_url")
    @classmethod
    def _safe_address(cls, value: str | None) -> str | None:
        if value:
            check_address(value)
        return value

    @field_validator("operations_url", "lake_catalog_url")
    @classmethod
    def _database(cls, value: SecretStr | None) -> SecretStr | None:
        if value and (wrong := problem_of_url(value.get_secret_value())):
            raise ValueError(wrong)
        return value

    @field_validator("lake_data_url")
    @classmethod
    def _lake_data(cls, value: str) -> str:
        check_lake_data(value)
        return value

    @field_validator("lake_s3_endpoint")
    @classmethod
    def _s3_endpoint(cls, value: str) -> str:
        return s3_address(value) if value else value

    @field_validator("actions_origins")
    @classmethod
    def _named_origins(cls, value: list[str]) -> list[str]:
        for origin in value:
            check_origin(origin)
        return value

    @field_validator("alert_heartbeat_url")
    @classmethod
    def _safe_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            check_address(value.get_secret_value())
        return value

    @field_validator("alert_urls")
    @classmethod
    def _alert_services(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            from pipelines.settings.alert_services import services  # Apprise takes most of a second

            services(value.get_secret_value())
        return value

    @field_validator("alert_webhook_url", "alert_email_to", "alert_email_from", "smtp_url", mode="before")
    @classmethod
    def _lost(cls, value: Any, field: ValidationInfo) -> Any:
        if value:
            raise named(replaced(str(field.field_name).upper(), str(value)))
        return value

    @field_validator("warehouse_path", "analytics_path", "operations_path")
    @classmethod
    def _file_name(cls, value: Path) -> Path:
        check_file_name(value)
        return value

    @field_validator("sync_cron")
    @classmethod
    def _cron(cls, value: str) -> str:
        from croniter import croniter

        if not croniter.is_valid(value):
            raise ValueError("expected a cron expression of five fields, such as */5 * * * *")
        return value

    _own_values = field_validator("*", mode="before")(refuse_placeholder)  # the last one here is the first to run

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        sources = (line for name, one in self.lead_sources.items() for line in one.problems(name))
        if lines := [*doubles(self), *missing(self), *sources]:
            raise named("\n".join(lines))
        return self

    @property
    def api_url(self) -> str:
        return (self.servicetitan_api_url or HOSTS[self.servicetitan_environment][0]).rstrip("/")

    @property
    def auth_url(self) -> str:
        return self.servicetitan_auth_url or HOSTS[self.servicetitan_environment][1]

    @property
    def serves(self) -> bool:
        """Whether there is anybody whom `servicetitan-flow serve` would let in."""
        return bool(self.actions_tokens or self.console_users)

    @property
    def users(self) -> dict[str, ConsoleUser]:
        """Of the console, by name."""
        return console_user.by_name(self.console_users)

    @property
    def key_fingerprints(self) -> list[str]:
        """By which people tell each key of SECRETS_KEY from others."""
        keys = (key.get_secret_value() for key in self.secrets_key)
        return [sha256(f"fingerprint of {key}".encode()).hexdigest()[:12] for key in keys]

    @property
    def warehouse(self) -> Path:
        return self._below_data_dir(self.warehouse_path, "warehouse.duckdb")

    @property
    def analytics(self) -> Path:
        return self._below_data_dir(self.analytics_path, "analytics.duckdb")

    @property
    def operations(self) -> Place:
        """Of several shards in one database, each has a schema of its own."""
        if not self.operations_url:
            return self.operations_file
        return PostgresUrl(self.operations_url.get_secret_value(), f"shard_{self.shard}" if self.shard else PUBLIC)

    def of_shard(self, name: str) -> str:
        return of_shard(name, self.shard)

    @property
    def operations_file(self) -> Path:
        """Also where it is not used: what belongs to this machine alone lies beside it."""
        return self._below_data_dir(self.operations_path, "operations.sqlite")

    @property
    def rules(self) -> Path:
        return self._below_data_dir(self.rules_dir, "rules")

    @property
    def lake_data(self) -> str:
        """Where the lake's files are: ``s3://…``, or a folder's absolute path; empty: there is none."""
        url = self.lake_data_url
        return url if url.startswith("s3://") or not url else str(Path(url).absolute())

    def _below_data_dir(self, override: Path, name: str) -> Path:
        return (self.data_dir / name if override == Path() else override).absolute()


def load_settings(env_file: str | Path | None = ".env") -> Settings:
    """Raises `ConfigurationError`, one line per problem; a secret's value is never shown."""
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise ConfigurationError("\n".join(problem(one, Settings) for one in error.errors())) from None
    except (OSError, UnicodeDecodeError, SettingsError) as error:
        raise ConfigurationError(f"{env_file}: it cannot be read: {error}; expected text in UTF-8") from None
