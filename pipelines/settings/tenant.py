"""A tenant of ServiceTitan's."""

from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from pipelines.settings.problems import refuse_placeholder


class Tenant(BaseModel):
    """One ServiceTitan tenant, as the environment names it; ``name`` is its group's name in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    id: int = Field(gt=0)
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    workspace_id: UUID | None = None
    booking_provider_id: int | None = None
    timezone: str | None = None
    country: str = Field("US", pattern="^[A-Z]{2}$", description="ISO 3166, for phone numbers without a country code")
    delivery: Literal["live", "shadow"] = "live"  # what it starts with; then its switch counts

    _own_values = field_validator("*", mode="before")(refuse_placeholder)

    @field_validator("workspace_id", "booking_provider_id", "timezone", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: Any) -> Any:
        return value or None

    @field_validator("delivery", mode="before")
    @classmethod
    def _blank_is_live(cls, value: Any) -> Any:
        return value or "live"

    def is_called(self, name_or_id: str | int) -> bool:
        return str(name_or_id).lower() in (self.name, str(self.id))

    @property
    def locked(self) -> str | None:
        """Why its secret cannot be read, where that is so."""
        return None

    @property
    def credentials(self) -> str:
        """Where they stand."""
        return f"{self.variable('CLIENT_ID')} and __CLIENT_SECRET"

    def variable(self, name: str) -> str:
        """Where the value stands that has to be mended."""
        return f"SERVICETITAN_TENANTS__{self.name.upper()}__{name}"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError("expected a zone of the IANA database, such as America/Chicago") from None
        return value
